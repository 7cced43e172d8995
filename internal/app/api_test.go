package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// scraped is a service that has read two pages of two companies.
func scraped(s *service) *site {
	s.Helper()
	w := newSite(s)
	w.page("/acme", "Limits of Acme", limits)
	w.page("/globex", "Limits of Globex", `<p>The API of Globex allows 50 requests per second per key.</p>`)
	for _, company := range []string{"Acme", "Globex"} {
		job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/" + strings.ToLower(company)}, "company": company, "profile": "api_docs"}).ID)
		if job.Status != "COMPLETED" {
			s.Fatalf("%+v", job)
		}
	}
	return w
}

func TestEverythingStoredCanBeListedFilteredAndOrdered(t *testing.T) {
	eachService(t, func(s *service) {
		w := scraped(s)
		type list struct {
			TotalCount int
			PageInfo   struct{ HasNextPage bool }
			Edges      []struct {
				Cursor string
				Node   map[string]any
			}
		}
		var out struct{ Jobs, Pages, Facts, Profiles, RateLimits, Reports, Named, First, Desc, Items list }
		s.ask(`{
			jobs(where: {status: COMPLETED, company: "Globex"}) { totalCount edges { node { id company type priority createdAt startedAt finishedAt
				params { ... on ScrapeParams { urls company profile force crawl { maxDepth } } } result { outcomes { outcome count } bytes }
				events(first: 1) { totalCount edges { node { kind seq at } } } } } }
			pages(where: {titleContainsFold: "acme"}) { totalCount edges { node { id url domain company title status language contentHash fetchedAt
				snapshot { text hash httpStatus fetcher } facts(where: {status: ACTIVE}) { totalCount } } } }
			facts(where: {hasPageWith: {company: "Globex"}, confidenceGTE: 0.5}) { totalCount edges { node { statement profile { name } method firstSeenAt lastSeenAt } } }
			profiles(where: {builtin: true}) { totalCount }
			rateLimits(where: {domainContains: "127.0.0.1"}) { totalCount }
			reports { totalCount }
			first: jobs(first: 1) { totalCount pageInfo { hasNextPage } edges { cursor } }
			desc: jobs(orderBy: [{field: CREATED_AT, direction: DESC}]) { edges { node { company } } }
		}`, nil, &out)
		for name, c := range map[string]struct{ got, want int }{
			"jobs": {out.Jobs.TotalCount, 1}, "pages": {out.Pages.TotalCount, 1}, "profiles": {out.Profiles.TotalCount, 5},
			"rateLimits": {out.RateLimits.TotalCount, 1}, "reports": {out.Reports.TotalCount, 0}, "first": {len(out.First.Edges), 1}, "all": {out.First.TotalCount, 2},
		} {
			if c.got != c.want {
				s.Errorf("%s: %d, want %d", name, c.got, c.want)
			}
		}
		if !out.First.PageInfo.HasNextPage || out.Desc.Edges[0].Node["company"] != "Globex" || out.Facts.TotalCount == 0 {
			s.Errorf("first %+v, desc %+v, facts %d", out.First, out.Desc, out.Facts.TotalCount)
		}
		page := out.Pages.Edges[0].Node
		if page["url"] != w.URL+"/acme" || page["domain"] != w.domain() || page["status"] != "ACTIVE" || page["language"] != "en" || page["snapshot"] == nil {
			s.Errorf("page = %v", page)
		}
		job := out.Jobs.Edges[0].Node
		if got := fmt.Sprint(job["params"]); !strings.Contains(got, w.URL+"/globex") || !strings.Contains(fmt.Sprint(job["result"]), "STORED") || !strings.Contains(fmt.Sprint(job["events"]), "QUEUED") {
			s.Errorf("job = %v", job)
		}
		var info struct {
			Jobs  struct{ PageInfo struct{ EndCursor string } }
			Facts struct{ PageInfo struct{ EndCursor string } }
		}
		s.ask(`{ jobs(first: 1) { pageInfo { endCursor } } facts(first: 1, orderBy: [{field: CONFIDENCE}]) { pageInfo { endCursor } } }`, nil, &info)
		if info.Jobs.PageInfo.EndCursor != out.First.Edges[0].Cursor {
			s.Errorf("endCursor without edges is %q", info.Jobs.PageInfo.EndCursor)
		}
		if code := s.refused(`query ($after: Cursor) { facts(after: $after) { totalCount edges { cursor } } }`, map[string]any{"after": info.Facts.PageInfo.EndCursor}); code != "INVALID" {
			s.Errorf("a cursor of another order: %q", code)
		}
		// The second page of a list begins where the first ended.
		var next struct{ Jobs list }
		s.ask(`query ($after: Cursor) { jobs(first: 1, after: $after) { edges { node { company } } } }`, map[string]any{"after": out.First.Edges[0].Cursor}, &next)
		if next.Jobs.Edges[0].Node["company"] != "Globex" {
			s.Errorf("second page = %+v", next)
		}
	})
}

func TestNodeFindsAnythingByItsID(t *testing.T) {
	eachService(t, func(s *service) {
		w := scraped(s)
		var ids struct {
			Jobs, Pages, Facts, Profiles, RateLimits struct {
				Edges []struct {
					Node struct {
						ID            string
						Items, Events struct {
							Edges []struct{ Node struct{ ID string } }
						}
						Snapshot struct{ ID string }
					}
				}
			}
		}
		s.ask(`{ jobs(first: 1) { edges { node { id items { edges { node { id } } } events { edges { node { id } } } } } }
			pages(first: 1) { edges { node { id snapshot { id } } } } facts(first: 1) { edges { node { id } } }
			profiles(first: 1) { edges { node { id } } } rateLimits(first: 1) { edges { node { id } } } }`, nil, &ids)
		job, page := ids.Jobs.Edges[0].Node, ids.Pages.Edges[0].Node
		want := map[string]string{
			job.ID: "Job", job.Items.Edges[0].Node.ID: "JobItem", job.Events.Edges[0].Node.ID: "JobEvent",
			page.ID: "Page", page.Snapshot.ID: "Snapshot", ids.Facts.Edges[0].Node.ID: "Fact",
			ids.Profiles.Edges[0].Node.ID: "Profile", ids.RateLimits.Edges[0].Node.ID: "RateLimit",
		}
		var all []string
		for id, kind := range want {
			all = append(all, id)
			var one struct{ Node struct{ Typename, ID string } }
			s.ask(`query ($id: ID!) { node(id: $id) { Typename: __typename id } }`, map[string]any{"id": id}, &one)
			if one.Node.Typename != kind || one.Node.ID != id {
				s.Errorf("node(%s) = %+v, want a %s", id, one.Node, kind)
			}
		}
		var many struct{ Nodes []struct{ ID string } }
		s.ask(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": all}, &many)
		for i, n := range many.Nodes {
			if n.ID != all[i] {
				s.Errorf("nodes are out of order: %v", many.Nodes)
			}
		}
		var single map[string]map[string]string
		s.ask(`query ($u: String!, $d: String!, $p: ID!, $f: ID!) { page(id: $p) { url } pageByURL(url: $u) { url } fact(id: $f) { company } profile(name: "pricing") { name } rateLimit(domain: $d) { domain } }`,
			map[string]any{"u": w.URL + "/acme?utm_source=x#y", "d": w.domain(), "p": page.ID, "f": ids.Facts.Edges[0].Node.ID}, &single)
		if single["pageByURL"]["url"] != w.URL+"/acme" || single["profile"]["name"] != "pricing" || single["rateLimit"]["domain"] != w.domain() {
			s.Errorf("single = %v", single)
		}
	})
}

func TestErrorsCarryCodes(t *testing.T) {
	eachService(t, func(s *service) {
		const nobody = "0192d3b4-0000-8080-8000-000000000000" // an id of a job that is not there
		for query, code := range map[string]string{
			`{ job(id: "` + nobody + `") { id } }`:                        "NOT_FOUND",
			`{ node(id: "` + nobody + `") { id } }`:                       "NOT_FOUND",
			`{ node(id: "6ba7b810-9dad-11d1-80b4-00c04fd430c8") { id } }`: "NOT_FOUND",
			`{ page(id: "` + nobody + `") { id } }`:                       "NOT_FOUND",
			`{ fact(id: "` + nobody + `") { id } }`:                       "NOT_FOUND",
			`{ report(id: "` + nobody + `") { id } }`:                     "NOT_FOUND",
			`{ profile(name: "nope") { id } }`:                            "NOT_FOUND",
			`{ profile { id } }`:                                          "INVALID",
			`{ rateLimit(domain: "nope.example") { id } }`:                "NOT_FOUND",
			`{ pageByURL(url: "ftp://x") { id } }`:                        "INVALID",
			`{ job(id: "nonsense") { id } }`:                              "INVALID",
			`{ facts(where: {not: {}}) { totalCount } }`:                  "INVALID",
			`{ facts(where: {hasPageWith: {not: {}}}) { totalCount } }`:   "INVALID",
			`{ facts(where: {company: "a\u0000b"}) { totalCount } }`:      "INVALID",
			`{ nonsense }`:                        "INVALID",
			`{ jobs(first: 101) { totalCount } }`: "INVALID",
			`{ jobs(first: -1) { totalCount } }`:  "INVALID",
			`mutation { cancelJob(input: {id: "` + nobody + `"}) { job { id } } }`:                           "NOT_FOUND",
			`mutation { retryJob(input: {id: "` + nobody + `"}) { job { id } } }`:                            "NOT_FOUND",
			`mutation { deleteJob(input: {id: "` + nobody + `"}) { deletedId } }`:                            "NOT_FOUND",
			`mutation { startScrape(input: {urls: [], company: "A"}) { job { id } } }`:                       "INVALID",
			`mutation { startScrape(input: {urls: ["x"], company: "A"}) { job { id } } }`:                    "INVALID",
			`mutation { startExtraction(input: {profile: "pricing"}) { job { id } } }`:                       "INVALID",
			`mutation { startExtraction(input: {profile: "nope", where: {status: ACTIVE}}) { job { id } } }`: "NOT_FOUND",
			`mutation { createProfile(input: {name: "x", categories: []}) { profile { id } } }`:              "INVALID",
			`mutation { createProfile(input: {name: "pricing", categories: ["a"]}) { profile { id } } }`:     "CONFLICT",
			`mutation { setRateLimit(input: {domain: "a.example", concurrency: 0}) { rateLimit { id } } }`:   "INVALID",
			`mutation { resetRateLimit(input: {domain: "a.example"}) { rateLimit { id } } }`:                 "NOT_FOUND",
		} {
			if got := s.refused(query, nil); got != code {
				s.Errorf("%s: %q, want %s", query, got, code)
			}
		}
	})
}

func TestOneKeyOneJobOverTheAPI(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		w.page("/a", "Limits", limits)
		input := map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme", "idempotencyKey": "once"}
		first := s.scrape(input)
		if again := s.scrape(input); again.ID != first.ID {
			s.Error("the same key gave another job")
		}
		input["force"] = true
		code := s.refused(`mutation ($input: StartScrapeInput!) { startScrape(input: $input) { job { id } } }`, map[string]any{"input": input})
		if code != "CONFLICT" {
			s.Errorf("other input under the same key: %s", code)
		}
		s.wait(first.ID)
	})
}

func TestOneKeyOneExtractionWhateverIsStoredMeanwhile(t *testing.T) {
	eachService(t, func(s *service) {
		w := scraped(s)
		w.page("/more", "More", limits)
		const start = `mutation { startExtraction(input: {profile: "general", where: {status: ACTIVE}, idempotencyKey: "once"}) { job { id total } } }`
		var first, again struct{ StartExtraction struct{ Job jobState } }
		s.ask(start, nil, &first)
		s.wait(first.StartExtraction.Job.ID)
		s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/more"}, "company": "Acme"}).ID)
		if s.ask(start, nil, &again); again.StartExtraction.Job.ID != first.StartExtraction.Job.ID {
			s.Error("the same key and input gave another job")
		}
		if code := s.refused(strings.Replace(start, "general", "pricing", 1), nil); code != "CONFLICT" {
			s.Errorf("other input under the same key: %q", code)
		}
	})
}

func TestTextsAreCountedInCharacters(t *testing.T) {
	eachService(t, func(s *service) {
		long := strings.Repeat("日", 1000)
		var out struct {
			CreateProfile struct{ Profile struct{ Description string } }
		}
		s.ask(`mutation ($d: String!) { createProfile(input: {name: "long", categories: ["a"], description: $d}) { profile { description } } }`, map[string]any{"d": long}, &out)
		if out.CreateProfile.Profile.Description != long {
			s.Error("the description is not what it was")
		}
		if code := s.refused(`mutation ($d: String!) { createProfile(input: {name: "longer", categories: ["a"], description: $d}) { profile { id } } }`, map[string]any{"d": long + "x"}); code != "INVALID" {
			s.Errorf("a character too many: %q", code)
		}
	})
}

func TestExtractionRunsOverStoredPages(t *testing.T) {
	eachService(t, func(s *service) {
		scraped(s)
		var out struct{ StartExtraction struct{ Job jobState } }
		s.ask(`mutation { startExtraction(input: {profile: "general", where: {company: "Acme"}, priority: HIGH}) { job { `+jobFields+` } } }`, nil, &out)
		job := s.wait(out.StartExtraction.Job.ID)
		if job.Status != "COMPLETED" || job.Total != 1 || job.Items.Edges[0].Node.Outcome != "EXTRACTED" || job.Items.Edges[0].Node.Page == nil {
			s.Errorf("job = %+v", job)
		}
		general := s.facts(map[string]any{"hasProfileWith": map[string]any{"name": "general"}})
		if len(general) != job.FactCount {
			s.Errorf("%d facts, the job counts %d", len(general), job.FactCount)
		}
		for _, f := range general {
			s.proven(f)
		}
		before := s.rows()
		s.ask(`mutation { startExtraction(input: {profile: "general", where: {company: "Acme"}}) { job { `+jobFields+` } } }`, nil, &out)
		s.wait(out.StartExtraction.Job.ID)
		if after := s.rows(); fmt.Sprint(after) != fmt.Sprint(before) {
			s.Errorf("extracting again: rows before %v, after %v", before, after)
		}
	})
}

func TestRetryAndDeleteOverTheAPI(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		broken := make(chan struct{})
		w.HandleFunc("/a", func(rw http.ResponseWriter, _ *http.Request) {
			select {
			case <-broken:
				writePage(rw, "Limits", limits)
			default:
				rw.WriteHeader(http.StatusBadGateway)
			}
		})
		old := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme"}).ID)
		if old.Status != "FAILED" || !old.CanRetry || old.Error == nil || old.Items.Edges[0].Node.HTTPStatus != 502 {
			s.Fatalf("job = %+v", old)
		}
		close(broken)
		var out struct {
			RetryJob struct {
				Job struct {
					ID     string
					Parent struct{ ID string }
				}
			}
		}
		s.ask(`mutation ($id: ID!) { retryJob(input: {id: $id}) { job { id parent { id } } } }`, map[string]any{"id": old.ID}, &out)
		if again := s.wait(out.RetryJob.Job.ID); again.Status != "COMPLETED" || out.RetryJob.Job.Parent.ID != old.ID {
			s.Errorf("retry = %+v", again)
		}
		var gone struct{ DeleteJob struct{ DeletedID string } }
		s.ask(`mutation ($id: ID!) { deleteJob(input: {id: $id}) { deletedId } }`, map[string]any{"id": old.ID}, &gone)
		if gone.DeleteJob.DeletedID != old.ID || s.refused(`query ($id: ID!) { job(id: $id) { id } }`, map[string]any{"id": old.ID}) != "NOT_FOUND" {
			s.Error("the job is still there")
		}
		if s.rows()["pages"] != 1 {
			s.Error("its pages went with it")
		}
	})
}

func TestCustomProfilesFindTheirOwnFacts(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		w.page("/a", "Power", `<p>The rack draws 12 kW of electrical power at full load.</p><p>The API allows 600 requests per minute.</p>`)
		var made struct {
			CreateProfile struct{ Profile struct{ ID string } }
		}
		s.ask(`mutation { createProfile(input: {name: "energy", categories: ["power"], focus: "electrical power, watts and kW", depth: COMPREHENSIVE}) { profile { id } } }`, nil, &made)
		job := s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme", "profile": "energy"}).ID)
		facts := s.facts(map[string]any{"hasProfileWith": map[string]any{"name": "energy"}})
		if job.Status != "COMPLETED" || len(facts) == 0 || facts[0].Category != "power" {
			s.Errorf("job %s, facts %+v", job.Status, facts)
		}
		var deleted struct{ DeleteProfile struct{ DeletedID string } }
		s.ask(`mutation ($id: ID!) { deleteProfile(input: {id: $id}) { deletedId } }`, map[string]any{"id": made.CreateProfile.Profile.ID}, &deleted)
		if s.rows()["facts"] != 0 {
			s.Error("its facts stayed")
		}
	})
}

func TestRateLimitsThatAreSetHold(t *testing.T) {
	eachService(t, func(s *service) {
		w := newSite(s)
		w.page("/a", "Limits", limits)
		w.page("/b", "Limits", limits)
		var out struct {
			SetRateLimit struct {
				RateLimit struct{ DailyLimit, DelayMs int }
			}
		}
		s.ask(`mutation ($d: String!) { setRateLimit(input: {domain: $d, dailyLimit: 1, delayMs: 0}) { rateLimit { dailyLimit delayMs } } }`, map[string]any{"d": w.domain()}, &out)
		job := s.scrape(map[string]any{"urls": []string{w.URL + "/a", w.URL + "/b"}, "company": "Acme"})
		k := s.subscribe(`subscription ($id: ID!) { job(id: $id) { `+jobFields+` } }`, map[string]any{"id": job.ID})
		var m struct{ Job jobState }
		for m.Job.Done < 1 && k.next(&m) {
		}
		if m.Job.Status != "RUNNING" || s.rows()["pages"] != 1 {
			s.Errorf("job = %+v", m.Job)
		}
		s.ask(`mutation ($d: String!) { setRateLimit(input: {domain: $d, dailyLimit: 2}) { rateLimit { dailyLimit delayMs } } }`, map[string]any{"d": w.domain()}, &out)
		for k.next(&m) {
		}
		if m.Job.Status != "COMPLETED" {
			s.Errorf("after the limit was raised: %+v", m.Job)
		}
	})
}
