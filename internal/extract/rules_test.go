package extract_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

var (
	update      = flag.Bool("update", false, "rewrite the golden files")
	gold        = flag.String("gold", "", "labels of pages to predict the facts of")
	predictions = flag.String("predictions", "predictions.json", "where to write them")
)

// builtin gives a built-in profile as the rules take it.
func builtin(tb testing.TB, name string) extract.Profile {
	tb.Helper()
	for _, b := range extract.Builtin() {
		if b.Name == name {
			return extract.Profile{Name: b.Name, Focus: b.Focus, Categories: b.Categories, Depth: b.Depth}
		}
	}
	tb.Fatalf("no profile %s", name)
	return extract.Profile{}
}

// page reads a page of Markdown, or of HTML among the test data of document.
func page(tb testing.TB, name string) extract.Page {
	tb.Helper()
	dir := "testdata"
	if filepath.Ext(name) == ".html" {
		dir = "../document/testdata/nerivane"
	}
	if filepath.IsAbs(name) {
		dir = ""
	}
	body, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		tb.Fatal(err)
	}
	d := document.FromText(body)
	if filepath.Ext(name) == ".html" {
		if d, err = document.FromHTML(body); err != nil {
			tb.Fatal(err)
		}
	}
	return extract.Page{Text: d.Text, Title: d.Title}
}

func TestPagesGiveTheirGoldenFacts(t *testing.T) {
	for _, c := range []struct{ page, profile string }{
		{"pricing.html", "pricing"},
		{"security.html", "security"},
		{"api-limits.html", "api_docs"},
		{"requirements.html", "technical_specs"},
		{"pricing.html", "general"},
		{"reference.md", "api_docs"},
		{"reference.md", "security"},
		{"languages.md", "api_docs"},
	} {
		t.Run(c.page+" "+c.profile, func(t *testing.T) {
			p := page(t, c.page)
			facts := extract.Rules(p, builtin(t, c.profile), extract.DefaultConfidence)
			for i, f := range facts {
				checkFact(t, p.Text, f)
				facts[i].Confidence = float64(int(f.Confidence*1000+0.5)) / 1000
			}
			got, err := json.MarshalIndent(facts, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			golden := filepath.Join("testdata", strings.TrimSuffix(c.page, filepath.Ext(c.page))+"."+c.profile+".golden.json")
			if *update {
				if err := os.WriteFile(golden, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("differs from %s:\n%s", golden, got)
			}
		})
	}
}

// checkFact fails if a fact is not proven by its quote.
func checkFact(t *testing.T, text string, f extract.Fact) {
	t.Helper()
	s := f.Span
	if text[s.ByteStart:s.ByteEnd] != f.Quote {
		t.Fatalf("bytes %+v: %q is not %q", s, text[s.ByteStart:s.ByteEnd], f.Quote)
	}
	if q := string([]rune(text)[s.RuneStart:s.RuneEnd]); q != f.Quote {
		t.Fatalf("runes %+v: %q is not %q", s, q, f.Quote)
	}
	if q := string(utf16.Decode(utf16.Encode([]rune(text))[s.UTF16Start:s.UTF16End])); q != f.Quote {
		t.Fatalf("UTF-16 %+v: %q is not %q", s, q, f.Quote)
	}
	if err := extract.Ground(text, extract.Claim{Statement: f.Statement, Quote: f.Quote, Start: s.ByteStart, End: s.ByteEnd}); err != nil {
		t.Fatalf("%q: %v", f.Statement, err)
	}
	if utf8.RuneCountInString(f.Statement) < 6 || f.Confidence < 0 || f.Confidence > 1 || !strings.Contains(document.Plain(f.Quote), document.Plain(f.Value.Original)) || len(f.Fingerprint) != 32 {
		t.Fatalf("not fit to be kept: %+v", f)
	}
}

// label is a sentence that states a fact, and the categories it may have.
type label struct {
	Quote  string
	Accept []string
}

func (l label) fits(f extract.Fact) bool {
	return document.Plain(f.Quote) == strings.TrimRight(l.Quote, " |—") || document.Plain(f.Quote) == l.Quote && slices.Contains(l.Accept, f.Category)
}

func TestFactsFitTheLabels(t *testing.T) {
	raw, err := os.ReadFile("../document/testdata/nerivane/facts.json")
	if err != nil {
		t.Fatal(err)
	}
	var labelled []struct {
		File, Profile string
		Facts         []label
	}
	if err := json.Unmarshal(raw, &labelled); err != nil {
		t.Fatal(err)
	}
	found, wanted, given, right := 0, 0, 0, 0
	for _, l := range labelled {
		facts := extract.Rules(page(t, filepath.Base(l.File)), builtin(t, l.Profile), extract.DefaultConfidence)
		given += len(facts)
		wanted += len(l.Facts)
		for _, f := range facts {
			if slices.ContainsFunc(l.Facts, func(want label) bool { return want.fits(f) }) {
				right++
			}
		}
		for _, want := range l.Facts {
			if slices.ContainsFunc(facts, want.fits) {
				found++
			}
		}
	}
	recall, precision := float64(found)/float64(wanted), float64(right)/float64(given)
	t.Logf("recall %.3f, precision %.3f", recall, precision)
	if recall < 0.9 || precision < 0.9 {
		t.Errorf("recall %.3f, precision %.3f", recall, precision)
	}
}

// TestPredictions writes what the rules find in labelled pages, for a scorer:
// go test -run Predictions -args -gold facts.json -predictions out.json.
func TestPredictions(t *testing.T) {
	if *gold == "" {
		t.Skip("needs -gold")
	}
	raw, err := os.ReadFile(*gold)
	if err != nil {
		t.Fatal(err)
	}
	var pages []struct{ Page, File, Profile string }
	if err := json.Unmarshal(raw, &pages); err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs(filepath.Dir(*gold))
	if err != nil {
		t.Fatal(err)
	}
	out := []map[string]string{}
	for _, p := range pages {
		for _, f := range extract.Rules(page(t, filepath.Join(dir, p.File)), builtin(t, p.Profile), extract.DefaultConfidence) {
			out = append(out, map[string]string{"page": p.Page, "quote": f.Quote, "category": f.Category, "statement": f.Statement})
		}
	}
	b, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*predictions, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNoMoreFactsThanTheDepthAllows(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "The rate limit of endpoint %d is %d requests per minute.\n\n", i, i)
	}
	prof := builtin(t, "api_docs")
	for depth, most := range map[schema.Depth]int{schema.DepthSummary: 10, schema.DepthDetailed: 30, schema.DepthComprehensive: 100} {
		prof.Depth = depth
		if n := len(extract.Rules(extract.Page{Text: text.String()}, prof, 0.5)); n != most {
			t.Errorf("%s: %d facts, want %d", depth, n, most)
		}
	}
}

func TestFactsComeBestFirstAndAboveTheThreshold(t *testing.T) {
	p := page(t, "security.html")
	all := extract.Rules(p, builtin(t, "security"), 0)
	if !slices.IsSortedFunc(all, func(a, b extract.Fact) int { return int((b.Confidence - a.Confidence) * 1e6) }) {
		t.Error("not the most confident first")
	}
	for _, least := range []float64{0.6, 0.8, 0.95} {
		for _, f := range extract.Rules(p, builtin(t, "security"), least) {
			if f.Confidence < least {
				t.Errorf("%.2f is below %.2f: %s", f.Confidence, least, f.Statement)
			}
		}
	}
	if n := len(extract.Rules(p, builtin(t, "security"), 1.01)); n != 0 {
		t.Errorf("%d facts above all confidence", n)
	}
}

func TestWhatIsNoFactIsRefused(t *testing.T) {
	for _, text := range []string{
		"What is the rate limit of the API per minute?",
		"Copyright © 2025 Acme, Inc. All rights reserved.",
		"We use cookies that expire after 365 days.",
		"Last updated on 11 February 2025 by the API team.",
		"Our API is simply the most powerful and beautiful API.",
		"For more information see the API reference below.",
		"Limited.",
		"Table 5 lists the rate limits of the API per minute.",
		"A. Author, B. Writer, \"Rate limits of APIs\", 3rd edition, Press, 2008.",
		"| Module | mod_ratelimit |\n| Syntax | RateLimit NUMBER |",
		"To limit requests to 60 per minute, set:\n\n```\nlimit 60\n```",
		"See https://api.example.com/limits for the rate limit per minute.",
		"- MAX_REQUESTS_PER_MINUTE",
		"The weather will be fine in the mountains tomorrow.",
		"| Plan | Requests per minute |\n| --- | --- |\n| — | — |",
		"```\nlimit requests per minute: 600\n```",
		"- `--max-requests-per-minute 600 --timeout 30`",
	} {
		for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "api_docs"), extract.DefaultConfidence) {
			t.Errorf("%q became %q (%.2f)", text, f.Statement, f.Confidence)
		}
	}
}

func TestStatementsCanBeReadAlone(t *testing.T) {
	for text, want := range map[string]string{
		"| Plan | Price | Requests per minute |\n| --- | --- | --- |\n| Free | $0 | 60 |":                                                                         "Free plan — Requests per minute: 60",
		"| Header | Meaning of a request | Default |\n| --- | --- | --- |\n| X-Limit | How many are left | none |\n| X-Reset | When the rate limit ends | none |": "X-Reset — Meaning of a request: When the rate limit ends; Default: none",
		"# Requests per minute\n\n| Type | Default | Required |\n| --- | --- | --- |\n| integer | 60 | no |":                                                      "Requests per minute — Type: integer; Default: 60; Required: no",
		"# Is there a rate limit?\n\nYes, 60 requests per minute.":                                                                                                "Is there a rate limit? — Yes, 60 requests per minute.",
		"# Free\n\n- 60 requests a minute":                                                           "Free plan — 60 requests a minute",
		"Note: The rate limit is 60 requests per minute.":                                            "The rate limit is 60 requests per minute.",
		"| Resource | Minimum in 2024 |\n| --- | --- |\n| API rate limit | 60 requests per minute |": "API rate limit — 60 requests per minute",
		"# Free plan\n\nIt is limited to 100 requests per minute.":                                   "Free plan — It is limited to 100 requests per minute.",
		"# Plan 9\n\nIt is limited to 100 requests per minute.":                                      "It is limited to 100 requests per minute.",
		"# Limits\n\nBurst\n: At most 20 requests per second":                                        "Limits — Burst: At most 20 requests per second",
		"Authentication is possible with:\n\n- OAuth 2.0 client credentials":                         "Authentication is possible with: OAuth 2.0 client credentials",
		"# Users\n\n### POST /v3/users":                                                              "Endpoint POST /v3/users",
		"A `POST` request must carry an *API key* in the\nAuthorization header.":                     "A POST request must carry an *API key* in the Authorization header.",
	} {
		facts := extract.Rules(extract.Page{Text: text}, builtin(t, "api_docs"), 0.3)
		if len(facts) == 0 || facts[0].Statement != want {
			t.Errorf("%q:\ngot  %+v\nwant %s", text, facts, want)
		}
	}
}

func TestTheSameStatementIsOneFact(t *testing.T) {
	text := "The rate limit is 60 requests per minute.\n\n## Again\n\nThe rate limit is `60` requests per minute."
	if facts := extract.Rules(extract.Page{Text: text}, builtin(t, "api_docs"), 0.3); len(facts) != 1 {
		t.Errorf("got %+v", facts)
	}
}

func TestOwnCategoriesAreFoundByTheirNames(t *testing.T) {
	text := "Parcels are delivered within 2 days.\n\nThe warranty lasts 24 months on every device.\n\nThe office is closed on Sundays and holidays."
	prof := extract.Profile{Name: "shop", Categories: []string{"Delivery", "warranty-terms"}, Focus: "parcels and how fast they are delivered; warranty"}
	got := map[string]string{}
	for _, f := range extract.Rules(extract.Page{Text: text}, prof, 0.4) {
		got[f.Category] = f.Quote
	}
	if got["warranty-terms"] != "The warranty lasts 24 months on every device." || len(got) > 2 {
		t.Errorf("got %v", got)
	}
}

func TestKnownCategoriesAreKnownUnderAnySpelling(t *testing.T) {
	text := "Every key may send 60 requests per minute."
	for _, c := range []string{"rate_limits", "Rate limits", "RATE-LIMITS"} {
		facts := extract.Rules(extract.Page{Text: text}, extract.Profile{Name: "x", Categories: []string{c}}, 0.5)
		if len(facts) != 1 || facts[0].Category != c || facts[0].Attribute != "rate_limit" {
			t.Errorf("%s: %+v", c, facts)
		}
	}
}

func TestFocusMovesConfidence(t *testing.T) {
	p := extract.Page{Text: "Webhooks are retried and limited to 5 deliveries."}
	prof := extract.Profile{Name: "x", Categories: []string{"limits"}}
	without := extract.Rules(p, prof, 0)
	prof.Focus = "webhook deliveries"
	with := extract.Rules(p, prof, 0)
	if len(with) != 1 || len(without) != 1 || with[0].Confidence <= without[0].Confidence {
		t.Errorf("with %+v, without %+v", with, without)
	}
}

func TestTheFocusFindsFactsOfItsOwnCategory(t *testing.T) {
	text := "Our warehouses in Rotterdam run on 100 % renewable electricity.\n\nThe packaging is made of 80% recycled cardboard.\n\nReturns are free for 30 days.\n\nThe weather was fine."
	for _, c := range []struct {
		categories []string
		focus      string
		want       map[string]string
	}{
		{[]string{"sustainability"}, "renewable energy, recycled packaging", map[string]string{"warehouses": "sustainability", "packaging": "sustainability"}},
		{[]string{"sustainability", "shipping"}, "renewable energy, recycled packaging; delivery times, returns", map[string]string{"warehouses": "sustainability", "packaging": "sustainability", "Returns": "shipping"}},
		{[]string{"sustainability", "shipping"}, "shipping: returns, delivery; sustainability: renewable energy, recycled packaging", map[string]string{"warehouses": "sustainability", "packaging": "sustainability", "Returns": "shipping"}},
		{[]string{"sustainability", "shipping"}, "", nil},
	} {
		got := map[string]string{}
		for _, f := range extract.Rules(extract.Page{Text: text}, extract.Profile{Name: "x", Categories: c.categories, Focus: c.focus}, extract.DefaultConfidence) {
			for _, word := range []string{"warehouses", "packaging", "Returns", "weather"} {
				if strings.Contains(f.Quote, word) {
					got[word] = f.Category
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%q: got %v, want %v", c.focus, got, c.want)
		}
	}
}

func TestTitleSpeaksWhereNoHeadingDoes(t *testing.T) {
	p := extract.Page{Text: "Each project may have 3 of them, and never more than 5 at a time."}
	without := extract.Rules(p, builtin(t, "api_docs"), 0)
	p.Title = "API rate limits"
	with := extract.Rules(p, builtin(t, "api_docs"), 0)
	if len(with) != 1 || len(without) != 1 || with[0].Confidence <= without[0].Confidence {
		t.Errorf("with %+v, without %+v", with, without)
	}
}

func TestTheNameOfTheCompanyTellsNothing(t *testing.T) {
	p := extract.Page{Text: "Enterprise Plan is located in Berlin and was founded by friends."}
	if n := len(extract.Rules(p, builtin(t, "pricing"), 0.4)); n != 1 {
		t.Fatalf("%d facts without a company", n)
	}
	p.Company = "Enterprise Plan, Inc."
	if facts := extract.Rules(p, builtin(t, "pricing"), 0.4); len(facts) != 0 {
		t.Errorf("got %+v", facts)
	}
}

func TestNothingGivesNothing(t *testing.T) {
	if f := extract.Rules(extract.Page{}, builtin(t, "general"), 0); len(f) != 0 {
		t.Errorf("an empty page gave %v", f)
	}
	if f := extract.Rules(extract.Page{Text: "The rate limit is 60 requests per minute."}, extract.Profile{Name: "x"}, 0); len(f) != 0 {
		t.Errorf("a profile without categories gave %v", f)
	}
}

func TestBuiltinProfilesAreTheCallersToKeep(t *testing.T) {
	extract.Builtin()[0].Categories[0] = "changed"
	if extract.Builtin()[0].Categories[0] == "changed" {
		t.Error("a caller changed the built-in profiles")
	}
}

func FuzzRules(f *testing.F) {
	for _, name := range []string{"reference.md", "languages.md"} {
		f.Add(page(f, name).Text, "Nerivane")
	}
	for _, s := range []string{
		"| 计划 | Requests per minute |\n| --- | --- |\n| 免费 🎉 | 60 👩‍💻 |", "الحد الأقصى rate limit هو 100 طلب.", "Cafe\u0301 rate limit: 5 requests per second.",
		"a\\|b | c", "|a\\|1|2|\n|-|-|\n|`|`|", "# 1\n\nIt must be 1,000.5 rate limit tokens", "Term 5\n: must be 5 requests", "- GET /\u00e9\u0301/v1",
		"1 000 rate limit 35 million, 35,000 and 35k requests per second", "\u200f\u202eencrypted at rest\u202c with AES-256.",
	} {
		f.Add(s, "Acme API")
	}
	profiles := extract.Builtin()
	f.Fuzz(func(t *testing.T, text, company string) {
		text = document.FromText([]byte(text)).Text
		for _, b := range profiles {
			prof := extract.Profile{Name: b.Name, Focus: b.Focus + company, Categories: append(slices.Clone(b.Categories), company), Depth: b.Depth}
			p := extract.Page{Text: text, Title: company, Company: company}
			facts := extract.Rules(p, prof, 0.1)
			again := extract.Rules(p, prof, 0.1)
			if len(facts) != len(again) {
				t.Fatalf("%d facts, then %d", len(facts), len(again))
			}
			seen := map[string]bool{}
			for i, fact := range facts {
				checkFact(t, text, fact)
				if again[i].Fingerprint != fact.Fingerprint || again[i].Span != fact.Span || again[i].Confidence != fact.Confidence {
					t.Fatalf("%+v, then %+v", fact, again[i])
				}
				if seen[fact.Fingerprint] || !slices.Contains(prof.Categories, fact.Category) {
					t.Fatalf("twice, or of no category: %+v", fact)
				}
				seen[fact.Fingerprint] = true
			}
		}
	})
}

// BenchmarkRules looks for facts on the pages of a manual, one after another. One
// operation is a page. BENCH_CORPUS is the folder of HTML pages; see
// bench/corpus.sh.
func BenchmarkRules(b *testing.B) {
	corpus := cmp.Or(os.Getenv("BENCH_CORPUS"), "/usr/share/doc/postgresql-doc-15/html")
	files, err := filepath.Glob(corpus + "/*.html")
	if err != nil || len(files) == 0 {
		b.Fatalf("no pages in %s: set BENCH_CORPUS, see bench/corpus.sh", corpus)
	}
	pages := make([]extract.Page, len(files))
	for i, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		doc, err := document.FromHTML(body)
		if err != nil {
			b.Fatal(err)
		}
		pages[i] = extract.Page{Text: doc.Text, Title: doc.Title, Company: "PostgreSQL"}
	}
	prof := builtin(b, "technical_specs")
	b.ReportAllocs()
	n, facts := 0, 0
	for b.Loop() {
		facts += len(extract.Rules(pages[n%len(pages)], prof, extract.DefaultConfidence))
		n++
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "pages/s")
	b.ReportMetric(float64(facts)/float64(n), "facts/page")
}

func ExampleRules() {
	text := "# Limits\n\n| Plan | Requests per minute |\n| --- | --- |\n| Free | 60 |\n\nEvery request must carry an API key."
	prof := extract.Profile{Name: "api", Categories: []string{"rate_limits", "authentication"}, Depth: schema.DepthDetailed}
	for _, f := range extract.Rules(extract.Page{Text: text}, prof, extract.DefaultConfidence) {
		fmt.Printf("%s: %s [%d:%d] %q\n", f.Category, f.Statement, f.Span.ByteStart, f.Span.ByteEnd, f.Quote)
	}
	// Output:
	// authentication: Every request must carry an API key. [70:106] "Every request must carry an API key."
	// rate_limits: Free plan — Requests per minute: 60 [57:66] "Free | 60"
}
