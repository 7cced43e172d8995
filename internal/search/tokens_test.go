package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func termsOf(text string, kinds ...tokenKind) (terms []string) {
	tokenize(text, func(t token) {
		if len(kinds) == 0 || slices.Contains(kinds, t.kind) {
			terms = append(terms, t.term)
		}
	})
	return terms
}

func TestIdentifiersGiveTheirPartsAndTheirJoinedForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"max_connections":        "max connect connections maxconnections",
		"maxConnections":         "max connect connections maxconnections",
		"MaxConnections":         "max connect connections maxconnections",
		"max-connections.":       "max connect connections maxconnections",
		"HTTP/2":                 "http 2 http2",
		"SHA-256":                "sha 256 sha256",
		"sha256":                 "sha 256 sha256",
		"/v1/users/{id}":         "v 1 user users id v1 v1usersid",
		"HTTPServer":             "http server httpserver",
		"REST APIs":              "rest api apis",
		"asyncio.Queue.get_name": "asyncio queu queue get nam name getname asyncioqueuegetname",
		"C++, C# and F#":         "c c++ c c# and f f#",
		"10,000 requests":        "10000 request requests",
		"1,5 or 1.5":             "1,5 or 1.5",
		"Python 3.11.2":          "python 3.11.2 3.11",
		"a vendor's limits":      "a vendor limit limits",
		"Ende-zu-Ende Schlüssel": "end ende zu end ende endezuende schlussel",
		"速度制限 429":               "速度 度制 制限 429",
		"naïve Café":             "naiv naive caf cafe",
		"Bodø, Łódź, Straße":     "bodo lodz strass strasse",
		"…":                      "",
	} {
		if got := strings.Join(termsOf(text, wordToken, exactToken, joinedToken), " "); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestWordsThatFollowEachOtherGivePairs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"the limits of requests per minute": "limit request|request per|per minut",
		"max_connections":                   "max connect",
		"to the":                            "",
		"one":                               "",
	} {
		var pairs []string
		said := analyze([]Field{{text, 1}})
		for _, p := range said.pairs() {
			pairs = append(pairs, p.term)
		}
		if got := strings.Join(pairs, "|"); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestFormsOfAWordHaveOneStem(t *testing.T) {
	t.Parallel()
	for _, forms := range []string{
		"limit limits limited limiting", "policy policies", "connect connection connections connected connecting",
		"certify certified", "batch batches", "address addresses", "encrypt encrypted encryption encrypting", "page pages paged paging",
		"authenticate authentication authenticating authenticated", "retry retries retried", "key keys", "query queries",
	} {
		stems := map[string]bool{}
		for w := range strings.FieldsSeq(forms) {
			stems[stem(w)] = true
		}
		if len(stems) != 1 {
			t.Errorf("%s: %v", forms, stems)
		}
	}
	for _, apart := range [][2]string{{"status", "state"}, {"class", "clay"}, {"user", "use"}} {
		if stem(apart[0]) == stem(apart[1]) {
			t.Errorf("%v are one", apart)
		}
	}
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"max_connections", "don’t", "10,000.5", "速度naïve", "\xff\xfe", "a'", "C++"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		tokenize(text, func(k token) {
			if utf8.ValidString(text) && !utf8.ValidString(k.term) {
				t.Fatalf("%q: %+v is cut within a letter", text, k)
			}
			if k.start < 0 || k.start >= k.end || k.end > len(text) || k.term == "" {
				t.Fatalf("%q: %+v", text, k)
			}
			if k.kind == wordToken {
				if k.start < last {
					t.Fatalf("%q: %+v goes back", text, k)
				}
				last = k.start
			}
		})
	})
}
