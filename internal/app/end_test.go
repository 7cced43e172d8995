package app_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"techfacts.dev/techfacts/internal/app"
)

// said is a subscription of which a test wants to know the words only.
type said <-chan string

// hear runs a subscription over a transport, and gives what comes, each
// message as it is.
func (s *service) hear(transport, query string) said {
	s.Helper()
	if transport == "SSE" {
		return s.hearStream(query)
	}
	ws, r, err := (&websocket.Dialer{Subprotocols: []string{transport}}).DialContext(s.Context(), "ws://"+s.addr+"/graphql", nil)
	if err != nil {
		s.Fatal(err)
	}
	r.Body.Close()
	s.Cleanup(func() { ws.Close() })
	start := map[string]string{"graphql-transport-ws": "subscribe", "graphql-ws": "start"}[transport]
	for _, m := range []map[string]any{{"type": "connection_init"}, {"type": start, "id": "1", "payload": map[string]any{"query": query}}} {
		if err := ws.WriteJSON(m); err != nil {
			s.Fatal(err)
		}
	}
	_ = ws.SetReadDeadline(time.Now().Add(30 * time.Second))
	out := make(chan string, 100)
	go func() {
		defer close(out)
		for {
			_, b, err := ws.ReadMessage()
			if err != nil {
				return
			}
			if text := string(b); !strings.Contains(text, `"type":"connection_ack"`) && !strings.Contains(text, `"type":"ka"`) {
				out <- text
			}
		}
	}()
	return out
}

func (s *service) hearStream(query string) said {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.addr+"/graphql?query="+url.QueryEscape(query), nil)
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { resp.Body.Close() })
	out := make(chan string, 100)
	go func() {
		defer close(out)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if text := lines.Text(); text != "" && text != ":" && text != "event: next" && text != "data:" {
				out <- text
			}
		}
	}()
	return out
}

// A job can be deleted once it has ended. Here the API has not heard of the end,
// and nothing but the deletion makes it look.
func TestDeletingAJobEndsItsSubscriptions(t *testing.T) {
	t.Parallel()
	c := settings(t, "PostgreSQL")
	c.Tick = 24 * time.Hour
	run(t, c, app.Role{Worker: true})
	s := run(t, c, app.Role{API: true})
	w := newSite(t)
	asked, release := make(chan struct{}), make(chan struct{})
	w.HandleFunc("/a", slow(asked, release))
	id := s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme"}).ID
	<-asked
	heard := map[string]said{}
	for _, transport := range []string{"graphql-transport-ws", "graphql-ws", "SSE"} {
		for _, field := range []string{`job(id: "` + id + `") { status }`, `job(id: "` + id + `") { status items { totalCount } }`, `jobEvents(id: "` + id + `") { kind item { url } }`} {
			k := s.hear(transport, "subscription { "+field+" }")
			if first := <-k; !strings.Contains(first, `"data":{"job`) || strings.Contains(first, "error") {
				t.Fatalf("%s %s: %s", transport, field, first)
			}
			heard[transport+" "+field] = k
		}
	}
	close(release)
	for status := ""; status != "COMPLETED"; {
		var out struct{ Job jobState }
		s.ask(`query ($id: ID!) { job(id: $id) { status } }`, map[string]any{"id": id}, &out)
		status = out.Job.Status
	}
	var out struct{ DeleteJob struct{ DeletedID string } }
	s.ask(`mutation ($id: ID!) { deleteJob(input: {id: $id}) { deletedId } }`, map[string]any{"id": id}, &out)
	for what, k := range heard {
		var last []string
		for text := range k {
			last = append(last, text)
			if strings.Contains(text, "complete") || strings.Contains(text, `"type":"error"`) {
				break
			}
		}
		if n := len(last); n < 2 || !strings.Contains(last[n-2], "NOT_FOUND") || !strings.Contains(last[n-1], "complete") {
			t.Errorf("%s ended with %q", what, last[max(0, n-3):])
		}
	}
}

func TestWhoWatchesWhatHasEndedGetsItsLastStateAndTheEnd(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		w.page("/a", "Limits", limits)
		id := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme"}).ID).ID
		for _, transport := range []string{"graphql-transport-ws", "graphql-ws", "SSE"} {
			k := s.hear(transport, `subscription { job(id: "`+id+`") { status } }`)
			if state, end := <-k, <-k; !strings.Contains(state, `"COMPLETED"`) || !strings.Contains(end, "complete") {
				s.Errorf("%s: got %s, then %s", transport, state, end)
			}
			k = s.hear(transport, `subscription { jobEvents(id: "`+id+`") { kind } }`)
			last := ""
			for text := range k {
				if strings.Contains(text, "complete") {
					break
				}
				last = text
			}
			if !strings.Contains(last, `"ENDED"`) {
				s.Errorf("%s: the last event is %s", transport, last)
			}
		}
	})
}
