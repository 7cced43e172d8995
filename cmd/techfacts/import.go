package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"

	"techfacts.dev/techfacts/internal/app"
)

type importCmd struct {
	From     string   `arg:"" name:"from" help:"A folder of HTML, Markdown, text or PDF files, or a WARC file."`
	Base     string   `help:"Of a folder: the URL that it stands for, as https://docs.example.com/."`
	Company  string   `required:"" help:"Whose documentation it is."`
	Profiles []string `name:"profile" default:"general" help:"Profile by which facts are extracted; may be given several times. A comparison knows of prices, certificates or SDKs only what was looked for: general, api_docs, security, technical_specs and pricing find it all."`
	MaxFacts int      `name:"facts" default:"20" help:"How many facts to print, the surest first."`
}

// What is sent at a time: the first of these that is reached.
const (
	importBytes     = 6 << 20 // of documents, but one may be larger
	importDocuments = 200
)

// Run hands the documents in to a service of its own, and prints what was found.
func (cmd importCmd) Run(ctx context.Context, c *app.Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	config := *c
	config.ListenAddr = "127.0.0.1:0"
	if config.APIKey == "" { // there may be keys in the database, which we do not know
		config.APIKey = app.Secret(rand.Text() + rand.Text())
	}
	return withService(ctx, config, quiet(config), func(ctx context.Context, api client) error {
		b := batch{importCmd: cmd, api: api}
		var broken error
		for d, err := range app.Documents(cmd.From, cmd.Base) {
			if skipped, ok := errors.AsType[*app.SkippedError](err); ok {
				b.skipped++
				fmt.Fprintf(os.Stderr, "  left out: %q (%s)\n", skipped.Name, skipped.Reason)
				continue
			}
			if broken = err; err != nil { // what came before it is worth reading
				break
			}
			if err := b.add(ctx, d); err != nil {
				return err
			}
		}
		if err := b.send(ctx); err != nil {
			return err
		}
		if b.jobs > 0 {
			if err := b.look(ctx); err != nil {
				return err
			}
		}
		if b.facts > 0 {
			where := map[string]any{"status": "ACTIVE", "company": cmd.Company, "lastSeenAtGTE": b.since, "hasProfileWith": map[string]any{"nameIn": cmd.Profiles}}
			if err := api.printFacts(ctx, os.Stdout, "", where, cmd.MaxFacts); err != nil {
				return err
			}
		}
		switch {
		case broken != nil:
			return broken
		case b.jobs == 0:
			return fmt.Errorf("there is nothing to import in %s", cmd.From)
		}
		return b.verdict
	})
}

// batch is what goes into one job.
type batch struct {
	importCmd
	api       client
	documents []map[string]any
	urls      map[string]bool
	bytes     int

	jobs, facts, skipped int
	since                string
	verdict              error
}

// add puts a document into the batch, and sends what is in it if that is enough.
func (b *batch) add(ctx context.Context, d app.Document) error {
	if len(b.documents) == importDocuments || b.bytes > 0 && b.bytes+len(d.Body) > importBytes || b.urls[d.URL] {
		if err := b.send(ctx); err != nil {
			return err
		}
	}
	if b.urls == nil {
		b.urls = map[string]bool{}
	}
	b.urls[d.URL] = true
	b.bytes += len(d.Body)
	b.documents = append(b.documents, map[string]any{
		"url": d.URL, "contentType": d.ContentType, "title": d.Title, "content": base64.StdEncoding.EncodeToString(d.Body),
	})
	return nil
}

// send has a job read what is in the batch, and waits for it.
func (b *batch) send(ctx context.Context) error {
	if len(b.documents) == 0 {
		return nil
	}
	var out struct{ ImportDocuments struct{ Job job } }
	err := b.api.doAt(ctx, "/graphql/import", `mutation ($input: ImportDocumentsInput!) { importDocuments(input: $input) { job { `+jobFields+` } } }`,
		map[string]any{"input": map[string]any{"documents": b.documents, "company": b.Company, "profile": b.Profiles[0]}}, &out)
	if err != nil {
		return err
	}
	b.documents, b.urls, b.bytes = nil, nil, 0
	last, err := b.api.follow(ctx, out.ImportDocuments.Job.ID, "Importing "+b.Company)
	if err != nil {
		return err
	}
	if err := b.api.printFailures(ctx, os.Stderr, last.ID); err != nil {
		return err
	}
	if b.jobs++; b.since == "" {
		b.since = last.StartedAt
	}
	b.facts += last.FactCount
	b.verdict = errors.Join(b.verdict, last.verdict())
	return nil
}

// look has jobs look by the other profiles for facts in what was handed in.
func (b *batch) look(ctx context.Context) error {
	for _, profile := range b.Profiles[1:] {
		last, err := b.api.extract(ctx, profile, map[string]any{"status": "ACTIVE", "company": b.Company, "fetchedAtGTE": b.since})
		if err != nil {
			return err
		}
		if err := b.api.printFailures(ctx, os.Stderr, last.ID); err != nil {
			return err
		}
		b.facts += last.FactCount
		b.verdict = errors.Join(b.verdict, last.verdict())
	}
	return nil
}

// extract has a job look by a profile for facts in pages that are stored, and waits for it.
func (c client) extract(ctx context.Context, profile string, pages map[string]any) (job, error) {
	var out struct{ StartExtraction struct{ Job job } }
	err := c.do(ctx, `mutation ($profile: String!, $where: PageWhereInput) { startExtraction(input: {profile: $profile, where: $where}) { job { `+jobFields+` } } }`,
		map[string]any{"profile": profile, "where": pages}, &out)
	if err != nil {
		return job{}, err
	}
	return c.follow(ctx, out.StartExtraction.Job.ID, "Looking for "+profile)
}
