package document

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"techfacts.dev/techfacts/schema"
)

// writer writes the Markdown of a tree.
//
// It is our own because the text is evidence: it must say what the page says,
// character for character. html-to-markdown escapes what might be markup
// ("max\_connections", "6 &lt; 7"), keeps link targets inside sentences, knows no
// definition lists and leaves spanned cells empty, so that nearly every rule of it
// had to be replaced. On the PostgreSQL manual it takes 0.8 ms a page beyond
// parsing; choosing the content and writing it takes a quarter of that here.
type writer struct {
	out    []byte
	cur    []byte // the line of text being gathered
	space  bool   // white space is due before the next character
	breaks int    // <br> are due before the next character
	joint  bool   // the next block follows the last one without a blank line
	flat   int    // above 0, blocks are gathered in one line: cells, headings
	bare   bool   // leave out the marks of inline code
	plain  bool   // inside a quote or definition list, headings are lines of text
	in     []container
	repeat int // bytes that spanned cells may still repeat

	anchors []schema.Anchor
	section string // the anchor of the heading that was written last
}

// container is a list item, a definition or a quote: what stands before its
// first line, and before every other.
type container struct {
	first, rest string
	used        bool
}

// block writes one node as it stands.
func (w *writer) block(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.text(n.Data)
	case html.ElementNode:
		w.element(n)
	default:
	}
}

func (w *writer) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.block(c)
	}
}

func (w *writer) element(n *html.Node) {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.heading(n)
	case atom.Ul, atom.Ol, atom.Menu:
		w.list(n)
	case atom.Li:
		w.item(n, "- ")
	case atom.Dl:
		w.definitions(n)
	case atom.Table:
		w.table(n)
	case atom.Pre:
		w.code(n)
	case atom.Blockquote:
		w.quote(n)
	case atom.Div, atom.Section, atom.Aside:
		if !w.plain && isAdmonition(n) {
			w.quote(n)
		} else {
			w.paragraph(n)
		}
	case atom.P, atom.Article, atom.Main, atom.Header, atom.Footer, atom.Nav, atom.Address, atom.Details, atom.Summary,
		atom.Figure, atom.Figcaption, atom.Fieldset, atom.Form, atom.Legend, atom.Center, atom.Dt, atom.Dd, atom.Hgroup, atom.Body, atom.Html,
		atom.Caption, atom.Tr, atom.Tbody, atom.Thead, atom.Tfoot, atom.Dialog, atom.Search, atom.Optgroup, atom.Frameset:
		w.paragraph(n)
	case atom.Td, atom.Th, atom.Hr:
		w.paragraph(n)
	default:
		w.inline(n)
	}
}

// paragraph writes what a block element holds, apart from what is around it.
func (w *writer) paragraph(n *html.Node) {
	w.flush()
	w.children(n)
	w.flush()
}

// flush ends the line being gathered: it is a paragraph.
func (w *writer) flush() {
	w.breaks = 0
	if w.flat > 0 {
		w.space = true
		return
	}
	w.space = false
	if len(w.cur) > 0 {
		w.line(w.cur)
		w.cur = w.cur[:0]
	}
}

// line writes the first line of a block.
func (w *writer) line(content []byte) {
	if len(w.out) > 0 {
		w.out = append(w.out, '\n')
		if !w.joint {
			w.out = append(bytes.TrimRight(w.prefix(w.out, true), " "), '\n')
		}
	}
	w.joint = false
	w.out = append(w.prefix(w.out, false), content...)
}

// more writes a further line of a block.
func (w *writer) more(content []byte) {
	w.out = append(w.out, '\n')
	w.out = append(w.prefix(w.out, false), content...)
	if len(content) == 0 {
		w.out = bytes.TrimRight(w.out, " ")
	}
}

// prefix appends what the containers put before a line; before a blank line,
// those that have begun.
func (w *writer) prefix(to []byte, blank bool) []byte {
	for i := range w.in {
		c := &w.in[i]
		switch {
		case c.used:
			to = append(to, c.rest...)
		case blank:
			return to
		default:
			to = append(to, c.first...)
			c.used = true
		}
	}
	return to
}

// maxDepth is how many containers stand inside each other; deeper ones are left
// out, or the marks before every line would outgrow the page.
const maxDepth = 8

// within writes a node inside a container.
func (w *writer) within(n *html.Node, first, rest string) {
	if w.flat > 0 || len(w.in) == maxDepth {
		w.paragraph(n)
		return
	}
	w.flush()
	w.in = append(w.in, container{first: first, rest: rest})
	w.children(n)
	w.flush()
	w.in = w.in[:len(w.in)-1]
}

// oneLine gathers everything a node holds in one line and takes it.
func (w *writer) oneLine(n *html.Node) []byte {
	w.flush()
	cur, space, breaks := w.cur, w.space, w.breaks
	w.cur, w.space, w.breaks = nil, false, 0
	w.flat++
	w.children(n)
	w.flat--
	line := w.cur
	w.cur, w.space, w.breaks = cur, space, breaks
	return line
}

func (w *writer) heading(n *html.Node) {
	if w.flat > 0 || w.plain {
		w.paragraph(n)
		return
	}
	line := w.oneLine(n)
	if len(line) > 0 {
		w.section = anchorOf(n)
		w.mark(w.section)
		level := int(n.Data[1] - '0')
		w.line(append([]byte("######"[:level]+" "), line...))
	}
}

func (w *writer) list(n *html.Node) {
	w.flush()
	if w.flat == 0 && isLayoutList(n) {
		for c := range n.ChildNodes() {
			if c.Type == html.ElementNode {
				w.paragraph(c)
			}
		}
		return
	}
	number := 1
	if n.DataAtom == atom.Ol {
		if v, err := strconv.Atoi(attr(n, "start")); err == nil && v >= 0 && v < 1e9 {
			number = v
		}
	}
	// A list inside an item follows its text at once.
	w.joint = len(w.in) > 0 && strings.TrimSpace(w.in[len(w.in)-1].rest) == ""
	for c := range n.ChildNodes() {
		switch {
		case c.Type != html.ElementNode:
			w.block(c)
		case c.DataAtom != atom.Li:
			w.element(c)
		case n.DataAtom == atom.Ol:
			w.item(c, strconv.Itoa(number)+". ")
			number++
		default:
			w.item(c, "- ")
		}
	}
	w.flush()
	w.joint = false
}

func (w *writer) item(n *html.Node, marker string) {
	if w.flat > 0 {
		if len(w.cur) > 0 && n.PrevSibling != nil && !bytes.HasSuffix(w.cur, []byte(";")) && hasItemBefore(n) {
			w.cur = append(w.cur, ';')
		}
		w.paragraph(n)
		return
	}
	before := len(w.out)
	w.within(n, marker, "    "[:min(len(marker), 4)])
	if len(w.out) > before {
		w.joint = true
	}
}

func hasItemBefore(n *html.Node) bool {
	for p := n.PrevSibling; p != nil; p = p.PrevSibling {
		if p.DataAtom == atom.Li {
			return true
		}
	}
	return false
}

// isLayoutList reports lists that are columns of cards: their items have headings.
func isLayoutList(n *html.Node) bool {
	for li := range n.ChildNodes() {
		for c := range li.ChildNodes() {
			if isHeading(c.DataAtom) {
				return true
			}
			if c.DataAtom == atom.Div || c.DataAtom == atom.Header || c.DataAtom == atom.Article || c.DataAtom == atom.Section {
				for d := range c.ChildNodes() {
					if isHeading(d.DataAtom) {
						return true
					}
				}
			}
		}
	}
	return false
}

// definitions writes terms on lines of their own and what they mean after ": ".
func (w *writer) definitions(n *html.Node) {
	w.flush()
	for c := range n.ChildNodes() {
		switch {
		case c.Type != html.ElementNode:
			w.block(c)
		case c.DataAtom == atom.Dt:
			w.term(c)
		case c.DataAtom == atom.Dd:
			w.meaning(c)
		case c.DataAtom == atom.Div:
			w.definitions(c)
		default:
			w.element(c)
		}
	}
	w.flush()
	w.mark(w.section)
	w.joint = false
}

func (w *writer) term(n *html.Node) {
	if w.flat > 0 {
		w.paragraph(n)
		return
	}
	line := w.oneLine(n)
	if len(line) == 0 {
		return
	}
	if id := anchorOf(n); id != "" {
		w.mark(id)
	}
	w.joint = w.joint && followsTerm(n)
	w.line(line)
	w.joint = true
}

func (w *writer) meaning(n *html.Node) {
	plain := w.plain
	w.plain = true
	w.within(n, ": ", "  ")
	w.plain = plain
	w.joint = n.NextSibling != nil
}

// followsTerm reports whether the element before a term is another term.
func followsTerm(n *html.Node) bool {
	for p := n.PrevSibling; p != nil; p = p.PrevSibling {
		if p.Type == html.ElementNode {
			return p.DataAtom == atom.Dt
		}
	}
	return false
}

func (w *writer) quote(n *html.Node) {
	plain := w.plain
	w.plain = true
	w.within(n, "> ", "> ")
	w.plain = plain
}

// isAdmonition reports notes, tips and warnings.
func isAdmonition(n *html.Node) bool {
	for c := range strings.FieldsSeq(attr(n, "class")) {
		switch c {
		case "note", "tip", "warning", "caution", "important", "danger", "hint", "alert", "notice", "notecard", "callout", "admonition", "admonitionblock":
			return true
		}
		if strings.Contains(c, "admonition") && !strings.Contains(c, "admonitions") {
			return true
		}
	}
	return false
}

// code writes a fenced block, with a fence longer than any run of backticks in it.
func (w *writer) code(n *html.Node) {
	var raw []byte
	raw = rawText(raw, n)
	if w.flat > 0 {
		w.space = true
		w.inlineCode(string(raw))
		w.space = true
		return
	}
	w.flush()
	raw = bytes.Trim(raw, "\n")
	if len(bytes.TrimSpace(raw)) == 0 {
		return
	}
	longest, run := 2, 0
	for _, c := range raw {
		if c == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	w.line([]byte(fence + language(n)))
	for l := range bytes.SplitSeq(raw, []byte("\n")) {
		w.more(bytes.TrimRight(l, " \t"))
	}
	w.more([]byte(fence))
}

// rawText appends the text of code as it is laid out.
func rawText(to []byte, n *html.Node) []byte {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			to = appendRaw(to, c.Data)
		case c.Type != html.ElementNode, silent(c), c.DataAtom == atom.Button, isLineNumber(c):
		case c.DataAtom == atom.Br:
			to = append(to, '\n')
		case c.DataAtom == atom.Code && c.PrevSibling != nil && c.PrevSibling.DataAtom == atom.Code: // the same in another language
			to = rawText(append(to, '\n'), c)
		case c.DataAtom == atom.Div, c.DataAtom == atom.P, c.DataAtom == atom.Tr, c.DataAtom == atom.Li:
			if len(to) > 0 && to[len(to)-1] != '\n' {
				to = append(to, '\n')
			}
			to = rawText(to, c)
			if len(to) > 0 && to[len(to)-1] != '\n' {
				to = append(to, '\n')
			}
		default:
			to = rawText(to, c)
		}
	}
	return to
}

func appendRaw(to []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			to = append(to, byte(r))
		case r == '\r', invisible(r):
		case r == '\u2028', r == '\u2029', r == '\u0085':
			to = append(to, '\n')
		case r == '\u00A0':
			to = append(to, ' ')
		default:
			to = utf8.AppendRune(to, r)
		}
	}
	return to
}

func isLineNumber(n *html.Node) bool {
	switch attr(n, "class") {
	case "linenos", "lineno", "line-number", "line-numbers", "gutter", "ln":
		return true
	}
	return false
}

// language of code is named by a class of the code or of a box around it.
func language(n *html.Node) string {
	nodes := []*html.Node{n, n.FirstChild}
	for p, i := n.Parent, 0; p != nil && i < 3; p, i = p.Parent, i+1 {
		nodes = append(nodes, p)
	}
	for _, e := range nodes {
		if e == nil || e.Type != html.ElementNode {
			continue
		}
		for c := range strings.FieldsSeq(attr(e, "class")) {
			for _, prefix := range []string{"language-", "lang-", "highlight-source-", "highlight-"} {
				if name, ok := strings.CutPrefix(c, prefix); ok && isLanguage(name) {
					return strings.ToLower(name)
				}
			}
		}
	}
	return ""
}

func isLanguage(name string) bool {
	switch name {
	case "", "default", "none", "text", "plaintext", "notranslate", "highlight":
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '+' && c != '#' && c != '-' {
			return false
		}
	}
	return len(name) <= 20
}
