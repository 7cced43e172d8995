package extract

import "strings"

// figures is how much of a claim the numbers of the last text that was weighed
// make.
func (s *scorer) figures(text string) float64 {
	most := 0.0
	for i, w := range s.words {
		if w.kind != numberWord {
			continue
		}
		end, weight := w.end, 0.25
		if i > 0 && s.words[i-1].kind == currencyWord && s.words[i-1].end >= w.start-1 {
			weight = 0.6
		}
		if i+1 < len(s.words) {
			if next := s.words[i+1]; next.start <= w.end+1 {
				switch unit := strings.ToLower(text[next.start:next.end]); {
				case next.kind == percentWord, next.kind == currencyWord, isUnit(unit):
					end, weight = next.end, 0.6
				}
			}
		}
		if end < len(text) && w.start > 0 && text[w.start-1] == '.' {
			continue // the number of a section
		}
		most = max(most, weight)
	}
	return most
}

// isUnit reports what a number counts or measures.
func isUnit(s string) bool {
	switch strings.TrimSuffix(s, "s") {
	case "b", "byte", "kb", "mb", "gb", "tb", "pb", "kib", "mib", "gib", "tib", "bit", "kbit", "mbit", "gbit", "mbp", "gbp",
		"m", "", "second", "sec", "minute", "min", "hour", "hr", "day", "week", "month", "year", "millisecond", "microsecond",
		"request", "req", "call", "user", "seat", "member", "project", "event", "item", "row", "column", "table", "partition", "core", "vcpu", "cpu",
		"node", "region", "connection", "character", "time", "key", "role", "thread", "replica", "shard", "ghz", "mhz", "hz", "watt", "w", "v",
		"page", "file", "message", "record", "object", "percent", "dollar", "euro", "license", "instance", "socket", "token", "cent":
		return true
	}
	return false
}
