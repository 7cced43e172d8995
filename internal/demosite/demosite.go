// Package demosite is the small web site that `techfacts demo` serves to itself
// and scrapes: the documentation of three vendors of hosted search, none of whom
// exists. It states, denies, omits and once contradicts itself on purpose;
// site/truth.json says where. It behaves as sites do: robots.txt, a sitemap,
// conditional requests, a page that has moved and a link that is dead. A second
// edition of it has changed since; second/changes.json says in what.
package demosite

import (
	"embed"
	"fmt"
	"net/http"
)

//go:embed layout site/quarrowby site/fennlark site/halvorsund second/quarrowby second/fennlark second/halvorsund
var content embed.FS

// Vendor is one of the companies whose documentation the site holds.
type Vendor struct {
	Name string
	Path string // where its documentation starts; all its pages are below, and link to nothing outside
}

// vendor is what makes the pages of one company look like its own.
type vendor struct {
	Vendor
	dir       string // of its pages below site/, and the name of its layout
	suffix    string // what ends the path of a page: nothing, ".html" or "/"
	permalink string // HTML put at the end of each heading, %s for its id
}

func vendors() []vendor {
	return []vendor{
		{
			Vendor:    Vendor{Name: "Quarrowby", Path: "/quarrowby/docs/"},
			dir:       "quarrowby",
			permalink: `<a href="#%s" class="hash-link" aria-label="Direct link to this heading" title="Direct link to this heading">&#8203;</a>`,
		},
		{
			Vendor:    Vendor{Name: "Fennlark", Path: "/fennlark/docs/"},
			dir:       "fennlark",
			suffix:    ".html",
			permalink: `<a class="headerlink" href="#%s" title="Link to this heading">¶</a>`,
		},
		{
			Vendor: Vendor{Name: "Halvorsund", Path: "/halvorsund/docs/"},
			dir:    "halvorsund",
			suffix: "/",
		},
	}
}

// Vendors lists the vendors in the order of the front page. The list is the
// caller's to keep.
func Vendors() []Vendor {
	var list []Vendor
	for _, v := range vendors() {
		list = append(list, v.Vendor)
	}
	return list
}

// Handler serves the site. All of it is made once, here; what is served depends
// on nothing but the request, so that one handler may be used by many servers.
func Handler() http.Handler { return edition("site") }

// Second serves the site as it is some time later: a price was changed, a limit
// added, a certification removed, and two pages have moved.
func Second() http.Handler { return edition("site", "second") }

// edition serves what is written in the first folder, as far as the later ones
// do not say otherwise.
func edition(folders ...string) http.Handler {
	s, err := build(content, folders)
	if err != nil {
		// Cannot happen: the pages and layouts are compiled in, and the tests build them.
		panic(fmt.Sprintf("demosite: %v", err))
	}
	return s.routes()
}
