package document_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// read gives a page of testdata as a document.
func read(t *testing.T, name string) document.Document {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := document.FromHTML(body)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// pages lists every page of testdata.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"testdata/*.html", "testdata/*/*.html"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, names...)
	}
	if len(all) < 8 {
		t.Fatalf("testdata has only %d pages", len(all))
	}
	return all
}

func TestPagesBecomeTheirGoldenMarkdown(t *testing.T) {
	t.Parallel()
	for _, name := range pages(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			got := read(t, name).Text + "\n"
			golden := strings.TrimSuffix(name, ".html") + ".golden.md"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s:\n%s", golden, got)
			}
		})
	}
}

// one is how the labels write text: without marks of code, and with rows in one line.
func one(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ReplaceAll(s, "`", ""), func(r rune) bool {
		return r == ' ' || r == '\n' || r == '|'
	}), " ")
}

func TestEveryLabelledFactSurvives(t *testing.T) {
	raw, err := os.ReadFile("testdata/nerivane/facts.json")
	if err != nil {
		t.Fatal(err)
	}
	var labelled []struct {
		Page, File string
		Facts      []struct{ Quote string }
	}
	if err := json.Unmarshal(raw, &labelled); err != nil {
		t.Fatal(err)
	}
	for _, page := range labelled {
		d := read(t, filepath.Join("testdata", page.File))
		sentences := map[string]bool{}
		for _, b := range document.Blocks(d.Text) {
			for _, r := range document.Sentences(d.Text, b) {
				sentences[one(r.Of(d.Text))] = true
			}
		}
		for _, f := range page.Facts {
			if !sentences[one(f.Quote)] {
				t.Errorf("%s: not a sentence of the text: %s", page.Page, f.Quote)
			}
		}
	}
}

func TestNavigationAndChromeAreLeftOut(t *testing.T) {
	for _, page := range []string{"pricing", "security", "api-limits", "requirements"} {
		d := read(t, "testdata/nerivane/"+page+".html")
		for _, words := range []string{
			"Sign in", "Quickstart", "Nerivane Replay", "Edit this page", "Last updated", "Was this page helpful", "Previous",
			"Stay in the loop", "Copyright", "cookies", "Skip to main content", "Breadcrumbs", "Home",
		} {
			if strings.Contains(d.Text, words) {
				t.Errorf("%s: kept %q", page, words)
			}
		}
	}
}

func TestHeadTellsAboutThePage(t *testing.T) {
	d := read(t, "testdata/structure.html")
	if d.Title != "Everything in one page" || d.Language != "en" || d.Base != "https://docs.example/v2/" || d.Canonical != "/v2/everything" {
		t.Errorf("got %q %q %q %q", d.Title, d.Language, d.Base, d.Canonical)
	}
	if d.NoIndex || d.NoFollow {
		t.Error("it asks neither not to be indexed nor not to be followed")
	}
	d = read(t, "testdata/cards.html")
	if !d.NoIndex || d.NoFollow || d.Language != "de" {
		t.Errorf("got %v %v %q", d.NoIndex, d.NoFollow, d.Language)
	}
}

func TestAPageThatOnlyLeadsOnSaysWhere(t *testing.T) {
	t.Parallel()
	long := "<p>" + strings.Repeat("This page has moved, and says much more. ", 10)
	for page, want := range map[string]string{
		`<meta http-equiv="refresh" content="0; url=next.html">`:                                    "next.html",
		`<meta http-equiv=REFRESH content=" 0.5 ;URL = '/Next'"><p>You are redirected.`:             "/Next",
		`<meta http-equiv="refresh" content="5,https://a.example/?x=1">`:                            "https://a.example/?x=1",
		`<meta http-equiv="refresh" content="0; url=a"><meta http-equiv="refresh" content="0; b">`:  "a",
		`<meta http-equiv="refresh" content="30; url=next.html">`:                                   "",
		`<meta http-equiv="refresh" content="0">`:                                                   "",
		`<meta http-equiv="refresh" content="soon; url=next.html">`:                                 "",
		`<noscript><meta http-equiv="refresh" content="0; url=old.html"></noscript>`:                "",
		`<body><noscript><meta http-equiv="refresh" content="0; url=old.html"></noscript><p>Words.`: "",
		`<meta http-equiv="refresh" content="0; url=next.html">` + long:                             "",
		`<meta name="refresh" content="0; url=next.html">`:                                          "",
	} {
		if d, err := document.FromHTML([]byte(page)); err != nil || d.Refresh != want {
			t.Errorf("%s: got %q, want %q", page, d.Refresh, want)
		}
	}
}

func TestLanguageIsThePrimarySubtag(t *testing.T) {
	for page, want := range map[string]string{
		`<html lang="EN-us"><p>x`:                                   "en",
		`<html lang="pt_BR"><p>x`:                                   "pt",
		`<html xml:lang="gsw"><p>x`:                                 "gsw",
		`<html lang=""><p>x`:                                        "",
		`<html lang="{{lang}}"><p>x`:                                "",
		`<html lang="x-default"><p>x`:                               "",
		`<meta http-equiv="content-language" content="fr, en"><p>x`: "fr",
	} {
		if d, err := document.FromHTML([]byte(page)); err != nil || d.Language != want {
			t.Errorf("%s: %q, %v; want %q", page, d.Language, err, want)
		}
	}
}

func TestRobotsMetaIsRead(t *testing.T) {
	for content, want := range map[string][2]bool{
		"noindex": {true, false}, "NOFOLLOW": {false, true}, "none": {true, true}, "index,follow": {false, false}, "noindex, nofollow": {true, true},
	} {
		d, err := document.FromHTML([]byte(`<meta name="ROBOTS" content="` + content + `"><p>x`))
		if err != nil || d.NoIndex != want[0] || d.NoFollow != want[1] {
			t.Errorf("%s: %v %v", content, d.NoIndex, d.NoFollow)
		}
	}
}

func TestLinksOfTheWholePageAreGivenAsWritten(t *testing.T) {
	d := read(t, "testdata/structure.html")
	want := []document.Link{
		{Href: "/", Text: "Example"},
		{Href: "/pricing", Text: "Pricing", NoFollow: true},
		{Href: "guide.html", Text: "a link to the guide"},
	}
	if len(d.Links) != len(want) {
		t.Fatalf("got %v", d.Links)
	}
	for i, l := range d.Links {
		if l != want[i] {
			t.Errorf("link %d: %+v, want %+v", i, l, want[i])
		}
	}
}

func TestSmallPagesReadLikeTheyLook(t *testing.T) {
	for name, c := range map[string]struct{ html, want string }{
		"nothing":                        {"", ""},
		"text without a tag":             {"just words", "just words"},
		"a page of one cookie box":       {`<div class="cookie" role="dialog">We use cookies.<button>OK</button></div>`, ""},
		"scripts and styles":             {`<style>p{}</style><script>var x = "<p>no</p>"</script><noscript>Enable it</noscript><p>yes</p>`, "yes"},
		"nothing is escaped":             {"<p>* _a_ [b](c) # d 1. e &amp;amp; \\</p>", "* _a_ [b](c) # d 1. e &amp; \\"},
		"pipes only in cells":            {"<p>a|b</p><table><tr><td>a|b<td>c</table>", "a|b\n\na|b\n\nc"},
		"navigation of links":            {`<nav><a href=a>Guide</a> <a href=b>API</a></nav><p>Text.</p>`, "Text."},
		"a nav of prose is content":      {"<nav><p>" + strings.Repeat("This is prose in the wrong element. ", 10) + "</p></nav>", strings.TrimSpace(strings.Repeat("This is prose in the wrong element. ", 10))},
		"a class alone drops nothing":    {`<div class="sidebar menu"><h2>Menus</h2><p>The menu has 5 entries.</p></div>`, "## Menus\n\nThe menu has 5 entries."},
		"never inline":                   {`<p>Choose <span class="menu">File</span> <b class="nav"><a href="x">Open</a></b>.</p>`, "Choose File Open."},
		"a heading outside main":         {`<header><h1>Limits</h1></header><main><p>One per second.</p></main>`, "# Limits\n\nOne per second."},
		"main in a box called nav":       {`<div class="nav"><main><a href="x">All links</a></main></div>`, "All links"},
		"a page of cards is not a card":  {"<article>One card of words.</article><article>Another card of words.</article>", "One card of words.\n\nAnother card of words."},
		"white space between blocks":     {"<div>a<div>b</div>c</div>", "a\n\nb\n\nc"},
		"words of cells stay apart":      {"<table><tr><th>A<th>B<tr><td><p>x</p><p>y</p><td>z</table>", "| A | B |\n| --- | --- |\n| x y | z |"},
		"code with backticks":            {"<p><code>a `b` c</code></p>", "`` a `b` c ``"},
		"an accordion of buttons":        {"<h3><button>Is it free?</button></h3><p>Yes.</p><button>Copy</button>", "### Is it free?\n\nYes."},
		"icons are no words":             {`<p><i class="material-icons">chevron_right</i> Next step</p>`, "Next step"},
		"a list in a quote":              {"<blockquote><ul><li>a<li>b</ul></blockquote>", "> - a\n> - b"},
		"a table in a list":              {"<ul><li>a<table><tr><th>H<th>I<tr><td>1<td>2</table></ul>", "- a\n\n  | H | I |\n  | --- | --- |\n  | 1 | 2 |"},
		"a definition of a list":         {"<dl><dt>t<dd><ul><li>a<li>b</ul></dl>", "t\n: - a\n  - b"},
		"a line broken in a sentence":    {"<p>It is<br>one.</p>", "It is one."},
		"declared and broken characters": {"<p>a\x00b\xffc</p>", "ab\uFFFDc"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := document.FromHTML([]byte(c.html))
			if err != nil {
				t.Fatal(err)
			}
			if d.Text != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", d.Text, c.want)
			}
		})
	}
}

func TestPagesDeeperThanTheParserAreReadPlainly(t *testing.T) {
	page := `<html lang="en"><title>Deep</title><a href="x">go</a>` + strings.Repeat("<div><b>", 600) +
		"<h2>Rates</h2><p>One per second.</p><script>no()</script><ul><li>a<li>b</ul>"
	d, err := document.FromHTML([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	if d.Text != "go\n\n## Rates\n\nOne per second.\n\n- a\n\n- b" || d.Title != "Deep" || d.Language != "en" || len(d.Links) != 1 {
		t.Errorf("got %q %q %q %v", d.Text, d.Title, d.Language, d.Links)
	}
}

func TestNothingBehindATagOrATextOfMegabytesIsLost(t *testing.T) {
	t.Parallel()
	const size = 3 << 20
	deep := strings.Repeat("<div>", 600) + "<h1>Limits</h1><p>First of all.</p>"
	for name, long := range map[string]string{
		"a picture":      `<img alt="a > b" src="data:image/png;base64,` + strings.Repeat("A", size) + `">`,
		"attributes":     "<div " + strings.Repeat(`a='"' `, size/6) + ">",
		"an end":         "</div " + strings.Repeat(`a = "<p>" `, size/9) + ">",
		"a link":         `<a href="/` + strings.Repeat("a", size) + `">`,
		"a strange name": "<x-" + strings.Repeat("y", size) + ">",
		"a comment":      "<!-- <p>no " + strings.Repeat("<p> > ", size/6) + "-->",
		"a declaration":  "<!x " + strings.Repeat("y", size) + ">",
		"a script":       "<script>" + strings.Repeat("'<p>no</p>' </scripts>", size/22) + "</SCRIPT >",
		"a style":        "<style x=" + strings.Repeat("y", size) + ">no" + strings.Repeat("<p>no", size/5) + "</style>",
		"a title":        "<title>" + strings.Repeat("no ", size/3) + "</title>",
	} {
		d, err := document.FromHTML([]byte(deep + long + "<p>Each key may send 600 requests.</p><p>And <a href=/last>last</a>.</p>"))
		if want := "# Limits\n\nFirst of all.\n\nEach key may send 600 requests.\n\nAnd last."; err != nil || d.Text != want {
			t.Errorf("%s: %.200q: %v", name, d.Text, err)
		}
		if n := len(d.Links); n == 0 || d.Links[n-1].Href != "/last" {
			t.Errorf("%s: links %v", name, d.Links)
		}
	}
	for _, piece := range []string{"größe &amp; maß ", "größe&amp;", "限制", "a < b "} {
		d, err := document.FromHTML([]byte(deep + "<p>" + strings.Repeat(piece, size/len(piece)) + "</p><p>Last."))
		want := "# Limits\n\nFirst of all.\n\n" + strings.TrimSpace(strings.Repeat(strings.ReplaceAll(piece, "&amp;", "&"), size/len(piece))) + "\n\nLast."
		if strings.ReplaceAll(d.Text, "\\", "") != want || err != nil {
			t.Errorf("%q: %d bytes, want %d: %.100q … %.100q: %v", piece, len(d.Text), len(want), d.Text, d.Text[max(0, len(d.Text)-60):], err)
		}
	}
}

func TestSpansDoNotBlowUpAPage(t *testing.T) {
	cell := `<td colspan="1000" rowspan="60000">` + strings.Repeat("x", 2000) + "</td>"
	body := []byte("<table>" + strings.Repeat("<tr>"+cell+cell+"</tr>", 200) + "</table>")
	d, err := document.FromHTML(body)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Text) > 3*len(body) {
		t.Errorf("%d bytes became %d", len(body), len(d.Text))
	}
}

func TestHostilePagesAreReadInTimeAndSpace(t *testing.T) {
	const size = 200_000
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	deep := func(open, shut string, n int) string { return strings.Repeat(open, n) + "x" + strings.Repeat(shut, n) }
	for name, page := range map[string]string{
		"boxes among articles":   fill("<article>a</article><nav><a href=x>y</a></nav>"),
		"backticks":              fill("` `` ``` "),
		"words of full stops":    fill("a.b"),
		"powers of powers":       fill(deep("<sup>", "</sup>", 200)),
		"tables in tables":       fill(deep("<table><tr><td>", "</table>", 100)),
		"quotes of many lines":   strings.Repeat("<blockquote>", 400) + fill("<p>a"),
		"lists of many lines":    strings.Repeat("<ul><li>", 200) + fill("<p>a"),
		"an item of many lists":  "<ul><li>" + fill("x") + strings.Repeat("<ul><li>`a`</ul><p>b", 5000),
		"items of a cell":        "<table><tr><td>a<td>" + fill("<li>a"),
		"a row of cells":         "<table><tr>" + fill("<td>1"),
		"rows of spans":          "<table>" + fill("<tr><td colspan=1000 rowspan=9999>a<td colspan=50 rowspan=999>b"),
		"formatting never ended": fill("<p><font><b>"),
		"tags never ended":       fill("<div "),
		"headings":               fill("<h1>a</h1>"),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			d, err := document.FromHTML([]byte(page))
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range document.Blocks(d.Text) {
				document.Sentences(d.Text, b)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if len(d.Text) > 16*len(page) {
				t.Errorf("%d bytes became %d", len(page), len(d.Text))
			}
		})
	}
}

func TestBinaryBytesAreRefused(t *testing.T) {
	for _, body := range []string{"%PDF-1.7\n%", "\x89PNG\r\n\x1a\n", "\x1f\x8b\x08\x00", strings.Repeat("\x00\x01", 50)} {
		if _, err := document.FromHTML([]byte(body)); err == nil {
			t.Errorf("%q was read", body[:4])
		}
	}
}

func TestTextIsPassedThroughSanitised(t *testing.T) {
	d := document.FromText([]byte("\uFEFF# Title #\r\n\r\nOne\x00 two \t\r\n  three\xff\rfour\u2028five\n\n"))
	if want := "# Title #\n\nOne two\n  three\uFFFD\nfour\nfive"; d.Text != want {
		t.Errorf("got %q, want %q", d.Text, want)
	}
	if d.Title != "Title" {
		t.Errorf("title %q", d.Title)
	}
}

func FuzzFromHTML(f *testing.F) {
	names, err := filepath.Glob("testdata/*.html")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, s := range []string{
		"<table><tr><td colspan=9>a<td>b<tr><td rowspan=3>é", "<ul><li><ul><li><pre>`", "<dl><dd>: x<dt>y", "<p>👩‍💻 e\u0301 م",
		"<blockquote><h1>#<blockquote>- 1. |", "<main><nav><a href=#>x", strings.Repeat("<b><div>", 300) + "x", "<sup><sup>1<sup>2",
		"<p>> a<p># b<p>```<p>| c |<p>: d<p>- e<p>1. f", "<svg><title>a</title></svg><math><mi>x",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := document.FromHTML(body)
		if err != nil {
			return
		}
		again, err := document.FromHTML(bytes.Clone(body))
		if err != nil || again.Text != d.Text || len(again.Links) != len(d.Links) {
			t.Fatal("the same page gave another document")
		}
		for _, s := range []string{d.Text, d.Title, d.Canonical, d.Base} {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r") {
				t.Fatalf("not clean: %q", s)
			}
		}
		if strings.TrimSpace(d.Text) != d.Text {
			t.Fatalf("white space at the ends: %q", d.Text)
		}
		checkBlocks(t, d.Text)
		checkBlocks(t, document.FromText(body).Text)
	})
}

// checkBlocks fails if a position is not one of a character of the text.
func checkBlocks(t *testing.T, text string) {
	t.Helper()
	spans := document.NewSpans(text)
	check := func(what string, start, end, from, to int) {
		t.Helper()
		if start < from || start > end || end > to || !border(text, start) || !border(text, end) {
			t.Fatalf("%s [%d,%d) in [%d,%d) of %q", what, start, end, from, to, text)
		}
	}
	at := 0
	for _, b := range document.Blocks(text) {
		check(b.Kind.String(), b.Start, b.End, at, len(text))
		if b.Start == b.End {
			t.Fatalf("empty %s at %d of %q", b.Kind, b.Start, text)
		}
		at = b.End
		last := b.Start
		for _, s := range document.Sentences(text, b) {
			check("sentence", s.Start, s.End, last, b.End)
			if s.Start == s.End {
				t.Fatalf("empty sentence at %d of %q", s.Start, text)
			}
			last = s.End
			u := spans.Of(s.Start, s.End)
			if u.RuneEnd-u.RuneStart != utf8.RuneCountInString(s.Of(text)) {
				t.Fatalf("span %+v of %q", u, s.Of(text))
			}
		}
		for _, c := range b.Cells {
			if c.Start != c.End {
				check("cell", c.Start, c.End, b.Start, b.End)
			}
		}
	}
}

func border(text string, i int) bool {
	return i == len(text) || utf8.RuneStart(text[i])
}
