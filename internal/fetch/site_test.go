package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
	"techfacts.dev/techfacts/schema"
)

// site is a web site on loopback that remembers what it was asked for.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

// serve starts a site. Without a handler for robots.txt it has none.
func serve(t *testing.T, pages map[string]http.HandlerFunc) *site {
	t.Helper()
	s := newSite(pages)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func newSite(pages map[string]http.HandlerFunc) *site {
	s := &site{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		page := pages[r.URL.Path]
		if page == nil {
			page = http.NotFound
		}
		page(w, r)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	return s
}

func (s *site) at(t *testing.T, path string) URL {
	t.Helper()
	return mustParse(t, s.URL+path)
}

// requests gives the paths asked for since the last time.
func (s *site) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// open makes an HTTP that may read sites, and nothing else that is not public.
func open(t *testing.T, o Options, sites ...*site) *Web {
	t.Helper()
	allow := make([]string, len(sites))
	for i, s := range sites {
		allow[i] = s.Listener.Addr().String()
	}
	var err error
	if o.Guard, err = NewGuard(strings.Join(allow, ","), nil); err != nil {
		t.Fatal(err)
	}
	h := NewHTTP(o)
	t.Cleanup(h.Close)
	return NewWeb(h, free{})
}

// free is a gate that is open.
type free struct{}

func (free) Admit(context.Context, string) error { return nil }

// says makes a page of the type and the text.
func says(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{contentType}
		if contentType == "" {
			w.Header()["Content-Type"] = nil
		}
		_, _ = io.WriteString(w, text)
	}
}

func answers(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

func redirect(to string) http.HandlerFunc { return answers(http.StatusFound, "Location", to) }

// cuts answers with raw bytes and breaks off.
func cuts(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, raw)
			_ = conn.Close()
		}
	}
}

// fails fetches u and gives its failure, which must have that outcome.
func fails(t *testing.T, h *Web, u URL, want schema.Outcome) *Failure {
	t.Helper()
	resp, err := h.Fetch(t.Context(), Request{URL: u})
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		t.Fatalf("%s: got %+v, %v; want %s", u, resp, err, want)
	}
	if f.Outcome != want || f.Reason == "" || strings.Contains(f.Reason, "127.0.0.1") && f.Outcome == schema.FetchBlocked {
		t.Fatalf("%s: got %s because %s (%v); want %s", u, f.Outcome, f.Reason, f, want)
	}
	return f
}

func fetched(t *testing.T, h *Web, r Request) Response {
	t.Helper()
	resp, err := h.Fetch(t.Context(), r)
	if err != nil {
		t.Fatalf("%s: %v", r.URL, err)
	}
	return resp
}

// canary is a server that nobody may connect to.
type canary struct {
	net.Listener
	port string
}

func newCanary(t *testing.T, address string) *canary {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil && address == "[::1]:0" { // a machine without IPv6: what would go there has nowhere to go
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return &canary{l, port}
}

// untouched connects by itself: if that is the first connection to arrive,
// there was none before.
func (c *canary) untouched(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("tcp", c.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	first, err := c.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if first.RemoteAddr().String() != conn.LocalAddr().String() {
		t.Error("something was connected to that must not be")
	}
}

// names starts a DNS server that knows hosts, and gives a resolver that asks it.
func names(t *testing.T, hosts map[string][]netip.Addr) *net.Resolver {
	t.Helper()
	return namesBy(t, func(name string) ([]netip.Addr, bool) {
		addrs, known := hosts[name]
		return addrs, known
	})
}

func namesBy(t *testing.T, lookup func(name string) (addrs []netip.Addr, known bool)) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if answer, err := resolveDNS(buffer[:n], lookup); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	})
	t.Cleanup(func() {
		_ = conn.Close()
		running.Wait()
	})
	var d net.Dialer
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func resolveDNS(query []byte, lookup func(string) ([]netip.Addr, bool)) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	m.Response, m.Additionals = true, nil
	q := m.Questions[0]
	addrs, known := lookup(strings.TrimSuffix(q.Name.String(), "."))
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, a := range addrs {
		header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return m.Pack()
}

func pool(s *site) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(s.Certificate())
	return p
}
