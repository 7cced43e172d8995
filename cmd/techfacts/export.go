package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/fault"
)

type exportCmd struct {
	What    string `arg:"" optional:"" enum:",facts,pages,comparison" default:"" help:"facts, pages or comparison."`
	Format  string `enum:"csv,jsonl,xlsx" default:"csv" help:"csv, jsonl or xlsx."`
	Where   string `placeholder:"JSON" help:"Only what is like this, as where of the API; of a comparison its input. Default: all."`
	Lone    bool   `help:"Of a comparison: also the rows without a name that one company alone states."`
	Output  string `short:"o" placeholder:"FILE" help:"File to write. Default: standard output."`
	WARC    string `name:"warc" placeholder:"FILE" help:"Instead: write the texts of all pages to this file, in WARC 1.1; compressed if its name ends in .gz."`
	Company string `help:"Of --warc: only pages of this company. Default: all."`
}

// Run writes what is asked for. A file is there as a whole or not at all.
func (cmd exportCmd) Run(ctx context.Context, c *app.Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	switch {
	case (cmd.What == "") == (cmd.WARC == ""):
		return fault.New(fault.Invalid, "say what to export, facts, pages or comparison, or give a file to --warc")
	case cmd.WARC != "" && (cmd.Where != "" || cmd.Output != ""):
		return fault.New(fault.Invalid, "--where and -o are for facts, pages and comparison, not for --warc")
	case cmd.WARC == "" && cmd.Company != "":
		return fault.New(fault.Invalid, `--company is for --warc; use --where '{"company": "…"}'`)
	case cmd.WARC != "":
		return writeFile(cmd.WARC, "pages", func(w io.Writer) (int, error) {
			return app.Export(ctx, *c, w, strings.HasSuffix(cmd.WARC, ".gz"), cmd.Company)
		})
	}
	where, err := cmd.where()
	if err != nil {
		return err
	}
	return writeFile(cmd.Output, "rows", func(w io.Writer) (int, error) {
		return app.ExportTable(ctx, *c, w, cmd.What, cmd.Format, where)
	})
}

// where is --where with what --lone adds to it.
func (cmd exportCmd) where() (string, error) {
	if !cmd.Lone {
		return cmd.Where, nil
	}
	if cmd.What != "comparison" {
		return "", fault.New(fault.Invalid, "--lone is for comparison")
	}
	in := map[string]any{"all": true}
	if cmd.Where != "" {
		in = nil
		if err := json.Unmarshal([]byte(cmd.Where), &in); err != nil || in == nil {
			return "", fault.New(fault.Invalid, "--where is no JSON object")
		}
	}
	in["lone"] = true
	text, err := json.Marshal(in)
	return string(text), err
}

// writeFile has write write a file, which is there as a whole or not at all, and says how
// much of what that is; without a name it has it write to standard output.
func writeFile(name, what string, write func(io.Writer) (int, error)) error {
	if name == "" {
		_, err := write(os.Stdout)
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".techfacts-export-*")
	if err != nil {
		return err
	}
	n, err := write(f)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	fmt.Printf("%s: %d %s\n", name, n, what)
	return nil
}
