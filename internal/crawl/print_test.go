package crawl

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fetch"
)

// essay is a text of n different words.
func essay(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "w%s ", strings.Map(func(r rune) rune { return r - '0' + 'a' }, strconv.Itoa(i*7919)))
	}
	return b.String()
}

func TestTextsThatAreNearlyAlikeHaveTheSamePrint(t *testing.T) {
	t.Parallel()
	base := essay(3000) + " The API allows 600 requests per minute, and 1,000.5 in March 2026."
	for name, c := range map[string]struct {
		other string
		same  bool
	}{
		"itself":          {base, true},
		"one word more":   {base + " again", true},
		"another number":  {strings.Replace(base, "600", "700", 1), false},
		"another order":   {strings.Replace(base, "600 requests per minute, and 1,000.5", "1,000.5 requests per minute, and 600", 1), false},
		"another month":   {strings.Replace(base, "March", "April", 1), false},
		"another subject": {essay(6000)[20_000:] + "600 1,000.5 in March 2026", false},
		"white space":     {strings.ReplaceAll(base, " ", "\n "), true},
	} {
		if got := PrintOf(base).Same(PrintOf(c.other)); got != c.same {
			t.Errorf("%s: same is %v", name, got)
		}
	}
	short := "The plan Basic allows many requests."
	if PrintOf(short).Same(PrintOf("The plan Gold allows many requests.")) || !PrintOf(short).Same(PrintOf(short)) {
		t.Error("of few words each counts")
	}
	if PrintOf(strings.Repeat("語句", 40) + "一").Same(PrintOf(strings.Repeat("別物", 40) + "一")) {
		t.Error("scripts without spaces are all alike")
	}
}

func TestPagesOfACalendarAreAlikeButForTheirNumbers(t *testing.T) {
	t.Parallel()
	month := func(name string, year int) string {
		var days strings.Builder
		for d := range 30 {
			fmt.Fprintf(&days, "%d no event ", d+1)
		}
		return fmt.Sprintf("# Events in %s %d\n\nMon Tue Wed\n%s previous next", name, year, days.String())
	}
	a, b := PrintOf(month("March", 2026)), PrintOf(month("April", 2027))
	if bits.OnesCount64(uint64(a.SimHash^b.SimHash)) > 3 || a.Same(b) {
		t.Errorf("%x and %x, numbers %s and %s", a.SimHash, b.SimHash, a.Numbers, b.Numbers)
	}
}

func TestPrintsCanBeWrittenDown(t *testing.T) {
	t.Parallel()
	p := PrintOf(essay(100))
	if got := ParsePrint(p.String()); got != p {
		t.Errorf("got %+v, want %+v", got, p)
	}
	for _, bad := range []string{"", "-", "a b", "a zz c"} {
		if ParsePrint(bad).Same(p) {
			t.Errorf("%q is like a text", bad)
		}
	}
}

func TestWhatSpeaksOfTheProfileComesFirst(t *testing.T) {
	t.Parallel()
	o := NewOrder(extract.Profile{Categories: []string{"rate_limits", "authentication"}}, "Acme")
	score := func(path string, texts ...string) int {
		u, err := fetch.ParseURL("https://limits.example" + path)
		if err != nil {
			t.Fatal(err)
		}
		return o.Score(u, texts...)
	}
	limits, byText, blog := score("/docs/rate-limits.html"), score("/docs/p17", "Rate limits and quotas"), score("/blog/our-offsite", "Our offsite")
	both := score("/docs/rate_limits", "Rate limits")
	if both <= limits || limits <= 40 || byText <= 40 || blog != 0 || score("/docs/a", "", "Authentication with API keys") == 0 {
		t.Errorf("URL %d, text %d, both %d, neither %d", limits, byText, both, blog)
	}
	if got := score("/docs/%72ate-limits"); got != limits {
		t.Errorf("encoded: %d, want %d", got, limits)
	}
	if (*Order)(nil).Score(fetch.URL{}, "rate limits") != 0 {
		t.Error("without a profile all are alike")
	}
}

func BenchmarkPrintOf(b *testing.B) {
	text := essay(3000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		PrintOf(text)
	}
}
