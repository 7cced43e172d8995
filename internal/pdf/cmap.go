package pdf

import (
	"strings"
	"unicode/utf16"
)

const maxMapped = 100_000 // codes of one font

// cmap says which text a code stands for.
type cmap struct {
	texts  map[code]string
	widths [5]bool // which lengths codes have, in bytes
}

// code is the code of a character; the same number in more bytes is another.
type code struct {
	length int
	value  uint32
}

func codeOf(s text) code {
	var v uint32
	for i := range len(s) {
		v = v<<8 | uint32(s[i])
	}
	return code{len(s), v}
}

// readCmap reads a ToUnicode table.
func readCmap(data []byte) *cmap {
	m := &cmap{texts: map[code]string{}}
	l := lexer{data: data}
	var operands []any
	for {
		v, err := l.next(0)
		if err != nil {
			return m
		}
		k, ok := v.(keyword)
		if !ok {
			operands = append(operands, v)
			continue
		}
		switch k {
		case "endcodespacerange":
			for _, o := range operands {
				if s, ok := o.(text); ok && len(s) > 0 && len(s) <= 4 {
					m.widths[len(s)] = true
				}
			}
		case "endbfchar":
			for i := 0; i+1 < len(operands); i += 2 {
				from, ok1 := operands[i].(text)
				to, ok2 := operands[i+1].(text)
				if ok1 && ok2 {
					m.set(codeOf(from), fromUTF16(to))
				}
			}
		case "endbfrange":
			for i := 0; i+2 < len(operands); i += 3 {
				m.span(operands[i], operands[i+1], operands[i+2])
			}
		}
		operands = operands[:0]
	}
}

func (m *cmap) set(c code, s string) {
	if c.length > 0 && c.length <= 4 && len(m.texts) < maxMapped && len(s) <= 64 {
		m.texts[c] = s
	}
}

// span maps a range of codes.
func (m *cmap) span(low, high, to any) {
	from, ok1 := low.(text)
	last, ok2 := high.(text)
	if !ok1 || !ok2 || len(from) != len(last) {
		return
	}
	a, b := codeOf(from), codeOf(last)
	switch to := to.(type) {
	case array:
		for i, v := range to {
			if s, ok := v.(text); ok && i <= int(b.value-a.value) {
				m.set(code{a.length, a.value + uint32(i)}, fromUTF16(s))
			}
		}
	case text:
		units := toUnits(to)
		if len(units) == 0 || b.value < a.value || b.value-a.value >= maxMapped {
			return
		}
		for i := uint32(0); i <= b.value-a.value; i++ {
			m.set(code{a.length, a.value + i}, string(utf16.Decode(units)))
			units[len(units)-1]++
		}
	}
}

func toUnits(s text) []uint16 {
	units := make([]uint16, len(s)/2)
	for i := range units {
		units[i] = uint16(s[2*i])<<8 | uint16(s[2*i+1])
	}
	return units
}

func fromUTF16(s text) string {
	if len(s) == 1 {
		return string(rune(s[0]))
	}
	return string(utf16.Decode(toUnits(s)))
}

// words is a string of the file's dictionaries, such as its title.
func words(s text) string {
	if strings.HasPrefix(string(s), "\xFE\xFF") {
		return fromUTF16(s[2:])
	}
	if rest, ok := strings.CutPrefix(string(s), "\xEF\xBB\xBF"); ok {
		return rest
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(latin(s[i]))
	}
	return b.String()
}
