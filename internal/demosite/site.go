package demosite

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// site is everything that is served, ready made.
type site struct {
	pages    map[string]*page  // by path
	moved    map[string]string // paths that lead to others
	listed   []string          // paths of the sitemap, in its order
	notFound []byte
}

// build makes the site from its files.
func build(files fs.FS, folders []string) (*site, error) {
	layouts, err := template.ParseFS(files, "layout/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse layouts: %w", err)
	}
	s := &site{pages: map[string]*page{}, moved: map[string]string{movedFrom: movedTo}}
	front := &page{Title: "Three vendors that do not exist", Path: "/"}
	for _, v := range vendors() {
		pages, err := s.read(files, folders, v)
		if err != nil {
			return nil, fmt.Errorf("read the pages of %s: %w", v.Name, err)
		}
		for _, p := range pages {
			if err := p.render(layouts, v.dir+".html", view{Page: p, Vendor: v.Vendor, nav: navigation(v, pages, p)}); err != nil {
				return nil, err
			}
			if p.Updated.After(front.Updated) {
				front.Updated = p.Updated
			}
			s.add(p)
		}
	}
	if err := front.render(layouts, "front.html", view{Page: front, Vendors: Vendors()}); err != nil {
		return nil, err
	}
	s.add(front)
	slices.Sort(s.listed)
	lost := &page{Title: "Page not found"}
	if err := lost.render(layouts, "notfound.html", view{Page: lost}); err != nil {
		return nil, err
	}
	s.notFound = lost.body
	return s, nil
}

func (s *site) add(p *page) {
	s.pages[p.Path] = p
	if !p.unlisted {
		s.listed = append(s.listed, p.Path)
	}
}

// read reads the pages of a vendor in the order of its navigation.
func (s *site) read(files fs.FS, folders []string, v vendor) ([]*page, error) {
	written := map[string]string{} // by name below the vendor's folder
	for _, folder := range folders {
		root := path.Join(folder, v.dir)
		err := fs.WalkDir(files, root, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			raw, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			name = strings.TrimPrefix(name, root+"/")
			if move, ok := strings.CutPrefix(string(raw), "moved: "); ok {
				s.move(v, written, name, move)
			} else {
				written[name] = string(raw)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var pages []*page
	for name, raw := range written {
		p, err := parse(v, name, raw)
		if err != nil {
			return nil, err
		}
		pages = append(pages, p)
	}
	slices.SortFunc(pages, func(a, b *page) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Path, b.Path)) })
	return pages, nil
}

// move puts a page elsewhere. Its old path leads there only if the second line
// of what says so asks for that.
func (s *site) move(v vendor, written map[string]string, from, move string) {
	to, redirect, _ := strings.Cut(strings.TrimSpace(move), "\n")
	written[to] = written[from]
	delete(written, from)
	if redirect == "redirect: true" {
		s.moved[v.path(from)] = v.path(to)
	}
}

// view is what a layout is given.
type view struct {
	Page    *page
	Vendor  Vendor
	Vendors []Vendor // on the front page only
	nav
}

// nav is what leads from one page to the others of its vendor.
type nav struct {
	Sections   []section
	Prev, Next *link
	Home       string // relative link to the first page
}

type section struct {
	Name  string
	Links []link
}

type link struct {
	Title    string
	Path     string // from the root of the host
	Relative string // from the page it stands on
	Current  bool   // leads to the page it stands on
}

// navigation is the nav of the page on, whose vendor has these pages.
func navigation(v vendor, pages []*page, on *page) nav {
	n := nav{Home: v.relative(on.Path, v.Path)}
	var last *link
	for _, p := range pages {
		if p.unlisted {
			continue
		}
		l := link{Title: p.Title, Path: p.Path, Relative: v.relative(on.Path, p.Path), Current: p == on}
		i := slices.IndexFunc(n.Sections, func(s section) bool { return s.Name == p.Section })
		if i < 0 {
			i = len(n.Sections)
			n.Sections = append(n.Sections, section{Name: p.Section})
		}
		n.Sections[i].Links = append(n.Sections[i].Links, l)
		switch {
		case l.Current:
			n.Prev = last
		case last != nil && last.Current:
			n.Next = &l
		}
		last = &l
	}
	return n
}

// render makes what is served of the page.
func (p *page) render(layouts *template.Template, layout string, v view) error {
	var out bytes.Buffer
	if err := layouts.ExecuteTemplate(&out, layout, v); err != nil {
		return fmt.Errorf("render %s: %w", p.Path, err)
	}
	p.body = out.Bytes()
	sum := sha256.Sum256(p.body)
	p.etag = fmt.Sprintf(`"%x"`, sum[:8])
	return nil
}

// Date is the day of the last change, as layouts show it.
func (p *page) Date() string { return p.Updated.Format("2 January 2006") }

// Day is the day of the last change, as machines read it.
func (p *page) Day() string { return p.Updated.Format(time.DateOnly) }
