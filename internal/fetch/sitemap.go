package fetch

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
	"techfacts.dev/techfacts/schema"
)

// The bounds of one sitemap: the first two by the protocol of sitemaps.org.
const (
	maxSitemap      = 50 << 20 // bytes, decoded
	maxSitemapURLs  = 50_000
	maxSitemapBytes = 8 << 20 // of URLs
	maxSitemapToken = 2 << 20 // one tag, text or comment
	maxSitemapTotal = 500     // sitemaps named by an index that are kept
)

// Sitemap is what one sitemap lists, in order and without doubles.
type Sitemap struct {
	Pages    []Listed
	Sitemaps []URL // further sitemaps, of an index
	Cut      bool  // it lists more, or ends before its end
}

// Listed is one page of a sitemap.
type Listed struct {
	URL      URL
	Modified time.Time // zero if it does not say
}

// readSitemap takes the sitemap from resp. A large one waits for a place, as a
// large page does.
func (h *HTTP) readSitemap(ctx context.Context, clock *clock, resp *http.Response, found *Response) *Failure {
	found.ContentType = mediaType(resp.Header.Get("Content-Type"))
	body, wire, err := decoded(resp, maxSitemap)
	if err != nil {
		return brokenBody(err, maxSitemap)
	}
	var waited error
	sitemap, err := parseSitemap(body, resp.Header.Get("Content-Type"), found.URL, func() bool {
		found.release, waited = h.room.enter(ctx, clock)
		return waited == nil
	})
	if waited != nil {
		return brokenBody(waited, maxSitemap)
	}
	if err != nil && len(sitemap.Pages)+len(sitemap.Sitemaps) == 0 {
		if errors.Is(err, errNoSitemap) {
			return failed(schema.UnsupportedType, err, "it is no sitemap")
		}
		return brokenBody(err, maxSitemap)
	}
	found.sitemap, found.Bytes = &sitemap, wire.n
	return nil
}

var errNoSitemap = errors.New("no sitemap")

// ParseSitemap reads a sitemap, an index of sitemaps, an RSS or Atom feed, or a
// list of URLs as text, found at the URL at, compressed or not, in any encoding.
// With an error it gives what it understood before it. What is not admitted as a
// URL is left out.
func ParseSitemap(r io.Reader, contentType string, at URL) (Sitemap, error) {
	return parseSitemap(r, contentType, at, func() bool { return true })
}

// parseSitemap is ParseSitemap, which asks enter before it keeps more than a little,
// and ends if that says no.
func parseSitemap(r io.Reader, contentType string, at URL, enter func() bool) (Sitemap, error) {
	in := bufio.NewReaderSize(&capped{r: r, limit: maxSitemap}, 4096)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1F, 0x8B}) { // sitemap.xml.gz
		unzipped, err := gzip.NewReader(in)
		if err != nil {
			return Sitemap{}, err
		}
		in = bufio.NewReaderSize(&capped{r: unzipped, limit: maxSitemap}, 4096)
	}
	in = bufio.NewReaderSize(sitemapText(in, contentType), 4096)
	first, err := skipSpace(in)
	if err != nil {
		return Sitemap{}, errNoSitemap
	}
	l := listing{at: at, seen: map[URL]bool{}, enter: enter}
	if first != '<' {
		err = l.lines(in)
	} else {
		err = l.xml(in)
	}
	l.Cut = l.Cut || err != nil
	return l.Sitemap, err
}

// sitemapText makes UTF-8 of in.
func sitemapText(in *bufio.Reader, contentType string) io.Reader {
	start, _ := in.Peek(1024)
	switch {
	case bytes.HasPrefix(start, []byte{0, 0, 0xFE, 0xFF}), bytes.HasPrefix(start, []byte{0xFF, 0xFE, 0, 0}):
		return transform.NewReader(in, utf32.UTF32(utf32.BigEndian, utf32.UseBOM).NewDecoder())
	case bytes.HasPrefix(start, []byte{0xFE, 0xFF}), bytes.HasPrefix(start, []byte{0xFF, 0xFE}):
		return transform.NewReader(in, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder())
	case bytes.HasPrefix(start, []byte{0, '<', 0}):
		return transform.NewReader(in, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder())
	case bytes.HasPrefix(start, []byte{'<', 0}):
		return transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
	}
	label := declared(start)
	if label == "" {
		_, label, _ = strings.Cut(strings.ToLower(contentType), "charset=")
		label = strings.Trim(label, `"' `)
	}
	if e, name := charset.Lookup(label); e != nil && name != "utf-8" && name != "replacement" && !strings.HasPrefix(name, "utf-16") {
		return transform.NewReader(in, e.NewDecoder())
	}
	return transform.NewReader(in, unicode.UTF8BOM.NewDecoder())
}

// declared gives the encoding that an XML declaration names.
func declared(start []byte) string {
	declaration, _, ok := bytes.Cut(bytes.TrimSpace(start), []byte("?>"))
	if !ok || !bytes.HasPrefix(declaration, []byte("<?xml")) {
		return ""
	}
	_, rest, ok := bytes.Cut(declaration, []byte("encoding"))
	if !ok {
		return ""
	}
	rest = bytes.TrimLeft(rest, "= \t\r\n")
	if len(rest) == 0 {
		return ""
	}
	label, _, _ := bytes.Cut(rest[1:], rest[:1])
	return string(label)
}

func skipSpace(in *bufio.Reader) (first rune, err error) {
	for {
		r, _, err := in.ReadRune()
		if err != nil {
			return 0, err
		}
		if r > ' ' && r != '\uFEFF' && r != '\u00A0' {
			return r, in.UnreadRune()
		}
	}
}

// listing collects what a sitemap lists.
type listing struct {
	Sitemap
	at    URL
	seen  map[URL]bool
	bytes int         // of its URLs
	large bool        // it was let in
	enter func() bool // lets it in, or does not
}

// listedSize is what a URL takes beside its bytes.
const listedSize = 300

// room reports whether there is room for one more URL.
func (l *listing) room(u URL) bool {
	l.bytes += len(u.String())
	switch {
	case l.bytes > maxSitemapBytes:
		return false
	case !l.large && l.bytes+listedSize*len(l.seen) > smallBody:
		l.large = true
		return l.enter()
	}
	return true
}

// page adds a page. It fails with io.EOF when there is no room for more.
func (l *listing) page(href, modified string) error {
	u, err := l.at.Resolve(strings.TrimSpace(href))
	if strings.TrimSpace(href) == "" || err != nil || l.seen[u] {
		return nil //nolint:nilerr // not a URL that could be read
	}
	if len(l.Pages) == maxSitemapURLs || !l.room(u) {
		l.Cut = true
		return io.EOF
	}
	l.seen[u] = true
	l.Pages = append(l.Pages, Listed{u, sitemapTime(modified)})
	return nil
}

func (l *listing) sitemap(href string) {
	u, err := l.at.Resolve(strings.TrimSpace(href))
	if strings.TrimSpace(href) == "" || err != nil || l.seen[u] {
		return
	}
	if len(l.Sitemaps) == maxSitemapTotal || !l.room(u) {
		l.Cut = true
		return
	}
	l.seen[u] = true
	l.Sitemaps = append(l.Sitemaps, u)
}

// lines reads a list of one URL a line.
func (l *listing) lines(in io.Reader) error {
	scan := bufio.NewScanner(in)
	scan.Buffer(nil, 64<<10)
	for scan.Scan() {
		line := strings.TrimSpace(scan.Text())
		if !strings.HasPrefix(line, "http://") && !strings.HasPrefix(line, "https://") {
			if len(l.Pages) == 0 && line != "" && !strings.HasPrefix(line, "#") {
				return errNoSitemap
			}
			continue
		}
		if l.page(line, "") != nil {
			return nil //nolint:nilerr // full
		}
	}
	return scan.Err()
}

// entry is what is known so far of the element that stands for one page.
type entry struct {
	depth           int    // of the element
	url, modified   string // as written
	guid            string // of an RSS item, when it is a link
	sitemap, listed bool   // its kind
}

// xml reads any of the formats: they differ in names only.
func (l *listing) xml(in *bufio.Reader) error {
	pieces := &piecemeal{Reader: in}
	d := xml.NewDecoder(pieces)
	d.Strict, d.AutoClose, d.Entity = false, nil, xml.HTMLEntity
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // decoded before
	var e entry
	known := false
	var text strings.Builder
	for depth := 0; ; {
		pieces.left = maxSitemapToken
		token, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF) && known:
			return nil
		case errors.Is(err, io.EOF):
			return errNoSitemap
		case err != nil && !known:
			return errors.Join(errNoSitemap, err)
		case err != nil:
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > 32 {
				return errNoSitemap
			}
			text.Reset()
			if !known && depth == 1 {
				if known = isSitemap(t.Name.Local); !known {
					return errNoSitemap
				}
			}
			e.begin(t, depth)
		case xml.CharData:
			if e.listed && text.Len()+len(t) <= 2*maxURL {
				text.Write(t)
			}
		case xml.EndElement:
			if e.end(t, depth, strings.TrimSpace(text.String())) {
				if e.sitemap {
					l.sitemap(e.url)
				} else if l.page(e.link(), e.modified) != nil {
					return nil //nolint:nilerr // full
				}
				e = entry{}
			}
			text.Reset()
			depth--
		}
	}
}

// piecemeal gives no more than is left, which is set anew for each piece: a decoder
// of XML keeps all of a token.
type piecemeal struct {
	*bufio.Reader
	left int
}

// ReadByte fails with errTooLarge when nothing is left.
func (p *piecemeal) ReadByte() (byte, error) {
	if p.left--; p.left < 0 {
		return 0, errTooLarge
	}
	return p.Reader.ReadByte()
}

func isSitemap(root string) bool {
	switch strings.ToLower(root) {
	case "urlset", "sitemapindex", "rss", "feed", "rdf":
		return true
	}
	return false
}

// begin notes that an element begins.
func (e *entry) begin(t xml.StartElement, depth int) {
	name := strings.ToLower(t.Name.Local)
	if !e.listed {
		switch name {
		case "url", "sitemap", "item", "entry":
			*e = entry{depth: depth, listed: true, sitemap: name == "sitemap"}
		}
		return
	}
	if depth != e.depth+1 {
		return
	}
	attr := func(name string) string {
		for _, a := range t.Attr {
			if strings.EqualFold(a.Name.Local, name) {
				return strings.ToLower(a.Value)
			}
		}
		return ""
	}
	switch name {
	case "link": // Atom has it in an attribute
		if rel := attr("rel"); rel == "" || rel == "alternate" {
			for _, a := range t.Attr {
				if a.Name.Local == "href" && t.Name.Space == "" && e.url == "" {
					e.url = a.Value
				}
			}
		}
	case "guid":
		if attr("isPermaLink") == "false" {
			e.guid = "-"
		}
	}
}

// end notes that an element ends, and reports whether that was the page.
func (e *entry) end(t xml.EndElement, depth int, text string) bool {
	if !e.listed {
		return false
	}
	if depth == e.depth+1 && text != "" {
		switch strings.ToLower(t.Name.Local) {
		case "loc", "link":
			if e.url == "" && (t.Name.Space == "" || t.Name.Space == "sm" || t.Name.Space == "sitemap") {
				e.url = text
			}
		case "guid":
			if e.guid == "" {
				e.guid = text
			}
		case "lastmod", "updated", "pubdate", "date":
			if e.modified == "" {
				e.modified = text
			}
		}
	}
	return depth <= e.depth
}

// link is where the page is.
func (e *entry) link() string {
	if e.url == "" && (strings.HasPrefix(e.guid, "http://") || strings.HasPrefix(e.guid, "https://")) {
		return e.guid
	}
	return e.url
}

// sitemapTime reads a time as sitemaps and feeds write it; zero if it is none.
func sitemapTime(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly, "2006-01", "2006",
		time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST",
	} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}
