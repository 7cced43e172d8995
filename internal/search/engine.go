package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/fault"
)

// Window is how many hits a search looks at; there is no page after them.
const Window = 1000

// Index is where documents are found. [Memory] and [Qdrant] are the two; both
// give the same answers in the same order.
type Index interface {
	// Put adds documents, in place of those with the same ids.
	Put(ctx context.Context, docs []Document) error
	// Delete removes documents; those it does not have do not matter.
	Delete(ctx context.Context, ids []uuid.UUID) error

	lexicon
	run(ctx context.Context, p plan) (answer, error)
	// begin gives the terms that begin with prefix, those of the most documents first.
	begin(ctx context.Context, prefix string, n int) ([]string, error)
}

// Embedder gives texts vectors of length 1, all of one dimension, that are near
// to each other when the texts mean alike.
type Embedder interface {
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// Mode is how to search.
type Mode int

// The modes.
const (
	Auto     Mode = iota // hybrid if there are vectors, else lexical
	Lexical              // by words
	Semantic             // by meaning
	Hybrid               // by both
)

// Request is one search.
type Request struct {
	Query    string
	Filter   Filter
	Mode     Mode
	Order    Order // without a query
	Collapse Collapse
	Facets   bool
}

// Result is what a search has found.
type Result struct {
	Hits        []Hit // at most Window, in order
	Total       int   // documents that match
	Exact       bool  // false: there may be more
	Facets      Facets
	Mode        Mode
	Corrections []Correction
	Marks       Marks
	// Degraded says that something was not searched, and Reason what.
	Degraded bool
	Reason   string
}

// Engine answers queries over an index. Its zero value but for Index is lexical.
type Engine struct {
	Index    Index
	Embedder Embedder // nil: there are no vectors
	// Fallback answers by words while Index does not.
	Fallback func(ctx context.Context, query string, f Filter) (*Memory, error)

	lagging         atomic.Pointer[string]
	current         atomic.Int64 // when Index was last known to have everything, in ms since 1970
	indexing, means rest         // of Index, and of Embedder
	asked           recent
}

// Errors a client can act on.
var (
	ErrNoVectors = fault.New(fault.Unavailable, "there is no search by meaning: no embedding endpoint is set (OPENAI_EMBEDDING_BASE_URL, RAG_EMBEDDING_MODEL)")
	ErrUnknown   = fault.New(fault.NotFound, "no such fact, or it does not hold any more")
	ErrTooLong   = fault.New(fault.Invalid, "query: must be at most %d bytes", maxQuery).With("query")
)

// Lag says why the index is behind what is stored; "" when it is not any more.
// Results are degraded until then.
func (e *Engine) Lag(reason string) { e.lagging.Store(&reason) }

// Lagging is the reason last given to Lag.
func (e *Engine) Lagging() string {
	if reason := e.lagging.Load(); reason != nil {
		return *reason
	}
	return ""
}

// Behind is how long ago a Mirror last saw that the index has all that is stored;
// it looks twice a second. Of what no Mirror keeps it tells nothing.
func (e *Engine) Behind() time.Duration { return time.Since(time.UnixMilli(e.current.Load())) }

// Find searches. Without a query it lists what the filter lets through. A
// search by meaning fails with ErrNoVectors if there is no embedder; one that
// could do without becomes lexical, and degraded if that was not the plan. A
// query that has nothing to look for, as "!!!", finds nothing.
func (e *Engine) Find(ctx context.Context, r Request) (Result, error) {
	if len(r.Query) > maxQuery {
		return Result{}, ErrTooLong
	}
	result := Result{Mode: e.mode(r.Mode), Exact: true}
	if result.Mode != Lexical && e.Embedder == nil {
		return Result{}, ErrNoVectors
	}
	if reason := e.Lagging(); reason != "" {
		result.degrade(reason)
	}
	q := parse(r.Query)
	p := plan{phrases: q.phrases, without: q.without, filter: r.Filter, order: r.Order, limit: Window, facets: r.Facets}
	if len(q.words) == 0 {
		result.Mode = Lexical // there is nothing to mean
		if len(q.without) == 0 && strings.TrimSpace(r.Query) != "" {
			return result, nil
		}
	}
	if result.Mode != Lexical {
		vector, err := e.mean(ctx, strings.TrimSpace(r.Query))
		switch {
		case err == nil:
			p.vector = vector
		case result.Mode == Semantic || ctx.Err() != nil:
			return Result{}, err
		default:
			result.Mode = Lexical
			result.degrade("the embedding endpoint does not answer; the answer is by words only")
		}
	}
	p.lexical = result.Mode != Semantic && len(q.words) > 0
	var found answer
	err := e.indexing.unless(ctx, func() (err error) {
		found, err = e.look(ctx, e.Index, q, &p, &result)
		return err
	})
	if result.Mode != Semantic && e.mayFallBack(ctx, err) {
		found, err = e.fallBack(ctx, r, q, &p, &result)
	}
	if err != nil {
		return Result{}, err
	}
	result.fill(found, p, r.Collapse)
	return result, nil
}

// mean gives the vector of a query.
func (e *Engine) mean(ctx context.Context, query string) (vector []float32, err error) {
	if vector = e.asked.vector(query); vector != nil {
		return vector, nil
	}
	err = e.means.unless(ctx, func() error {
		vectors, err := e.Embedder.Embed(ctx, []string{query})
		if err == nil {
			vector = vectors[0]
			e.asked.add(query, vector)
		}
		return err
	})
	return vector, err
}

// mode is what Auto is, now.
func (e *Engine) mode(m Mode) Mode {
	switch {
	case m != Auto:
		return m
	case e.Embedder == nil:
		return Lexical
	}
	return Hybrid
}

// look finds out what the words of the query are, and runs the plan.
func (e *Engine) look(ctx context.Context, index Index, q query, p *plan, result *Result) (answer, error) {
	if len(q.words) > 0 {
		found, err := q.terms(ctx, index)
		if err != nil {
			return answer{}, err
		}
		p.terms = found.terms
		if result.Mode != Semantic { // meaning is asked for as it was written
			p.phrases, result.Corrections = found.corrected(q.phrases), found.corrections
		}
	}
	result.Marks = marks(p.terms, p.phrases)
	return index.run(ctx, *p)
}

// mayFallBack reports whether an error says that the index does not answer,
// and something else may.
func (e *Engine) mayFallBack(ctx context.Context, err error) bool {
	return err != nil && e.Fallback != nil && fault.Is(err, fault.Unavailable) && ctx.Err() == nil
}

const fellBack = "the search index does not answer; the database was looked through for words, and only in part"

// fallBack looks into what the database finds by words.
func (e *Engine) fallBack(ctx context.Context, r Request, q query, p *plan, result *Result) (answer, error) {
	index, err := e.Fallback(ctx, r.Query, r.Filter)
	if err != nil {
		return answer{}, err
	}
	result.Mode, result.Exact, p.vector = Lexical, false, nil
	p.lexical = len(q.words) > 0
	result.degrade(fellBack)
	return e.look(ctx, index, q, p, result)
}

func (r *Result) degrade(reason string) {
	if r.Degraded {
		reason = r.Reason + "; " + reason
	}
	r.Degraded, r.Reason = true, reason
}

func (r *Result) fill(found answer, p plan, by Collapse) {
	if found.partial != "" {
		r.degrade(found.partial)
	}
	switch {
	case found.blind && r.Mode == Hybrid:
		r.Mode, p.vector = Lexical, nil
		r.degrade("the index has no vectors of this model yet; the answer is by words only")
	case found.blind:
		r.degrade("the index has no vectors of this model yet; nothing can be found by meaning")
	case found.bare > 0:
		r.degrade(fmt.Sprintf("%d documents have no vector yet; they cannot be found by meaning", found.bare))
	}
	r.Hits = fuse(found.lexical, found.semantic, p.lexical && p.vector != nil)
	r.Hits = r.Hits[:min(len(r.Hits), Window)]
	r.Total, r.Facets = found.total, found.facets
	if p.lexical && p.vector != nil {
		r.Total, r.Exact = max(r.Total, len(r.Hits)), false // meaning has no end
	}
	if by != Everything {
		r.Exact = r.Exact && r.Total == len(r.Hits)
		r.Hits = collapse(r.Hits, by)
		r.Total = len(r.Hits)
	}
}

// maxTelling is how many terms of a document are looked for to find its like.
const maxTelling = 24

// Similar finds what is like a document, which need not be in the index: by
// meaning if it has a vector, and the index has any, else by the rarest of its
// words.
func (e *Engine) Similar(ctx context.Context, d Document, f Filter, limit int, facets bool) (Result, error) {
	p := plan{filter: f, limit: min(limit, Window), except: d.ID, vector: d.Vector, facets: facets}
	result := Result{Mode: Semantic}
	if reason := e.Lagging(); reason != "" {
		result.degrade(reason)
	}
	var found answer
	err := e.indexing.unless(ctx, func() (err error) {
		if p.vector != nil {
			if found, err = e.Index.run(ctx, p); err != nil || !found.blind {
				return err
			}
			result.degrade("the index has no vectors of this model yet; the answer is by words only")
		}
		found, err = e.alike(ctx, e.Index, d, &p, &result)
		return err
	})
	if e.mayFallBack(ctx, err) {
		found, err = e.alikeStored(ctx, d, &p, &result)
	}
	if err != nil {
		return Result{}, err
	}
	result.fill(found, p, Everything)
	result.Marks = marks(p.terms, nil)
	return result, nil
}

// alike finds what is like a document by words.
func (e *Engine) alike(ctx context.Context, index Index, d Document, p *plan, result *Result) (found answer, err error) {
	if p.terms, err = telling(ctx, index, d); err != nil {
		return found, err
	}
	p.vector, p.lexical = nil, true
	result.Mode, result.Exact = Lexical, true
	return index.run(ctx, *p)
}

// alikeStored finds what is like a document in the database.
func (e *Engine) alikeStored(ctx context.Context, d Document, p *plan, result *Result) (found answer, err error) {
	var words []string
	for _, w := range analyze(d.Text[:1]).words {
		if len(words) < maxTelling && !stopWords[w] {
			words = append(words, w)
		}
	}
	index, err := e.Fallback(ctx, strings.Join(words, " "), p.filter)
	if err != nil {
		return found, err
	}
	result.degrade(fellBack)
	found, err = e.alike(ctx, index, d, p, result)
	result.Exact = false
	return found, err
}

// telling gives the rarest terms of a document.
func telling(ctx context.Context, index Index, d Document) ([]weighted, error) {
	var ask []string
	for _, t := range analyze(d.Text).terms {
		ask = append(ask, t.term)
	}
	counts, err := index.frequencies(ctx, ask)
	if err != nil {
		return nil, err
	}
	rare := make([]candidate, 0, len(ask))
	for i, term := range ask {
		if counts[i] > 0 {
			rare = append(rare, candidate{term, counts[i]})
		}
	}
	slices.SortFunc(rare, func(a, b candidate) int { return cmp.Or(a.df-b.df, cmp.Compare(a.term, b.term)) })
	terms := make([]weighted, 0, maxTelling)
	for _, c := range rare[:min(len(rare), maxTelling)] {
		terms = append(terms, weighted{c.term, 1})
	}
	return terms, nil
}

// maxSuggestions is how many terms are suggested at most.
const maxSuggestions = 50

// Suggest gives terms of the index that begin with what was typed, those of the
// most documents first. Words before the last stay as they are.
func (e *Engine) Suggest(ctx context.Context, typed string, n int) ([]string, error) {
	typed = strings.TrimLeft(typed, " ")
	before, last := "", typed
	if i := strings.LastIndexByte(typed, ' '); i >= 0 {
		before, last = typed[:i+1], typed[i+1:]
	}
	prefix := ""
	tokenize(last, func(t token) {
		if t.kind != wordToken || t.written || prefix == "" {
			prefix = t.term
		}
	})
	if prefix == "" || len(typed) > maxQuery {
		return []string{}, nil
	}
	terms, err := e.Index.begin(ctx, prefix, min(n, maxSuggestions))
	for i := range terms {
		terms[i] = before + terms[i]
	}
	return terms, err
}
