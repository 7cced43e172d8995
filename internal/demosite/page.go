package demosite

import (
	"errors"
	"fmt"
	"html"
	"html/template"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// page is one HTML page. The first half is written in a file below site/, the
// second is made of it.
type page struct {
	Title       string
	Section     string // of the navigation
	Description string
	Updated     time.Time // a day
	order       int       // in the navigation; sections come where their first page does
	unlisted    bool      // in no navigation and no sitemap
	Content     template.HTML

	Path     string // as in a URL
	Headings []heading
	body     []byte // what is served
	etag     string
}

// heading is an entry of a page's table of contents.
type heading struct {
	ID   string
	Text string
}

// parse reads a page: lines of "key: value", a line "---", and the main content
// below the first heading. name is its file below the vendor's folder.
func parse(v vendor, name, raw string) (*page, error) {
	head, body, found := strings.Cut(raw, "\n---\n")
	if !found {
		return nil, fmt.Errorf("%s: no line --- after the header", name)
	}
	p := &page{Path: v.path(name)}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if err := p.set(key, value); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, key, err)
		}
	}
	if p.Title == "" || p.Section == "" || p.Description == "" || p.Updated.IsZero() {
		return nil, fmt.Errorf("%s: title, section, description and updated are needed", name)
	}
	p.Content = template.HTML(p.mark(body, v.permalink)) //nolint:gosec // our own words, compiled in
	return p, nil
}

// set takes one line of the header.
func (p *page) set(key, value string) (err error) {
	switch key {
	case "title":
		p.Title = value
	case "section":
		p.Section = value
	case "description":
		p.Description = value
	case "updated":
		p.Updated, err = time.Parse(time.DateOnly, value)
	case "order":
		p.order, err = strconv.Atoi(value)
	case "unlisted":
		p.unlisted, err = strconv.ParseBool(value)
	default:
		err = errors.New("no such key")
	}
	return err
}

var (
	headingTag = regexp.MustCompile(`<h([23])>(.*?)</h[23]>`)
	anyTag     = regexp.MustCompile(`<[^>]*>`)
	notInID    = regexp.MustCompile(`[^a-z0-9]+`)
)

// mark gives every heading of the second and third level an id and a permalink,
// and notes it in the table of contents.
func (p *page) mark(body, permalink string) string {
	taken := map[string]int{}
	return headingTag.ReplaceAllStringFunc(body, func(tag string) string {
		part := headingTag.FindStringSubmatch(tag)
		text := html.UnescapeString(anyTag.ReplaceAllString(part[2], ""))
		id := strings.Trim(notInID.ReplaceAllString(strings.ToLower(text), "-"), "-")
		taken[id]++
		if n := taken[id]; n > 1 {
			id += "-" + strconv.Itoa(n)
		}
		p.Headings = append(p.Headings, heading{ID: id, Text: text})
		link := strings.ReplaceAll(permalink, "%s", id)
		return fmt.Sprintf(`<h%s id="%s">%s%s</h%s>`, part[1], id, part[2], link, part[1])
	})
}

// path is where a file of the vendor is served.
func (v vendor) path(name string) string {
	name = strings.TrimSuffix(name, ".html")
	if path.Base(name) == "index" {
		return v.Path + strings.TrimSuffix(name, "index")
	}
	return v.Path + name + v.suffix
}

// relative is the link from one of the vendor's pages to another.
func (v vendor) relative(from, to string) string {
	depth := strings.Count(strings.TrimPrefix(from, v.Path), "/")
	link := strings.Repeat("../", depth) + strings.TrimPrefix(to, v.Path)
	if link == "" {
		link = "./"
	}
	return link
}
