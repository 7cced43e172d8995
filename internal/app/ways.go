package app

import (
	"log/slog"

	"techfacts.dev/techfacts/internal/chromium"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/schema"
	"techfacts.dev/techfacts/worker"
)

// noBrowser is the setting of who wants none.
const noBrowser = "off"

// ways are the ways to get pages other than by HTTP.
type ways struct {
	fetchers  map[schema.Fetcher]fetch.Fetcher
	browser   *fetch.Browser // nil: there is none here
	chromium  string         // its path
	elsewhere bool           // workers have a browser, as far as an API without workers knows
}

// openWays makes the ways that c names. What a worker is to have must be there.
func openWays(c Config, role Role, h *fetch.HTTP) (ways, error) {
	w := ways{fetchers: map[schema.Fetcher]fetch.Fetcher{}}
	if c.Browser != noBrowser {
		path := chromium.Find(c.Browser)
		switch {
		case path != "":
			w.browser, w.chromium = fetch.NewBrowser(h, path), path
			w.fetchers[schema.FetcherBrowser] = w.browser
		case c.Browser == "":
		case role.Worker:
			return ways{}, fault.New(fault.Invalid, "SCRAPE_BROWSER: there is no program %q", c.Browser)
		default:
			w.elsewhere = true
		}
	}
	if c.FirecrawlURL != "" {
		w.fetchers[schema.FetcherFirecrawl] = fetch.NewFirecrawl(h, c.FirecrawlURL, string(c.FirecrawlKey))
	}
	if c.FlareSolverrURL != "" {
		w.fetchers[schema.FetcherFlareSolverr] = fetch.NewFlareSolverr(h, c.FlareSolverrURL)
	}
	return w, nil
}

// lacks lists what a job cannot ask for.
func (w ways) lacks() (none []schema.FetcherChoice) {
	if w.browser == nil && !w.elsewhere {
		none = append(none, schema.ChoiceBrowser)
	}
	if w.fetchers[schema.FetcherFirecrawl] == nil {
		none = append(none, schema.ChoiceFirecrawl)
	}
	return none
}

// close ends the browser, if one runs.
func (w ways) close() {
	if w.browser != nil {
		w.browser.Close()
	}
}

// others are the ways as workers use them, behind the one door.
func (p *parts) others(log *slog.Logger) map[schema.Fetcher]worker.Web {
	others := map[schema.Fetcher]worker.Web{}
	for name, f := range p.ways.fetchers {
		others[name] = observed{p.web.By(f), p.metrics, log}
	}
	return others
}
