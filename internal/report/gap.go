package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"techfacts.dev/techfacts/schema"
)

// Gap is what a company does not document: of the rows with a name, those of the table and those that
// no company states. What a reader misses first stands first.
type Gap struct {
	Company       string   `json:"company"`
	NotDocumented []string `json:"notDocumented,omitempty"`
	Denied        []string `json:"statedNo,omitempty"`
	NotRead       []string `json:"notRead,omitempty"`
	Counted       Counted  `json:"counted,omitzero"`
}

// Counted is how many of the end of each list a text counts and does not name.
type Counted struct {
	NotDocumented int `json:"notDocumented,omitempty"`
	Denied        int `json:"statedNo,omitempty"`
	NotRead       int `json:"notRead,omitempty"`
}

// maxGaps is how many a text names of one list.
const maxGaps = 12

// gaps are what each company does not document. Named are what others of the comparison state and
// what buyers ask for; the rest of the vocabulary is counted.
func (c *composing) gaps() {
	rows := slices.DeleteFunc(slices.Concat(c.table.Rows, c.table.Unstated), func(r Row) bool { return !r.Named })
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(min(b.Stated, 1), min(a.Stated, 1)), cmp.Compare(b.asked(), a.asked()), cmp.Compare(b.Stated, a.Stated))
	})
	for i, company := range c.in.Companies {
		g := Gap{Company: company}
		for k, state := range []State{StatedNo, NotDocumented, NotRead} {
			list := g.lists()[k]
			named := 0
			for _, r := range rows {
				if r.Cells[i].State != state {
					continue
				}
				*list.labels = append(*list.labels, r.Label)
				if r.Stated+r.asked() > 0 {
					named++
				}
			}
			*list.counted = len(*list.labels) - min(named, maxGaps)
		}
		c.Gaps = append(c.Gaps, g)
	}
}

// lists are what it does not document in three lists, with what each says.
func (g *Gap) lists() [3]gapList {
	return [3]gapList{
		{"says that it has not", &g.Denied, &g.Counted.Denied},
		{"does not document", &g.NotDocumented, &g.Counted.NotDocumented},
		{"says nothing that was found on", &g.NotRead, &g.Counted.NotRead},
	}
}

type gapList struct {
	words   string
	labels  *[]string
	counted *int // of the end of labels
}

// named are those that a text names.
func (l gapList) named() []string { return (*l.labels)[:len(*l.labels)-*l.counted] }

// GapTexts word the lists that are not empty, each with what it says first.
func (d *Document) GapTexts(g Gap) (texts [][2]string) {
	for _, l := range g.lists() {
		if len(*l.labels) > 0 {
			texts = append(texts, [2]string{l.words, d.gapText(l.named(), *l.counted)})
		}
	}
	return texts
}

// gapText names some, and counts the rest.
func (d *Document) gapText(named []string, rest int) string {
	of := " of the vocabulary"
	if d.Type == schema.ReportSummary { // it has few words
		of = ""
	}
	switch {
	case len(named) == 0:
		return counted(rest, "name") + " of the vocabulary"
	case rest == 0:
		return listed(named)
	case rest == 1:
		return listed(named) + " and 1 other" + of
	}
	return fmt.Sprintf("%s and %d others%s", listed(named), rest, of)
}

// listed joins names with commas; with semicolons if one of them has a comma.
func listed(names []string) string {
	if slices.ContainsFunc(names, func(s string) bool { return strings.Contains(s, ",") }) {
		return strings.Join(names, "; ")
	}
	return strings.Join(names, ", ")
}

// CountedWords say what coverage and gaps count.
func (d *Document) CountedWords() string {
	rows, unstated := 0, 0
	for _, s := range d.Table {
		rows += len(s.Rows)
	}
	for _, s := range d.Unstated {
		unstated += len(s.Rows)
	}
	if unstated == 0 {
		return ""
	}
	who := "no company states"
	if len(d.Companies) == 1 {
		who = "it does not state"
	}
	return fmt.Sprintf("Counted are %s of the table and %s of the vocabulary, the attributes that are looked for by name, that %s. As JSON and CSV this report lists them all.",
		counted(rows, "row"), counted(unstated, "name"), who)
}
