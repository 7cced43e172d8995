package document

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// ErrBinary says that bytes are no text at all: an image, an archive, a PDF.
var ErrBinary = fault.New(fault.Invalid, "the page is not a text document")

// Document is what one page says.
type Document struct {
	Title     string // of the page, else its first heading; may be empty
	Language  string // primary BCP 47 subtag in lower case, as in "en"; empty if neither the page nor its text tells
	Text      string // Markdown: valid UTF-8, no NUL, '\n' line ends, no white space at its ends
	Anchors   []schema.Anchor
	Canonical string // href of <link rel="canonical">, as written
	Base      string // href of <base>, as written
	Refresh   string // where <meta http-equiv="refresh"> leads at once from a page that shows nothing else to speak of, as written
	Links     []Link // of the whole page, navigation and rel="next" and "prev" included, in order; those into the page itself left out; at most 10,000
	NoIndex   bool   // the page asks not to be indexed
	NoFollow  bool   // the page asks that its links not be followed
}

// Link is one link of a page.
type Link struct {
	Href     string // as written; the caller resolves it against Base and the page's URL
	Text     string // at most about 200 bytes
	NoFollow bool   // rel="nofollow"
}

// FromHTML reads an HTML page. Only the main content becomes Text; a page that
// has none gives an empty Text. Bytes that are not UTF-8 become U+FFFD. It fails
// with ErrBinary only.
func FromHTML(body []byte) (Document, error) {
	if isBinary(body) {
		return Document{}, ErrBinary
	}
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	var root *html.Node
	if len(body) <= smallPage || treeSize(body) <= maxTree {
		root = parse(body)
	}
	if root == nil {
		return fromTokens(body), nil
	}
	var s survey
	s.page(root)
	w := writer{repeat: len(body)}
	title, lost := s.titles()
	if lost != nil {
		w.block(lost)
		title = lost
	}
	w.children(s.root)
	w.flush()
	s.doc.Text, s.doc.Anchors = string(w.out), w.anchors
	if s.doc.Title == "" && title != nil {
		s.doc.Title = textOf(title)
	}
	if signs(w.out, maxShell+1) > maxShell {
		s.doc.Refresh = ""
	}
	return s.doc, nil
}

// maxLinks is how many links of a page are kept.
const maxLinks = 10_000

// maxTags is how many tags, and as many attributes, of a page are made a tree:
// about 60 MB.
const maxTags = 200_000

// parse gives the tree of a page; nil if it is nested deeper than the parser goes,
// or would be too large.
func parse(body []byte) *html.Node {
	if bytes.Count(body, []byte("<")) > maxTags || bytes.Count(body, []byte("=")) > 2*maxTags {
		return nil
	}
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	return root
}

// FromText reads plain text or Markdown: it is passed through, but for line ends,
// control characters and white space at the ends of lines.
func FromText(body []byte) Document {
	text := strings.ToValidUTF8(string(body), "\uFFFD")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
			return '\n'
		case unicode.IsControl(r), r == '\uFEFF', turning(r):
			return -1
		}
		return r
	}, text)
	var b strings.Builder
	b.Grow(len(text))
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRightFunc(line, unicode.IsSpace))
		b.WriteByte('\n')
	}
	d := Document{Text: strings.Trim(b.String(), "\n")}
	eachBlock(d.Text, func(b Block) bool {
		if b.Kind == Heading {
			d.Title = plain(d.Text[b.Start:b.End])
		}
		return d.Title == "" && b.End < smallPage
	})
	return d
}

// isBinary reports whether bytes are certainly no text.
func isBinary(body []byte) bool {
	for _, magic := range []string{"%PDF-", "PK\x03\x04", "\x89PNG\r\n", "GIF8", "\xff\xd8\xff", "\x1f\x8b\x08", "RIFF", "\x7fELF"} {
		if bytes.HasPrefix(body, []byte(magic)) {
			return true
		}
	}
	head := body[:min(len(body), 4096)]
	n := 0
	for _, c := range head {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b {
			n++
		}
	}
	return n*10 > len(head)
}

// invisible reports characters that a reader does not see and that would make
// equal words differ, or that turn around what stands beside them. Joiners and
// direction marks stay: scripts need them.
func invisible(r rune) bool {
	switch r {
	case '\u00AD', '\u200B', '\u2060', '\uFEFF', '\uFFFE', '\uFFFF':
		return true
	}
	return turning(r) || unicode.IsControl(r) && r != '\u0085'
}

// turning reports embeddings, overrides and isolates of direction (UAX #9): what
// begins in one quote would turn the rest of a report.
func turning(r rune) bool { return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' }

// plain is text without links, the marks of inline code and escaped pipes.
func plain(s string) string {
	if strings.Contains(s, "](") {
		s = unlinked(s)
	}
	if strings.ContainsAny(s, "`\\\n\t") || strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, `\|`, "|")
		s = strings.ReplaceAll(s, "\n: ", "\n") // between a term and its meaning
		s = unmarked(s)
		s = strings.Join(strings.Fields(s), " ")
	}
	return s
}

// unlinked is s with the texts of links instead of the links. Code is left alone.
func unlinked(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	coded := false
	for i := 0; i < len(s); i++ {
		if s[i] == '`' {
			coded = !coded
		}
		if s[i] != '[' || coded {
			b.WriteByte(s[i])
			continue
		}
		text, rest, ok := strings.Cut(s[i+1:], "](")
		to, _, closed := strings.Cut(rest, ")")
		if !ok || !closed || strings.ContainsAny(text, "[`") || strings.Contains(to, " ") {
			b.WriteByte(s[i])
			continue
		}
		b.WriteString(text)
		i += len("[](") + len(text) + len(to)
	}
	return b.String()
}

// unmarked is s without the backticks around inline code. Runs of several are
// marks only around code that has some itself, apart by a space: others are
// what a page shows, such as the source of another markup.
func unmarked(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		start := strings.IndexByte(s, '`')
		if start < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:start])
		s = s[start:]
		mark := s[:len(s)-len(strings.TrimLeft(s, "`"))]
		code, rest, closed := strings.Cut(s[len(mark):], mark)
		switch {
		case len(mark) == 1: // one that is not closed was, before s was cut
			s = s[1:]
		case closed && strings.HasPrefix(code, " ") && strings.HasSuffix(code, " ") && strings.Contains(code, "`"):
			b.WriteString(code[1 : len(code)-1])
			s = rest
		default:
			b.WriteString(mark)
			s = s[len(mark):]
		}
	}
}

// cut shortens text to at most n bytes, between two characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
