package extract

import (
	"strings"
	"testing"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
)

// long is a page with sections, a table and code.
func long() string {
	var b strings.Builder
	for range 6 {
		b.WriteString("## Section\n\n" + strings.Repeat("A sentence of the section, with an é in it. ", 8) + "\n\n")
	}
	b.WriteString("## Table\n\n| Plan | Limit |\n| --- | --- |\n" + strings.Repeat("| Team | 1,200 requests per minute |\n", 40) + "\n")
	b.WriteString("## Code\n\n```go\n" + strings.Repeat("fmt.Println(\"a line\")\n", 20) + "```\n\nAfter it.\n")
	return b.String()
}

func TestChunksCoverAPageAndCutNothingThatBelongsTogether(t *testing.T) {
	t.Parallel()
	text := long()
	const size = 600
	at, tables := 0, 0
	list := chunks(Page{Text: text}, size)
	for i, c := range list {
		if n := utf8.RuneCountInString(c.text); n > size || n == 0 {
			t.Errorf("chunk %d has %d characters", i, n)
		}
		if c.start > at {
			t.Errorf("chunk %d leaves out %q", i, text[at:c.start])
		}
		if at-c.start > overlap {
			t.Errorf("chunk %d repeats %d bytes", i, at-c.start)
		}
		if c.start > 0 && text[c.start-1] != '\n' {
			t.Errorf("chunk %d begins within a line: %q", i, c.text[:20])
		}
		if c.text != text[c.start:c.end] || strings.Count(c.text, "```")%2 != 0 {
			t.Errorf("chunk %d is cut badly: %q", i, c.text)
		}
		if len(c.columns) > 0 {
			tables++
			if len(c.headings) == 0 || c.headings[len(c.headings)-1] != "Table" || c.columns[1] != "Limit" {
				t.Errorf("chunk %d has the headings %q and columns %q", i, c.headings, c.columns)
			}
		}
		at = c.end
	}
	if at != len(text) || len(list) < 5 || tables == 0 {
		t.Errorf("%d chunks to %d of %d, %d within the table", len(list), at, len(text), tables)
	}
	if whole := chunks(Page{Text: text}, len(text)); len(whole) != 1 || whole[0].text != text {
		t.Errorf("%d chunks of a page that fits in one", len(whole))
	}
}

func TestChunksBeginAtHeadings(t *testing.T) {
	t.Parallel()
	for i, c := range chunks(Page{Text: long()}, 900)[:2] {
		if !strings.HasPrefix(c.text, "## ") && !strings.HasPrefix(strings.TrimLeft(c.text, "\n"), "## ") {
			t.Errorf("chunk %d begins with %q", i, c.text[:30])
		}
	}
}

func FuzzChunks(f *testing.F) {
	f.Add(long(), 300)
	f.Add("# a\n\n> - x\n\n```\ncode", 100)
	f.Add("漢字"+strings.Repeat("あ", 500), 100)
	f.Fuzz(func(t *testing.T, text string, size int) {
		text = document.FromText([]byte(text)).Text
		size = 50 + max(size, -size)%2000
		at := 0
		for _, c := range chunks(Page{Text: text}, size) {
			if !utf8.ValidString(c.text) || utf8.RuneCountInString(c.text) > size {
				t.Fatalf("a chunk of %d characters, %d allowed: %q", utf8.RuneCountInString(c.text), size, c.text)
			}
			if c.start < 0 || c.end > len(text) || c.end <= c.start || c.end <= at {
				t.Fatalf("from %d to %d after %d of %d", c.start, c.end, at, len(text))
			}
			at = c.end
		}
	})
}
