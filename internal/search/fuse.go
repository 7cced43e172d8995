package search

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/uuid"
)

// fusionK is the constant of reciprocal rank fusion (Cormack, Clarke, Büttcher
// 2009): the higher, the less the first ranks are worth over later ones.
const fusionK = 60

// Hit is one document that was found.
type Hit struct {
	ID    uuid.UUID
	Score float64
	// Lexical and Semantic say how each leg took it; nil if it did not.
	Lexical, Semantic *Leg

	hit hit
}

// Leg is the place of a hit in the answer of one leg.
type Leg struct {
	Rank  int // from 1
	Score float64
}

// fuse makes one list of both legs' by reciprocal rank. Of one leg alone, it
// keeps that leg's scores.
func fuse(lexical, semantic []hit, both bool) []Hit {
	hits := make([]Hit, 0, len(lexical)+len(semantic))
	legs := make([]Leg, cap(hits))
	var at map[uuid.UUID]int // of the lexical hits; nobody is twice in one leg
	if both {
		at = make(map[uuid.UUID]int, len(lexical))
	}
	for i, h := range lexical {
		legs[i] = Leg{Rank: i + 1, Score: float64(h.score)}
		hits = append(hits, Hit{ID: h.id, Score: legs[i].Score, Lexical: &legs[i], hit: h})
		if both {
			hits[i].Score = reciprocal(i)
			at[h.id] = i
		}
	}
	for i, h := range semantic {
		l := &legs[len(lexical)+i]
		*l = Leg{Rank: i + 1, Score: float64(h.score)}
		place, known := at[h.id]
		if !known {
			place = len(hits)
			hits = append(hits, Hit{ID: h.id, hit: h})
		}
		found := &hits[place]
		found.Semantic = l
		if both {
			found.Score += reciprocal(i)
		} else {
			found.Score = l.Score
		}
	}
	if both {
		slices.SortFunc(hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), bytes.Compare(a.ID[:], b.ID[:])) })
	}
	return hits
}

// reciprocal is what a place in one leg, from 0, is worth.
func reciprocal(place int) float64 { return 1 / float64(fusionK+place+1) }

// Collapse is what only the best hit of is kept.
type Collapse int

// What hits may be collapsed by.
const (
	Everything  Collapse = iota // nothing is left out
	ByCompany                   // one hit of each company
	ByPage                      // one of each page
	ByStatement                 // one of those that state the same
)

// collapse keeps the first hit of each group.
func collapse(hits []Hit, by Collapse) []Hit {
	if by == Everything {
		return hits
	}
	type group struct {
		company string
		page    uuid.UUID
		same    uint32
	}
	seen := map[group]bool{}
	return slices.DeleteFunc(hits, func(h Hit) bool {
		var g group
		switch by {
		case ByCompany:
			g.company = h.hit.company
		case ByPage:
			g.page = h.hit.page
		case ByStatement:
			g.same = h.hit.same
		case Everything:
		}
		known := seen[g]
		seen[g] = true
		return known
	})
}
