package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// Document is what a report says, before it is put into a format. It is also the
// report as JSON: fields are only ever added.
type Document struct {
	ID         uuid.UUID         `json:"id"`
	Type       schema.ReportType `json:"type"`
	Title      string            `json:"title"`
	Created    time.Time         `json:"createdAt"`
	Companies  []string          `json:"companies"`
	Categories []string          `json:"categories,omitempty"`
	Profile    string            `json:"profile,omitempty"`
	Notes      []string          `json:"notes"`                // what was left out, and why
	Highlights []Point           `json:"highlights,omitempty"` // what stands out
	BestLeft   int               `json:"bestLeftOut"`          // rows of which these do not say who is best
	Prose      *Prose            `json:"prose,omitempty"`      // nil: none
	Table      []TableSection    `json:"table,omitempty"`
	Unstated   []TableSection    `json:"unstated,omitempty"` // rows with a name that no company states
	RowsLeft   int               `json:"rowsLeftOut"`
	Sections   []Section         `json:"sections,omitempty"`
	Gaps       []Gap             `json:"gaps,omitempty"`
	Citations  []Citation        `json:"citations"`
	Sources    []Source          `json:"sources"`
	Coverage   []Coverage        `json:"coverage"`
}

// Point is one sentence, and the citations that prove it.
type Point struct {
	Text  string `json:"text"`
	Cites []int  `json:"cites"`
}

// TableSection is the rows of one category.
type TableSection struct {
	Key   string     `json:"key"`
	Title string     `json:"title"`
	Rows  []TableRow `json:"rows"`
}

// TableRow is what each company says of one attribute.
type TableRow struct {
	Key    string      `json:"key"`
	Label  string      `json:"label"`
	Better int         `json:"better"` // 1: the higher value, -1: the lower one
	Cells  []TableCell `json:"cells"`
}

// TableCell is one cell with its citations.
type TableCell struct {
	Company  string        `json:"company"`
	State    State         `json:"state"`
	Text     string        `json:"text"`
	Parts    []string      `json:"parts,omitempty"` // of the text, if it has several
	Lead     int           `json:"lead,omitempty"`  // the part that is best or worst
	Value    *schema.Value `json:"value,omitempty"`
	Best     bool          `json:"best,omitempty"`
	Worst    bool          `json:"worst,omitempty"`
	Unranked string        `json:"unranked,omitempty"` // why its value is compared to no other
	Cites    []int         `json:"cites,omitempty"`
	Left     int           `json:"entriesLeftOut,omitempty"`
}

// Section lists facts of one category.
type Section struct {
	Title string  `json:"title"`
	Facts []Point `json:"facts"`
	Left  int     `json:"leftOut"` // facts beyond these
	Key   string  `json:"key"`
	facts []*ent.Fact
}

// Citation is a fact with the words that prove it.
type Citation struct {
	N          int       `json:"n"`
	Fact       uuid.UUID `json:"fact"`
	Company    string    `json:"company"`
	Category   string    `json:"category"`
	Statement  string    `json:"statement"`
	Quote      string    `json:"quote"`
	Page       string    `json:"page"`
	URL        string    `json:"url"`
	Link       string    `json:"link"` // leads to the quote
	Headings   []string  `json:"headings"`
	Confidence float64   `json:"confidence"`
	Seen       time.Time `json:"seenAt"`
	Source     int       `json:"source"`
}

// Source is a page that is cited.
type Source struct {
	N       int       `json:"n"`
	Company string    `json:"company"`
	Title   string    `json:"title"`
	URL     string    `json:"url"`
	Fetched time.Time `json:"fetchedAt"`
	Cited   int       `json:"cited"` // facts of it
}

// Coverage is how much of a company was read, and what is known of the rows: of those of the table, and of
// those that no company states.
type Coverage struct {
	Company       string        `json:"company"`
	Pages         int           `json:"pages"`
	Newest        time.Time     `json:"newest"`
	Oldest        time.Time     `json:"oldest"`
	Stated        int           `json:"stated"`
	StatedNo      int           `json:"statedNo"`
	Conflicts     int           `json:"conflicts"`
	NotDocumented int           `json:"notDocumented"`
	NothingAlike  int           `json:"nothingAlike"`
	NotRead       int           `json:"notRead"`
	Lone          int           `json:"lone"` // rows without a name that it alone states: in no table
	Skipped       []Skipped     `json:"skipped,omitempty"`
	Kinds         []SectionRead `json:"sections,omitempty"`
}

// Skipped is how many pages were not read, and why.
type Skipped struct {
	Outcome schema.Outcome `json:"outcome"`
	Reason  string         `json:"reason"` // of one of them
	Pages   int            `json:"pages"`
}

// SectionRead is how much of one section a company documents.
type SectionRead struct {
	Title  string `json:"title"`
	Stated int    `json:"stated"` // cells that say something
	Rows   int    `json:"rows"`
	Read   bool   `json:"read"` // some page of the kind was read
}

// composing is a document in the making.
type composing struct {
	Document
	store  *store.Store
	in     schema.ReportParams
	now    time.Time
	table  *Comparison
	facts  map[uuid.UUID]*ent.Fact // that are cited, with their pages
	number map[uuid.UUID]int
	said   map[[2]string]int // number by URL and statement

	// Of a summary: what it picks from, and the most telling of it by company.
	offered map[string][]*ent.Fact
	telling [][]Point
}

// Compose makes the document that in asks for out of the facts as they are, without
// prose. What stands in it depends on nothing else but the time.
func Compose(ctx context.Context, s *store.Store, in schema.ReportParams, now time.Time) (*Document, error) {
	d, _, err := Author{Store: s}.compose(ctx, in, now)
	return d, err
}

// compose composes a document, and tells what prose came to.
func (a Author) compose(ctx context.Context, in schema.ReportParams, now time.Time) (_ *Document, tally schema.Tally, err error) {
	s := a.Store
	c := &composing{store: s, in: in, now: now.UTC(), facts: map[uuid.UUID]*ent.Fact{}, number: map[uuid.UUID]int{}, said: map[[2]string]int{}}
	c.Document = Document{
		ID: in.ID, Type: in.Type, Title: in.Title, Created: c.now, Companies: in.Companies, Categories: in.Categories, Profile: in.Profile,
		Notes: []string{}, Citations: []Citation{}, Sources: []Source{},
	}
	if c.Title == "" {
		c.Title = titleOf(in)
	}
	c.table, err = Compare(ctx, s, Question{Companies: in.Companies, Categories: in.Categories, Profile: in.Profile, First: tableRows})
	if err != nil {
		return nil, tally, err
	}
	pick := c.choose
	if in.Type == schema.ReportSummary {
		pick = c.offer
	}
	if err := pick(ctx); err != nil {
		return nil, tally, err
	}
	if err := c.load(ctx); err != nil {
		return nil, tally, err
	}
	c.lay()
	if err := c.cover(ctx); err != nil {
		return nil, tally, err
	}
	if a.Chat != nil {
		if tally, err = a.prose(ctx, c); err != nil {
			return nil, tally, err
		}
	}
	if in.Type == schema.ReportSummary {
		c.abridge()
	}
	c.sources()
	return &c.Document, tally, nil
}

// How much a document holds.
const (
	tableRows   = 300        // of the comparison
	cellCites   = maxEntries // of one cell
	tellingOnes = 5          // facts of a summary
	maxWords    = 500        // of a summary
)

func titleOf(in schema.ReportParams) string {
	companies := andList(in.Companies)
	switch in.Type {
	case schema.ReportComparison:
		return companies + " compared"
	case schema.ReportTopic:
		return titleOfCategory(in.Categories[0]) + ": " + companies
	case schema.ReportSummary:
		return shortList(in.Companies, "companies") + " in short"
	case schema.ReportSingle:
	}
	return "What " + companies + " documents"
}

func titleOfCategory(key string) string {
	if s := attributes().byCategory[key]; s != nil && s.key == key {
		return s.title
	}
	return strings.ToUpper(key[:1]) + strings.ReplaceAll(key[1:], "_", " ")
}

func andList(list []string) string {
	switch n := len(list); {
	case n == 1:
		return list[0]
	case n <= 4:
		return listed(list[:n-1]) + " and " + list[n-1]
	default:
		return listed(list[:3]) + fmt.Sprintf(" and %d others", n-3)
	}
}

// load reads the facts that the table cites.
func (c *composing) load(ctx context.Context) error {
	var ids []uuid.UUID
	for _, r := range c.table.Rows {
		for _, cell := range r.Cells {
			facts := cell.Facts()
			ids = append(ids, facts[:min(cellCites, len(facts))]...)
		}
	}
	for chunk := range slices.Chunk(ids, 5_000) {
		rows, err := c.store.Ent.Fact.Query().Where(fact.IDIn(chunk...)).WithPage().All(ctx)
		if err != nil {
			return fmt.Errorf("read cited facts: %w", err)
		}
		for _, f := range rows {
			c.facts[f.ID] = f
		}
	}
	return nil
}

// cite gives a fact its number, and the citation its place.
func (c *composing) cite(f *ent.Fact) int {
	if f == nil {
		return 0
	}
	if n := c.number[f.ID]; n > 0 {
		return n
	}
	key := [2]string{f.URL, f.Statement}
	if n := c.said[key]; n > 0 { // found under another profile
		c.number[f.ID] = n
		return n
	}
	n := len(c.Citations) + 1
	c.number[f.ID], c.said[key] = n, n
	citation := Citation{
		N: n, Fact: f.ID, Company: f.Company, Category: f.Category, Statement: f.Statement, Quote: f.Quote, URL: f.URL,
		Link: document.DeepLink(f.URL, f.Anchor, f.Quote), Headings: append([]string{}, f.Headings...), Confidence: f.Confidence, Seen: f.LastSeenAt.UTC(),
	}
	if p := f.Edges.Page; p != nil {
		citation.Page = p.Title
	}
	if citation.Page == "" {
		citation.Page = f.URL
	}
	c.Citations = append(c.Citations, citation)
	c.facts[f.ID] = f
	return n
}

// lay puts table, sections, highlights and gaps in order, and numbers what they
// cite as they come.
func (c *composing) lay() {
	if c.in.Type == schema.ReportSummary {
		c.summary()
	}
	if c.in.Type != schema.ReportSummary {
		c.tables()
		c.highlights()
	}
	var cut []string
	for i := range c.Sections {
		s := &c.Sections[i]
		for _, f := range s.facts {
			text := f.Statement
			if len(c.in.Companies) > 1 && !strings.Contains(text, f.Company) {
				text = f.Company + ": " + text
			}
			s.Facts = append(s.Facts, Point{text, []int{c.cite(f)}})
		}
		if s.Left > 0 {
			cut = append(cut, fmt.Sprintf("%s %d of %d", s.Title, len(s.Facts), len(s.Facts)+s.Left))
		}
	}
	if len(cut) > 0 {
		c.Notes = append(c.Notes, "Of the facts those are listed that are the surest: "+strings.Join(cut, ", ")+".")
	}
	c.gaps()
}

func (c *composing) tables() {
	c.Table = c.sectioned(c.table.Rows)
	c.Unstated = c.sectioned(c.table.Unstated)
	all := c.table.RowCount + c.table.LoneCount
	if c.RowsLeft = all - len(c.table.Rows); c.RowsLeft > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("The table shows %d of %d rows: those with a name, and those that two or more companies state in like words.", len(c.table.Rows), all))
	}
}

// sectioned puts rows that are in the order of their categories into sections.
func (c *composing) sectioned(rows []Row) (sections []TableSection) {
	for _, r := range rows {
		if n := len(sections); n == 0 || sections[n-1].Key != r.Category {
			sections = append(sections, TableSection{Key: r.Category, Title: r.Title})
		}
		row := TableRow{Key: r.Key, Label: r.Label, Better: r.Better}
		for _, cell := range r.Cells {
			t := TableCell{Company: cell.Company, State: cell.State, Text: cell.Text, Best: cell.Best, Worst: cell.Worst, Unranked: cell.Unranked}
			if len(cell.Parts) > 1 {
				t.Parts, t.Lead = cell.Parts, cell.Lead
			}
			if cell.Value.Kind != "" && cell.State != Conflict { // what contradicts itself has no value
				t.Value = &cell.Value
			}
			facts := cell.Facts()
			for _, id := range facts[:min(cellCites, len(facts))] {
				if n := c.cite(c.facts[id]); n > 0 && !slices.Contains(t.Cites, n) {
					t.Cites = append(t.Cites, n)
				}
			}
			t.Left = max(0, len(facts)-cellCites)
			row.Cells = append(row.Cells, t)
		}
		last := &sections[len(sections)-1]
		last.Rows = append(last.Rows, row)
	}
	return sections
}

// highlights tell what contradicts itself, and who is best at what.
func (c *composing) highlights() {
	for _, s := range c.Table {
		for _, r := range s.Rows {
			for _, cell := range r.Cells {
				if cell.State == Conflict {
					c.Highlights = append(c.Highlights, Point{fmt.Sprintf("%s contradicts itself about %s: %s.", cell.Company, lowerLabel(r.Label), cell.Shown()[0]), cell.Cites})
				}
			}
		}
	}
	if len(c.in.Companies) < 2 {
		return
	}
	var rows []TableRow
	for _, s := range c.Table {
		for _, r := range s.Rows {
			if slices.ContainsFunc(r.Cells, func(cell TableCell) bool { return cell.Best }) {
				rows = append(rows, r)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b TableRow) int { return cmp.Compare(asksFor(b.Key), asksFor(a.Key)) })
	for _, r := range rows[:min(maxBest, len(rows))] {
		c.Highlights = append(c.Highlights, r.best())
	}
	if c.BestLeft = max(0, len(rows)-maxBest); c.BestLeft > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("What stands out names the best of %d of %d rows; the table marks all.", maxBest, len(rows)))
	}
}

// maxBest is of how many rows it stands out who is best: of those first that buyers ask for first.
const maxBest = 8

// best says who is best in a row.
func (r TableRow) best() Point {
	var who []string
	p := Point{}
	value := ""
	for _, cell := range r.Cells {
		if !cell.Best {
			continue
		}
		if who = append(who, cell.Company); value == "" {
			value = cell.Value.Original
		}
		p.Cites = append(p.Cites, cell.Cites[:min(1, len(cell.Cites))]...)
	}
	rank := map[int]string{1: "highest", -1: "lowest"}[r.Better]
	if slices.ContainsFunc(r.Cells, func(o TableCell) bool { return o.Unranked != "" && o.State != Conflict }) {
		rank += " in its unit"
	}
	p.Text = fmt.Sprintf("%s: %s at %s, %s.", r.Label, rank, andList(who), value)
	return p
}

func lowerLabel(label string) string {
	if len(label) > 1 && label[1] >= 'a' && label[1] <= 'z' {
		return strings.ToLower(label[:1]) + label[1:]
	}
	return label
}

// sources numbers the pages that are cited.
func (c *composing) sources() {
	place := map[string]int{}
	for i := range c.Citations {
		cit := &c.Citations[i]
		n, ok := place[cit.URL]
		if !ok {
			n = len(c.Sources) + 1
			place[cit.URL] = n
			s := Source{N: n, Company: cit.Company, Title: cit.Page, URL: cit.URL}
			if f := c.facts[cit.Fact]; f != nil && f.Edges.Page != nil {
				s.Fetched = f.Edges.Page.FetchedAt.UTC()
			}
			c.Sources = append(c.Sources, s)
		}
		cit.Source = n
		c.Sources[n-1].Cited++
	}
}
