package crawl

import (
	"slices"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/fetch"
)

// maxLinks is how many links of one page are kept.
const maxLinks = 2_000

// Links lists where the links of a page lead, in canonical form and without
// doubles, and their texts. Those that the page asks not to follow are left out.
func Links(doc document.Document, at fetch.URL) (links []fetch.URL, texts []string) {
	seen := map[string]int{at.String(): -1}
	at = Base(doc, at)
	if doc.NoFollow {
		return nil, nil
	}
	for _, l := range doc.Links {
		u, err := at.Resolve(l.Href)
		if err != nil || l.NoFollow {
			continue
		}
		i, known := seen[u.String()]
		switch {
		case known && i >= 0 && len(texts[i]) < len(l.Text):
			texts[i] = l.Text // says more
		case !known && len(links) < maxLinks:
			seen[u.String()] = len(links)
			links, texts = append(links, u), append(texts, l.Text)
		}
	}
	return links, texts
}

// Stored gives links that were stored, without those that the rules of today do
// not admit.
func Stored(links []string) (urls []fetch.URL) {
	for _, raw := range links {
		if u, err := fetch.ParseURL(raw); err == nil {
			urls = append(urls, u)
		}
	}
	return urls
}

// Base is what the links of a page at a URL are relative to.
func Base(doc document.Document, at fetch.URL) fetch.URL {
	if doc.Base != "" {
		if base, err := at.Resolve(doc.Base); err == nil {
			return base
		}
	}
	return at
}

// SitemapsOf lists the sitemaps that the robots.txt of a site names, or else the
// one where it usually is.
func SitemapsOf(rules *fetch.Robots, home fetch.URL) (list []fetch.URL) {
	for _, raw := range rules.Sitemaps {
		if u, err := home.Resolve(raw); err == nil && !slices.Contains(list, u) {
			list = append(list, u)
		}
	}
	if len(list) == 0 {
		if u, err := home.Resolve("/sitemap.xml"); err == nil {
			list = append(list, u)
		}
	}
	return list
}
