package crawl

import (
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"techfacts.dev/techfacts/internal/job"
)

// fewWords is the number of words below which a text is only like itself: of so
// few, each counts.
const fewWords = 40

// Print is what tells texts apart.
type Print struct {
	Hash    string // SHA-256, in hex
	SimHash int64  // texts that differ in few words differ in few bits; numbers are left out
	Numbers string // equal in texts with the same numbers in the same order
}

// PrintOf takes the print of a text. The SimHash (Charikar, 2002) is that of all
// three words in a row, where a number and the name of a month or a day stand for
// any other, so that the pages of a calendar are alike but for their numbers.
func PrintOf(text string) Print {
	sum := sha256.Sum256([]byte(text))
	p := Print{Hash: hex.EncodeToString(sum[:])}
	var votes votes
	var numbers []byte
	var before, last uint64
	words := 0
	eachWord(text, func(word string, number bool) {
		h := uint64(1)
		if number || inCalendar(word) {
			numbers = append(append(numbers, word...), ' ')
		} else {
			h = hashWord(word)
		}
		words++
		votes.add(mix(mix(before*31+last)*31 + h))
		before, last = last, h
	})
	p.SimHash = votes.most()
	if p.SimHash == 0 {
		p.SimHash = 1 // 0 means that there is none
	}
	sum = sha256.Sum256(numbers)
	p.Numbers = hex.EncodeToString(sum[:8])
	if words < fewWords {
		p.Numbers = "=" + p.Hash[:16]
	}
	return p
}

// votes counts, for each of 64 bits, in how many of the numbers it is set. Eight
// at a time are counted in the bytes of a word, until one might overflow.
type votes struct {
	bytes [8]uint64
	ones  [64]int
	n     int
}

func (v *votes) add(number uint64) {
	for i := range v.bytes {
		v.bytes[i] += spread[number>>(8*i)&0xFF]
	}
	if v.n++; v.n%255 == 0 {
		v.flush()
	}
}

func (v *votes) flush() {
	for i := range v.ones {
		v.ones[i] += int(v.bytes[i/8] >> (8 * (i % 8)) & 0xFF)
	}
	v.bytes = [8]uint64{}
}

// most has the bits that are set in more than half of the numbers.
func (v *votes) most() (bits int64) {
	v.flush()
	for i, n := range v.ones {
		if 2*n > v.n {
			bits |= 1 << i
		}
	}
	return bits
}

// spread puts each bit of a byte into a byte of its own.
//
//nolint:gochecknoglobals // a fixed table
var spread = func() (table [256]uint64) {
	for b := range table {
		for i := range 8 {
			table[b] |= uint64(b>>i&1) << (8 * i)
		}
	}
	return table
}()

// Same reports whether two texts are the same, or nearly so with equal numbers.
func (p Print) Same(o Print) bool {
	return p.Hash == o.Hash ||
		p.Numbers == o.Numbers && p.SimHash != 0 && o.SimHash != 0 && bits.OnesCount64(uint64(p.SimHash^o.SimHash)) <= job.Near //nolint:gosec // bits
}

// String is p in one word, for [ParsePrint].
func (p Print) String() string {
	return p.Hash + " " + strconv.FormatInt(p.SimHash, 16) + " " + p.Numbers
}

// ParsePrint reads what String wrote; anything else is like no text.
func ParsePrint(s string) Print {
	f := strings.Fields(s)
	if len(f) != 3 {
		return Print{}
	}
	sim, err := strconv.ParseInt(f[1], 16, 64)
	if err != nil {
		return Print{}
	}
	return Print{Hash: f[0], SimHash: sim, Numbers: f[2]}
}

// inCalendar reports words that change from page to page of a calendar.
func inCalendar(word string) bool {
	switch word {
	case "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
		"jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
		"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
		"mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun":
		return true
	}
	return false
}

// eachWord gives the words of a text in lower case, and its numbers as written.
// Signs of scripts that put no space between words are words of their own.
func eachWord(text string, f func(word string, number bool)) {
	for i := 0; i < len(text); {
		start := i
		if c := text[i]; c < utf8.RuneSelf && !asciiWord(c) {
			i++ // neither a letter nor a digit
			continue
		}
		for i < len(text) && asciiLetter(text[i]) {
			i++
		}
		if i > start && (i == len(text) || text[i] < utf8.RuneSelf) { // else it may go on
			f(strings.ToLower(text[start:i]), false)
			continue
		}
		i = start
		r, n := utf8.DecodeRuneInString(text[i:])
		switch i += n; {
		case unicode.IsDigit(r):
			for i < len(text) {
				r, n := utf8.DecodeRuneInString(text[i:])
				next, _ := utf8.DecodeRuneInString(text[i+n:])
				if !unicode.IsDigit(r) && ((r != '.' && r != ',') || !unicode.IsDigit(next)) {
					break
				}
				i += n
			}
			f(text[start:i], true)
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer):
			f(text[start:i], false)
		case unicode.IsLetter(r):
			for i < len(text) {
				r, n := utf8.DecodeRuneInString(text[i:])
				if !unicode.IsLetter(r) && !unicode.IsMark(r) {
					break
				}
				i += n
			}
			f(strings.ToLower(text[start:i]), false)
		}
	}
}

// asciiLetter and asciiWord know most letters and digits without looking them up.
func asciiLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func asciiWord(c byte) bool { return asciiLetter(c) || '0' <= c && c <= '9' }

// hashWord is FNV-1a.
func hashWord(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// mix spreads a number over all bits (the end of MurmurHash3).
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
