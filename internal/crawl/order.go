package crawl

import (
	"math"
	"net/url"
	"path"
	"strings"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fetch"
)

// Order says which pages come first when not all can be read. A nil Order finds
// all alike.
type Order struct{ relevance *extract.Relevance }

// NewOrder puts first what speaks of a profile.
func NewOrder(p extract.Profile, company string) *Order {
	return &Order{extract.NewRelevance(p, company)}
}

// Score is from 0 to 100: how surely at least one of these speaks of a category
// of the profile: the words of the URL's path and query, which count for seven
// tenths, and each of texts, such as the text of a link to the page and the
// title that the page had when it was last read. A score of 0 says nothing
// against a page; those are read in the order in which they were found.
func (o *Order) Score(u fetch.URL, texts ...string) int {
	if o == nil {
		return 0
	}
	not := 1 - 0.7*o.relevance.Of(wordsOf(u))
	for _, text := range texts {
		if text != "" {
			not *= 1 - o.relevance.Of(text)
		}
	}
	return int(math.Round(100 * (1 - not)))
}

// wordsOf gives the words of a URL, without its host and the ending of its file.
func wordsOf(u fetch.URL) string {
	target := u.Target()
	file, query, _ := strings.Cut(target, "?")
	if ext := path.Ext(file); len(ext) <= 6 {
		file = strings.TrimSuffix(file, ext)
	}
	words := file + " " + query
	if plain, err := url.PathUnescape(words); err == nil {
		words = plain
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("/-_.+=&?:;,~", r) {
			return ' '
		}
		return r
	}, words)
}
