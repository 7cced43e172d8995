package search

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"golang.org/x/sync/errgroup"
)

// The vocabulary of a collection is a collection of its own: one point for each
// word and identifier that ever stood in a document, found by the pieces of
// three letters that it shares with a word, or by how it begins. Points are
// never deleted; a term that no document has any more counts 0 and is passed over.
const (
	pieceLength   = 3
	longestPrefix = 8
	maxCandidates = 200
	counting      = 16   // counts at a time
	swapped       = "~~" // before the letters of a term in order
)

// pieces gives the sparse vector of a term: its pieces, and how it begins; of a
// short one its letters in order, too, for two that are swapped leave no piece.
// Short terms weigh more, so that they come first among those that begin alike.
func pieces(term string) []weighted {
	weight := 1 / float32(len(term)+1)
	var list []weighted
	edged := "^" + term + "$"
	for i := 0; i+pieceLength <= len(edged); i++ {
		list = append(list, weighted{edged[i : i+pieceLength], weight})
	}
	if len(term) < leastTwice {
		letters := []byte(term)
		slices.Sort(letters)
		list = append(list, weighted{swapped + string(letters), weight})
	}
	for n := 1; n <= min(longestPrefix, len(term)); n++ {
		list = append(list, weighted{"^" + term[:n] + "…", weight})
	}
	return list
}

// vocabularyID is the id of a term's point.
func vocabularyID(term string) *qdrant.PointId {
	return qdrant.NewID(uuid.NewSHA1(uuid.NameSpaceURL, []byte("techfacts:term:"+term)).String())
}

func (q *Qdrant) frequencies(ctx context.Context, terms []string) ([]int, error) {
	ctx, cancel := context.WithTimeout(ctx, q.patience)
	defer cancel()
	counts := make([]int, len(terms))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(counting)
	for i, t := range terms {
		group.Go(func() error {
			n, err := q.client.Count(ctx, &qdrant.CountPoints{
				CollectionName: q.collection, Exact: new(true),
				Filter: &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchInt(termsKey, int64(number(t)))}},
			})
			counts[i] = int(n) //nolint:gosec // fits
			return err
		})
	}
	return counts, unavailable(group.Wait())
}

// candidates looks terms up in the vocabulary, and keeps those that will do.
func (q *Qdrant) candidates(ctx context.Context, by []weighted, will func(string) bool) ([]candidate, error) {
	within, cancel := context.WithTimeout(ctx, q.patience)
	defer cancel()
	indices, values := numbers(by)
	points, err := q.client.Query(within, &qdrant.QueryPoints{
		CollectionName: q.vocabulary(), Query: qdrant.NewQuerySparse(indices, values), Using: new(sparseVector),
		Limit: new(uint64(maxCandidates)), WithPayload: qdrant.NewWithPayload(true),
	})
	if err != nil {
		return nil, unavailable(err)
	}
	var terms []string
	for _, p := range points {
		if t := p.GetPayload()[termKey].GetStringValue(); will(t) {
			terms = append(terms, t)
		}
	}
	counts, err := q.frequencies(ctx, terms)
	if err != nil {
		return nil, err
	}
	var found []candidate
	for i, t := range terms {
		if counts[i] > 0 {
			found = append(found, candidate{t, counts[i]})
		}
	}
	return found, nil
}

func (q *Qdrant) near(ctx context.Context, word string) ([]string, error) {
	most := distanceOf(word)
	var by []weighted
	for _, p := range pieces(word) {
		if len(p.term) == pieceLength || strings.HasPrefix(p.term, swapped) {
			by = append(by, weighted{p.term, 1})
		}
	}
	found, err := q.candidates(ctx, by, func(term string) bool { return edits(word, term, most) <= most })
	return nearest(word, found), err
}

func (q *Qdrant) begin(ctx context.Context, prefix string, n int) ([]string, error) {
	by := []weighted{{"^" + prefix[:min(len(prefix), longestPrefix)] + "…", 1}}
	found, err := q.candidates(ctx, by, func(term string) bool { return strings.HasPrefix(term, prefix) })
	return mostUsed(found, n), err
}
