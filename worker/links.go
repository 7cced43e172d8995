package worker

import (
	"techfacts.dev/techfacts/internal/crawl"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
)

// follow chooses the links of the page that become items. Texts are those of the
// links; nil if they are not known.
func (v *visit) follow(links []fetch.URL, texts []string) []job.Link {
	return v.choose(links, texts, v.Depth)
}

// followAt chooses the links of a stored page at depth.
func (v *visit) followAt(links []string, depth int) []job.Link {
	return v.choose(crawl.Stored(links), nil, depth)
}

func (v *visit) choose(links []fetch.URL, texts []string, depth int) []job.Link {
	limits := v.job.Params.Scrape.Crawl
	if limits == nil || depth >= limits.MaxDepth {
		return nil
	}
	var found []job.Link
	for i, u := range links {
		if ok, _ := v.scope.Allows(u); !ok {
			continue
		}
		text := ""
		if texts != nil {
			text = texts[i]
		}
		found = append(found, job.Link{URL: u, Depth: depth + 1, Score: v.job.order.Score(u, text)})
	}
	return found
}
