package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexeme is a word, number or sign of a text as it counts when a statement is held
// against its quote.
type lexeme struct {
	key  string // folded: numbers in digits, words by their stems, all denials alike
	kind lexemeKind
	name bool // it names something exactly, or begins with a capital within a sentence

	listed bool // of a statement: it stands beside a comma, and, or
}

type lexemeKind uint8

const (
	wordLexeme   lexemeKind = iota
	emptyLexeme             // says nothing without others
	numberLexeme            // in digits or words, or a part of one
	unitLexeme              // what numbers measure, with signs
	boundLexeme             // limits a number or the time: at least, up to, before
	limitLexeme             // limits what is said: not, only, except, if
	jointLexeme             // and, or, a comma: between the items of a list
	breakLexeme             // ends a clause
)

// deny is the key of all words that deny.
const deny = "not"

// lexemes gives those of a text. What stands between words parts it: a comma, and
// what ends a clause.
func lexemes(s string) (list []lexeme) {
	at := 0
	for i, t := range tokens(s) {
		list = append(list, between(s[at:t.start], i > 0)...)
		at = t.end
		list = append(list, lexemeOf(t.word, s[t.start:t.end], i > 0))
	}
	list = append(list, between(s[at:], len(list) > 0)...)
	for i := range list {
		if list[i].key == "plan" && i+1 < len(list) && list[i+1].key == "to" { // not one that is sold
			list[i].kind = limitLexeme
		}
	}
	return list
}

// between gives what parts two words.
func between(s string, within bool) (list []lexeme) {
	if s == "." { // within a name
		return nil
	}
	for i, r := range s {
		switch {
		case strings.ContainsRune(",()/·•、，", r):
			list = append(list, lexeme{key: ",", kind: jointLexeme})
		case strings.ContainsRune(".;!?|。；！？…", r):
			list = append(list, lexeme{key: ".", kind: breakLexeme})
		case strings.ContainsRune(":：", r), within && strings.ContainsRune("–—", r):
			list = append(list, lexeme{key: ":", kind: jointLexeme})
		case r == '-' && i > 0 && i+1 == len(s) && s[i-1] != '-': // of a negative number, if it is one
			list = append(list, lexeme{key: "-", kind: boundLexeme})
		}
	}
	return list
}

func lexemeOf(w, written string, within bool) lexeme {
	r, _ := utf8.DecodeRuneInString(w)
	w = strings.TrimSuffix(w, "'s")
	number, isWord := numberWords(w)
	switch {
	case isNegation(w):
		return lexeme{key: deny, kind: limitLexeme}
	case isWord:
		return lexeme{key: number, kind: numberLexeme}
	case unicode.IsNumber(r) || r == '^' || r == '×' || r == '±' || r == '−':
		return lexeme{key: w, kind: numberLexeme}
	case isJoint(w):
		return lexeme{key: w, kind: jointLexeme}
	case isBreak(w):
		return lexeme{key: ".", kind: breakLexeme}
	case isEmpty(w):
		return lexeme{key: w, kind: emptyLexeme}
	case isLimit(w):
		return lexeme{key: stemOf(w), kind: limitLexeme}
	case isBound(w):
		return lexeme{key: stemOf(w), kind: boundLexeme}
	}
	name := isExact(written) || within && unicode.IsUpper([]rune(written)[0])
	if short, ok := spelledOut(w); ok {
		return lexeme{key: stemOf(short), kind: unitLexeme}
	}
	if measures(w) || !unicode.IsLetter(r) {
		return lexeme{key: stemOf(w), kind: unitLexeme, name: name && !measures(w)}
	}
	return lexeme{key: stemOf(w), name: name}
}

// measures reports units of time, size and speed, currencies and what multiplies.
func measures(w string) bool {
	one := singular(w)
	if len(w) > 1 && (periods[one].factor > 0 || sizes[one].factor > 0 || speeds[w].factor > 0 || adverbs[w] != "") {
		return true
	}
	switch one {
	case "percent", "prozent", "dollar", "euro", "pound", "cent", "yen", "franc", "k", "usd", "eur", "gbp", "jpy", "chf", "cad", "aud", "inr", "m", "h", "s", "d", "b", "watt", "volt",
		"kilometer", "kilometre", "meter", "metre", "kilogram", "degree", "celsius", "fold":
		return true
	}
	return false
}

// spelledOut gives what is usually written for a unit.
func spelledOut(w string) (string, bool) {
	switch w {
	case "min", "mins":
		return "minute", true
	case "sec", "secs":
		return "second", true
	case "hr", "hrs":
		return "hour", true
	case "yr", "yrs":
		return "year", true
	case "percent", "prozent", "%":
		return "%", true
	}
	return "", false
}

// numberWords gives the digits of a number that is written as a word, or the word
// itself if it only multiplies.
func numberWords(w string) (string, bool) {
	switch w {
	case "zero", "null":
		return "0", true
	case "one", "eins":
		return "1", true
	case "two", "zwei", "deux", "both", "twice", "double", "doubled", "two-fold":
		return "2", true
	case "three", "drei", "trois", "triple", "thrice":
		return "3", true
	case "four", "vier", "quatre":
		return "4", true
	case "five", "fünf", "cinq":
		return "5", true
	case "six", "sechs":
		return "6", true
	case "seven", "sieben", "sept":
		return "7", true
	case "eight", "acht", "huit":
		return "8", true
	case "nine", "neun", "neuf":
		return "9", true
	case "ten", "zehn", "dix":
		return "10", true
	case "eleven", "elf", "onze":
		return "11", true
	case "twelve", "zwölf", "douze":
		return "12", true
	case "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
		"hundred", "hundreds", "thousand", "thousands", "million", "millions", "billion", "billions", "trillion", "dozen", "dozens", "half", "halves", "third", "thirds", "quarter", "quarters",
		"hundert", "tausend", "millionen", "cent", "mille", "once", "single", "several", "unlimited", "infinite":
		return w, true
	}
	return "", false
}

func isJoint(w string) bool {
	switch w {
	case "and", "or", "und", "oder", "et", "ou", "&", "+":
		return true
	}
	return false
}

// isBreak reports words that set one clause against another.
func isBreak(w string) bool {
	switch w {
	case "but", "while", "whereas", "although", "though", "however", "because", "aber", "während", "mais":
		return true
	}
	return false
}

// isLimit reports words without which a sentence says more than it does.
func isLimit(w string) bool {
	switch w {
	case "only", "except", "unless", "if", "when", "where", "until", "till", "provided", "excluding", "excluded", "excludes", "exclude", "cannot", "partially", "partly", "beta", "preview",
		"planned", "soon", "will", "would", "could", "should", "may", "might", "must", "can", "expected", "intend", "intends", "aim", "aims", "progress", "formerly", "previously", "was", "were", "had",
		"optional", "optionally", "mandatory", "required", "request", "longer", "once", "since", "some", "most", "almost", "nearly", "rarely", "nur", "außer", "wenn", "falls", "sauf", "si", "seulement",
		"all", "any", "always", "everywhere", "everything", "everyone", "anyone", "fully", "completely", "entirely", "exclusively":
		return true
	}
	return false
}

// isBound reports words that say on which side of a number or a time something is.
func isBound(w string) bool {
	switch w {
	case "least", "up", "more", "less", "fewer", "than", "over", "under", "above", "below", "before", "after", "within", "between", "exceed", "exceeds", "exceeding", "maximum", "minimum", "max",
		"maximal", "minimal", "about", "approximately", "around", "exactly", "higher", "lower", "later", "earlier", "newer", "older", "greater", "smaller", "additional", "extra", "beyond", "from", "by",
		"mindestens", "höchstens", "bis", "vor", "nach", "über", "unter", "plus", "moins", "avant", "après", "jusqu":
		return true
	}
	return false
}

// opposite reports words that say the contrary of each other: available and
// unavailable, mandatory and optional.
func opposite(a, b string) bool {
	for _, prefix := range []string{"un", "in", "im", "dis", "non", "de", "ir", "il"} {
		if a == prefix+b || b == prefix+a {
			return true
		}
	}
	for _, pair := range [][2]string{
		{"mandatory", "optional"},
		{"required", "optional"},
		{"included", "excluded"},
		{"support", "lack"},
		{"enabled", "disabled"},
		{"allow", "forbid"},
		{"allow", "deny"},
		{"allow", "prohibit"},
		{"public", "private"},
		{"free", "paid"},
		{"increase", "decrease"},
		{"start", "end"},
		{"add", "remove"},
		{"least", "most"},
		{"maximum", "minimum"},
		{"before", "after"},
		{"more", "less"},
		{"more", "fewer"},
		{"over", "under"},
		{"above", "below"},
		{"always", deny},
		{"all", deny},
		{"automatic", "manual"},
		{"sync", "async"},
		{"internal", "external"},
		{"accept", "reject"},
	} {
		if x, y := stemOf(pair[0]), stemOf(pair[1]); a == x && b == y || a == y && b == x {
			return true
		}
	}
	return false
}
