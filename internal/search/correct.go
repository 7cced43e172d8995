package search

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Words that nobody has are taken for mistakes: from leastCorrected letters on,
// with one edit, and two from leastTwice on.
const (
	leastCorrected = 4
	leastTwice     = 8
	maxCorrections = 3 // terms that stand in for one
)

// distanceOf is how many edits a word of the query may be away from one that
// exists; 0 if it is to be taken as it is.
func distanceOf(word string) int {
	n := utf8.RuneCountInString(word)
	for i := range len(word) {
		if isDigit(word[i]) {
			return 0
		}
	}
	switch {
	case n < leastCorrected:
		return 0
	case n < leastTwice:
		return 1
	}
	return 2
}

// candidate is a term that may be meant.
type candidate struct {
	term string
	df   int
}

// nearest keeps the candidates with the least edits, those of the most documents
// first.
func nearest(word string, candidates []candidate) []string {
	least := distanceOf(word)
	var found []candidate
	for _, c := range candidates {
		d := edits(word, c.term, least)
		if d > least || c.df == 0 || d == 0 {
			continue
		}
		if d < least {
			least, found = d, found[:0]
		}
		found = append(found, c)
	}
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Or(b.df-a.df, cmp.Compare(a.term, b.term)) })
	terms := make([]string, 0, maxCorrections)
	for _, c := range found[:min(len(found), maxCorrections)] {
		terms = append(terms, c.term)
	}
	return terms
}

// edits counts the letters to insert, delete, replace, or swap with their
// neighbour, that make b of a; more than most is most+1.
func edits(a, b string, most int) int {
	s, t := []rune(a), []rune(b)
	if len(s)-len(t) > most || len(t)-len(s) > most {
		return most + 1
	}
	older, old, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > most {
			return most + 1
		}
		older, old, row = old, row, older
	}
	return min(old[len(t)], most+1)
}
