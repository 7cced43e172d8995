package document

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// boxWord is what a word in an id or class says of a box.
type boxWord uint8

const (
	wordNavigation boxWord = 1 << iota // leads elsewhere, if it is links
	wordStrip                          // leads elsewhere, and is used for nothing else
	wordChrome                         // belongs to the site, not to the page
	wordFooter
	wordCookie
	wordNotes // footnotes and references: never a footer
	wordTOC   // a table of contents, or what is left of one
)

// boxWords are the words by which pages name what is not content. A word alone
// drops nothing: see judge.
//
//nolint:gochecknoglobals // a fixed table
var boxWords = map[string]boxWord{
	"nav": wordNavigation, "navbar": wordStrip, "navigation": wordNavigation, "navheader": wordStrip,
	"navfooter": wordStrip, "menu": wordNavigation, "mainmenu": wordNavigation, "submenu": wordNavigation, "menubar": wordNavigation,
	"sidebar": wordNavigation, "sidenav": wordNavigation, "sphinxsidebar": wordStrip, "toc": wordNavigation | wordTOC,
	"toctree": wordNavigation, "tableofcontents": wordNavigation | wordTOC, "contents": wordNavigation, "topics": wordNavigation,
	"breadcrumb": wordStrip, "breadcrumbs": wordStrip, "path": wordNavigation, "pagination": wordStrip, "pager": wordStrip,
	"paginator": wordStrip, "prevnext": wordStrip, "prev": wordNavigation, "next": wordNavigation, "related": wordNavigation,
	"links": wordNavigation, "languages": wordNavigation, "toplang": wordStrip, "bottomlang": wordStrip, "header": wordNavigation,
	"topbar": wordNavigation, "tagcloud": wordNavigation, "tags": wordNavigation,
	"skip": wordChrome, "skiplink": wordChrome, "skiptocontent": wordChrome, "announcement": wordChrome, "announce": wordChrome, "banner": wordChrome, "promo": wordChrome,
	"newsletter": wordChrome, "subscribe": wordChrome, "feedback": wordChrome, "helpful": wordChrome, "social": wordChrome,
	"share": wordChrome, "sharing": wordChrome, "search": wordChrome, "searchbox": wordChrome, "copyright": wordChrome,
	"tagline": wordChrome, "slogan": wordChrome, "editpage": wordChrome, "lastupdated": wordChrome, "sponsor": wordChrome, "sponsors": wordChrome, "ads": wordChrome, "advert": wordChrome,
	"footer": wordFooter, "cookie": wordCookie, "cookies": wordCookie, "consent": wordCookie, "gdpr": wordCookie,
	"footnote": wordNotes, "footnotes": wordNotes, "references": wordNotes, "bibliography": wordNotes, "endnotes": wordNotes,
}

// contentNames are the ids and classes by which pages name their content.
//
//nolint:gochecknoglobals // a fixed table
var contentNames = map[string]bool{
	"content": true, "main-content": true, "maincontent": true, "page-content": true, "content-body": true, "article-body": true,
	"doc-content": true, "docs-content": true, "documentation": true, "markdown-body": true, "markdown": true, "md-content": true,
	"rst-content": true, "theme-doc-markdown": true, "mw-parser-output": true, "document": true, "body": true, "docbody": true,
	"entry-content": true, "post-content": true, "wiki-content": true, "main": true, "bd": true,
}

// words gathers what the id and class of a node say.
func words(n *html.Node) boxWord {
	var found boxWord
	for i := range n.Attr {
		if k := n.Attr[i].Key; k == "class" || k == "id" {
			found |= wordsOf(n.Attr[i].Val)
		}
	}
	return found
}

// wordsOf looks up every word of a name such as "theme-doc-footer" or
// "tableOfContents_bqdL", and for names of several words the joined form.
func wordsOf(name string) boxWord {
	var found boxWord
	var word, joined [32]byte
	n, j := 0, 0
	end := func() {
		found |= boxWords[string(word[:n])]
		n = 0
	}
	for i := range len(name) {
		c := name[i]
		upper := c >= 'A' && c <= 'Z'
		if upper {
			c += 'a' - 'A'
		}
		switch {
		case c >= 'a' && c <= 'z':
			if upper && n > 0 && i > 0 && name[i-1] >= 'a' && name[i-1] <= 'z' {
				end()
			}
			if n < len(word) {
				word[n] = c
				n++
			}
			if j < len(joined) {
				joined[j] = c
				j++
				if j >= len("editpage") {
					found |= boxWords[string(joined[:j])]
				}
			}
		case c == ' ' || c == '\t' || c == '\n':
			end()
			j = 0
		default:
			end()
		}
	}
	end()
	return found
}

// isBox reports elements that may be a box of their own. Inline elements, cells
// and headings never are; nor is body, whatever its class says.
func isBox(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Div, atom.Section, atom.Nav, atom.Aside, atom.Header, atom.Footer, atom.Ul, atom.Ol, atom.Dl, atom.Table,
		atom.Form, atom.P, atom.Main, atom.Article, atom.Dialog, atom.Menu, atom.Details, atom.Search, atom.Center:
		return true
	case 0:
		return strings.Contains(n.Data, "-") // a custom element
	default:
		return false
	}
}

// judge decides whether a box is not content, and notes the parts that say they
// are. What a box is called never suffices: navigation must consist of links (or
// next to nothing), other boxes must be short and hold nothing but words.
// landmarks is how many were known before the box was walked.
func (s *survey) judge(n *html.Node, m *mass, landmarks int) bool {
	role := attr(n, "role")
	switch {
	case n.DataAtom == atom.Main || role == "main":
		s.mains = append(s.mains, part{n, *m})
		return false
	case n.DataAtom == atom.Article:
		s.articles = append(s.articles, part{n, *m})
		return false
	}
	if contentNames[attr(n, "id")] {
		s.contents = append(s.contents, part{n, *m})
	} else {
		for c := range strings.FieldsSeq(attr(n, "class")) {
			if contentNames[c] {
				s.contents = append(s.contents, part{n, *m})
				break
			}
		}
	}
	// What holds a landmark is the page itself, whatever it is called.
	return m.text > 0 && len(s.mains)+len(s.articles) == landmarks && unwanted(n, m, role)
}

// unwanted is the judgement on a box that holds text.
func unwanted(n *html.Node, m *mass, role string) bool {
	const short, long = 250, 1200
	bare := m.rich == 0
	w := words(n)
	switch n.DataAtom {
	case atom.Nav:
		w |= wordNavigation | wordStrip
	case atom.Aside:
		w |= wordNavigation
	case atom.Header:
		if !nested(n) {
			w |= wordNavigation
		}
	case atom.Footer:
		if !nested(n) {
			w |= wordFooter
		}
	case atom.Dialog:
		w |= wordCookie
	default:
	}
	switch role {
	case "navigation", "menu", "menubar", "tablist", "doc-toc", "directory", "search":
		w |= wordNavigation | wordStrip
	case "banner":
		w |= wordChrome
	case "contentinfo":
		w |= wordFooter
	case "dialog", "alertdialog":
		w |= wordCookie
	}
	switch {
	case m.links >= 3 && m.local*10 >= m.links*9 && m.linky(80): // a table of contents, whatever it is called
		return true
	case w&wordNavigation != 0 && (m.linky(50) || bare && m.links > 0 && m.plain() < 40):
		return true
	case w&wordTOC != 0 && bare && m.text < 40, bare && m.text < 100 && isDated(n): // the head of a list that was taken out; a date
		return true
	case w&wordStrip != 0 && m.links > 0 && (m.linky(50) || m.plain() < short):
		return true
	case w&wordChrome != 0 && (m.linky(50) || bare && m.text < short):
		return true
	case w&wordFooter != 0 && w&wordNotes == 0 && (m.linky(30) || m.text < long && n.DataAtom == atom.Footer || m.text < short && m.rich < 2):
		return true
	case w&wordCookie != 0 && m.text < long && (m.input > 0 || role != "" || w&wordChrome != 0) && m.rich < 2:
		return true
	}
	return hidden(n) && (m.linky(50) || bare && m.text < short)
}

// isDated reports a line that only tells when the page was last changed.
func isDated(n *html.Node) bool {
	for n != nil && n.Type == html.ElementNode {
		n = n.FirstChild
		for n != nil && n.Type == html.TextNode && letters(n.Data) == 0 {
			n = n.NextSibling
		}
	}
	if n == nil || n.Type != html.TextNode {
		return false
	}
	s := strings.ToLower(strings.TrimSpace(n.Data))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "this page was "), "this page ")
	return strings.HasPrefix(s, "last modified ") || strings.HasPrefix(s, "last updated ")
}

// nested reports whether a header or footer belongs to a part of the page, such
// as a card with a price, rather than to the page.
func nested(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		switch p.DataAtom {
		case atom.Article, atom.Section, atom.Li, atom.Blockquote, atom.Main, atom.Td, atom.Figure:
			return true
		default:
		}
	}
	return false
}

// hidden reports boxes that are not shown until something is clicked. The panels
// of tabs are shown one at a time, and are content.
func hidden(n *html.Node) bool {
	if _, ok := attribute(n, "hidden"); ok {
		return attr(n, "role") != "tabpanel"
	}
	style := strings.ReplaceAll(attr(n, "style"), " ", "")
	return strings.Contains(style, "display:none")
}

// choose takes as root the landmark that holds most of the page: main, then a
// single article, then an id or class that calls itself content, else the body.
func (s *survey) choose(total mass) {
	best := func(parts []part, percent int) *html.Node {
		var found *html.Node
		most := -1
		for _, p := range parts {
			if p.mass.plain()*100 >= total.plain()*percent && p.mass.text > most && p.mass.text > 0 {
				found, most = p.node, p.mass.text
			}
		}
		return found
	}
	if n := best(s.mains, 40); n != nil {
		s.root = n
	} else if n := best(s.articles, 65); n != nil {
		s.root = n
	} else if n := best(s.contents, 70); n != nil {
		s.root = n
		return
	} else {
		return
	}
	for _, p := range s.articles { // main that is little more than one article
		if p.mass.plain()*100 >= total.plain()*75 && within(p.node, s.root) {
			s.root = p.node
			return
		}
	}
}

func within(n, root *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p == root {
			return true
		}
	}
	return false
}

// titles are the first heading of the root and, if it has none of the first
// level, the first one of the page that no box took out: it is the title of what
// follows.
func (s *survey) titles() (own, lost *html.Node) {
	for _, h := range s.h1 {
		switch {
		case h == s.root || within(h, s.root):
			return h, nil
		case lost == nil && within(h, s.body):
			lost = h
		}
	}
	return nil, lost
}
