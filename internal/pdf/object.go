package pdf

import (
	"errors"
	"strconv"
)

// What a file is made of. A value is nil, bool, float64, text, name, array,
// dict, ref, stream or, in a content stream, a keyword.
type (
	text    string // the bytes of a string
	name    string
	array   []any
	dict    map[name]any
	ref     int // the number of an object
	keyword string
	stream  struct {
		dict dict
		raw  []byte // part of the file
	}
)

const (
	maxNesting = 64
	maxValues  = 500_000 // of one object
)

var errSyntax = errors.New("not a PDF object")

// lexer reads values one after the other.
type lexer struct {
	data   []byte
	at     int
	values int // read so far
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func (l *lexer) skipSpace() {
	for ; l.at < len(l.data); l.at++ {
		switch c := l.data[l.at]; {
		case c == '%':
			for l.at < len(l.data) && l.data[l.at] != '\n' && l.data[l.at] != '\r' {
				l.at++
			}
			l.at--
		case !isSpace(c):
			return
		}
	}
}

// next reads a value or keyword; it fails at the end.
func (l *lexer) next(depth int) (any, error) {
	l.skipSpace()
	if l.values++; l.at >= len(l.data) || depth > maxNesting || l.values > maxValues {
		return nil, errSyntax
	}
	switch c := l.data[l.at]; {
	case c == '(':
		return l.literal()
	case c == '/':
		return l.name(), nil
	case c == '[':
		l.at++
		return l.array(depth)
	case c == '<' && l.at+1 < len(l.data) && l.data[l.at+1] == '<':
		l.at += 2
		return l.dict(depth)
	case c == '<':
		return l.hex(), nil
	case isDelimiter(c):
		l.at++
		return keyword(c), nil
	default:
		return l.word(), nil
	}
}

// word reads a number, true, false, null or a keyword.
func (l *lexer) word() any {
	start := l.at
	for l.at < len(l.data) && !isSpace(l.data[l.at]) && !isDelimiter(l.data[l.at]) {
		l.at++
	}
	w := string(l.data[start:l.at])
	switch c := w[0]; {
	case c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.':
		if n, err := strconv.ParseFloat(w, 64); err == nil {
			return n
		}
		return 0.0 // as readers take "--5" and "1.2.3"
	case w == "true", w == "false":
		return w == "true"
	case w == "null":
		return nil
	}
	return keyword(w)
}

func (l *lexer) name() name {
	l.at++
	var b []byte
	for ; l.at < len(l.data) && !isSpace(l.data[l.at]) && !isDelimiter(l.data[l.at]); l.at++ {
		c := l.data[l.at]
		if c == '#' && l.at+2 < len(l.data) && nibble(l.data[l.at+1]) >= 0 && nibble(l.data[l.at+2]) >= 0 {
			c = byte(nibble(l.data[l.at+1])<<4 | nibble(l.data[l.at+2])) //nolint:gosec // two nibbles
			l.at += 2
		}
		b = append(b, c)
	}
	return name(b)
}

// array reads to the closing bracket. References are known by their R.
func (l *lexer) array(depth int) (any, error) {
	a := array{}
	for {
		v, err := l.next(depth + 1)
		switch {
		case err != nil:
			return nil, err
		case v == keyword("]"):
			return a, nil
		case v == keyword("R"):
			a = refer(a)
			continue
		}
		a = append(a, v)
	}
}

// refer makes a reference of the last two numbers.
func refer(a array) array {
	if len(a) < 2 {
		return a
	}
	n, ok := a[len(a)-2].(float64)
	if !ok || n < 0 || n > maxObjects {
		return append(a[:len(a)-2], nil)
	}
	return append(a[:len(a)-2], ref(n))
}

func (l *lexer) dict(depth int) (any, error) {
	var pairs array
	for {
		v, err := l.next(depth + 1)
		switch {
		case err != nil:
			return nil, err
		case v == keyword("R"):
			pairs = refer(pairs)
			continue
		case v == keyword(">"):
			if l.at < len(l.data) && l.data[l.at] == '>' {
				l.at++
			}
			d := make(dict, len(pairs)/2)
			for i := 0; i+1 < len(pairs); i += 2 {
				if key, ok := pairs[i].(name); ok {
					d[key] = pairs[i+1]
				}
			}
			return d, nil
		}
		pairs = append(pairs, v)
	}
}

// literal reads a string in parentheses.
func (l *lexer) literal() (any, error) {
	var b []byte
	depth := 0
	for ; l.at < len(l.data); l.at++ {
		c := l.data[l.at]
		switch c {
		case '(':
			if depth++; depth == 1 {
				continue
			}
		case ')':
			if depth--; depth == 0 {
				l.at++
				return text(b), nil
			}
		case '\\':
			b = l.escape(b)
			continue
		}
		b = append(b, c)
	}
	return nil, errSyntax
}

// escape reads what follows a backslash, up to its last byte.
func (l *lexer) escape(b []byte) []byte {
	if l.at++; l.at >= len(l.data) {
		return b
	}
	switch c := l.data[l.at]; c {
	case 'n':
		return append(b, '\n')
	case 'r':
		return append(b, '\r')
	case 't':
		return append(b, '\t')
	case 'b', 'f', '\n':
		return b
	case '\r':
		if l.at+1 < len(l.data) && l.data[l.at+1] == '\n' {
			l.at++
		}
		return b
	default:
		if c < '0' || c > '7' {
			return append(b, c)
		}
		n := int(c - '0')
		for i := 0; i < 2 && l.at+1 < len(l.data) && l.data[l.at+1] >= '0' && l.data[l.at+1] <= '7'; i++ {
			l.at++
			n = n<<3 | int(l.data[l.at]-'0')
		}
		return append(b, byte(n))
	}
}

func (l *lexer) hex() text {
	var b []byte
	half, n := byte(0), 0
	for l.at++; l.at < len(l.data) && l.data[l.at] != '>'; l.at++ {
		v := nibble(l.data[l.at])
		if v < 0 {
			continue
		}
		half = half<<4 | byte(v) //nolint:gosec // a nibble
		if n++; n%2 == 0 {
			b = append(b, half)
			half = 0
		}
	}
	l.at = min(l.at+1, len(l.data)) // it may end without a bracket
	if n%2 == 1 {
		b = append(b, half<<4)
	}
	return text(b)
}

func nibble(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
