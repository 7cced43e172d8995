package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isPlan reports the names that vendors give to what they sell, alone or before
// "plan" and the like.
func isPlan(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, end := range []string{" plan", " tier", " edition", " plans"} {
		if base, ok := strings.CutSuffix(s, end); ok && !strings.Contains(base, " ") {
			return true
		}
	}
	switch s {
	case "free", "starter", "basic", "pro", "team", "teams", "business", "enterprise", "premium", "standard", "professional", "growth", "scale", "plus", "developer", "hobby",
		"community", "individual", "ultimate", "advanced", "essential", "essentials", "personal", "startup", "trial", "on-demand", "self-hosted", "launch", "core", "lite", "corporate":
		return true
	}
	return false
}

// arePlans reports names of plans: "Scale and Enterprise".
func arePlans(s string) bool {
	for name := range strings.SplitSeq(strings.NewReplacer(" and ", ", ", " & ", ", ").Replace(s), ", ") {
		if !isPlan(name) {
			return false
		}
	}
	return true
}

// planName is the name of a plan without the word for it; empty if that is all
// there is, or if it means several.
func planName(s string) string {
	for _, end := range []string{" plan", " tier", " edition", " plans", " tiers", " editions"} {
		if len(s) > len(end) && strings.EqualFold(s[len(s)-len(end):], end) {
			s = s[:len(s)-len(end)]
		}
	}
	if isDeterminer(s) {
		return ""
	}
	return s
}

// planIn finds the name before "plan", "tier" or "edition" in a sentence.
func planIn(s string) string {
	for i := 0; i < len(s); {
		if !isLetter(s[i]) {
			i++
			continue
		}
		end := wordEnd(s, i)
		switch s[i:end] {
		case "plan", "plans", "Plan", "tier", "tiers", "edition", "Edition":
			if names := namesBefore(s, i); names != "" {
				return names
			}
		case "customers", "accounts", "users":
			if names := namesBefore(s, i); arePlans(names) {
				return names
			}
		}
		i = end
	}
	return ""
}

// namesBefore are the names that end before i: "Team, Business" before the word
// in "the Team and Business plans".
func namesBefore(s string, i int) string {
	var names []string
	for {
		name := wordBefore(s, i)
		r, _ := utf8.DecodeRuneInString(name)
		if !unicode.IsUpper(r) || isDeterminer(name) {
			break
		}
		names = append(names, name)
		rest := strings.TrimSuffix(strings.TrimRight(s[:i], " \u00a0"), name)
		i = -1
		for _, joint := range []string{", and ", ", or ", " and ", " or ", " & ", ", "} {
			if before, ok := strings.CutSuffix(rest, joint); ok {
				i = len(before)
				break
			}
		}
		if i < 0 {
			break
		}
	}
	slices.Reverse(names)
	return strings.Join(names, ", ")
}

func isDeterminer(w string) bool {
	switch w {
	case "The", "Each", "Every", "All", "Our", "Your", "This", "These", "Any", "No", "A", "Which", "What", "Some", "Both", "Other", "Pricing", "Paid", "Compare", "Change", "Choose", "Upgrade":
		return true
	}
	return false
}
