package document

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// survey walks a page once: it notes what the head says and every link, weighs
// the parts, takes out the boxes that are not content, and chooses the root.
type survey struct {
	doc      Document
	root     *html.Node // what becomes text
	body     *html.Node
	h1       []*html.Node
	mains    []part // <main>, role=main
	articles []part
	contents []part // ids and classes that call themselves content
}

// mass is how much a part of a page holds, in bytes that are not white space.
type mass struct {
	text  int // all of it
	link  int // of that, inside links
	links int // number of links
	local int // of those, into the page itself
	rich  int // headings, tables, code, definition lists
	input int // buttons and fields
}

func (m *mass) add(o *mass) {
	m.text += o.text
	m.link += o.link
	m.links += o.links
	m.local += o.local
	m.rich += o.rich
	m.input += o.input
}

// plain is the text outside links.
func (m *mass) plain() int { return m.text - m.link }

// linky reports whether at least a share of percent of the text is links.
func (m *mass) linky(percent int) bool { return m.link*100 >= m.text*percent && m.link > 0 }

type part struct {
	node *html.Node
	mass mass
}

// page surveys a parsed page.
func (s *survey) page(doc *html.Node) {
	s.root, s.body = doc, doc
	total := s.walk(doc, false)
	s.choose(total)
}

// walk weighs a node, and takes boxes below it out of the tree.
func (s *survey) walk(n *html.Node, inLink bool) mass {
	switch n.Type {
	case html.TextNode:
		m := mass{text: letters(n.Data)}
		if inLink {
			m.link = m.text
		}
		return m
	case html.DocumentNode:
		return s.sum(n, inLink)
	case html.ElementNode:
		return s.element(n, inLink)
	default:
		return mass{}
	}
}

// sum weighs the children of a node.
func (s *survey) sum(n *html.Node, inLink bool) mass {
	var m mass
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling // c may be taken out
		o := s.walk(c, inLink)
		m.add(&o)
		c = next
	}
	return m
}

func (s *survey) element(n *html.Node, inLink bool) mass {
	switch n.DataAtom {
	case atom.Html:
		s.language(attr(n, "lang"))
		s.language(attr(n, "xml:lang"))
	case atom.Head:
		s.head(n)
		return mass{}
	case atom.Meta, atom.Link, atom.Base, atom.Title:
		s.meta(n) // some pages have them in the body
		return mass{}
	case atom.Button, atom.Input, atom.Select, atom.Textarea:
		return mass{input: 1}
	case atom.A, atom.Area:
		return s.link(n, inLink)
	case atom.Body:
		s.body = n
		s.root = n
	default:
		if silent(n) {
			return mass{}
		}
	}
	landmarks := len(s.mains) + len(s.articles)
	m := s.sum(n, inLink)
	if n.DataAtom == atom.H1 && !m.linky(50) && m.text > 0 {
		s.h1 = append(s.h1, n)
	}
	if isRich(n.DataAtom) {
		m.rich++
	}
	if isBox(n) && s.judge(n, &m, landmarks) {
		if m.local > 0 {
			dropHead(n)
		}
		n.Parent.RemoveChild(n)
		return mass{}
	}
	return m
}

// dropHead takes out the heading of a table of contents that is about to go, if
// it heads nothing else.
func dropHead(n *html.Node) {
	head, next := n.PrevSibling, n.NextSibling
	for head != nil && head.Type == html.TextNode && letters(head.Data) == 0 {
		head = head.PrevSibling
	}
	for next != nil && next.Type == html.TextNode && letters(next.Data) == 0 {
		next = next.NextSibling
	}
	if head != nil && isHeading(head.DataAtom) && head.DataAtom != atom.H1 && (next == nil || isHeading(next.DataAtom)) {
		n.Parent.RemoveChild(head)
	}
}

func (s *survey) link(n *html.Node, inLink bool) mass {
	href, ok := attribute(n, "href")
	href = strings.TrimSpace(href)
	if !ok || inLink {
		return s.sum(n, inLink)
	}
	m := s.sum(n, true)
	m.links++
	if href == "" || href[0] == '#' {
		m.local++
		return m
	}
	rel := strings.ToLower(attr(n, "rel"))
	text := textOf(n)
	if text == "" {
		text = clean(attr(n, "alt") + attr(n, "aria-label"))
	}
	if len(s.doc.Links) == maxLinks {
		return m
	}
	s.doc.Links = append(s.doc.Links, Link{Href: clean(href), Text: cut(text, 200), NoFollow: hasToken(rel, "nofollow")})
	return m
}

func (s *survey) head(n *html.Node) {
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode {
			s.meta(c)
		}
	}
}

func (s *survey) meta(n *html.Node) {
	switch n.DataAtom {
	case atom.Title:
		if s.doc.Title == "" {
			s.doc.Title = textOf(n)
		}
	case atom.Base:
		if s.doc.Base == "" {
			s.doc.Base = clean(attr(n, "href"))
		}
	case atom.Link:
		rel, href := strings.ToLower(attr(n, "rel")), clean(attr(n, "href"))
		if s.doc.Canonical == "" && hasToken(rel, "canonical") {
			s.doc.Canonical = href
		}
		if href != "" && (hasToken(rel, "next") || hasToken(rel, "prev")) { // of a document in pages
			s.doc.Links = append(s.doc.Links, Link{Href: href})
		}
	case atom.Meta:
		content := strings.ToLower(attr(n, "content"))
		switch {
		case strings.EqualFold(attr(n, "name"), "robots"), strings.EqualFold(attr(n, "name"), "techfacts"):
			s.doc.NoIndex = s.doc.NoIndex || hasToken(content, "noindex") || hasToken(content, "none")
			s.doc.NoFollow = s.doc.NoFollow || hasToken(content, "nofollow") || hasToken(content, "none")
		case strings.EqualFold(attr(n, "http-equiv"), "content-language"), strings.EqualFold(attr(n, "property"), "og:locale"):
			s.language(content)
		case strings.EqualFold(attr(n, "http-equiv"), "refresh") && n.Parent != nil && n.Parent.DataAtom != atom.Noscript && s.doc.Refresh == "":
			s.doc.Refresh = refresh(attr(n, "content"))
		}
	default:
	}
}

// atOnce is within how many seconds a page leads on before anybody has read it.
const atOnce = 5

// refresh gives where a page leads at once, as in "0; url='next.html'".
func refresh(content string) string {
	delay, to, _ := strings.Cut(strings.Replace(content, ",", ";", 1), ";")
	if seconds, err := strconv.ParseFloat(strings.TrimSpace(delay), 64); err != nil || seconds < 0 || seconds > atOnce {
		return ""
	}
	to = strings.TrimSpace(to)
	if name, value, ok := strings.Cut(to, "="); ok && strings.EqualFold(strings.TrimSpace(name), "url") {
		to = value
	}
	return strings.Trim(to, " \t\r\n\f'\"")
}

// language takes the primary subtag of a language tag, if none was found before.
func (s *survey) language(tag string) {
	if s.doc.Language != "" {
		return
	}
	tag = strings.ToLower(strings.TrimSpace(tag))
	if i := strings.IndexAny(tag, "-_,; "); i >= 0 {
		tag = tag[:i]
	}
	if len(tag) < 2 || len(tag) > 3 {
		return
	}
	for _, c := range tag {
		if c < 'a' || c > 'z' {
			return
		}
	}
	s.doc.Language = tag
}

// isHeading reports h1 to h6.
func isHeading(a atom.Atom) bool {
	switch a {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	default:
		return false
	}
}

// isRich reports what navigation rarely has.
func isRich(a atom.Atom) bool {
	return isHeading(a) || a == atom.Table || a == atom.Pre || a == atom.Dl
}

// silent reports elements whose content is never read as text.
func silent(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Svg, atom.Iframe, atom.Object, atom.Embed, atom.Audio, atom.Video,
		atom.Canvas, atom.Select, atom.Datalist, atom.Input, atom.Textarea, atom.Progress, atom.Meter, atom.Noframes, atom.Noembed,
		atom.Head, atom.Title, atom.Meta, atom.Link, atom.Base, atom.Del, atom.S, atom.Strike, atom.Rp, atom.Rt, atom.Annotation:
		return true
	case atom.Template: // a shadow root is what the reader sees
		return attr(n, "shadowrootmode") == ""
	default:
		return false
	}
}

// letters counts the bytes of text that are not white space.
func letters(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] > ' ' {
			n++
		}
	}
	return n
}

func attribute(n *html.Node, key string) (string, bool) {
	for i := range n.Attr {
		if n.Attr[i].Key == key && n.Attr[i].Namespace == "" {
			return n.Attr[i].Val, true
		}
	}
	return "", false
}

func attr(n *html.Node, key string) string {
	v, _ := attribute(n, key)
	return v
}

// hasToken reports whether a list separated by spaces or commas holds a token.
func hasToken(list, token string) bool {
	for f := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\n' }) {
		if f == token {
			return true
		}
	}
	return false
}

// clean is one line of text with normal white space and without what cannot be seen.
func clean(s string) string {
	var w writer
	w.flat = 1
	w.text(s)
	return string(w.cur)
}

// textOf is the visible text of a node, in one line.
func textOf(n *html.Node) string {
	if c := n.FirstChild; c != nil && c.NextSibling == nil && c.Type == html.TextNode {
		return clean(c.Data)
	}
	w := writer{flat: 1, bare: true}
	w.children(n)
	return string(w.cur)
}
