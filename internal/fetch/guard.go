package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"techfacts.dev/techfacts/internal/fault"
)

// errDenied is in the chain of every refusal of the guard.
var errDenied = errors.New("denied by the guard")

// Guard decides which addresses may be connected to, so that nobody can use us
// to reach what only we can reach. The zero Guard lets only the public Internet
// through.
type Guard struct {
	allow []opening
	own   []netip.AddrPort
}

// opening is a network that the operator has opened.
type opening struct {
	prefix netip.Prefix
	port   uint16 // the only one open; 0 for all but bad ones
}

// NewGuard makes a guard that also lets through the networks in allow, which is
// FETCH_ALLOW_CIDRS: networks or addresses with commas between them, each with
// the one port it is narrowed to if need be, as in
// "10.20.0.0/16, 127.0.0.16/28:18080, [fd00::/8]:8080". It never lets through to
// own, the addresses of our database and the like; port 0 stands for any, and an
// own address on loopback stands for all of loopback.
func NewGuard(allow string, own []netip.AddrPort) (*Guard, error) {
	g := &Guard{}
	for part := range strings.SplitSeq(allow, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		o, err := parseOpening(part)
		if err != nil {
			return nil, fault.InvalidField("FETCH_ALLOW_CIDRS", "%q: %v", part, err)
		}
		g.allow = append(g.allow, o)
	}
	for _, o := range own {
		g.own = append(g.own, netip.AddrPortFrom(o.Addr().Unmap().WithZone(""), o.Port()))
	}
	return g, nil
}

func parseOpening(s string) (opening, error) {
	var o opening
	network, port, narrowed := s, "", false
	if inside, ok := strings.CutPrefix(s, "["); ok {
		var end string
		network, end, _ = strings.Cut(inside, "]")
		if port, narrowed = strings.CutPrefix(end, ":"); !narrowed && (end != "" || len(network) == len(inside)) {
			return o, errors.New("a bracket must be closed, and followed by a port or nothing")
		}
	} else if strings.Count(s, ":") == 1 {
		network, port, narrowed = strings.Cut(s, ":")
	}
	if narrowed {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return o, errors.New("the port must be from 1 to 65535")
		}
		o.port = uint16(n)
	}
	if !strings.Contains(network, "/") {
		addr, err := netip.ParseAddr(network)
		if err != nil || addr.Zone() != "" {
			return o, errors.New("not an address")
		}
		o.prefix = netip.PrefixFrom(addr, addr.BitLen())
	} else {
		var err error
		if o.prefix, err = netip.ParsePrefix(network); err != nil {
			return o, errors.New("not a network")
		}
	}
	if o.prefix.Addr().Is4In6() {
		return o, errors.New("an IPv4 network must be written as such")
	}
	return o, nil
}

// Judge says why a must not be connected to, nil if it may. What it says is for
// the log only.
func (g *Guard) Judge(a netip.AddrPort) error {
	addr, port := a.Addr(), a.Port()
	switch {
	case !addr.IsValid():
		return fmt.Errorf("%w: not an address", errDenied)
	case addr.Zone() != "":
		return fmt.Errorf("%w: %s has a zone", errDenied, addr)
	}
	addr = addr.Unmap()
	switch {
	case contains(metadataPrefixes, addr):
		return fmt.Errorf("%w: %s may be a metadata service", errDenied, addr)
	case g.isOwn(addr, port):
		return fmt.Errorf("%w: %s:%d is our own", errDenied, addr, port)
	}
	opened, named := g.opened(addr, port)
	bad := badPort(port) && !named
	switch {
	case opened && nat64.Contains(addr):
		raw := addr.As16()
		return g.Judge(netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[12:])), port))
	case !opened && addr.Is6() && !globalUnicast.Contains(addr), !opened && contains(specialPrefixes, addr):
		return fmt.Errorf("%w: %s is not on the public Internet", errDenied, addr)
	case bad:
		return fmt.Errorf("%w: port %d of %s is not for HTTP", errDenied, port, addr)
	}
	return nil
}

// ControlContext is for a [net.Dialer]: it judges each address that is about
// to be connected to, which is after the name was resolved.
func (g *Guard) ControlContext(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: %s is not TCP", errDenied, network)
	}
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", errDenied, err)
	}
	return g.Judge(a)
}

// judge says why nobody may be told to connect to u for us, nil if they may: none of
// the addresses of its host may be denied. They may be others when it is done,
// which is then up to who does it.
func (h *HTTP) judge(ctx context.Context, u URL) error {
	target := u.request()
	number, err := strconv.ParseUint(cmp.Or(target.Port(), map[string]string{"http": "80", "https": "443"}[u.scheme]), 10, 16)
	if err != nil {
		return fmt.Errorf("%w: %w", errDenied, err)
	}
	addrs, err := h.resolver.LookupNetIP(ctx, "ip", target.Hostname())
	if err != nil {
		return err
	}
	for _, a := range addrs {
		if err := h.guard.Judge(netip.AddrPortFrom(a, uint16(number))); err != nil {
			return err
		}
	}
	return nil
}

func (g *Guard) isOwn(addr netip.Addr, port uint16) bool {
	local := func(a netip.Addr) bool { return a.IsLoopback() || a.IsUnspecified() }
	return slices.ContainsFunc(g.own, func(o netip.AddrPort) bool {
		return (o.Port() == port || o.Port() == 0) &&
			(o.Addr() == addr || local(o.Addr()) && local(addr))
	})
}

// opened reports whether the operator has opened addr with port, and whether
// this port was named.
func (g *Guard) opened(addr netip.Addr, port uint16) (opened, named bool) {
	for _, o := range g.allow {
		if !o.prefix.Contains(addr) || o.port != 0 && o.port != port {
			continue
		}
		opened, named = true, named || o.port != 0
	}
	return opened, named
}

func badPort(port uint16) bool {
	_, found := slices.BinarySearch(badPorts, port)
	return found
}
