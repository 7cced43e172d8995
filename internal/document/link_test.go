package document_test

import (
	"testing"

	"techfacts.dev/techfacts/internal/document"
)

func TestDeepLinkLeadsToTheWords(t *testing.T) {
	t.Parallel()
	for quote, want := range map[string]string{
		"":                              "https://a.example/p",
		"600 requests per minute":       "https://a.example/p#:~:text=600%20requests%20per%20minute",
		"Use `max_keys`, or a-b & c.":   "https://a.example/p#:~:text=Use%20max_keys%2C%20or%20a%2Db%20%26%20c.",
		"At most 2^41 bytes a key":      "https://a.example/p#:~:text=At%20most,bytes%20a%20key",
		"2^41 bytes":                    "https://a.example/p#:~:text=bytes",
		"SOC 2\n: Report of 2026":       "https://a.example/p#:~:text=SOC%202,Report%20of%202026",
		"Free | $0 | 100,000 per month": "https://a.example/p#:~:text=Free,100%2C000%20per%20month",
		"für 10 € 🚀":                    "https://a.example/p#:~:text=f%C3%BCr%2010%20%E2%82%AC%20%F0%9F%9A%80",
		"one two three four five six seven eight nine ten eleven twelve thirteen": "https://a.example/p#:~:text=one%20two%20three%20four%20five%20six,eight%20nine%20ten%20eleven%20twelve%20thirteen",
	} {
		if got := document.DeepLink("https://a.example/p", "", quote); got != want {
			t.Errorf("%q:\n got %s\nwant %s", quote, got, want)
		}
	}
}

func TestDeepLinkLeadsToTheNearestAnchorWhereWordsAreNotFound(t *testing.T) {
	t.Parallel()
	for anchor, want := range map[string]string{
		"rate-limits": "https://a.example/p#rate-limits:~:text=ten",
		"page=3":      "https://a.example/p#page=3:~:text=ten",
		"größe ~#":    "https://a.example/p#gr%C3%B6%C3%9Fe%20%7E%23:~:text=ten",
	} {
		if got := document.DeepLink("https://a.example/p", anchor, "ten"); got != want {
			t.Errorf("%q:\n got %s\nwant %s", anchor, got, want)
		}
	}
	if got := document.DeepLink("https://a.example/p", "x", "|"); got != "https://a.example/p#x" {
		t.Errorf("without words: %s", got)
	}
}
