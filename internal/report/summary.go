package report

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
)

// offer reads the facts that a summary picks from: of each company, and each
// category, the surest.
func (c *composing) offer(ctx context.Context) error {
	ids, err := c.surest(ctx)
	if err != nil {
		return err
	}
	c.offered = map[string][]*ent.Fact{}
	for chunk := range slices.Chunk(ids, 5_000) {
		rows, err := c.store.Ent.Fact.Query().Where(fact.IDIn(chunk...)).WithPage().All(ctx)
		if err != nil {
			return fmt.Errorf("read facts of a summary: %w", err)
		}
		for _, f := range rows {
			c.offered[f.Company] = append(c.offered[f.Company], f)
		}
	}
	return nil
}

func (c *composing) surest(ctx context.Context) (ids []uuid.UUID, err error) {
	where, args := c.wanted()
	rows, err := c.store.Rows(ctx, `select id from (
  select f.id, row_number() over (partition by f.company, f.category order by f.confidence desc, f.url, f.statement, f.id) as place
  from facts f where `+where+`
) x where place <= ?`, append(args, c.in.MaxFactsPerSection)...)
	if err != nil {
		return nil, fmt.Errorf("find facts of a summary: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("find facts of a summary: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// asked are the rows that buyers ask for first, in that order.
//
//nolint:gochecknoglobals // a fixed list
var asked = []string{
	"price", "request_rate", "uptime", "saml", "soc2", "data_residency", "self_hosting", "free_tier", "encryption_at_rest", "gdpr", "iso27001", "hipaa",
	"first_response", "audit_log", "mfa", "oidc", "concurrent_connections", "dpa", "trial", "oauth2", "webhooks", "pci_dss", "scim", "customer_managed_keys",
	"rpo", "rto", "overage", "deprecation_notice",
}

// What of a row tells how much. What is asked for first adds up to as much as there
// is in the list.
const (
	tellsConflict   = 40 // it contradicts itself
	tellsDifference = 25 // it is best or worst, or has what another has not, or the other way round
	tellsNo         = 10 // it says that it has none
)

// asksFor is how early buyers ask for a row, by its key: more, the earlier; 0 if it is not among those.
func asksFor(key string) int {
	if i := slices.Index(asked, key); i >= 0 {
		return len(asked) - i
	}
	return 0
}

func (r Row) asked() int { return asksFor(r.Key) }

// tells is how much the cell of a company tells beside those of the others.
func (r Row) tells(company int) int {
	n, cell := r.asked(), r.Cells[company]
	others := func(s State) bool { return slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.State == s }) }
	switch {
	case cell.State == Conflict:
		return n + tellsConflict
	case cell.Best, cell.Worst, cell.State == StatedNo && others(Stated), cell.State == Stated && others(StatedNo):
		return n + tellsDifference
	case cell.State == StatedNo:
		return n + tellsNo
	}
	return n
}

// summary picks what tells most of each company, and what can be had.
func (c *composing) summary() {
	for i, company := range c.in.Companies {
		rows := slices.DeleteFunc(slices.Clone(c.table.Rows), func(r Row) bool {
			return !r.Named || r.Cells[i].State == NotRead || len(r.Cells[i].Entries) == 0
		})
		best := slices.Clone(rows)
		slices.SortStableFunc(best, func(a, b Row) int { return cmp.Compare(b.tells(i), a.tells(i)) })
		// Five that are about more than one thing, if there are, and then whatever tells most.
		told, used := map[string]bool{}, map[string]bool{}
		var points []Point
		for _, twice := range []bool{false, true} {
			for _, r := range best {
				if len(points) < tellingOnes && !told[r.Key] && (twice || !used[r.Category]) {
					told[r.Key], used[r.Category] = true, true
					points = append(points, c.point(r, i))
				}
			}
		}
		c.telling = append(c.telling, append(points, c.surestOf(company, tellingOnes-len(points), used)...))
		s := Section{Title: "Capabilities of " + company, Key: "capabilities", Facts: []Point{}}
		rows = byTurns(rows)
		for _, r := range rows {
			if r.Cells[i].State != Stated || told[r.Key] {
				continue
			}
			p := c.capability(r, i)
			if !slices.ContainsFunc(slices.Concat(points, s.Facts), func(o Point) bool { return o.Text == c.named(p.Text, company) || o.Text == p.Text }) {
				s.Facts = append(s.Facts, p) // a sentence may be about several rows
			}
		}
		c.Sections = append(c.Sections, s)
	}
}

// byTurns puts first what buyers ask for, in their order, and then of each category one row after the other: many of one tell less than
// one of many.
func byTurns(rows []Row) []Row {
	turn, turns := map[string]int{}, map[string]int{}
	for _, r := range rows {
		if r.asked() == 0 {
			turn[r.Key] = turns[r.Category]
			turns[r.Category]++
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.asked(), a.asked()), cmp.Compare(turn[a.Key], turn[b.Key]))
	})
	return rows
}

// surestOf are facts of a company for which no row has a name: the surest of each
// section that is not used yet.
func (c *composing) surestOf(company string, n int, used map[string]bool) (points []Point) {
	all := c.offered[company]
	slices.SortFunc(all, func(a, b *ent.Fact) int {
		return cmp.Or(orderOfCategory(a.Category, b.Category), cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.URL, b.URL), cmp.Compare(a.Statement, b.Statement), bytes.Compare(a.ID[:], b.ID[:]))
	})
	for _, f := range all {
		section := f.Category
		if s := attributes().byCategory[section]; s != nil {
			section = s.key
		}
		if used[section] || c.number[f.ID] > 0 || len(points) == n {
			continue
		}
		used[section] = true
		points = append(points, Point{c.named(f.Statement, company), []int{c.cite(f)}})
	}
	return points
}

// named is a text that begins with the company that it is of, if there are several.
func (c *composing) named(text, company string) string {
	if len(c.in.Companies) > 1 && !strings.HasPrefix(text, company) {
		return company + ": " + text
	}
	return text
}

// point tells what a row says of a company, and how that stands to the others.
func (c *composing) point(r Row, company int) Point {
	cell := r.Cells[company]
	if cell.State == Conflict {
		return Point{fmt.Sprintf("%s contradicts itself about %s: %s ≠ %s", cell.Company, lowerLabel(r.Label), cell.Entries[0].Text, cell.Entries[1].Text), c.proof(cell)}
	}
	p := c.capability(r, company)
	if cell.Best || cell.Worst {
		p.Text += " (" + r.rank(cell) + ")"
	}
	p.Text = c.named(p.Text, cell.Company)
	return p
}

// rank says which value of a cell is the best or the worst of the row.
func (r Row) rank(cell Cell) string {
	text := map[bool]string{true: "best", false: "worst"}[cell.Best]
	if slices.ContainsFunc(r.Cells, func(o Cell) bool { return o.Value.Numeric() && o.Value.Unit != cell.Value.Unit }) {
		text += " in its unit"
	}
	if len(cell.Parts) > 1 {
		text += ": " + cell.Value.Original
	}
	return text
}

// capability says what a cell says, with the name of its row unless a sentence has it.
func (c *composing) capability(r Row, company int) Point {
	cell := r.Cells[company]
	text := cell.Text
	if cell.Value.Numeric() || !hasWords(text, r.Label) {
		text = r.Label + ": " + text
	}
	return Point{text, c.proof(cell)}
}

// hasWords reports whether all words of label stand in a text.
func hasWords(text, label string) bool {
	in := wordsOf(text)
	return !slices.ContainsFunc(wordsOf(label), func(w word) bool {
		return !slices.ContainsFunc(in, func(x word) bool { return x.stem == w.stem })
	})
}

// proof cites the facts that say what the text of a cell says, or that contradict each other.
func (c *composing) proof(cell Cell) (cites []int) {
	entries := cell.Entries
	if cell.State == Conflict {
		entries = entries[:2]
	}
	for i, e := range entries {
		shown := i == 0 || e.isFlag() || strings.Contains(cell.Text, e.Text)
		if !shown || len(cites) == cellCites {
			continue
		}
		if n := c.cite(c.facts[e.Fact]); n > 0 && !slices.Contains(cites, n) {
			cites = append(cites, n)
		}
	}
	return cites
}
