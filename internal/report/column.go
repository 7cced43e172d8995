package report

import (
	"slices"
	"strings"
)

// column is a cell of a statement that was made of a row of a table: "Memory —
// Minimum: 8 GiB; Since: 2024". What stands in it is text[start:end].
type column struct {
	head       string
	from       int // where the head begins
	start, end int
}

// columns are the cells of a statement; none of one that is a sentence.
type columns []column

// A head of a column has at most so many characters and words.
const (
	maxHead      = 40
	maxHeadWords = 6
)

func columnsOf(text string) (list columns) {
	_, after, ok := strings.Cut(text, " — ")
	if !ok {
		return nil
	}
	at := len(text) - len(after)
	for part := range strings.SplitSeq(after, "; ") {
		head, _, ok := strings.Cut(part, ": ")
		if ok = ok && len(head) <= maxHead && len(strings.Fields(head)) <= maxHeadWords; ok {
			list = append(list, column{head, at, at + len(head) + 2, at + len(part)})
		} else if len(list) == 0 {
			return nil
		} else {
			list[len(list)-1].end = at + len(part)
		}
		at += len(part) + 2
	}
	return list
}

// at is the column in which a place of the text is, else the first; nil if there are none.
func (list columns) at(place int) *column {
	for i := range list {
		if c := &list[i]; place >= c.from && place < max(c.end, c.start) {
			return c
		}
	}
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

// unit is the unit in the head of the column, after a space.
func (c column) unit() string {
	if !strings.HasSuffix(c.head, ")") {
		return ""
	}
	_, unit, _ := strings.Cut(strings.TrimSuffix(c.head, ")"), "(")
	if len(wordsOf(unit)) != 1 {
		return ""
	}
	return " " + unit
}

// head is the head of the column in which a place of the text is, unless it tells no
// more than the key of the row.
func (list columns) head(place int, a *attribute) string {
	if c := list.at(place); c != nil && tells(c.head, a) {
		return c.head
	}
	return ""
}

// plainHeads are heads of columns that tell nothing.
//
//nolint:gochecknoglobals // a fixed list
var plainHeads = []string{"limit", "limits", "value", "values", "type", "how", "status", "state", "requires", "needs", "amount", "description", "meaning", "setting", "details", "what it does", "remarks", "note", "notes", "availability"}

// tells reports whether the head of a column says more than its row does.
func tells(head string, a *attribute) bool {
	if slices.Contains(plainHeads, strings.ToLower(head)) {
		return false
	}
	if a == nil {
		return true
	}
	if len(a.plain) > 0 {
		return a.narrows(head)
	}
	words, label := wordsOf(head), wordsOf(a.label)
	return slices.ContainsFunc(words, func(w word) bool {
		return !slices.ContainsFunc(label, func(l word) bool { return l.stem == w.stem })
	}) && !slices.ContainsFunc(attributes().mentions(words, false), func(m mention) bool { return m.of == a })
}

// columnOf is the head of a column that tells an entry apart, as the statement words it.
func columnOf(statement string, a Apart) string {
	if a.Column == "" {
		return ""
	}
	for _, c := range columnsOf(statement) {
		if strings.EqualFold(c.head, a.Column) {
			return c.head
		}
	}
	return a.Column
}

// asks reports whether what stands in the text stands in a column whose no is none of the thing
// that the row is about: an optional parameter, a limit that cannot be raised, an error.
func (list columns) asks(text, value string) bool {
	i := strings.LastIndex(text, value)
	if len(list) == 0 || i < 0 {
		return false
	}
	return list.at(i).asks()
}

func (c column) asks() bool {
	head := strings.ToLower(c.head)
	first, _, _ := strings.Cut(head, " ")
	return slices.Contains(questions, head) || slices.Contains([]string{"can", "may", "must", "is", "are", "has"}, first)
}

//nolint:gochecknoglobals // a fixed list
var questions = []string{
	"required", "mandatory", "optional", "needed", "nullable", "adjustable", "configurable", "changeable", "negotiable", "repeatable", "deprecated", "unique",
	"code", "error", "default", "without it", "example", "environment", "environment variable", "when", "meaning", "description",
}
