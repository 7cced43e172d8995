package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

// pagePolicy lets a page of ours load what is served beside it and talk to this
// server, and nothing else; no other page may frame it. There is no exception
// for inline styles or scripts.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// site is a built page with its assets. A nil site has no page.
type site struct {
	prefix string // where it is served: the page itself, and below it the rest
	files  map[string]*file
}

// file is one file of a site.
type file struct {
	media  string
	etag   string
	body   []byte
	zipped func() []byte // made when somebody asks for it
}

const (
	indexPage = "index.html"
	assets    = "assets/" // names that change with what they name
)

// newSite reads a site: index.html, and files below assets/.
func newSite(prefix string, built fs.FS) (*site, error) {
	if built == nil {
		return nil, nil //nolint:nilnil // no site
	}
	s := &site{prefix: prefix, files: map[string]*file{}}
	err := fs.WalkDir(built, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(built, name)
		if err == nil {
			s.files[name] = newFile(name, body)
		}
		return err
	})
	if err == nil && s.files[indexPage] == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("read the pages of %s: %w", prefix, err)
	}
	return s, nil
}

func newFile(name string, body []byte) *file {
	sum := sha256.Sum256(body)
	return &file{
		media:  mediaOf(name),
		etag:   hex.EncodeToString(sum[:16]),
		body:   body,
		zipped: sync.OnceValue(func() []byte { return zip(body) }),
	}
}

// mediaOf does not ask the machine's own table for what matters.
func mediaOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".md":
		return "text/plain; charset=utf-8"
	default:
		if media := mime.TypeByExtension(ext); media != "" {
			return media
		}
		return "application/octet-stream"
	}
}

func zip(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // cannot happen: the level is a valid one
	}
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// has tells whether a path is for the site to answer.
func (s *site) has(urlPath string) bool {
	return s != nil && (urlPath == s.prefix || strings.HasPrefix(urlPath, s.prefix+"/"))
}

// serve answers with a file. Assets never change and may be kept; the page is
// asked for again, and is not sent again if it is still the same.
func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, s.prefix), "/")
	if name == "" {
		name = indexPage
	}
	f := s.files[name]
	if f == nil {
		refuse(w, r, http.StatusNotFound, fault.New(fault.NotFound, "nothing is served here; the page is at %s", s.prefix))
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Type", f.media)
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, assets) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Add("Vary", "Accept-Encoding")
	body, etag := f.body, f.etag
	if acceptsGzip(r.Header) {
		body, etag = f.zipped(), etag+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+etag+`"`)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(takeWithin)) // as in respond
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip tells whether a client names gzip, and does not weigh it with 0.
func acceptsGzip(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q := strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			return strings.Trim(q, "0.") != "" || q == ""
		}
	}
	return false
}
