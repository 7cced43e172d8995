package document

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// fromTokens reads a page that is nested too deeply, or has too many tags, to be
// parsed as a tree. It tells headings, paragraphs, items and rows apart, and
// nothing more.
func fromTokens(body []byte) Document {
	var s survey
	var w writer
	z := newTokens(body)
	for {
		switch z.Next() {
		case html.ErrorToken:
			w.flush()
			s.doc.Text = string(bytes.TrimSpace(w.out))
			return s.doc
		case html.TextToken:
			w.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			s.token(&w, z)
		case html.EndTagToken:
			name, _ := z.TagName()
			w.tag(atom.Lookup(name), false)
		default:
		}
	}
}

// token reads a start tag: what it says of the page, and how it divides the text.
func (s *survey) token(w *writer, z *tokens) {
	name, more := z.TagName()
	n := &html.Node{Type: html.ElementNode, DataAtom: atom.Lookup(name)}
	switch n.DataAtom {
	case atom.Html, atom.Meta, atom.Link, atom.Base, atom.A:
		for i := 0; more && i < 50; i++ {
			var key, value []byte
			key, value, more = z.TagAttr()
			n.Attr = append(n.Attr, html.Attribute{Key: string(key), Val: string(value)})
		}
	default:
	}
	switch n.DataAtom {
	case atom.Html:
		s.language(attr(n, "lang"))
	case atom.Title:
		if z.Next() == html.TextToken && s.doc.Title == "" {
			s.doc.Title = clean(string(z.Text()))
		}
	case atom.Meta, atom.Link, atom.Base:
		s.meta(n)
	case atom.A:
		if href := clean(attr(n, "href")); href != "" && href[0] != '#' && len(s.doc.Links) < maxLinks {
			s.doc.Links = append(s.doc.Links, Link{Href: href, NoFollow: hasToken(strings.ToLower(attr(n, "rel")), "nofollow")})
		}
	case atom.Script, atom.Style, atom.Noscript, atom.Textarea, atom.Iframe, atom.Noframes, atom.Noembed, atom.Xmp:
		z.Next() // their content is one token
	default:
		w.tag(n.DataAtom, true)
	}
}

// tag divides the text at the start or end of a block.
func (w *writer) tag(a atom.Atom, start bool) {
	switch a {
	case atom.B, atom.I, atom.Em, atom.Strong, atom.Code, atom.Font, atom.Sup, atom.Sub, atom.Small, atom.Abbr, atom.U, atom.Kbd, atom.Tt,
		atom.Img, atom.Span, atom.A:
		return
	case atom.Td, atom.Th, atom.Br:
		w.space = true
		return
	default:
	}
	w.flush()
	w.in = w.in[:0]
	switch {
	case !start:
	case isHeading(a):
		w.in = append(w.in, container{first: "######"[:a.String()[1]-'0'] + " "})
	case a == atom.Li:
		w.in = append(w.in, container{first: "- ", rest: "  "})
	}
}
