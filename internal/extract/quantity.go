package extract

import "strings"

// quantity is what the numbers of a sentence add to it.
type quantity struct {
	weight float64 // how much of a claim they make
	text   string  // the first one with its unit, as it is written
}

// quantity looks through the words of the last text that was weighed.
func (s *scorer) quantity(text string) quantity {
	var q quantity
	for i, w := range s.words {
		if w.kind != numberWord {
			continue
		}
		start, end, weight := w.start, w.end, 0.25
		if i > 0 && s.words[i-1].kind == currencyWord && s.words[i-1].end >= w.start-1 {
			start, weight = s.words[i-1].start, 0.6
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
		if weight > q.weight {
			q = quantity{weight, text[start:end]}
		}
	}
	return q
}

// isUnit reports what a number counts or measures.
func isUnit(s string) bool {
	switch strings.TrimSuffix(s, "s") {
	case "b", "byte", "kb", "mb", "gb", "tb", "pb", "kib", "mib", "gib", "tib", "bit", "kbit", "mbit", "gbit", "mbp", "gbp",
		"m", "", "second", "sec", "minute", "min", "hour", "hr", "day", "week", "month", "year", "millisecond", "microsecond",
		"request", "call", "user", "seat", "member", "project", "event", "item", "row", "column", "table", "partition", "core", "vcpu", "cpu",
		"node", "region", "connection", "character", "time", "key", "role", "thread", "replica", "shard", "ghz", "mhz", "hz", "watt", "w", "v",
		"page", "file", "message", "record", "object", "percent", "dollar", "euro", "license", "instance", "socket", "token", "cent":
		return true
	}
	return false
}
