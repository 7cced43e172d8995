package resolvers

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/report"
)

// FactsWhere reads what a list of facts is filtered by, given as JSON: no condition
// if it is empty. INVALID as the API says it.
func FactsWhere(text string) ([]predicate.Fact, error) {
	var where ent.FactWhereInput
	if given, err := input("FactWhereInput", text, &where); err != nil || !given {
		return nil, err
	}
	p, err := where.P()
	if errors.Is(err, ent.ErrEmptyFactWhereInput) && strings.Trim(text, "{} \n\t") == "" {
		return nil, nil
	}
	return listed([]predicate.Fact{p}, err)
}

// PagesWhere is FactsWhere for pages.
func PagesWhere(text string) ([]predicate.Page, error) {
	var where ent.PageWhereInput
	if given, err := input("PageWhereInput", text, &where); err != nil || !given {
		return nil, err
	}
	p, err := where.P()
	if errors.Is(err, ent.ErrEmptyPageWhereInput) && strings.Trim(text, "{} \n\t") == "" {
		return nil, nil
	}
	return listed([]predicate.Page{p}, err)
}

// ComparisonOf reads what is to be compared, given as JSON: all companies if it is
// empty. There are as many rows as there may be unless it says otherwise.
func ComparisonOf(text string) (report.Question, error) {
	in := graph.ComparisonInput{First: report.MaxRows}
	given, err := input("ComparisonInput", text, &in)
	if !given {
		in.All = true
	}
	return comparisonQuestion(in), err
}

// sdl is the schema without anybody who resolves it.
//
//nolint:gochecknoglobals // parsed once
var sdl = sync.OnceValue(func() *ast.Schema { return graph.NewExecutableSchema(graph.Config{}).Schema() })

// input reads JSON as GraphQL reads a variable of an input type, and tells whether
// there is any.
func input(name, text string, into any) (given bool, err error) {
	if strings.TrimSpace(text) == "" {
		return false, nil
	}
	var value map[string]any
	if err := json.Unmarshal([]byte(text), &value); err != nil || value == nil {
		return true, fault.InvalidField("where", "is not a JSON object")
	}
	op := &ast.OperationDefinition{VariableDefinitions: ast.VariableDefinitionList{
		{Variable: "where", Type: ast.NonNullNamedType(name, nil), Definition: sdl().Types[name]},
	}}
	read, err := validator.VariableValues(sdl(), op, map[string]any{"where": value})
	if err != nil {
		field, message := "where", err.Error()
		if e, ok := errors.AsType[*gqlerror.Error](err); ok {
			field, message = strings.TrimPrefix(e.Path.String(), "variable."), e.Message
		}
		return true, fault.InvalidField(field, "%s", message)
	}
	again, err := json.Marshal(read["where"])
	if err == nil {
		err = json.Unmarshal(again, into)
	}
	if err != nil { // an id or a time that is none
		return true, fault.Wrap(fault.Invalid, err, "where: a value in it is not of its type").With("where")
	}
	return true, nil
}
