// Command techfacts reads vendors' documentation, extracts facts with the words
// that prove them, and serves them over GraphQL.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/fault"
)

// version is set by the build.
var version = "dev"

// cli is the command line.
type cli struct {
	Serve   serveCmd   `cmd:"" help:"Run the API and workers in one process."`
	API     apiCmd     `cmd:"" name:"api" help:"Run the API only; workers run elsewhere (needs PostgreSQL)."`
	Worker  workerCmd  `cmd:"" help:"Run workers only; the API runs elsewhere (needs PostgreSQL)."`
	Migrate migrateCmd `cmd:"" help:"Bring the database up to date, and end. The other commands do so too when they start."`
	Scrape  scrapeCmd  `cmd:"" help:"Read pages, extract their facts and print them."`
	Import  importCmd  `cmd:"" help:"Hand documents in, as the pages of their URLs: the files of a folder, or a WARC file."`
	Export  exportCmd  `cmd:"" help:"Write facts, pages or a comparison as CSV, JSON Lines or XLSX, or the texts of all pages as a WARC file."`
	Report  reportCmd  `cmd:"" help:"Write a report on companies, from the facts that are stored."`
	Extract extractCmd `cmd:"" help:"Find the facts of local HTML, Markdown or text files and print them; no database is needed."`
	Keys    keysCmd    `cmd:"" help:"Make, list and revoke keys of the API."`
	Demo    demoCmd    `cmd:"" help:"See it work: a small documentation site of three made-up vendors is read and served, without network."`
	Health  healthCmd  `cmd:"" help:"Ask the process at OPS_ADDR, else LISTEN_ADDR, whether it is ready; fails if it is not."`
	Reindex reindexCmd `cmd:"" help:"Build the search index in Qdrant anew beside the one that answers, or check it against the database."`
	Version versionCmd `cmd:"" help:"Print the version."`

	app.Config `embed:""`
}

// Exit codes beside 0 (done) and 80 (wrong arguments, by kong).
const (
	exitFailed  = 1 // nothing could be done
	exitPartial = 3 // some of it could not be done
)

// errPartial says that a job got only some of its work done.
var errPartial = errors.New("some pages could not be read")

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("techfacts"),
		kong.Description("Reads vendors' documentation and keeps its facts with the words that prove them.\n\nEvery setting can be given as a flag or in the environment, by the name in brackets."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 120}),
	)
	if err != nil {
		panic(err) // the command line above is wrong; every run would show it
	}
	kctx, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "techfacts:", err)
		return 80
	}
	c.Config.Version = version
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	kctx.BindTo(ctx, (*context.Context)(nil))
	err = kctx.Run(&c.Config)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errPartial), errors.Is(err, errFiles):
		fmt.Fprintln(os.Stderr, "techfacts:", err)
		return exitPartial
	}
	fmt.Fprintln(os.Stderr, "techfacts:", firstLine(err))
	return exitFailed
}

// firstLine keeps an error to the one clear line that people read.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

type serveCmd struct{}

// serveGrowth is by how many percent the heap of serve grows before what is dead
// of it is collected, unless GOGC is set. Little of it lives, some 20 MB, so that
// with Go's 100 it would be gone through ten times a second while pages are read;
// it costs some 15 MB (ADR 12).
const serveGrowth = 150

// Run serves until it is told to stop.
func (serveCmd) Run(ctx context.Context, c *app.Config) error {
	collectLess()
	return serve(ctx, c, app.Role{API: true, Worker: true})
}

func collectLess() {
	if os.Getenv("GOGC") == "" { //nolint:forbidigo // it is Go's own setting
		debug.SetGCPercent(serveGrowth)
	}
}

type apiCmd struct{}

// Run serves until it is told to stop.
func (apiCmd) Run(ctx context.Context, c *app.Config) error {
	return serve(ctx, c, app.Role{API: true})
}

type workerCmd struct{}

// Run works until it is told to stop.
func (workerCmd) Run(ctx context.Context, c *app.Config) error {
	if c.WorkerMemory > 0 {
		debug.SetMemoryLimit(int64(c.WorkerMemory) << 20) // of the collector; what is kept may be more
	}
	return serve(ctx, c, app.Role{Worker: true})
}

func serve(ctx context.Context, c *app.Config, role app.Role) error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.DatabaseURL == "" && role != (app.Role{API: true, Worker: true}) {
		return fault.New(fault.Invalid, "DATABASE_URL must be set to run API and workers apart; the embedded database serves one process: use techfacts serve")
	}
	log := app.NewLog(*c)
	return app.Run(ctx, *c, role, log, nil)
}

type migrateCmd struct{}

// Run migrates.
func (migrateCmd) Run(ctx context.Context, c *app.Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	steps, err := app.Migrate(ctx, *c)
	if err != nil {
		return err
	}
	fmt.Printf("The database is up to date (%d steps applied).\n", steps)
	return nil
}

type reindexCmd struct {
	Check bool `help:"Only compare the index with the database; fail if they differ."`
}

// Run rebuilds the index, or checks it.
func (r reindexCmd) Run(ctx context.Context, c *app.Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	report, err := app.Reindex(ctx, *c, r.Check, app.NewLog(*c))
	if report != "" {
		fmt.Println(report)
	}
	return err
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(c *app.Config) error {
	_, err := fmt.Println("techfacts", c.Version)
	return err
}
