package report_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/llm"
	"techfacts.dev/techfacts/internal/modeltest"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// chat speaks to a model.
func chat(m *modeltest.Server) *llm.Chat {
	return llm.NewChat(llm.Endpoint{URL: m.URL, Model: "m1", Timeout: time.Minute}, llm.Care{Concurrent: 1, Failures: 5, Pause: time.Minute})
}

// written is the document that an author with a model writes, as data.
func written(t *testing.T, s *store.Store, m *modeltest.Server, in schema.ReportParams) (d report.Document, tally schema.Tally) {
	t.Helper()
	in.Format = schema.FormatJSON
	draft, err := report.Author{Store: s, Chat: chat(m)}.Write(t.Context(), in, "")
	if err != nil {
		t.Fatal(err)
	}
	id := schema.NewID(schema.KindJob)
	within(t, s, func(tx *store.Tx) error {
		tx.Ent.Job.Create().SetID(id).SetType(schema.JobReport).SetParams(schema.Params{Report: &in}).ExecX(t.Context())
		return draft.Save(t.Context(), tx, id)
	})
	stored, err := report.New(s, nil).Document(t.Context(), in.ID)
	if err != nil {
		t.Fatal(err)
	}
	return *stored, draft.Tally()
}

// echo says each fact it is given, twice.
func echo(a modeltest.Asked) modeltest.Reply {
	type sentence struct {
		Section string `json:"section"`
		Text    string `json:"text"`
		Cites   []int  `json:"cites"`
	}
	var all []sentence
	for line := range strings.Lines(a.Text) {
		var g struct {
			N                           int
			Section, Company, Statement string
		}
		if json.Unmarshal([]byte(line), &g) == nil && g.N > 0 {
			s := sentence{g.Section, g.Company + ": " + g.Statement, []int{g.N}}
			all = append(all, s, s)
		}
	}
	b, _ := json.Marshal(map[string]any{"sentences": all})
	return modeltest.Reply{Content: string(b)}
}

func TestProseCitesTheFactsThatItWasWrittenFrom(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	for name, in := range samples() {
		in.ID = schema.NewID(schema.KindReport)
		m := modeltest.New(t, echo)
		d, tally := written(t, s, m, in)
		if d.Prose == nil || tally.Usage.Requests != len(m.Asked()) || len(m.Asked()) > 8 {
			t.Fatalf("%s: %d questions, %+v", name, len(m.Asked()), tally)
		}
		most := 6
		if in.Type == schema.ReportSummary {
			most = 4
			if n := counted(render(t, &d, report.Markdown)); n > 500 {
				t.Errorf("a summary with prose has %d words", n)
			}
		}
		for _, section := range d.Prose.Sections {
			if len(section.Sentences) > most {
				t.Errorf("%s: %d sentences about %s", name, len(section.Sentences), section.Title)
			}
			for _, p := range section.Sentences {
				c := d.Citations[p.Cites[0]-1]
				if got := c.Company + ": " + strings.Join(strings.Fields(c.Statement), " "); got != p.Text {
					t.Errorf("%s: %q cites %q", name, p.Text, got)
				}
			}
		}
		reasons := map[schema.RejectionReason]int{}
		for _, r := range tally.Rejected {
			reasons[r.Reason] = r.Count
		}
		if reasons[schema.RejectedDuplicate] == 0 || reasons[schema.RejectedNumber] > 0 || reasons[schema.RejectedCitation] > 0 || reasons[schema.RejectedWords] > 0 {
			t.Errorf("%s: rejected %v", name, reasons)
		}
		if name == "comparison" && len(m.Asked()) < 3 {
			t.Errorf("%d questions about %d facts", len(m.Asked()), len(d.Citations))
		}
	}
}

// Whatever a model answers, what stands in a report is supported by what it cites.
func FuzzProse(f *testing.F) {
	f.Add(`{"sentences": [{"section": "features", "text": "A supports webhooks.", "cites": [1]}]}`)
	f.Add(`{"sentences": [{"section": "features", "text": "A supports 900 webhooks.", "cites": [1]}, {"section": "features", "text": "B does not support webhooks.", "cites": [2]}`)
	f.Add(`</think>{"section": 1}{"text": "A supports webhooks.", "section": "features", "cites": [1, 2]}`)
	f.Fuzz(func(t *testing.T, answer string) {
		s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
		put(t, s, stated{"A", "features", "A supports webhooks.", schema.Value{}, nil}, stated{"B", "features", "B does not support webhooks.", schema.Value{}, nil})
		m := modeltest.New(t, func(modeltest.Asked) modeltest.Reply { return modeltest.Reply{Content: answer} })
		d, _ := written(t, s, m, schema.ReportParams{ID: schema.NewID(schema.KindReport), Type: schema.ReportComparison, Companies: []string{"A", "B"}, MaxFactsPerSection: 9, MaxFacts: 9})
		if d.Prose == nil {
			return
		}
		for _, section := range d.Prose.Sections {
			for _, p := range section.Sentences {
				var proofs []extract.Proof
				for _, n := range p.Cites {
					c := d.Citations[n-1]
					proofs = append(proofs, extract.Proof{Company: c.Company, Statement: c.Statement, Denies: extract.Denies(c.Statement), Beside: "Features " + c.Quote + c.Page})
				}
				if reason := extract.Support(p.Text, d.Companies, proofs); reason != "" || slices.Contains([]byte(p.Text), '<') {
					t.Errorf("%q is in the report: %s", p.Text, reason)
				}
			}
		}
	})
}
