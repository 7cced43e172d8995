package app_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/qdranttest"
)

func TestSearchInQdrantSurvivesItsServer(t *testing.T) {
	t.Parallel()
	v := newVectors(t)
	stand, address, root := qdranttest.NewTLS(t, "0123456789")
	c := v.settings(settings(t, "PostgreSQL"))
	c.QdrantURL, c.QdrantKey, c.QdrantCA = app.Secret(address), "0123456789", filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(c.QdrantCA, root, 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, c)
	shelf(s)
	s.hybrid()
	before := s.search(map[string]any{"query": "requests per minute"}).SearchFacts

	stand.Fail(func(string) error { return errors.New("down") })
	w := newSite(s)
	w.page("/new", "New", "<p>Initech signs webhooks with HMAC-SHA256 and retries them 7 times within 24 hours.</p>")
	if last := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/new"}, "company": "Initech"}).ID); last.Status != "COMPLETED" {
		s.Fatalf("a job needs Qdrant: %+v", last)
	}
	f := s.search(map[string]any{"query": "webhooks"}).SearchFacts
	if !f.Meta.Degraded || f.Meta.Mode != "LEXICAL" || f.Total.Exact || len(f.Edges) == 0 || !strings.Contains(f.Edges[0].Node.Statement, "webhooks") {
		s.Errorf("without Qdrant: %+v", f)
	}
	var others struct {
		SearchPages struct {
			Edges []struct{ Node struct{ Title string } }
			Meta  struct{ Degraded bool }
		}
		SimilarFacts struct {
			Edges []struct{ Node struct{ ID string } }
			Meta  struct{ Degraded bool }
		}
	}
	s.ask(`query ($id: ID!) { searchPages(query: "new") { edges { node { title } } meta { degraded } } similarFacts(id: $id) { edges { node { id } } meta { degraded } } }`,
		map[string]any{"id": before.Edges[0].Node.ID}, &others)
	if p := others.SearchPages; !p.Meta.Degraded || len(p.Edges) != 1 || p.Edges[0].Node.Title != "New" {
		s.Errorf("pages without Qdrant: %+v", p)
	}
	if f := others.SimilarFacts; !f.Meta.Degraded || len(f.Edges) == 0 {
		s.Errorf("similar facts without Qdrant: %+v", f)
	}
	if ready := get(s, "/readyz"); !strings.Contains(ready, "degraded") || !strings.Contains(ready, "search") {
		eventually(s, "/readyz to say it", func() bool { return strings.Contains(get(s, "/readyz"), "search index") })
	}
	stand.Fail(nil)
	s.indexed()
	s.hybrid()
	if f := s.search(map[string]any{"query": "webhooks", "mode": "LEXICAL"}).SearchFacts; f.Meta.Degraded || len(f.Edges) == 0 || f.Edges[0].Node.Company != "Initech" {
		s.Errorf("it has not caught up: %+v", f)
	}
	if after := s.search(map[string]any{"query": "requests per minute"}).SearchFacts; len(after.Edges) < len(before.Edges) {
		s.Errorf("%d hits became %d", len(before.Edges), len(after.Edges))
	}

	eventually(s, "the metrics to say that nothing lags", func() bool {
		series, _ := s.metrics("")
		return series[`techfacts_search_lag_seconds{of="facts"}`] == "0" && series[`techfacts_search_lag_seconds{of="pages"}`] == "0" &&
			series[`techfacts_search_lag_seconds{of="vectors"}`] == "0"
	})
	log := slog.New(slog.DiscardHandler)
	for _, check := range []bool{true, false} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		report, err := app.Reindex(ctx, c, check, log)
		cancel()
		if err != nil || !strings.Contains(report, "missing 0, stray 0, stale 0") {
			t.Errorf("reindex, check %v: %q, %v", check, report, err)
		}
	}
	stand.Fail(func(string) error { return errors.New("down") })
	if report, err := app.Reindex(t.Context(), c, false, log); !fault.Is(err, fault.Unavailable) {
		t.Errorf("reindex without a server: %q, %v", report, err)
	}
}

func TestTheKeyOfQdrantInTheClearIsWarnedOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://qdrant.example:6334": true, "https://qdrant.example:6334": false, "http://127.0.0.1:1": false, "http://localhost:1": false, "http://[::1]:1": false,
	} {
		var log strings.Builder
		c := settings(t, "SQLite")
		c.QdrantURL, c.QdrantKey = app.Secret(address), "0123456789"
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err := app.Reindex(ctx, c, true, slog.New(slog.NewTextHandler(&log, nil)))
		cancel()
		if err == nil || strings.Contains(log.String(), "in the clear") != want || strings.Contains(log.String(), "0123456789") {
			t.Errorf("%s: %v; the log says %s", address, err, &log)
		}
	}
}

func get(s *service, path string) string {
	s.Helper()
	r, err := http.Get("http://" + s.addr + path)
	if err != nil {
		s.Fatal(err)
	}
	defer r.Body.Close()
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		s.Fatal(err)
	}
	return b.String()
}
