package extract_test

import (
	"encoding/xml"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/demosite"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

func perMinute(n float64, original string) schema.Value {
	return schema.Value{Kind: schema.ValueRate, Original: original, Number: n / 60, Unit: "request/s", Amount: n, Period: "minute"}
}

// stated is a limit of the Growth plan, as the row of one table.
func stated() extract.Stated {
	return extract.Stated{
		Attribute: "rate_limit", Subject: "Growth plan", Statement: "Growth plan — Rate limit: 1,200 requests per minute",
		Qualifiers: map[string]string{"plan": "Growth"}, Value: perMinute(1200, "1,200 requests per minute"),
	}
}

func TestTheSameClaimInTheColumnOfAnotherTableIsTheSame(t *testing.T) {
	t.Parallel()
	a, b := stated(), stated()
	b.Subject, b.Statement = "Rate limit", "Rate limits — growth: 20 requests per second"
	b.Value = schema.Value{Kind: schema.ValueRate, Original: "20 requests per second", Number: 20, Unit: "request/s", Amount: 20, Period: "second"}
	if a.Topic() != b.Topic() || a.Claim() != b.Claim() || !a.SameValue(b) {
		t.Errorf("%+v and %+v are told apart", a, b)
	}
}

func TestWhatIsSaidOfAnotherThingIsAnotherTopicOrClaim(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*extract.Stated){
		"words": func(s *extract.Stated) {
			s.Statement = "Growth plan — Rate limit for writes: 1,200 requests per minute"
		},
		"qualifier":  func(s *extract.Stated) { s.Qualifiers = map[string]string{"plan": "Start"} },
		"qualifiers": func(s *extract.Stated) { s.Qualifiers = map[string]string{"plan": "Growth", "region": "EU"} },
	} {
		s := stated()
		change(&s)
		if s.Topic() == stated().Topic() || s.Claim() == stated().Claim() {
			t.Errorf("another %s is the same", name)
		}
	}
	for name, change := range map[string]func(*extract.Stated){
		"value": func(s *extract.Stated) { s.Value.Number = 25 },
		"unit":  func(s *extract.Stated) { s.Value.Unit = "call/s" },
	} {
		base := stated()
		s := base
		change(&s)
		if s.Topic() != base.Topic() || s.Claim() == base.Claim() {
			t.Errorf("another %s is another topic, or the same claim", name)
		}
	}
}

func TestWithoutAnAttributeOrAValueTheStatementIsTheClaim(t *testing.T) {
	t.Parallel()
	plain := extract.Stated{Statement: "Data is encrypted at rest."}
	same := extract.Stated{Statement: "data is  encrypted at rest", Subject: "Security"}
	other := extract.Stated{Statement: "Data is not encrypted at rest."}
	if plain.Topic() != "" || plain.Slots() != nil || plain.Claim() != same.Claim() || plain.Claim() == other.Claim() {
		t.Error("statements are not told apart by their words")
	}
	bare := extract.Stated{Attribute: "timeout", Statement: "The status is 429 then.", Value: schema.Value{Kind: schema.ValueCount, Original: "429", Number: 429}}
	if bare.Slots() != nil || bare.Claim() != (extract.Stated{Statement: bare.Statement}).Claim() {
		t.Error("a number that counts nothing makes a claim")
	}
}

// sentence is what a sentence below a heading says.
func sentence(heading, statement string, v schema.Value) extract.Stated {
	return extract.Stated{Attribute: "limit", Subject: heading, Statement: statement, Value: v}
}

func megabytes(n float64, original string) schema.Value {
	return schema.Value{Kind: schema.ValueSize, Original: original, Number: n * 1e6, Unit: "byte", Amount: n}
}

func TestAHeadingCountsOnlyIfTheSentenceNamesNothing(t *testing.T) {
	t.Parallel()
	a := sentence("Uploads", "The maximum upload size is 10 MB.", megabytes(10, "10 MB"))
	b := sentence("File API", a.Statement, a.Value)
	b.Attribute = "upload"
	if a.Topic() == "" || a.Topic() != b.Topic() || a.Claim() != b.Claim() {
		t.Error("the same sentence below another heading is another claim")
	}
	c := sentence("Other limits", "The maximum upload size is 20 MB.", megabytes(20, "20 MB"))
	if c.Topic() != a.Topic() || c.Claim() == a.Claim() {
		t.Error("another value of the same is no change of it")
	}
	groups := extract.Conflicts([]extract.Stated{a, c}, func(s extract.Stated) (extract.Stated, string) { return s, s.Subject })
	if len(groups) != 1 {
		t.Errorf("%d conflicts", len(groups))
	}
	for _, words := range []string{"The maximum is 10 MB.", "It may have up to 10 MB.", "10 MB at most"} {
		a, b := sentence("Uploads", words, a.Value), sentence("Imports", words, a.Value)
		if a.Topic() == b.Topic() || a.Claim() == b.Claim() {
			t.Errorf("%q is about the same below whatever heading", words)
		}
	}
}

func TestOnlyAnotherValueOfTheSameTakesItsPlace(t *testing.T) {
	t.Parallel()
	perSecond := func(n float64, original string) schema.Value {
		return schema.Value{Kind: schema.ValueRate, Original: original, Number: n, Unit: "request/s", Amount: n, Period: "second"}
	}
	days := func(n float64, original string) schema.Value {
		return schema.Value{Kind: schema.ValueDuration, Original: original, Number: n * 86400, Unit: "s", Amount: n}
	}
	dollars := func(n float64, original string) schema.Value {
		return schema.Value{Kind: schema.ValueMoney, Original: original, Number: n, Unit: "USD/month", Amount: n, Currency: "USD", Period: "month"}
	}
	pairs := func(a, b extract.Stated) bool {
		return slices.ContainsFunc(a.Slots(), func(slot string) bool { return slices.Contains(b.Slots(), slot) })
	}
	for _, c := range []struct {
		a, b extract.Stated
		want bool
	}{
		{sentence("Prices", "The price of support is $100 per month.", dollars(100, "$100 per month")), sentence("Prices", "The price of storage is $5 per month.", dollars(5, "$5 per month")), false},
		{sentence("Limits", "The read rate limit is 100 requests per second.", perSecond(100, "100 requests per second")), sentence("Limits", "The write rate limit is 5 requests per second.", perSecond(5, "5 requests per second")), false},
		{sentence("Retention", "Audit logs are retained for 90 days.", days(90, "90 days")), sentence("Retention", "Backups are retained for 30 days.", days(30, "30 days")), false},
		{sentence("Retention", "Audit logs are retained for 90 days.", days(90, "90 days")), sentence("Logs", "Audit logs are retained for 30 days.", days(30, "30 days")), true},
		{stated(), func() extract.Stated {
			s := stated()
			s.Statement, s.Value = strings.Replace(s.Statement, "1,200", "900", 1), perMinute(900, "900 requests per minute")
			return s
		}(), true},
	} {
		c.a.Attribute, c.b.Attribute = "price", "price" // which is a telling one
		if got := pairs(c.a, c.b); got != c.want {
			t.Errorf("%q takes the place of %q: %v", c.b.Statement, c.a.Statement, got)
		}
	}
}

func TestColumnsThatLimitARowArePartOfItsKey(t *testing.T) {
	t.Parallel()
	const text = "| Plan | Region | Price | Requests per minute |\n| --- | --- | --- | --- |\n| Pro | US | $49 per month | 100 |\n| Pro | EU | €45 per month | 100 |\n\nBetween.\n\n" +
		"| Plan price per month | US | EU |\n| --- | --- | --- |\n| Team plan | $12 | €11 |\n"
	prof := builtin(t, "pricing")
	prof.Depth = schema.DepthComprehensive
	topics, regions := map[string]string{}, map[string]int{}
	for _, f := range extract.Rules(extract.Page{Text: text}, prof, 0.3) {
		if f.Value.Kind == "" {
			continue
		}
		key := f.Stated().Topic()
		if before, ok := topics[key]; ok {
			t.Errorf("%q and %q have one key", before, f.Statement)
		}
		topics[key] = f.Statement
		regions[f.Qualifiers["region"]]++
		if r := f.Qualifiers["region"]; !strings.Contains(f.Statement, r) {
			t.Errorf("%q does not tell its region %s", f.Statement, r)
		}
	}
	if regions["US"] < 2 || regions["EU"] < 2 || regions[""] > 0 {
		t.Errorf("regions: %v of %q", regions, topics)
	}
}

// vendorPages gives the texts of the demo vendors' pages by path.
func vendorPages(t *testing.T) map[string]document.Document {
	t.Helper()
	h := demosite.Handler()
	get := func(path string) []byte {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "http://demo.example"+path, nil))
		return w.Body.Bytes()
	}
	var set struct {
		URLs []struct {
			Loc string `xml:"loc"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal(get("/sitemap.xml"), &set); err != nil {
		t.Fatal(err)
	}
	pages := map[string]document.Document{}
	for _, u := range set.URLs {
		path := strings.TrimPrefix(u.Loc, "http://demo.example")
		doc, err := document.NewReader(document.DefaultMemory).Read(t.Context(), "text/html", get(path))
		if err != nil {
			t.Fatal(err)
		}
		pages[path] = doc
	}
	return pages
}

func TestTheDemoVendorsContradictThemselvesOnce(t *testing.T) {
	t.Parallel()
	type found struct {
		path string
		fact extract.Fact
	}
	of := map[string][]found{}
	for path, doc := range vendorPages(t) {
		vendor, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		for _, b := range extract.Builtin() {
			prof := extract.Profile{Name: b.Name, Focus: b.Focus, Categories: b.Categories, Depth: schema.DepthComprehensive}
			for _, f := range extract.Rules(extract.Page{Text: doc.Text, Title: doc.Title, Company: vendor}, prof, extract.DefaultConfidence) {
				of[vendor] = append(of[vendor], found{path, f})
			}
		}
	}
	for vendor, facts := range of {
		groups := extract.Conflicts(facts, func(f found) (extract.Stated, string) { return f.fact.Stated(), f.path })
		if vendor != "halvorsund" {
			for _, g := range groups {
				t.Errorf("%s: %+v", vendor, g)
			}
			continue
		}
		if len(groups) != 1 {
			t.Fatalf("%d conflicts, want the one of truth.json: %+v", len(groups), groups)
		}
		var b strings.Builder
		for _, f := range groups[0] {
			b.WriteString(f.path + " " + f.fact.Value.Original + "\n")
		}
		quotes := b.String()
		for _, want := range []string{"/halvorsund/docs/rate-limits/ 1,200 requests per minute\n", "/halvorsund/docs/pricing/ 1,000 requests per minute\n"} {
			if !strings.Contains(quotes, want) {
				t.Errorf("the conflict lacks %s:\n%s", want, quotes)
			}
		}
	}
}

func TestDifferentValuesOnOnePageAreNoConflict(t *testing.T) {
	t.Parallel()
	a, b := stated(), stated()
	b.Statement, b.Value = strings.Replace(b.Statement, "1,200", "1,000", 1), perMinute(1000, "1,000 requests per minute")
	for page, want := range map[string]int{"/a": 0, "/b": 1} {
		groups := extract.Conflicts([]extract.Stated{a, b}, func(s extract.Stated) (extract.Stated, string) {
			if s.Value.Amount == 1000 {
				return s, page
			}
			return s, "/a"
		})
		if len(groups) != want {
			t.Errorf("on %s: %d conflicts", page, len(groups))
		}
	}
}

func TestRowsThatBeginAlikeHaveKeysOfTheirOwn(t *testing.T) {
	text := "| Limit | Direction | Rate | Burst |\n| --- | --- | --- | --- |\n" +
		"| Messages | inbound | 100 per second | 200 |\n| Messages | outbound | 10 per second | 20 |\n| Calls of the API | outbound | 5 per second | 9 |"
	topics := map[string]string{}
	var got []string
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "api_docs"), 0.4) {
		checkFact(t, text, f)
		got = append(got, f.Statement)
		if topic := f.Stated().Topic(); topic != "" {
			if topics[topic] != "" {
				t.Errorf("%q and %q are about the same", topics[topic], f.Statement)
			}
			topics[topic] = f.Statement
		}
	}
	slices.Sort(got)
	want := []string{
		"Calls of the API — Burst: 9", "Calls of the API — Rate: 5 per second",
		"Messages — Direction: inbound; Burst: 200", "Messages — Direction: inbound; Rate: 100 per second",
		"Messages — Direction: outbound; Burst: 20", "Messages — Direction: outbound; Rate: 10 per second",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
