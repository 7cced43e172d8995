package main

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/qdranttest"
	"techfacts.dev/techfacts/internal/redistest"
)

// meanings stands in for an endpoint that makes vectors.
func meanings(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Input []string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		type item struct {
			Index     int       `json:"index"`
			Embedding []float64 `json:"embedding"`
		}
		var data []item
		for i, text := range in.Input {
			vector := make([]float64, 8)
			for j := range len(text) {
				vector[text[j]%8]++
			}
			data = append(data, item{i, vector})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data})
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

// TestKilledIndexersLoseNothing has whoever fills Qdrant and makes vectors killed
// while it does, again and again.
func TestKilledIndexersLoseNothing(t *testing.T) {
	t.Parallel()
	const pages, kills = 120, 6
	b := newBooks(t, pages)
	b.every = pages / (kills + 1)
	_, qdrant := qdranttest.New(t, "")
	env := polite("DATABASE_URL="+pgtest.URL(t), "REDIS_URL="+redistest.URL(t), "QDRANT_URL="+qdrant,
		"OPENAI_EMBEDDING_BASE_URL="+meanings(t), "RAG_EMBEDDING_MODEL=letters")
	api := client{addr: launch(t, env, "api").addr}
	workers := []*process{launch(t, env, "worker"), launch(t, env, "worker")}
	j, err := api.startScrape(t.Context(), map[string]any{"urls": b.urls(pages), "company": "Acme", "profile": "api_docs"})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(6, 120))
	for range kills {
		<-b.milestone
		i := random.IntN(len(workers))
		workers[i].kill()
		workers[i] = launch(t, env, "worker")
	}
	go func() { // the last ones
		for {
			select {
			case <-b.milestone:
			case <-t.Context().Done():
				return
			}
		}
	}()
	if j, err = api.follow(t.Context(), j.ID, "Reading"); err != nil || j.Status != "COMPLETED" {
		t.Fatalf("%+v, %v", j, err)
	}
	deadline := time.NewTimer(2 * time.Minute) // a lease of 30 s may have to run out
	defer deadline.Stop()
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		var out struct {
			SearchFacts struct {
				Total struct{ Count int }
				Meta  struct {
					Mode, Reason string
					Degraded     bool
				}
			}
		}
		err := api.do(t.Context(), `{ searchFacts(query: "requests", mode: SEMANTIC) { total { count } meta { mode degraded reason } } }`, nil, &out)
		if err == nil && out.SearchFacts.Total.Count == j.FactCount && !out.SearchFacts.Meta.Degraded {
			break // all facts are there, and all have vectors
		}
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatalf("search has %+v (%v), and there are %d facts", out.SearchFacts, err, j.FactCount)
		}
	}
	report, stderr, code := output(t, env, "reindex", "--check")
	if code != 0 || strings.Count(report, "missing 0, stray 0, stale 0") != 2 {
		t.Errorf("%d: %s%s", code, report, stderr)
	}
}
