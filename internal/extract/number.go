package extract

import (
	"math"
	"strconv"
	"strings"
)

// amount reads a number and what scales it.
func (p measurer) amount(i int) (n float64, next int, ok bool) {
	s := p.text
	end := digitsEnd(s, i)
	n, ok = p.parse(s[i:end], strings.TrimLeft(s[end:], " \u00a0"))
	if !ok {
		return 0, end, false
	}
	if end+1 < len(s) && s[end] == '^' && isDigit(s[end+1]) { // 2^30
		stop := digitsEnd(s, end+1)
		power, err := strconv.Atoi(s[end+1 : stop])
		n = math.Pow(n, float64(power))
		return n, stop, err == nil && n < 1e30
	}
	if end < len(s) && strings.IndexByte("kKMB", s[end]) >= 0 && (end+1 == len(s) || !isLetter(s[end+1]) && !isDigit(s[end+1])) {
		return n * map[byte]float64{'k': 1e3, 'K': 1e3, 'M': 1e6, 'B': 1e9}[s[end]], end + 1, true
	}
	at := skipSpace(s, end)
	stop := wordEnd(s, at)
	if f := scales[strings.ToLower(s[at:stop])]; f > 0 && stop > at {
		if stop < len(s) && s[stop] == '.' && f > 1e3 {
			stop++ // Mio.
		}
		return n * f, stop, true
	}
	return n, end, true
}

// scales are words that multiply.
//
//nolint:gochecknoglobals // a fixed table
var scales = map[string]float64{
	"hundred": 100, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
	"tausend": 1e3, "mio": 1e6, "millionen": 1e6, "mrd": 1e9, "mille": 1e3, "millions": 1e6, "milliard": 1e9, "milliards": 1e9,
}

// parse reads digits and what separates them; after is what follows them.
func (p measurer) parse(digits, after string) (float64, bool) {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" '’\u00a0\u202f", r) {
			return -1
		}
		return r
	}, digits)
	dots, commas := strings.Count(plain, "."), strings.Count(plain, ",")
	switch {
	case dots > 0 && commas > 0: // the last one is decimal
		decimal, group := ".", ","
		if strings.LastIndexByte(plain, ',') > strings.LastIndexByte(plain, '.') {
			decimal, group = ",", "."
		}
		if strings.Count(plain, decimal) > 1 {
			return 0, false
		}
		plain = strings.ReplaceAll(strings.ReplaceAll(plain, group, ""), decimal, ".")
	case commas > 0:
		if grouped(plain, ',') && (commas > 1 || !p.comma) {
			plain = strings.ReplaceAll(plain, ",", "")
		} else if commas > 1 {
			return 0, false
		}
		plain = strings.Replace(plain, ",", ".", 1)
	case dots > 1:
		if !grouped(plain, '.') {
			return 0, false // a version
		}
		plain = strings.ReplaceAll(plain, ".", "")
	case dots == 1 && grouped(plain, '.') && !strings.HasPrefix(after, "%"):
		if p.comma || strings.HasSuffix(plain, "000") || counts(after) {
			plain = strings.Replace(plain, ".", "", 1)
		}
	}
	n, err := strconv.ParseFloat(plain, 64)
	return n, err == nil
}

// counts reports that what follows a number is something of which there are no
// parts: 1.200 requests are not one and a fifth.
func counts(after string) bool {
	word := after[:wordEnd(after, 0)]
	_, measured := unitOf(word)
	return !measured && isUnit(singular(strings.ToLower(word))) && word != ""
}

// grouped reports digits in groups of three.
func grouped(digits string, by byte) bool {
	groups := strings.Split(digits, string(by))
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return false
		}
	}
	return len(groups) > 1 && len(groups[0]) >= 1 && len(groups[0]) <= 3 && groups[0] != "0"
}

// decimalComma guesses how a page writes numbers: by prices and shares whose
// decimals follow a comma, and those whose decimals follow a point.
func decimalComma(text string) bool {
	commas, points := 0, 0
	for i := 1; i+2 < len(text); i++ {
		if c := text[i]; (c == ',' || c == '.') && isDigit(text[i-1]) && isDigit(text[i+1]) && isDigit(text[i+2]) {
			end := digitsEnd(text, i+1)
			if n := end - i - 1; n != 2 {
				i = end
				continue
			}
			if c == ',' {
				commas++
			} else {
				points++
			}
			i = end
		}
	}
	return commas > points
}

// isName reports words after which a number is a name.
func isName(before string) bool {
	switch before {
	case "section", "sections", "chapter", "table", "figure", "fig", "appendix", "step", "steps", "page", "pages", "article", "art", "rfc", "iso", "iec", "soc",
		"level", "type", "note", "example", "part", "clause", "cve", "ticket", "bug", "issue", "paragraph", "§", "fips", "annex", "hal", "dss", "oauth", "http", "tls", "ssl", "port", "ports", "tcp", "udp",
		"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december":
		return true
	}
	return false
}

// isMonth reports a day or year with the name of a month beside it.
func isMonth(s string, end int) bool {
	at := skipSpace(s, end)
	w := s[at:wordEnd(s, at)]
	return len(w) > 2 && w[0] >= 'A' && w[0] <= 'Z' && isName(strings.ToLower(w)) && isFunctionWord(strings.ToLower(w)) || w == "May"
}

// isOrdinalNumber reports the number of one in a row: 1st, 22nd, 30th.
func isOrdinalNumber(digits, letters string) bool {
	switch letters {
	case "st", "nd", "rd", "th":
		return !strings.ContainsAny(digits, ".,")
	}
	return false
}

// isDate reports 2025-01-31.
func isDate(s string) bool {
	return len(s) >= 10 && s[4] == '-' && s[7] == '-' && isYear(s[:4]) && isDigit(s[5]) && isDigit(s[8])
}

func isYear(s string) bool {
	return len(s) == 4 && (strings.HasPrefix(s, "19") || strings.HasPrefix(s, "20")) && isDigit(s[2]) && isDigit(s[3])
}

// nothing is where what begins at i ends if its digits count nothing: a number of
// another base, round the clock, or what a limit was before it was changed.
func (p measurer) nothing(i, end int) int {
	s := p.text
	switch {
	case end < len(s) && s[end] == 'x' && (s[i:end] == "0" || strings.HasPrefix(s[end:], "xx")): // 0x1F, 4xx
		return wordEnd(s, end)
	case s[i] == '0' && end > i+1 && isDigit(s[i+1]): // 07:30, 2026-09
		return clockEnd(s, end)
	case isOrdinalNumber(s[i:end], s[end:wordEnd(s, end)]):
		return wordEnd(s, end)
	case i > 1 && s[i-1] == ':' && isHost(s[:i-1]):
		return end
	case i > 1 && s[i-1] == '/' && (isLetter(s[i-2]) || s[i-2] == '/' || s[i-2] == '}' || end < len(s) && s[end] == '/'): // of a path
		return wordEnd(s, end)
	case strings.HasPrefix(s[i:], "24/7"):
		return i + len("24/7")
	case strings.HasSuffix(s[:i], "from ") && strings.HasPrefix(s[end:], " to ") && changes(s[:i]):
		return end
	}
	return 0
}

// isHost reports a text that ends with the name of a computer, whose port follows.
func isHost(before string) bool {
	name := before[strings.LastIndexAny(before, " \n(`\"")+1:]
	return strings.Contains(name, ".") || strings.HasSuffix(name, "localhost")
}

// clockEnd is where a time of the day ends whose first digits end at i, with the
// second if there are two: 07–19.
func clockEnd(s string, i int) int {
	for _, dash := range []string{"–", "-", ":", "."} {
		if rest, ok := strings.CutPrefix(s[i:], dash); ok && rest != "" && isDigit(rest[0]) {
			return clockEnd(s, digitsEnd(s, i+len(dash)))
		}
	}
	return i
}

// changes reports a text that tells of a change.
func changes(s string) bool {
	for w := range strings.FieldsSeq(strings.ToLower(s)) {
		switch w {
		case "raised", "raise", "raises", "increased", "increase", "increases", "lowered", "lower", "reduced", "reduce", "decreased", "decrease", "changed", "change", "changes", "bumped", "bump":
			return true
		}
	}
	return false
}

// joins reports what stands between two numbers of which the second is what the
// first is: TLS 1.0 and 1.1.
func joins(s string) bool {
	switch strings.Trim(s, " ,") {
	case "and", "or", "/", "&", "", "und", "et":
		return strings.Trim(s, " ") != ""
	}
	return false
}

// isOperand reports what follows a number that others are computed of.
func isOperand(rest string) bool {
	rest = strings.TrimLeft(rest, " ")
	return strings.HasPrefix(rest, "= ") || strings.HasPrefix(rest, "× $") || strings.HasPrefix(rest, "× €")
}
