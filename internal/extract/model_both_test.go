package extract_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/modeltest"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestWhatBothFindIsTheRulesOwn(t *testing.T) {
	t.Parallel()
	s := modeltest.New(t, modeltest.Honest(
		honest[0], nightly,
		say("Each key has a burst limit of 50 requests per second.", "rate_limits", honest[0].Quote),
	))
	rules := find(t, nil, extract.Options{Method: schema.ExtractByRules, MinConfidence: 0.5})
	both := find(t, ask(t, s, 0), extract.Options{Method: schema.ExtractByBoth, MinConfidence: 0.5})
	count := map[string]int{}
	for _, f := range both.Facts {
		count[string(f.Method)]++
		if strings.Contains(f.Statement, "burst") && f.Method != schema.MethodRules {
			t.Errorf("doubled: %+v", f)
		}
	}
	if len(rules.Facts) == 0 || count["RULES"] != len(rules.Facts) || count["MODEL"] < 1 {
		t.Errorf("%d by rules alone, %v by both: %q", len(rules.Facts), count, statements(both.Facts))
	}
	if !slices.ContainsFunc(both.Tally.Rejected, func(c schema.RejectedCount) bool { return c.Reason == schema.RejectedDuplicate && c.Count >= 2 }) {
		t.Errorf("rejected %+v", both.Tally.Rejected)
	}
}

func TestAMethodThatIsNotHeardTakesNothingBack(t *testing.T) {
	t.Parallel()
	s := modeltest.New(t, modeltest.Honest(honest...))
	known := find(t, ask(t, s, 0), extract.Options{Method: schema.ExtractByBoth}).Facts
	gone := known[0]
	gone.Quote, gone.Fingerprint, gone.Statement = "It was here once, in 2019.", "gone", "It was here once."
	s.Answer(func(modeltest.Asked) modeltest.Reply { return modeltest.Reply{Status: http.StatusUnauthorized} })
	for _, method := range []schema.ExtractionMethod{schema.ExtractByBoth, schema.ExtractByRules, schema.ExtractByModel} {
		after := find(t, ask(t, s, 0), extract.Options{Method: method, Known: append(slices.Clone(known), gone)})
		if !slices.Equal(statements(after.Facts), statements(known)) {
			t.Errorf("%s: %q, want %q", method, statements(after.Facts), statements(known))
		}
	}
	s.Answer(modeltest.Honest())
	if after := find(t, ask(t, s, 0), extract.Options{Known: slices.DeleteFunc(slices.Clone(known), func(f extract.Fact) bool { return f.Method == schema.MethodRules })}); len(after.Facts) != 0 {
		t.Errorf("a model that was heard keeps %q", statements(after.Facts))
	}
}

func TestAnAnswerThatIsNotWholeRemovesNothingAndIsNotKept(t *testing.T) {
	t.Parallel()
	s := modeltest.New(t, modeltest.Honest(honest...))
	known := find(t, ask(t, s, 0), extract.Options{}).Facts
	answers := extract.NewAnswers(storetest.Open(t, storetest.Addresses()["SQLite"](t)), time.Hour, slog.New(slog.DiscardHandler))
	beginning, _, _ := strings.Cut(modeltest.Facts(honest...), "Exports are kept")
	for name, cut := range map[string]bool{"cut": true, "broken": false} {
		s.Answer(func(modeltest.Asked) modeltest.Reply { return modeltest.Reply{Content: beginning, Cut: cut} })
		m := ask(t, s, 0)
		m.Answers = answers
		found := find(t, m, extract.Options{Known: known})
		if got := statements(found.Facts); found.Gap != schema.GapPartial || !slices.Contains(got, "Exports are kept for 30 days.") || len(got) != len(honest) {
			t.Errorf("%s: %s, %q", name, found.Gap, got)
		}
		asked := len(s.Asked())
		if again := find(t, m, extract.Options{Known: known}); len(s.Asked()) == asked || again.Tally.Usage.Cached != 0 {
			t.Errorf("%s: half an answer is kept as a whole one", name)
		}
	}
}

func TestWhatTheDepthCutsOffStaysIfItWasKnown(t *testing.T) {
	t.Parallel()
	var old, table strings.Builder
	for i := range 10 {
		fmt.Fprintf(&old, "The upload quota of pool %c is %d MB per day.\n\n", 'A'+i, i+10)
	}
	table.WriteString("| Limit | Requests per minute |\n| --- | --- |\n")
	for i := range 10 {
		fmt.Fprintf(&table, "| Rate limit of zone %c | %d |\n", 'A'+i, 100+i)
	}
	prof := builtin(t, "api_docs")
	prof.Depth = schema.DepthSummary
	look := func(text string, known []extract.Fact) []extract.Fact {
		found, err := extract.Find(t.Context(), extract.Page{Text: text}, prof, extract.Options{Method: schema.ExtractByRules, MinConfidence: 0.3, Known: known})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found.Facts {
			checkFact(t, text, f)
		}
		return found.Facts
	}
	before := look(old.String(), nil)
	both := table.String() + "\n" + old.String()
	if fresh := look(both, nil); len(fresh) != 10 || slices.ContainsFunc(before, func(f extract.Fact) bool { return !slices.Contains(statements(fresh), f.Statement) }) == false {
		t.Fatalf("nothing is cut off: %q", statements(fresh))
	}
	after := statements(look(both, before))
	for _, f := range before {
		if !slices.Contains(after, f.Statement) {
			t.Errorf("%q is gone though it stands there", f.Statement)
		}
	}
	if gone := look(table.String(), before); len(gone) != 10 {
		t.Errorf("%d facts of a page that has 10", len(gone))
	}
}
