package report

import "slices"

// nearKey begins the key of an entry of a fact that is about a row with a name, as
// its own attribute tells, and says nothing that the row could lay beside others.
const nearKey = "?"

// nearby is the entry of a fact that is about a row and has no entry in it.
func nearby(attribute string, entries []Entry) []Entry {
	row := attributes().about[attribute]
	if row == nil || slices.ContainsFunc(entries, func(e Entry) bool { return e.Attribute == row.key }) {
		return nil
	}
	return []Entry{{Attribute: nearKey + row.key}}
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
