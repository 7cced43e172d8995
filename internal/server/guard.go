package server

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
	"techfacts.dev/techfacts/internal/fault"
)

// What no honest document comes near.
const (
	maxDocumentOperations = 10
	maxSelections         = 2000 // of an operation, with its fragments put in place
	maxSetFields          = 200  // of one selection set, with its fragments put in place
	maxName               = 100  // bytes
)

// cost is what a selection set asks for, with its fragments put in place.
type cost struct {
	selections int
	fields     int // of the set itself, not below
	depth      int
	aliases    int
	directives int
}

func (c *cost) add(o cost) {
	c.selections += o.selections
	c.fields += o.fields
	c.depth = max(c.depth, o.depth)
	c.aliases += o.aliases
	c.directives += o.directives
}

// guard finds what a parsed document would cost without putting its fragments
// in place: each is measured once. It stops at the first limit, so that no
// number grows beyond it.
type guard struct {
	limits        Limits
	introspection bool
	doc           *ast.QueryDocument
	measured      map[string]cost
	entered       map[string]bool
}

// guard refuses what would be too dear to validate, let alone to run.
func (l Limits) guard(doc *ast.QueryDocument, introspection bool) error {
	g := guard{limits: l, introspection: introspection, doc: doc, measured: map[string]cost{}, entered: map[string]bool{}}
	if len(doc.Operations) == 0 {
		return fault.New(fault.Invalid, "the document has no operation")
	}
	if len(doc.Operations) > maxDocumentOperations {
		return tooMany("operations", maxDocumentOperations)
	}
	for _, op := range doc.Operations {
		c, err := g.set(op.SelectionSet)
		if err != nil {
			return err
		}
		if c.fields > l.RootFields {
			return tooMany("root fields", l.RootFields)
		}
		c.directives += len(op.Directives)
		for _, v := range op.VariableDefinitions {
			c.directives += len(v.Directives)
		}
		if err := g.within(c); err != nil {
			return err
		}
	}
	for _, f := range doc.Fragments { // also those that nobody spreads: they are validated
		if _, err := g.fragment(f); err != nil {
			return err
		}
	}
	return nil
}

// guardNames refuses a long name: validation looks for those of the schema that
// are like it, which takes half a second for the longest.
func (l Limits) guardNames(source *ast.Source) error {
	lex := lexer.New(source)
	for range l.Tokens {
		token, err := lex.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			return nil //nolint:nilerr // the parser finds it too, and says it better
		}
		if token.Kind == lexer.Name && len(token.Value) > maxName {
			return fault.New(fault.Invalid, "too long a name: the limit is %d bytes", maxName)
		}
	}
	return nil
}

func tooMany(what string, limit int) error {
	return fault.New(fault.Invalid, "too many %s: the limit is %d", what, limit)
}

func (g *guard) within(c cost) error {
	switch l := g.limits; {
	case c.selections > maxSelections:
		return tooMany("selections, with fragments put in place", maxSelections)
	case c.fields > maxSetFields:
		return tooMany("fields in one selection set", maxSetFields)
	case c.depth > l.Depth:
		return fault.New(fault.Invalid, "the query is too deep: the limit is %d levels", l.Depth)
	case c.aliases > l.Aliases:
		return tooMany("aliases", l.Aliases)
	case c.directives > l.Directives:
		return tooMany("directives", l.Directives)
	}
	return nil
}

func (g *guard) set(set ast.SelectionSet) (cost, error) {
	var sum cost
	for _, s := range set {
		c, err := g.selection(s)
		if err != nil {
			return cost{}, err
		}
		sum.add(c)
		if err := g.within(sum); err != nil {
			return cost{}, err
		}
	}
	return sum, nil
}

func (g *guard) selection(s ast.Selection) (c cost, err error) {
	var directives ast.DirectiveList
	switch s := s.(type) {
	case *ast.Field:
		if !g.introspection && (s.Name == "__schema" || s.Name == "__type") {
			return c, fault.New(fault.Invalid, "introspection is switched off")
		}
		if c, err = g.set(s.SelectionSet); err != nil {
			return c, err
		}
		c.depth++
		c.fields = 1
		if s.Alias != s.Name {
			c.aliases++
		}
		directives = s.Directives
	case *ast.InlineFragment:
		c, err = g.set(s.SelectionSet)
		directives = s.Directives
	case *ast.FragmentSpread:
		if f := g.doc.Fragments.ForName(s.Name); f != nil { // else validation says so
			c, err = g.fragment(f)
		}
		directives = s.Directives
	}
	c.selections++
	c.directives += len(directives)
	if directives.ForName("defer") != nil {
		return c, fault.New(fault.Invalid, "@defer is not supported")
	}
	return c, err
}

func (g *guard) fragment(f *ast.FragmentDefinition) (cost, error) {
	if g.entered[f.Name] {
		return cost{}, fault.New(fault.Invalid, "fragment %q contains itself", f.Name)
	}
	spread := g.doc.Fragments.ForName(f.Name) == f // a second one by that name never is
	if c, ok := g.measured[f.Name]; ok && spread {
		return c, nil
	}
	g.entered[f.Name] = true
	c, err := g.set(f.SelectionSet)
	delete(g.entered, f.Name)
	c.directives += len(f.Directives)
	if err == nil && spread {
		g.measured[f.Name] = c
	}
	return c, err
}
