package search

import (
	"cmp"
	"math"
	"slices"

	"github.com/google/uuid"
)

// names numbers the distinct values of one column.
type names struct {
	ids    map[string]uint32
	values []string
}

func (n *names) id(value string) uint32 {
	if id, ok := n.ids[value]; ok {
		return id
	}
	if n.ids == nil {
		n.ids = map[string]uint32{}
	}
	id := uint32(len(n.values)) //nolint:gosec // fewer than documents
	n.ids[value] = id
	n.values = append(n.values, value)
	return id
}

// only gives the numbers of values as a set; nil if all will do.
func (n *names) only(values []string) []bool {
	if len(values) == 0 {
		return nil
	}
	set := make([]bool, len(n.values))
	for _, v := range values {
		if id, ok := n.ids[v]; ok {
			set[id] = true
		}
	}
	return set
}

// The columns that have names.
const (
	company = iota
	category
	profile
	domain
	attribute
	unit
	columns
)

// row is what filters and facets look at.
type row struct {
	id         uuid.UUID
	page       uuid.UUID
	names      [columns]uint32
	live       bool
	hasNumber  bool
	same       uint32
	at         int64 // ms
	confidence float64
	number     float64
}

// condition is a filter, made ready for the names of an index.
type condition struct {
	sets   [columns][]bool
	filter Filter
	since  int64
	until  int64
	except uuid.UUID
	always bool
}

func (m *Memory) condition(f Filter, except uuid.UUID) condition {
	c := condition{filter: f, except: except, since: math.MinInt64, until: math.MaxInt64}
	for i, values := range [columns][]string{f.Companies, f.Categories, f.Profiles, f.Domains, f.Attributes} {
		c.sets[i] = m.columns[i].only(values)
	}
	if f.Unit != "" {
		c.sets[unit] = m.columns[unit].only([]string{f.Unit})
	}
	if f.Since != nil {
		c.since = f.Since.UnixMilli()
	}
	if f.Until != nil {
		c.until = f.Until.UnixMilli()
	}
	c.always = f.empty() && except == uuid.Nil
	return c
}

// empty reports whether f lets everything through.
func (f Filter) empty() bool {
	return len(f.Companies)+len(f.Categories)+len(f.Profiles)+len(f.Domains)+len(f.Attributes) == 0 && f.Unit == "" &&
		f.MinConfidence == 0 && f.Since == nil && f.Until == nil && f.MinNumber == nil && f.MaxNumber == nil
}

// allows reports whether the filter lets a row through.
func (c *condition) allows(r *row) bool {
	if !r.live {
		return false
	}
	if c.always {
		return true
	}
	for i, set := range c.sets {
		if set != nil && !set[r.names[i]] {
			return false
		}
	}
	f := &c.filter
	switch {
	case r.confidence < f.MinConfidence,
		r.at < c.since, r.at >= c.until,
		f.MinNumber != nil && (!r.hasNumber || r.number < *f.MinNumber),
		f.MaxNumber != nil && (!r.hasNumber || r.number > *f.MaxNumber):
		return false
	}
	return c.except == uuid.Nil || r.id != c.except
}

// counter counts the values of the columns that have facets.
type counter [domain + 1][]int

func (m *Memory) counter() (c counter) {
	for i := range c {
		c[i] = make([]int, len(m.columns[i].values))
	}
	return c
}

func (c *counter) add(r *row) {
	for i := range c {
		c[i][r.names[i]]++
	}
}

func (m *Memory) facets(c *counter) Facets {
	list := func(i int) []Count {
		var counts []Count
		for id, n := range c[i] {
			if n > 0 {
				counts = append(counts, Count{m.columns[i].values[id], n})
			}
		}
		return mostFrequent(counts)
	}
	return Facets{Companies: list(company), Categories: list(category), Profiles: list(profile), Domains: list(domain)}
}

// mostFrequent sorts counts, the highest first, and keeps what a facet shows.
func mostFrequent(counts []Count) []Count {
	slices.SortFunc(counts, func(a, b Count) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Value, b.Value)) })
	return counts[:min(len(counts), maxFacet)]
}
