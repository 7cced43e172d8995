package report

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

// State is what is known of one attribute of one company.
type State string

// The states of a cell.
const (
	Stated        State = "STATED"
	StatedNo      State = "STATED_NO"
	NotDocumented State = "NOT_DOCUMENTED"
	NotRead       State = "NOT_READ"
	Conflict      State = "CONFLICT"
)

// Cell is what one company says of one attribute.
type Cell struct {
	Company string
	State   State
	Text    string       // for people
	Parts   []string     // of the text: what holds for one plan, and so on
	Value   schema.Value // the best of several if that can be said, else the surest; its zero value is none
	Entries []Said       // that of the value first, then the surest; of a conflict those that contradict each other
	Best    bool
	Worst   bool
	Lead    int       // the place of the value among Parts
	SeenAt  time.Time // zero if there is no fact
}

// Said is one thing that a cell says, and the fact that says it.
type Said struct {
	Fact      uuid.UUID
	Also      []uuid.UUID // other facts that say the same
	URL       string
	Text      string // for people
	Statement string
	Apart     string
	Limits    map[string]string // the qualifiers of the fact, and the column of the table that it is from
	Value     schema.Value
	Denies    bool

	confidence float64
	seen       time.Time
}

// maxText is how long, in characters, one entry of a cell is at most.
const maxText = 160

// cellOf makes a cell of what was said: entries in the order of their confidence,
// of which several may be the same statement under several profiles. looked says
// whether a page of that kind was read.
func cellOf(company string, a *attribute, said []Said, looked bool) Cell {
	c := Cell{Company: company, State: NotRead}
	if looked {
		c.State = NotDocumented
	}
	if len(said) == 0 {
		return c
	}
	c.Entries = distinct(said, true)
	c.State = Stated
	for _, s := range said {
		if s.seen.After(c.SeenAt) {
			c.SeenAt = s.seen
		}
	}
	if i, j := contradiction(company, a, c.Entries); i >= 0 {
		c.State = Conflict
		first, second := c.Entries[i], c.Entries[j]
		c.Entries = slices.Delete(slices.Delete(c.Entries, j, j+1), i, i+1)
		c.Entries = slices.Insert(c.Entries, 0, first, second)
	} else if !slices.ContainsFunc(c.Entries, func(s Said) bool { return !s.Denies }) {
		c.State = StatedNo
	}
	if a != nil && len(a.kinds) == 0 && c.State != Conflict {
		slices.SortStableFunc(c.Entries, func(x, y Said) int { return cmp.Compare(x.aside(), y.aside()) })
	}
	if k := lead(a, c.Entries); k >= 0 {
		c.Value = c.Entries[k].Value
		if c.State != Conflict { // of what is shown it is the first
			first := c.Entries[k]
			c.Entries = slices.Insert(slices.Delete(c.Entries, k, k+1), 0, first)
		}
	}
	c.Parts = parts(c)
	c.Lead = max(0, slices.Index(c.Parts, c.Entries[0].Text))
	c.Text = strings.Join(c.Parts, map[bool]string{true: " ≠ ", false: " · "}[c.State == Conflict])
	return c
}

// aside is 1 for what says little of a row at once: what holds for some only, is too
// long to be shown whole, or is a yes or no for something that is no plan.
func (s Said) aside() int {
	if s.Value.Kind == schema.ValueFlag && s.Limits["plan"] == "" && strings.Contains(s.Statement, " — ") || strings.HasSuffix(s.Text, "…") || strings.Contains(s.Text, " only") {
		return 1
	}
	return 0
}

// distinct makes one entry of those that say the same: in the same words or, about
// one attribute, by the same value. A statement that a page was found to make under
// several profiles counts once.
func distinct(said []Said, oneAttribute bool) (left []Said) {
	type saying struct{ url, statement string }
	seen := map[saying]bool{}
	for _, s := range said {
		if seen[saying{s.URL, s.Statement}] {
			continue
		}
		seen[saying{s.URL, s.Statement}] = true
		k := slices.IndexFunc(left, func(l Said) bool {
			return l.Apart == s.Apart && l.Denies == s.Denies && (l.Statement == s.Statement || oneAttribute && l.Value.Kind != "" && sameValue(l.Value, s.Value))
		})
		if k < 0 {
			left = append(left, s)
		} else {
			left[k].Also = append(left[k].Also, s.Fact)
		}
	}
	return left
}

func sameValue(a, b schema.Value) bool {
	if a.Kind == schema.ValueVersion {
		return b.Kind == a.Kind && a.From == b.From && a.To == b.To
	}
	return a.Kind == b.Kind && a.Unit == b.Unit && a.Number == b.Number && a.Max == b.Max && a.Yes == b.Yes
}

// contradiction finds two entries that cannot both be true: they hold under the
// same conditions, speak of the same in the same words, and differ in the value or in
// whether there is such a thing. It gives -1 if there are none.
func contradiction(company string, a *attribute, said []Said) (i, j int) {
	forms := make([]*shape, len(said)) // made when they are needed: few are
	form := func(k int) shape {
		if forms[k] == nil {
			v := said[k].Value
			if v.Kind == schema.ValueFlag { // a yes and a no are alike but for it
				v.Original = strings.TrimSpace(strings.NewReplacer("not ", "", "does ", "", "do ", "").Replace(v.Original))
				v = schema.Value{Original: v.Original}
			}
			f := shapeOf(said[k].Statement, v, said[k].Denies, company)
			plan := wordsOf(planOf(said[k].Apart))
			f.words = slices.DeleteFunc(f.words, func(w string) bool {
				return slices.ContainsFunc(plan, func(p word) bool { return p.stem == w })
			})
			forms[k] = &f
		}
		return *forms[k]
	}
	for j := range said {
		for i := range j {
			if how := opposed(a, said[i], said[j]); how > 0 && form(i).likeness(form(j)) >= how {
				return i, j
			}
		}
	}
	return -1, -1
}

// opposed tells how alike two entries must be worded to contradict each other; 0 if
// they cannot.
func opposed(a *attribute, x, y Said) float64 {
	unlimited := x.Value.Kind == schema.ValueUnlimited || y.Value.Kind == schema.ValueUnlimited
	switch {
	case planOf(x.Apart) != planOf(y.Apart):
		return 0
	case x.Denies != y.Denies:
		if x.Apart != y.Apart || unlimited {
			return 0
		}
		return alike
	case a != nil && len(a.kinds) == 0, !x.Value.Numeric(), unitOf(x.Value) != unitOf(y.Value),
		sameNumber(x.Value.Number, y.Value.Number) && sameNumber(x.Value.Max, y.Value.Max):
		return 0
	}
	return 0.8
}

// planOf is the plan that an entry is limited to; everything that limits it if it
// has none.
func planOf(apart string) string {
	for part := range strings.SplitSeq(apart, "; ") {
		if plan, ok := strings.CutPrefix(part, "plan="); ok {
			return plan
		}
	}
	return apart
}

func sameNumber(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
}

// lead is the place of the value that stands for a cell, -1 if there is none: the
// best of several if the attribute has a direction and they have one unit, else that of the
// surest entry. What is free of charge is not the price of a plan.
func lead(a *attribute, said []Said) int {
	if a != nil && len(a.kinds) == 0 { // words are compared: a yes or no that is less sure than they says little
		if said[0].Value.Kind == "" {
			return -1
		}
		return 0
	}
	k := -1
	for i, s := range said {
		switch {
		case s.Value.Kind == "":
		case k < 0:
			k = i
		case a == nil || a.better == neither:
		case free(said[k].Value) && s.Value.Kind == schema.ValueMoney && !free(s.Value),
			unitOf(s.Value) == unitOf(said[k].Value) && better(a, s.Value, said[k].Value) && !free(s.Value):
			k = i
		}
	}
	return k
}

func free(v schema.Value) bool { return v.Kind == schema.ValueMoney && v.Number == 0 }

// better reports whether x is better than y, values of one kind and unit.
func better(a *attribute, x, y schema.Value) bool {
	n := cmp.Compare(rankOf(x), rankOf(y))
	if x.Kind == schema.ValueVersion {
		n = compareVersions(x.From, y.From)
	}
	if a.better == lower {
		n = -n
	}
	return n > 0
}

// rankOf is the number by which values of a unit are compared.
func rankOf(v schema.Value) float64 {
	if v.Kind == schema.ValueUnlimited {
		return math.Inf(1)
	}
	return v.Number
}

// compareVersions compares dotted numbers.
func compareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		if n := cmp.Or(cmp.Compare(len(strings.TrimLeft(x[i], "0")), len(strings.TrimLeft(y[i], "0"))), strings.Compare(strings.TrimLeft(x[i], "0"), strings.TrimLeft(y[i], "0"))); n != 0 {
			return n
		}
	}
	return cmp.Compare(len(x), len(y))
}

// maxEntries is how many entries of a cell its text words.
const maxEntries = 4

// parts say what a cell says, at most maxEntries of it; of sentences one, or two if
// they are no longer together than one may be and say what there is.
func parts(c Cell) []string {
	if c.State == Conflict {
		return []string{c.Entries[0].Text, c.Entries[1].Text}
	}
	shown := worded(c.Entries)
	list := flags(shown)
	sentences, wordy := 0, len(list) == 0
	for _, s := range inOrder(shown) {
		if s.isFlag() {
			continue
		}
		if s.Value.Kind == "" || s.Value.Kind == schema.ValueFlag || s.Value.Kind == schema.ValueVersion {
			if sentences += utf8.RuneCountInString(s.Text); len(list) > 0 && (len(list) > 1 || sentences > maxText || !wordy || c.State == StatedNo) {
				continue // the evidence has them
			}
		}
		if !slices.Contains(list, s.Text) {
			list = append(list, s.Text)
		}
		wordy = wordy && (s.Value.Kind == "" || s.Value.Kind == schema.ValueFlag || s.Value.Kind == schema.ValueVersion)
	}
	if len(c.Entries) > len(shown) && sentences == 0 {
		list = append(list, "…")
	}
	return list
}

// worded are the entries that the text of a cell words: the first few, of which a
// yes or no for each plan is one.
func worded(entries []Said) (shown []Said) {
	places, flagged := 0, false
	for _, s := range entries {
		if s.isFlag() && flagged {
			shown = append(shown, s)
			continue
		}
		if places == maxEntries {
			continue
		}
		places++
		flagged = flagged || s.isFlag()
		shown = append(shown, s)
	}
	return shown
}

// inOrder puts values that have numbers of one unit in their order, as plans stand
// in a table; what else there is stays where it is.
func inOrder(said []Said) []Said {
	sorted := slices.Clone(said)
	for _, s := range said {
		if s.Value.Kind == "" || s.Value.Kind != said[0].Value.Kind || s.Value.Unit != said[0].Value.Unit && s.Value.Number != 0 && said[0].Value.Number != 0 {
			return sorted
		}
	}
	slices.SortStableFunc(sorted, func(a, b Said) int { return cmp.Compare(rankOf(a.Value), rankOf(b.Value)) })
	return sorted
}

// isFlag tells whether the entry is a yes or a no for a plan.
func (s Said) isFlag() bool {
	return s.Value.Kind == schema.ValueFlag && s.Limits["plan"] != "" && strings.Contains(s.Statement, " — ")
}

// flags words the plans that have it, then those that have not.
func flags(said []Said) (parts []string) {
	for _, yes := range []bool{true, false} {
		var columns []string
		for _, s := range said {
			if c := s.Limits["plan"]; s.isFlag() && s.Value.Yes == yes && !slices.Contains(columns, c) {
				columns = append(columns, c)
			}
		}
		if len(columns) > 0 {
			parts = append(parts, map[bool]string{true: "Yes: ", false: "No: "}[yes]+strings.Join(columns, ", "))
		}
	}
	return parts
}

// wordEntry says what one entry says: its value with what limits it, or else the
// statement.
func wordEntry(s Said, key string) string {
	v := s.Value.Original
	if v == "" || s.Value.Kind == schema.ValueFlag && len(s.Limits) == 0 {
		return shorten(strings.TrimSuffix(s.Statement, "."), maxText)
	}
	if s.Value.Kind == schema.ValueVersion || s.Value.Kind == schema.ValueFlag && (s.Limits["plan"] == "" || !strings.Contains(s.Statement, " — ")) {
		return shorten(strings.TrimSuffix(s.Statement, "."), maxText)
	}
	var limits []string
	for _, name := range []string{"plan", "region", "version", "condition", "column"} {
		if q := s.Limits[name]; q != "" && !strings.Contains(v, q) && !slices.Contains(limits, q) && (name != "column" || tells(q, key)) {
			limits = append(limits, q)
		}
	}
	if len(limits) == 0 {
		return v
	}
	return strings.Join(limits, ", ") + ": " + v
}

// plainHeads are heads of columns that tell nothing.
//
//nolint:gochecknoglobals // a fixed list
var plainHeads = []string{"limit", "limits", "value", "values", "type", "how", "status", "state", "requires", "needs", "amount", "description", "meaning", "setting", "details", "default"}

// tells reports whether the head of a column says more than the key of its row.
func tells(head, key string) bool {
	a := attributes().byKey[key]
	return !slices.Contains(plainHeads, strings.ToLower(head)) && (a == nil ||
		!strings.EqualFold(head, a.label) && !slices.ContainsFunc(attributes().mentions(wordsOf(head)), func(m mention) bool { return m.of == a }))
}

// shorten cuts a text to n characters, at a word.
func shorten(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	cut := string(runes[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > n/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:.") + "…"
}

// rankCells marks the best and the worst of a row: of cells whose values have one
// kind and unit, and of which two differ. What contradicts itself is neither.
func rankCells(a *attribute, cells []Cell) {
	if a == nil || a.better == neither {
		return
	}
	var best, worst []int
	n := 0
	unit := commonUnit(cells)
	for i, c := range cells {
		if c.State != Stated || c.Value.Kind == "" || c.Value.Kind == schema.ValueFlag || unitOf(c.Value) != unit && c.Value.Kind != schema.ValueUnlimited {
			continue
		}
		n++
		place := func(list []int, wins func(x, y schema.Value) bool) []int {
			switch {
			case len(list) == 0 || wins(c.Value, cells[list[0]].Value):
				return []int{i}
			case wins(cells[list[0]].Value, c.Value):
				return list
			}
			return append(list, i)
		}
		best = place(best, func(x, y schema.Value) bool { return better(a, x, y) })
		worst = place(worst, func(x, y schema.Value) bool { return better(a, y, x) })
	}
	if n < 2 || len(best) == n {
		return
	}
	for _, i := range best {
		cells[i].Best = true
	}
	for _, i := range worst {
		cells[i].Worst = !cells[i].saysBetter(a)
	}
}

// saysBetter reports that the words of the value that stands for c have a better one:
// 99.9% on one plan and 99.95% on another.
func (c Cell) saysBetter(a *attribute) bool {
	return slices.ContainsFunc(extract.Measures(c.Entries[0].Statement), func(m extract.Measure) bool {
		return unitOf(m.Value) == unitOf(c.Value) && better(a, m.Value, c.Value)
	})
}

func unitOf(v schema.Value) string { return string(v.Kind) + " " + v.Unit }

// commonUnit is the kind and unit of most values of a row.
func commonUnit(cells []Cell) string {
	count := map[string]int{}
	for _, c := range cells {
		if c.State == Stated && c.Value.Kind != "" {
			count[unitOf(c.Value)]++
		}
	}
	most := ""
	for u, n := range count {
		if n > count[most] || n == count[most] && u < most {
			most = u
		}
	}
	return most
}
