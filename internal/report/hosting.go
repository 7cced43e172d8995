package report

import (
	"regexp"
	"strings"
)

// selfHosting is the key of the row of what runs on the servers of customers.
const selfHosting = "self_hosting"

// hosted tells whether s says, where it mentions servers of customers, that something does not run there: all that is
// sold, which is denied then, or a part of it, such as an editor, by which the rest does.
func (s Statement) hosted(m mention) (not, partly bool) {
	if m.of == nil || m.of.key != selfHosting {
		return false, false
	}
	from, to := 0, len(s.Text)
	for _, border := range []string{"; ", ". ", ": ", " — ", " but "} {
		if i := strings.LastIndex(s.Text[:m.start], border); i >= 0 {
			from = max(from, i+len(border))
		}
		if i := strings.Index(s.Text[m.end:], border); i >= 0 {
			to = min(to, m.end+i)
		}
	}
	before := s.Text[from:m.start]
	no := notHosted.FindStringIndex(before)
	if no == nil {
		return false, false
	}
	not = !hostedBy.MatchString(s.Text[m.end:to]) && len(attributes().mentions(wordsOf(before), true)) == 0 && (no[0] == 0 || theWhole.MatchString(before) && !aPart.MatchString(before))
	return not, !not
}

var (
	notHosted = regexp.MustCompile(`(?i)(?:` +
		`\b(?:(?:cannot|can not|can['’]t|not (?:possible|meant|designed|intended) to)(?: currently| yet)?(?: be)?(?: (?:run|host|hosted|install|installed|deploy|deployed|operate|operated|use|used|kept))?` +
		`(?: (?-i:it|\p{Lu}\p{Ll}[\p{L}\d]*|(?:the|our) (?:service|platform|product|software|server|application)))?)|` +
		`\bnot (?:(?:currently|yet) )?(?:available|offered|sold|provided|supported|licensed|released|distributed|delivered)(?: yet)?` +
		`)(?: (?:for|on|as|in|at))?(?: (?:an?|the|any|your))? ?$`)
	hostedBy = regexp.MustCompile(`(?i)^ (?:servers?|installations?|instances?|deployments?|clusters?|customers?|plans?|users?|nodes?|runners?|agents?)\b`)
	aPart    = regexp.MustCompile(`^(?:Support|Help|Onboarding|Training|Access|Migration|Billing|Monitoring|Analytics|Search|Documentation|Hosting|Backup) (?:is|was|can|cannot)\b`)
	theWhole = regexp.MustCompile(`\bitself\b|` +
		`^(?i:no, )?(?i:(?:the|our|this|and) )*(?:[\p{L}-]+ )?(?i:service|platform|product|software|storage|database|system|solution|application|cloud|engine|it|we|you|customers)\b|` +
		`^\p{Lu}\p{Ll}[\p{L}\d]*(?: \p{Lu}[\p{L}\d]*){0,2}(?:[^s]|[aiou]s) (?:is|was|runs|can|cannot|lives|comes|exists)\b`)
)
