package search

import (
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Document is one thing that can be found.
type Document struct {
	ID   uuid.UUID
	Text []Field

	// What filters ask for; empty if there is none.
	Company, Category, Profile, Domain, Attribute, Unit string

	Page       uuid.UUID
	Confidence float64
	At         time.Time // when it was first seen, to the millisecond
	Number     *float64  // its value, in the canonical unit

	// Vector is its meaning, of length 1; nil if it is not known (yet).
	Vector []float32
}

// Field is a part of a document's text. A weight of 1 is that of what it states.
type Field struct {
	Text   string
	Weight float64
}

// Filter chooses documents. What is not set does not matter; of the names in one
// list any will do.
type Filter struct {
	Companies, Categories, Profiles, Domains, Attributes []string
	Unit                                                 string
	MinConfidence                                        float64
	Since, Until                                         *time.Time // first seen; Until is exclusive
	MinNumber, MaxNumber                                 *float64
}

// Key is equal for equal filters.
func (f Filter) Key() string {
	number := func(n *float64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatFloat(*n, 'g', -1, 64)
	}
	moment := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return fmt.Sprintf("%q %q %q %q %q %q %v %s %s %s %s", f.Companies, f.Categories, f.Profiles, f.Domains, f.Attributes, f.Unit,
		f.MinConfidence, moment(f.Since), moment(f.Until), number(f.MinNumber), number(f.MaxNumber))
}

// Order is how documents are listed that no query ranks.
type Order int

// The orders.
const (
	ByConfidence Order = iota // the surest first
	ByTime                    // the newest first
)

// plan is what an index is asked for.
type plan struct {
	terms   []weighted // any of them; each weighs its document's weight × rarity × this
	phrases [][]string // stems that follow each other: all of them
	without [][]string // and none of these
	vector  []float32  // nearest to it; nil: by terms only
	lexical bool       // by terms
	filter  Filter
	order   Order // when there are neither terms nor a vector
	limit   int   // of each leg
	facets  bool
	except  uuid.UUID // left out of the answer
}

// hit is one document of an answer.
type hit struct {
	id      uuid.UUID
	score   float32
	company string
	page    uuid.UUID
	same    uint32 // equal for equal statements
}

// answer is what an index knows: the best by each leg, in order.
type answer struct {
	lexical  []hit // or listed, if there was nothing to rank by
	semantic []hit
	total    int // documents with any of the terms, or that the filter lets through
	facets   Facets
	partial  string // what was not looked through, and why; "" if all was
	bare     int    // asked for by meaning: documents that the filter lets through, but have no vector
	blind    bool   // asked for by meaning: no document has a vector of that dimension
}

// Facets count the documents of an answer by what they have in common.
type Facets struct {
	Companies, Categories, Profiles, Domains []Count
}

// Count is how many documents have a value.
type Count struct {
	Value string
	Count int
}

// maxFacet is how many values of a facet are counted out: the most frequent.
const maxFacet = 50
