package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	minStatement = 20   // characters that a statement has at least
	maxQuote     = 1500 // bytes that a quote has at most
)

// refused reports what is no fact whatever it is about: questions, what is too
// short or too long to be said in a statement, and what is hardly words.
func refused(quote string, c candidate) bool {
	if utf8.RuneCountInString(c.statement) < minStatement || len(quote) > maxQuote {
		return true
	}
	if r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(quote, `"')”’」』`)); r == '?' || r == '？' || r == '؟' {
		return true
	}
	if quote[0] == '`' && strings.IndexByte(quote[1:], '`') == len(quote)-2 && c.structure != StructureEndpoint {
		return true // nothing but code
	}
	letters := 0
	for _, r := range quote {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ' {
			letters++
		}
	}
	return letters*2 < utf8.RuneCountInString(quote)
}

// manner is how much of the score the way a sentence is put leaves.
func manner(quote string, c candidate, words []word) float64 {
	if c.structure == StructureRow || c.structure == StructureEndpoint {
		return 1
	}
	f := 1.0
	if strings.HasSuffix(quote, ":") || strings.HasSuffix(quote, "：") {
		f *= 0.75 // announces what follows
	}
	if len(words) < 4 && !c.fragment {
		f *= 0.7
	}
	if len(words) > 60 {
		f *= 0.8
	}
	opening := strings.TrimLeft(quote[:min(len(quote), 60)], "(\"'“‘`")
	first, rest, _ := strings.Cut(opening, " ")
	second, _, _ := strings.Cut(rest, " ")
	first = strings.TrimRight(strings.ToLower(first), ",.:;")
	switch first {
	case "however", "moreover", "typically", "therefore", "thus", "hence", "usually", "generally", "nevertheless", "furthermore",
		"similarly", "likewise", "finally", "consequently", "perhaps", "unfortunately", "sometimes", "often":
		f *= 0.6 // argues
	case "for", "as":
		if s := strings.TrimRight(strings.ToLower(second), ",."); s == "example" || s == "instance" || s == "an" {
			f *= 0.5
		}
	case "see", "click", "use", "run", "make", "note", "tell", "contact", "write", "send", "go", "try", "read", "learn", "check", "ensure",
		"refer", "visit", "follow", "choose", "select", "open", "enter", "type", "download", "copy", "paste", "consider", "remember", "start",
		"create", "add", "set", "configure", "replace", "edit", "navigate", "verify", "please", "let", "get", "take", "keep", "spread", "join", "bear":
		f *= 0.7 // tells the reader what to do
	case "if", "when", "while", "although", "though", "because":
		f *= 0.9
	case "it", "this", "these", "they", "such", "that", "those":
		f *= 0.85 // about something named before
	case "and", "or", "but", "so":
		f *= 0.7
	}
	return f
}

// names reports text that names something exactly: code, a URL, a path.
func names(quote string) bool {
	return strings.Contains(quote, "`") || strings.Contains(quote, "://") || strings.Contains(quote, " /")
}
