package extract_test

import (
	"slices"
	"testing"

	"techfacts.dev/techfacts/internal/extract"
)

// plansOf gives what is said of which plan: the quotes by the qualifier.
func plansOf(t *testing.T, text string) map[string][]string {
	t.Helper()
	of := map[string][]string{}
	for _, f := range extract.Rules(extract.Page{Text: text}, builtin(t, "pricing"), extract.DefaultConfidence) {
		checkFact(t, text, f)
		of[f.Qualifiers["plan"]] = append(of[f.Qualifiers["plan"]], f.Quote)
	}
	for _, quotes := range of {
		slices.Sort(quotes)
	}
	return of
}

func TestWhatStandsInACardIsOfItsPlan(t *testing.T) {
	const (
		rest   = "\n\nPrices exclude 20% VAT."
		studio = "\n\n€49 / month\n\n- 2 projects\n- Approval workflows"
		agency = "\n\nFor many\n\n€290 / month\n\n- 20 projects"
	)
	for name, text := range map[string]string{
		"headings": "# Pricing\n\n### Studio" + studio + "\n\n### Agency" + agency + rest,
		"labels":   "# Pricing\n\nStudio" + studio + "\n\nAgency" + agency + rest,
		"slogans":  "# Pricing\n\n### Studio\n\nBest value" + studio + "\n\n### Agency\n\nBest friend" + agency + rest,
		"calls":    "# Pricing\n\nStudio" + studio + "\n\nStart trial\n\nAgency" + agency + rest,
		"both":     "# Pricing\n\n### Hobby\n\nFree\n\n### Studio" + studio + "\n\nAgency" + agency + rest,
	} {
		of := plansOf(t, text)
		for plan, want := range map[string][]string{
			"Studio": {"2 projects", "Approval workflows", "€49 / month"},
			"Agency": {"20 projects", "€290 / month"},
			"":       {"Prices exclude 20% VAT."},
		} {
			if !slices.Equal(of[plan], want) {
				t.Errorf("%s: %q has %q, want %q", name, plan, of[plan], want)
			}
		}
	}
}

func TestTheLastCardEndsWithItsListOrBeforeATable(t *testing.T) {
	const cards = "# Pricing\n\n### Team\n\n- 2 projects\n\n### Scale\n\n"
	for _, rest := range []string{
		"- 20 projects\n\nAdditional seats cost $10 per month.",
		"- 20 projects\n\nAdditional seats cost $10 per month.\n\n### Compare plans\n\nLetters.",
		"Let us talk\n\nAdditional seats cost $10 per month.",
		"Custom\n\n| Add-on | Price |\n| --- | --- |\n| Additional seats | $10 per month |",
	} {
		of := plansOf(t, cards+rest)
		if len(of["Scale"]) > 1 || len(of[""]) != 1 {
			t.Errorf("%q: %q", rest, of)
		}
	}
	if of := plansOf(t, "# Pricing\n\n### Team\n\nSeats cost $5 per month.\n\n### Scale\n\nSeats cost $10 per month.\n\nPhone support is included."); len(of["Scale"]) != 2 {
		t.Errorf("sections of sentences: %q", of)
	}
	for _, between := range []string{"", "Custom\n\n"} { // a plan whose section is not the last of cards
		if of := plansOf(t, "# Pricing\n\n### Scale\n\n"+between+"Additional seats cost $10 per month."); len(of["Scale"]) != 1 {
			t.Errorf("a section: %q", of)
		}
	}
}

func TestWhatIsNoCardIsOfNoPlan(t *testing.T) {
	for name, text := range map[string]string{
		"one price":       "# Pricing\n\nStudio\n\n€49 / month",
		"a line above":    "# Pricing\n\nSubscriptions\n\nStudio\n\n€49 / month",
		"prices in words": "# Pricing\n\nLetters\n\nThey cost more than $10 a month.\n\nStamps\n\nThey cost more than $20 a month.",
		"sentences":       "# Pricing\n\nIt costs little.\n\n€49 / month\n\nIt costs more.\n\n€290 / month",
		"a heading above": "# Pricing\n\n### Team\n\n- 2 projects\n\n### Compare plans\n\n- 20 projects cost $5.",
	} {
		for plan := range plansOf(t, text) {
			if plan != "" && plan != "Team" {
				t.Errorf("%s: %q is a plan", name, plan)
			}
		}
	}
}
