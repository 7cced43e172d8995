package report

import "slices"

// nearKey begins the key of an entry of a fact that is about a row with a name, as
// its own attribute tells, and says nothing that the row could lay beside others.
const nearKey = "?"

// rowsOf are the rows with a name that attributes of facts are about, other than
// those of the same key; see internal/extract/vocabulary.txt. Attributes that many
// things have ("limit", "size") are about none.
//
//nolint:gochecknoglobals // a fixed table
var rowsOf = map[string]string{
	"at_rest":                  "encryption_at_rest",
	"concurrency":              "concurrent_connections",
	"deprecation":              "deprecation_notice",
	"discount":                 "annual_discount",
	"log_retention":            "audit_log_retention",
	"oauth2":                   "", // tokens of other kinds have it, too
	"operating_system":         "", // whatever names one has it
	"payload_size":             "request_size",
	"rbac":                     "roles",
	"recovery_point_objective": "rpo",
	"recovery_time_objective":  "rto",
	"self_hosted":              "self_hosting",
	"sso":                      "saml",
	"support_level":            "first_response",
	"support_response":         "first_response",
	"timeout":                  "request_timeout",
	"tls_version":              "minimum_tls",
}

// nearby is the entry of a fact that is about a row and has no entry in it.
func nearby(attribute string, entries []Entry) []Entry {
	key := attribute
	if row, ok := rowsOf[attribute]; ok {
		key = row
	}
	if attributes().byKey[key] == nil || slices.ContainsFunc(entries, func(e Entry) bool { return e.Attribute == key }) {
		return nil
	}
	return []Entry{{Attribute: nearKey + key}}
}

// nearOnes are the keys of such entries among those that there are.
func nearOnes(candidates map[place]bool, rows []string) (keys []string) {
	seen := map[string]bool{}
	for p := range candidates {
		seen[p.key] = true
	}
	for _, row := range rows {
		if seen[nearKey+row] {
			keys = append(keys, nearKey+row)
		}
	}
	return keys
}
