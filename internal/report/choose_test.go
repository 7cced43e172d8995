package report_test

import (
	"fmt"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// What several profiles find in the same words is one thing, and so it is if some file it under another category.
func TestWhatIsLeftOutIsCountedOnceHoweverManyProfilesFindIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const profiles, statements = 7, 30
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			url := origin + "/limits"
			page := tx.Ent.Page.Create().SetURL(url).SetDomain("demo.example").SetCompany("Ant").SaveX(t.Context())
			snap := tx.Ent.Snapshot.Create().SetPageID(page.ID).SetText("x").SetHash(url).SetHTTPStatus(200).SetFetchedAt(fetched).SaveX(t.Context())
			for p := range profiles {
				name := fmt.Sprintf("profile-%d", p)
				profile := tx.Ent.Profile.Create().SetName(name).SetCategories([]string{"limits"}).SaveX(t.Context())
				for i := range statements {
					text := fmt.Sprintf("A basket holds %d apples.", i+2)
					category := "limits"
					if p == profiles-1 && i < 10 {
						category = "specs"
					}
					tx.Ent.Fact.Create().SetPageID(page.ID).SetSnapshotID(snap.ID).SetProfileID(profile.ID).SetCompany("Ant").SetURL(url).
						SetCategory(category).SetStatement(text).SetQuote(text).SetSpan(schema.Span{}).SetConfidence(0.9 - float64(i)/1000).
						SetMethod(schema.MethodRules).SetFingerprint(name + text).SaveX(t.Context())
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			section, all int
			want         string
		}{
			{4, 100, "Limits 4 of 26, Specs 4 of 6"}, // of ten specs the first four are listed under limits, and four of limits under specs
			{20, 100, "Limits 20 of 30"},
			{20, 3, "Limits 3 of 30"},
			{40, 100, ""},
		} {
			d := compose(t, s, schema.ReportParams{Type: schema.ReportSingle, Companies: []string{"Ant"}, MaxFactsPerSection: c.section, MaxFacts: c.all})
			if got := strings.Join(d.Notes, " "); !strings.Contains(got, c.want+".") && c.want != "" || c.want == "" && strings.Contains(got, "surest") {
				t.Errorf("%d of a section and %d in all: %s; want %s", c.section, c.all, got, c.want)
			}
			for _, section := range d.Sections {
				if text := render(t, d, report.Markdown); section.Left > 0 != strings.Contains(text, fmt.Sprintf("*%d more are left out.*", section.Left)) {
					t.Errorf("%d are left out of %s", section.Left, section.Title)
				}
			}
		}
	})
}
