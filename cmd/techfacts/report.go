package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"techfacts.dev/techfacts/internal/app"
)

type reportCmd struct {
	Companies  []string `arg:"" name:"company" help:"Whose documentation to report on."`
	Type       string   `enum:",single,comparison,topic,summary" default:"" help:"single, comparison, topic or summary. Default: single for one company, else comparison."`
	Categories []string `name:"category" help:"Only facts of this category; may be given several times."`
	Title      string   `help:"Its title. Default: one is made."`
	Profile    string   `help:"Only facts found under this profile."`
	Format     string   `default:"md" help:"md, html, csv, json, xlsx, or another ending in which the service has reports."`
	Section    int      `name:"facts-per-section" help:"The most facts that a section lists. Default: as REPORT_FACTS_PER_SECTION says."`
	Facts      int      `name:"facts" help:"The most facts that sections list in all. Default: as REPORT_FACTS says."`
	Output     string   `short:"o" placeholder:"FILE" help:"File to write. Default: standard output."`
}

// Run has a service of its own write the report, and fetches it.
func (cmd reportCmd) Run(ctx context.Context, c *app.Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	config := *c
	config.ListenAddr = "127.0.0.1:0"
	if config.APIKey == "" { // there may be keys in the database, which we do not know
		config.APIKey = app.Secret(rand.Text() + rand.Text())
	}
	return withService(ctx, config, quiet(config), func(ctx context.Context, api client) error {
		path, err := cmd.write(ctx, api)
		if err != nil {
			return err
		}
		return writeFile(cmd.Output, "bytes", func(w io.Writer) (int, error) { return api.fetch(ctx, path, w) })
	})
}

// input is what the API is asked for.
func (cmd reportCmd) input() map[string]any {
	in := map[string]any{"type": "COMPARISON", "companies": cmd.Companies, "categories": cmd.Categories}
	switch {
	case cmd.Type != "":
		in["type"] = strings.ToUpper(cmd.Type)
	case len(cmd.Companies) == 1:
		in["type"] = "SINGLE"
	}
	for name, value := range map[string]string{"title": cmd.Title, "profile": cmd.Profile} {
		if value != "" {
			in[name] = value
		}
	}
	for name, value := range map[string]int{"maxFactsPerSection": cmd.Section, "maxFacts": cmd.Facts} {
		if value != 0 {
			in[name] = value
		}
	}
	return in
}

// write has the report written, and gives the path of it in the format asked for.
func (cmd reportCmd) write(ctx context.Context, api client) (path string, err error) {
	var out struct {
		StartReport struct {
			Job struct {
				job

				Params struct{ ID string }
			}
		}
	}
	err = api.do(ctx, `mutation ($input: StartReportInput!) { startReport(input: $input) { job { `+jobFields+` params { ... on ReportParams { id } } } } }`, map[string]any{"input": cmd.input()}, &out)
	if err != nil {
		return "", err
	}
	last, err := api.follow(ctx, out.StartReport.Job.ID, "Reporting on "+strings.Join(cmd.Companies, ", "))
	if err == nil {
		err = last.verdict()
	}
	if err != nil {
		return "", err
	}
	var made struct {
		Report struct {
			Files []struct{ Format, Path string }
		}
	}
	err = api.do(ctx, `query ($id: ID!) { report(id: $id) { files { format path } } }`, map[string]any{"id": out.StartReport.Job.Params.ID}, &made)
	if err != nil {
		return "", err
	}
	var formats []string
	for _, f := range made.Report.Files {
		if f.Format == cmd.Format {
			return f.Path, nil
		}
		formats = append(formats, f.Format)
	}
	return "", fmt.Errorf("reports cannot be had as %q; there are %s", cmd.Format, strings.Join(formats, ", "))
}

// fetch writes what is at a path of the service, and tells how many bytes that are.
func (c client) fetch(ctx context.Context, path string, to io.Writer) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.addr+path, nil)
	if err != nil {
		return 0, err
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	answer, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		var why response
		if err := json.NewDecoder(answer.Body).Decode(&why); err != nil {
			return 0, fmt.Errorf("the API answered %s", answer.Status)
		}
		return 0, why.into(&struct{}{})
	}
	n, err := io.Copy(to, answer.Body)
	return int(n), err
}
