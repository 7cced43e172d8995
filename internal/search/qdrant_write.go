package search

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/proto"
)

// One call writes at most so many points, and about so many bytes: servers and
// what stands before them refuse long messages.
const (
	maxUpsert = 200
	maxCall   = 4 << 20
)

// joinWords writes stems as a text that Qdrant cuts at its spaces.
func joinWords(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		if w == "" {
			w = "|" // between fields: no phrase goes over it
		}
		b.WriteString(w)
	}
	return b.String()
}

// Put adds documents, in place of those with the same ids, and waits until they
// are there.
func (q *Qdrant) Put(ctx context.Context, docs []Document) error {
	for chunk := range slices.Chunk(docs, maxUpsert) {
		points := make([]*qdrant.PointStruct, len(chunk))
		words := map[string]bool{}
		for i, d := range chunk {
			t := analyze(d.Text)
			points[i] = pointOf(d, t)
			for j, w := range t.terms {
				if t.written[j] {
					words[w.term] = true
				}
			}
		}
		if err := q.learn(ctx, words); err != nil {
			return err
		}
		for _, part := range calls(points, maxUpsert) {
			if err := q.upsert(ctx, q.collection, part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (q *Qdrant) upsert(ctx context.Context, collection string, points []*qdrant.PointStruct) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	_, err := q.client.Upsert(ctx, &qdrant.UpsertPoints{CollectionName: collection, Wait: new(true), Points: points})
	return unavailable(err)
}

// calls cuts points into what one call writes.
func calls(points []*qdrant.PointStruct, most int) (list [][]*qdrant.PointStruct) {
	from, size := 0, 0
	for i, p := range points {
		n := proto.Size(p)
		if i > from && (i-from == most || size+n > maxCall) {
			list, from, size = append(list, points[from:i]), i, 0
		}
		size += n
	}
	if from < len(points) {
		list = append(list, points[from:])
	}
	return list
}

// learn adds words to the vocabulary.
func (q *Qdrant) learn(ctx context.Context, words map[string]bool) error {
	points := make([]*qdrant.PointStruct, 0, len(words))
	for w := range words {
		indices, values := numbers(pieces(w))
		points = append(points, &qdrant.PointStruct{
			Id:      vocabularyID(w),
			Vectors: qdrant.NewVectorsMap(map[string]*qdrant.Vector{sparseVector: qdrant.NewVectorSparse(indices, values)}),
			Payload: map[string]*qdrant.Value{termKey: qdrant.NewValueString(w)},
		})
	}
	for _, part := range calls(points, 5*maxUpsert) {
		if err := q.upsert(ctx, q.vocabulary(), part); err != nil {
			return err
		}
	}
	return nil
}

func pointOf(d Document, t text) *qdrant.PointStruct {
	vectors := map[string]*qdrant.Vector{}
	indices, values := numbers(append(t.terms, t.pairs()...))
	if len(indices) > 0 {
		vectors[sparseVector] = qdrant.NewVectorSparse(indices, values)
	}
	if d.Vector != nil {
		vectors[denseVector] = qdrant.NewVectorDense(d.Vector)
	}
	terms := make([]*qdrant.Value, len(indices))
	for i, n := range indices {
		terms[i] = qdrant.NewValueInt(int64(n))
	}
	payload := map[string]*qdrant.Value{
		pageKey: qdrant.NewValueString(d.Page.String()), sameKey: qdrant.NewValueInt(int64(t.statement())),
		confidenceKey: qdrant.NewValueDouble(d.Confidence), atKey: qdrant.NewValueInt(d.At.UnixMilli()),
		termsKey: qdrant.NewValueList(&qdrant.ListValue{Values: terms}), wordsKey: qdrant.NewValueString(joinWords(t.words)),
		sumKey: qdrant.NewValueInt(sumOf(d)), dimensionKey: qdrant.NewValueInt(int64(len(d.Vector))),
	}
	for key, value := range map[string]string{
		companyKey: d.Company, categoryKey: d.Category, profileKey: d.Profile, domainKey: d.Domain, attributeKey: d.Attribute, unitKey: d.Unit,
	} {
		payload[key] = qdrant.NewValueString(value)
	}
	if d.Number != nil {
		payload[numberKey] = qdrant.NewValueDouble(*d.Number)
	}
	return &qdrant.PointStruct{Id: qdrant.NewID(d.ID.String()), Vectors: qdrant.NewVectorsMap(vectors), Payload: payload}
}

// sumOf is equal for documents that an index would hold alike.
func sumOf(d Document) int64 {
	h := fnv.New64a()
	for _, s := range []string{d.Company, d.Category, d.Profile, d.Domain, d.Attribute, d.Unit, d.Page.String()} {
		_, _ = h.Write([]byte(s + "\x00")) // never fails
	}
	for _, f := range d.Text {
		_, _ = h.Write([]byte(f.Text + "\x00" + strconv.FormatFloat(f.Weight, 'g', -1, 64) + "\x00"))
	}
	numbers := []uint64{math.Float64bits(d.Confidence), uint64(d.At.UnixMilli()), uint64(len(d.Vector))}
	if d.Number != nil {
		numbers = append(numbers, math.Float64bits(*d.Number))
	}
	for _, n := range numbers {
		_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, n))
	}
	return int64(h.Sum64()) //nolint:gosec // bits
}

// Delete removes documents, and waits until they are gone.
func (q *Qdrant) Delete(ctx context.Context, ids []uuid.UUID) error {
	for chunk := range slices.Chunk(ids, 5*maxUpsert) {
		points := make([]*qdrant.PointId, len(chunk))
		for i, id := range chunk {
			points[i] = qdrant.NewID(id.String())
		}
		within, cancel := context.WithTimeout(ctx, writeWithin)
		_, err := q.client.Delete(within, &qdrant.DeletePoints{
			CollectionName: q.collection, Wait: new(true), Points: qdrant.NewPointsSelectorIDs(points),
		})
		cancel()
		if err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// create makes the collection, its vocabulary and the indexes of its payload,
// empty. Dimension 0 is without dense vectors.
func (q *Qdrant) create(ctx context.Context, dimension int) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	sparse := qdrant.NewSparseVectorsConfig(map[string]*qdrant.SparseVectorParams{sparseVector: {Modifier: qdrant.Modifier_Idf.Enum()}})
	dense := map[string]*qdrant.VectorParams{}
	if dimension > 0 {
		dense[denseVector] = &qdrant.VectorParams{Size: uint64(dimension), Distance: qdrant.Distance_Cosine}
	}
	plain := qdrant.NewSparseVectorsConfig(map[string]*qdrant.SparseVectorParams{sparseVector: {}})
	for _, c := range []*qdrant.CreateCollection{
		{CollectionName: q.collection, VectorsConfig: qdrant.NewVectorsConfigMap(dense), SparseVectorsConfig: sparse},
		{CollectionName: q.vocabulary(), VectorsConfig: qdrant.NewVectorsConfigMap(nil), SparseVectorsConfig: plain},
	} {
		there, err := q.client.CollectionExists(ctx, c.GetCollectionName())
		if err == nil && there {
			err = q.client.DeleteCollection(ctx, c.GetCollectionName())
		}
		if err == nil {
			err = q.client.CreateCollection(ctx, c)
		}
		if err != nil {
			return unavailable(err)
		}
	}
	return q.index(ctx)
}

// index makes the payload indexes, before there is anything to index: that is
// what makes Qdrant's graph of vectors fit for filters.
func (q *Qdrant) index(ctx context.Context) error {
	words := qdrant.NewPayloadIndexParamsText(&qdrant.TextIndexParams{
		Tokenizer: qdrant.TokenizerType_Whitespace, Lowercase: new(false), PhraseMatching: new(true),
	})
	for _, f := range []struct {
		key    string
		kind   qdrant.FieldType
		params *qdrant.PayloadIndexParams
	}{
		{companyKey, qdrant.FieldType_FieldTypeKeyword, nil},
		{categoryKey, qdrant.FieldType_FieldTypeKeyword, nil},
		{profileKey, qdrant.FieldType_FieldTypeKeyword, nil},
		{domainKey, qdrant.FieldType_FieldTypeKeyword, nil},
		{attributeKey, qdrant.FieldType_FieldTypeKeyword, nil},
		{unitKey, qdrant.FieldType_FieldTypeKeyword, nil},
		{confidenceKey, qdrant.FieldType_FieldTypeFloat, nil},
		{numberKey, qdrant.FieldType_FieldTypeFloat, nil},
		{atKey, qdrant.FieldType_FieldTypeInteger, nil},
		{termsKey, qdrant.FieldType_FieldTypeInteger, nil},
		{dimensionKey, qdrant.FieldType_FieldTypeInteger, nil},
		{wordsKey, qdrant.FieldType_FieldTypeText, words},
	} {
		_, err := q.client.CreateFieldIndex(ctx, &qdrant.CreateFieldIndexCollection{
			CollectionName: q.collection, Wait: new(true), FieldName: f.key, FieldType: f.kind.Enum(), FieldIndexParams: f.params,
		})
		if err != nil {
			return unavailable(fmt.Errorf("index of %s: %w", f.key, err))
		}
	}
	return nil
}

// publish has the alias, and that of the vocabulary, lead to q, and deletes what
// they led to before.
func (q *Qdrant) publish(ctx context.Context, a Alias) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	aliases, err := q.client.ListAliases(ctx)
	if err != nil {
		return unavailable(err)
	}
	behind := &Qdrant{q.client, string(a), q.patience}
	var actions []*qdrant.AliasOperations
	var old []string
	for _, known := range aliases {
		if name := known.GetAliasName(); name == behind.collection || name == behind.vocabulary() {
			actions = append(actions, qdrant.NewAliasDelete(name))
			if c := known.GetCollectionName(); c != q.collection && c != q.vocabulary() {
				old = append(old, c)
			}
		}
	}
	actions = append(actions, qdrant.NewAliasCreate(behind.collection, q.collection), qdrant.NewAliasCreate(behind.vocabulary(), q.vocabulary()))
	if err := q.client.UpdateAliases(ctx, actions); err != nil {
		return unavailable(err)
	}
	for _, c := range old {
		if err := q.client.DeleteCollection(ctx, c); err != nil {
			return unavailable(err)
		}
	}
	return nil
}
