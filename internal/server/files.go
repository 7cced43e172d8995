package server

import (
	"net/http"
	"strconv"

	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// forReaders serves whoever may read through the API, who is in the context of the
// request.
func (a *api) forReaders(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		caller, err := a.caller(r)
		switch {
		case err != nil:
			a.refuseCaller(w, r, err)
		case !caller.Scope.Includes(schema.ScopeRead):
			refuse(w, r, http.StatusForbidden, fault.New(fault.Forbidden, "this key is not for reading"))
		default:
			serve(w, r.WithContext(access.With(r.Context(), caller)))
		}
	}
}

// refuseFile says why there is no file.
func refuseFile(w http.ResponseWriter, r *http.Request, err error) {
	f := classify(r.Context(), err)
	if f.RetryAfter > 0 {
		w.Header().Set(headerRetryAfter, strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	refuse(w, r, map[fault.Code]int{
		fault.NotFound: http.StatusNotFound, fault.Invalid: http.StatusBadRequest, fault.Unavailable: http.StatusServiceUnavailable,
		fault.Limited: http.StatusTooManyRequests, fault.Internal: http.StatusInternalServerError,
	}[f.Code], f)
}

// fileHeaders sets what every file has: it may be shown or saved, but not be part
// of another site, and do what its policy and sandbox allow.
func fileHeaders(h http.Header, disposition, name, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Disposition", disposition+"; filename="+strconv.Quote(name))
}
