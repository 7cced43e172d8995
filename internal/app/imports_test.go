package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/internal/warc"
)

const importMutation = `mutation ($input: ImportDocumentsInput!) { importDocuments(input: $input) { job { ` + jobFields + ` } } }`

// handed is a document as it is handed in.
func handed(url, contentType, content string) map[string]any {
	return map[string]any{"url": url, "contentType": contentType, "content": base64.StdEncoding.EncodeToString([]byte(content))}
}

// imports hands documents in and waits until they were read.
func (s *service) imports(documents ...map[string]any) jobState {
	s.Helper()
	var out struct{ ImportDocuments struct{ Job jobState } }
	input := map[string]any{"documents": documents, "company": "Acme", "profile": "api_docs", "priority": "HIGH"}
	s.ask(importMutation, map[string]any{"input": input}, &out)
	return s.wait(out.ImportDocuments.Job.ID)
}

func importedPage(n int) string {
	return fmt.Sprintf(`<html lang="en"><head><title>Limits %d</title><link rel="canonical" href="https://docs.example.com/other"><meta name="robots" content="noindex">
		</head><body><main><h1>Rate limits</h1><p>Each key of plan %d may send %d requests per minute.</p><a href="/more">More</a></main></body></html>`, n, n, n)
}

func TestDocumentsThatAreHandedInAreReadAsPages(t *testing.T) {
	t.Parallel()
	for database := range storetest.Addresses() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			c := settings(t, database)
			c.WorkerExtracts = 1 // one after another
			readHanded(start(t, c))
		})
	}
}

func readHanded(s *service) {
	s.Helper()
	port := canary(s)
	pdf, err := os.ReadFile("../pdf/testdata/limits.pdf")
	if err != nil {
		s.Fatal(err)
	}
	docs := []map[string]any{
		handed("https://docs.example.com/limits?utm_source=x", "text/html; charset=utf-8", importedPage(100)),
		handed("https://docs.example.com/markdown", "text/markdown", "# Quotas\n\nEach *organisation* may send 4,000 requests per hour."),
		handed("http://127.0.0.1:"+port+"/latin", "text/html; charset=iso-8859-1", "<html lang=de><p>Jeder Schl\xfcssel darf 70 Anfragen pro Minute senden, auch von \xfcberall her, und das gilt f\xfcr alle."),
		handed("https://docs.example.com/file", "application/octet-stream", string(pdf)),
		handed("https://docs.example.com/twin", "text/html", importedPage(100)),
	}
	docs[3]["contentType"] = "application/pdf"
	docs[1]["title"] = "The quotas"
	first := s.imports(docs...)
	ends := map[string]string{}
	for _, e := range first.Items.Edges {
		ends[e.Node.URL] = e.Node.Outcome
	}
	want := map[string]string{
		"https://docs.example.com/limits": "STORED", "https://docs.example.com/markdown": "STORED", "http://127.0.0.1:" + port + "/latin": "STORED",
		"https://docs.example.com/file": "STORED", "https://docs.example.com/twin": "DUPLICATE",
	}
	if fmt.Sprint(ends) != fmt.Sprint(want) || first.Status != "COMPLETED" || first.CanRetry {
		s.Errorf("got %v, job %+v", ends, first)
	}
	facts := s.facts(map[string]any{"company": "Acme", "quoteContains": "may send"})
	if len(facts) != 2 {
		s.Errorf("%d facts", len(facts))
	}
	for _, f := range facts {
		s.proven(f)
	}
	for url, by := range s.fetchers("Acme", "") {
		if by != "IMPORT" {
			s.Errorf("%s: got by %s", url, by)
		}
	}
	var page struct {
		PageByURL struct {
			Title    string
			Snapshot struct{ Text string }
		}
	}
	s.ask(`{ pageByURL(url: "https://docs.example.com/markdown") { title snapshot { text } } }`, nil, &page)
	if page.PageByURL.Title != "The quotas" {
		s.Errorf("page %+v", page)
	}
	s.ask(`query ($url: String!) { pageByURL(url: $url) { title snapshot { text } } }`, map[string]any{"url": "http://127.0.0.1:" + port + "/latin"}, &page)
	if !strings.Contains(page.PageByURL.Snapshot.Text, "Schlüssel") {
		s.Errorf("page %+v", page)
	}
	readAgain(s, docs, facts)
	var kind struct {
		Job struct {
			Type, Priority string
			Params         struct{ URLs []string }
		}
		RateLimits struct{ TotalCount int }
	}
	s.ask(`query ($id: ID!) { job(id: $id) { type priority params { ... on ScrapeParams { urls } } } rateLimits { totalCount } }`, map[string]any{"id": first.ID}, &kind)
	if kind.Job.Type != "IMPORT" || kind.Job.Priority != "HIGH" || len(kind.Job.Params.URLs) != 5 || kind.RateLimits.TotalCount != 0 {
		s.Errorf("got %+v", kind)
	}
}

// readAgain hands in what was handed in before, which changes nothing, and then
// something else.
func readAgain(s *service, docs []map[string]any, facts []factState) {
	s.Helper()
	again := s.imports(docs...)
	for _, e := range again.Items.Edges {
		if e.Node.Outcome != "UNCHANGED" && e.Node.Outcome != "DUPLICATE" {
			s.Errorf("again: %+v", e.Node)
		}
	}
	if after := s.facts(map[string]any{"company": "Acme", "quoteContains": "may send"}); len(after) != len(facts) || after[0].ID != facts[0].ID || again.Result.FactsAdded != 0 {
		s.Errorf("again: %d facts, %+v", len(after), again.Result)
	}
	changed := s.imports(handed("https://docs.example.com/limits", "text/html", importedPage(250)))
	if changed.Items.Edges[0].Node.Outcome != "STORED" || changed.Result.FactsRemoved != 1 {
		s.Errorf("changed: %+v", changed)
	}
}

func TestWhatCannotBeHandedInIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, settings(t, "SQLite"))
	page := handed("https://a.example/", "text/html", "<p>x")
	broken := handed("https://a.example/", "text/html", "x")
	broken["content"] = "not base64!"
	for name, c := range map[string]struct {
		docs  []map[string]any
		field string
	}{
		"none":         {[]map[string]any{}, "input.documents"},
		"twice":        {[]map[string]any{page, handed("https://a.example/#x", "text/html", "<p>y")}, "input.documents[1].url"},
		"no URL":       {[]map[string]any{handed("ftp://a.example/", "text/html", "x")}, "input.documents[0].url"},
		"not base64":   {[]map[string]any{broken}, "input.documents[0].content"},
		"empty":        {[]map[string]any{handed("https://a.example/", "text/html", "")}, "input.documents[0]"},
		"a picture":    {[]map[string]any{handed("https://a.example/", "image/png", "x")}, "input.documents[0]"},
		"a long title": {[]map[string]any{{"url": "https://a.example/", "contentType": "text/html", "content": "eA==", "title": strings.Repeat("x", 1001)}}, "input.documents[0].title"},
	} {
		a := s.post(importMutation, map[string]any{"input": map[string]any{"documents": c.docs, "company": "Acme"}})
		if len(a.Errors) == 0 || a.Errors[0].Extensions.Code != "INVALID" || a.Errors[0].Extensions.Field != c.field {
			s.Errorf("%s: %+v", name, a.Errors)
		}
	}
	for want, input := range map[string]map[string]any{
		"NOT_FOUND": {"documents": []any{page}, "company": "Acme", "profile": "none"}, "INVALID": {"documents": []any{page}, "company": " "},
	} {
		if code := s.refused(importMutation, map[string]any{"input": input}); code != want {
			s.Errorf("%v: %s, want %s", input, code, want)
		}
	}
	keyed := map[string]any{"documents": []any{page}, "company": "Acme", "idempotencyKey": "k"}
	other := map[string]any{"documents": []any{handed("https://a.example/", "text/html", "<p>other")}, "company": "Acme", "idempotencyKey": "k"}
	if a, b, c := s.refused(importMutation, map[string]any{"input": keyed}), s.refused(importMutation, map[string]any{"input": keyed}), s.refused(importMutation, map[string]any{"input": other}); a != "" || b != "" || c != "CONFLICT" {
		s.Errorf("by a key: %q, %q, %q", a, b, c)
	}
	shell := `<div id="root"></div><script src="/app.js"></script>`
	empty := s.imports(handed("https://a.example/empty", "text/html", "<title>x</title>"), handed("http://127.0.0.1:"+canary(t)+"/", "text/html", shell), handed("https://a.example/binary", "text/plain", "\x00\x01\x02\x03\xff\xfe\x00"+strings.Repeat("\x00", 100)))
	if empty.Status != "FAILED" || empty.CanRetry {
		s.Errorf("got %+v", empty)
	}
}

func TestLargeDocumentsHaveARouteOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	c.APIKey, c.MaxImport = master, 2<<20
	s := start(t, c)
	send := func(path, key, query string, size int) (int, string) {
		doc := handed("https://a.example/", "text/plain", strings.Repeat("Each key may send 900 requests per minute. ", size/43))
		body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"input": map[string]any{"documents": []any{doc}, "company": "Acme"}}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.addr+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/graphql-response+json")
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var b bytes.Buffer
		_, _ = b.ReadFrom(answer.Body)
		return answer.StatusCode, b.String()
	}
	for _, c := range []struct {
		path, key, query string
		size, status     int
	}{
		{"/graphql", master, importMutation, 1 << 20, http.StatusRequestEntityTooLarge},
		{"/graphql/import", master, importMutation, 1 << 20, http.StatusOK},
		{"/graphql/import", master, importMutation, 2 << 20, http.StatusRequestEntityTooLarge},
		{"/graphql/import", "", importMutation, 1 << 20, http.StatusUnauthorized},
		{"/graphql/import", master, `{ jobs { totalCount } }`, 1000, http.StatusBadRequest},
		{"/graphql/import", master, strings.Replace(importMutation, "{ importDocuments", `{ deleteJob(input: {id: "x"}) { deletedId } importDocuments`, 1), 1000, http.StatusBadRequest},
	} {
		if status, body := send(c.path, c.key, c.query, c.size); status != c.status {
			t.Errorf("%s of %d bytes: %d %s, want %d", c.path, c.size, status, body, c.status)
		}
	}
	r, err := http.Get("http://" + s.addr + "/graphql/import?query={__typename}")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("by GET: %s", r.Status)
	}
}

func TestWhatIsExportedIsTheSameWhenItIsImportedElsewhere(t *testing.T) {
	t.Parallel()
	for database := range storetest.Addresses() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			w := newSite(t)
			w.page("/a", "Limits", "<h2 id=x>Of keys</h2><p>Each key may send 900 requests per minute.</p><pre><code>GET  /v1/users \n\n  x</code></pre><table><tr><th>Plan</th><th>Requests per minute</th></tr><tr><td>Pro</td><td>1,200</td></tr></table>")
			w.page("/b", "Größe — 限制 🎉", "<p>Each organisation may send 4,000 requests per hour, 限制 included.</p><ul><li>Tokens live for 12 hours.</li></ul>")
			c := settings(t, database)
			s := start(t, c)
			s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a", w.URL + "/b"}, "company": "Acme", "profile": "api_docs"}).ID)
			s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Other", "profile": "api_docs", "force": true}).ID)
			s.wait(s.scrape(map[string]any{"urls": []string{w.URL + "/a"}, "company": "Acme", "profile": "api_docs", "force": true}).ID)
			before := s.stated()
			if len(before) < 3 {
				t.Fatalf("%d facts: %q", len(before), before)
			}
			s.stop()
			for _, pack := range []bool{false, true} {
				name := t.TempDir() + "/pages.warc"
				f, err := os.Create(name)
				if err != nil {
					t.Fatal(err)
				}
				if n, err := app.Export(context.WithoutCancel(t.Context()), c, f, pack, "Acme"); n != 2 || err != nil || f.Close() != nil {
					t.Fatalf("%d pages, %v", n, err)
				}
				elsewhere := start(t, settings(t, database))
				var docs []map[string]any
				for d, err := range app.Documents(name, "") {
					if err != nil {
						t.Fatal(err)
					}
					doc := handed(d.URL, d.ContentType, string(d.Body))
					doc["title"] = d.Title
					docs = append(docs, doc)
				}
				if job := elsewhere.imports(docs...); job.Status != "COMPLETED" || job.Done != 2 {
					t.Errorf("job %+v", job)
				}
				if after := elsewhere.stated(); strings.Join(after, "\n") != strings.Join(before, "\n") {
					t.Errorf("before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
				}
			}
		})
	}
}

// stated lists facts as everybody sees them, with the hashes of their texts.
func (s *service) stated() (all []string) {
	s.Helper()
	var out struct {
		Facts struct {
			Edges []struct {
				Node struct {
					factState
					Page struct{ URL, Title string }
				}
			}
		}
	}
	s.ask(`{ facts(first: 100, where: {status: ACTIVE}) { edges { node { `+factFields+` page { title } } } } }`, nil, &out)
	defer func() { slices.Sort(all) }()
	for _, e := range out.Facts.Edges {
		n := e.Node
		all = append(all, fmt.Sprint(n.Company, n.Category, n.Statement, n.Quote, n.Confidence, n.Headings, n.Span, n.Page.URL, n.Page.Title, n.Snapshot.Hash))
	}
	return all
}

func TestNothingOutsideOfAFolderIsHandedIn(t *testing.T) {
	t.Parallel()
	outside := t.TempDir() + "/secret.html"
	folder := t.TempDir()
	for name, text := range map[string]string{
		outside: "<p>secret", folder + "/index.html": "<p>home", folder + "/guide/a b%20c.md": "# A", folder + "/picture.png": "\x89PNG\r\n\x1a\n", folder + "/empty.txt": "",
		folder + "/\xff\xfe.txt": "named in no encoding",
	} {
		if err := os.MkdirAll(name[:strings.LastIndex(name, "/")], 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"/link.html": outside, "/up": "..", "/root": "/", "/own.html": folder + "/index.html"} {
		if err := os.Symlink(to, folder+link); err != nil {
			t.Fatal(err)
		}
	}
	var got, left []string
	for d, err := range app.Documents(folder, "https://docs.example.com/v1/") {
		if err != nil {
			left = append(left, err.Error())
			continue
		}
		got = append(got, d.URL+" "+d.ContentType+" "+string(d.Body))
	}
	want := []string{
		"https://docs.example.com/v1/guide/a%20b%2520c.md text/markdown # A", "https://docs.example.com/v1/index.html text/html <p>home",
		"https://docs.example.com/v1/%FF%FE.txt text/plain named in no encoding",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || len(left) != 6 {
		t.Errorf("got %q, left out %q", got, left)
	}
	for name, base := range map[string]string{folder: "", folder + "/index.html": "", folder + "/nowhere": "https://a.example/", outside: "https://a.example/"} {
		n := 0
		for _, err := range app.Documents(name, base) {
			if n++; err == nil {
				t.Errorf("%s, %q: no error", name, base)
			}
		}
		if n != 1 {
			t.Errorf("%s, %q: %d errors", name, base, n)
		}
	}
}

func TestAPageOfAnArchiveHasOneURLInWhateverSpelling(t *testing.T) {
	t.Parallel()
	name := t.TempDir() + "/pages.warc"
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := warc.NewWriter(f, false, "test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"https://Docs.example.com:443/docs/", "https://docs.example.com/docs/?utm_source=x#top", "https://docs.example.com/other"} {
		if err := w.Resource(uuid.New(), time.Now(), warc.Page{URL: url, ContentType: "text/html", Body: []byte("<p>x")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for d, err := range app.Documents(name, "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, d.URL)
	}
	if want := []string{"https://docs.example.com/docs/", "https://docs.example.com/docs/", "https://docs.example.com/other"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got) // a job takes a URL once
	}
}
