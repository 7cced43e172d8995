package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
	"techfacts.dev/techfacts/internal/app"
)

type scrapeCmd struct {
	URLs     []string `arg:"" name:"url" help:"Where to begin."`
	Company  string   `help:"Whose documentation it is. Default: the host of the first URL."`
	Profile  string   `default:"general" help:"Profile by which facts are extracted."`
	Crawl    bool     `help:"Follow links on the same site."`
	Depth    int      `default:"2" help:"With --crawl: the most links from a given URL, 1 to 10."`
	Pages    int      `default:"100" help:"With --crawl: the most pages that are stored, 1 to 10,000."`
	Include  []string `help:"With --crawl: follow only URLs that match one of these regular expressions."`
	Exclude  []string `help:"With --crawl: do not follow URLs that match one of these."`
	Fetcher  string   `default:"AUTO" enum:"AUTO,HTTP,BROWSER,FIRECRAWL" help:"How pages are got: AUTO, HTTP, BROWSER or FIRECRAWL."`
	Force    bool     `help:"Ask for pages again although they are fresh."`
	Extract  bool     `default:"true" negatable:"" help:"Look for facts; with --no-extract pages are only kept."`
	MaxFacts int      `name:"facts" default:"20" help:"How many facts to print, the surest first."`
}

// The defaults of --depth and --pages, as above.
const (
	defaultDepth = 2
	defaultPages = 100
)

// Run reads the pages with a service of its own and prints what was found.
func (cmd scrapeCmd) Run(ctx context.Context, c *app.Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	if !cmd.Crawl && (cmd.Depth != defaultDepth || cmd.Pages != defaultPages || len(cmd.Include)+len(cmd.Exclude) > 0) {
		return errors.New("--depth, --pages, --include and --exclude go with --crawl")
	}
	config := *c
	config.ListenAddr = "127.0.0.1:0"
	if config.APIKey == "" { // there may be keys in the database, which we do not know
		config.APIKey = app.Secret(rand.Text() + rand.Text())
	}
	if cmd.Company == "" {
		if u, err := url.Parse(cmd.URLs[0]); err == nil {
			cmd.Company = u.Hostname()
		}
	}
	err := withService(ctx, config, quiet(config), func(ctx context.Context, api client) error {
		input := map[string]any{"urls": cmd.URLs, "company": cmd.Company, "profile": cmd.Profile, "force": cmd.Force, "fetcher": cmd.Fetcher, "extract": cmd.Extract}
		if cmd.Crawl {
			input["crawl"] = map[string]any{"maxDepth": cmd.Depth, "maxPages": cmd.Pages, "include": cmd.Include, "exclude": cmd.Exclude}
		}
		job, err := api.startScrape(ctx, input)
		if err != nil {
			return err
		}
		if job, err = api.follow(ctx, job.ID, "Reading "+cmd.Company); err != nil {
			return err
		}
		if err := api.printFailures(ctx, os.Stderr, job.ID); err != nil {
			return err
		}
		if job.FactCount > 0 { // its facts are those that were last seen since it began
			where := map[string]any{"status": "ACTIVE", "company": cmd.Company, "lastSeenAtGTE": job.StartedAt, "hasProfileWith": map[string]any{"name": cmd.Profile}}
			if err := api.printFacts(ctx, os.Stdout, "", where, cmd.MaxFacts); err != nil {
				return err
			}
		}
		return job.verdict()
	})
	if ctx.Err() != nil {
		return errors.New("interrupted: what was read is kept, and techfacts serve on the same database goes on with the rest")
	}
	return err
}

// quiet is the log of commands that print for people: warnings only, unless
// more is asked for.
func quiet(c app.Config) *slog.Logger {
	if c.LogLevel == "info" {
		c.LogLevel = "warn"
	}
	return app.NewLog(c)
}

// withService runs the whole service for as long as do takes.
func withService(ctx context.Context, c app.Config, log *slog.Logger, do func(context.Context, client) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- app.Run(ctx, c, app.Role{API: true, Worker: true}, log, func(addr string) { ready <- addr })
	}()
	select {
	case addr := <-ready:
		err := do(ctx, client{addr, string(c.APIKey)})
		stop()
		return errors.Join(err, <-ended)
	case err := <-ended:
		return err
	}
}

// job is what the commands ask of a job.
type job struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Total     int    `json:"total"`
	Done      int    `json:"done"`
	Failed    int    `json:"failed"`
	Skipped   int    `json:"skipped"`
	FactCount int    `json:"factCount"`
	StartedAt string `json:"startedAt"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error"`
}

const jobFields = `id status total done failed skipped factCount startedAt error { message }`

func (j job) verdict() error {
	switch {
	case j.Error != nil:
		return errors.New(j.Error.Message)
	case j.Status == "PARTIAL":
		return errPartial
	case j.Status == "CANCELLED":
		return errors.New("the job was cancelled")
	}
	return nil
}

func (c client) startScrape(ctx context.Context, input map[string]any) (job, error) {
	var out struct {
		StartScrape struct{ Job job } `json:"startScrape"`
	}
	err := c.do(ctx, `mutation ($input: StartScrapeInput!) { startScrape(input: $input) { job { `+jobFields+` } } }`, map[string]any{"input": input}, &out)
	return out.StartScrape.Job, err
}

// follow shows the progress of a job until it has ended: a bar on a terminal,
// else a line at the end.
func (c client) follow(ctx context.Context, id, title string) (last job, err error) {
	var bar *progressbar.ProgressBar
	if term.IsTerminal(int(os.Stderr.Fd())) {
		bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(title),
			progressbar.OptionShowCount(), progressbar.OptionFullWidth(), progressbar.OptionSetPredictTime(false))
	}
	err = c.subscribe(ctx, `subscription ($id: ID!) { job(id: $id) { `+jobFields+` } }`, map[string]any{"id": id}, func(r response) error {
		var m struct{ Job job }
		if err := r.into(&m); err != nil {
			return err
		}
		last = m.Job
		if bar == nil {
			return nil
		}
		bar.ChangeMax(max(1, last.Total))
		bar.Describe(fmt.Sprintf("%s: %d facts", title, last.FactCount))
		return bar.Set(last.Done + last.Failed + last.Skipped)
	})
	if bar != nil {
		_ = bar.Clear()
	}
	if err != nil {
		return last, err
	}
	fmt.Fprintf(os.Stderr, "%s: %s, pages done: %d, failed: %d, left out: %d; facts: %d\n",
		title, last.Status, last.Done, last.Failed, last.Skipped, last.FactCount)
	return last, nil
}

// printFailures tells why pages were not read.
func (c client) printFailures(ctx context.Context, w io.Writer, id string) error {
	var out struct {
		Job struct {
			Items struct {
				Edges []struct {
					Node struct {
						URL     string
						Outcome string
						Reason  string
					}
				}
			}
		}
	}
	err := c.do(ctx, `query ($id: ID!) { job(id: $id) { items(first: 20, where: {outcomeNotIn: [STORED, UNCHANGED, EXTRACTED]}) {
		edges { node { url outcome reason } } } } }`, map[string]any{"id": id}, &out)
	for _, e := range out.Job.Items.Edges {
		_, _ = fmt.Fprintf(w, "  %s  %s (%s)\n", e.Node.Outcome, e.Node.URL, e.Node.Reason)
	}
	return err
}

// printFacts prints facts with their evidence, the surest first.
func (c client) printFacts(ctx context.Context, w io.Writer, what string, where map[string]any, most int) error {
	var out struct {
		Facts struct {
			TotalCount int
			Edges      []struct {
				Node struct {
					Company, Category, Statement, Quote, URL string
					Confidence                               float64
				}
			}
		}
	}
	err := c.do(ctx, `query ($where: FactWhereInput, $most: Int!) {
		facts(where: $where, first: $most, orderBy: [{field: CONFIDENCE, direction: DESC}, {field: FIRST_SEEN_AT}]) {
			totalCount edges { node { company category statement quote url confidence } } } }`,
		map[string]any{"where": where, "most": min(most, 100)}, &out)
	if err != nil {
		return err
	}
	for _, e := range out.Facts.Edges {
		n := e.Node
		_, _ = fmt.Fprintf(w, "%s · %s · %.2f\n  %s\n  “%s”\n  %s\n\n", n.Company, n.Category, n.Confidence, n.Statement, n.Quote, n.URL)
	}
	_, err = fmt.Fprintf(w, "%d of %d facts%s\n\n", len(out.Facts.Edges), out.Facts.TotalCount, what)
	return err
}
