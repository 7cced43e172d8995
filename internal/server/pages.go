package server

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"techfacts.dev/techfacts/internal/fault"
)

// connection tells whether f gives a list page by page.
func connection(f *ast.Field) bool {
	return f.Definition != nil && strings.HasSuffix(f.Definition.Type.Name(), "Connection") &&
		f.Definition.Arguments.ForName("first") != nil
}

// given is the argument of that name, unless it is missing or null.
func given(f *ast.Field, name string) *ast.Argument {
	if a := f.Arguments.ForName(name); a != nil && a.Value.Kind != ast.NullValue {
		return a
	}
	return nil
}

// paginate writes the default page into every connection of a valid document
// that asks for neither first nor last: the list has no other bound.
func (l Limits) paginate(doc *ast.QueryDocument) {
	for _, op := range doc.Operations {
		l.paginateSet(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		l.paginateSet(f.SelectionSet)
	}
}

func (l Limits) paginateSet(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if connection(s) && given(s, "first") == nil && given(s, "last") == nil {
				l.setFirst(s)
			}
			l.paginateSet(s.SelectionSet)
		case *ast.InlineFragment:
			l.paginateSet(s.SelectionSet)
		}
	}
}

// setFirst gives f the default page; a null that is there makes way.
func (l Limits) setFirst(f *ast.Field) {
	first := &ast.Argument{Name: "first", Position: f.Position, Value: &ast.Value{
		Raw: strconv.Itoa(l.DefaultPage), Kind: ast.IntValue, Position: f.Position, ExpectedType: ast.NamedType("Int", f.Position),
	}}
	if i := slices.IndexFunc(f.Arguments, func(a *ast.Argument) bool { return a.Name == "first" }); i >= 0 {
		f.Arguments[i] = first
		return
	}
	f.Arguments = append(f.Arguments, first)
}

// counter adds up how many nodes an operation may return.
type counter struct {
	limits Limits
	op     *graphql.OperationContext
	nodes  int
}

// count tells how many nodes op asks for, and refuses pages and products of
// pages that are too large. Where first is a variable that was left out, it
// becomes the default page.
func (l Limits) count(op *graphql.OperationContext) (nodes int, err error) {
	c := counter{limits: l, op: op}
	err = c.set(op.Operation.SelectionSet, 1)
	return c.nodes, err
}

// set counts what is below a selection set that is answered times times.
func (c *counter) set(set ast.SelectionSet, times int) error {
	for _, s := range set {
		var err error
		switch s := s.(type) {
		case *ast.Field:
			if err = c.conditions(s.Directives); err == nil {
				err = c.field(s, times)
			}
		case *ast.InlineFragment:
			if err = c.conditions(s.Directives); err == nil {
				err = c.set(s.SelectionSet, times)
			}
		case *ast.FragmentSpread:
			if err = c.conditions(s.Directives); err == nil {
				err = c.set(s.Definition.SelectionSet, times)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// conditions refuses a null for a condition: gqlgen panics at it. What a
// condition leaves out is counted all the same.
func (c *counter) conditions(directives ast.DirectiveList) error {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		if a := d.Arguments.ForName("if"); a != nil {
			if v, err := a.Value.Value(c.op.Variables); err != nil || v == nil {
				return fault.New(fault.Invalid, "@%s: if must not be null", d.Name)
			}
		}
	}
	return nil
}

func (c *counter) field(f *ast.Field, times int) error {
	if strings.HasPrefix(f.Name, "__") {
		return nil
	}
	n, err := c.size(f)
	if err != nil {
		return err
	}
	if n >= 0 {
		times *= max(n, 1)
		c.nodes += times
		if c.nodes > c.limits.Nodes {
			return fault.New(fault.Invalid, "the pages multiply to more nodes than the limit of %d: ask for less with first", c.limits.Nodes)
		}
	}
	return c.set(f.SelectionSet, times)
}

// size is how long the list that f gives may be; -1 if it is none, or one that
// cannot be told.
func (c *counter) size(f *ast.Field) (int, error) {
	if !connection(f) {
		if ids := given(f, "ids"); ids != nil && f.Definition.Type.Elem != nil {
			v, err := ids.Value.Value(c.op.Variables)
			if list := reflect.ValueOf(v); err == nil && list.Kind() == reflect.Slice {
				return list.Len(), nil
			}
		}
		return -1, nil
	}
	first, err := c.number(f, "first")
	if err != nil {
		return 0, err
	}
	last, err := c.number(f, "last")
	if err != nil {
		return 0, err
	}
	switch {
	case first >= 0 && last >= 0:
		return 0, pageError(f, "first", "%s: first and last cannot go together", f.Name)
	case last >= 0:
		return last, nil
	case first >= 0:
		return first, nil
	}
	a := given(f, "first")
	if a == nil || a.Value.Kind != ast.Variable {
		return 0, pageError(f, "first", "%s: first or last must be there", f.Name)
	}
	c.op.Variables[a.Value.Raw] = int64(c.limits.DefaultPage)
	return c.limits.DefaultPage, nil
}

// number is the value of an argument of f, within the limits; -1 if it has
// none.
func (c *counter) number(f *ast.Field, name string) (int, error) {
	a := given(f, name)
	if a == nil {
		return -1, nil
	}
	v, err := a.Value.Value(c.op.Variables)
	if v == nil && err == nil {
		return -1, nil
	}
	if n, ok := integer(v); ok && err == nil && n >= 0 && n <= int64(c.limits.Page) {
		return int(n), nil
	}
	return 0, pageError(f, name, "%s: %s must be between 0 and %d", f.Name, name, c.limits.Page)
}

func pageError(f *ast.Field, arg, format string, args ...any) error {
	return fault.New(fault.Invalid, format, args...).With(f.Alias + "." + arg)
}

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), v == float64(int64(v))
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	default:
		return 0, false
	}
}
