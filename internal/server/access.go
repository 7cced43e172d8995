package server

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/fault"
)

// caller finds who sends a request by its header.
func (a *api) caller(r *http.Request) (access.Caller, error) {
	return a.engine.keys.Identify(r.Context(), bearer(r.Header.Get("Authorization")), r.Header.Get("X-Api-Key"))
}

// bearer is the token of an Authorization header; of another scheme there is
// none.
func bearer(authorization string) string {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// refuseCaller says why somebody is not let in.
func (a *api) refuseCaller(w http.ResponseWriter, r *http.Request, why error) {
	f := classify(r.Context(), why)
	if f.Code != fault.Unauthenticated {
		a.log.WarnContext(r.Context(), "a key was not checked", slog.String("request_id", RequestID(r.Context())), slog.Any("error", why))
		refuse(w, r, http.StatusServiceUnavailable, f)
		return
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	refuse(w, r, http.StatusUnauthorized, f)
}

// loopbackOnly refuses requests that were sent to any other name than one of
// this machine's own: where no key is asked for, a page must not get in by
// having its own name resolve to loopback.
func (a *api) loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/livez" && r.URL.Path != "/readyz" && !loopback(r.Host) && !a.engine.keys.Asked() {
			refuse(w, r, http.StatusForbidden, fault.New(fault.Forbidden,
				"without an API key this is served on localhost and loopback addresses only"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopback tells whether a Host header names this machine.
func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && addr.Zone() == "" && addr.IsLoopback()
}

// origins are those whose pages may use the API from a browser.
type origins []string

func newOrigins(list []string) origins {
	var o origins
	for _, s := range list {
		if s = strings.TrimSuffix(strings.ToLower(s), "/"); s != "" {
			o = append(o, s)
		}
	}
	return o
}

func (o origins) has(origin string) bool {
	return slices.Contains(o, strings.ToLower(origin))
}

// admit tells whether a websocket may be opened: browsers let any page try, and
// name it. Whoever names none is not a browser.
func (o origins) admit(r *http.Request) bool {
	named := r.Header.Values("Origin")
	if len(named) == 0 {
		return true
	}
	u, err := url.Parse(named[0])
	return len(named) == 1 && err == nil && (u.Host != "" && strings.EqualFold(u.Host, r.Host) || o.has(named[0]))
}

// share lets pages of these origins read the answers (CORS), and of no other.
func (o origins) share(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		known := o.has(r.Header.Get("Origin"))
		if known {
			h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			h.Set("Access-Control-Expose-Headers", headerRequestID+", "+headerRetryAfter)
		}
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			next.ServeHTTP(w, r)
			return
		}
		h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
		if known {
			h.Set("Access-Control-Allow-Methods", methods)
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-API-Key, "+headerRequestID)
			h.Set("Access-Control-Max-Age", "600")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
