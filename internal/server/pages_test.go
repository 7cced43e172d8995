package server

import (
	"net/http"
	"strings"
	"testing"
)

func TestAConnectionWithoutASizeGivesTheDefaultPage(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	const first = `query($n:Int,$m:Int){items(first:$n,last:$m){asked}}`
	for name, test := range map[string]struct {
		query     string
		variables map[string]any
		want      string
	}{
		"none":             {"{items{asked}}", nil, `{"items":{"asked":20}}`},
		"another argument": {`{items(after:"x"){asked}}`, nil, `{"items":{"asked":20}}`},
		"null":             {"{items(first:null,last:null){asked}}", nil, `{"items":{"asked":20}}`},
		"nested":           {"{item" + id + "{items{asked edges{node{items(first:3){asked}}}}}}", nil, `{"item":{"items":{"asked":20,"edges":[{"node":{"items":{"asked":3}}}]}}}`},
		"in a fragment":    {"{item" + id + "{...a ...on Item{b:items{asked}}}} fragment a on Item{items{asked}}", nil, `{"item":{"b":{"asked":20},"items":{"asked":20}}}`},
		"first":            {"{items(first:7){asked}}", nil, `{"items":{"asked":7}}`},
		"last":             {"{items(last:8){asked}}", nil, `{"items":{"asked":8}}`},
		"zero":             {"{items(first:0){asked}}", nil, `{"items":{"asked":0}}`},
		"the most":         {"{items(first:100){asked}}", nil, `{"items":{"asked":100}}`},
		"left out":         {first, nil, `{"items":{"asked":20}}`},
		"variable is null": {first, map[string]any{"n": nil}, `{"items":{"asked":20}}`},
		"first variable":   {first, map[string]any{"n": 5}, `{"items":{"asked":5}}`},
		"last variable":    {first, map[string]any{"m": 6}, `{"items":{"asked":6}}`},
		"variable default": {"query($n:Int=9){items(first:$n){asked}}", nil, `{"items":{"asked":9}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // the second time the document is a known one
				if a := f.query(t, test.query, test.variables); a.body != `{"data":`+test.want+`}` {
					t.Errorf("got %s", a.body)
				}
			}
		})
	}
}

func TestPagesHaveALimit(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for _, test := range []struct {
		query     string
		variables map[string]any
		want      string
		field     string
	}{
		{"{items(first:101){asked}}", nil, "items: first must be between 0 and 100", "items.first"},
		{"{a:items(last:-1){asked}}", nil, "items: last must be between 0 and 100", "a.last"},
		{"query($n:Int){items(first:$n){asked}}", map[string]any{"n": 101}, "between 0 and 100", "items.first"},
		{"query($n:Int){items(first:$n){asked}}", map[string]any{"n": "500"}, "between 0 and 100", "items.first"},
		{"query($n:Int=500){item" + id + "{...a}} fragment a on Item{items(last:$n){asked}}", nil, "between 0 and 100", "items.last"},
		{"{items(first:1,last:1){asked}}", nil, "first and last cannot go together", "items.first"},
		{"query($m:Int){items(last:$m){asked}}", nil, "first or last must be there", "items.first"},
	} {
		a := f.query(t, test.query, test.variables)
		if a.status != http.StatusBadRequest || a.code() != "INVALID" || !strings.Contains(a.Errors[0].Message, test.want) ||
			a.Errors[0].Extensions.Field != test.field {
			t.Errorf("%s: got %d %s", test.query, a.status, a.body)
		}
	}
	own := start(t, Config{Limits: Limits{Page: 5, DefaultPage: 4}})
	if a := own.query(t, "{items(first:6){asked}}", nil); !strings.Contains(a.body, "between 0 and 5") {
		t.Errorf("a page limit of 5: %s", a.body)
	}
	if a := own.query(t, "{items{asked}}", nil); a.body != `{"data":{"items":{"asked":4}}}` {
		t.Errorf("a default page of 4: %s", a.body)
	}
}

func TestNestedPagesHaveABudgetOfNodes(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	page := func(outer, inner string) string {
		return "{items(first:" + outer + "){edges{node{items(first:" + inner + "){asked}}}}}"
	}
	for _, query := range []string{
		page("100", "50"), // 100 + 5,000
		"{items{edges{node{items{edges{node{items{asked}}}}}}}}",                                            // 20 + 400 + 8,000
		"{" + strings.Repeat("items(first:50){edges{node{items(first:33){asked}}}} ", 3) + "}",              // 3 × (50 + 1,650)
		"{items(first:100){edges{node{...a}}}} fragment a on Item{item{items(first:100){asked}}}",           // by a fragment
		"query($n:Int){items(first:$n){edges{node{items(first:$n){asked}}}}}",                               // by a variable
		`query($n:Int,$ids:[ID!]!){nodes(ids:$ids){items(first:$n){asked}}}`,                                // by a list of ids
		`{nodes(ids:[` + strings.Repeat(`"x" `, 51) + `]){items(first:100){asked}}}`,                        // by a literal one
		`query($skip:Boolean=true){items(first:100) @skip(if:$skip){edges{node{items(first:100){asked}}}}}`, // even if skipped
	} {
		a := f.query(t, query, map[string]any{"n": 100, "ids": strings.Split(strings.Repeat("x ", 51), " ")[:51]})
		if a.code() != "INVALID" || !strings.Contains(a.Errors[0].Message, "limit of 5000") {
			t.Errorf("%s: got %s", query, a.body)
		}
	}
	if a := f.query(t, page("100", "49"), nil); len(a.Errors) > 0 { // 100 + 4,900
		t.Errorf("5,000 nodes: %s", a.body)
	}
	if a := start(t, Config{Limits: Limits{Nodes: 10}}).query(t, page("2", "5"), nil); !strings.Contains(a.body, "limit of 10") {
		t.Errorf("12 of 10 nodes: %s", a.body)
	}
}

func TestAConditionMayNotBeNull(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for _, query := range []string{
		"query($b:Boolean=true){hello @include(if:$b)}",
		"query($b:Boolean=true){...on Query @skip(if:$b){hello}}",
		"query($b:Boolean=true){...a @skip(if:$b)} fragment a on Query{hello}",
	} {
		if a := f.query(t, query, map[string]any{"b": nil}); a.code() != "INVALID" || !strings.Contains(a.Errors[0].Message, "if must not be null") {
			t.Errorf("%s: got %d %s", query, a.status, a.body)
		}
	}
}
