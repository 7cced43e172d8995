package report

import (
	"regexp"
	"slices"
	"strings"

	"techfacts.dev/techfacts/schema"
)

// scope is what the value that stands for a cell is for each of, such as a node or an account; empty if nothing says
// so. What is per request, per page or per second is so in every row of that kind.
func (c Cell) scope() string {
	if len(c.Entries) == 0 || !counts(c.Value) {
		return ""
	}
	s := c.Entries[0]
	if per, ok := strings.CutPrefix(s.Limits["condition"], "per "); ok && scopeOf(per) != "" {
		return scopeOf(per)
	}
	if of := scopeOf(c.Value.Per); of != "" {
		return of
	}
	if c.Value.Per != "" && c.Value.Per[0] >= '1' && c.Value.Per[0] <= '9' {
		return c.Value.Per
	}
	list := columnsOf(s.Statement)
	for _, head := range list {
		if slices.Contains([]string{"scope", "per", "applies to", "counted per"}, strings.ToLower(head.head)) {
			return scopeOf(s.Statement[head.start:head.end])
		}
	}
	return scopeOf(s.Apart().Row)
}

// counts reports values that may be for each of something.
func counts(v schema.Value) bool {
	return v.Kind == schema.ValueCount || v.Kind == schema.ValueRate || v.Kind == schema.ValueSize
}

// subject is what a sentence says a number of, by what stands before it: "An ox-1 node takes 500". If it says no more
// than a scope, the number is for each.
func subject(v *schema.Value, before string) string {
	m := ofWhat.FindStringSubmatch(before)
	if m == nil || !counts(*v) {
		return ""
	}
	what := strings.TrimSpace(m[1])
	switch {
	case scopeOf(what) == "":
		return ""
	case strings.Contains(what, " "):
		return what
	case v.Per == "":
		v.Per = what
		v.Original += " per " + what
	}
	return ""
}

var (
	perWhat   = regexp.MustCompile(`(?i)\b(?:per|(?:for|on|in|by) (?:each|every|one|a single)) ((?:[\p{L}-]+ )?\p{L}+)`)
	perSoMany = regexp.MustCompile(`\bper (\d[\d,]*(?: \p{L}+){1,3})\.?$`)
	ofWhat    = regexp.MustCompile(`^(?:By default,? )?(?i:An?|Each|Every|One|The) ((?:[\p{L}\d-]+ ){1,3}?)(?:takes?|has|have|allows?|accepts?|handles?|serves?|gets?|holds?|may|can|is|are)\b`)
)

// subject is the plural with which a sentence begins right before a mention of what is not said of all: "Directions give
// up after".
func (m mention) subject(v schema.Value, before string) string {
	s := plural.FindStringSubmatch(before)
	if s == nil || v.Kind != schema.ValueDuration || slices.Contains([]string{"requests", "calls", "bodies", "answers", "responses", "limits"}, strings.ToLower(s[1])) {
		return ""
	}
	return s[1]
}

var plural = regexp.MustCompile(`^(\p{Lu}\p{Ll}+[^su]s) $`)

// scopeOf is the scope that words name, empty if they name none.
func scopeOf(words string) string {
	for _, w := range wordsOf(words) {
		switch w.stem {
		case "organisation", "org":
			return "organization"
		case "account", "address", "app", "application", "client", "cluster", "collection", "core", "customer", "database", "device", "domain", "host", "index", "instance", "ip", "key", "machine", "member", "node",
			"organization", "project", "region", "replica", "seat", "server", "service", "session", "shard", "site", "subscription", "team", "tenant", "token", "user", "vehicle", "workspace":
			return w.stem
		}
	}
	return ""
}
