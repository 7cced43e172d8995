package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"techfacts.dev/techfacts/schema"
)

func wide(big bool, bom bool, s string) string {
	var b bytes.Buffer
	units := utf16.Encode([]rune(s))
	if bom {
		units = append([]uint16{0xFEFF}, units...)
	}
	for _, u := range units {
		if big {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	return b.String()
}

func TestSitemapsAreReadInEveryForm(t *testing.T) {
	t.Parallel()
	at := mustParse(t, "https://acme.example/maps/sitemap.xml")
	urlset := `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://x"><url><loc>https://acme.example/a?x=1&amp;y=2</loc><lastmod>2026-03-01</lastmod>
		<image:image><image:loc>https://acme.example/a.png</image:loc></image:image></url><url>
		<loc>
			/relative
		</loc></url></urlset>`
	for name, c := range map[string]struct{ body, contentType, want string }{
		"a plain one":           {urlset, "application/xml", "https://acme.example/a?x=1&y=2@2026-03-01 https://acme.example/relative"},
		"zipped":                {squeeze(t, "gzip", urlset), "application/x-gzip", "https://acme.example/a?x=1&y=2@2026-03-01 https://acme.example/relative"},
		"white space before it": {"\n \t\ufeff\n" + urlset, "", "https://acme.example/a?x=1&y=2@2026-03-01 https://acme.example/relative"},
		"a byte order mark":     {"\ufeff" + urlset, "", "https://acme.example/a?x=1&y=2@2026-03-01 https://acme.example/relative"},
		"UTF-16, big":           {wide(true, true, urlset), "", "https://acme.example/a?x=1&y=2@2026-03-01 https://acme.example/relative"},
		"UTF-16, no mark":       {wide(false, false, urlset), "", "https://acme.example/a?x=1&y=2@2026-03-01 https://acme.example/relative"},
		"latin-1":               {"<?xml version='1.0' encoding='ISO-8859-1'?><urlset><url><loc>https://acme.example/gr\xfcn</loc></url></urlset>", "", "https://acme.example/gr%C3%BCn"},
		"latin-1 by its header": {"<urlset><url><loc>https://acme.example/gr\xfcn</loc></url></urlset>", "text/xml; charset=latin1", "https://acme.example/gr%C3%BCn"},
		"a lying header":        {"\ufeff<urlset><url><loc>https://acme.example/grün</loc></url></urlset>", "", "https://acme.example/gr%C3%BCn"},
		"a bare ampersand":      {"<urlset><url><loc>https://acme.example/?a=1&b=2</loc></url></urlset>", "", "https://acme.example/?a=1&b=2"},
		"CDATA":                 {"<urlset><url><loc><![CDATA[ https://acme.example/?a=1&b=2 ]]></loc></url></urlset>", "", "https://acme.example/?a=1&b=2"},
		"a namespace prefix":    {`<sm:urlset xmlns:sm="x"><sm:url><sm:loc>https://acme.example/a</sm:loc></sm:url></sm:urlset>`, "", "https://acme.example/a"},
		"doubles and strangers": {"<urlset><url><loc>/a</loc></url><url><loc>/a#x</loc></url><url><loc>ftp://acme.example/</loc></url><url><loc></loc></url></urlset>", "", "https://acme.example/a"},
		"an index":              {"<sitemapindex><sitemap><loc>https://acme.example/1.xml.gz</loc><lastmod>2026-01-01</lastmod></sitemap><sitemap><loc>/2.xml</loc></sitemap></sitemapindex>", "", "→https://acme.example/1.xml.gz →https://acme.example/2.xml"},
		"text":                  {"https://acme.example/a\r\n\r\nhttps://acme.example/b \n# note\n/not-absolute\n", "text/plain", "https://acme.example/a https://acme.example/b"},
		"text with a mark":      {"\ufeffhttps://acme.example/a\n", "text/plain", "https://acme.example/a"},
		"RSS": {`<rss version="2.0"><channel><link>https://acme.example/home</link><item><title>x</title><link>https://acme.example/post</link><pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate></item>
			<item><guid>https://acme.example/guid</guid></item><item><guid isPermaLink="false">https://acme.example/no</guid></item></channel></rss>`, "", "https://acme.example/post@2026-03-01 https://acme.example/guid"},
		"RSS 1.0": {`<rdf:RDF xmlns:rdf="x"><channel><link>/home</link></channel><item><link>https://acme.example/post</link></item></rdf:RDF>`, "", "https://acme.example/post"},
		"Atom": {`<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://acme.example/home"/><entry><link rel="edit" href="/edit"/><link rel="alternate" href="https://acme.example/post"/>
			<link rel="alternate" href="/second"/><updated>2026-03-01T10:00:00Z</updated></entry></feed>`, "", "https://acme.example/post@2026-03-01"},
		"one that breaks off": {"<urlset><url><loc>/a</loc></url><url><loc>/b</lo", "", "https://acme.example/a!"},
		"empty":               {"<urlset></urlset>", "", ""},
		"not one":             {"<!doctype html><html><body>Not found</body></html>", "text/html", "!"},
		"words":               {"There is nothing here", "text/plain", "!"},
		"nothing":             {"", "", "!"},
		"half zipped":         {squeeze(t, "gzip", strings.Repeat(urlset, 5))[:60], "", "!"},
	} {
		s, err := ParseSitemap(strings.NewReader(c.body), c.contentType, at)
		var got []string
		for _, p := range s.Pages {
			text := p.URL.String()
			if !p.Modified.IsZero() {
				text += "@" + p.Modified.Format(time.DateOnly)
			}
			got = append(got, text)
		}
		for _, u := range s.Sitemaps {
			got = append(got, "→"+u.String())
		}
		text := strings.Join(got, " ")
		if err != nil {
			text += "!"
		}
		if text != c.want || s.Cut != (err != nil) && err == nil {
			t.Errorf("%s: got %s (%v), want %s", name, text, err, c.want)
		}
	}
}

func TestSitemapsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("<urlset>")
	for i := range maxSitemapURLs + 10 {
		fmt.Fprintf(&b, "<url><loc>/%d</loc></url>", i)
	}
	at := mustParse(t, "https://acme.example/sitemap.xml")
	if s, err := ParseSitemap(strings.NewReader(b.String()), "", at); err != nil || len(s.Pages) != maxSitemapURLs || !s.Cut {
		t.Errorf("%d pages, cut %v, %v", len(s.Pages), s.Cut, err)
	}
	b.Reset()
	for i := range 10_000 {
		fmt.Fprintf(&b, "https://acme.example/%d/%s\n", i, strings.Repeat("x", 1000))
	}
	if s, err := ParseSitemap(strings.NewReader(b.String()), "", at); err != nil || len(s.Pages) < 8000 || len(s.Pages) > maxSitemapBytes/1000 || !s.Cut {
		t.Errorf("long URLs: %d pages, cut %v, %v", len(s.Pages), s.Cut, err)
	}
	for _, token := range []string{"<loc>%s</loc>", "<!--%s-->", "<x y='%s'/>", "<![CDATA[%s]]>"} {
		one := "<urlset><url><loc>/a</loc></url><url>" + fmt.Sprintf(token, strings.Repeat("x", maxSitemapToken)) + "</url><url><loc>/b</loc></url></urlset>"
		if s, err := ParseSitemap(strings.NewReader(one), "", at); !errors.Is(err, errTooLarge) || len(s.Pages) != 1 || !s.Cut {
			t.Errorf("%s: %d pages, %v", token, len(s.Pages), err)
		}
	}
	bomb := squeeze(t, "gzip", "<urlset>"+strings.Repeat(" ", maxSitemap))
	if s, err := ParseSitemap(strings.NewReader(bomb), "", at); err == nil {
		t.Errorf("a bomb: %+v", s)
	}
	deep := strings.Repeat("<urlset>", 100)
	if s, err := ParseSitemap(strings.NewReader(deep), "", at); err == nil {
		t.Errorf("a deep one: %+v", s)
	}
	long := "<urlset><url><loc>https://acme.example/" + strings.Repeat("x", 1<<20) + "</loc></url><url><loc>/a</loc></url></urlset>"
	if s, err := ParseSitemap(strings.NewReader(long), "", at); err != nil || len(s.Pages) != 1 {
		t.Errorf("a long URL: %d pages, %v", len(s.Pages), err)
	}
}

func TestSitemapsAreFetchedByTheSameRules(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]http.HandlerFunc{
		"/robots.txt":  says("text/plain", "user-agent: *\ndisallow: /private\nsitemap: /map.xml"),
		"/map.xml":     says("application/xml", "<urlset><url><loc>/a</loc></url></urlset>"),
		"/zipped.xml":  encoded("gzip", squeeze(t, "gzip", "<urlset><url><loc>/a</loc></url></urlset>")),
		"/moved.xml":   redirect("/map.xml"),
		"/private.xml": says("application/xml", "<urlset/>"),
		"/html":        says("text/html", "<html>nothing"),
	})
	w := open(t, Options{}, s)
	for _, path := range []string{"/map.xml", "/zipped.xml"} {
		got, response, err := w.Sitemap(t.Context(), Request{URL: s.at(t, path)})
		if err != nil || len(got.Pages) != 1 || got.Pages[0].URL != s.at(t, "/a") || response.Status != 200 || response.Bytes == 0 {
			t.Errorf("%s: %+v, %+v, %v", path, got, response, err)
		}
	}
	if _, response, err := w.Sitemap(t.Context(), Request{URL: s.at(t, "/moved.xml")}); err != nil || response.Redirect != s.at(t, "/map.xml") {
		t.Errorf("moved: %+v, %v", response, err)
	}
	for path, want := range map[string]schema.Outcome{"/private.xml": schema.RobotsBlocked, "/html": schema.UnsupportedType, "/none": schema.HTTPError} {
		if _, _, err := w.Sitemap(t.Context(), Request{URL: s.at(t, path)}); outcome(err) != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	rules, err := w.Robots(t.Context(), s.at(t, "/"))
	if err != nil || len(rules.Sitemaps) != 1 || rules.Sitemaps[0] != "/map.xml" {
		t.Errorf("robots: %+v, %v", rules, err)
	}
}

func outcome(err error) schema.Outcome {
	if f, ok := err.(*Failure); ok { //nolint:errorlint // unwrapped
		return f.Outcome
	}
	return ""
}

func FuzzSitemap(f *testing.F) {
	f.Add([]byte("<urlset><url><loc>https://acme.example/a</loc></url></urlset>"), "text/xml")
	f.Add([]byte("\x1f\x8b\x08"), "")
	f.Add([]byte("\xff\xfe<\x00"), "text/xml; charset=utf-16")
	f.Add([]byte("https://acme.example/a\n"), "text/plain")
	f.Add([]byte(`<feed><entry><link href="/x"/></entry></feed>`), "")
	at, err := ParseURL("https://acme.example/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		s, _ := ParseSitemap(io.LimitReader(bytes.NewReader(body), 1<<20), contentType, at)
		seen := map[string]bool{}
		for _, p := range s.Pages {
			again, err := ParseURL(p.URL.String())
			if err != nil || again != p.URL {
				t.Errorf("%q is not canonical: %v", p.URL, err)
			}
			if seen[p.URL.String()] {
				t.Errorf("%q stands there twice", p.URL)
			}
			seen[p.URL.String()] = true
		}
	})
}
