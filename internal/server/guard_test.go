package server

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"techfacts.dev/techfacts/internal/access"
)

// nested is f{f{…f{leaf}…}} with n levels.
func nested(n int, leaf string) string {
	return strings.Repeat("item{", n-1) + leaf + strings.Repeat("}", n-1)
}

// doubling is n fragments, each of which has set, which spreads the next one
// twice.
func doubling(n int, set string) string {
	var b strings.Builder
	b.WriteString("{item" + id + "{...f0}}")
	for i := range n {
		fmt.Fprintf(&b, " fragment f%[1]d on Item{"+set+"}", i, i+1)
	}
	fmt.Fprintf(&b, " fragment f%d on Item{name}", n)
	return b.String()
}

const id = `(id:"6ba7b810-9dad-41d1-80b4-00c04fd430c8")`

// numbered joins n copies of format, each with its number.
func numbered(n int, format string) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf(format, i))
	}
	return strings.Join(parts, " ")
}

func TestWhatIsTooDearIsRefusedBeforeItIsValidated(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for name, test := range map[string]struct{ query, want string }{
		"tokens":                    {"{" + strings.Repeat("hello ", 10_000) + "}", "limit of 1000"},
		"depth":                     {"{item" + id + "{" + nested(15, "name") + "}}", "limit is 15 levels"},
		"depth by fragments":        {"{item" + id + "{...a}} fragment a on Item{" + nested(8, "...b") + "} fragment b on Item{" + nested(8, "name") + "}", "limit is 15 levels"},
		"depth of inline fragments": {"{item" + id + "{" + strings.Repeat("item{...on Item{", 15) + "name" + strings.Repeat("}}", 15) + "}}", "limit is 15 levels"},
		"aliases":                   {"{item" + id + "{" + numbered(200, "a%d:name") + "}}", "too many aliases: the limit is 30"},
		"aliases by fragments":      {"{item" + id + "{" + nested(4, "...a") + " ...a item{...a}} } fragment a on Item{" + numbered(11, "a%d:name") + "}", "aliases: the limit is 30"},
		"root fields":               {"{" + numbered(11, "a%d:hello") + "}", "root fields: the limit is 10"},
		"root fields by fragments":  {"{...a ...on Query{...a}} fragment a on Query{" + numbered(6, "a%d:hello") + "}", "root fields: the limit is 10"},
		"directives":                {"{hello" + strings.Repeat(" @skip(if:false)", 51) + "}", "directives: the limit is 50"},
		"directives of fragments":   {"{item" + id + "{...a item{...a}}} fragment a on Item{name" + strings.Repeat(" @skip(if:false)", 26) + "}", "directives: the limit is 50"},
		"operations":                {numbered(11, "query q%d{hello}"), "operations: the limit is 10"},
		"selections":                {doubling(12, "item{...f%[2]d} item{...f%[2]d}"), "selections, with fragments put in place: the limit is 2000"},
		"selections nobody spreads": {strings.Replace(doubling(12, "item{...f%[2]d} item{...f%[2]d}"), "...f0", "name", 1), "the limit is 2000"},
		"fields of one set":         {"{item" + id + "{" + strings.Repeat("name ", 201) + "}}", "fields in one selection set: the limit is 200"},
		"fields by fragments":       {"{item" + id + "{" + strings.Repeat("...a ", 21) + "}} fragment a on Item{" + strings.Repeat("name ", 10) + "}", "selection set: the limit is 200"},
		"2^26 fields by fragments":  {doubling(26, "...f%[2]d ...f%[2]d"), "the limit is 200"},
		"a fragment in itself":      {"{item" + id + "{...a}} fragment a on Item{item{...b}} fragment b on Item{...a}", `fragment "a" contains itself`},
		"a circle nobody spreads":   {"{hello} fragment a on Item{item{...b}} fragment b on Item{...a}", "contains itself"},
		"directives of all kinds":   {"query($n:Int" + strings.Repeat(" @x", 20) + ")" + strings.Repeat(" @x", 20) + "{...a} fragment a on Query" + strings.Repeat(" @x", 11) + "{echo(number:$n)}", "directives: the limit is 50"},
		"a second one by that name": {"{hello} fragment a on Item{name} fragment a on Item{" + strings.Repeat("name ", 201) + "}", "the limit is 200"},
		"a name":                    {"{" + strings.Repeat("x", 101) + "}", "too long a name: the limit is 100 bytes"},
		"defer":                     {"{...on Query @defer{hello}}", "@defer is not supported"},
		"nothing":                   {"fragment a on Item{name}", "no operation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := f.query(t, test.query, nil)
			if a.status != http.StatusBadRequest || a.code() != "INVALID" || !strings.Contains(a.Errors[0].Message, test.want) {
				t.Errorf("got %d %s, want %q", a.status, a.body, test.want)
			}
			if strings.Contains(a.body, `"data"`) {
				t.Errorf("a request error has data: %s", a.body)
			}
		})
	}
}

func TestWhatIsJustWithinTheLimitsIsAnswered(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for name, query := range map[string]string{
		"depth":       "{item" + id + "{" + nested(14, "name") + "}}",
		"aliases":     "{item" + id + "{" + numbered(30, "a%d:name") + "}}",
		"root fields": "{" + numbered(10, "a%d:hello") + "}",
		"directives":  "{item" + id + "{" + strings.Repeat("name @skip(if:false) ", 50) + "}}",
		"set":         "{item" + id + "{" + strings.Repeat("name ", 200) + "}}",
		"operations":  numbered(9, "query q%d{hello}") + " query q{hello}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := f.post(t, string(encodeMap(map[string]any{"query": query, "operationName": map[bool]any{true: "q"}[name == "operations"]})))
			if a.status != http.StatusOK || len(a.Errors) > 0 {
				t.Errorf("got %d %s", a.status, a.body)
			}
		})
	}
}

func TestLimitsAreSettings(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Tokens: 40, Depth: 2, Aliases: 1, RootFields: 2, Directives: 1}})
	for want, query := range map[string]string{
		"limit of 40":              "{" + strings.Repeat("hello ", 40) + "}",
		"limit is 2 levels":        "{item" + id + "{item{name}}}",
		"aliases: the limit is 1":  "{a:hello b:hello}",
		"fields: the limit is 2":   "{hello hello hello}",
		"directives: the limit is": "{hello @skip(if:false) ...on Query @skip(if:false){hello}}",
	} {
		if a := f.query(t, query, nil); a.code() != "INVALID" || !strings.Contains(a.Errors[0].Message, want) {
			t.Errorf("got %s, want %q", a.body, want)
		}
	}
}

func TestToolsMayReadTheSchemaUnlessItIsSwitchedOff(t *testing.T) {
	t.Parallel()
	if a := start(t, Config{Introspection: true}).query(t, introspection, nil); a.body != `{"data":{"__schema":"the schema"}}` {
		t.Errorf("switched on: %s", a.body)
	}
	f := start(t, Config{})
	for _, query := range []string{introspection, `{__type(name:"Item"){name}}`, "{...a} fragment a on Query{__schema{queryType{name}}}"} {
		if a := f.query(t, query, nil); a.code() != "INVALID" || a.Errors[0].Message != "introspection is switched off" {
			t.Errorf("switched off: %s", a.body)
		}
	}
	if a := f.query(t, "{helo echo(txt:1)}", nil); strings.Contains(a.body, "Did you mean") {
		t.Errorf("switched off, and still a hint: %s", a.body)
	}
	if a := f.query(t, "{__typename}", nil); a.body != `{"data":{"__typename":"__typename"}}` {
		t.Errorf("__typename is no introspection: %s", a.body)
	}
}

// introspection is what GraphiQL and code generators ask.
const introspection = `query IntrospectionQuery { __schema { description queryType { name } mutationType { name } subscriptionType { name }
	types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf
	fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
	inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
	enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
	ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`

func TestADocumentIsKeptUnlessItIsLong(t *testing.T) {
	t.Parallel()
	e := newEngine(newFake(), Config{Keys: &access.Keys{}}, nil)
	for query, kept := range map[string]bool{"{hello}": true, "{hello}" + strings.Repeat(" ", keptDocumentMax): false} {
		one, errs := e.document(query)
		two, _ := e.document(query)
		if len(errs) > 0 || (one == two) != kept || e.documents.Contains(query) != kept {
			t.Errorf("%d bytes: kept %t, %v", len(query), one == two, errs)
		}
	}
	if _, errs := e.document("{nothing}"); len(errs) == 0 || e.documents.Contains("{nothing}") {
		t.Error("an invalid document is kept")
	}
}

// dear are documents that stay within the number of tokens and are as hard as
// that allows.
func dear() map[string]string {
	var crossed strings.Builder // every fragment spreads all that follow
	for i := range 20 {
		fmt.Fprintf(&crossed, " fragment f%d on Item{name", i)
		for j := i + 1; j < 20; j++ {
			fmt.Fprintf(&crossed, " item{...f%d}", j)
		}
		crossed.WriteString("}")
	}
	return map[string]string{
		"introspection": introspection,
		"doubling":      doubling(26, "...f%[2]d ...f%[2]d"),
		"crossed":       "{item" + id + "{...f0}}" + crossed.String(),
		"repeated":      "{item" + id + "{" + strings.Repeat("name ", 200) + "}}",
		"repeated sets": "{item" + id + "{" + strings.Repeat("item{item{name}} ", 110) + "}}",
		"flat spreads":  "{item" + id + "{" + strings.Repeat("...a ", 200) + "}} fragment a on Item{name}",
		"unknown":       "{" + numbered(10, strings.Repeat("x", 95)+"%d") + "}",
		"deep lists":    "{echo(in:" + strings.Repeat("{in:", 300) + "{}" + strings.Repeat("}", 300) + ")}",
	}
}

func BenchmarkGuard(b *testing.B) {
	for name, query := range dear() {
		b.Run(name, func(b *testing.B) {
			doc, err := parser.ParseQuery(&ast.Source{Input: query})
			if err != nil {
				b.Fatal(err)
			}
			l := DefaultLimits()
			for b.Loop() {
				_ = l.guard(doc, true)
			}
		})
	}
}

// What the guard lets through must be cheap to validate, too.
func BenchmarkDocument(b *testing.B) {
	queries := dear()
	for _, name := range slices.Sorted(maps.Keys(queries)) {
		b.Run(name, func(b *testing.B) {
			e := newEngine(newFake(), Config{Keys: &access.Keys{}, Introspection: true}, nil)
			for b.Loop() {
				e.documents.Purge()
				_, _ = e.document(queries[name])
			}
		})
	}
}
