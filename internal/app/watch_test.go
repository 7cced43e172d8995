package app_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// eventState is an event as a client sees it.
type eventState struct {
	Cursor, Kind, Message string
	Seq                   int
	Item                  *struct{ URL string }
	Job                   struct{ ID string }
}

const eventQuery = `subscription ($id: ID!, $after: Cursor) { jobEvents(id: $id, after: $after) { cursor kind message seq item { url } job { id } } }`

// held is a site whose pages wait for release, one for each value sent.
func held(s *service, n int) (urls []string, release chan struct{}) {
	s.Helper()
	w := newSite(s)
	release = make(chan struct{})
	for i := range n {
		path := fmt.Sprintf("/%02d", i)
		w.HandleFunc(path, func(rw http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			writePage(rw, "Limits "+path, `<p>The plan of page `+path+` allows 600 requests per minute.</p>`)
		})
		urls = append(urls, w.URL+path)
	}
	return urls, release
}

func TestClientsThatDropAndReconnectGetEveryEventOnceAndInOrder(t *testing.T) {
	eachService(t, func(s *service) {
		urls, release := held(s, 20)
		job := s.scrape(map[string]any{"urls": urls, "company": "Acme", "profile": "api_docs"})
		journals := make([][]eventState, 50)
		var group sync.WaitGroup
		for i := range journals {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			group.Go(func() { journals[i] = s.follow(job.ID, random) })
		}
		for range urls {
			release <- struct{}{}
		}
		group.Wait()
		for i, journal := range journals {
			for n, e := range journal {
				if e.Seq != n+1 || e.Job.ID != job.ID {
					s.Fatalf("client %d: event %d has number %d", i, n+1, e.Seq)
				}
			}
			if last := journal[len(journal)-1]; last.Kind != "ENDED" || len(journal) != len(journals[0]) {
				s.Errorf("client %d ended with %+v after %d events, the first had %d", i, last, len(journal), len(journals[0]))
			}
		}
		var kinds []string
		for _, e := range journals[0] {
			kinds = append(kinds, e.Kind)
		}
		if kinds[0] != "QUEUED" || !slices.Contains(kinds, "STARTED") || !slices.Contains(kinds, "ITEM_FETCHED") || !slices.Contains(kinds, "ITEM_ENDED") {
			s.Errorf("kinds = %v", kinds)
		}
		// From the end nothing is left to send.
		k := s.subscribe(eventQuery, map[string]any{"id": job.ID, "after": journals[0][len(journals[0])-1].Cursor})
		var m struct{ JobEvents eventState }
		if k.next(&m) {
			s.Errorf("after the last event came %+v", m)
		}
	})
}

// follow collects all events of a job over connections that end at random.
func (s *service) follow(id string, random *rand.Rand) (journal []eventState) {
	for {
		variables := map[string]any{"id": id}
		if len(journal) > 0 {
			variables["after"] = journal[len(journal)-1].Cursor
		}
		k := s.subscribe(eventQuery, variables)
		for range 1 + random.IntN(12) {
			var m struct{ JobEvents eventState }
			if !k.next(&m) {
				return journal
			}
			journal = append(journal, m.JobEvents)
		}
		k.ws.Close()
	}
}

func TestForeignCursorsAreRefused(t *testing.T) {
	eachService(t, func(s *service) {
		urls, release := held(s, 1)
		close(release)
		a := s.wait(s.scrape(map[string]any{"urls": urls, "company": "Acme"}).ID)
		b := s.wait(s.scrape(map[string]any{"urls": urls, "company": "Acme"}).ID)
		var m struct{ JobEvents eventState }
		s.subscribe(eventQuery, map[string]any{"id": a.ID}).next(&m)
		k := s.subscribe(eventQuery, map[string]any{"id": b.ID, "after": m.JobEvents.Cursor})
		if msg := k.read(); !strings.Contains(string(msg.Payload), `"INVALID"`) {
			s.Errorf("got %s %s", msg.Type, msg.Payload)
		}
	})
}

func TestWatchingAJobThatIsNotThereIsNotFound(t *testing.T) {
	eachService(t, func(s *service) {
		k := s.subscribe(`subscription { job(id: "0192d3b4-0000-8080-8000-000000000000") { id } }`, nil)
		if m := k.read(); !strings.Contains(string(m.Payload), "NOT_FOUND") {
			s.Errorf("a job that never was: %s %s", m.Type, m.Payload)
		}
	})
}

func TestDashboardSeesEveryJob(t *testing.T) {
	eachService(t, func(s *service) {
		urls, release := held(s, 2)
		first := s.scrape(map[string]any{"urls": urls[:1], "company": "Acme"})
		k := s.subscribe(`subscription { jobs(where: {companyIn: ["Acme", "Globex"]}) { id company status } }`, nil)
		ended := map[string]bool{}
		see := func(id, status string) {
			s.Helper()
			for {
				var m struct {
					Jobs struct{ ID, Company, Status string }
				}
				if !k.next(&m) {
					s.Fatal("the dashboard ended")
				}
				if m.Jobs.Company == "Other" {
					s.Error("a job of another company came")
				}
				ended[m.Jobs.ID] = ended[m.Jobs.ID] || m.Jobs.Status == "COMPLETED"
				if m.Jobs.ID == id && m.Jobs.Status == status {
					return
				}
			}
		}
		see(first.ID, "RUNNING")
		s.scrape(map[string]any{"urls": urls[1:], "company": "Other"})
		second := s.scrape(map[string]any{"urls": urls[1:], "company": "Globex"})
		release <- struct{}{}
		close(release)
		see(second.ID, "COMPLETED")
		if !ended[first.ID] {
			see(first.ID, "COMPLETED")
		}
	})
}

func TestStoredPagesAreSeenOnceForEachText(t *testing.T) {
	eachService(t, func(s *service) {
		urls, release := held(s, 2)
		k := s.subscribe(`subscription { pageStored(where: {company: "Acme"}) { url snapshot { text } } }`, nil)
		k.wake("Acme")
		close(release)
		s.wait(s.scrape(map[string]any{"urls": urls[:1], "company": "Acme"}).ID)
		s.wait(s.scrape(map[string]any{"urls": urls[:1], "company": "Acme", "force": true}).ID) // unchanged
		s.wait(s.scrape(map[string]any{"urls": urls[1:], "company": "Acme"}).ID)
		for _, want := range urls {
			var m struct {
				PageStored struct {
					URL      string
					Snapshot struct{ Text string }
				}
			}
			if !k.next(&m) || m.PageStored.URL != want || !strings.Contains(m.PageStored.Snapshot.Text, "600 requests") {
				b, _ := json.Marshal(m)
				s.Errorf("got %s, want %s", b, want)
			}
		}
	})
}

func TestADashboardOfRunningJobsLearnsThatOneHasEnded(t *testing.T) {
	eachService(t, func(s *service) {
		urls, release := held(s, 1)
		job := s.scrape(map[string]any{"urls": urls, "company": "Acme"})
		k := s.subscribe(`subscription { jobs(where: {statusIn: [QUEUED, RUNNING]}) { id status } }`, nil)
		var m struct{ Jobs struct{ ID, Status string } }
		k.next(&m)
		close(release)
		for m.Jobs.Status != "COMPLETED" {
			if !k.next(&m) || m.Jobs.ID != job.ID {
				s.Fatalf("got %+v", m)
			}
		}
	})
}

// What is marshalled for one watcher is given to others: to those who ask the
// same, and to nobody else.
func TestWatchersOfOneJobGetWhatEachOfThemAsksFor(t *testing.T) {
	eachService(t, func(s *service) {
		urls, release := held(s, 1)
		job := s.scrape(map[string]any{"urls": urls, "company": "Acme", "profile": "api_docs"})
		const query = `subscription ($id: ID!, $all: Boolean!) { job(id: $id) { status total @include(if: $all) } }`
		watchers := []struct {
			query     string
			variables map[string]any
			want      string
		}{
			{query, map[string]any{"id": job.ID, "all": true}, `{"job":{"status":"COMPLETED","total":1}}`},
			{query, map[string]any{"id": job.ID, "all": false}, `{"job":{"status":"COMPLETED"}}`},
			{query, map[string]any{"id": job.ID, "all": true}, `{"job":{"status":"COMPLETED","total":1}}`},
			{`subscription ($id: ID!) { mine: job(id: $id) { state: status } }`, map[string]any{"id": job.ID}, `{"mine":{"state":"COMPLETED"}}`},
		}
		last := make([]json.RawMessage, len(watchers))
		var group sync.WaitGroup
		for i, w := range watchers {
			k := s.subscribe(w.query, w.variables)
			group.Go(func() {
				for k.next(&last[i]) {
				}
			})
		}
		release <- struct{}{}
		group.Wait()
		for i, w := range watchers {
			if string(last[i]) != w.want {
				s.Errorf("watcher %d got %s, want %s", i, last[i], w.want)
			}
		}
	})
}
