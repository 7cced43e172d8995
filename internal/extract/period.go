package extract

import (
	"math"
	"strings"

	"techfacts.dev/techfacts/schema"
)

// isPer reports words that say for each what.
func isPer(w string) bool {
	switch w {
	case "per", "pro", "par", "je", "por", "each", "every":
		return true
	}
	return false
}

// tail reads for each what, and in which time: "/user/month", " per seat per
// year", " monthly", " per 10 seconds".
func (p measurer) tail(m *measure, i int) int {
	s := p.text
	for range 3 {
		at := skipSpace(s, i)
		var stop int
		switch word := strings.ToLower(s[at:wordEnd(s, at)]); {
		case at < len(s) && s[at] == '/':
			stop = at + 1
		case isPer(word), (word == "a" || word == "an") && at > i && p.periodAt(at+len(word)+1):
			stop = at + len(word)
		case adverbs[word] != "" && m.period == "" && m.currency != "":
			m.period = adverbs[word]
			i = at + len(word)
			continue
		case (word == "billed" || word == "paid" || word == "charged") && m.period == "" && m.currency != "": // $180 billed yearly
			next := skipSpace(s, at+len(word))
			stop := wordEnd(s, next)
			if m.period = adverbs[strings.ToLower(s[next:stop])]; m.period == "" {
				return i
			}
			i = stop
			continue
		default:
			return i
		}
		if i = p.each(m, skipSpace(s, stop), i); i < stop {
			return i
		}
	}
	return i
}

// each reads what stands behind a word for each, and gives where it ends; from if
// it is nothing.
func (p measurer) each(m *measure, at, from int) int {
	s := p.text
	end := wordEnd(s, at)
	word := singular(strings.ToLower(s[at:end]))
	switch u := periods[word]; {
	case end == at:
		return from
	case isPer(word): // $8 each per month
		return at
	case isDayWord(word) && p.periodAt(skipSpace(s, end)): // per calendar month
		return p.each(m, skipSpace(s, end), from)
	case u.factor > 0 && m.period == "":
		m.period = u.name
	case isDigit(s[at]):
		return p.several(m, at, from)
	case m.per != "":
		return from
	case scales[word] > 0: // per million requests
		next := wordEnd(s, skipSpace(s, end))
		m.per, end = s[at:next], next
	default:
		m.per = word
	}
	return end
}

// several reads a number behind a word for each: "per 1,000 API calls", "per 10
// seconds", "every 15 minutes", "/5m".
func (p measurer) several(m *measure, at, from int) int {
	s := p.text
	end := digitsEnd(s, at)
	next := skipSpace(s, end)
	if next < len(s) && s[next] == '-' {
		next++
	}
	stop := wordEnd(s, next)
	word := singular(strings.ToLower(s[next:stop]))
	if next == end && stop > next && (s[next] == 'M' || s[next] == 'K') && stop == next+1 { // per 1M requests
		word, next = "", stop
		stop = wordEnd(s, skipSpace(s, stop))
	}
	if u := periods[word]; u.factor > 0 && m.period == "" {
		if n, ok := p.parse(s[at:end], ""); ok && n > 0 {
			m.period, m.every = u.name, n
			return stop
		}
	}
	if stop == next || m.currency == "" || m.per != "" {
		return from
	}
	if last := wordEnd(s, skipSpace(s, stop)); !isUnit(word) && isUnit(counted(strings.ToLower(s[skipSpace(s, stop):last]))) && last > stop {
		stop = last
	}
	m.per = s[at:stop]
	return stop
}

func (p measurer) periodAt(i int) bool {
	return i < len(p.text) && periods[strings.ToLower(p.text[i:wordEnd(p.text, i)])].factor > 0
}

// compound reads a length of time in several units: 1m30s, 2h 15min, 3 hours and
// 10 minutes.
func (p measurer) compound(i int) (q quantity) {
	s := p.text
	seconds, parts, at, least := 0.0, 0, i, math.Inf(1)
	for at < len(s) && isDigit(s[at]) {
		end := digitsEnd(s, at)
		from := skipSpace(s, end)
		stop := from
		for stop < len(s) && isLetter(s[stop]) {
			stop++
		}
		n, ok := p.parse(s[at:end], "")
		u := periods[singular(s[from:stop])]
		if !ok || u.factor == 0 || u.factor >= least {
			break
		}
		seconds, least = seconds+n*u.factor, u.factor
		parts++
		at, q.end = stop, stop
		for _, joint := range []string{" and ", " ", " und ", " et "} {
			if rest, ok := strings.CutPrefix(s[stop:], joint); ok && rest != "" && isDigit(rest[0]) {
				at = stop + len(joint)
				break
			}
		}
	}
	if parts < 2 {
		return quantity{}
	}
	return quantity{i, q.end, schema.Value{Kind: schema.ValueDuration, Number: seconds, Unit: "s", Original: s[i:q.end]}}
}
