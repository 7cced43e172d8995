package search

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// names are the values of one column; each distinct one has a number.
type names struct {
	ids    map[string]uint32
	values []string
	of     []uint32 // by slot
}

// add gives the next slot a value.
func (n *names) add(value string) { n.of = append(n.of, n.id(value)) }

func (n *names) id(value string) uint32 {
	if id, ok := n.ids[value]; ok {
		return id
	}
	if n.ids == nil {
		n.ids = map[string]uint32{}
	}
	value = strings.Clone(value)
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

// row is what else is known of a document besides its names and its text.
type row struct {
	id         uuid.UUID
	page       uuid.UUID
	hasNumber  bool
	same       uint32
	at         int64 // ms
	confidence float64
	number     float64
}

// condition is a filter, made ready for the names of an index.
type condition struct {
	sets   [columns][]bool
	names  [columns][]uint32 // of what is in sets
	rest   bool              // there is more to it than names
	filter Filter
	since  int64
	until  int64
	except uuid.UUID
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
	for i := range c.sets {
		c.names[i] = m.columns[i].of
	}
	c.rest = f.MinConfidence != 0 || f.Since != nil || f.Until != nil || f.MinNumber != nil || f.MaxNumber != nil || except != uuid.Nil
	return c
}

// allows reports whether the filter lets a document through.
func (c *condition) allows(slot uint32, r *row) bool {
	for i, set := range c.sets {
		if set != nil && !set[c.names[i][slot]] {
			return false
		}
	}
	if !c.rest {
		return true
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

// count adds the document of a slot.
func (m *Memory) count(c *counter, slot uint32) {
	for i := range c {
		c[i][m.columns[i].of[slot]]++
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
