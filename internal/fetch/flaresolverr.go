package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"techfacts.dev/techfacts/schema"
)

// FlareSolverr gets pages by FlareSolverr, which meets the challenges of
// Cloudflare and DDoS-Guard.
type FlareSolverr struct{ service }

// NewFlareSolverr makes a FlareSolverr of the service at base, as
// http://localhost:8191. The limits of h hold for what it gives.
func NewFlareSolverr(h *HTTP, base string) *FlareSolverr {
	return &FlareSolverr{newService(h, "FlareSolverr", strings.TrimSuffix(strings.TrimSuffix(base, "/"), "/v1")+"/v1", "")}
}

// Get gets what one URL says, wherever that leads. The error is a [Failure], or
// the cause of ctx if that ended.
func (f *FlareSolverr) Get(ctx context.Context, r Request) (Response, error) {
	question := map[string]any{"cmd": "request.get", "url": r.URL.String(), "maxTimeout": f.patience(ctx), "disableMedia": true}
	return f.ask(ctx, r, schema.FetcherFlareSolverr, question, func(body []byte) (found, *Failure) {
		var answer struct {
			Status   string `json:"status"`
			Message  string `json:"message"`
			Solution *struct {
				URL      string `json:"url"`
				Status   int    `json:"status"`
				Response string `json:"response"`
			} `json:"solution"`
		}
		switch err := json.Unmarshal(body, &answer); {
		case err != nil:
			return found{}, f.garbled(err)
		case answer.Status == "error":
			return found{}, failed(schema.Failed, errors.New(answer.Message), "FlareSolverr could not meet the challenge").temporary()
		case answer.Status != "ok" || answer.Solution == nil:
			return found{}, f.garbled(errors.New(answer.Status))
		}
		return found{url: answer.Solution.URL, html: answer.Solution.Response, status: answer.Solution.Status}, nil
	})
}
