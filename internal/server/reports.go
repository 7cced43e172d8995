package server

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
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

// report serves a report to whoever may read through the API.
func (a *api) report(w http.ResponseWriter, r *http.Request) {
	caller, err := a.caller(r)
	if err != nil {
		a.refuseCaller(w, r, err)
		return
	}
	if !caller.Scope.Includes(schema.ScopeRead) {
		refuse(w, r, http.StatusForbidden, fault.New(fault.Forbidden, "this key is not for reading"))
		return
	}
	f, err := a.reports(access.With(r.Context(), caller), strings.TrimPrefix(r.URL.Path, reportsPrefix))
	if err != nil {
		f := classify(r.Context(), err)
		refuse(w, r, map[fault.Code]int{
			fault.NotFound: http.StatusNotFound, fault.Invalid: http.StatusBadRequest, fault.Unavailable: http.StatusServiceUnavailable,
			fault.Limited: http.StatusTooManyRequests, fault.Internal: http.StatusInternalServerError,
		}[f.Code], f)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", f.Policy+"; frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	disposition := "attachment"
	if f.Media == "text/html" {
		disposition = "inline"
	}
	h.Set("Content-Disposition", disposition+"; filename="+strconv.Quote(f.Name))
	respond(w, http.StatusOK, f.Media, f.Body)
}
