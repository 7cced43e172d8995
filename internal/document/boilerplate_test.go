package document_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/document"
)

const footer = "All prices are in euros and exclude value added tax, wherever you are."

func TestABlockOnSeventyPercentOfFivePagesIsBoilerplate(t *testing.T) {
	t.Parallel()
	mark := document.MarksOf(footer).At(0)
	for _, c := range []struct {
		pages, with int
		want        bool
	}{{4, 4, false}, {5, 3, false}, {5, 4, true}, {10, 6, false}, {10, 7, true}, {100, 69, false}, {100, 70, true}} {
		var pages [][]byte
		for i := range c.pages {
			text := fmt.Sprintf("# Page %d\n\nThis page of the manual is about the subject number %d only.", i, i)
			if i < c.with {
				text += "\n\n" + footer
			}
			pages = append(pages, document.MarksOf(text).Pack())
		}
		if b := document.Repeated(pages); b.Has(mark) != c.want || len(b) > 1 {
			t.Errorf("on %d of %d pages: %v, %d blocks", c.with, c.pages, b.Has(mark), len(b))
		}
	}
}

func TestTheSameWordsHaveTheSameMarkHoweverTheyAreMarkedUp(t *testing.T) {
	t.Parallel()
	want := document.MarksOf(footer).At(0)
	for _, text := range []string{
		"- " + footer, "> " + strings.Replace(footer, "euros and", "euros\n> and", 1), "term\n: " + footer, "## " + footer,
		"| " + strings.Replace(footer, ", ", " | , ", 1) + " |", "`" + strings.ToUpper(footer[:4]) + "`" + footer[4:],
	} {
		got := document.MarksOf(text)
		if at := got.At(strings.Index(strings.ToLower(text), "prices")); at == 0 || at != want && !strings.HasPrefix(text, "|") {
			t.Errorf("%q has mark %d, want %d", text, at, want)
		}
	}
	if m := document.MarksOf(footer[:49]); m.At(0) != 0 {
		t.Error("49 characters have a mark")
	}
	if a, b := document.MarksOf(footer).At(0), document.MarksOf(strings.Replace(footer, "euros", "pounds", 1)).At(0); a == b {
		t.Error("other words have the same mark")
	}
}

func TestMarksSurviveStorage(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(footer+"\n\n", 2) + footer + " More.\n\n# x"
	m := document.MarksOf(text)
	got := document.UnpackMarks(m.Pack())
	if len(got) != 2 || !slices.Contains(got, m.At(0)) || !slices.Contains(got, m.At(len(footer)*2+10)) || !slices.IsSorted(got) {
		t.Errorf("stored %v", got)
	}
	if b := document.Boilerplate(got).Without(document.Boilerplate(got[:1])); len(b) != 1 || b[0] != got[1] {
		t.Errorf("without the first: %v", b)
	}
	ranges := m.Within(document.Boilerplate{m.At(0)})
	if len(ranges) != 2 || ranges[1].Of(text) != footer {
		t.Errorf("within: %v", ranges)
	}
}

func TestAPageOfAThousandBlocksIsMarkedAtBothEnds(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "Paragraph %d of two thousand, each of which is long enough to count.\n\n", i)
	}
	m := document.MarksOf(b.String())
	if n := len(m.Pack()); n != 512*8 || m.At(5) == 0 || m.At(b.Len()-10) == 0 || m.At(b.Len()/2) != 0 {
		t.Errorf("%d bytes", n)
	}
}

func TestAPageThatSaysNothingOfItsOwnSaysNothing(t *testing.T) {
	t.Parallel()
	common := document.Boilerplate{document.MarksOf(footer).At(0)}
	for text, want := range map[string]bool{
		"":       false,
		"# Home": false,
		"# A heading that is long enough to say something":       true,
		"A batch holds 500 events.":                              true,
		footer:                                                   false,
		"# Prices\n\n" + footer + "\n\nPage 3":                   false,
		"# Prices\n\n" + footer + "\n\nThe plan Team costs €29.": true,
		"We use cookies to improve your visit. Accept all?\n\nRead our cookie preferences.":      false,
		"We use cookies to improve your visit. Accept all?\n\nA batch holds at most 500 events.": true,
		"# Cookies\n\n" + strings.Repeat("We use cookies for sessions, which you accept. ", 40):  true,
	} {
		if got := document.Says(text, document.MarksOf(text), common); got != want {
			t.Errorf("%q: %v", text, got)
		}
		m := document.MarksOf(text)
		if document.Says(text, m, m.All()) && !want {
			t.Errorf("%q: says more with more boilerplate", text)
		}
	}
	if m := document.MarksOf(footer); document.Says(footer, m, m.All()) {
		t.Error("all that is marked can be boilerplate")
	}
}
