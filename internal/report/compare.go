package report

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
)

// What may be compared at most.
const (
	MaxCompanies = 50
	MaxRows      = 500
)

// Question is what to compare.
type Question struct {
	Companies  []string   // in the order of the columns
	All        bool       // every company there is
	Categories []string   // none: all
	Attributes []string   // keys of rows; none: all
	Lone       bool       // with the rows without a name that one company alone states
	Profile    string     // by which facts were found; empty: any
	First      int        // the most rows
	AsOf       *time.Time // as facts were then; nil: as they are
}

// Comparison is companies side by side.
type Comparison struct {
	Companies []Company
	Rows      []Row
	RowCount  int   // with those that Question.First left out
	LoneCount int   // rows without a name that one company alone states, wanted or not
	Unstated  []Row // those with a name that no company states, unless rows are asked for by their keys
}

// Company is a column, and how much of it is known.
type Company struct {
	Name           string
	Pages          int
	Newest, Oldest time.Time // when its pages were fetched; zero without pages

	Stated, StatedNo, Conflicts, NotDocumented, NothingAlike, NotRead int // of Rows and Unstated: all of them together
	Lone                                                              int // rows without a name that it alone states
}

// Row is what each company says of one attribute.
type Row struct {
	Key, Label      string
	Category, Title string // of the section
	Named           bool   // it is one of those of attributes.txt
	Better          int    // 1: the higher value, -1: the lower one, 0: neither
	Stated          int    // cells
	Cells           []Cell // one for each company
}

// Compare lays companies side by side. It fails with INVALID for what is out of
// bounds and for a category or a row that does not exist, and with NOT_FOUND for a company
// or a profile that does not. It takes a
// handful of statements, however many companies there are, and looks at the surest facts
// of each cell.
func Compare(ctx context.Context, s *store.Store, q Question) (*Comparison, error) {
	if q.All == (len(q.Companies) > 0) {
		return nil, fault.InvalidField("input.companies", "give either companies or all")
	}
	if q.First < 1 || q.First > MaxRows {
		return nil, fault.InvalidField("input.first", "must be from 1 to %d", MaxRows)
	}
	if q.AsOf != nil {
		if err := CheckPast("input.asOf", *q.AsOf); err != nil {
			return nil, err
		}
	}
	r := reader{store: s, asOf: q.AsOf}
	if q.Profile != "" {
		id, err := s.Ent.Profile.Query().Where(profile.Name(q.Profile)).OnlyID(ctx)
		if err != nil {
			return nil, absent(err, "input.profile", "there is no profile %q", q.Profile)
		}
		r.profile = &id
	}
	if err := CheckCategories(ctx, s, q.Categories); err != nil {
		return nil, err
	}
	if err := checkAttributes(ctx, s, q.Attributes); err != nil {
		return nil, err
	}
	companies, err := r.companies(ctx, q)
	if err != nil {
		return nil, err
	}
	c := &comparing{reader: r, question: q, Comparison: Comparison{Companies: companies}}
	return &c.Comparison, c.run(ctx)
}

// comparing is a comparison in the making.
type comparing struct {
	Comparison
	reader   reader
	question Question
	looked   map[place]bool   // by company and section: something of that kind was found
	near     map[place][]Said // by company and near key: it says something of it
}

// place is a company and a key: of a section, or of a row.
type place struct {
	company int
	key     string
}

func (c *comparing) run(ctx context.Context) error {
	names := make([]string, len(c.Companies))
	for i, company := range c.Companies {
		names[i] = company.Name
	}
	c.reader.names = names
	candidates, err := c.reader.candidates(ctx)
	if err != nil {
		return err
	}
	loose := c.loose(candidates)
	said, rest, err := c.say(ctx, candidates, loose)
	if err != nil {
		return err
	}
	for p := range said { // by a fact of another category, too
		c.looked[place{p.company, sectionOf(p.key).key}] = true
	}
	rows := c.named(said)
	rows = append(rows, c.shared(c.unnamed(loose, rest))...)
	slices.SortStableFunc(rows, func(a, b draft) int { return cmp.Compare(b.stated, a.stated) })
	c.RowCount = len(rows)
	rows = rows[:min(len(rows), c.question.First)]
	order := map[string]int{}
	for i, s := range attributes().sections {
		order[s.key] = i + 1
	}
	slices.SortStableFunc(rows, func(a, b draft) int {
		x, y := cmp.Or(order[a.section.key], len(order)+1), cmp.Or(order[b.section.key], len(order)+1)
		return cmp.Or(cmp.Compare(x, y), strings.Compare(a.section.key, b.section.key), cmp.Compare(b.stated, a.stated))
	})
	c.Rows = make([]Row, len(rows))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, d := range rows {
		group.Go(func() error { c.Rows[i] = c.row(d); return nil })
	}
	_ = group.Wait() // rows do not fail
	c.count()
	return nil
}

// rows are the keys of the rows with a name of which cells may be made.
func (c *comparing) rows() (keys []string) {
	for _, a := range attributes().attributes {
		if c.wants(a.section) && c.asks(a.section) {
			keys = append(keys, a.key)
		}
	}
	return keys
}

// draft is a row of which it is known who says something.
type draft struct {
	key, label string
	section    *section
	attribute  *attribute // nil: without a name
	stated     int
	said       [][]Said // by company
	form       shape    // of the statement that a row without a name began with
}

// wants tells whether rows of the section are asked for.
func (c *comparing) wants(s *section) bool {
	q := c.question
	return len(q.Categories) == 0 || slices.Contains(q.Categories, s.key) ||
		slices.ContainsFunc(s.categories, func(k string) bool { return slices.Contains(q.Categories, k) })
}

// named drafts the rows of attributes.txt that some company states, and makes those that none does. Rows that
// were asked for by their keys are drafted even if none does.
func (c *comparing) named(said map[place][]Said) (rows []draft) {
	for _, a := range attributes().attributes {
		asked := slices.Contains(c.question.Attributes, a.key)
		if !c.wants(a.section) || len(c.question.Attributes) > 0 && !asked {
			continue
		}
		d := draft{key: a.key, label: a.label, section: a.section, attribute: a, said: make([][]Said, len(c.Companies))}
		for i := range c.Companies {
			if d.said[i] = said[place{i, a.key}]; d.said[i] != nil {
				d.stated++
			}
		}
		if d.stated > 0 || asked {
			rows = append(rows, d)
		} else {
			c.Unstated = append(c.Unstated, c.row(d))
		}
	}
	return rows
}

// restOf is how many statements without a name one category of one company brings.
func (c *comparing) restOf() int { return min(20, max(3, 150/len(c.Companies))) }

// loose are the keys of what is left of the categories that are asked for.
func (c *comparing) loose(candidates map[place]bool) (keys []string) {
	for p := range candidates {
		if p.key[0] == '~' && c.wants(sectionOf(p.key)) && !slices.Contains(keys, p.key) &&
			(len(c.question.Attributes) == 0 || slices.ContainsFunc(c.question.Attributes, func(a string) bool { return strings.HasPrefix(a, p.key) })) {
			keys = append(keys, p.key)
		}
	}
	slices.Sort(keys)
	return keys
}

// known are the keys of the named rows that some company may state, of all sections of which rows are
// asked for: what is said in one row tells that pages of that kind were read.
func (c *comparing) known(candidates map[place]bool) (keys []string) {
	said := map[string]bool{}
	for p := range candidates {
		said[p.key] = true
	}
	for _, a := range attributes().attributes {
		if said[a.key] && c.wants(a.section) && c.asks(a.section) {
			keys = append(keys, a.key)
		}
	}
	return keys
}

// asks tells whether rows of the section are among those asked for by their keys, or all are.
func (c *comparing) asks(s *section) bool {
	return len(c.question.Attributes) == 0 || slices.ContainsFunc(c.question.Attributes, func(key string) bool {
		if category, unnamed := categoryOfRow(key); unnamed {
			return slices.Contains(s.categories, category)
		}
		return sectionOf(key) == s
	})
}

// say reads what the companies say in the named rows, and of what is left, and of which sections
// something was found, at once.
func (c *comparing) say(ctx context.Context, candidates map[place]bool, loose []string) (said, rest map[place][]Said, err error) {
	group, ctx := errgroup.WithContext(ctx)
	keys := c.known(candidates)
	group.Go(func() (err error) { c.near, err = c.reader.said(ctx, nearOnes(candidates, c.rows()), 1); return err })
	group.Go(func() (err error) { said, err = c.reader.said(ctx, keys, c.factsOf()); return err })
	group.Go(func() (err error) { rest, err = c.reader.said(ctx, loose, c.restOf()); return err })
	group.Go(func() (err error) { c.looked, err = c.reader.covered(ctx); return err })
	return said, rest, group.Wait()
}

// unnamed lays what is left of each category side by side.
func (c *comparing) unnamed(keys []string, said map[place][]Said) (rows []draft) {
	seen := map[place]bool{} // statements that another category has brought
	for _, key := range keys {
		first := len(rows)
		for i, company := range c.Companies {
			for _, s := range distinct(said[place{i, key}], false) {
				if at := (place{i, s.Statement}); seen[at] {
					continue
				} else {
					seen[at] = true
				}
				rows = c.align(rows, first, key, i, company.Name, s)
			}
		}
	}
	if len(c.question.Attributes) > 0 {
		rows = slices.DeleteFunc(rows, func(d draft) bool { return !slices.Contains(c.question.Attributes, d.key) })
	}
	return rows
}

// shared counts the rows that one company alone states, and takes them out: they
// compare nothing. They stay where they are asked for.
func (c *comparing) shared(rows []draft) []draft {
	return slices.DeleteFunc(rows, func(d draft) bool {
		if d.stated > 1 {
			return false
		}
		c.LoneCount++
		c.Companies[slices.IndexFunc(d.said, func(s []Said) bool { return s != nil })].Lone++
		return !c.question.Lone && len(c.question.Attributes) == 0
	})
}

// align puts what a company says into the row, of those from first on, that is
// most like it and in which the company says nothing yet, or into a new one.
func (c *comparing) align(rows []draft, first int, key string, company int, name string, s Said) []draft {
	form := shapeOf(s.Statement, s.Value, s.Denies, name)
	best, most := -1, alike
	for i := first; i < len(rows); i++ {
		if rows[i].said[company] != nil || form.unrelated(rows[i].form) {
			continue
		}
		if n := form.likeness(rows[i].form); n >= most {
			best, most = i, n
		}
	}
	if best < 0 {
		h := fnv.New32a()
		_, _ = fmt.Fprint(h, form) // never fails
		rowKey := key + "/" + strconv.FormatUint(uint64(h.Sum32()), 36)
		for slices.ContainsFunc(rows[first:], func(d draft) bool { return d.key == rowKey }) {
			rowKey += "+" // the like of it, said twice by one company
		}
		d := draft{key: rowKey, label: labelOf(s), section: sectionOf(key), said: make([][]Said, len(c.Companies)), form: form}
		rows, best = append(rows, d), len(rows)
	}
	rows[best].said[company] = []Said{s}
	rows[best].stated++
	return rows
}

// labelOf words what a row without a name is about: what stands before the dash of a
// row of a table, else the statement.
func labelOf(s Said) string {
	if before, _, ok := strings.Cut(s.Statement, " — "); ok {
		if list := columnsOf(s.Statement); len(list) > 0 {
			return shorten(before+": "+list[0].head, 80)
		}
		return shorten(before, 80)
	}
	return shorten(strings.TrimSuffix(s.Statement, "."), 80)
}

// Of a cell the surest facts are looked at: fewer, the more cells there are.
const (
	minFacts = 3
	maxFacts = 60
)

func (c *comparing) factsOf() int {
	return max(minFacts, min(maxFacts, 540/(len(c.Companies)*len(c.Companies))))
}

// row makes the cells of a draft.
func (c *comparing) row(d draft) Row {
	r := Row{Key: d.key, Label: d.label, Category: d.section.key, Title: d.section.title, Named: d.attribute != nil, Cells: make([]Cell, len(c.Companies))}
	if d.attribute != nil {
		r.Better = map[direction]int{higher: 1, lower: -1}[d.attribute.better]
	}
	for i := range c.Companies {
		r.Cells[i] = cellOf(c.Companies[i].Name, d.attribute, d.said[i], c.silent(d, i))
		if len(r.Cells[i].Entries) > 0 {
			r.Stated++
		}
	}
	rankCells(d.attribute, r.Cells)
	return r
}

// count counts the cells of each company: of the rows, and of those that no company states.
func (c *comparing) count() {
	for _, r := range slices.Concat(c.Rows, c.Unstated) {
		for i, cell := range r.Cells {
			company := &c.Companies[i]
			switch cell.State {
			case Stated:
				company.Stated++
			case StatedNo:
				company.StatedNo++
			case Conflict:
				company.Conflicts++
			case NotDocumented:
				company.NotDocumented++
			case NothingAlike:
				company.NothingAlike++
			case NotRead:
				company.NotRead++
			}
		}
	}
}

// silent is the state of a cell of a company that says nothing in the row. Of a row without a
// name nobody has looked for other words that say it; of one with a name a fact may be about it
// in words that cannot be laid beside others.
func (c *comparing) silent(d draft, company int) State {
	switch {
	case !c.looked[place{company, d.section.key}]:
		return NotRead
	case d.attribute == nil, c.near[place{company, nearKey + d.key}] != nil:
		return NothingAlike
	}
	return NotDocumented
}

// Facts are the ids of the facts that a cell shows: one for each entry, then those
// that say the same.
func (c Cell) Facts() (ids []uuid.UUID) {
	add := func(id uuid.UUID) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, s := range c.Entries {
		add(s.Fact)
	}
	for _, s := range c.Entries {
		for _, id := range s.Also {
			add(id)
		}
	}
	return ids
}

// sectionOf is the section of a row by its key. A category that no section knows is
// one of its own.
func sectionOf(key string) *section {
	t := attributes()
	category, isRest := strings.CutPrefix(key, "~")
	if !isRest {
		if a := t.byKey[key]; a != nil {
			return a.section
		}
		return nil
	}
	if s := t.byCategory[category]; s != nil {
		return s
	}
	return &section{key: category, title: strings.ReplaceAll(category, "_", " "), categories: []string{category}}
}
