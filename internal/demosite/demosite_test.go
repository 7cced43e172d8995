package demosite_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/demosite"
)

// The odd addresses of the site.
const (
	forbidden = "/quarrowby/docs/internal/capacity-notes"
	movedFrom = "/fennlark/docs/throttling.html"
	movedTo   = "/fennlark/docs/rate-limits.html"
	dead      = "/halvorsund/docs/classic-console/"
)

func anywhere(string) bool { return true }

// pages are the HTML pages among what has been visited.
func pages(seen map[string]visit) map[string]visit {
	found := map[string]visit{}
	for path, v := range seen {
		if v.status == http.StatusOK && strings.HasPrefix(v.header.Get("Content-Type"), "text/html") {
			found[path] = v
		}
	}
	return found
}

func TestEveryLinkLeadsSomewhereButOne(t *testing.T) {
	t.Parallel()
	seen := crawl(t, demosite.Handler(), "/", anywhere)
	for path, v := range seen {
		want := http.StatusOK
		switch path {
		case movedFrom:
			want = http.StatusMovedPermanently
		case dead:
			want = http.StatusNotFound
		}
		if v.status != want {
			t.Errorf("%s: status %d, want %d", path, v.status, want)
		}
	}
	for _, path := range []string{movedFrom, dead, forbidden} {
		if _, linked := seen[path]; !linked {
			t.Errorf("nothing links to %s", path)
		}
	}
	if n := len(pages(seen)); n < 45 || n > 55 {
		t.Errorf("the site has %d pages, want 45 to 55", n)
	}
}

func TestPagesOfAVendorAreReachedFromItsStartAndLinkToNoOther(t *testing.T) {
	t.Parallel()
	h := demosite.Handler()
	for _, v := range demosite.Vendors() {
		seen := crawl(t, h, v.Path, anywhere)
		for path := range seen {
			if !strings.HasPrefix(path, v.Path) {
				t.Errorf("%s links to %s", v.Name, path)
			}
		}
		files, err := filepath.Glob(filepath.Join("site", strings.ToLower(v.Name), "*.html"))
		deeper, _ := filepath.Glob(filepath.Join("site", strings.ToLower(v.Name), "*", "*.html"))
		if err != nil {
			t.Fatal(err)
		}
		n := len(files) + len(deeper)
		if got := len(pages(seen)); got != n || n < 15 || n > 18 {
			t.Errorf("%s: %d pages reached of %d written, want all, and 15 to 18", v.Name, got, n)
		}
	}
}

func TestEveryPageIsSoundHTML(t *testing.T) {
	t.Parallel()
	titles := map[string]string{}
	for path, v := range pages(crawl(t, demosite.Handler(), "/", anywhere)) {
		d := v.doc
		if got := v.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
			t.Errorf("%s: content type %q", path, got)
		}
		if !strings.HasPrefix(v.body, "<!DOCTYPE html>") || !strings.HasPrefix(d.lang, "en") || d.headings != 1 || d.description == "" {
			t.Errorf("%s: no doctype, language or description, or %d main headings", path, d.headings)
		}
		if d.canonical != path {
			t.Errorf("%s: canonical is %s", path, d.canonical)
		}
		if other, taken := titles[d.title]; taken || d.title == "" {
			t.Errorf("%s and %s have the title %q", path, other, d.title)
		}
		titles[d.title] = path
		for i, id := range d.ids {
			if slices.Contains(d.ids[:i], id) {
				t.Errorf("%s: two elements with the id %s", path, id)
			}
		}
		for _, l := range d.links {
			if id, local := strings.CutPrefix(l, "#"); local && id != "" && !slices.Contains(d.ids, id) {
				t.Errorf("%s: nothing has the id %s", path, id)
			}
		}
		if path != "/" && len(d.main) < 300 {
			t.Errorf("%s: only %d bytes of content", path, len(d.main))
		}
	}
}

func TestRobotsForbidsOneLinkedPage(t *testing.T) {
	t.Parallel()
	h := demosite.Handler()
	r := get(t, h, "/robots.txt")
	text := body(t, r)
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("status %d, content type %s", r.StatusCode, r.Header.Get("Content-Type"))
	}
	if !strings.Contains(text, "User-agent: *\nDisallow: /quarrowby/docs/internal/\n") || !strings.Contains(text, "Sitemap: "+origin+"/sitemap.xml\n") {
		t.Errorf("robots.txt is\n%s", text)
	}
	for path := range pages(crawl(t, h, "/", anywhere)) {
		if strings.HasPrefix(path, "/quarrowby/docs/internal/") != (path == forbidden) {
			t.Errorf("robots.txt forbids %s, want %s only", path, forbidden)
		}
	}
}

func TestSitemapListsAllPagesButTheForbidden(t *testing.T) {
	t.Parallel()
	h := demosite.Handler()
	r := get(t, h, "/sitemap.xml")
	var set struct {
		XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []struct {
			Loc     string `xml:"loc"`
			LastMod string `xml:"lastmod"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal([]byte(body(t, r)), &set); err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Get("Content-Type"); got != "application/xml; charset=utf-8" {
		t.Errorf("content type %s", got)
	}
	want := pages(crawl(t, h, "/", anywhere))
	delete(want, forbidden)
	for _, u := range set.URLs {
		path := strings.TrimPrefix(u.Loc, origin)
		if _, ok := want[path]; !ok || len(u.LastMod) != len("2026-11-24") {
			t.Errorf("the sitemap lists %s of %s", u.Loc, u.LastMod)
		}
		delete(want, path)
	}
	for path := range want {
		t.Errorf("the sitemap does not list %s", path)
	}
}

func TestMovedPageRedirectsForGood(t *testing.T) {
	t.Parallel()
	r := get(t, demosite.Handler(), movedFrom)
	if r.StatusCode != http.StatusMovedPermanently || r.Header.Get("Location") != movedTo {
		t.Errorf("status %d to %s, want 301 to %s", r.StatusCode, r.Header.Get("Location"), movedTo)
	}
}

func TestMissingPageAnswersWithAPage(t *testing.T) {
	t.Parallel()
	h := demosite.Handler()
	for _, path := range []string{dead, "/quarrowby/docs", "/halvorsund/docs/pricing", "/site/truth.json", "/layout/front.html"} {
		r := get(t, h, path)
		if r.StatusCode != http.StatusNotFound || r.Header.Get("Content-Type") != "text/html; charset=utf-8" || r.Header.Get("ETag") != "" {
			t.Errorf("%s: status %d, header %v", path, r.StatusCode, r.Header)
		}
		if d := parse(t, path, body(t, r)); d.title != "Page not found" {
			t.Errorf("%s: title %q", path, d.title)
		}
	}
}

func TestPageThatHasNotChangedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	h := demosite.Handler()
	for path, v := range pages(crawl(t, h, "/", anywhere)) {
		etag, modified := v.header.Get("ETag"), v.header.Get("Last-Modified")
		for _, c := range []struct {
			name, value string
			want        int
		}{
			{"If-None-Match", etag, http.StatusNotModified},
			{"If-None-Match", `"another"`, http.StatusOK},
			{"If-Modified-Since", modified, http.StatusNotModified},
			{"If-Modified-Since", "Thu, 01 Jan 2015 00:00:00 GMT", http.StatusOK},
		} {
			r := get(t, h, path, c.name, c.value)
			if got := body(t, r); r.StatusCode != c.want || (got == "") != (c.want == http.StatusNotModified) {
				t.Errorf("%s with %s %s: status %d and %d bytes, want %d", path, c.name, c.value, r.StatusCode, len(got), c.want)
			}
		}
		if again := get(t, demosite.Handler(), path).Header.Get("ETag"); again != etag {
			t.Errorf("%s: ETag is %s, and %s of another handler", path, etag, again)
		}
	}
}

func TestOnlyReadingIsAllowed(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{http.MethodHead: http.StatusOK, http.MethodPost: http.StatusMethodNotAllowed} {
		w := httptest.NewRecorder()
		demosite.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, origin+"/fennlark/docs/", nil))
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", method, w.Code, want)
		}
	}
}

func ExampleVendors() {
	for _, v := range demosite.Vendors() {
		fmt.Println(v.Name, v.Path)
	}
	// Output:
	// Quarrowby /quarrowby/docs/
	// Fennlark /fennlark/docs/
	// Halvorsund /halvorsund/docs/
}
