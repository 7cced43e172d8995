package extract

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/schema"
)

// quantity is a value and where it stands in its text.
type quantity struct {
	start, end int
	value      schema.Value
}

// quantities gives the values of a text in order: amounts of money, rates,
// sizes, durations, shares, versions, counts, and words for no limit. Numbers
// that are names (of sections, standards, dates) are none. decimalComma says that
// 1.000 is a thousand and 1,5 one and a half.
func quantities(text string, decimalComma bool) []quantity {
	p := measurer{text: text, comma: decimalComma}
	var found []quantity
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case isDigit(c):
			q, next := p.number(i)
			if q.end > 0 && !exemplary(text[:i]) {
				found = append(found, q)
				p.taken = q.end
			} else if next > i {
				p.name = next
			}
			i = next
		case isLetter(c):
			if p.marked(i) {
				q, next := p.number(i + 1)
				if q.end > 0 {
					q.start = i
					q.value.Original = text[i:q.end]
					found = append(found, q)
					p.taken = q.end
				}
				i = next
				continue
			}
			end := wordEnd(text, i)
			if q, ok := p.unlimited(i, end); ok {
				found = append(found, q)
				end = q.end
			} else if end < len(text) && text[end] == '-' && end+1 < len(text) && isDigit(text[end+1]) {
				end = digitsEnd(text, end+1) // SHA-256, ISO-8601
			}
			i = end
		default:
			_, n := utf8.DecodeRuneInString(text[i:])
			i += n
		}
	}
	for i, q := range found {
		found[i].value = priceEach(text[:q.start], q.value)
	}
	return found
}

// perUnit is what stands before the price of one: "Each further 1,000 requests cost €0.40".
var perUnit = regexp.MustCompile(`(?i)\b(?:each|every|per)\s+(?:(?:further|additional|extra|more)\s+)?((?:[\d.,]+[km]?\s+)?\p{L}+)\s+(?:costs?|is|are|at)\s+(?:from\s+)?$`)

// priceEach gives a price what it is for, if that stands before it.
func priceEach(before string, v schema.Value) schema.Value {
	if v.Kind != schema.ValueMoney || v.Per != "" || v.Period != "" {
		return v
	}
	if m := perUnit.FindStringSubmatch(before); m != nil {
		v.Per = m[1]
		v.Unit += "/" + v.Per
	}
	return v
}

// exemplary reports words before a value that make an example of it: "As in 100/s".
func exemplary(before string) bool {
	before = strings.ToLower(strings.TrimRight(before[max(0, len(before)-24):], " \u00a0,:`"))
	return slices.ContainsFunc([]string{"as in", "such as", "e.g.", "for example", "for instance", "z. b.", "z.b.", "zum beispiel", "par exemple"}, //nolint:misspell // French
		func(words string) bool { return strings.HasSuffix(before, words) })
}

// measurer reads the values of one text.
type measurer struct {
	text  string
	comma bool
	taken int // the end of the value before
	name  int // the end of the number before that is no value

	between bool // the number is the first of two
}

// wordEnd is where the word that begins at i ends, with the digits in it.
func wordEnd(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' {
			break
		}
		i += n
	}
	return i
}

// wordBefore is the word that ends before i, with at most one space between.
func wordBefore(s string, i int) string {
	s = strings.TrimSuffix(strings.TrimSuffix(s[:i], " "), "\u00a0")
	start := len(s)
	for start > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:start])
		if !unicode.IsLetter(r) && r != '#' && r != '§' {
			break
		}
		start -= n
	}
	return s[start:]
}

// number reads the value whose first number begins at i. If it is none, end of
// what it gives is 0.
func (p measurer) number(i int) (q quantity, next int) {
	s := p.text
	end := digitsEnd(s, i)
	if end < len(s) && s[end] == '-' && end+1 < len(s) && isDigit(s[end+1]) && isDate(s[i:]) {
		return quantity{}, digitsEnd(s, digitsEnd(s, end+1)+1)
	}
	before := strings.ToLower(wordBefore(s, i))
	currency, start := currencyBefore(s, i)
	if start < p.taken { // it belongs to the value before
		currency, start = "", i
	}
	if w := wordBefore(s, i); len(w) > 2 && w == strings.ToUpper(w) && currency == "" && strings.Contains(strings.TrimRight(s[i:end], ".,"), ".") && !strings.ContainsAny(s[i:end], ",") {
		before = "oauth" // SAML 2.0: the number is part of the name, unless "or later" follows
	}
	if v, stop := p.version(i, end, before); stop > 0 && currency == "" {
		return quantity{i, stop, v}, stop
	}
	if stop := p.nothing(i, end); stop > 0 {
		return quantity{}, stop
	}
	if isName(before) && end+1 < len(s) && s[end] == '-' && isDigit(s[end+1]) { // ISO 8859-1
		return quantity{}, digitsEnd(s, end+1)
	}
	if isName(before) || i > 0 && (s[i-1] == ':' && i > 1 && isDigit(s[i-2]) || s[i-1] == '.' || s[i-1] == '_') || isMonth(s, end) {
		return quantity{}, max(end, i+1)
	}
	if q := p.compound(i); q.end > 0 {
		return q, q.end
	}
	n, at, ok := p.amount(i)
	if !ok {
		return quantity{}, max(end, i+1)
	}
	m := measure{number: n, currency: currency}
	p.between = before == "between" || before == "zwischen" || before == "entre"
	if high, stop, ok := p.upTo(at); ok {
		m.max, at = high, stop
	}
	at = p.unit(&m, at)
	if high, stop, ok := p.upTo(at); ok && m.max == 0 && (m.unit.factor > 0 || m.currency != "") { // 10 GB to 20 GB
		second := measure{number: high, currency: m.currency}
		if stop = p.unit(&second, stop); second.unit.kind == m.unit.kind && second.unit.factor > 0 || m.currency != "" {
			m.number, m.max = m.number*m.unit.factor/max(second.unit.factor, 1e-12), high
			if m.currency != "" {
				m.number = n
			}
			m.unit, at = second.unit, stop
		}
	}
	at = p.tail(&m, at)
	v := m.value()
	bare := v.Kind == schema.ValueCount && v.Unit == ""
	if bare && (isYear(s[i:end]) || p.name > 0 && joins(s[p.name:i]) || isStatus(s[:i], s[end:], n)) || isOperand(s[at:]) ||
		v.Kind == schema.ValueCount && isYear(s[i:end]) && m.max == 0 && !isUnit(v.Unit) {
		return quantity{}, max(end, i+1)
	}
	v.Original = s[start:at]
	return quantity{start, at, v}, at
}

// isStatus reports the status of an answer: what stands before it says so, or its
// name follows.
func isStatus(before, after string, n float64) bool {
	if n != float64(int(n)) || http.StatusText(int(n)) == "" {
		return false
	}
	text, _, _ := strings.Cut(http.StatusText(int(n)), " ")
	if strings.HasPrefix(after, " "+text) {
		return true
	}
	switch strings.ToLower(strings.Trim(wordBefore(before, len(before)), " ")) {
	case "status", "code", "codes", "error", "errors", "with", "return", "returns", "answer", "answers", "retry", "receive", "receives", "a", "an", "and", "or":
		return true
	}
	list, ok := strings.CutSuffix(before, ", ") // 429, 502
	if !ok || len(list) < 3 {
		return false
	}
	last, err := strconv.Atoi(list[len(list)-3:])
	return err == nil && http.StatusText(last) != ""
}

// measure is a number with what was read around it.
type measure struct {
	number, max float64
	currency    string
	unit        unit   // its factor is 0 if it has none that is known
	noun        string // what is counted
	period, per string
	every       float64 // how many periods, if not one
}

// value puts a measure into canonical units.
func (m measure) value() schema.Value {
	v := schema.Value{Kind: schema.ValueCount, Unit: m.noun, Period: m.period, Per: m.per}
	factor := 1.0
	if m.unit.factor > 0 {
		v.Kind, v.Unit, factor = m.unit.kind, m.unit.name, m.unit.factor
	}
	timed := m.period != "" && v.Kind != schema.ValueDuration && v.Kind != schema.ValuePercent // not 2 hours a day
	switch {
	case m.currency != "":
		v.Kind, v.Currency, v.Unit, factor = schema.ValueMoney, m.currency, m.currency, 1
		for _, of := range []string{m.per, m.period} {
			if of != "" {
				v.Unit += "/" + of
			}
		}
	case v.Kind == schema.ValueRate:
		v.Unit, v.Amount, v.Period = v.Unit+"/s", m.number, cmp.Or(m.period, m.unit.period(), "second")
	case timed:
		v.Kind, v.Amount = schema.ValueRate, m.number
		v.Unit = cmp.Or(v.Unit, "1") + "/s"
		factor /= periods[m.period].factor * cmp.Or(m.every, 1)
		if m.every > 0 {
			v.Period = strconv.FormatFloat(m.every, 'g', -1, 64) + " " + m.period + "s"
		}
	case v.Kind == schema.ValueDuration:
		v.Unit = "s"
	}
	v.Number, v.Max = m.number*factor, m.max*factor
	return v
}

func skipSpace(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != ' ' && r != '\u00a0' && r != '\u202f' {
			break
		}
		i += n
	}
	return i
}

// upTo reads what makes a range of the number that ends at i.
func (p measurer) upTo(i int) (high float64, next int, ok bool) {
	rest := p.text[i:]
	for _, dash := range []string{"–", " – ", "-", " - ", " to ", "…", " bis ", " à "} {
		after, found := strings.CutPrefix(rest, dash)
		if !found {
			continue
		}
		at := i + len(dash)
		for _, c := range currencies {
			if cut, found := strings.CutPrefix(after, c.sign); found {
				at += len(after) - len(cut)
				break
			}
		}
		if at < len(p.text) && isDigit(p.text[at]) {
			return p.amount(at)
		}
	}
	if p.between {
		for _, joint := range []string{" and ", " und ", " et "} {
			if strings.HasPrefix(rest, joint) && isDigit((rest + " ")[len(joint)]) {
				return p.amount(i + len(joint))
			}
		}
	}
	return 0, i, false
}

// unit reads what follows a number: a currency, a sign, a unit or a noun.
func (p measurer) unit(m *measure, i int) int {
	s := p.text
	at := skipSpace(s, i)
	if code, stop := currencyAt(s, at); code != "" && m.currency == "" {
		m.currency = code
		return stop
	}
	if m.currency != "" {
		return i
	}
	for _, sign := range []string{"%", "％"} {
		if strings.HasPrefix(s[at:], sign) {
			m.unit = unit{schema.ValuePercent, "%", 1}
			return at + len(sign)
		}
	}
	if at == i && at < len(s) && s[at] == '-' { // a 30-day trial
		at++
	}
	end := wordEnd(s, at)
	if end == at {
		return i
	}
	word := s[at:end]
	if u, ok := unitOf(word); ok {
		m.unit = u
		return end
	}
	if isDayWord(word) { // 4 business hours
		if stop := wordEnd(s, skipSpace(s, end)); periods[singular(strings.ToLower(s[skipSpace(s, end):stop]))].factor > 0 {
			m.unit, _ = unitOf(s[skipSpace(s, end):stop])
			return stop
		}
	}
	if noun := p.noun(at, end); noun.end > 0 {
		m.noun = noun.word
		return noun.end
	}
	return i
}

// isDayWord reports words before a length of time that say which days count.
func isDayWord(word string) bool {
	switch strings.ToLower(word) {
	case "business", "working", "calendar", "consecutive":
		return true
	}
	return false
}

// unitOf looks up a word.
func unitOf(word string) (unit, bool) {
	switch word {
	case "Ko", "Mo", "Go", "To": // octets; as other words they are something else
		return sizes[strings.ToLower(word)], true
	case "go", "to", "o", "mo", "an", "b":
		return unit{}, false
	}
	w := strings.ToLower(word)
	if u, ok := speeds[w]; ok {
		return u, true
	}
	switch w = singular(w); w {
	case "percent", "prozent":
		return unit{schema.ValuePercent, "%", 1}, true
	}
	for _, table := range []map[string]unit{sizes, periods} {
		if u, ok := table[w]; ok && u.factor > 0 {
			return u, true
		}
	}
	return unit{}, false
}

type noun struct {
	word string
	end  int
}

// noun reads what is counted: one word, or the second of two if that is a thing
// that is often counted. A capital begins another matter unless "per" follows.
func (p measurer) noun(at, end int) noun {
	s := p.text
	word := strings.ToLower(s[at:end])
	if isFunctionWord(word) {
		return noun{}
	}
	next := skipSpace(s, end)
	stop := wordEnd(s, next)
	second := strings.ToLower(s[next:stop])
	if second != "" && next == end+1 && !isUnit(singular(word)) && isUnit(singular(second)) && periods[singular(second)].factor == 0 {
		return noun{counted(second), stop}
	}
	if r, _ := utf8.DecodeRuneInString(s[at:]); unicode.IsUpper(r) && !isPer(second) && !isUnit(singular(word)) {
		return noun{}
	}
	return noun{counted(word), end}
}

// counted is what a noun counts, by the name that others use for it.
func counted(noun string) string {
	switch noun = singular(noun); noun {
	case "req", "rq", "anfrage", "anfragen", "requête", "requete", "solicitud", "richiesta", "richieste", "abfrage", "abfragen":
		return "request"
	case "msg":
		return "message"
	case "conn":
		return "connection"
	}
	return noun
}

// unlimited reads a word that says there is no limit.
func (p measurer) unlimited(i, end int) (quantity, bool) {
	switch strings.ToLower(p.text[i:end]) {
	case "unlimited", "unbegrenzt", "unbegrenzte", "unlimitiert", "illimité", "illimités", "illimitée", "illimitées", "ilimitado", "illimitato":
	default:
		return quantity{}, false
	}
	v := schema.Value{Kind: schema.ValueUnlimited}
	if at := skipSpace(p.text, end); at > end {
		if n := p.noun(at, wordEnd(p.text, at)); n.end > 0 {
			v.Unit, end = n.word, n.end
		}
	}
	v.Original = p.text[i:end]
	return quantity{i, end, v}, true
}

// currencyBefore finds the sign of money before a number, and where it begins.
func currencyBefore(s string, i int) (code string, start int) {
	t := strings.TrimRight(s[:i], " \u00a0")
	if len(s[:i])-len(t) > 2 {
		return "", i
	}
	for _, c := range currencies {
		if rest, ok := strings.CutSuffix(t, c.sign); ok {
			if r, _ := utf8.DecodeLastRuneInString(rest); rest == "" || !unicode.IsLetter(r) {
				return c.code, len(rest)
			}
		}
	}
	return "", i
}

// currencyAt finds the sign of money at i.
func currencyAt(s string, i int) (code string, stop int) {
	for _, c := range currencies {
		if rest, ok := strings.CutPrefix(s[i:], c.sign); ok {
			if r, _ := utf8.DecodeRuneInString(rest); rest == "" || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return c.code, i + len(c.sign)
			}
		}
	}
	for _, w := range []string{"euros", "euro", "dollars", "dollar", "Euro"} {
		if strings.HasPrefix(s[i:], w) && wordEnd(s, i) == i+len(w) {
			return map[byte]string{'e': "EUR", 'E': "EUR", 'd': "USD"}[w[0]], i + len(w)
		}
	}
	return "", i
}

// isFunctionWord reports words that count nothing.
func isFunctionWord(w string) bool {
	switch w {
	case "of", "to", "or", "and", "in", "for", "if", "is", "are", "on", "at", "by", "with", "from", "as", "the", "a", "an", "but", "not", "was", "will", "may", "can",
		"when", "which", "that", "than", "each", "per", "pro", "par", "je", "von", "und", "oder", "et", "de", "bis", "plus", "more", "less", "free", "only", "default", "since", "must", "until", "after", "before", "then", "where", "while", "has", "have", "do", "does", "should", "would", "could", "so", "it", "its", "this", "these", "they", "we", "you", "there", "also", "into", "via", "using", "through",
		"january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december":
		return true
	}
	return len(w) == 1
}
