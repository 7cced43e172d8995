package resolvers

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// selected writes down what the field of ctx is asked for, with variables put
// in place: two who have the same of this are given the same.
func selected(ctx context.Context) string {
	var b strings.Builder
	if field := graphql.GetFieldContext(ctx); field != nil {
		writeSet(&b, field.Field.Selections, graphql.GetOperationContext(ctx).Variables)
	}
	return b.String()
}

func writeSet(b *strings.Builder, set ast.SelectionSet, variables map[string]any) {
	b.WriteByte('{')
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			b.WriteString(s.Alias + ":" + s.Name)
			if len(s.Arguments) > 0 {
				writeJSON(b, s.ArgumentMap(variables))
			}
			writeDirectives(b, s.Directives, variables)
			if len(s.SelectionSet) > 0 {
				writeSet(b, s.SelectionSet, variables)
			}
		case *ast.InlineFragment:
			b.WriteString("... on " + s.TypeCondition)
			writeDirectives(b, s.Directives, variables)
			writeSet(b, s.SelectionSet, variables)
		case *ast.FragmentSpread:
			b.WriteString("... on " + s.Definition.TypeCondition)
			writeDirectives(b, s.Directives, variables)
			writeSet(b, s.Definition.SelectionSet, variables)
		}
		b.WriteByte(' ')
	}
	b.WriteByte('}')
}

func writeDirectives(b *strings.Builder, list ast.DirectiveList, variables map[string]any) {
	for _, d := range list {
		b.WriteString("@" + d.Name)
		writeJSON(b, d.ArgumentMap(variables))
	}
}

func writeJSON(b *strings.Builder, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // cannot happen: it has come as JSON, or as a document
	}
	b.Write(text)
}

// filtered writes down what the field of ctx is filtered by.
func filtered(ctx context.Context) string {
	var b strings.Builder
	if field := graphql.GetFieldContext(ctx); field != nil {
		writeJSON(&b, field.Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)["where"])
	}
	return b.String()
}

// selects tells whether the field of ctx is asked for any of the fields named.
func selects(ctx context.Context, names ...string) bool {
	for _, f := range graphql.CollectFieldsCtx(ctx, nil) {
		if slices.Contains(names, f.Name) {
			return true
		}
	}
	return false
}
