package report_test

import (
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestACompanyThatIsSpeltInAnotherWayIsSuggested(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, c := range []string{"Nova", "Nova Scotia Ltd", "Halvorsund", "Novum", "X"} {
			put(t, s, stated{c, "features", "It supports webhooks.", schema.Value{}, nil})
		}
		for name, want := range map[string]string{
			"nova": `: did you mean "Nova"?`, "NOVASCOTIA": `: did you mean "Nova Scotia Ltd"?`, "Halversund": `: did you mean "Halvorsund"?`, "halvorsund gmbh": `: did you mean "Halvorsund"?`,
			"Quarrowby": "", "Y": "", "Zebra": "",
		} {
			want = `no page of a company "` + name + `" is stored` + want
			if err := report.CheckCompanies(t.Context(), s, []string{"Nova", name}); !fault.Is(err, fault.NotFound) || err.Error() != want {
				t.Errorf("%v; want %s", err, want)
			}
			_, err := report.Compare(t.Context(), s, report.Question{Companies: []string{"Nova", name}, First: 10})
			if !fault.Is(err, fault.NotFound) || err.Error() != want {
				t.Errorf("a comparison: %v; want %s", err, want)
			}
		}
		if err := report.CheckCompanies(t.Context(), s, []string{"X", "Nova"}); err != nil {
			t.Error(err)
		}
	})
}

func TestATimeToComeCannotBeComparedAt(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	put(t, s, stated{"Nova", "features", "It supports webhooks.", schema.Value{}, nil})
	for _, c := range []struct {
		ahead   time.Duration
		invalid bool
	}{{0, false}, {10 * time.Second, false}, {time.Hour, true}, {200 * 365 * 24 * time.Hour, true}} {
		at := schema.Now().Add(c.ahead)
		_, err := report.Compare(t.Context(), s, report.Question{All: true, First: 10, AsOf: &at})
		if fault.Is(err, fault.Invalid) != c.invalid || !c.invalid && err != nil {
			t.Errorf("%s ahead: %v", c.ahead, err)
		}
	}
}
