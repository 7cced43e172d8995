package server

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

// Why one more connection is refused. Those that are open stay open, so it makes
// no sense to come back at once.
var (
	errFull    = fault.New(fault.Unavailable, "too many websockets and event streams are open").After(10 * time.Second)
	errCrowded = fault.New(fault.Limited, "too many websockets and event streams of this client are open").After(10 * time.Second)
)

// crowd counts the connections that stay open, websockets and event streams, in
// all and by client.
type crowd struct {
	most, mostOfOne int

	mu   sync.Mutex
	open int
	of   map[string]int
}

func newCrowd(l Limits) *crowd {
	return &crowd{most: l.Connections, mostOfOne: l.ClientConnections, of: map[string]int{}}
}

// enter counts one more, until leave is called, or says why it may not be
// opened.
func (c *crowd) enter(client string) (leave func(), refusal *fault.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.open >= c.most:
		return nil, errFull
	case c.of[client] >= c.mostOfOne:
		return nil, errCrowded
	}
	c.open++
	c.of[client]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.open--
		if c.of[client]--; c.of[client] == 0 {
			delete(c.of, client)
		}
	}, nil
}

// clientOf is who counts as one client: an address, or an IPv6 network of those
// that are given to one customer.
func clientOf(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := from.Addr().Unmap().WithZone("")
	if addr.Is6() {
		return netip.PrefixFrom(addr, 64).Masked().String()
	}
	return addr.String()
}

// admit counts a connection that is to stay open, or refuses the request.
func (a *api) admit(w http.ResponseWriter, r *http.Request) (leave func(), ok bool) {
	leave, refusal := a.crowd.enter(clientOf(r))
	if refusal == nil {
		return leave, true
	}
	status := http.StatusServiceUnavailable
	if refusal.Code == fault.Limited {
		status = http.StatusTooManyRequests
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(refusal.RetryAfter.Seconds())))
	refuse(w, r, status, refusal)
	return nil, false
}
