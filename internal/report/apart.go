package report

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/extract"
)

// Apart is what tells entries of one cell apart, in lower case: what limits the
// fact, and the row and the column of the table that its value is from. The zero value limits nothing.
type Apart struct {
	Plan        string `json:"plan,omitempty"`
	Region      string `json:"region,omitempty"`
	Version     string `json:"version,omitempty"`
	Condition   string `json:"condition,omitempty"`
	Environment string `json:"environment,omitempty"`
	Row         string `json:"row,omitempty"`
	Column      string `json:"column,omitempty"`
}

// apart tells what s says at a row and a column of a table from the rest. The head that
// is the name of a plan is the plan, unless a qualifier says which.
func (s Statement) apart(row, column string) Apart {
	q := func(name string) string { return strings.ToLower(s.Qualifiers[name]) }
	a := Apart{
		Plan: q("plan"), Region: q("region"), Version: q("version"), Condition: q("condition"), Environment: q("environment"),
		Row: strings.ToLower(row), Column: strings.ToLower(column),
	}
	for _, head := range []*string{&a.Column, &a.Row} {
		switch {
		case *head == "":
		case a.Plan == "" && extract.IsPlan(*head):
			a.Plan, *head = *head, ""
		case *head == a.Plan, *head == a.Plan+" plan", *head == a.Plan+" edition", *head == a.Plan+" tier":
			*head = ""
		}
	}
	return a
}

// text is a, to be stored: empty if it limits nothing.
func (a Apart) text() string {
	if a == (Apart{}) {
		return ""
	}
	raw, err := json.Marshal(a)
	if err != nil {
		panic(err) // cannot happen: it is strings
	}
	return string(raw)
}

// apartOf reads it. Entries of an earlier version, which are soon made anew, limit nothing.
func apartOf(text string) (a Apart, err error) {
	if strings.HasPrefix(text, "{") {
		err = json.Unmarshal([]byte(text), &a)
	}
	return a, err
}

func (a Apart) compare(b Apart) int {
	return cmp.Or(strings.Compare(a.Plan, b.Plan), strings.Compare(a.Region, b.Region), strings.Compare(a.Version, b.Version), strings.Compare(a.Condition, b.Condition),
		strings.Compare(a.Environment, b.Environment), strings.Compare(a.Row, b.Row), strings.Compare(a.Column, b.Column))
}

// under is what two entries must share to contradict each other: the plan, or all of it if
// there is none.
func (a Apart) under() Apart {
	if a.Plan != "" {
		return Apart{Plan: a.Plan}
	}
	return a
}

// maxRow is how many characters the head of a row has at most, to be told.
const maxRow = 60

// row is what a statement says of a row of a table before the dash; empty if it is a sentence, or
// if the head tells no more than the attribute does.
func (list columns) row(text string, a *attribute) string {
	if len(list) == 0 {
		return ""
	}
	head, _, _ := strings.Cut(text, " — ")
	return rowHead(head, a)
}

// rowHead is a head, if it tells more than the attribute does.
func rowHead(head string, a *attribute) string {
	if first, _, _ := strings.Cut(strings.ToLower(head), " "); slices.Contains([]string{"by", "from", "how", "to", "using", "what", "when", "where", "why", "with"}, first) {
		return "" // it is of a guide
	}
	if utf8.RuneCountInString(head) > maxRow || !tells(head, a) || requestLine.MatchString(head) {
		return ""
	}
	title := wordsOf(a.section.title)
	if !slices.ContainsFunc(wordsOf(head), func(w word) bool {
		return !slices.Contains(plainRows, w.stem) && !slices.ContainsFunc(title, func(t word) bool { return t.stem == w.stem })
	}) {
		return ""
	}
	return head
}

// requestLine is a head that names an endpoint, which limits nothing of a vendor.
var requestLine = regexp.MustCompile(`^(?:GET|HEAD|POST|PUT|PATCH|DELETE) /`)

// plainRows are words of which heads of rows tell nothing.
//
//nolint:gochecknoglobals // a fixed list
var plainRows = []string{
	"all", "and", "detail", "fact", "feature", "figure", "general", "level", "library", "limit", "of", "other", "overview", "plan", "price", "pricing", "quota", "requirement", "service", "setting", "subscription", "support", "system", "technical", "the",
}
