package demosite_test

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const origin = "http://demo.example"

// get asks the handler for a path, with headers given as name, value, name, value and so on.
func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, origin+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(b) {
		t.Errorf("the body of an answer with status %d is not UTF-8", r.StatusCode)
	}
	return string(b)
}

// document is what a reader sees of a page. All white space is one space.
type document struct {
	title, lang, canonical, description string
	headings                            int      // of the first level
	ids                                 []string // of elements
	links                               []string // as written
	text                                string   // all of the body
	main                                string   // what is not navigation
}

// parse reads a page as strictly as XML is read: each element must be closed.
func parse(t *testing.T, path, page string) document {
	t.Helper()
	var d document
	var title, text, main strings.Builder
	var open []string
	within := 0 // depth of the main content, zero outside
	tokens := xml.NewDecoder(strings.NewReader(page))
	tokens.Entity = xml.HTMLEntity
	for {
		token, err := tokens.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
			d.element(e.Name.Local, attributes(e))
			if within == 0 && isMain(attributes(e)) {
				within = len(open)
			}
		case xml.EndElement:
			if within == len(open) {
				within = 0
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if slices.Contains(open, "title") {
				title.Write(e)
			}
			if slices.Contains(open, "body") && !slices.Contains(open, "script") {
				text.Write(e)
				if within > 0 {
					main.Write(e)
				}
			}
		}
		if divides(token) {
			text.WriteByte(' ')
			main.WriteByte(' ')
		}
	}
	d.title, d.text, d.main = title.String(), oneLine(text.String()), oneLine(main.String())
	return d
}

// divides tells whether a reader sees a gap where the token stands.
func divides(token xml.Token) bool {
	var name string
	switch e := token.(type) {
	case xml.StartElement:
		name = e.Name.Local
	case xml.EndElement:
		name = e.Name.Local
	default:
		return false
	}
	return !slices.Contains([]string{"a", "b", "code", "em", "i", "q", "small", "span", "strong", "time"}, name)
}

func (d *document) element(name string, attr map[string]string) {
	if id := attr["id"]; id != "" {
		d.ids = append(d.ids, id)
	}
	switch name {
	case "html":
		d.lang = attr["lang"]
	case "h1":
		d.headings++
	case "a":
		d.links = append(d.links, attr["href"])
	case "link":
		if attr["rel"] == "canonical" {
			d.canonical = attr["href"]
		}
	case "meta":
		if attr["name"] == "description" {
			d.description = attr["content"]
		}
	}
}

func attributes(e xml.StartElement) map[string]string {
	m := map[string]string{}
	for _, a := range e.Attr {
		m[a.Name.Local] = a.Value
	}
	return m
}

// isMain tells whether an element holds the main content in one of the layouts.
func isMain(attr map[string]string) bool {
	return attr["role"] == "main" || attr["class"] == "page" || attr["class"] == "theme-doc-markdown markdown"
}

// oneLine makes of all white space, the unbreakable too, one space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// crawl reads all that can be reached from a path by links that follow allows.
// It gives the answers by path; redirects are answers too.
func crawl(t *testing.T, h http.Handler, start string, follow func(path string) bool) map[string]visit {
	t.Helper()
	seen := map[string]visit{}
	for todo := []string{start}; len(todo) > 0; todo = todo[1:] {
		path := todo[0]
		if _, done := seen[path]; done {
			continue
		}
		r := get(t, h, path)
		v := visit{status: r.StatusCode, header: r.Header, body: body(t, r)}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && r.StatusCode == http.StatusOK {
			v.doc = parse(t, path, v.body)
		}
		targets := map[string]bool{}
		for _, l := range append(v.doc.links, v.header.Get("Location")) {
			targets[resolve(t, path, l)] = true
		}
		v.links = slices.Sorted(maps.Keys(targets))
		seen[path] = v
		for _, l := range v.links {
			if follow(l) {
				todo = append(todo, l)
			}
		}
	}
	return seen
}

type visit struct {
	status int
	header http.Header
	body   string
	doc    document
	links  []string // paths
}

// resolve gives the path that a link on a page leads to.
func resolve(t *testing.T, path, link string) string {
	t.Helper()
	base, err := url.Parse(origin + path)
	if err != nil {
		t.Fatal(err)
	}
	u, err := base.Parse(link)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if u.Host != base.Host {
		t.Errorf("%s links to %s, which is not on the site", path, link)
	}
	return u.Path
}
