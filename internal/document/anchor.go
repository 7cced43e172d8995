package document

import (
	"sort"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"techfacts.dev/techfacts/schema"
)

const (
	maxAnchors = 2000
	maxAnchor  = 200 // bytes of one
)

// AnchorAt gives the anchor of the page that is nearest above a byte of its
// text, without the '#'; empty if its section has none.
func AnchorAt(anchors []schema.Anchor, offset int) string {
	i := sort.Search(len(anchors), func(i int) bool { return anchors[i].At > offset })
	if i == 0 {
		return ""
	}
	return anchors[i-1].ID
}

// mark says that what is written from here on is best reached by an anchor. An
// empty one ends the reach of the last.
func (w *writer) mark(id string) {
	last := len(w.anchors) - 1
	switch {
	case last >= 0 && w.anchors[last].ID == id, last < 0 && id == "", last+1 == maxAnchors:
	case last >= 0 && w.anchors[last].At == len(w.out):
		w.anchors[last].ID = id
	default:
		w.anchors = append(w.anchors, schema.Anchor{At: len(w.out), ID: id})
	}
}

// anchorOf finds what links to a heading or term name: its own id, one inside of
// it, that of its permalink, of an empty anchor before it, or of the box that it
// opens.
func anchorOf(n *html.Node) string {
	if id := identity(n); id != "" {
		return id
	}
	if id := anchorWithin(n, 3); id != "" {
		return id
	}
	for range 5 {
		for p := n.PrevSibling; p != nil; p = p.PrevSibling {
			switch {
			case p.Type == html.TextNode && letters(p.Data) == 0, p.Type == html.CommentNode:
			case p.DataAtom == atom.A && p.FirstChild == nil && identity(p) != "":
				return identity(p)
			default:
				return ""
			}
		}
		if n = n.Parent; n == nil || n.DataAtom == atom.Body || n.DataAtom == atom.Dl {
			return ""
		}
		if id := identity(n); id != "" {
			return id
		}
	}
	return ""
}

// anchorWithin looks for an anchor inside of a heading.
func anchorWithin(n *html.Node, depth int) string {
	for c := range n.ChildNodes() {
		if c.Type != html.ElementNode {
			continue
		}
		if id := identity(c); id != "" {
			return id
		}
		if c.DataAtom == atom.A && isPermalink(c) {
			_, fragment, _ := strings.Cut(attr(c, "href"), "#")
			if valid := usable(fragment); valid != "" {
				return valid
			}
		}
		if depth > 0 {
			if id := anchorWithin(c, depth-1); id != "" {
				return id
			}
		}
	}
	return ""
}

// identity is the name by which the URL of a page leads to an element.
func identity(n *html.Node) string {
	id := attr(n, "id")
	if id == "" && n.DataAtom == atom.A {
		id = attr(n, "name")
	}
	return usable(id)
}

// usable gives id if a link can name it, else nothing.
func usable(id string) string {
	if len(id) > maxAnchor || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || invisible(r) }) {
		return ""
	}
	return id
}
