package report_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/entry"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// state stores facts of companies, each by one statement: company, category,
// statement, value.
type stated struct {
	company, category, text string
	value                   schema.Value
	qualifiers              map[string]string
}

func put(t *testing.T, s *store.Store, all ...stated) (facts []*ent.Fact) {
	t.Helper()
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		profile := tx.Ent.Profile.Create().SetName(strings.ToLower("p" + uuid.NewString()[:8])).SetCategories([]string{"limits"}).SaveX(t.Context())
		for i, f := range all {
			url := origin + "/" + uuid.NewString()
			page := tx.Ent.Page.Create().SetURL(url).SetDomain("demo.example").SetCompany(f.company).SaveX(t.Context())
			snap := tx.Ent.Snapshot.Create().SetPageID(page.ID).SetText(f.text).SetHash(url).SetHTTPStatus(200).SetFetchedAt(fetched).SaveX(t.Context())
			facts = append(facts, tx.Ent.Fact.Create().SetPageID(page.ID).SetSnapshotID(snap.ID).SetProfileID(profile.ID).SetCompany(f.company).SetURL(url).
				SetCategory(f.category).SetStatement(f.text).SetQuote(f.text).SetSpan(schema.Span{}).SetMeasure(f.value).SetQualifiers(f.qualifiers).
				SetConfidence(0.9-float64(i)/1000).SetMethod(schema.MethodRules).SetFingerprint(url).SaveX(t.Context()))
			if err := report.KeepOfPage(t.Context(), tx, page.ID, profile.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

func count(n float64, unit string) schema.Value {
	return schema.Value{Kind: schema.ValueCount, Original: strings.TrimSpace(map[float64]string{5000: "5,000", 2000: "2,000", 300: "300"}[n] + " " + unit), Number: n, Unit: unit}
}

func TestWhatIsFoundOfAKindTellsThatItWasRead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		facts := put(t, s,
			stated{"A", "pricing", "SSD storage — Unit: GB-month; Amount: $0.21", schema.Value{}, nil},
			stated{"A", "endpoints", "Endpoint GET /geocode/v4/search", schema.Value{}, nil},
			stated{"B", "garden", "B has an apple tree.", schema.Value{}, nil},
		)
		states := func() (got []report.State) {
			for _, row := range compare(t, s, report.Question{Companies: []string{"A", "B"}, Attributes: []string{"price", "base_url"}}).Rows {
				got = append(got, row.Cells[0].State, row.Cells[1].State)
			}
			for _, f := range assess(t, s, []schema.Requirement{of("price", schema.AtMost, "$20 per month"), of("base_url", schema.Exists, "")}, "A").Companies[0].Findings {
				got = append(got, f.State)
			}
			return got
		}
		if got := states(); !slices.Equal(got, []report.State{report.NotDocumented, report.NotRead, report.NotDocumented, report.NotRead, report.NotDocumented, report.NotDocumented}) {
			t.Errorf("states are %v", got)
		}
		within(t, s, func(tx *store.Tx) error {
			return tx.Ent.Fact.UpdateOneID(facts[0].ID).SetStatus(schema.FactRejected).Exec(t.Context())
		})
		if got := states(); !slices.Equal(got, []report.State{report.NotRead, report.NotRead, report.NotDocumented, report.NotRead, report.NotRead, report.NotDocumented}) {
			t.Errorf("without a fact that holds the states are %v", got)
		}
		if f := assess(t, s, []schema.Requirement{of("soc2", schema.Exists, "")}, "A").Companies[0].Findings[0]; f.State != report.NotRead || f.Reason != "nothing was found on it" {
			t.Errorf("is %s: %s", f.State, f.Reason)
		}
	})
}

func TestStatementsWithoutANameAreLaidSideBySideIfTheyAreAlike(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s,
		stated{"A", "limits", "An index may have up to 5,000 synonyms.", count(5000, "synonym"), nil},
		stated{"B", "limits", "Each index has at most 2,000 synonyms.", count(2000, "synonym"), nil},
		stated{"A", "features", "Passwords are hashed with scheme 27017.", schema.Value{}, nil},
		stated{"B", "features", "Passwords are hashed with scheme 27018.", schema.Value{}, nil},
		stated{"A", "features", "Deleted shelves can be restored from the bin.", schema.Value{}, nil},
		stated{"B", "features", "Deleted shelves can be restored from the bin without asking.", schema.Value{}, nil},
		stated{"A", "features", "A crate of pears holds 300 pieces.", count(300, "piece"), nil},
		stated{"A", "features", "A barrel of plums holds 300 pieces.", count(300, "piece"), nil},
		stated{"B", "features", "A crate of pears holds 300 pieces.", count(300, "piece"), nil},
		stated{"B", "features", "A barrel of plums holds 300 pieces.", count(300, "piece"), nil},
		stated{"A", "features", "Ant — Fetched from: example.com/client", schema.Value{}, nil},
		stated{"B", "features", "Bee — Fetched from: example.org/client", schema.Value{}, nil},
		stated{"A", "features", "Cat — Fetched by: example.com/client", schema.Value{}, nil},
		stated{"B", "features", "Cat — Fetched by: example.org/client", schema.Value{}, nil},
	)
	c := compare(t, s, report.Question{Companies: []string{"A", "B"}, Lone: true})
	for _, want := range []struct {
		word string
		rows int
	}{{"synonyms", 1}, {"scheme", 2}, {"shelves", 2}, {"pears", 1}, {"plums", 1}, {"Fetched from", 2}, {"Fetched by", 1}} {
		n := 0
		for _, row := range c.Rows {
			if strings.Contains(row.Label, want.word) {
				n++
			}
		}
		if n != want.rows {
			t.Errorf("%d rows are about %s, want %d: numbers that are names and denials decide, values do not, nor are two things of which the same is told one", n, want.word, want.rows)
		}
	}
	if row := c.Rows[0]; row.Named || row.Stated != 2 || row.Cells[1].Text != "Each index has at most 2,000 synonyms" {
		t.Errorf("the first row is %+v", row)
	}
}

func TestRowsThatOneCompanyAloneStatesAreThereOnDemand(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s,
			stated{"A", "features", "Deleted shelves can be restored.", schema.Value{}, nil},
			stated{"B", "features", "Deleted shelves can be restored.", schema.Value{}, nil},
			stated{"C", "features", "C supports webhooks.", schema.Value{}, nil},
			stated{"A", "features", "Roses are watered at noon.", schema.Value{}, nil},
			stated{"B", "features", "The moon is made of cheese.", schema.Value{}, nil},
			stated{"B", "features", "Boats leave twice a day.", schema.Value{}, nil},
		)
		q := report.Question{Companies: []string{"A", "B", "C"}}
		few := compare(t, s, q)
		q.Lone = true
		all := compare(t, s, q)
		if len(few.Rows) != 2 || few.RowCount != 2 || len(all.Rows) != 5 || all.RowCount != 5 {
			t.Fatalf("%d of %d rows, and %d of %d with those that one states", len(few.Rows), few.RowCount, len(all.Rows), all.RowCount)
		}
		for _, c := range []*report.Comparison{few, all} {
			if c.LoneCount != 3 || c.Companies[0].Lone != 1 || c.Companies[1].Lone != 2 || c.Companies[2].Lone != 0 {
				t.Errorf("%d rows are stated by one: %+v", c.LoneCount, c.Companies)
			}
		}
		unstated := 0
		for _, row := range few.Unstated {
			unstated += map[bool]int{true: 1}[row.Category == "features"]
		}
		if c := all.Companies[2]; unstated == 0 || c.NothingAlike != 4 || c.NotDocumented != unstated || few.Companies[0].NotDocumented != unstated+1 || few.Companies[0].NotRead != len(few.Unstated)-unstated {
			t.Errorf("of a row without a name nobody can say that it is not documented: %+v, %+v", c, few.Companies[0])
		}
		for _, row := range all.Rows {
			if row.Stated == 1 && !row.Named {
				if one := compare(t, s, report.Question{Companies: q.Companies, Attributes: []string{row.Key}}); len(one.Rows) != 1 {
					t.Errorf("%s is not there although it was named", row.Key)
				}
			}
		}
	})
}

func TestTheBestAndTheWorstOfARowHaveOneUnit(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	price := func(original string, n float64, unit string) schema.Value {
		return schema.Value{Kind: schema.ValueMoney, Original: original, Number: n, Unit: unit}
	}
	team := map[string]string{"plan": "Team"}
	put(t, s,
		stated{"A", "pricing", "Team plan — Price: $49 per month", price("$49 per month", 49, "USD/month"), team},
		stated{"A", "pricing", "Free plan — Price: $0", price("$0", 0, "USD"), map[string]string{"plan": "Free"}},
		stated{"B", "pricing", "Pro plan — Price: $25 per month", price("$25 per month", 25, "USD/month"), map[string]string{"plan": "Pro"}},
		stated{"C", "pricing", "Pro plan — Price: €5 per month", price("€5 per month", 5, "EUR/month"), map[string]string{"plan": "Pro"}},
	)
	row := rowOf(compare(t, s, report.Question{Companies: []string{"A", "B", "C"}}), "price")
	if row == nil || row.Better != -1 {
		t.Fatalf("the row is %+v", row)
	}
	var best, worst []string
	for _, c := range row.Cells {
		if c.Best {
			best = append(best, c.Company)
		}
		if c.Worst {
			worst = append(worst, c.Company)
		}
	}
	if !slices.Equal(best, []string{"B"}) || !slices.Equal(worst, []string{"A"}) {
		t.Errorf("best %v, worst %v; want B and A: euros are no dollars, and nothing is no price", best, worst)
	}
}

func TestEntriesFollowTheirFacts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		facts := put(t, s,
			stated{"A", "features", "A supports webhooks.", schema.Value{Kind: schema.ValueFlag, Original: "supports", Yes: true}, nil},
			stated{"B", "features", "B does not support webhooks.", schema.Value{Kind: schema.ValueFlag, Original: "does not support"}, nil},
		)
		states := func() (list []report.State) {
			for _, c := range rowOf(compare(t, s, report.Question{Companies: []string{"A", "B"}, Attributes: []string{"webhooks"}}), "webhooks").Cells {
				list = append(list, c.State)
			}
			return list
		}
		expect := func(when string, want ...report.State) {
			t.Helper()
			if got := states(); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", when, got, want)
			}
		}
		expect("at first", report.Stated, report.StatedNo)
		within(t, s, func(tx *store.Tx) error {
			tx.Ent.Fact.UpdateOneID(facts[0].ID).SetCompany("B").ExecX(t.Context())
			return report.MoveOfPage(t.Context(), tx, facts[0].PageID, "B")
		})
		expect("when a page goes to the other company, which says no", report.NotRead, report.Conflict)
		within(t, s, func(tx *store.Tx) error {
			return tx.Ent.Fact.UpdateOneID(facts[0].ID).SetStatus(schema.FactRemoved).Exec(t.Context())
		})
		expect("when a fact is removed", report.NotRead, report.StatedNo)
		within(t, s, func(tx *store.Tx) error {
			_, err := tx.Ent.Entry.Delete().Where(entry.HasFactWith(fact.ID(facts[1].ID))).Exec(t.Context())
			return err
		})
		expect("without entries", report.NotRead, report.NotRead)
		if made, err := report.CatchUp(t.Context(), s); err != nil || made != 1 {
			t.Fatalf("caught up with %d facts (%v), want the one that is active and has no entries", made, err)
		}
		expect("when they are made again", report.NotRead, report.StatedNo)
	})
}

func TestThePastIsMadeOfWhatHeldThen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		facts := put(t, s,
			stated{"A", "features", "A supports webhooks.", schema.Value{}, nil},
			stated{"A", "features", "A does not support SCIM.", schema.Value{}, nil},
			stated{"A", "features", "A supports SAML.", schema.Value{}, nil},
		)
		day := func(n int) time.Time { return fetched.AddDate(0, 0, n) }
		within(t, s, func(tx *store.Tx) error {
			// The first held from day 0 to 2 and since day 4, the second until day 3; the third was wrong all the time.
			tx.Ent.Interval.Create().SetFactID(facts[0].ID).SetBeganAt(day(0)).SetEndedAt(day(2)).ExecX(t.Context())
			tx.Ent.Fact.UpdateOneID(facts[0].ID).SetBeganAt(day(4)).ExecX(t.Context())
			tx.Ent.Fact.UpdateOneID(facts[1].ID).SetBeganAt(day(0)).SetEndedAt(day(3)).SetStatus(schema.FactRemoved).ExecX(t.Context())
			tx.Ent.Fact.UpdateOneID(facts[2].ID).SetBeganAt(day(0)).SetStatus(schema.FactRejected).ExecX(t.Context())
			_, err := tx.Ent.Entry.Delete().Exec(t.Context())
			return err
		})
		if made, err := report.CatchUp(t.Context(), s); err != nil || made != 2 {
			t.Fatalf("caught up with %d facts (%v), want those that were not rejected", made, err)
		}
		rows := []string{"webhooks", "scim", "saml"}
		for n, want := range [][]report.State{
			{report.Stated, report.StatedNo, report.NotDocumented},
			{report.Stated, report.StatedNo, report.NotDocumented},
			{report.NotDocumented, report.StatedNo, report.NotDocumented},
			{report.NotRead, report.NotRead, report.NotRead},
			{report.Stated, report.NotRead, report.NotRead},
		} {
			at := day(n)
			c := compare(t, s, report.Question{Companies: []string{"A"}, Attributes: rows, AsOf: &at})
			for i, key := range rows {
				if got := rowOf(c, key).Cells[0].State; got != want[i] {
					t.Errorf("on day %d %s is %s, want %s", n, key, got, want[i])
				}
			}
			if got := c.Companies[0]; got.Pages != 3 || !got.Newest.Equal(day(0)) {
				t.Errorf("on day %d: %+v", n, got)
			}
		}
		before := day(-1)
		if _, err := report.Compare(t.Context(), s, report.Question{Companies: []string{"A"}, First: 1, AsOf: &before}); !fault.Is(err, fault.NotFound) {
			t.Errorf("before anything was read: %v", err)
		}
	})
}

func within(t *testing.T, s *store.Store, f func(*store.Tx) error) {
	t.Helper()
	if err := s.Tx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestEveryPartOfTheQuestionCounts(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	all := compare(t, s, report.Question{All: true})
	if len(all.Companies) != 3 || all.RowCount != len(all.Rows) {
		t.Fatalf("%d companies, %d of %d rows", len(all.Companies), len(all.Rows), all.RowCount)
	}
	few := compare(t, s, report.Question{Companies: []string{"Quarrowby", "Fennlark"}, First: 10})
	if len(few.Rows) != 10 || few.RowCount <= 10 || few.Companies[0].Name != "Quarrowby" || few.Rows[0].Cells[0].Company != "Quarrowby" {
		t.Errorf("%d of %d rows, first of %s", len(few.Rows), few.RowCount, few.Companies[0].Name)
	}
	for _, row := range few.Rows {
		if row.Stated < 2 {
			t.Errorf("%s is stated by %d: those that most state come first", row.Key, row.Stated)
		}
	}
	for _, row := range compare(t, s, report.Question{All: true, Categories: []string{"pricing"}}).Rows {
		if row.Category != "pricing" {
			t.Errorf("%s is of %s", row.Key, row.Category)
		}
	}
	one := compare(t, s, report.Question{All: true, Attributes: []string{"saml"}})
	if len(one.Rows) != 1 || one.Rows[0].Key != "saml" {
		t.Errorf("rows: %+v", one.Rows)
	}
	if row := rowOf(compare(t, s, report.Question{All: true, Profile: "pricing"}), "oauth2"); row != nil && len(row.Cells[0].Entries) > 0 && row.Cells[0].Entries[0].Statement == "" {
		t.Errorf("under pricing, oauth2 says %+v", row)
	}
	general := compare(t, s, report.Question{All: true, Profile: "general"})
	if general.RowCount >= all.RowCount {
		t.Errorf("%d rows under one profile, %d under all", general.RowCount, all.RowCount)
	}
}

func TestComparisonsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, stated{"A", "features", "A supports webhooks.", schema.Value{}, nil})
	many := make([]string, report.MaxCompanies+1)
	for name, c := range map[string]struct {
		q     report.Question
		code  fault.Code
		field string
	}{
		"of nothing":         {report.Question{First: 1}, fault.Invalid, "input.companies"},
		"of all and some":    {report.Question{First: 1, All: true, Companies: []string{"A"}}, fault.Invalid, "input.companies"},
		"of too many":        {report.Question{First: 1, Companies: many}, fault.Invalid, "input.companies"},
		"of one twice":       {report.Question{First: 1, Companies: []string{"A", "A"}}, fault.Invalid, "input.companies[1]"},
		"of a stranger":      {report.Question{First: 1, Companies: []string{"A", "Z"}}, fault.NotFound, "input.companies[1]"},
		"by a profile":       {report.Question{First: 1, All: true, Profile: "none"}, fault.NotFound, "input.profile"},
		"by no category":     {report.Question{First: 1, All: true, Categories: []string{"rate_limits", "rate-limits"}}, fault.Invalid, "input.categories[1]"},
		"by one twice":       {report.Question{First: 1, All: true, Categories: []string{"limits", "limits"}}, fault.Invalid, "input.categories[1]"},
		"in no row":          {report.Question{First: 1, All: true, Attributes: []string{"saml", "smal"}}, fault.Invalid, "input.attributes[1]"},
		"in a row twice":     {report.Question{First: 1, All: true, Attributes: []string{"saml", "saml"}}, fault.Invalid, "input.attributes[1]"},
		"in no row at all":   {report.Question{First: 1, All: true, Attributes: []string{""}}, fault.Invalid, "input.attributes[0]"},
		"in half a row":      {report.Question{First: 1, All: true, Attributes: []string{"~features"}}, fault.Invalid, "input.attributes[0]"},
		"in no such rest":    {report.Question{First: 1, All: true, Attributes: []string{"~nothing/1x"}}, fault.Invalid, "input.attributes[0]"},
		"without rows":       {report.Question{All: true}, fault.Invalid, "input.first"},
		"with too many rows": {report.Question{All: true, First: report.MaxRows + 1}, fault.Invalid, "input.first"},
	} {
		_, err := report.Compare(t.Context(), s, c.q)
		if f := fault.Of(err); f.Code != c.code || f.Field != c.field {
			t.Errorf("%s: %v at %q, want %s at %q", name, err, f.Field, c.code, c.field)
		}
	}
}

func TestCategoriesAndRowsThatExistMayBeAskedForThoughNobodyFillsThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, stated{"A", "garden", "A has an apple tree in its garden.", schema.Value{}, nil})
		within(t, s, func(tx *store.Tx) error {
			return tx.Ent.Profile.Create().SetName("orchard").SetCategories([]string{"fruit"}).Exec(t.Context())
		})
		compare(t, s, report.Question{All: true, Categories: []string{"garden", "fruit", "rate_limits", "limits"}})
		rows := compare(t, s, report.Question{All: true, Categories: []string{"garden"}, Lone: true}).Rows
		if len(rows) != 1 {
			t.Fatalf("rows: %+v", rows)
		}
		compare(t, s, report.Question{All: true, Attributes: []string{"saml", rows[0].Key, "~fruit/1x"}})
	})
}

func TestAYesOrNoForEachPlanTakesOnePlaceOfACell(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		said := make([]stated, 0, 6)
		for i, plan := range []string{"Free", "Starter", "Team", "Business", "Enterprise"} {
			original := map[bool]string{true: "Yes", false: "No"}[i > 0]
			said = append(said, stated{"A", "features", "Webhooks — " + plan + ": " + original, schema.Value{Kind: schema.ValueFlag, Original: original, Yes: i > 0}, map[string]string{"plan": plan}})
		}
		put(t, s, said...)
		c := rowOf(compare(t, s, report.Question{Companies: []string{"A"}, Attributes: []string{"webhooks"}}), "webhooks").Cells[0]
		if want := "Yes: Business, Enterprise, Starter, Team · No: Free"; c.Text != want {
			t.Errorf("got %q, want %q", c.Text, want)
		}
	})
}

func TestAConflictShowsWhatHoldsForOtherPlans(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	rate := func(company, plan, original string, n float64) stated {
		v := schema.Value{Kind: schema.ValueRate, Original: original, Number: n / 60, Unit: "request/s"}
		return stated{company, "rate_limits", plan + " plan — Rate limit: " + original, v, map[string]string{"plan": plan}}
	}
	put(t, s,
		rate("A", "Team", "100 requests per minute", 100), rate("A", "Team", "200 requests per minute", 200), rate("A", "Free", "10 requests per minute", 10),
		rate("B", "Team", "300 requests per minute", 300), rate("C", "Team", "400 requests per minute", 400),
	)
	row := rowOf(compare(t, s, report.Question{Companies: []string{"A", "B", "C"}}), "request_rate")
	if c := row.Cells[0]; c.Text != "Team: 100 requests per minute ≠ Team: 200 requests per minute · Free: 10 requests per minute" || c.More != 0 || c.Unranked == "" {
		t.Errorf("got %q, %d more, unranked %q", c.Text, c.More, c.Unranked)
	}
	if row.Cells[0].Best || row.Cells[0].Worst || row.Cells[1].Worst || !row.Cells[2].Best || row.Cells[1].Unranked != "" {
		t.Errorf("what contradicts itself keeps others from being compared: %+v", row.Cells)
	}
}

func TestAForeignUnitIsLeftOutOfTheRankWithAReason(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	size := func(company, original string, n float64, unit string) stated {
		return stated{company, "limits", "Page size: at most " + original, schema.Value{Kind: schema.ValueCount, Original: original, Number: n, Unit: unit}, nil}
	}
	put(t, s, size("A", "100 hits", 100, "hit"), size("B", "50", 50, ""), size("C", "200 records", 200, "record"), size("D", "7 sheets", 7, "sheet"))
	row := rowOf(compare(t, s, report.Question{Companies: []string{"A", "B", "C", "D"}}), "page_size")
	var got []string
	for _, c := range row.Cells {
		got = append(got, c.Company+map[bool]string{true: "+"}[c.Best]+map[bool]string{true: "-"}[c.Worst]+" "+c.Unranked)
	}
	if want := []string{"A ", "B- ", "C+ ", "D it counts something else: sheet"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	two := rowOf(compare(t, s, report.Question{Companies: []string{"A", "D"}}), "page_size")
	for _, c := range two.Cells {
		if c.Best || c.Worst || c.Unranked == "" {
			t.Errorf("of two units neither is that of most: %+v", c)
		}
	}
}

func TestTextSaysHowMuchItLeavesOut(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	long := " which is told here at great length, and with words that nobody needs who only wants to know whether there is such a thing at all"
	put(t, s,
		stated{"A", "features", "A calls webhooks" + long + ".", schema.Value{}, nil},
		stated{"A", "features", "Events reach webhooks within a minute" + long + ".", schema.Value{}, nil},
		stated{"A", "features", "Deliveries to webhooks are signed" + long + ".", schema.Value{}, nil},
	)
	c := rowOf(compare(t, s, report.Question{Companies: []string{"A"}}), "webhooks").Cells[0]
	if c.More != 2 || len(c.Entries) != 3 || !strings.HasSuffix(c.Text, " · +2 more") {
		t.Errorf("%d more of %d: %q", c.More, len(c.Entries), c.Text)
	}
}
