package main

import (
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// question is a query, and the passages that answer it.
type question struct {
	text  string
	right map[int]bool
}

// set is one kind of questions.
type set struct {
	name      string
	questions []question
}

const (
	perSet      = 400
	mostAnswers = 3 // passages in which an identifier stands
)

// sets asks about passages, the same each time.
func sets(all []passage) []set {
	random := rand.New(rand.NewPCG(42, 42))
	exact := identifiers(all, random)
	change := func(how func(string) string) []question {
		changed := make([]question, len(exact))
		for i, q := range exact {
			changed[i] = question{how(q.text), q.right}
		}
		return changed
	}
	variants := slices.Concat(exact, change(spaced), change(camel))
	return []set{
		{"titles", titles(all, random)},
		{"identifiers", variants},
		{"typo", change(func(s string) string { return typo(s, random) })},
		{"noisy", noisy(all, random)},
	}
}

// titles are those of sections that no other has. The passages of their subsections answer them, too.
func titles(all []passage, random *rand.Rand) []question {
	sections, keys := map[string]map[int]bool{}, map[string]map[string]bool{}
	for i, p := range all {
		for level, title := range p.titles {
			if sections[title] == nil {
				sections[title], keys[title] = map[int]bool{}, map[string]bool{}
			}
			sections[title][i], keys[title][p.keys[level]] = true, true
		}
	}
	var questions []question
	for _, title := range slices.Sorted(maps.Keys(sections)) {
		if len(keys[title]) == 1 {
			questions = append(questions, question{title, sections[title]})
		}
	}
	return sample(questions, random)
}

var identifier = regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|[a-z]{2,}[A-Z][a-z]+[A-Za-z]*`)

// identifiers are those that stand in few passages.
func identifiers(all []passage, random *rand.Rand) []question {
	where := map[string]map[int]bool{}
	for i, p := range all {
		for _, id := range identifier.FindAllString(p.text, -1) {
			if where[id] == nil {
				where[id] = map[int]bool{}
			}
			where[id][i] = true
		}
	}
	var questions []question
	for _, id := range slices.Sorted(maps.Keys(where)) {
		if len(id) >= 8 && len(where[id]) <= mostAnswers {
			questions = append(questions, question{id, where[id]})
		}
	}
	return sample(questions, random)
}

func sample(questions []question, random *rand.Rand) []question {
	random.Shuffle(len(questions), func(i, j int) { questions[i], questions[j] = questions[j], questions[i] })
	return questions[:min(perSet, len(questions))]
}

var hump = regexp.MustCompile(`[A-Za-z][a-z]*|[0-9]+`)

func humps(id string) []string { return hump.FindAllString(id, -1) }

func spaced(id string) string { return strings.ToLower(strings.Join(words(id), " ")) }

func camel(id string) string {
	var b strings.Builder
	for i, w := range words(id) {
		w = strings.ToLower(w)
		if i > 0 {
			w = strings.ToUpper(w[:1]) + w[1:]
		}
		b.WriteString(w)
	}
	return b.String()
}

// words are those of an identifier.
func words(id string) []string {
	if strings.Contains(id, "_") {
		return strings.FieldsFunc(id, func(r rune) bool { return r == '_' })
	}
	return humps(id)
}

// typo changes one letter behind the first: it is doubled, lost, replaced, or
// swapped with its neighbour.
func typo(word string, random *rand.Rand) string {
	var places []int
	for i := 1; i+1 < len(word); i++ {
		if c := word[i] | 0x20; c >= 'a' && c <= 'z' && word[i+1]|0x20 != c {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return word
	}
	i := places[random.IntN(len(places))]
	switch random.IntN(4) {
	case 0:
		return word[:i] + word[i:i+1] + word[i:]
	case 1:
		return word[:i] + word[i+1:]
	case 2:
		return word[:i] + string(rune('a'+random.IntN(26))) + word[i+1:]
	}
	return word[:i] + word[i+1:i+2] + word[i:i+1] + word[i+2:]
}

// noisy are sentences as people remember them: a third of the words is lost, two
// are mistyped, neighbours are swapped.
func noisy(all []passage, random *rand.Rand) []question {
	var questions []question
	for len(questions) < perSet {
		i := random.IntN(len(all))
		sentences := strings.SplitAfter(all[i].text, ". ")
		list := strings.Fields(sentences[random.IntN(len(sentences))])
		if len(list) < 8 {
			continue
		}
		list = slices.DeleteFunc(list[:min(len(list), 24)], func(string) bool { return random.IntN(3) == 0 })
		if len(list) < 4 {
			continue
		}
		for range 2 {
			at := random.IntN(len(list))
			list[at] = typo(list[at], random)
		}
		at := random.IntN(len(list) - 1)
		list[at], list[at+1] = list[at+1], list[at]
		text := strings.NewReplacer(`"`, "", "“", "", "”", "", " -", " ").Replace(strings.Join(list, " "))
		questions = append(questions, question{text, map[int]bool{i: true}})
	}
	return questions
}
