package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/schema"
)

// Proof is a fact that a sentence cites.
type Proof struct {
	Company   string
	Plan      string // for which it holds; empty: for any
	Statement string // whose numbers stand in its quote, as those of every fact do
	Denies    bool   // it says that there is no such thing
	Beside    string // what it stands among: its quote, headings, category
}

// Support says why a sentence that a model wrote about companies does not follow
// from the proofs it cites; "" if nothing is to be said against it. Of several
// companies it must name those of its proofs and no other, and what it says between one
// name and the next is held against the proofs of the first alone; likewise of
// plans. There, every number stands in a proof, with the unit it has there, and the
// sentence denies if the proofs do; it turns no word of theirs into its contrary and bounds nothing else; every name, every word that ranks, counts or
// promises, and most of the others stand in or beside some proof.
func Support(sentence string, companies []string, proofs []Proof) schema.RejectionReason {
	if len(proofs) == 0 {
		return schema.RejectedCitation
	}
	switch n := utf8.RuneCountInString(sentence); {
	case n < minStatement || n > maxSentence, strings.ContainsAny(sentence, "?？<>{}[]`|"), strings.Contains(sentence, "://"), strings.Contains(sentence, "www."):
		return schema.RejectedForm
	case commands(sentence):
		return schema.RejectedCommand
	}
	said := clauses(sentence, companies, proofs)
	of := map[string]string{} // what is said of each company
	for _, c := range said {
		of[c.company] += c.text
	}
	for _, p := range proofs {
		if len(companies) > 1 && len(standing(sentence, p.Company)) == 0 {
			return schema.RejectedCitation
		}
	}
	for company, text := range of {
		if reason := agrees(text, company, proofs); reason != "" {
			return reason
		}
	}
	for _, c := range said {
		if reason := c.counted(proofs); reason != "" {
			return reason
		}
	}
	if !worded(sentence, companies, proofs) {
		return schema.RejectedWords
	}
	for company, text := range of {
		if reason := bounded(text, company, proofs); reason != "" {
			return reason
		}
	}
	return ""
}

// maxSentence is how many characters a sentence of prose has at most.
const maxSentence = 400

// clause is what a sentence says of one company, and of one plan of it.
type clause struct{ company, plan, text string }

// clauses cuts a sentence where it names a company or a plan. What stands before
// the first name belongs to it; without any, all is said of the company of the proofs.
func clauses(sentence string, companies []string, proofs []Proof) (list []clause) {
	type mention struct {
		at            int
		company, plan string
	}
	var names []mention
	for _, c := range companies {
		for _, at := range standing(sentence, c) {
			names = append(names, mention{at: at, company: c})
		}
	}
	var plans []string
	for _, p := range proofs {
		if p.Plan != "" && !slices.Contains(plans, p.Plan) && !slices.Contains(companies, p.Plan) {
			plans = append(plans, p.Plan)
			for _, at := range standing(sentence, p.Plan) {
				names = append(names, mention{at: at, plan: p.Plan})
			}
		}
	}
	slices.SortStableFunc(names, func(a, b mention) int { return a.at - b.at })
	first := func(of func(mention) string) string {
		for _, m := range names {
			if name := of(m); name != "" {
				return name
			}
		}
		return ""
	}
	now := clause{company: first(func(m mention) string { return m.company }), plan: first(func(m mention) string { return m.plan })}
	if now.company == "" {
		now.company = proofs[0].Company
	}
	from := 0
	for _, m := range names {
		now.text = sentence[from:m.at]
		list = append(list, now)
		from = m.at
		switch {
		case m.plan != "":
			now.plan = m.plan
		case m.company != now.company:
			now.company, now.plan = m.company, ""
		}
	}
	now.text = sentence[from:]
	return append(list, now)
}

// standing finds where a name stands in a text as a whole word, in its own case.
func standing(text, name string) (places []int) {
	for from := 0; name != ""; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			break
		}
		if i += from; uncut(text, i, i+len(name)) {
			places = append(places, i)
		}
		from = i + len(name)
	}
	return places
}

// agrees says whether what is said of a company denies what its proofs deny, and
// nothing else. What there is and what there is not are two sentences.
func agrees(text, company string, proofs []Proof) schema.RejectionReason {
	yes, no := false, false
	for _, p := range proofs {
		if p.Company == company {
			yes, no = yes || !p.Denies, no || p.Denies
		}
	}
	switch {
	case !yes && !no:
		return schema.RejectedCitation
	case yes && no, no != (negations(text) > 0):
		return schema.RejectedNegation
	}
	return ""
}

// counted says whether the numbers of a clause stand in the proofs that it is about.
func (c clause) counted(proofs []Proof) schema.RejectionReason {
	var have []string
	for _, p := range proofs {
		if p.Company == c.company && (c.plan == "" || p.Plan == "" || p.Plan == c.plan) {
			have = append(have, p.Statement)
		}
	}
	proof := strings.Join(have, "\n")
	s := scorer{comma: decimalComma(proof)}
	if !numbersWithin(c.text, proof) || !s.measured(c.text, proof) {
		return schema.RejectedNumber
	}
	return ""
}

// bounded says whether what is said of a company turns a word of its proofs into its
// contrary, or limits something that they do not.
func bounded(text, company string, proofs []Proof) schema.RejectionReason {
	var have []string
	for _, p := range proofs {
		if p.Company == company {
			have = append(have, p.Statement, p.Beside)
		}
	}
	e := newEvidence(strings.Join(have, "\n"))
	for _, t := range lexemes(text) {
		switch {
		case e.within[t.key] || t.key == deny:
		case e.contradicts(t.key):
			return schema.RejectedNegation
		case t.kind == boundLexeme && t.key != "by" && t.key != "from": // who does it, mostly
			return schema.RejectedNumber
		}
	}
	return ""
}

// worded reports whether a sentence says nothing but what its proofs do.
func worded(sentence string, companies []string, proofs []Proof) bool {
	around := append([]string{}, companies...)
	for _, p := range proofs {
		around = append(around, p.Statement, p.Beside)
	}
	beside := strings.Join(around, " ")
	for _, r := range sentence {
		if unicode.IsNumber(r) && !unicode.IsDigit(r) && !strings.ContainsRune(beside, r) { // ½, ², Ⅳ
			return false
		}
	}
	context := wordSet(beside)
	known, all := 0, 0
	for i, t := range tokens(sentence) {
		written := sentence[t.start:t.end]
		first, _ := utf8.DecodeRuneInString(written)
		if unicode.IsDigit(first) || isFiller(t.word) && !isWeighty(t.word) {
			continue
		}
		all++
		if context[stemOf(t.word)] {
			known++
			continue
		}
		if isExact(written) || isWeighty(t.word) || unicode.IsUpper(first) && (i > 0 || !opens(t.word)) {
			return false
		}
	}
	return float64(known) >= leastWorded*float64(all)
}

// opens reports words that sentences begin with.
func opens(w string) bool {
	switch w {
	case "both", "while", "although", "though", "there", "here", "these", "those", "such", "some", "their", "our", "one", "either", "under", "within", "over", "during", "after", "before", "where", "if",
		"customers", "users", "requests", "limits", "prices", "pricing", "plans", "data", "access", "support", "security", "clients", "applications", "apps", "tokens", "keys", "documents",
		"in", "on", "for", "with", "as", "at", "by", "to", "from", "according", "besides", "moreover", "further", "additionally":
		return true
	}
	return false
}

// isWeighty reports words that rank, count or promise: they must be a page's own.
func isWeighty(w string) bool {
	switch w {
	case "best", "better", "worst", "worse", "more", "most", "less", "least", "fewer", "fewest", "higher", "highest", "lower", "lowest", "faster", "fastest", "slower", "slowest",
		"cheaper", "cheapest", "larger", "largest", "bigger", "biggest", "smaller", "smallest", "greater", "greatest", "longer", "longest", "shorter", "shortest", "stronger", "strongest",
		"lost", "former", "formerly", "previously", "expired", "revoked", "withdrawn", "superior", "inferior", "leading", "unmatched", "unique", "ideal", "perfect", "safer", "safest", "than", "exceeds", "beats", "outperforms",
		"unlimited", "free", "guaranteed", "guarantees", "certified", "compliant", "attested", "authorized", "authorised", "accredited", "mandatory", "always", "only", "every", "all", "any",
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
		"hundred", "hundreds", "thousand", "thousands", "million", "millions", "billion", "billions", "dozen", "dozens", "half", "twice", "double", "triple", "once", "several", "many":
		return true
	}
	return false
}

// isFiller reports words that say little of a company.
func isFiller(w string) bool {
	switch w {
	case "by", "with", "from", "and", "or", "all", "any", "can", "may", "must", "will", "when", "up", "than", "into", "via", "customers", "users", "not", "no", "only", "also",
		"supports", "support", "provides", "offers", "includes", "allows", "requires", "uses", "plan", "available", "included",
		"der", "die", "das", "und", "oder", "mit", "von", "für", "ist", "sind", "le", "la", "les", "et", "ou", "de", "des", "du", "est", "sont":
		return true
	}
	return isEmpty(w)
}
