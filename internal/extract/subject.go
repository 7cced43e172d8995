package extract

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"techfacts.dev/techfacts/internal/document"
)

// lacksSubject reports sentences that say of something named above them what
// holds: they begin with their verb, or their subject is one word that many things
// are called by, such as "the limit".
func lacksSubject(s string) bool {
	if opensWithPronoun(s) || startsWithoutSubject(s) {
		return true
	}
	subject := subjectOf(s)
	verb, rest, _ := strings.Cut(s[len(subject):], " ")
	second, _, _ := strings.Cut(rest, " ")
	nouns := 0
	for w := range strings.FieldsSeq(strings.ToLower(subject)) {
		switch singular(w) {
		case "the", "this", "a", "all":
		case "maximum", "minimum", "default", "total":
			if strings.HasSuffix(strings.ToLower(subject), w+" ") { // no adjective
				nouns++
			}
		case "limit", "value", "number", "size", "rate", "time", "price", "cost", "fee", "amount", "quota", "length", "range":
			nouns++
		default:
			return false
		}
	}
	return nouns == 1 && verb != "" && !isVerb(second)
}

// withPlan is the statement of a candidate with the plan in which it stands before
// it, unless it speaks of plans itself.
func withPlan(c *candidate, quote string) string {
	h, statement := c.plan, c.statement
	if h == "" {
		return statement
	}
	if name := planName(h); name == "" || standsIn(strings.ToLower(statement), strings.ToLower(name)) || !proven(h, quote) {
		return statement
	}
	for i, w := range strings.Fields(statement) {
		w = strings.Trim(w, ".,;:()")
		switch strings.ToLower(w) {
		case "plan", "plans", "tier", "tiers", "edition", "editions":
			return statement
		}
		if first := w == "" || i == 0; !first && unicode.IsUpper(rune(w[0])) && isPlan(w) { // another one
			return statement
		}
	}
	return h + " — " + statement
}

// partOf names what the first cell of a row is a part of: the operation of a
// parameter, the schema of a property, which is the heading of one word that is no
// plural. It is empty if the rows stand for themselves.
func partOf(b document.Block, quote string) (whole, part string) {
	if len(b.Header) < 2 {
		return "", ""
	}
	part = strings.ToLower(strings.TrimRight(b.Header[0], ":： "))
	switch part {
	case "parameter", "property", "field", "attribute", "argument", "member", "response":
	default:
		return "", ""
	}
	for _, h := range slices.Backward(b.Headings) {
		if isEndpointLine(h) || h != "" && !strings.Contains(h, " ") && singular(strings.ToLower(h)) == strings.ToLower(h) {
			if !proven(h, quote) {
				return "", ""
			}
			return h, part
		}
	}
	return "", ""
}

// saysNothing reports a row whose cells only repeat what it is called, or, of the
// status of a response, what that is called everywhere: "200 | OK".
func saysNothing(cells []string) bool {
	status := ""
	if code, err := strconv.Atoi(strings.TrimSpace(cells[0])); err == nil {
		status = http.StatusText(code)
	}
	for _, cell := range cells[1:] {
		cell = strings.Trim(cell, " .!")
		if said(cell) && !strings.EqualFold(cell, cells[0]) && (status == "" || !strings.EqualFold(cell, status) && !isSuccess(cell)) {
			return false
		}
	}
	return true
}

// isSuccess reports words that say that all went well, and nothing more.
func isSuccess(cell string) bool {
	for w := range strings.FieldsSeq(strings.ToLower(cell)) {
		switch w {
		case "ok", "success", "successful", "successfully", "response", "operation", "request", "a", "the":
		default:
			return false
		}
	}
	return true
}
