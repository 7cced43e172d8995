package worker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/schema"
)

// Many workers extract from pages of one domain, for several jobs at once; every
// page is extracted before or after the others, and the last one knows them all.
func TestNoFactOfBoilerplateIsLeftInWhateverOrderPagesCome(t *testing.T) {
	const pages, jobs = 24, 3
	each(t, func(_ context.Context, r fetch.Request) (fetch.Response, error) {
		n := strings.TrimPrefix(r.URL.Path(), "/")
		return fetch.Response{URL: r.URL, Status: 200, ContentType: "text/html", Body: fmt.Appendf(nil,
			`<main><h1>Limits of %[1]s</h1><p>The plan number %[1]s allows %[1]s00 requests per minute per key.</p>
<p>The burst limit is 50 requests per second per key, on every plan there is.</p></main>`, n)}, nil
	}, 5, func(s *shop) {
		s.pool.Fetches, s.pool.Extracts = 8, 8
		s.work()
		var rows []*ent.Job
		for j := range jobs {
			var urls []string
			for i := range pages {
				if i%jobs == j {
					urls = append(urls, fmt.Sprintf("https://a.example/%d", i+1))
				}
			}
			rows = append(rows, s.start(urls...))
		}
		for _, row := range rows {
			if now := s.wait(row); now.Status != schema.JobCompleted || now.Done != pages/jobs {
				s.Errorf("job = %+v", now)
			}
		}
		active := s.store.Ent.Fact.Query().Where(fact.StatusEQ(schema.FactActive))
		if n := active.Clone().Where(fact.QuoteContains("burst limit")).CountX(s.Context()); n != 0 {
			s.Errorf("%d pages still state what all of them say", n)
		}
		if n := active.Clone().Where(fact.QuoteContains("The plan number")).CountX(s.Context()); n != pages {
			s.Errorf("%d pages state what is their own, want %d", n, pages)
		}
	})
}
