package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// plainHandler is the measure for the API: what one would write by hand for two
// queries, with net/http, pgx and encoding/json, and nothing between them.
type plainHandler struct{ db *pgxpool.Pool }

// servePlain serves it, says where on standard output, and ends with standard
// input.
func servePlain(database string) error {
	ctx := context.Background()
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		return err
	}
	config.MaxConns = 16
	h := plainHandler{}
	if h.db, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /list", answerWith(h.list))
	mux.HandleFunc("POST /nested", answerWith(h.nested))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	return http.Serve(l, mux)
}

func answerWith(query func(ctx context.Context, from uuid.UUID) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Variables struct{ From uuid.UUID }
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		data, err := query(r.Context(), in.Variables.From)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		b, err := json.Marshal(map[string]any{"data": data})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(b)
	}
}

// The shapes of the answers.
type (
	connection[T any] struct {
		Edges []edge[T] `json:"edges"`
	}
	edge[T any] struct {
		Node T `json:"node"`
	}
	plainPage struct {
		ID    uuid.UUID `json:"id"`
		URL   string    `json:"url"`
		Title string    `json:"title"`
	}
	plainFact struct {
		ID          uuid.UUID `json:"id"`
		Company     string    `json:"company"`
		Category    string    `json:"category"`
		Statement   string    `json:"statement"`
		Quote       string    `json:"quote"`
		Confidence  float64   `json:"confidence"`
		Method      string    `json:"method"`
		FirstSeenAt time.Time `json:"firstSeenAt"`
		Page        plainPage `json:"page"`
	}
	plainSnapshot struct {
		ID        uuid.UUID `json:"id"`
		Hash      string    `json:"hash"`
		FetchedAt time.Time `json:"fetchedAt"`
	}
	plainProfile struct {
		ID   uuid.UUID `json:"id"`
		Name string    `json:"name"`
	}
	plainShortFact struct {
		ID         uuid.UUID    `json:"id"`
		Statement  string       `json:"statement"`
		Confidence float64      `json:"confidence"`
		Profile    plainProfile `json:"profile"`
	}
	plainLongPage struct {
		plainPage
		Snapshot plainSnapshot              `json:"snapshot"`
		Facts    connection[plainShortFact] `json:"facts"`
	}
)

// listQuery is 50 facts with their pages; list answers the same.
const listQuery = `query ($from: ID!) { facts(first: 50, where: {idGTE: $from}) { edges { node {
	id company category statement quote confidence method firstSeenAt page { id url title } } } } }`

func (h plainHandler) list(ctx context.Context, from uuid.UUID) (any, error) {
	rows, err := h.db.Query(ctx, `select f.id, f.company, f.category, f.statement, f.quote, f.confidence, f.method, f.first_seen_at, p.id, p.url, p.title
		from facts f join pages p on p.id = f.page_id where f.id >= $1 order by f.id limit 50`, from)
	if err != nil {
		return nil, err
	}
	var out struct {
		Facts connection[plainFact] `json:"facts"`
	}
	out.Facts.Edges, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (edge[plainFact], error) {
		var f plainFact
		err := row.Scan(&f.ID, &f.Company, &f.Category, &f.Statement, &f.Quote, &f.Confidence, &f.Method, &f.FirstSeenAt, &f.Page.ID, &f.Page.URL, &f.Page.Title)
		f.FirstSeenAt = f.FirstSeenAt.UTC()
		return edge[plainFact]{f}, err
	})
	return out, err
}

// nestedQuery is ten pages with their texts and ten facts of each, with their
// profiles; nested answers the same.
const nestedQuery = `query ($from: ID!) { pages(first: 10, where: {idGTE: $from}) { edges { node {
	id url title snapshot { id hash fetchedAt } facts(first: 10) { edges { node { id statement confidence profile { id name } } } } } } } }`

func (h plainHandler) nested(ctx context.Context, from uuid.UUID) (any, error) {
	rows, err := h.db.Query(ctx, `select p.id, p.url, p.title, s.id, s.hash, s.fetched_at, f.id, f.statement, f.confidence, r.id, r.name
		from (select * from pages where id >= $1 order by id limit 10) p join snapshots s on s.id = p.snapshot_id
		cross join lateral (select * from facts where page_id = p.id order by id limit 10) f join profiles r on r.id = f.profile_id
		order by p.id, f.id`, from)
	if err != nil {
		return nil, err
	}
	var out struct {
		Pages connection[plainLongPage] `json:"pages"`
	}
	pages := &out.Pages.Edges
	var p plainLongPage
	var f plainShortFact
	_, err = pgx.ForEachRow(rows, []any{
		&p.ID, &p.URL, &p.Title, &p.Snapshot.ID, &p.Snapshot.Hash, &p.Snapshot.FetchedAt,
		&f.ID, &f.Statement, &f.Confidence, &f.Profile.ID, &f.Profile.Name,
	}, func() error {
		if n := len(*pages); n == 0 || (*pages)[n-1].Node.ID != p.ID {
			p.Snapshot.FetchedAt = p.Snapshot.FetchedAt.UTC()
			*pages = append(*pages, edge[plainLongPage]{p})
		}
		facts := &(*pages)[len(*pages)-1].Node.Facts.Edges
		*facts = append(*facts, edge[plainShortFact]{f})
		return nil
	})
	return out, err
}
