package app

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"techfacts.dev/techfacts/internal/export"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/server"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/resolvers"
)

// Exports are what can be exported, by name.
func Exports() []string { return []string{"facts", "pages", "comparison"} }

// tableOf is what is exported under a name, with a filter in JSON, which may be
// empty. NOT_FOUND or INVALID.
func tableOf(s *store.Store, name, where string) (*export.Table, error) {
	switch name {
	case "facts":
		conditions, err := resolvers.FactsWhere(where)
		return export.Facts(s, conditions...), err
	case "pages":
		conditions, err := resolvers.PagesWhere(where)
		return export.Pages(s, conditions...), err
	case "comparison":
		question, err := resolvers.ComparisonOf(where)
		return export.Comparison(s, question), err
	}
	return nil, fault.New(fault.NotFound, "%q cannot be exported; there are %s", name, strings.Join(Exports(), ", "))
}

// exports serves what can be exported, by name and the ending of a format.
func exports(s *store.Store) server.Streams {
	return func(name, where string) (server.Stream, error) {
		ext := path.Ext(name)
		table, err := tableOf(s, strings.TrimSuffix(name, ext), where)
		if err != nil {
			return server.Stream{}, err
		}
		format := export.Format(strings.TrimPrefix(ext, "."))
		if err := format.Check(); err != nil {
			return server.Stream{}, err
		}
		return server.Stream{Name: name, Media: format.Media(), Write: func(ctx context.Context, w io.Writer) error {
			_, err := table.Write(ctx, w, format)
			return err
		}}, nil
	}
}

// ExportTable writes what is exported under a name, with a filter in JSON as the API
// takes it, in the format of an ending, and tells how many rows that are. What is wrong with the arguments is
// said before anything is written.
func ExportTable(ctx context.Context, c Config, out io.Writer, name, format, where string) (rows int, err error) {
	s, _, err := openStore(ctx, c)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	table, err := tableOf(s, name, where)
	if err != nil {
		return 0, err
	}
	return table.Write(ctx, out, export.Format(format))
}
