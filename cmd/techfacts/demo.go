package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/demosite"
)

type demoCmd struct {
	Once bool `help:"End when the facts are printed, rather than keep serving."`
}

// profiles are those the demo shows, besides pricing, by which it reads.
//
//nolint:gochecknoglobals // a fixed list
var profiles = []string{"api_docs", "security", "technical_specs"}

// Run serves the site and the service, reads the one with the other, prints
// some of what was found, and keeps serving.
func (cmd demoCmd) Run(ctx context.Context, c *app.Config) error {
	config := *c
	dir, err := os.MkdirTemp("", "techfacts-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder for temporary files is swept anyway
	site, stop, err := serveSite(ctx)
	if err != nil {
		return err
	}
	defer stop()
	config.DataDir, config.DatabaseURL = dir, ""
	config.FetchAllowCIDRs = "127.0.0.1/32:" + site.port
	config.ScrapeDelayMin, config.ScrapeDelayMax = 0, 0 // the site is ours
	if err := config.Check(); err != nil {
		return err
	}
	if !free(ctx, config.ListenAddr) {
		config.ListenAddr = "127.0.0.1:0"
	}
	return withService(ctx, config, quiet(config), func(ctx context.Context, api client) error {
		fmt.Fprintf(os.Stderr, "The documentation site of three made-up vendors is at %s\n\n", site.url)
		if err := cmd.read(ctx, api, site.url); err != nil {
			return err
		}
		fmt.Printf("\nThe API answers at http://%s/graphql. For example:\n\n  %s\n", api.addr, example(api.addr))
		if cmd.Once {
			return nil
		}
		if config.GraphiQL {
			fmt.Printf("\nGraphiQL, to try it in a browser, is at http://%s/graphiql.\n", api.addr)
		}
		fmt.Printf("\nThe site and the API go on until Ctrl-C. What was read is forgotten then.\n")
		<-ctx.Done()
		return nil
	})
}

// read scrapes each vendor, then looks for more in the pages that are stored.
func (demoCmd) read(ctx context.Context, api client, site string) error {
	for _, v := range demosite.Vendors() {
		job, err := api.startScrape(ctx, map[string]any{
			"urls": []string{site + v.Path}, "company": v.Name, "profile": "pricing",
			"crawl": map[string]any{"maxDepth": 4, "maxPages": 100, "include": []string{v.Path}},
		})
		if err != nil {
			return err
		}
		if _, err := api.follow(ctx, job.ID, "Reading "+v.Name); err != nil {
			return err
		}
		if err := api.printFailures(ctx, os.Stderr, job.ID); err != nil {
			return err
		}
	}
	for _, profile := range profiles {
		if _, err := api.extract(ctx, profile, map[string]any{"status": "ACTIVE"}); err != nil {
			return err
		}
	}
	fmt.Println()
	for _, category := range []string{"pricing", "rate_limits", "certifications"} {
		if err := api.printFacts(ctx, os.Stdout, " in "+category, map[string]any{"status": "ACTIVE", "category": category}, 3); err != nil {
			return err
		}
	}
	return nil
}

func example(addr string) string {
	return `curl -s http://` + addr + `/graphql -H 'Content-Type: application/json' \
    -d '{"query":"{ facts(first: 3, where: {statementContainsFold: \"per minute\"}) { edges { node { company statement quote deepLink } } } }"}'`
}

type siteAddr struct{ url, port string }

// serveSite serves the documentation site on a free loopback port until stop.
func serveSite(ctx context.Context) (addr siteAddr, stop func(), err error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return addr, nil, err
	}
	server := &http.Server{Handler: demosite.Handler(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return siteAddr{"http://" + listener.Addr().String(), port}, func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "techfacts: demo site:", err)
		}
	}, err
}

// free reports whether addr can be listened on.
func free(ctx context.Context, addr string) bool {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
