package document

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of telling a language.
const (
	sampleBytes = 4 << 10 // of prose that are looked at
	leastWords  = 12      // a text of fewer tells nothing
	leastShare  = 8       // percent of words that must be stop words
)

// spoken tells the language of a text, as the primary subtag of BCP 47; empty if
// it cannot be told for sure. Text between fences and in inline code is not looked
// at: programs speak English everywhere.
func spoken(text string) string {
	var v voice
	v.read(text)
	return v.language()
}

// inLanguage is the language of a page that claims one: what its text is in, if
// that can be told and the claim may be wrong, else the claim.
func inLanguage(text, claimed string) string {
	told := spoken(text)
	switch {
	case told == "", claimed == told:
		return claimed
	case claimed == "":
		return told
	}
	// Of a language that is not known here nothing can be told but its script.
	if _, known := languages[claimed]; !known && !otherScript(told) {
		return claimed
	}
	return told
}

// otherScript reports languages that are told by their script alone.
func otherScript(language string) bool {
	_, byWords := languages[language]
	return !byWords || language == "ru" || language == "uk" || language == "bg"
}

// voice is what a text sounds like.
type voice struct {
	words, letters int
	hits           [64]float32 // by place in the table of languages
	scripts        map[string]int
}

// read counts the words and scripts of the prose of a text.
func (v *voice) read(text string) {
	v.scripts = map[string]int{}
	left := sampleBytes
	fence := ""
	for len(text) > 0 && left > 0 {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		trimmed := strings.TrimLeft(line, " >")
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
			continue
		case strings.HasPrefix(trimmed, "```"):
			fence = "```"
			continue
		}
		if len(line) > left {
			line = cut(line, left)
		}
		left -= len(line)
		v.line(line)
	}
}

// line counts one line.
func (v *voice) line(s string) {
	var word [24]byte
	n, code, long := 0, false, false
	end := func() {
		if n > 0 {
			v.words++
			if !long {
				for _, h := range stopWords[string(word[:n])] {
					v.hits[h.language] += h.worth
				}
			}
		}
		n, long = 0, false
	}
	for _, r := range s {
		switch {
		case r == '`':
			end()
			code = !code
		case code:
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
			v.letters++
			if n < len(word) {
				word[n] = byte(r) | 0x20 //nolint:gosec // a letter of ASCII
				n++
			} else {
				long = true
			}
		case r == '\'' || r == '’' || r < utf8.RuneSelf || !unicode.IsLetter(r):
			end()
		default:
			v.letters++
			if script := scriptOf(r); script != "" {
				v.scripts[script]++
			}
			if n+utf8.UTFMax <= len(word) {
				n += utf8.EncodeRune(word[n:], unicode.ToLower(r))
			} else {
				long = true
			}
		}
	}
	end()
}

// scriptOf names the language of a letter that few others are written with.
func scriptOf(r rune) string {
	switch {
	case r < 0x370:
		return ""
	case r < 0x400:
		return "el"
	case r >= 0x590 && r < 0x600:
		return "he"
	case r >= 0x600 && r < 0x700:
		if r == 'پ' || r == 'چ' || r == 'ژ' || r == 'گ' || r == 'ک' || r == 'ی' {
			return "fa"
		}
		return "ar"
	case r >= 0x900 && r < 0x980:
		return "hi"
	case r >= 0xE00 && r < 0xE80:
		return "th"
	case r >= 0x3040 && r < 0x3100:
		return "ja"
	case r >= 0xAC00 && r < 0xD7B0:
		return "ko"
	case r >= 0x4E00 && r < 0xA000:
		return "zh"
	}
	return ""
}

// language decides.
func (v *voice) language() string {
	count := func(scripts ...string) (n int) {
		for _, s := range scripts {
			n += v.scripts[s]
		}
		return n
	}
	const few = 20 // letters; one of these scripts needs fewer for as much as a Latin one
	switch han, kana := count("zh"), count("ja"); {
	case kana >= few && kana*8 >= han && (kana+han)*6 >= v.letters:
		return "ja"
	case han >= few && han*6 >= v.letters:
		return "zh"
	case count("ar", "fa") >= few && count("ar", "fa")*2 >= v.letters:
		if count("fa")*25 >= count("ar") {
			return "fa"
		}
		return "ar"
	}
	for _, s := range []string{"ko", "el", "he", "hi", "th"} {
		if n := count(s); n >= few && n*6 >= v.letters {
			return s
		}
	}
	if v.words < leastWords {
		return ""
	}
	best, second := -1, float32(0)
	for i, h := range v.hits {
		switch {
		case best < 0 || h > v.hits[best]:
			if best >= 0 {
				second = v.hits[best]
			}
			best = i
		case h > second:
			second = h
		}
	}
	if most := v.hits[best]; most < 3 || most*100 < float32(v.words*leastShare) || most < 1.4*second {
		return ""
	}
	return tags[best]
}
