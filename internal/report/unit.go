package report

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

// unlike says why a value cannot be compared to the one that is wanted; empty if it
// can. A number of something can be compared to a number of nothing in particular.
func unlike(wanted, said schema.Value) string {
	switch {
	case said.Kind == schema.ValueUnlimited:
		if a, b := noun(wanted), noun(said); a != "" && b != "" && a != b && wanted.Numeric() {
			return "it counts something else"
		}
		return ""
	case wanted.Kind == schema.ValueUnlimited && said.Numeric():
		return ""
	case wanted.Kind != said.Kind:
		return "it is measured as something else"
	case said.Kind == schema.ValueCount, said.Kind == schema.ValueRate:
		a, b := noun(wanted), noun(said)
		if a != b && (a != "" && b != "" || data(a) || data(b)) {
			return "it counts something else"
		}
	case said.Kind == schema.ValueMoney:
		switch {
		case said.Number == 0 && said.Max == 0: // nothing is nothing
		case wanted.Currency != said.Currency:
			return "it is in " + said.Currency
		case wanted.Per != said.Per && said.Per != "":
			return "it is per " + said.Per
		case wanted.Per != said.Per:
			return "it is not per " + wanted.Per
		case wanted.Period != said.Period && said.Period == "":
			return "it is not per " + wanted.Period
		case wanted.Period != said.Period && wanted.Period == "":
			return "it is per " + said.Period
		}
	}
	return ""
}

// each is an amount of money for one of what it is paid for: of $0.50 per 1,000 searches, $0.0005 per search.
func each(v schema.Value) schema.Value {
	if v.Kind != schema.ValueMoney || v.Per == "" {
		return v
	}
	m := many.FindStringSubmatch(v.Per)
	if m[1] == "" && m[2] == "" {
		return v
	}
	n := 1.0
	if m[1] != "" {
		var err error
		if n, err = strconv.ParseFloat(strings.Map(func(r rune) rune {
			if r == ',' || unicode.IsSpace(r) {
				return -1
			}
			return r
		}, m[1]), 64); err != nil || n <= 0 {
			return v
		}
	}
	switch strings.ToLower(m[2]) {
	case "hundred":
		n *= 100
	case "k", "thousand":
		n *= 1e3
	case "m", "million":
		n *= 1e6
	}
	v.Number, v.Max = v.Number/n, v.Max/n
	what := strings.ToLower(m[3])
	if base, ok := strings.CutSuffix(what, "es"); ok && strings.HasSuffix(base, "ch") { // searches
		return paidFor(v, base)
	}
	return paidFor(v, singular(what))
}

// paidFor is an amount of money that is paid for each of something.
func paidFor(v schema.Value, what string) schema.Value {
	v.Per, v.Unit = what, v.Currency
	for _, part := range []string{what, v.Period} {
		if part != "" {
			v.Unit += "/" + part
		}
	}
	return v
}

// perMany is a price with what stands behind it, n bytes long, if that says for how many it is: $0.42 per 1,000.
func perMany(v schema.Value, behind string) (_ schema.Value, n int) {
	m := manyBehind.FindStringSubmatch(behind)
	if one := oneMore.FindStringSubmatch(v.Original + behind); v.Kind == schema.ValueMoney && one != nil {
		n = max(0, len(one[0])-len(v.Original))
		v.Original = one[0]
		return paidFor(v, one[1]), n
	}
	if v.Kind != schema.ValueMoney || v.Per != "" || m == nil {
		return v, 0
	}
	v = paidFor(v, m[1])
	v.Original += m[0]
	return v, len(m[0])
}

// ofNoun is a price of so many with what they are, if that stands behind it.
func ofNoun(v schema.Value, behind string) schema.Value {
	if v.Kind != schema.ValueMoney || v.Per == "" {
		return v
	}
	if m := many.FindStringSubmatch(v.Per); m[1] == "" && m[2] == "" || m[3] != "" {
		return v
	}
	if w := nounBehind.FindStringSubmatch(behind); w != nil && !commonWords[singular(w[1])] {
		v.Original += w[0]
		v = paidFor(v, v.Per+" "+w[1])
	}
	return v
}

var (
	manyBehind = regexp.MustCompile(`^ (?:per|for (?:each|every)) ((?:\d[\d,]*|thousand|million)\b)`)
	oneMore    = regexp.MustCompile(`^\D{0,4}[\d.,]+ (?:per|for (?:each|every)) (?:additional|further|extra) ((?:\d[\d,]* )?[\p{L}-]+)`)
	nounBehind = regexp.MustCompile(`^ (\p{Ll}+)\b`)
)

// many are several things that are paid for at once.
var many = regexp.MustCompile(`^(\d[\d,\x{a0}\x{202f}]*(?:\.\d+)?)? ?((?i:k|m|hundred|thousand|million)\b)? ?(.*)$`)

// noun is what a count or a rate is of.
func noun(v schema.Value) string {
	switch v.Kind {
	case schema.ValueRate:
		return strings.TrimPrefix(strings.TrimSuffix(v.Unit, "/s"), "1")
	case schema.ValueCount, schema.ValueUnlimited:
		return v.Unit
	case schema.ValueSize, schema.ValueDuration, schema.ValuePercent, schema.ValueMoney, schema.ValueVersion, schema.ValueFlag:
	}
	return ""
}

// data reports nouns that no number of other things is compared to.
func data(noun string) bool { return noun == "bit" || noun == "byte" || noun == "Hz" }

// compareTo tells whether what is said is as much as is wanted, or why that cannot
// be told. A range is so only if all of it is.
func compareTo(op schema.RequirementOperator, wanted, said schema.Value) (Outcome, string) {
	if why := unlike(wanted, said); why != "" {
		return Unknown, "it cannot be compared, as " + why
	}
	var low, high int // how the ends of what is said compare to what is wanted
	switch {
	case wanted.Kind == schema.ValueUnlimited || said.Kind == schema.ValueUnlimited:
		if wanted.Kind != said.Kind {
			low, high = 1, 1
		}
	case said.Kind == schema.ValueVersion:
		return versionTo(op, wanted.From, said)
	default:
		factor := seconds(wanted.Period) / seconds(said.Period)
		if said.Kind != schema.ValueMoney {
			factor = 1 // its number is canonical
		}
		low = order(said.Number*factor, wanted.Number)
		high = low
		if said.Max > said.Number {
			high = order(said.Max*factor, wanted.Number)
		}
	}
	var yes, no bool
	switch op {
	case schema.AtLeast:
		yes, no = low >= 0, high < 0
	case schema.AtMost:
		yes, no = high <= 0, low > 0
	case schema.Equals:
		yes, no = low == 0 && high == 0, low > 0 || high < 0
	case schema.Contains, schema.Exists: // compare no values
	}
	switch {
	case yes:
		return Pass, ""
	case no:
		return Fail, ""
	}
	return Unknown, partOnly
}

// order compares numbers that may have been converted.
func order(a, b float64) int {
	switch {
	case sameNumber(a, b):
		return 0
	case a < b:
		return -1
	}
	return 1
}

// seconds is how long a period is; 1 if it is none.
func seconds(period string) float64 {
	if period == "" {
		return 1
	}
	for _, m := range extract.Measures("1 " + period) {
		if m.Value.Kind == schema.ValueDuration {
			return m.Value.Number
		}
	}
	return 1
}

// partOnly is why nobody can tell of a range.
const partOnly = "it says a range, of which only a part will do"

// versionTo compares versions: the first that is said by more and less, and all
// that are by equality, so that "3.10 or later" has 3.12 in it. Of a range that
// begins too early and ends late enough, which is meant is not known.
func versionTo(op schema.RequirementOperator, wanted string, said schema.Value) (Outcome, string) {
	first := said.From
	if first == "" {
		first = said.To
	}
	met := false
	switch op {
	case schema.AtLeast:
		met = orderVersions(first, wanted) >= 0
		if !met && said.To != "" && orderVersions(said.To, wanted) >= 0 {
			return Unknown, partOnly
		}
	case schema.AtMost:
		met = orderVersions(first, wanted) <= 0
	case schema.Equals:
		met = (said.From == "" || orderVersions(said.From, wanted) <= 0) && (said.To == "" || orderVersions(said.To, wanted) >= 0)
	case schema.Contains, schema.Exists: // compare no values
	}
	if met {
		return Pass, ""
	}
	return Fail, ""
}

// orderVersions compares dotted numbers; parts that one lacks are nothing.
func orderVersions(a, b string) int {
	if len(a) < len(b) && strings.HasPrefix(b, a+".") && strings.Trim(b[len(a):], ".0") == "" {
		return 0
	}
	if len(b) < len(a) && strings.HasPrefix(a, b+".") && strings.Trim(a[len(b):], ".0") == "" {
		return 0
	}
	return compareVersions(a, b)
}
