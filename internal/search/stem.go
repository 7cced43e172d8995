package search

import "strings"

// stem cuts the endings of English words, so that limit, limits, limited and
// limiting are one. It is coarse on purpose: what it conflates too much, the
// exact forms beside it set right.
func stem(w string) string {
	if len(w) < 4 || w[0] >= 0x80 {
		return w
	}
	w = plural(w)
	switch n := len(w); {
	case n > 6 && strings.HasSuffix(w, "ation"): // authentication, authenticate
		w = w[:n-3]
	case n > 5 && strings.HasSuffix(w, "ing") && vowel(w[:n-3]):
		w = undouble(w[:n-3])
	case n > 4 && strings.HasSuffix(w, "ed") && vowel(w[:n-2]):
		w = undouble(w[:n-2])
	case n > 5 && strings.HasSuffix(w, "ion") && (w[n-4] == 't' || w[n-4] == 's'): // connection, connect
		w = w[:n-3]
	case n > 5 && strings.HasSuffix(w, "ly"):
		w = w[:n-2]
	}
	if n := len(w); n > 3 && w[n-1] == 'e' {
		w = w[:n-1]
	}
	if n := len(w); n > 3 && w[n-1] == 'y' && !isVowel(w[n-2]) {
		w = w[:n-1] + "i"
	}
	return w
}

func plural(w string) string {
	n := len(w)
	if w[n-1] != 's' {
		return w
	}
	switch {
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), strings.HasSuffix(w, "sis"):
		return w
	case strings.HasSuffix(w, "ies") && n > 4:
		return w[:n-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"):
		return w[:n-2]
	}
	return w[:n-1]
}

// undouble makes rot of rott.
func undouble(w string) string {
	if n := len(w); n > 3 && w[n-1] == w[n-2] && strings.IndexByte("bdgmnprt", w[n-1]) >= 0 {
		return w[:n-1]
	}
	return w
}

func vowel(w string) bool { return strings.ContainsAny(w, "aeiouy") }

func isVowel(c byte) bool { return strings.IndexByte("aeiou", c) >= 0 }
