package main

import (
	_ "embed"
	"fmt"
	"go/format"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// leanCode is what the lean code calls; it becomes graph/lean.generated.go.
//
//go:embed lean.go.txt
var leanCode []byte

// cut is a pattern of what gqlgen writes, and what takes its place.
type cut struct {
	what *regexp.Regexp
	by   string
}

// cuts make the code of gqlgen answer a stored object at the price of writing
// it down; see docs/adr/0010-read-path.md. A stored value is written as it is,
// where gqlgen has a context, a path and a chain of interceptors for each.
// Nothing of an object waits, so nothing of it gets a goroutine. And nothing is
// deferred: the server refuses @defer.
//
//nolint:gochecknoglobals // a fixed table
var cuts = []cut{
	{
		regexp.MustCompile(`(?m)^(func \(ec \*executionContext\) _\w+\(ctx context\.Context, field graphql\.CollectedField, obj \S+\)) \(ret graphql\.Marshaler\) \{
	return graphql\.ResolveField\(
		ctx,
		ec\.OperationContext,
		field,
		func\(ctx context\.Context, field graphql\.CollectedField\) \(\*graphql\.FieldContext, error\) \{
			return ec\.fieldContext_\w+\(ctx, field\)
		\},
		func\(ctx context\.Context\) \(any, error\) \{
			return (obj\.\w+(?:\(\))?), nil
		\},
		nil,
		func\(ctx context\.Context, selections ast\.SelectionSet, v \S+\) graphql\.Marshaler \{
			return (ec\.marshal[^(]+)\(ctx, selections, v\)
		\},
		true,
		(?:true|false),
	\)
\}
(func \(ec \*executionContext\) fieldContext_\w+\(_ context\.Context, field graphql\.CollectedField\) \(fc \*graphql\.FieldContext, err error\) \{
	return graphql\.NewScalarFieldContext)`),
		"$1 graphql.Marshaler {\n\treturn $3(ctx, field.Selections, $2)\n}\n$4",
	},
	{regexp.MustCompile(`graphql\.ResolveFieldStream\(`), "streamField(ec.Resolvers, "},
	{regexp.MustCompile(`graphql\.MarshalSliceConcurrently\(ctx, len\(v\), 0, false, `), "marshalSlice(ctx, ec.OperationContext, len(v), "},
	{regexp.MustCompile(`(?m)^			out\.ResolveConcurrently\(ec\.OperationContext, &deferred, i,
				true, true,
				func\(ctx context\.Context\) graphql\.Marshaler \{
					return (.*)
				\}\)`), "\t\t\tif out.Values[i] = $1; out.Values[i] == graphql.Null {\n\t\t\t\tout.Invalids++\n\t\t\t}"},
	{regexp.MustCompile(`(?m)^			out\.ResolveConcurrently\(ec\.OperationContext, &deferred, i,
				true, false,
				func\(ctx context\.Context\) graphql\.Marshaler \{
					return (.*)
				\}\)`), "\t\t\tout.Values[i] = $1"},
	{regexp.MustCompile(`var buf bytes\.Buffer
(\s+)data\.MarshalGQL\(&buf\)`), "buf := marshal(data)"},
	{regexp.MustCompile(`graphql\.MarshalUUID\(v\)`), "marshalID(v)"},
	{regexp.MustCompile(`(?m)^	deferred := graphql\.NewDeferredGroup\(ctx\)\n`), ""},
	{regexp.MustCompile(`(?m)^	if n := len\(deferred\.Defers\); n > 0 \{\n.*\n.*\n	\}\n`), ""},
	{regexp.MustCompile(`graphql\.NewFieldSet\(fields\)`), "newObject(fields)"},
	{regexp.MustCompile(`(?m)^	out\.Dispatch\(ctx\)\n`), ""},
	{regexp.MustCompile(`atomic\.AddUint32\(&out\.Invalids, 1\)`), "out.Invalids++"},
}

// imported is one import.
var imported = regexp.MustCompile(`(?m)^\t"[^"]+"\n`)

// lean applies the cuts to what gqlgen has written. The roots stay as they are:
// their fields are asked for concurrently, and intercepted.
func lean() error {
	files, err := filepath.Glob("graph/*.generated.go")
	if err != nil {
		return err
	}
	found := make([]int, len(cuts))
	for _, file := range files {
		b, err := os.ReadFile(file) //nolint:gosec // our own
		if err != nil {
			return err
		}
		funcs := strings.SplitAfter(string(b), "\n}\n\n") // one, or one and its fieldContext
		for n, code := range funcs {
			if strings.Contains(code, "graphql.WithRootFieldContext(") {
				continue
			}
			for i, c := range cuts {
				found[i] += len(c.what.FindAllStringIndex(code, -1))
				code = c.what.ReplaceAllString(code, c.by)
			}
			funcs[n] = code
		}
		code := strings.Join(funcs, "")
		code = imported.ReplaceAllStringFunc(code, func(line string) string {
			if name := path.Base(strings.Trim(line, "\t\n\"")); !strings.Contains(code, name+".") {
				return ""
			}
			return line
		})
		if b, err = format.Source([]byte(code)); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil { //nolint:gosec // our own
			return err
		}
	}
	for i, n := range found {
		if n == 0 {
			return fmt.Errorf("gqlgen does not write this any more: %s", cuts[i].what)
		}
	}
	return os.WriteFile("graph/lean.generated.go", leanCode, 0o600)
}
