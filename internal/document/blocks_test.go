package document_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
)

// show writes a block in one line.
func show(text string, b document.Block) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %q", b.Kind, text[b.Start:b.End])
	if b.Level > 0 {
		fmt.Fprintf(&s, " level %d", b.Level)
	}
	if len(b.Headings) > 0 {
		s.WriteString(" under " + strings.Join(b.Headings, " > "))
	}
	if b.Lead != "" {
		fmt.Fprintf(&s, " lead %q", b.Lead)
	}
	if b.Lang != "" {
		s.WriteString(" lang " + b.Lang)
	}
	if b.Header != nil {
		s.WriteString(" head " + strings.Join(b.Header, ", "))
	}
	for _, c := range b.Cells {
		fmt.Fprintf(&s, " [%s]", c.Of(text))
	}
	return s.String()
}

func TestBlocksAreReadBack(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":    {"", nil},
		"blank":      {" \n\n \n", nil},
		"paragraphs": {"One.\n\nTwo\nlines.\n", []string{`Paragraph "One."`, `Paragraph "Two\nlines."`}},
		"headings": {"# A\n\n## B `c`\n\nx\n\n### D\n\ny\n\n## E ##\n\nz", []string{
			`Heading "A" level 1`, "Heading \"B `c`\" level 2 under A", `Paragraph "x" under A > B c`,
			`Heading "D" level 3 under A > B c`, `Paragraph "y" under A > B c > D`,
			`Heading "E" level 2 under A`, `Paragraph "z" under A > E`,
		}},
		"underlined headings": {"A\n===\n\nB\n---\nx\n\nnot\na heading\n---\n\n---", []string{
			`Heading "A" level 1`, `Heading "B" level 2 under A`, `Paragraph "x" under A > B`, `Paragraph "not\na heading" under A > B`,
		}},
		"no headings": {"#hash\n\n####### seven\n\n#", []string{`Paragraph "#hash"`, `Paragraph "####### seven"`, `Paragraph "#"`}},
		"lists": {"There are two. They are:\n\n- a\n  - b\n  - c\n\n    d\n- e\n\nText.\n\n1. f\n2. g", []string{
			`Paragraph "There are two. They are:"`, `ListItem "a" level 1 lead "They are:"`, `ListItem "b" level 2 lead "a"`,
			`ListItem "c" level 2 lead "a"`, `Paragraph "d"`, `ListItem "e" level 1 lead "They are:"`,
			`Paragraph "Text."`, `ListItem "f" level 1`, `ListItem "g" level 1`,
		}},
		"a loose list of stars": {"* a\n\n* b\nlazy\n+ c", []string{`ListItem "a" level 1`, `ListItem "b\nlazy" level 1`, `ListItem "c" level 1`}},
		"no list items":         {"-5 degrees\n\n1.5 seconds\n\n2024\n\n-", []string{`Paragraph "-5 degrees"`, `Paragraph "1.5 seconds"`, `Paragraph "2024"`, `Paragraph "-"`}},
		"a table": {"| A | `B` | C \\| D |\n| --- | :-: | --- |\n| 1 |  | x\\|y |\n|  | 2 |  |\n\nafter", []string{
			`TableRow "1 |  | x\\|y" head A, B, C | D [1] [] [x\|y]`, `TableRow "2" head A, B, C | D [] [2] []`, `Paragraph "after"`,
		}},
		"a table without heads":    {"|  |  |\n| --- | --- |\n| Status: | stable |", []string{`TableRow "Status: | stable" [Status:] [stable]`}},
		"tables beside each other": {"| A |\n| --- |\n| 1 |\n\n| B |\n| --- |\n| 2 |", []string{`TableRow "1" head A [1]`, `TableRow "2" head B [2]`}},
		"no table":                 {"|x| is absolute\n\na\n| b |", []string{`Paragraph "|x| is absolute"`, `Paragraph "a\n| b |"`}},
		"code": {"```go\na\n\n# b\n```\n\n~~~\n```\n~~~\n\n````\n```\n````\n\n```\n```", []string{
			`Code "a\n\n# b" lang go`, "Code \"```\"", "Code \"```\"",
		}},
		"code in an item":   {"- a\n\n  ```\n  b\n    c\n  ```\n- d", []string{`ListItem "a" level 1`, `Code "b\n    c"`, `ListItem "d" level 1`}},
		"code without end":  {"```\na", []string{`Code "a"`}},
		"inline fence":      {"``` a ``` b", []string{"Paragraph \"``` a ``` b\""}},
		"quotes":            {"> a\n> b\n>\n> c\n\n> > d\n\ne", []string{`Quote "a\n> b" level 1`, `Quote "c" level 1`, `Quote "d" level 2`, `Paragraph "e"`}},
		"a list in a quote": {"> Both:\n>\n> - a\n> - b", []string{`Quote "Both:" level 1`, `ListItem "a" level 1 lead "Both:"`, `ListItem "b" level 1 lead "Both:"`}},
		"definitions": {"`GET`\nHEAD\n: Read.\n\n  More.\n: Second.\n\nPUT\n: - a\n  - b\n\n: no term\n\nend", []string{
			`Definition "Read." lead "GET, HEAD"`, `Definition "More." lead "GET, HEAD"`, `Definition "Second." lead "GET, HEAD"`,
			`ListItem "a" level 1 lead "PUT"`, `ListItem "b" level 1 lead "PUT"`, `Definition "no term" lead "PUT"`, `Paragraph "end"`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			checkBlocks(t, c.text)
			var got []string
			for _, b := range document.Blocks(c.text) {
				got = append(got, show(c.text, b))
			}
			if g, w := strings.Join(got, "\n"), strings.Join(c.want, "\n"); g != w {
				t.Errorf("got:\n%s\nwant:\n%s", g, w)
			}
		})
	}
}

func TestHeadingsOfBlocksAreNotSharedWithLaterOnes(t *testing.T) {
	blocks := document.Blocks("# A\n\nx\n\n## B\n\ny\n\n# C\n\nz")
	if got := strings.Join(blocks[1].Headings, ","); got != "A" {
		t.Errorf("later headings changed it to %q", got)
	}
}

func TestSentencesEndWhereTheyDo(t *testing.T) {
	for text, want := range map[string][]string{
		"One. Two! Three? Four":                      {"One.", "Two!", "Three?", "Four"},
		"Needs v1.2.3. Then v2.0 or later.":          {"Needs v1.2.3.", "Then v2.0 or later."},
		"Since v1.2. it is on. At 0.5 s it ends.":    {"Since v1.2. it is on.", "At 0.5 s it ends."},
		"Use e.g. TLS, i.e. HTTPS, etc. for it.":     {"Use e.g. TLS, i.e. HTTPS, etc. for it."},
		"See https://x.example/a.b?c=d. It works.":   {"See https://x.example/a.b?c=d.", "It works."},
		"Run `a. B! C`. Then `d":                     {"Run `a. B! C`.", "Then `d"},
		"Acme Inc. is here. No. 5 of Dr. No. It is.": {"Acme Inc. is here.", "No. 5 of Dr. No.", "It is."},
		"(It is so.) \"It was.\" 'Then.' Now.":       {"(It is so.)", "\"It was.\"", "'Then.'", "Now."},
		"It costs $5. $6 more. 7 left.":              {"It costs $5.", "$6 more.", "7 left."},
		"Wait... What? Wait... what.":                {"Wait...", "What?", "Wait... what."},
		"每分钟 600 个。超过时返回 429！「可以。」再试":                {"每分钟 600 个。", "超过时返回 429！", "「可以。」", "再试"},
		"الحد 100. هل تنتهي؟ نعم.":                   {"الحد 100.", "هل تنتهي؟", "نعم."},
		"Emoji 👩‍💻. 🇩🇪 too. Cafe\u0301. Da.":         {"Emoji 👩‍💻.", "🇩🇪 too.", "Cafe\u0301.", "Da."},
		"1. Install it. 2. Run it.":                  {"1. Install it.", "2. Run it."},
		"J. R. R. Tolkien wrote. Plan B is free. x":  {"J. R. R. Tolkien wrote.", "Plan B is free. x"},
		"Node.js and .NET run. ASP.NET too.":         {"Node.js and .NET run.", "ASP.NET too."},
		"Two\nlines. And\nmore.":                     {"Two\nlines.", "And\nmore."},
		"Ends with space.  ":                         {"Ends with space."},
		"...":                                        {"..."},
	} {
		var got []string
		for _, r := range document.Sentences(text, document.Block{End: len(text)}) {
			got = append(got, r.Of(text))
		}
		if g, w := strings.Join(got, " ¦ "), strings.Join(want, " ¦ "); g != w {
			t.Errorf("got  %s\nwant %s", g, w)
		}
	}
}

func TestRowsAndCodeAreOneSentence(t *testing.T) {
	for _, text := range []string{"| A. B | C. D |", "```\nA. B\n```"} {
		b := document.Blocks(text)[0]
		if s := document.Sentences(text, b); len(s) != 1 || s[0] != (document.Range{Start: b.Start, End: b.End}) {
			t.Errorf("%s: %v", text, s)
		}
	}
}

func TestSpansCountBytesRunesAndUTF16(t *testing.T) {
	unit := "a é 漢 👩‍💻 🇩🇪 e\u0301 م\u064B "
	for _, text := range []string{"", "plain ascii", unit, strings.Repeat(unit, 200), strings.Repeat("x", 255) + "é" + strings.Repeat("👍", 300)} {
		spans := document.NewSpans(text)
		units := utf16.Encode([]rune(text))
		runes := []rune(text)
		for start := 0; start <= len(text); start += 7 {
			for start < len(text) && !utf8.RuneStart(text[start]) {
				start++
			}
			end := min(start+40, len(text))
			for end < len(text) && !utf8.RuneStart(text[end]) {
				end++
			}
			s := spans.Of(start, end)
			quote := text[start:end]
			if text[s.ByteStart:s.ByteEnd] != quote || string(runes[s.RuneStart:s.RuneEnd]) != quote ||
				string(utf16.Decode(units[s.UTF16Start:s.UTF16End])) != quote {
				t.Fatalf("[%d,%d) of %d bytes: %+v", start, end, len(text), s)
			}
		}
	}
}

func TestPlainLeavesOutTheMarksOfCodeAndKeepsBackticksOfThePage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ html, want string }{
		{"<p>Set <code>max_size</code> to <code>10</code>.</p>", "Set max_size to 10."},
		{"<p>Quote it as <code>`name`</code>, always.</p>", "Quote it as `name`, always."},
		{"<p>The ``passwd.db`` file is kept.</p>", "The ``passwd.db`` file is kept."},
	} {
		doc, err := document.FromHTML([]byte("<main><h1>T</h1>" + test.html + "</main>"))
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(doc.Text, "\n\n")
		if got := document.Plain(text); got != test.want {
			t.Errorf("%s: %q, from %q", test.html, got, text)
		}
	}
}

func TestPlainTextHasTheWordsOfLinks(t *testing.T) {
	for text, want := range map[string]string{
		"The [API](/api) allows [100 requests](/r).": "The API allows 100 requests.",
		"`a[i](x)` calls [b](/b)":                    "a[i](x) calls b",
		"an array[1] (see below) [and](so on":        "an array[1] (see below) [and](so on",
	} {
		if got := document.Plain(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
