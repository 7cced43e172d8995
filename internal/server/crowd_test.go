package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

func TestConnectionsThatStayOpenAreLimited(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limits Limits
		status int
		code   string
	}{
		"in all":     {Limits{Connections: 2, ClientConnections: 100}, http.StatusServiceUnavailable, "UNAVAILABLE"},
		"of one":     {Limits{Connections: 100, ClientConnections: 2}, http.StatusTooManyRequests, "LIMITED"},
		"by default": {Limits{ClientConnections: 2}, http.StatusTooManyRequests, "LIMITED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, Config{Limits: test.limits})
			socket := f.connect(t)
			stream := f.stream(t, "subscription{silent}")
			within(t, f.began, "the subscription")
			_, resp, err := f.tryDial(t, []string{subprotocol})
			if err == nil || resp.StatusCode != test.status || resp.Header.Get("Retry-After") != "10" {
				t.Errorf("one more socket: got %v %v", resp, err)
			}
			a := f.query(t, "subscription{silent}", nil, "Accept", mediaStream)
			if a.status != test.status || a.code() != test.code || a.Errors[0].Extensions.RetryAfter != 10 {
				t.Errorf("one more stream: got %d %s", a.status, a.body)
			}
			if a := f.query(t, "{hello}", nil); a.status != http.StatusOK {
				t.Errorf("a plain query: got %d %s", a.status, a.body)
			}
			// Who leaves makes room, whichever it was.
			stream.stop()
			within(t, f.ended, "the end of the subscription")
			f.until(t, func() bool { return f.room(t) })
			_ = socket.NetConn().Close()
			f.until(t, func() bool { return f.room(t) })
		})
	}
}

// room tells whether a websocket may be opened.
func (f *fixture) room(t *testing.T) bool {
	t.Helper()
	c, _, err := f.tryDial(t, []string{subprotocol})
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

func (f *fixture) until(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}

func TestAClientIsAnAddress(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"192.0.2.7:1000": "192.0.2.7", "[::ffff:192.0.2.7]:1000": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:7": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:7": "fe80::/64", "@": "@",
	} {
		if got := clientOf(&http.Request{RemoteAddr: from}); got != want {
			t.Errorf("%s: got %s, want %s", from, got, want)
		}
	}
}

func TestOneClientLeavesRoomForOthers(t *testing.T) {
	t.Parallel()
	c := newCrowd(Limits{Connections: 3, ClientConnections: 2})
	expect := func(client string, want *fault.Error) func() {
		t.Helper()
		leave, err := c.enter(client)
		if err != want {
			t.Errorf("%s: got %v, want %v", client, err, want)
		}
		return leave
	}
	leave := expect("a", nil)
	expect("a", nil)
	expect("a", errCrowded)
	expect("b", nil)
	expect("b", errFull)
	leave()
	expect("b", nil)
	if len(c.of) != 2 || strings.Contains(errFull.Message, "client") {
		t.Errorf("counted %v", c.of)
	}
}
