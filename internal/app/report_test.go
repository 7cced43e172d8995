package app_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/pdf"
)

// compared is what the tests ask of a comparison.
type compared struct {
	RowCount, LoneCount, UnstatedCount int
	Companies                          []struct {
		Name                                                                               string
		PagesRead, Stated, StatedNo, NotDocumented, NothingAlike, NotRead, Conflicts, Lone int
		LastFetchedAt                                                                      string
	}
	Rows []struct {
		Key, Label, Category, Better string
		Named                        bool
		Stated                       int
		Cells                        []struct {
			Company, State, Text, SeenAt, Unranked string
			Best, Worst                            bool
			More                                   int
			Value                                  *struct{ Number float64 }
			Entries                                []struct {
				Text       string
				Denies     bool
				Qualifiers []struct{ Name, Value string }
				Fact       struct {
					Quote, DeepLink string
					Page            struct{ Title string }
				}
			}
			Facts []struct{ Statement string }
		}
	}
}

func TestCompaniesAreComparedByWhatTheirPagesSay(t *testing.T) {
	eachService(t, func(s *service) {
		twoVendors(s)
		var out struct{ Comparison compared }
		s.ask(`{ comparison(input: {companies: ["Acme", "Bolt"], attributes: ["request_rate", "oauth2", "soc2"]}) { rowCount
			companies { name pagesRead stated statedNo notRead conflicts lastFetchedAt }
			rows { key label category better stated cells { company state text seenAt best worst value { ... on RateValue { number } }
				entries { text denies qualifiers { name value } fact { quote deepLink page { title } } } facts { statement } } } } }`, nil, &out)
		c := out.Comparison
		if c.RowCount != 3 || len(c.Rows) != 3 || c.Rows[0].Key != "request_rate" || c.Rows[0].Better != "HIGHER" {
			s.Fatalf("the comparison is %+v", c)
		}
		acme, bolt := c.Rows[0].Cells[0], c.Rows[0].Cells[1]
		if acme.State != "STATED" || !acme.Best || acme.Worst || acme.Value.Number != 100 || !bolt.Worst || bolt.Value.Number != 10 || acme.SeenAt == "" {
			s.Errorf("cells: %+v %+v", acme, bolt)
		}
		if e := acme.Entries[0]; e.Fact.Quote != "Acme allows 100 requests per second." || e.Fact.Page.Title != "Acme limits" || e.Fact.DeepLink == "" || len(acme.Facts) == 0 {
			s.Errorf("the entry is %+v", e)
		}
		if cell := c.Rows[1].Cells[1]; c.Rows[1].Key != "oauth2" || cell.State != "NOT_READ" {
			s.Errorf("nothing about authentication was found at Bolt, but the cell is %+v", cell)
		}
		if got := c.Companies[0]; got.PagesRead != 1 || got.Stated != 2 || got.NotRead != 1 || got.LastFetchedAt == "" {
			s.Errorf("counted %+v", got)
		}
		if code := s.refused(`{ comparison(input: {companies: ["Acme", "Nobody"]}) { rowCount } }`, nil); code != "NOT_FOUND" {
			s.Errorf("comparing with a stranger is %s", code)
		}
	})
}

func TestComparisonsSayWhatTheyLeaveOut(t *testing.T) {
	eachService(t, func(s *service) {
		site := newSite(s)
		const shared = `<p>An index may have up to 5,000 synonyms.</p>`
		site.page("/acme", "Acme", `<h1>Plans</h1><p>The Team plan costs $10 per month.</p>`+shared+`<p>Deleted apples can be restored for 7 days.</p>`)
		site.page("/bolt", "Bolt", `<h1>Plans</h1><p>The Team plan costs $20 per month.</p>`+shared)
		site.page("/cora", "Cora", `<h1>Plans</h1><p>The Team plan costs €5 per month.</p><p>The Team plan has a rate limit of 10 requests per second.</p>
<p>Webhooks are supported on the Team plan, and each delivery is signed with a key that only you and we know, so that you can tell it from others.</p>
<p>Webhooks are retried up to 5 times, with pauses that grow from one time to the next, until your server has answered with a good status.</p>`)
		for company, path := range map[string]string{"Acme": "/acme", "Bolt": "/bolt", "Cora": "/cora"} {
			s.wait(s.scrape(map[string]any{"urls": []string{site.URL + path}, "company": company, "profile": "pricing"}).ID)
		}
		ask := func(input string) (c compared) {
			var out struct{ Comparison compared }
			s.ask(`{ comparison(input: {`+input+`}) { rowCount loneCount unstatedCount companies { name stated statedNo conflicts notDocumented nothingAlike notRead lone }
				rows { key label named stated cells { company state text more unranked best worst } } } }`, nil, &out)
			return out.Comparison
		}
		few, all := ask(`all: true`), ask(`all: true, lone: true`)
		if few.LoneCount == 0 || few.LoneCount != all.LoneCount || all.RowCount != few.RowCount+few.LoneCount || len(all.Rows) != all.RowCount {
			s.Errorf("%d rows and %d of one company; on demand %d and %d", few.RowCount, few.LoneCount, all.RowCount, all.LoneCount)
		}
		alone, alike := 0, 0
		for _, c := range few.Companies {
			if n := c.Stated + c.StatedNo + c.Conflicts + c.NotDocumented + c.NothingAlike + c.NotRead; few.UnstatedCount == 0 || n != few.RowCount+few.UnstatedCount {
				s.Errorf("%d cells of %s are counted, of %d rows and %d that nobody states", n, c.Name, few.RowCount, few.UnstatedCount)
			}
			alone += c.Lone
			alike += c.NothingAlike
		}
		if alone != few.LoneCount || alike != 1 {
			s.Errorf("%d rows are of one company each, and in %d cells there is nothing like the others: %+v", alone, alike, few.Companies)
		}
		for _, row := range few.Rows {
			switch cora := row.Cells[2]; {
			case !row.Named && (row.Stated < 2 || cora.State != "NOTHING_ALIKE"):
				s.Errorf("a row without a name: %+v", row)
			case row.Key == "price" && (cora.Unranked != "it is in EUR/month" || row.Cells[0].Unranked != "" || !row.Cells[0].Best || !row.Cells[1].Worst):
				s.Errorf("prices: %+v", row)
			case row.Key == "webhooks" && (cora.More != 1 || !strings.HasSuffix(cora.Text, "+1 more")):
				s.Errorf("webhooks: %+v", row)
			}
		}
	})
}

// written is what the tests ask of a report.
type written struct {
	ID, Type, Title, Format, Body, StaleReason string
	Stale                                      bool
	Version                                    int
	Companies, Categories                      []string
	Facts                                      struct {
		TotalCount int
		Edges      []struct{ Node struct{ Quote string } }
	}
	Files    []struct{ Format, Path string }
	Previous *struct{ ID string }
	Changes  []struct{ Kind, Company, About, Before, After string }
}

const reportFields = `id type title format body stale staleReason version companies categories facts(first: 100) { totalCount edges { node { quote } } }
	files { format path } previous { id } changes { kind company about before after }`

// write starts a report and waits until it is written.
func (s *service) write(input map[string]any) (w written, job jobState) {
	s.Helper()
	var out struct {
		StartReport struct {
			Job struct {
				ID     string
				Params struct{ ID string }
			}
		}
	}
	s.ask(`mutation ($in: StartReportInput!) { startReport(input: $in) { job { id params { ... on ReportParams { id } } } } }`, map[string]any{"in": input}, &out)
	job = s.wait(out.StartReport.Job.ID)
	return s.report(out.StartReport.Job.Params.ID), job
}

func (s *service) report(id string) written {
	s.Helper()
	var out struct{ Report written }
	s.ask(`query ($id: ID!) { report(id: $id) { `+reportFields+` } }`, map[string]any{"id": id}, &out)
	return out.Report
}

// vendors is a site of two companies.
type vendors struct {
	*site
	acme atomic.Int32 // how many requests a second Acme allows
}

// twoVendors is such a site, read.
func twoVendors(s *service) *vendors {
	s.Helper()
	w := &vendors{site: newSite(s)}
	w.acme.Store(100)
	w.HandleFunc("/acme", func(rw http.ResponseWriter, _ *http.Request) {
		writePage(rw, "Acme limits", fmt.Sprintf(`<h1>Limits</h1><p>Acme allows %d requests per second.</p><p>Acme does not support webhooks.</p><p>OAuth 2.0 is supported by Acme on all plans.</p>`, w.acme.Load()))
	})
	w.page("/bolt", "Bolt limits", `<h1>Limits</h1><p>Bolt allows 600 requests per minute.</p><p>Bolt supports webhooks.</p>`)
	for company, path := range map[string]string{"Acme": "/acme", "Bolt": "/bolt"} {
		s.wait(s.scrape(map[string]any{"urls": []string{w.URL + path}, "company": company, "profile": "api_docs"}).ID)
	}
	return w
}

func TestReportsAreWrittenByJobsAndServedInEachFormat(t *testing.T) {
	eachService(t, func(s *service) {
		twoVendors(s)
		r, job := s.write(map[string]any{"type": "COMPARISON", "companies": []string{"Acme", "Bolt"}, "title": "Who is faster?", "format": "HTML"})
		if job.Status != "COMPLETED" || job.Total != 1 || job.Done != 1 || job.FactCount == 0 {
			s.Errorf("the job is %+v", job)
		}
		if r.Type != "COMPARISON" || r.Title != "Who is faster?" || r.Format != "HTML" || !strings.HasPrefix(r.Body, "<!DOCTYPE html>") || r.Stale || r.Version != 1 {
			s.Errorf("the report is %+v", r)
		}
		if r.Facts.TotalCount != job.FactCount || !strings.Contains(fmt.Sprint(r.Facts.Edges), "Acme allows 100 requests per second.") {
			s.Errorf("it cites %+v", r.Facts)
		}
		media := map[string]string{"md": "text/markdown", "html": "text/html", "json": "application/json", "csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "pdf": "application/pdf"}
		if len(r.Files) != len(media) {
			s.Errorf("files: %v", r.Files)
		}
		for _, f := range r.Files {
			resp, err := http.Get("http://" + s.addr + f.Path)
			if err != nil {
				s.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			h := resp.Header
			if resp.StatusCode != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), media[f.Format]) || !strings.Contains(textOf(s, f.Format, body), "100 requests per second") {
				s.Errorf("%s: %s %s %.200s", f.Path, resp.Status, h.Get("Content-Type"), body)
			}
			if !strings.Contains(h.Get("Content-Disposition"), `filename="who-is-faster.`+f.Format+`"`) ||
				!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") {
				s.Errorf("%s: %v", f.Path, h)
			}
		}
		for path, status := range map[string]int{
			"/reports/" + r.ID + ".exe": 400, "/reports/01a20b94-0647-8080-8003-10965f8b5264.pdf": 404, "/reports/01a20b94-0647-8080-8003-10965f8b5264.md": 404, "/reports/x.md": 404, "/reports/": 404,
		} {
			resp, err := http.Get("http://" + s.addr + path)
			if err != nil {
				s.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != status {
				s.Errorf("%s: %s, want %d", path, resp.Status, status)
			}
		}
	})
}

// textOf is what a file says; of a workbook nothing but what is looked for.
func textOf(tb testing.TB, format string, body []byte) string {
	tb.Helper()
	switch format {
	case "xlsx":
		return "100 requests per second"
	case "pdf":
		f, err := pdf.Read(tb.Context(), body)
		if err != nil {
			tb.Fatal(err)
		}
		return fmt.Sprint(f.Pages)
	}
	return string(body)
}

func TestWithoutAChromiumThereAreNoPDFFiles(t *testing.T) {
	c := settings(t, "SQLite")
	c.Browser = "off"
	s := start(t, c)
	twoVendors(s)
	r, _ := s.write(map[string]any{"type": "SINGLE", "companies": []string{"Acme"}})
	if text := fmt.Sprint(r.Files); len(r.Files) != 5 || strings.Contains(text, "pdf") {
		t.Errorf("files: %s", text)
	}
	resp, err := http.Get("http://" + s.addr + "/reports/" + r.ID + ".pdf")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "no Chromium") {
		t.Errorf("asked for one: %s %s", resp.Status, body)
	}
}

func TestReportsThatMakeNoSenseAreRefused(t *testing.T) {
	s := start(t, settings(t, "SQLite"))
	twoVendors(s)
	both := []string{"Acme", "Bolt"}
	for name, c := range map[string]struct {
		in   map[string]any
		code string
	}{
		"a comparison of one":    {map[string]any{"type": "COMPARISON", "companies": both[:1]}, "INVALID"},
		"a single of two":        {map[string]any{"type": "SINGLE", "companies": both}, "INVALID"},
		"a topic of none":        {map[string]any{"type": "TOPIC", "companies": both}, "INVALID"},
		"a topic of nothing":     {map[string]any{"type": "TOPIC", "companies": both, "categories": []string{"rate-limits"}}, "INVALID"},
		"no such category":       {map[string]any{"type": "COMPARISON", "companies": both, "categories": []string{"rate_limits", "nope"}}, "INVALID"},
		"one category twice":     {map[string]any{"type": "COMPARISON", "companies": both, "categories": []string{"rate_limits", "rate_limits"}}, "INVALID"},
		"a report on nobody":     {map[string]any{"type": "SUMMARY", "companies": []string{}}, "INVALID"},
		"one company twice":      {map[string]any{"type": "COMPARISON", "companies": []string{"Acme", "Acme"}}, "INVALID"},
		"a stranger":             {map[string]any{"type": "SINGLE", "companies": []string{"Nobody"}}, "NOT_FOUND"},
		"no such profile":        {map[string]any{"type": "SINGLE", "companies": both[:1], "profile": "nothing"}, "NOT_FOUND"},
		"instructions":           {map[string]any{"type": "SINGLE", "companies": both[:1], "instructions": "Be kind."}, "UNAVAILABLE"},
		"no facts in a section":  {map[string]any{"type": "SINGLE", "companies": both[:1], "maxFactsPerSection": 0}, "INVALID"},
		"too many facts":         {map[string]any{"type": "SINGLE", "companies": both[:1], "maxFacts": 2001}, "INVALID"},
		"a title of 201 letters": {map[string]any{"type": "SINGLE", "companies": both[:1], "title": strings.Repeat("x", 201)}, "INVALID"},
	} {
		if code := s.refused(`mutation ($in: StartReportInput!) { startReport(input: $in) { job { id } } }`, map[string]any{"in": c.in}); code != c.code {
			t.Errorf("%s: %s, want %s", name, code, c.code)
		}
	}
}

func TestEveryPartOfAReportsInputCounts(t *testing.T) {
	c := settings(t, "SQLite")
	c.ReportSection, c.ReportFacts = 3, 5
	s := start(t, c)
	twoVendors(s)
	text := func(in map[string]any) string {
		r, _ := s.write(in)
		return r.Body
	}
	single := map[string]any{"type": "SINGLE", "companies": []string{"Acme"}}
	if body := text(single); !strings.HasPrefix(body, "# What Acme documents") || strings.Contains(body, "Bolt") || !strings.Contains(body, "webhooks") {
		t.Errorf("a report on Acme: %s", body)
	}
	single["maxFacts"] = 2
	if body := text(single); !strings.Contains(body, "Of the facts those are listed that are the surest: ") {
		t.Errorf("with two facts in all, it does not say what is left out: %s", body)
	}
	topic := text(map[string]any{"type": "TOPIC", "companies": []string{"Acme", "Bolt"}, "categories": []string{"authentication"}})
	if !strings.Contains(topic, "OAuth") || strings.Contains(topic, "per second") {
		t.Errorf("a report on authentication: %s", topic)
	}
	if body := text(map[string]any{"type": "SINGLE", "companies": []string{"Acme"}, "profile": "pricing"}); strings.Contains(body, "OAuth 2.0 is") {
		t.Errorf("nothing was found under pricing, but the report says %s", body)
	}
	body := text(map[string]any{"type": "SUMMARY", "companies": []string{"Acme", "Bolt"}})
	if said, proof, _ := strings.Cut(body, "\n## Citations\n"); len(strings.Fields(said)) > 500 || !strings.Contains(said, "Most telling") || !strings.Contains(proof, "“Bolt supports webhooks.”") {
		t.Errorf("a summary: %s", body)
	}
}

func TestTheSameReportIsWrittenOnceWhileFactsStay(t *testing.T) {
	eachService(t, func(s *service) {
		w := twoVendors(s)
		in := map[string]any{"type": "COMPARISON", "companies": []string{"Acme", "Bolt"}}
		first, _ := s.write(in)
		if again, _ := s.write(in); again.ID != first.ID {
			s.Errorf("asked twice, it was written twice")
		}
		if other, _ := s.write(map[string]any{"type": "COMPARISON", "companies": []string{"Bolt", "Acme"}}); other.ID == first.ID {
			s.Errorf("another order is another report")
		}
		change := func(n int32) {
			w.acme.Store(n)
			s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/acme"}, "company": "Acme", "profile": "api_docs", "force": true}).ID)
		}
		// A client is not told when a subscription has begun: one fact after another changes until news of one arrives.
		stale := s.subscribe(`subscription { reportStale { id stale staleReason } }`, nil)
		arrived := make(chan struct{})
		var out struct{ ReportStale written }
		go func() {
			defer close(arrived)
			stale.next(&out)
		}()
		for n, waiting := int32(900), true; waiting; n++ {
			change(n)
			select {
			case <-arrived:
				waiting = false
			case <-time.After(2 * time.Second):
				s.write(in)
			}
		}
		if !out.ReportStale.Stale || !strings.Contains(out.ReportStale.StaleReason, "requests per second.” is now 900 requests per second") {
			s.Errorf("stale: %+v", out.ReportStale)
		}
		if old := s.report(first.ID); !old.Stale || !strings.Contains(old.StaleReason, "Acme allows 100 requests per second.") {
			s.Errorf("the first report: %+v", old)
		}
		if again, _ := s.write(in); again.ID == first.ID {
			s.Errorf("a fact has changed, and the old report was given")
		}
		var refreshed struct {
			RefreshReport struct {
				Job struct {
					ID     string
					Params struct{ ID string }
				}
				Report *struct{ ID string }
			}
		}
		const refresh = `mutation ($id: ID!) { refreshReport(input: {id: $id}) { job { id params { ... on ReportParams { id } } } report { id } } }`
		s.ask(refresh, map[string]any{"id": first.ID}, &refreshed)
		s.wait(refreshed.RefreshReport.Job.ID)
		fresh := s.report(refreshed.RefreshReport.Job.Params.ID)
		if fresh.Version != 2 || fresh.Previous == nil || fresh.Previous.ID != first.ID || fresh.Stale {
			s.Errorf("refreshed: %+v", fresh)
		}
		for _, id := range []string{first.ID, fresh.ID} {
			if s.ask(refresh, map[string]any{"id": id}, &refreshed); refreshed.RefreshReport.Report == nil || refreshed.RefreshReport.Report.ID != fresh.ID {
				s.Errorf("refreshed once more, it is %+v", refreshed.RefreshReport)
			}
		}
		if text := fmt.Sprint(fresh.Changes); !strings.Contains(text, "{CHANGED Acme Request rate 100 requests per second 9") {
			s.Errorf("changes: %s", text)
		}
		s.ask(`mutation ($id: ID!) { deleteReport(input: {id: $id}) { deletedId } }`, map[string]any{"id": first.ID}, &struct{ DeleteReport struct{ DeletedID string } }{})
		if code := s.refused(`query ($id: ID!) { report(id: $id) { id } }`, map[string]any{"id": first.ID}); code != "NOT_FOUND" {
			s.Errorf("deleted, it is %s", code)
		}
	})
}

func TestAReportIsWrittenAnewOnceAFactIsBackOrIsReviewed(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		p.write("/a", para(sixHundred, token))
		p.read("/a")
		p.write("/a", para(sixHundred))
		p.read("/a")
		in := map[string]any{"type": "SINGLE", "companies": []string{"Acme"}}
		last, _ := s.write(in)
		anew := func(what string, want bool) {
			s.Helper()
			r, _ := s.write(in)
			if (r.ID != last.ID) != want {
				s.Errorf("%s: written anew is %v, want %v", what, r.ID != last.ID, want)
			}
			last = r
		}
		p.read("/a")
		anew("read again", false)
		p.write("/a", para(sixHundred, token))
		p.read("/a")
		anew("a fact is back", true)
		if !strings.Contains(last.Body, token) {
			s.Errorf("the fact that is back is not in %s", last.Body)
		}
		p.read("/a")
		anew("read once more", false)
		id := s.facts(map[string]any{"company": "Acme", "quoteContains": "tokens"})[0].ID
		s.review(id, "REJECTED", nil)
		anew("a fact was rejected", true)
		s.ask(`mutation ($id: ID!) { withdrawReview(input: {id: $id}) { fact { id } } }`, map[string]any{"id": id}, &struct{}{})
		anew("the review was taken back", true)
	})
}

func TestReportJobsTakeSettingsKeysAndPriorities(t *testing.T) {
	c := settings(t, "SQLite")
	c.ReportSection, c.ReportFacts = 3, 5
	s := start(t, c)
	twoVendors(s)
	type started struct {
		StartReport struct {
			Job struct {
				ID, Priority string
				Params       struct{ MaxFactsPerSection, MaxFacts int }
			}
		}
	}
	const query = `mutation ($in: StartReportInput!) { startReport(input: $in) { job { id priority params { ... on ReportParams { maxFactsPerSection maxFacts } } } } }`
	in := map[string]any{"type": "SINGLE", "companies": []string{"Acme"}, "priority": "HIGH", "idempotencyKey": "once"}
	var first, again started
	s.ask(query, map[string]any{"in": in}, &first)
	s.ask(query, map[string]any{"in": in}, &again)
	if job := first.StartReport.Job; job.Priority != "HIGH" || job.Params.MaxFactsPerSection != 3 || job.Params.MaxFacts != 5 {
		t.Errorf("the job is %+v", job)
	}
	if again.StartReport.Job.ID != first.StartReport.Job.ID {
		t.Error("the same key started another job")
	}
	in["companies"] = []string{"Bolt"}
	if code := s.refused(query, map[string]any{"in": in}); code != "CONFLICT" {
		t.Errorf("the same key with other input: %s", code)
	}
}

func TestReportsAreServedToWhoeverHasAKey(t *testing.T) {
	c := settings(t, "SQLite")
	c.APIKey = "0123456789abcdef0123456789abcdef"
	s := start(t, c)
	for key, status := range map[string]int{"": http.StatusUnauthorized, "wrong": http.StatusUnauthorized, string(c.APIKey[:32]): http.StatusNotFound} {
		for _, ending := range []string{"md", "pdf"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.addr+"/reports/01a20b94-0647-8080-8003-10965f8b5264."+ending, nil)
			if err != nil {
				t.Fatal(err)
			}
			if key != "" {
				r.Header.Set("Authorization", "Bearer "+key)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != status {
				t.Errorf("%s with the key %q: %s, want %d", ending, key, resp.Status, status)
			}
		}
	}
}
