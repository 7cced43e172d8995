package report

import (
	"regexp"
	"strings"

	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

// versionsAt are the versions with which a text begins: 3.9 – 3.13; 11, 17, 21; 8.1+.
var versionsAt = regexp.MustCompile(`^[\s:—v≥=>]*(\d+(?:\.\d+)*)((?:\s*(?:–|-|to|,|and|or)\s*\d+(?:\.\d+)*)*)(\s*\+|\s+(?:or|and) (?:later|newer|up|above))?`)

// version is the version that the words of a mention end with, as in TLS 1.3, or that
// stands right behind them, as in a row of a table.
func (s Statement) version(m mention) (v schema.Value, at int, ok bool) {
	at = m.end
	for at > m.start && (s.Text[at-1] >= '0' && s.Text[at-1] <= '9' || s.Text[at-1] == '.') {
		at--
	}
	found := versionsAt.FindStringSubmatch(s.Text[at:])
	if found == nil {
		return v, at, false
	}
	v = schema.Value{Kind: schema.ValueVersion, Original: strings.TrimLeft(found[0], " :—"), From: found[1], To: found[1]}
	if list := strings.FieldsFunc(found[2], func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); len(list) > 0 {
		v.To = list[len(list)-1]
	}
	if found[3] != "" || strings.Contains(found[0], "≥") {
		v.To = ""
	}
	if m.of.least {
		v.From = s.least(strings.TrimSpace(s.Text[m.start:at]), v.From)
		v.To = v.From
	}
	return v, at, true
}

// least is the first of the versions that the text names behind a word; version is one
// of them.
func (s Statement) least(word, version string) string {
	for rest := s.Text; word != ""; {
		i := strings.Index(rest, word+" ")
		if i < 0 {
			break
		}
		rest = rest[i+len(word):]
		if found := versionsAt.FindStringSubmatch(rest); found != nil && compareVersions(found[1], version) < 0 {
			version = found[1]
		}
	}
	return version
}

// intervals are lengths of time and frequencies in words.
var intervals = regexp.MustCompile(`(?i)\b(?:(?:once (?:a|per|every)|every|each|one) (year|quarter|month|week|day|hour)|(annually|yearly|quarterly|monthly|weekly|daily|hourly))\b`)

//nolint:gochecknoglobals // a fixed table
var adverbs = map[string]string{"annually": "year", "yearly": "year", "quarterly": "quarter", "monthly": "month", "weekly": "week", "daily": "day", "hourly": "hour"}

// interval is the length of time that the words say, behind a mention, without a number: "rotated once a
// year", "kept for one year".
func (s Statement) interval(m mention) (v schema.Value, at int, ok bool) {
	found := intervals.FindStringSubmatchIndex(s.Text[m.start:])
	if found == nil {
		return v, 0, false
	}
	group := func(n int) string {
		if found[2*n] < 0 {
			return ""
		}
		return strings.ToLower(s.Text[m.start+found[2*n] : m.start+found[2*n+1]])
	}
	unit := group(1)
	if unit == "" {
		unit = adverbs[group(2)]
	}
	length := "1 " + unit
	if unit == "quarter" {
		length = "3 months"
	}
	for _, q := range extract.Measures(length) {
		v = q.Value
	}
	v.Original = s.Text[m.start+found[0] : m.start+found[1]]
	return v, m.start + found[0], v.Kind == schema.ValueDuration
}
