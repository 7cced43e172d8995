package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"techfacts.dev/techfacts/schema"
)

// Firecrawl gets pages by the scrape API of Firecrawl, version 1.
type Firecrawl struct{ service }

// NewFirecrawl makes a Firecrawl of the service at base, as
// https://api.firecrawl.dev, with a key unless that is empty. The limits of h
// hold for what it gives.
func NewFirecrawl(h *HTTP, base, key string) *Firecrawl {
	return &Firecrawl{newService(h, "Firecrawl", strings.TrimSuffix(base, "/")+"/v1/scrape", key)}
}

// Get gets what one URL says, wherever that leads. The error is a [Failure], or
// the cause of ctx if that ended.
func (f *Firecrawl) Get(ctx context.Context, r Request) (Response, error) {
	question := map[string]any{
		"url": r.URL.String(), "formats": []string{"rawHtml"}, "onlyMainContent": false, "timeout": f.patience(ctx),
	}
	return f.ask(ctx, r, schema.FetcherFirecrawl, question, func(body []byte) (found, *Failure) {
		var answer struct {
			Success *bool `json:"success"`
			Data    *struct {
				RawHTML  string `json:"rawHtml"`
				Metadata struct {
					StatusCode int    `json:"statusCode"`
					URL        string `json:"url"`
					SourceURL  string `json:"sourceURL"`
				} `json:"metadata"`
			} `json:"data"`
			Error string `json:"error"`
		}
		switch err := json.Unmarshal(body, &answer); {
		case err != nil:
			return found{}, f.garbled(err)
		case answer.Success == nil || *answer.Success && answer.Data == nil:
			return found{}, f.garbled(nil)
		case !*answer.Success:
			return found{}, failed(schema.Failed, errors.New(answer.Error), "Firecrawl could not read it").temporary()
		}
		at := answer.Data.Metadata
		if at.URL == "" {
			at.URL = at.SourceURL
		}
		return found{url: at.URL, html: answer.Data.RawHTML, status: at.StatusCode}, nil
	})
}
