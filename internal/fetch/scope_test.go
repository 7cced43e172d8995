package fetch

import (
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

func TestScopeStaysOnTheSitesOfItsSeeds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		seed             string
		subdomains       bool
		include, exclude []string
		in, out          []string
	}{
		{
			name: "one host", seed: "https://docs.acme.example/start",
			in:  []string{"https://docs.acme.example/start", "https://docs.acme.example/other", "http://docs.acme.example/x", "https://www.docs.acme.example/"},
			out: []string{"https://acme.example/", "https://api.docs.acme.example/", "https://docs.acme.example:8443/", "https://docs.acme.example.evil.example/", "https://evildocs.acme.example/"},
		},
		{
			name: "with subdomains", seed: "https://acme.example/", subdomains: true,
			in:  []string{"https://acme.example/x", "https://docs.acme.example/", "https://a.b.acme.example/", "https://www.acme.example/"},
			out: []string{"https://example/", "https://notacme.example/", "https://docs.acme.example:8080/"},
		},
		{
			name: "www with subdomains", seed: "https://www.acme.example/", subdomains: true,
			in:  []string{"https://acme.example/x", "https://docs.acme.example/"},
			out: []string{"https://www.example/"},
		},
		{
			name: "a host that is www itself", seed: "https://www.example/", subdomains: true,
			in: []string{"https://a.www.example/"}, out: []string{"https://a.example/"},
		},
		{
			name: "a port", seed: "http://acme.example:8080/",
			in: []string{"http://acme.example:8080/x", "https://acme.example:8080/"}, out: []string{"http://acme.example/", "http://acme.example:8081/"},
		},
		{
			name: "include", seed: "https://acme.example/", include: []string{`/docs/`, `^https://acme\.example/api$`},
			in: []string{"https://acme.example/", "https://acme.example/docs/a", "https://acme.example/api"}, out: []string{"https://acme.example/blog", "https://acme.example/api/x"},
		},
		{
			name: "exclude before include", seed: "https://acme.example/", include: []string{`/docs/`}, exclude: []string{`/docs/v1/`, `\?`},
			in: []string{"https://acme.example/docs/v2/"}, out: []string{"https://acme.example/docs/v1/a", "https://acme.example/docs/?q=1"},
		},
		{
			name: "a seed that its own patterns exclude", seed: "https://acme.example/?start", exclude: []string{`start`},
			in: []string{"https://acme.example/?start"}, out: []string{"https://acme.example/start"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := NewScope([]URL{mustParse(t, c.seed)}, schema.CrawlParams{Subdomains: c.subdomains, Include: c.include, Exclude: c.exclude})
			if err != nil {
				t.Fatal(err)
			}
			for _, raw := range slices.Concat(c.in, c.out) {
				want := slices.Contains(c.in, raw)
				if ok, reason := s.Allows(mustParse(t, raw)); ok != want || ok != (reason == "") {
					t.Errorf("%s: %v with reason %q, want %v", raw, ok, reason, want)
				}
			}
		})
	}
}

func TestScopeKeepsOutOfTraps(t *testing.T) {
	t.Parallel()
	const root, segments = "https://acme.example/", "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/"
	trap := mustParse(t, root+strings.Repeat("seed/", 9))
	s, err := NewScope([]URL{mustParse(t, root), trap}, schema.CrawlParams{})
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]bool{
		root + strings.Repeat("a/b/", 3): true, root + strings.Repeat("a/b/", 4): false,
		root + segments: true, root + segments + "21": false,
		root + "?a&b&c&d&e&f&g&h": true, root + "?a&b&c&d&e&f&g&h&i": false,
		trap.String(): true, // was asked for by name
	} {
		if ok, reason := s.Allows(mustParse(t, raw)); ok != want || ok != (reason == "") {
			t.Errorf("%s: %v with reason %q, want %v", raw, ok, reason, want)
		}
	}
}

func TestScopeRefusesPatternsByField(t *testing.T) {
	t.Parallel()
	many := slices.Repeat([]string{"a"}, maxPatterns+1)
	for _, c := range []struct {
		include, exclude []string
		field            string
	}{
		{[]string{"a", "b", "("}, nil, "input.crawl.include[2]"},
		{nil, []string{"(?=look)"}, "input.crawl.exclude[0]"},
		{[]string{strings.Repeat("a", maxPattern+1)}, nil, "input.crawl.include[0]"},
		{many, nil, "input.crawl.include"},
		{nil, many, "input.crawl.exclude"},
	} {
		_, err := NewScope(nil, schema.CrawlParams{Include: c.include, Exclude: c.exclude})
		if !fault.Is(err, fault.Invalid) || fault.Of(err).Field != c.field {
			t.Errorf("got %v, want INVALID for %s", err, c.field)
		}
	}
	if _, err := NewScope(nil, schema.CrawlParams{Include: many[:maxPatterns], Exclude: []string{strings.Repeat("a", maxPattern)}}); err != nil {
		t.Errorf("as much as is allowed: %v", err)
	}
}
