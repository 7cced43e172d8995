package report

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/schema"
)

// State is what is known of one attribute of one company.
type State string

// The states of a cell.
const (
	Stated        State = "STATED"
	StatedNo      State = "STATED_NO"
	NotDocumented State = "NOT_DOCUMENTED"
	NothingAlike  State = "NOTHING_ALIKE"
	NotRead       State = "NOT_READ"
	Conflict      State = "CONFLICT"
)

// Cell is what one company says of one attribute.
type Cell struct {
	Company  string
	State    State
	Text     string       // for people
	Parts    []string     // of the text: what holds for one plan, and so on
	Value    schema.Value // the best of several if that can be said, else the surest; its zero value is none
	Entries  []Said       // that of the value first, then the surest; of a conflict those that contradict each other
	More     int          // how many entries Text leaves out
	Best     bool
	Worst    bool
	Unranked string    // why its value is compared to no other of the row; empty if it is, or if there is none
	Lead     int       // the place of the value among Parts
	SeenAt   time.Time // zero if there is no fact

	opposed, beside []Said // of a conflict: the two entries that contradict each other, and the others
}

// Said is one thing that a cell says, and the fact that says it.
type Said struct {
	Fact      uuid.UUID
	Also      []uuid.UUID // other facts that say the same
	URL       string
	Text      string // for people
	Statement string
	Limits    map[string]string // the qualifiers of the fact, and the row and the column of the table that it is from
	Value     schema.Value
	Denies    bool

	negated    bool // it was found by words, and denies something else where it has them
	apart      unique.Handle[Apart]
	confidence float64
	seen       time.Time
}

// Apart is what tells the entry from others of its cell.
func (s Said) Apart() Apart { return s.apart.Value() }

// maxText is how long, in characters, one entry of a cell is at most.
const maxText = 160

// cellOf makes a cell of what was said: entries in the order of their confidence,
// of which several may be the same statement under several profiles. silent is its state if
// nothing was.
func cellOf(company string, a *attribute, said []Said, silent State) Cell {
	c := Cell{Company: company, State: silent}
	if len(said) == 0 {
		return c
	}
	c.Entries = distinct(joined(own(a, said)), true)
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
		c.opposed, c.beside = c.Entries[:2], c.Entries[2:]
	} else if !slices.ContainsFunc(c.Entries, func(s Said) bool { return !s.Denies }) {
		c.State = StatedNo
	}
	if a != nil && len(a.kinds) == 0 && c.State != Conflict {
		slices.SortStableFunc(c.Entries, func(x, y Said) int { return cmp.Compare(x.aside(a), y.aside(a)) })
	}
	if k := lead(a, c.Entries); k >= 0 {
		c.Value = c.Entries[k].Value
		if c.State != Conflict { // of what is shown it is the first
			first := c.Entries[k]
			c.Entries = slices.Insert(slices.Delete(c.Entries, k, k+1), 0, first)
		}
	}
	return c.worded(a)
}

// aside is more for what says less of a row at once: what holds for some only, is too
// long to be shown whole, or is a yes or no for something that is no plan; and what denies
// one thing of the kind where there are others.
func (s Said) aside(a *attribute) int {
	switch {
	case s.Denies && !s.isFlag(), a != nil && a.names && leavesOut.MatchString(s.Statement):
		return 2
	case s.vague(a), doing.MatchString(s.Statement) && !strings.Contains(s.Statement, " — "), s.Value.Kind == schema.ValueFlag && s.Limits["plan"] == "" && strings.Contains(s.Statement, " — ") || strings.HasSuffix(s.Text, "…") || strings.Contains(s.Text, " only"):
		return 1
	}
	return 0
}

// joined makes one entry of those that are one statement of a page, of which one profile found a condition and another
// none: what is conditional is so whoever reads it.
func joined(said []Said) (left []Said) {
	same := func(s, o Said) bool { // but for the condition
		apart := o.Apart()
		if apart.Condition == "" || o.URL != s.URL || o.Statement != s.Statement || !sameValue(o.Value, s.Value) {
			return false
		}
		apart.Condition = ""
		return apart == s.Apart()
	}
	if !slices.ContainsFunc(said, func(s Said) bool { return s.Apart().Condition != "" }) {
		return said
	}
	of := map[int][]uuid.UUID{} // by what takes their place
	for _, s := range said {
		if s.Apart().Condition == "" {
			if k := slices.IndexFunc(said, func(o Said) bool { return same(s, o) }); k >= 0 {
				of[k] = append(of[k], s.Fact)
			}
		}
	}
	if len(of) == 0 {
		return said
	}
	for i, s := range said {
		s.Also = append(slices.Clone(s.Also), of[i]...)
		if !slices.ContainsFunc(said, func(o Said) bool { return s.Apart().Condition == "" && same(s, o) }) {
			left = append(left, s)
		}
	}
	return left
}

// vague reports a sentence of which the heading alone says what it is about, and which is not called as the row is.
func (s Said) vague(a *attribute) bool {
	at := pronoun.FindStringIndex(s.Statement)
	if at == nil {
		return false
	}
	label := wordsOf(a.label)
	return slices.ContainsFunc(wordsOf(s.Statement[:at[0]]), func(w word) bool {
		return !commonWords[w.stem] && !slices.ContainsFunc(label, func(l word) bool { return l.stem == w.stem })
	})
}

// doing begins a sentence on what comes of an action.
var doing = regexp.MustCompile(`^\p{Lu}\p{Ll}+ing \P{Lu}`)

var pronoun = regexp.MustCompile(` — (?:It|They|This|These|Those) `)

// distinct makes one entry of those that say the same: in the same words or, about
// one attribute, by the same value. A statement that a page was found to make under
// several profiles counts once.
func distinct(said []Said, oneAttribute bool) (left []Said) {
	type saying struct {
		url, statement string
		apart          unique.Handle[Apart]
	}
	seen := map[saying]bool{}
	for _, s := range said {
		this := saying{s.URL, s.Statement, s.apart}
		if seen[this] {
			continue
		}
		seen[this] = true
		k := slices.IndexFunc(left, func(l Said) bool {
			return l.apart == s.apart && l.Denies == s.Denies && (l.Statement == s.Statement || oneAttribute && l.Value.Kind != "" && sameValue(l.Value, s.Value))
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
			plan := wordsOf(said[k].Apart().Plan)
			f.words = slices.DeleteFunc(f.words, func(w string) bool {
				return slices.ContainsFunc(plan, func(p word) bool { return p.stem == w })
			})
			forms[k] = &f
		}
		return *forms[k]
	}
	for j := range said {
		for i := range j {
			if minimaDiffer(a, said[i], said[j]) || singlesDiffer(a, said[i], said[j]) {
				return i, j
			}
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
	case x.apart != y.apart && x.Apart().under() != y.Apart().under():
		return 0
	case x.URL == y.URL && areListed(x.Statement, y.Statement): // two rows of a table, two items of a list
		return 0
	case x.Denies != y.Denies:
		if x.apart != y.apart || unlimited {
			return 0
		}
		return alike
	case a != nil && len(a.kinds) == 0, !x.Value.Numeric(), unitOf(x.Value) != unitOf(y.Value),
		sameNumber(x.Value.Number, y.Value.Number) && sameNumber(x.Value.Max, y.Value.Max):
		return 0
	}
	return 0.8
}

// minimaDiffer reports two versions each of which is said to be the least that will do.
func minimaDiffer(a *attribute, x, y Said) bool {
	return a != nil && a.least && x.apart == y.apart && !x.Denies && !y.Denies && x.Value.Kind == schema.ValueVersion && y.Value.Kind == schema.ValueVersion &&
		compareVersions(x.Value.From, y.Value.From) != 0 && leastOf.MatchString(x.Statement) && leastOf.MatchString(y.Statement)
}

// leastOf are words of what is the least that will do.
var leastOf = regexp.MustCompile(`(?i)\b(?:minimum|at least|or (?:higher|later|newer|above)|must|requires?|required|accepts?|accepted|only|needs?|reject(?:s|ed)|refused?)\b`)

// singlesDiffer reports what two pages say of a plan, where it has one value, if that is not the same.
func singlesDiffer(a *attribute, x, y Said) bool {
	return a != nil && a.single && x.URL != y.URL && x.apart == y.apart && x.Apart() == Apart{Plan: x.Apart().Plan} && x.Apart().Plan != "" &&
		!x.Denies && !y.Denies && x.Value.Numeric() && unitOf(x.Value) == unitOf(y.Value) && !sameNumber(x.Value.Number, y.Value.Number) &&
		(x.Value.Period == y.Value.Period || x.Value.Period == "" || y.Value.Period == "") && !ofSome.MatchString(x.Statement) && !ofSome.MatchString(y.Statement)
}

// ofSome are words of what holds for some of the cases of a plan.
var ofSome = regexp.MustCompile(`(?i)\b(?:critical|urgent|priority|severity|sev|p[1-4]|outages?|incidents?|normal|other|phone|chat|regions?|when|if|up to)\b`)

// areListed reports two statements that are rows of tables, or stand under one heading.
func areListed(a, b string) bool {
	if len(columnsOf(a)) > 0 && len(columnsOf(b)) > 0 {
		return true
	}
	x, _, ok := strings.Cut(a, " — ")
	y, _, _ := strings.Cut(b, " — ")
	return ok && x == y
}

func sameNumber(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
}
