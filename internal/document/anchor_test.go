package document_test

import (
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/document"
)

func TestEvidenceLeadsToTheNearestAnchor(t *testing.T) {
	t.Parallel()
	d := read(t, "testdata/reference.html")
	for words, want := range map[string]string{
		"Reference": "top", "Know these": "quick", "500 events": "limits", "max_size": "max-size", "1 MiB": "max-size", "60 by default": "max-age",
		"Both can be raised": "limits", "## Functions": "functions", "Absolute value": "functions", "Nothing links": "", "They are gone": "old",
	} {
		if got := document.AnchorAt(d.Anchors, strings.Index(d.Text, words)); got != want {
			t.Errorf("%q: #%s, want #%s", words, got, want)
		}
	}
	checkAnchors(t, d)
}

func TestAnchorsThatNoLinkCanNameAreNone(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		`<h1 id="a b">x</h1>`:                                     "",
		`<h1 id="` + strings.Repeat("x", 300) + `">x</h1>`:        "",
		`<h1 id="größe">x</h1>`:                                   "größe",
		`<a name="before"></a> <h1>x</h1>`:                        "before",
		`<a name="before">y</a><h1>x</h1>`:                        "",
		`<p>y</p><h1>x</h1>`:                                      "",
		`<h1>x<a class="hash-link" href="#mark">#</a></h1>`:       "mark",
		`<div id="box"><div class="title"><h1>x</h1></div></div>`: "box",
		`<div id="box"><p>y</p><h1>x</h1></div>`:                  "",
	} {
		d, err := document.FromHTML([]byte(page))
		if err != nil {
			t.Fatal(err)
		}
		if got := document.AnchorAt(d.Anchors, len(d.Text)-1); got != want {
			t.Errorf("%s: #%s, want #%s", page, got, want)
		}
	}
}

// checkAnchors fails if they are not in the order of the text.
func checkAnchors(t *testing.T, d document.Document) {
	t.Helper()
	last := -1
	for _, a := range d.Anchors {
		if a.At <= last || a.At > len(d.Text) || !border(d.Text, a.At) {
			t.Fatalf("anchor %+v after byte %d of %d", a, last, len(d.Text))
		}
		last = a.At
	}
}
