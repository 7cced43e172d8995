package search

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// What the fields of a fact weigh beside its statement. The quote is left out:
// the statement says the same in words that can be read alone.
const (
	headingWeight   = 0.5
	attributeWeight = 0.5
	subjectWeight   = 0.5
	categoryWeight  = 0.3
	companyWeight   = 0.3
)

// maxLoad is how many documents are read at a time.
const maxLoad = 1000

// Source reads documents from the database: facts that hold, or pages that are
// there.
type Source struct {
	Store *store.Store
	// Model is whose vectors the documents bring; "" for none.
	Model string
	kind  schema.Kind
}

// Facts are the documents of facts, with their vectors by model.
func Facts(s *store.Store, model string) Source {
	return Source{Store: s, Model: model, kind: schema.KindFact}
}

// Pages are the documents of pages.
func Pages(s *store.Store) Source { return Source{Store: s, kind: schema.KindPage} }

const selectFacts = `SELECT f.id, f.statement, f.headings, f.company, f.category, f.profile_id, p.domain, f.attribute, f.subject,
	f.unit, f.number, f.confidence, f.first_seen_at, f.page_id, e.vector
	FROM facts f JOIN pages p ON p.id = f.page_id LEFT JOIN embeddings e ON e.fact_id = f.id AND e.model = ?
	WHERE f.status = 'ACTIVE' AND `

const selectPages = `SELECT p.id, p.title, p.url, p.company, p.domain, p.created_at, s.text
	FROM pages p LEFT JOIN snapshots s ON s.id = p.snapshot_id WHERE p.status = 'ACTIVE' AND `

// after reads the next documents by id; fewer than n are the last.
func (s Source) after(ctx context.Context, id uuid.UUID, n int) ([]Document, error) {
	if s.kind == schema.KindPage {
		return s.read(ctx, selectPages+`p.id > ? ORDER BY p.id LIMIT ?`, id, n)
	}
	return s.read(ctx, selectFacts+`f.id > ? ORDER BY f.id LIMIT ?`, s.Model, id, n)
}

// these reads the documents of ids, at most maxLoad. Those that are not there
// any more are missing.
func (s Source) these(ctx context.Context, ids []uuid.UUID) ([]Document, error) {
	args := make([]any, 0, len(ids)+1)
	query := selectPages + "p.id IN (" + places(len(ids)) + ")"
	if s.kind != schema.KindPage {
		query = selectFacts + "f.id IN (" + places(len(ids)) + ")"
		args = append(args, s.Model)
	}
	for _, id := range ids {
		args = append(args, id)
	}
	return s.read(ctx, query, args...)
}

func (s Source) read(ctx context.Context, query string, args ...any) ([]Document, error) {
	rows, err := s.Store.Rows(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read what is to be indexed: %w", err)
	}
	defer rows.Close()
	var docs []Document
	for rows.Next() {
		scan := scanFact
		if s.kind == schema.KindPage {
			scan = scanPage
		}
		d, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read what is to be indexed: %w", err)
		}
		docs = append(docs, d)
	}
	return docs, rows.Err()
}

func scanFact(rows *sql.Rows) (Document, error) {
	var d Document
	var statement string
	var headings, vector []byte
	var attribute, subject, unit sql.NullString
	err := rows.Scan(&d.ID, &statement, &headings, &d.Company, &d.Category, &d.Profile, &d.Domain, &attribute, &subject,
		&unit, &d.Number, &d.Confidence, &d.At, &d.Page, &vector)
	if err != nil {
		return d, err
	}
	var above []string
	if len(headings) > 0 {
		if err := json.Unmarshal(headings, &above); err != nil {
			return d, fmt.Errorf("headings of %s: %w", d.ID, err)
		}
	}
	d.Attribute, d.Unit = attribute.String, unit.String
	d.Vector = decodeVector(vector)
	d.Text = []Field{
		{statement, 1},
		{strings.Join(above, " "), headingWeight},
		{d.Attribute, attributeWeight},
		{subject.String, subjectWeight},
		{d.Category, categoryWeight},
		{d.Company, companyWeight},
	}
	return d, nil
}

// What of a page is indexed besides its title.
const (
	titleWeight = 3
	urlWeight   = 1
	maxPageText = 32 << 10
)

func scanPage(rows *sql.Rows) (Document, error) {
	var d Document
	var title, url string
	var body sql.NullString
	if err := rows.Scan(&d.ID, &title, &url, &d.Company, &d.Domain, &d.At, &body); err != nil {
		return d, err
	}
	d.Page = d.ID
	text := body.String
	if len(text) > maxPageText {
		text = strings.ToValidUTF8(text[:maxPageText], "")
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://"), "/")
	d.Text = []Field{{title, titleWeight}, {path, urlWeight}, {d.Company, 1}, {text, 1}}
	return d, nil
}

func encodeVector(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func decodeVector(b []byte) []float32 {
	if len(b) < 4 {
		return nil
	}
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

// One reads one document. It fails with ErrUnknown if it is not there, or not
// any more.
func (s Source) One(ctx context.Context, id uuid.UUID) (Document, error) {
	docs, err := s.these(ctx, []uuid.UUID{id})
	if err == nil && len(docs) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return Document{}, err
	}
	return docs[0], nil
}

// each calls do with all documents, some at a time, in the order of their ids.
func (s Source) each(ctx context.Context, do func([]Document) error) error {
	var last uuid.UUID
	for {
		docs, err := s.after(ctx, last, maxLoad)
		if err != nil {
			return err
		}
		if len(docs) > 0 {
			if err := do(docs); err != nil {
				return err
			}
			last = docs[len(docs)-1].ID
		}
		if len(docs) < maxLoad {
			return nil
		}
	}
}

// Sync makes index say of ids what the database says: those that are there are
// put, the others deleted. Ids of another kind are passed over.
func (s Source) sync(ctx context.Context, index Index, ids []uuid.UUID) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return schema.KindOf(id) != s.kind })
	for chunk := range slices.Chunk(ids, maxLoad) {
		docs, err := s.these(ctx, chunk)
		if err != nil {
			return err
		}
		there := make(map[uuid.UUID]bool, len(docs))
		for _, d := range docs {
			there[d.ID] = true
		}
		gone := slices.DeleteFunc(chunk, func(id uuid.UUID) bool { return there[id] })
		if err := errors.Join(index.Put(ctx, docs), index.Delete(ctx, gone)); err != nil {
			return err
		}
	}
	return nil
}

// places are n parameters of a list.
func places(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// maxFallback is how many documents are looked at when there is no index.
const maxFallback = 500

// Fallback finds facts by the words of their statements, or pages by those of
// their titles and addresses, in the database, which is slow and only looks at
// the surest, or newest; it serves while an index does not answer.
func (s Source) Fallback(ctx context.Context, query string, f Filter) (*Memory, error) {
	q := parse(query)
	text, from, company, order := "lower(f.statement)", selectFacts, "f.company", "f.confidence DESC, f.id"
	args := []any{s.Model}
	if s.kind == schema.KindPage {
		text, from, company, order = "lower(p.title || ' ' || p.url)", selectPages, "p.company", "p.created_at DESC, p.id"
		args = nil
	}
	var conditions []string
	for _, w := range q.words {
		if !stopWords[w.exact] {
			conditions = append(conditions, text+" LIKE ?")
			args = append(args, "%"+w.stem+"%")
		}
	}
	where := []string{"(" + strings.Join(conditions, " OR ") + ")"}
	if len(conditions) == 0 {
		where = nil
	}
	for _, c := range []struct {
		column string
		values []string
	}{
		{company, f.Companies},
		{"f.category", f.Categories},
		{"f.profile_id", f.Profiles},
		{"p.domain", f.Domains},
		{"f.attribute", f.Attributes},
	} {
		if len(c.values) > 0 {
			where = append(where, c.column+" IN ("+places(len(c.values))+")")
			for _, v := range c.values {
				args = append(args, v)
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	docs, err := s.read(ctx, from+strings.Join(append(where, "1 = 1"), " AND ")+fmt.Sprintf(" ORDER BY %s LIMIT %d", order, maxFallback), args...)
	if err != nil {
		return nil, err
	}
	index := &Memory{}
	return index, index.Put(ctx, docs)
}
