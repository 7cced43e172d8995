package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/schema"
)

type extractCmd struct {
	Files   []string `arg:"" name:"file" help:"HTML, Markdown or text."`
	Profile string   `default:"general" help:"Built-in profile by which facts are extracted."`
	Company string   `help:"Whose documentation it is. Default: the host of --url."`
	URL     string   `name:"url" help:"Where the files are from."`
	Method  string   `enum:",rules,model,both" default:"" help:"Who looks for facts: rules, model or both. Default: rules, and the model if LLM_MODEL is set."`
	JSON    bool     `name:"json" help:"Print one JSON object a line."`
}

// errFiles says that some files could not be read; which, was said before.
var errFiles = errors.New("some files could not be read")

// Run prints the facts of the files, file by file, the surest first. A file
// that cannot be read does not keep the others from being read.
func (cmd extractCmd) Run(ctx context.Context, c *app.Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	reading := app.Reading{
		Profile: cmd.Profile, Company: cmd.Company, URL: cmd.URL, Method: schema.ExtractionMethod(strings.ToUpper(cmd.Method)),
	}
	if err := reading.Check(); err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	failed := 0
	for _, file := range cmd.Files {
		if ctx.Err() != nil {
			return errors.Join(errors.New("interrupted"), out.Flush())
		}
		facts, err := app.Extract(ctx, *c, file, reading)
		if err != nil {
			failed++
			fmt.Fprintln(os.Stderr, "techfacts:", err)
			continue
		}
		if cmd.JSON {
			err = printLines(out, facts)
		} else {
			err = printFile(out, file, facts)
		}
		if err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch failed {
	case 0:
		return nil
	case len(cmd.Files):
		return errors.New("no file could be read")
	}
	return errFiles
}

func printLines(w io.Writer, facts []app.FileFact) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for _, f := range facts {
		if err := lines.Encode(f); err != nil {
			return err
		}
	}
	return nil
}

func printFile(w io.Writer, file string, facts []app.FileFact) error {
	_, err := fmt.Fprintf(w, "%s: %d facts\n\n", file, len(facts))
	for _, f := range facts {
		if err == nil {
			_, err = fmt.Fprintf(w, "%s · %.2f\n  %s\n  “%s”\n\n", f.Category, f.Confidence, f.Statement, f.Quote)
		}
	}
	return err
}
