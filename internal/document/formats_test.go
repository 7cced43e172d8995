package document_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
)

func reader() *document.Reader { return document.NewReader(document.DefaultMemory) }

func TestOtherFormatsBecomeTheirGoldenMarkdown(t *testing.T) {
	t.Parallel()
	for name, mediaType := range map[string]string{"guide.md": "text/markdown", "api.yaml": "application/yaml", "swagger.json": "application/json"} {
		body, err := os.ReadFile(filepath.Join("testdata/formats", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range []string{mediaType, "text/plain", "text/html", "application/octet-stream", ""} {
			d, err := reader().Read(t.Context(), declared, body)
			if err != nil {
				t.Fatalf("%s as %q: %v", name, declared, err)
			}
			golden := filepath.Join("testdata/formats", name+".golden.md")
			if *update {
				if err := os.WriteFile(golden, []byte(d.Text+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d.Text+"\n" != string(want) && (declared != "text/html" || name != "guide.md") { // there it has tags, and is HTML
				t.Errorf("%s as %q differs from %s:\n%s", name, declared, golden, d.Text)
			}
			checkBlocks(t, d.Text)
		}
	}
}

func TestTitlesAreThoseOfTheFormat(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"guide.md": "Limits of the API", "api.yaml": "Quarry API", "swagger.json": "Old API"} {
		body, err := os.ReadFile(filepath.Join("testdata/formats", name))
		if err != nil {
			t.Fatal(err)
		}
		if d, err := reader().Read(t.Context(), "text/plain", body); err != nil || d.Title != want || d.Language != "en" && name == "api.yaml" {
			t.Errorf("%s: %q %q %v", name, d.Title, d.Language, err)
		}
	}
}

func TestABodyIsBelievedBeforeItsType(t *testing.T) {
	t.Parallel()
	const page = "<p>Home</p><nav><a href=a>Guide</a> <a href=b>API</a></nav>"
	for name, c := range map[string]struct{ mediaType, body, want string }{
		"HTML as text":            {"text/plain", "<!DOCTYPE html>\n" + page, "Home"},
		"HTML after a comment":    {"text/plain", "<!-- x -->\n<html>" + page, "Home"},
		"HTML as download":        {"application/octet-stream", "\xEF\xBB\xBF <html>" + page, "Home"},
		"XHTML":                   {"application/xhtml+xml", "<?xml version='1.0'?><html>" + page, "Home"},
		"a fragment of HTML":      {"text/html", page, "Home"},
		"text as HTML":            {"text/html", "a  b\n\n  c", "a  b\n\n  c"},
		"Markdown as HTML":        {"text/html", "# One\n\n*two*\n\n## Three\n\nfour", "# One\n\ntwo\n\n## Three\n\nfour"},
		"a script is no Markdown": {"text/plain", "#!/bin/sh\n# Copy it\ncp *a* *b*\n# Done\n", "#!/bin/sh\n# Copy it\ncp *a* *b*\n# Done"},
		"text that talks of HTML": {"text/plain", "use <html> and *go*", "use <html> and *go*"},
		"no API":                  {"text/plain", "{\"a\": 1}", "{\"a\": 1}"},
	} {
		d, err := reader().Read(t.Context(), c.mediaType, []byte(c.body))
		if err != nil || d.Text != c.want {
			t.Errorf("%s: %q, %v; want %q", name, d.Text, err, c.want)
		}
	}
}

func TestWhatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder
	bomb.WriteString("openapi: 3.0.0\na0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := range 9 {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9))
	}
	for body, want := range map[string]error{
		"\x89PNG\r\n\x1a\n":             document.ErrBinary,
		`{"openapi":"3.0.0"}`:           document.ErrNotAPI,
		`{"openapi":"3.0.0","paths":`:   document.ErrNotAPI,
		"swagger: [":                    document.ErrNotAPI,
		bomb.String() + "paths: {}\n":   document.ErrNotAPI,
		strings.Repeat("openapi: [", 9): document.ErrNotAPI,
		`{"openapi":"3","paths":{},"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}": document.ErrNotAPI,
	} {
		if _, err := reader().Read(t.Context(), "text/plain", []byte(body)); !errors.Is(err, want) {
			t.Errorf("%.60q: %v, want %v", body, err, want)
		}
	}
	if _, err := reader().Read(t.Context(), "application/json", []byte(`{"openapi_is":"not here"}`)); !errors.Is(err, document.ErrNotAPI) {
		t.Errorf("JSON of something else: %v", err)
	}
}

func TestAnAPIThatRefersToItselfEnds(t *testing.T) {
	t.Parallel()
	d, err := reader().Read(t.Context(), "", []byte(`{"openapi":"3.0.0","info":{"title":"T"},"paths":{"/a":{"$ref":"#/paths/~1a"},"/b":{"get":{"parameters":[{"$ref":"#/x"},{"$ref":"other.yaml#/y"}],
"responses":{"200":{"$ref":"#/paths/~1b/get/responses/200"}}}}},"components":{"schemas":{"S":{"allOf":[{"$ref":"#/components/schemas/S"}],"items":{"$ref":"#/components/schemas/S"}}}}}`))
	if err != nil || !strings.Contains(d.Text, "### GET /b") {
		t.Errorf("%v:\n%s", err, d.Text)
	}
}

func TestReadingStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStopped)
	if _, err := reader().Read(ctx, "text/html", []byte("<p>"+strings.Repeat("<b>x</b>", 20_000))); !errors.Is(err, errStopped) {
		t.Errorf("got %v", err)
	}
}

var errStopped = errors.New("stopped")

func FuzzRead(f *testing.F) {
	for _, name := range []string{"guide.md", "api.yaml", "swagger.json"} {
		body, err := os.ReadFile(filepath.Join("testdata/formats", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add("text/plain", body)
	}
	for _, s := range []string{
		"# a\n\n# b\n\n> - *a* [x][y] `c` <b>|", "openapi: 3\npaths: {/a: {get: {parameters: [{name: x, schema: {enum: [a, {b: c}]}}]}}}",
		`{"swagger":2,"paths":{"\u0000":{"post":{"description":"# a\n<script>","security":[{"a":[1]}]}}}}`, "---\ntitle: x\n---\n!!! a\n    ```\n    b", "\t\r# a\n\n|a|\n|-|\n|`|`|",
	} {
		f.Add("text/markdown", []byte(s))
	}
	f.Fuzz(func(t *testing.T, mediaType string, body []byte) {
		d, err := reader().Read(t.Context(), mediaType, body)
		if err != nil {
			return
		}
		for _, s := range []string{d.Text, d.Title} {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r") {
				t.Fatalf("not clean: %q", s)
			}
		}
		if len(d.Text) > 64*len(body)+4096 {
			t.Fatalf("%d bytes became %d", len(body), len(d.Text))
		}
		checkBlocks(t, d.Text)
		checkAnchors(t, d)
	})
}

// What turns the direction of a quote would turn what a report says after it.
func TestNoTextTurnsWhatStandsBesideIt(t *testing.T) {
	for mediaType, body := range map[string]string{
		"text/html":     "<title>A\u202eB</title><h1>Prices\u2066</h1><p>The price is $10\u202e per month\u2069.</p>",
		"text/markdown": "# Prices\u2066\n\nThe price is $10\u202e per month\u2069.\n",
		"text/plain":    "Prices\u2066\n\nThe price is $10\u202e per month\u2069.\n",
	} {
		d, err := reader().Read(t.Context(), mediaType, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(d.Title+d.Text, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") || !strings.Contains(d.Text, "The price is $10 per month.") {
			t.Errorf("%s: %q %q", mediaType, d.Title, d.Text)
		}
	}
}
