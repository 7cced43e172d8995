package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"techfacts.dev/techfacts/internal/fault"
)

// apiKey knows the key without keeping it. Its zero value asks for none.
type apiKey struct {
	asked bool
	sum   [sha256.Size]byte
}

func newAPIKey(key string) apiKey {
	return apiKey{asked: key != "", sum: sha256.Sum256([]byte(key))}
}

type verdict int

const (
	missing verdict = iota
	wrong
	right
)

// judge looks for the key among what a client has sent; an empty string is
// none. How long it takes does not depend on how much of a key is right.
func (k apiKey) judge(keys ...string) verdict {
	if !k.asked {
		return right
	}
	v := missing
	for _, key := range keys {
		if key == "" {
			continue
		}
		sum := sha256.Sum256([]byte(key))
		if subtle.ConstantTimeCompare(sum[:], k.sum[:]) == 1 {
			return right
		}
		v = wrong
	}
	return v
}

func (k apiKey) judgeHeader(h http.Header) verdict {
	return k.judge(bearer(h.Get("Authorization")), h.Get("X-Api-Key"))
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

func refuseKey(w http.ResponseWriter, r *http.Request, v verdict) {
	err := fault.New(fault.Unauthenticated, "an API key is needed: Authorization: Bearer, or X-API-Key")
	if v == wrong {
		err = fault.New(fault.Unauthenticated, "this is not the API key")
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	refuse(w, r, http.StatusUnauthorized, err)
}

// loopbackOnly refuses requests that were sent to any other name than one of
// this machine's own: where no key is asked for, a page must not get in by
// having its own name resolve to loopback.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/livez" && r.URL.Path != "/readyz" && !loopback(r.Host) {
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
			h.Set("Access-Control-Expose-Headers", headerRequestID)
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
