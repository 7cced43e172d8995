package report

import (
	"regexp"
	"slices"
	"strings"

	"techfacts.dev/techfacts/internal/extract"
)

// narrows reports whether a head or a subject says what a value of the row is for: it is a plan, or has a word that is
// neither a scope nor among those which tell nothing there.
func (a *attribute) narrows(words string) bool {
	return extract.IsPlan(words) || slices.ContainsFunc(wordsOf(words), func(w word) bool {
		return !a.tellsNothing(w) && scopeOf(w.stem) == ""
	})
}

// tellsNothing reports a word that does not say what a value of the row is for.
func (a *attribute) tellsNothing(w word) bool {
	return w.number || commonWords[w.stem] || slices.Contains(a.plain, w.stem) || slices.Contains([]string{"a", "an", "any", "each", "every", "our", "the"}, w.stem)
}

// isPart reports whether the subject of a sentence is a part of what the row is about, as token requests and user search
// are: a scope is none if it stands last.
func (a *attribute) isPart(subject string) bool {
	words := wordsOf(subject)
	for i, w := range words {
		if !a.tellsNothing(w) && (scopeOf(w.stem) == "" || i < len(words)-1) {
			return true
		}
	}
	return false
}

// narrowed is what a sentence says a value of the row is for, by what stands before it: "User search is limited
// to". It is empty if that is all there is, a plan, or a name with which the sentence begins.
func (a *attribute) narrowed(before string) string {
	if len(a.plain) == 0 {
		return ""
	}
	if m := soMany.FindStringSubmatch(before); m != nil {
		return m[1]
	}
	all := forWhat.FindAllStringSubmatch(before, -1)
	if len(all) == 0 {
		return ""
	}
	what := strings.TrimSpace(all[len(all)-1][1])
	name := !strings.Contains(what, " ") && isUpper(what) && !strings.HasSuffix(what, "s")
	if !a.isPart(what) || name || slices.ContainsFunc(strings.Fields(what), extract.IsPlan) {
		return ""
	}
	return what
}

// soMany are so many of something before how long they last.
var soMany = regexp.MustCompile(`(\d[\d,]*(?: [\p{L}-]+){1,3}),? (?:(?:which|that) )?(?:are |is )?valid for $`)

var forWhat = regexp.MustCompile(`(?:^|[\s(,;])((?:[\p{L}\d'’-]+ ){1,3}?)(?:(?:is|are|can be|may be) (?:rate[- ])?(?:limited|throttled|capped|restricted) |(?:must|may|can) not take |(?:allows?|takes?|arrives?|reach(?:es)?|complete|are (?:answered|served|delivered)) )`)

// aheadWords is how many words before a value are looked at for what it may not stand behind.
const aheadWords = 8

// follows reports that a value stands, in its part of the sentence, behind words of what the row is not about.
func (a *attribute) follows(before string) bool {
	if len(a.ahead) == 0 {
		return false
	}
	for _, border := range []string{"; ", ". "} {
		before = before[strings.LastIndex(before, border)+1:]
	}
	words := wordsOf(before)
	return anywhere(words[max(0, len(words)-aheadWords):], a.ahead)
}
