package main

import (
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/proxytest"
)

func TestConnectionsToTheDatabaseThatFallSilentEndNoSubscription(t *testing.T) {
	t.Parallel()
	const pages = 400 // more than it takes until all streams have begun
	database, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	wire := proxytest.New(t, database.Host)
	launch(t, polite("DATABASE_URL="+database.String()), "worker")
	database.Host = wire.Addr
	api := client{addr: launch(t, polite("DATABASE_URL="+database.String()), "api").addr}
	b := newBooks(t, pages)
	b.every = 1 // each page waits for the test
	row, err := api.startScrape(t.Context(), map[string]any{"urls": b.urls(pages), "company": "Acme", "profile": "api_docs"})
	if err != nil {
		t.Fatal(err)
	}

	var left atomic.Int64 // pages that are to come in the silence
	left.Store(pages)
	begun, ended := make(chan string), make(chan string)
	watch := func(query string, enough func(messages int64, last string) bool) {
		n := int64(0)
		err := api.subscribe(t.Context(), query, nil, func(r response) error {
			if len(r.Errors) > 0 {
				return errors.New(r.Errors[0].Message)
			}
			if n++; n == 1 {
				begun <- query
			}
			if enough(n, string(r.Data)) {
				return errDropped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errDropped) && t.Context().Err() == nil {
			t.Errorf("%s ended with %v", query, err)
		}
		ended <- query
	}
	never := func(int64, string) bool { return false }
	go watch(`subscription { job(id: "`+row.ID+`") { status done } }`, never)
	go watch(`subscription { jobEvents(id: "`+row.ID+`") { seq } }`, never)
	go watch(`subscription { jobs { status } }`, func(_ int64, last string) bool { return strings.Contains(last, "COMPLETED") })
	go watch(`subscription { factAdded { id } }`, func(n int64, _ string) bool { return n > 2*left.Load() })
	go watch(`subscription { pageStored { id } }`, func(n int64, _ string) bool { return n > left.Load() })

	stored := 0
	for streams := 5; streams > 0; {
		select {
		case <-begun:
			streams--
		case <-b.milestone:
			if stored++; stored == pages {
				t.Fatal("a stream does not begin")
			}
			var now struct{ Pages struct{ TotalCount int } }
			for now.Pages.TotalCount < stored {
				if err := api.do(t.Context(), `{ pages { totalCount } }`, nil, &now); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	left.Store(int64(pages - stored))
	wire.Silence()
	for streams := 5; streams > 0; {
		select {
		case <-ended:
			streams--
		case <-b.milestone:
		}
	}
}
