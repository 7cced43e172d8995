package demosite

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
)

const (
	forbidden = "/quarrowby/docs/internal/" // robots.txt says so; a page below is linked from the changelog
	movedFrom = "/fennlark/docs/throttling.html"
	movedTo   = "/fennlark/docs/rate-limits.html"
)

// routes says what answers what.
func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /robots.txt", robots)
	mux.HandleFunc("GET /sitemap.xml", s.sitemap)
	for from, to := range s.moved {
		mux.Handle("GET "+from, http.RedirectHandler(to, http.StatusMovedPermanently))
	}
	mux.HandleFunc("GET /", s.page)
	return mux
}

// page answers with a page, with 304 if the client has it already, or with the
// page that says there is none.
func (s *site) page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	p := s.pages[r.URL.Path]
	if p == nil {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(s.notFound) // a client that has gone needs no answer
		return
	}
	w.Header().Set("ETag", p.etag)
	w.Header().Set("Cache-Control", "no-cache") // to be kept, and asked about each time
	http.ServeContent(w, r, "", p.Updated, bytes.NewReader(p.body))
}

func robots(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	//nolint:gosec // text/plain, so that the host a client names stays text
	_, _ = fmt.Fprintf(w, "# Three vendors that do not exist.\nUser-agent: *\nDisallow: %s\n\nSitemap: %s\n",
		forbidden, absolute(r, "/sitemap.xml")) // a client that has gone needs no answer
}

// sitemap lists the pages that robots may read and readers are led to.
func (s *site) sitemap(w http.ResponseWriter, r *http.Request) {
	type entry struct {
		Loc     string `xml:"loc"`
		LastMod string `xml:"lastmod"`
	}
	set := struct {
		XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []entry  `xml:"url"`
	}{}
	for _, path := range s.listed {
		set.URLs = append(set.URLs, entry{absolute(r, path), s.pages[path].Day()})
	}
	body, err := xml.MarshalIndent(set, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("demosite: sitemap: %v", err)) // cannot happen: it is made of strings only
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	_, _ = fmt.Fprintf(w, "%s%s\n", xml.Header, body) // a client that has gone needs no answer
}

// absolute is the URL of a path as the client of r would write it.
func absolute(r *http.Request, path string) string {
	u := url.URL{Scheme: "http", Host: r.Host, Path: path}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return u.String()
}
