package search

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// Memory is an index within the process. Its zero value is empty and ready.
type Memory struct {
	mu      sync.RWMutex
	slots   map[uuid.UUID]uint32
	rows    []row
	live    []bool // of rows
	text    inverted
	vectors vectors
	columns [columns]names

	sums sync.Pool // of *sums, all zero
}

// Put adds documents, in place of those with the same ids.
func (m *Memory) Put(_ context.Context, docs []Document) error {
	texts := analyzeAll(docs)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.slots == nil {
		m.slots, m.text.ids = map[uuid.UUID]uint32{}, map[string]uint32{}
	}
	for i, d := range docs {
		m.remove(d.ID)
		m.slots[d.ID] = uint32(len(m.rows)) //nolint:gosec // less than 2³² documents
		m.add(d, &texts[i])
		m.text.add(&texts[i])
		m.vectors.add(d.Vector)
	}
	m.compact()
	return nil
}

// analyzeAll reads documents on all processors.
func analyzeAll(docs []Document) []text {
	texts := make([]text, len(docs))
	var group errgroup.Group
	part := max(64, (len(docs)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	for from := 0; from < len(docs); from += part {
		group.Go(func() error {
			a := newAnalyzer()
			for i := from; i < min(from+part, len(docs)); i++ {
				texts[i] = a.read(docs[i].Text)
			}
			return nil
		})
	}
	_ = group.Wait() // nothing fails
	return texts
}

// add gives the next slot what filters and facets look at.
func (m *Memory) add(d Document, t *text) {
	r := row{id: d.ID, page: d.Page, same: t.statement(), at: d.At.UnixMilli(), confidence: d.Confidence}
	if d.Number != nil {
		r.hasNumber, r.number = true, *d.Number
	}
	for i, value := range [columns]string{d.Company, d.Category, d.Profile, d.Domain, d.Attribute, d.Unit} {
		m.columns[i].add(value)
	}
	m.rows, m.live = append(m.rows, r), append(m.live, true)
}

// Delete removes documents; those it does not have do not matter.
func (m *Memory) Delete(_ context.Context, ids []uuid.UUID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		m.remove(id)
	}
	m.compact()
	return nil
}

func (m *Memory) remove(id uuid.UUID) {
	slot, ok := m.slots[id]
	if !ok {
		return
	}
	delete(m.slots, id)
	m.live[slot] = false
	m.text.remove(slot)
	m.vectors.remove(slot)
}

// compact frees what removed documents held, when they are a quarter of all.
func (m *Memory) compact() {
	if dead := len(m.rows) - len(m.slots); dead < 1024 || dead < len(m.rows)/4 {
		return
	}
	m.text.compact(m.live)
	m.vectors.compact(m.live)
	m.rows = kept(m.rows, m.live)
	for i := range m.columns {
		m.columns[i].of = kept(m.columns[i].of, m.live)
	}
	m.live = kept(m.live, slices.Clone(m.live))
	for slot, r := range m.rows {
		m.slots[r.id] = uint32(slot)
	}
}

// kept leaves out of list what does not live.
func kept[T any](list []T, live []bool) []T {
	n := 0
	for i, alive := range live {
		if alive {
			list[n] = list[i]
			n++
		}
	}
	clear(list[n:])
	return list[:n]
}

// Len is how many documents there are.
func (m *Memory) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.slots)
}

// all gives the ids of all documents.
func (m *Memory) all() map[uuid.UUID]bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := make(map[uuid.UUID]bool, len(m.slots))
	for id := range m.slots {
		all[id] = true
	}
	return all
}

func (m *Memory) run(_ context.Context, p plan) (answer, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	q := memoryQuery{Memory: m, plan: p, condition: m.condition(p.filter, p.except)}
	if p.facets {
		c := m.counter()
		q.counter = &c
	}
	if !q.phrasesKnown() {
		return answer{}, nil
	}
	switch {
	case p.lexical:
		q.byTerms()
	case p.vector == nil:
		q.all(p.order)
	}
	if p.vector != nil {
		q.byVector()
	}
	if q.counter != nil {
		q.answer.facets = m.facets(q.counter)
	}
	return q.answer, nil
}

// memoryQuery is one plan at work.
type memoryQuery struct {
	*Memory
	plan
	condition       condition
	needed, refused [][]uint32 // phrases
	counter         *counter
	answer          answer
}

// phrasesKnown looks up the phrases; no document has one with a word that no
// document has.
func (q *memoryQuery) phrasesKnown() bool {
	for _, words := range q.phrases {
		ids := q.text.phrase(words)
		if ids == nil {
			return false
		}
		q.needed = append(q.needed, ids)
	}
	for _, words := range q.without {
		if ids := q.text.phrase(words); ids != nil {
			q.refused = append(q.refused, ids)
		}
	}
	return true
}

// matches reports whether filter and phrases let a slot through.
func (q *memoryQuery) matches(slot uint32) bool {
	if !q.live[slot] || !q.condition.allows(slot, &q.rows[slot]) {
		return false
	}
	for _, p := range q.needed {
		if !q.text.has(slot, p) {
			return false
		}
	}
	for _, p := range q.refused {
		if q.text.has(slot, p) {
			return false
		}
	}
	return true
}

// found counts a document of the answer.
func (q *memoryQuery) found(slot uint32) {
	q.answer.total++
	if q.counter != nil {
		q.count(q.counter, slot)
	}
}

func (q *memoryQuery) byTerms() {
	s, _ := q.sums.Get().(*sums)
	if s == nil {
		s = &sums{}
	}
	if len(s.scores) < len(q.rows) {
		s.scores = make([]float32, len(q.rows)+len(q.rows)/8)
	}
	q.text.score(q.terms, s)
	top := best{n: q.limit}
	for _, slot := range s.touched {
		score := s.scores[slot]
		s.scores[slot] = 0
		if q.matches(slot) {
			q.found(slot)
			top.add(ranked{even(score), slot, &q.rows[slot].id})
		}
	}
	s.touched = s.touched[:0]
	q.sums.Put(s)
	q.answer.lexical = q.hits(top.sorted())
}

// all lists what the filter lets through.
func (q *memoryQuery) all(order Order) {
	top := best{n: q.limit}
	for i := range q.rows {
		slot := uint32(i)
		if !q.matches(slot) {
			continue
		}
		q.found(slot)
		r := &q.rows[slot]
		score := r.confidence
		if order == ByTime {
			score = float64(r.at)
		}
		top.add(ranked{score, slot, &r.id})
	}
	q.answer.lexical = q.hits(top.sorted())
	for i := range q.answer.lexical {
		q.answer.lexical[i].score = 0
	}
}

func (q *memoryQuery) byVector() {
	if !q.lexical {
		for i := range q.rows {
			if slot := uint32(i); q.matches(slot) {
				q.found(slot)
			}
		}
	}
	q.answer.blind = len(q.slots) > 0
	for i, n := range q.vectors.lengths {
		if int(n) == len(q.vector) {
			q.answer.blind = false
		} else if q.matches(uint32(i)) {
			q.answer.bare++
		}
	}
	top := best{n: q.limit}
	q.vectors.nearest(q.vector, q.limit, q.matches, func(slot uint32, score float32) {
		top.add(ranked{even(score), slot, &q.rows[slot].id})
	})
	q.answer.semantic = q.hits(top.sorted())
}

func (q *memoryQuery) hits(list []ranked) []hit {
	hits := make([]hit, len(list))
	for i, r := range list {
		row := &q.rows[r.slot]
		hits[i] = hit{id: row.id, score: float32(r.score), company: q.columns[company].values[q.columns[company].of[r.slot]], page: row.page, same: row.same}
	}
	return hits
}

func (m *Memory) frequencies(_ context.Context, terms []string) ([]int, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	counts := make([]int, len(terms))
	for i, t := range terms {
		if id, ok := m.text.ids[t]; ok {
			counts[i] = int(m.text.terms[id].df)
		}
	}
	return counts, nil
}

func (m *Memory) near(_ context.Context, word string) ([]string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	distance, letters := distanceOf(word), lettersOf(word)
	var found []candidate
	for i, l := range m.text.letters {
		if apart(letters, l, distance) {
			continue
		}
		if e := &m.text.terms[i]; e.written > 0 {
			found = append(found, candidate{e.text, int(e.df)})
		}
	}
	return nearest(word, found), nil
}

func (m *Memory) begin(_ context.Context, prefix string, n int) ([]string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found []candidate
	for i := range m.text.terms {
		if e := &m.text.terms[i]; e.written > 0 && strings.HasPrefix(e.text, prefix) {
			found = append(found, candidate{e.text, int(e.df)})
		}
	}
	return mostUsed(found, n), nil
}

func mostUsed(found []candidate, n int) []string {
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Or(b.df-a.df, cmp.Compare(a.term, b.term)) })
	terms := make([]string, 0, n)
	for _, c := range found[:min(n, len(found))] {
		terms = append(terms, c.term)
	}
	return terms
}
