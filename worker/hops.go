package worker

import (
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"techfacts.dev/techfacts/internal/fetch"
)

// maxHops is how many redirects are remembered, of all jobs together.
const maxHops = 4096

// hops remembers where URLs led within a job, so that one which lies on the way
// of an item is not asked for again as an item of its own. Forgetting costs a request.
type hops struct{ seen *lru.Cache[hop, led] }

type hop struct {
	job uuid.UUID
	url fetch.URL
}

// led is where a hop leads, and how it said so.
type led struct {
	to         fetch.URL
	status     int
	crawlDelay time.Duration
}

func newHops() (*hops, error) {
	seen, err := lru.New[hop, led](maxHops)
	return &hops{seen}, err
}

// note remembers what a URL answered, if that leads on.
func (h *hops) note(job uuid.UUID, u fetch.URL, r fetch.Response) {
	if h != nil && !r.Redirect.IsZero() {
		h.seen.Add(hop{job, u}, led{r.Redirect, r.Status, r.CrawlDelay})
	}
}

// known gives what a URL has answered that leads on.
func (h *hops) known(job uuid.UUID, u fetch.URL) (r fetch.Response, ok bool) {
	if h == nil {
		return fetch.Response{}, false
	}
	l, ok := h.seen.Get(hop{job, u})
	return fetch.Response{Redirect: l.to, Status: l.status, CrawlDelay: l.crawlDelay}, ok
}
