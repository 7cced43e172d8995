package server

import (
	"context"
	"net/http"
	"strings"
)

// File is a document that is served as it is.
type File struct {
	Name   string // for whoever saves it
	Media  string
	Policy string // its Content-Security-Policy
	Body   []byte
}

// Files finds a document by the last part of its path, such as
// 01a20b94-0647-8080-8003-10965f8b5264.html. NOT_FOUND, or INVALID for an ending that none has.
type Files func(ctx context.Context, name string) (File, error)

const reportsPrefix = "/reports/"

// report serves a report.
func (a *api) report(w http.ResponseWriter, r *http.Request) {
	f, err := a.reports(r.Context(), strings.TrimPrefix(r.URL.Path, reportsPrefix))
	if err != nil {
		refuseFile(w, r, err)
		return
	}
	disposition := "attachment"
	if f.Media == "text/html" {
		disposition = "inline"
	}
	fileHeaders(w.Header(), disposition, f.Name, f.Policy+"; frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox")
	respond(w, http.StatusOK, f.Media, f.Body)
}
