package main

import (
	"context"
	"database/sql"
	"encoding/binary"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"
	"github.com/google/uuid"
	_ "modernc.org/sqlite"
	"techfacts.dev/techfacts/internal/search"
)

// engine finds passages by a query: their numbers, the best first.
type engine struct {
	name string
	find func(query string, n int) ([]int, error)
}

func idOf(i int) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], uint64(i))
	return id
}

func documents(texts []string) []search.Document {
	docs := make([]search.Document, len(texts))
	for i, t := range texts {
		docs[i] = search.Document{
			ID: idOf(i), Text: []search.Field{{Text: t, Weight: 1}}, Company: "company " + strconv.Itoa(i%238),
			Category: "category " + strconv.Itoa(i%30), Profile: "profile " + strconv.Itoa(i%5), Confidence: float64(i%100) / 100,
		}
	}
	return docs
}

// ours is internal/search in memory.
func ours(docs []search.Document) (engine, *search.Engine, error) {
	index := &search.Memory{}
	for chunk := range slices.Chunk(docs, 1000) {
		if err := index.Put(context.Background(), chunk); err != nil {
			return engine{}, nil, err
		}
	}
	e := &search.Engine{Index: index}
	return engine{"techfacts", func(query string, n int) ([]int, error) {
		r, err := e.Find(context.Background(), search.Request{Query: query, Mode: search.Lexical})
		if err != nil {
			return nil, err
		}
		var found []int
		for _, h := range r.Hits[:min(n, len(r.Hits))] {
			found = append(found, int(binary.BigEndian.Uint64(h.ID[:])))
		}
		return found, nil
	}}, e, nil
}

var plainWord = regexp.MustCompile(`[\pL\pN_]+`)

// naive is BM25 over words as they are.
func naive(texts []string) engine {
	type posting struct {
		doc int
		tf  float64
	}
	postings := map[string][]posting{}
	lengths, total := make([]float64, len(texts)), 0.0
	for i, t := range texts {
		tf := map[string]float64{}
		for _, w := range plainWord.FindAllString(strings.ToLower(t), -1) {
			tf[w]++
			lengths[i]++
		}
		total += lengths[i]
		for w, n := range tf {
			postings[w] = append(postings[w], posting{i, n})
		}
	}
	average := total / float64(len(texts))
	return engine{"naive BM25", func(query string, n int) ([]int, error) {
		scores := map[int]float64{}
		for _, w := range plainWord.FindAllString(strings.ToLower(query), -1) {
			list := postings[w]
			idf := math.Log(1 + (float64(len(texts)-len(list))+0.5)/(float64(len(list))+0.5))
			for _, p := range list {
				scores[p.doc] += idf * p.tf * 2.2 / (p.tf + 1.2*(0.25+0.75*lengths[p.doc]/average))
			}
		}
		found := make([]int, 0, len(scores))
		for i := range scores {
			found = append(found, i)
		}
		slices.SortFunc(found, func(a, b int) int {
			if scores[a] != scores[b] {
				if scores[a] > scores[b] {
					return -1
				}
				return 1
			}
			return a - b
		})
		return found[:min(n, len(found))], nil
	}}
}

// ownTerms is the analyzer of bleve that gives it the terms of internal/search.
const ownTerms = "techfacts"

type ownAnalyzer struct{}

// Analyze cuts a text into terms.
func (ownAnalyzer) Analyze(text []byte) analysis.TokenStream {
	var stream analysis.TokenStream
	for i, t := range search.Terms(string(text)) {
		stream = append(stream, &analysis.Token{Term: []byte(t), Position: i + 1})
	}
	return stream
}

func init() {
	err := registry.RegisterAnalyzer(ownTerms, func(map[string]any, *registry.Cache) (analysis.Analyzer, error) { return ownAnalyzer{}, nil })
	if err != nil {
		panic(err) // the name is taken, which only another of ours could do
	}
}

// bleveOf is bleve in memory, with its English analyzer or another.
func bleveOf(name, analyzer string, docs []search.Document) (engine, error) {
	mapping := bleve.NewIndexMapping()
	mapping.DefaultAnalyzer = analyzer
	index, err := bleve.NewMemOnly(mapping)
	if err != nil {
		return engine{}, err
	}
	for chunk := range slices.Chunk(docs, 1000) {
		batch := index.NewBatch()
		for _, d := range chunk {
			id := strconv.FormatUint(binary.BigEndian.Uint64(d.ID[:]), 10)
			if err := batch.Index(id, map[string]any{"text": d.Text[0].Text, "company": d.Company}); err != nil {
				return engine{}, err
			}
		}
		if err := index.Batch(batch); err != nil {
			return engine{}, err
		}
	}
	return engine{name, func(query string, n int) ([]int, error) {
		match := bleve.NewMatchQuery(query)
		match.SetField("text")
		r, err := index.Search(bleve.NewSearchRequestOptions(match, n, 0, false))
		if err != nil {
			return nil, err
		}
		var found []int
		for _, h := range r.Hits {
			i, err := strconv.Atoi(h.ID)
			if err != nil {
				return nil, err
			}
			found = append(found, i)
		}
		return found, nil
	}}, nil
}

// fts5 is SQLite's full-text search, in memory.
func fts5(docs []search.Document) (engine, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return engine{}, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE VIRTUAL TABLE f USING fts5(text, tokenize = 'porter unicode61')`); err != nil {
		return engine{}, err
	}
	tx, err := db.Begin()
	if err != nil {
		return engine{}, err
	}
	for _, d := range docs {
		if _, err := tx.Exec(`INSERT INTO f (rowid, text) VALUES (?, ?)`, int64(binary.BigEndian.Uint64(d.ID[:])), d.Text[0].Text); err != nil {
			return engine{}, err
		}
	}
	if err := tx.Commit(); err != nil {
		return engine{}, err
	}
	return engine{"SQLite FTS5", func(query string, n int) ([]int, error) {
		words := plainWord.FindAllString(query, -1)
		if len(words) == 0 {
			return nil, nil
		}
		for i, w := range words {
			words[i] = `"` + w + `"`
		}
		rows, err := db.Query(`SELECT rowid FROM f WHERE f MATCH ? ORDER BY rank LIMIT ?`, strings.Join(words, " OR "), n)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var found []int
		for rows.Next() {
			var i int
			if err := rows.Scan(&i); err != nil {
				return nil, err
			}
			found = append(found, i)
		}
		return found, rows.Err()
	}}, nil
}
