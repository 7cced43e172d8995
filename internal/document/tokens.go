package document

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxToken is how many bytes one tag or text may have.
const maxToken = 1 << 20

// tokens gives the tokens of a page, none of them too long: of a longer tag it
// gives the name, a longer text comes in parts, and a longer comment or script is
// left out.
type tokens struct {
	*html.Tokenizer
	body    []byte
	at, end int       // the token that comes next, and the last that is read before it begins anew
	inside  atom.Atom // of what the next token is the content, if that is no markup
}

func newTokens(body []byte) *tokens {
	t := &tokens{body: body}
	t.read(0, len(body), "")
	return t
}

// read begins anew with head, followed by a part of the page.
func (t *tokens) read(from, to int, head string) {
	t.Tokenizer = html.NewTokenizer(io.MultiReader(strings.NewReader(head), bytes.NewReader(t.body[from:to])))
	t.SetMaxBuf(maxToken)
	t.at, t.end, t.inside = from-len(head), to, 0
}

// Next goes to the next token.
func (t *tokens) Next() html.TokenType {
	for {
		kind := t.Tokenizer.Next()
		n := len(t.Raw())
		switch {
		case kind == html.ErrorToken && errors.Is(t.Err(), html.ErrBufferExceeded):
			from := t.at + endOfTag(t.body[t.at:])
			t.read(from, len(t.body), nameOnly(t.body[t.at:from]))
		case kind == html.ErrorToken && t.end < len(t.body):
			t.read(t.end, len(t.body), "")
		case kind == html.ErrorToken || n < maxToken:
			t.inside = 0
			if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
				t.inside = rawElement(nameOnly(t.Raw()))
			}
			t.at += n
			return kind
		case kind == html.TextToken && t.inside == 0:
			t.read(t.at, t.at+partOf(t.Raw()), "")
		default:
			t.read(t.at+n+t.rest(t.body[t.at+n:]), len(t.body), "")
		}
	}
}

// rest is how much there is still of a comment, or of what is no markup.
func (t *tokens) rest(body []byte) int {
	end := []byte(">")
	switch {
	case t.inside != 0:
		for i := 0; ; i += 2 {
			next := bytes.Index(body[i:], []byte("</"))
			if next < 0 {
				return len(body)
			}
			i += next
			if name := nameOnly(body[i:]); len(name) > 3 && name[2:len(name)-1] == t.inside.String() {
				return i
			}
		}
	case bytes.HasPrefix(t.body[t.at:], []byte("<!--")):
		end = []byte("-->")
	}
	if i := bytes.Index(body, end); i >= 0 {
		return i + len(end)
	}
	return len(body)
}

// partOf is how much of the beginning of a text can be read by itself.
func partOf(text []byte) int {
	if i := bytes.LastIndexAny(text, " \t\r\n<&"); i > 0 {
		return i
	}
	i := len(text) - 1
	for i > 1 && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}

// endOfTag is where the tag ends that body begins with: in quotes, a value may
// have what ends one elsewhere.
func endOfTag(body []byte) int {
	var last byte // that is no space
	for i := 0; i < len(body); i++ {
		switch c := body[i]; c {
		case '>':
			return i + 1
		case '"', '\'':
			if last == '=' {
				n := bytes.IndexByte(body[i+1:], c)
				if n < 0 {
					return len(body)
				}
				i += n + 1
			}
			last = c
		case ' ', '\t', '\n', '\r', '\f':
		default:
			last = c
		}
	}
	return len(body)
}

// nameOnly is a tag without its attributes, in lower case; empty if its name is
// none that we know.
func nameOnly(tag []byte) string {
	open := "<"
	tag = tag[min(1, len(tag)):]
	if len(tag) > 0 && tag[0] == '/' {
		open, tag = "</", tag[1:]
	}
	name := tag[:min(len(tag), 32)]
	if i := bytes.IndexAny(name, " \t\n\r\f/>"); i >= 0 {
		name = name[:i]
	}
	if a := atom.Lookup(bytes.ToLower(name)); a != 0 {
		return open + a.String() + ">"
	}
	return ""
}

// rawElement gives the element of a start tag if its content is no markup.
func rawElement(tag string) atom.Atom {
	switch a := atom.Lookup([]byte(strings.Trim(tag, "<>"))); a {
	case atom.Script, atom.Style, atom.Noscript, atom.Textarea, atom.Title, atom.Iframe, atom.Noframes, atom.Noembed, atom.Xmp:
		return a
	default:
		return 0
	}
}
