package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// manuals are folders of HTML, by the path under which they are served.
type manuals map[string]string

func find(root string) manuals {
	m := manuals{}
	for name, candidates := range map[string][]string{
		"postgresql": {"postgresql-doc-15/html"}, "sqlite": {"sqlite3-doc", "sqlite3"}, "git": {"git/html", "git-doc"},
		"python": {"python3.11/html", "python3-doc/html"}, "apache": {"apache2-doc/manual", "apache2-doc"},
	} {
		for _, c := range candidates {
			if info, err := os.Stat(filepath.Join(root, c)); err == nil && info.IsDir() {
				m[name] = filepath.Join(root, c)
				break
			}
		}
	}
	return m
}

// robots forbids parts of each manual; the sitemaps list all but one, and name
// what is forbidden, too.
const robots = `User-agent: *
Disallow: /postgresql/release
Disallow: /python/whatsnew/
Disallow: /*/developer/
Disallow: /git/RelNotes*.txt$
Allow: /apache/en/developer/index.html

User-agent: techfacts-other
Disallow: /

Sitemap: /sitemap.xml
`

func forbidden(p string) bool {
	switch p {
	case "/apache/en/developer/", "/apache/en/developer/index.html": // who allows the index allows its folder
		return false
	}
	return strings.HasPrefix(p, "/postgresql/release") || strings.HasPrefix(p, "/python/whatsnew/") || strings.Contains(p[1:], "/developer/") ||
		strings.HasPrefix(p, "/git/RelNotes") && strings.HasSuffix(p, ".txt")
}

// site serves manuals as a plain file server does, and counts requests.
type site struct {
	manuals manuals
	mu      sync.Mutex
	asked   map[string]int
	open    bool // nothing is forbidden, and no sitemap named
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.RequestURI()]++
	s.mu.Unlock()
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/":
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<main><h1>Manuals</h1><p>The manuals of five programs, as Debian ships them.</p><a href="/manual">Apache</a></main>`)
	case s.open && (r.URL.Path == "/robots.txt" || r.URL.Path == "/sitemap.xml"):
		http.NotFound(w, r)
	case r.URL.Path == "/robots.txt":
		_, _ = io.WriteString(w, robots)
	case r.URL.Path == "/sitemap.xml":
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, "<sitemapindex>")
		for name := range s.manuals {
			if name != "apache" { // it is found by a link, through redirects
				_, _ = fmt.Fprintf(w, "<sitemap><loc>/sitemap-%s.xml.gz</loc></sitemap>", name)
			}
		}
		_, _ = io.WriteString(w, "</sitemapindex>")
	case strings.HasPrefix(r.URL.Path, "/sitemap-"):
		s.sitemap(w, strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/sitemap-"), ".xml.gz"))
	case r.URL.Path == "/manual":
		http.Redirect(w, r, "/apache", http.StatusMovedPermanently)
	case s.manuals[name] != "":
		s.file(w, r, name, rest)
	default:
		http.NotFound(w, r)
	}
}

func (s *site) file(w http.ResponseWriter, r *http.Request, name, rest string) {
	file := filepath.Join(s.manuals[name], filepath.FromSlash(path.Clean("/"+rest)))
	if info, err := os.Stat(file); err == nil && !info.IsDir() {
		w.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, info.Size(), info.ModTime().Unix()))
	}
	if strings.HasSuffix(file, ".html.en") { // Apache's names for languages
		w.Header().Set("Content-Type", "text/html")
	}
	files := http.StripPrefix("/"+name, http.FileServer(http.Dir(s.manuals[name])))
	if rest == "" && !strings.HasSuffix(r.URL.Path, "/") {
		http.Redirect(w, r, "/"+name+"/", http.StatusMovedPermanently)
		return
	}
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || r.Header.Get("If-None-Match") != "" {
		files.ServeHTTP(w, r)
		return
	}
	z := &zipped{ResponseWriter: w}
	files.ServeHTTP(z, r)
	z.close()
}

func (s *site) sitemap(w http.ResponseWriter, name string) {
	root, ok := s.manuals[name]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/gzip")
	z := gzip.NewWriter(w)
	defer z.Close()
	_, _ = io.WriteString(z, `<?xml version="1.0" encoding="UTF-8"?><urlset>`)
	_ = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if rel, relErr := filepath.Rel(root, file); err == nil && relErr == nil && strings.HasSuffix(file, ".html") {
			_, _ = fmt.Fprintf(z, "<url><loc> /%s/%s </loc></url>", name, filepath.ToSlash(rel))
		}
		return nil
	})
	_, _ = io.WriteString(z, "</urlset>")
}

// zipped compresses answers that have a body.
type zipped struct {
	http.ResponseWriter
	z *gzip.Writer
}

func (z *zipped) WriteHeader(status int) {
	if status == http.StatusOK {
		z.Header().Del("Content-Length")
		z.Header().Set("Content-Encoding", "gzip")
		z.z = gzip.NewWriter(z.ResponseWriter)
	}
	z.ResponseWriter.WriteHeader(status)
}

func (z *zipped) Write(p []byte) (int, error) {
	if z.z == nil {
		return z.ResponseWriter.Write(p)
	}
	return z.z.Write(p)
}

func (z *zipped) close() {
	if z.z != nil {
		_ = z.z.Close()
	}
}
