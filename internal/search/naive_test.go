package search

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/schema"
)

// naive scores every document against every term, pairs as terms like others.
func naive(docs map[uuid.UUID]Document, p plan) (hits []hit, total int) {
	said, df := map[uuid.UUID]map[string]float32{}, map[string]int{}
	for id, d := range docs {
		t := analyze(d.Text)
		said[id] = map[string]float32{}
		for _, w := range append(t.terms, t.pairs()...) {
			said[id][w.term] = w.weight
			df[w.term]++
		}
	}
	terms := slices.Clone(p.terms)
	slices.SortFunc(terms, func(a, b weighted) int { return cmp.Compare(number(a.term), number(b.term)) })
	for id, d := range docs {
		if len(p.filter.Companies) > 0 && !slices.Contains(p.filter.Companies, d.Company) {
			continue
		}
		var score float32
		for _, t := range terms {
			if weight, has := said[id][t.term]; has {
				score += t.weight * rarity(len(docs), df[t.term]) * weight
			}
		}
		if score > 0 {
			hits = append(hits, hit{id: id, score: float32(even(score))})
		}
	}
	total = len(hits)
	return inOrder(hits)[:min(total, p.limit)], total
}

// TestMemoryScoresAsANaiveScanDoes puts, replaces and deletes at random, and
// asks for more and for fewer hits than there are, ties included.
func TestMemoryScoresAsANaiveScanDoes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(21, 21))
	words := strings.Fields("rate limit limits limited the of request second max_connections SHA-256 速度制限 does doe token token")
	some := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = words[random.IntN(len(words))]
		}
		return strings.Join(list, " ")
	}
	m, docs, ties := &Memory{}, map[uuid.UUID]Document{}, 0
	for round := range 12 {
		var put []Document
		var gone []uuid.UUID
		for id, d := range docs {
			switch random.IntN(4) {
			case 0:
				gone = append(gone, id)
				delete(docs, id)
			case 1:
				d.Text = []Field{{some(30), 0.5 + random.Float64()}}
				put, docs[id] = append(put, d), d
			}
		}
		for range 400 {
			d := Document{ID: schema.NewID(schema.KindFact), Text: []Field{{some(1 + random.IntN(30)), 1}, {some(random.IntN(3)), 0.5}}, Company: strconv.Itoa(random.IntN(3))}
			put, docs[d.ID] = append(put, d), d
		}
		if err := m.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		if err := m.Put(t.Context(), put); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			asked := some(1 + random.IntN(5))
			q := parse(asked)
			found, err := q.terms(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			p := plan{terms: found.terms, lexical: true, limit: []int{1, 10, 100, 5000}[random.IntN(4)]}
			if random.IntN(2) == 0 {
				p.filter.Companies = []string{"1"}
			}
			got, err := m.run(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			want, total := naive(docs, p)
			if got.total != total || len(got.lexical) != len(want) {
				t.Fatalf("round %d: %q finds %d, %d in all, want %d, %d in all", round, asked, len(got.lexical), got.total, len(want), total)
			}
			for i, h := range got.lexical {
				if h.id != want[i].id || h.score != want[i].score {
					t.Fatalf("round %d: %q, hit %d is %s (%v), want %s (%v)", round, asked, i, h.id, h.score, want[i].id, want[i].score)
				}
				if i > 0 && h.score == want[i-1].score {
					ties++
				}
			}
		}
	}
	if ties < 1000 {
		t.Errorf("only %d ties were compared", ties)
	}
}
