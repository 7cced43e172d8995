package document

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"techfacts.dev/techfacts/schema"
)

func render(c Changes) string {
	var b strings.Builder
	for _, h := range c.Hunks {
		fmt.Fprintf(&b, "@%d,%d", h.FromLine, h.ToLine)
		for _, l := range h.Lines {
			b.WriteString(map[schema.DiffLineKind]string{schema.DiffKept: " ", schema.DiffAdded: "+", schema.DiffRemoved: "-"}[l.Kind] + l.Text)
		}
	}
	return b.String()
}

func TestDiffShowsTheFewestChanges(t *testing.T) {
	t.Parallel()
	lines := func(s string) string { return strings.Join(strings.Split(s, ""), "\n") }
	for _, c := range []struct{ from, to, want string }{
		{"abc", "abc", ""},
		{"abc", "abxc", "@1,1 a b+x c"},
		{"abc", "ac", "@1,1 a-b c"},
		{"abcdefgh", "abcdXfgh", "@2,2 b c d-e+X f g h"},
		{"abcabba", "cbabac", "@1,1-a-b c+b a b-b a+c"},
		{"1234567890abcdefghij", "X1234567890abcdefghijY", "@1,1+X 1 2 3@18,19 h i j+Y"},
		{"a1234567b", "A1234567B", "@1,1-a+A 1 2 3@6,6 5 6 7-b+B"},
		{"a123456b", "A123456B", "@1,1-a+A 1 2 3 4 5 6-b+B"},
	} {
		got := Diff(lines(c.from), lines(c.to))
		if render(got) != c.want || got.Truncated {
			t.Errorf("%s → %s: %s, want %s", c.from, c.to, render(got), c.want)
		}
	}
	if got := render(Diff("", "a")); got != "@1,1-+a" {
		t.Errorf("from nothing: %s", got)
	}
}

func TestDiffLeadsFromOneTextToTheOther(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	text := func() []string {
		s := make([]string, random.IntN(30))
		for i := range s {
			s[i] = string(rune('a' + random.IntN(4)))
		}
		return s
	}
	for range 3000 {
		a, b := text(), text()
		edits := script(a, b)
		var got []string
		x, y := 0, 0
		for _, e := range edits {
			switch e {
			case schema.DiffKept:
				if a[x] != b[y] {
					t.Fatalf("%v → %v: %v keeps what differs", a, b, edits)
				}
				got, x, y = append(got, a[x]), x+1, y+1
			case schema.DiffAdded:
				got, y = append(got, b[y]), y+1
			case schema.DiffRemoved:
				x++
			}
		}
		if x != len(a) || strings.Join(got, "") != strings.Join(b, "") {
			t.Fatalf("%v → %v: %v gives %v", a, b, edits, got)
		}
	}
}

func TestDiffIsBounded(t *testing.T) {
	t.Parallel()
	var a, b, c strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&a, "a%d\n", i)
		fmt.Fprintf(&b, "b%d\n", i)
		if fmt.Fprintf(&c, "a%d\n", i); i%8 == 0 {
			c.WriteString("new\n")
		}
	}
	if got := Diff(a.String(), b.String()); got.Added != 5000 || got.Removed != 5000 || len(got.Hunks) != 1 {
		t.Errorf("all new: %d added, %d removed in %d hunks", got.Added, got.Removed, len(got.Hunks))
	}
	if got := Diff(a.String(), c.String()); got.Added != 625 || got.Removed != 0 || len(got.Hunks) != maxHunks || !got.Truncated {
		t.Errorf("many changes: %d added, %d removed in %d hunks, truncated %v", got.Added, got.Removed, len(got.Hunks), got.Truncated)
	}
	if got := Diff("x", strings.Repeat("ü", maxDiffLine)); !got.Truncated || len(got.Hunks[0].Lines[1].Text) > maxDiffLine {
		t.Errorf("a long line: %+v", got)
	}
}
