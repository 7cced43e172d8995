package report

import (
	"regexp"
	"slices"
)

// isCertificate tells whether the mention is of what a vendor is certified for, or complies with.
func (m mention) isCertificate() bool {
	return m.of != nil && (m.of.section.key == "certifications" || m.of.section.key == "compliance")
}

// uncertified reports whether s says that the vendor has not got the certificate of a mention, whose clause begins at
// from: of several that it names, "not SOC 2 or ISO 27001 certified", that is said of each.
func (s Statement) uncertified(m mention, from int) bool {
	for _, found := range notCertified.FindAllStringIndex(s.Text, -1) {
		if ofCustomers.MatchString(s.Text[:found[0]]) {
			continue
		}
		if found[0] <= m.start && m.end <= found[1] || found[0] >= from && found[1] <= m.start {
			return true
		}
	}
	return itselfNot.MatchString(s.Text[m.end:])
}

var (
	notCertified = regexp.MustCompile(`(?:\b(?:not|never)|n['’]t)(?: (?:yet|currently|presently|at present|formally|itself|ourselves|been|be|a|an|the))*` +
		`(?:[ /,]+(?:[\p{Lu}\d][\p{L}\d/.:-]*|or|and|nor|type|level)){0,12}[ -]` +
		`(?:certified|compliant|attested|authori[sz]ed|accredited|audited|assessed|validated|eligible|qualified|examined|certification|attestation|obtained|achieved|completed|undergone)\b`)
	ofCustomers = regexp.MustCompile(`(?i)\b(?:need|if|when|whether|unless|who|you|customers?)\b[^,;.]*$`)
	itselfNot   = regexp.MustCompile(`(?i)\b(?:itself|ourselves),? (?:is|are|am|has|have|does|do)(?: not|n['’]t)(?: (?:yet|certified|compliant|attested))*\W*$`)
)

// own leaves out, where a vendor says that it has not got a certificate, what is said of that of its provider.
func own(a *attribute, said []Said) []Said {
	m := mention{of: a}
	if a == nil || !m.isCertificate() || !slices.ContainsFunc(said, func(s Said) bool { return s.Denies }) {
		return said
	}
	return slices.DeleteFunc(slices.Clone(said), func(s Said) bool { return !s.Denies && ofProvider.MatchString(s.Statement) })
}

// ofProvider are words of what is certified, and is not the vendor.
var ofProvider = regexp.MustCompile(`(?i:\b(?:our|the|its|a|an|all|whose) (?:[\p{L}-]+ ){0,2}?(?:providers?|processors?|sub-?processors?|partners?|hosts?|data cent(?:er|re)s?|suppliers?|acquirers?|gateway)\b)(?:[^;.]*)\b(?i:is|are|has|have|holds?|certified|compliant)\b|` +
	`\b(?i:by|through|via|with|from|to|at|in|on) (?:\p{Lu}[\p{L}\d.]*)(?: \p{Lu}[\p{L}\d.]*)*(?: data cent(?:er|re)s)?,? (?:which|who|whose|that|an?|the|both|all)\b`)
