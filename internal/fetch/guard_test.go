package fetch

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"techfacts.dev/techfacts/internal/fault"
)

func judge(t *testing.T, g *Guard, address string) error {
	t.Helper()
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		t.Fatal(err)
	}
	err = g.Judge(a)
	if err != nil && !errors.Is(err, errDenied) {
		t.Errorf("%s: %v is no denial", address, err)
	}
	return err
}

func TestGuardLetsOnlyThePublicInternetThrough(t *testing.T) {
	t.Parallel()
	g := &Guard{}
	for _, address := range []string{
		"1.1.1.1:443", "8.8.8.8:80", "93.184.216.34:8080", "172.15.255.255:80", "172.32.0.0:80", "100.63.255.255:80", "100.128.0.0:80",
		"11.0.0.0:80", "126.255.255.255:80", "128.0.0.0:80", "192.0.1.0:80", "192.169.0.0:80", "198.17.255.255:80", "198.20.0.0:80",
		"223.255.255.255:80", "[2606:4700:4700::1111]:443", "[2a00:1450:4001::1]:80", "[2001:200::1]:80", "[2003::1]:80", "[::ffff:1.1.1.1]:80",
		"1.1.1.1:65535", "1.1.1.1:5432",
	} {
		if err := judge(t, g, address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{
		"0.0.0.0:80", "0.255.255.255:80", "10.0.0.1:80", "10.255.255.255:80", "100.64.0.1:80", "100.127.255.255:80", "127.0.0.1:80",
		"127.255.255.255:80", "169.254.1.1:80", "169.254.169.254:80", "172.16.0.1:80", "172.31.255.255:80", "192.0.0.1:80", "192.0.0.192:80",
		"192.0.2.1:80", "192.31.196.1:80", "192.52.193.1:80", "192.88.99.1:80", "192.168.0.1:80", "192.168.255.255:80", "192.175.48.1:80",
		"198.18.0.1:80", "198.19.255.255:80", "198.51.100.1:80", "203.0.113.1:80", "224.0.0.1:80", "239.255.255.255:80", "240.0.0.1:80",
		"255.255.255.255:80", "168.63.129.16:80", "100.100.100.200:80",
		"[::]:80", "[::1]:80", "[::ffff:127.0.0.1]:80", "[::ffff:10.0.0.1]:80", "[::ffff:169.254.169.254]:80", "[::127.0.0.1]:80",
		"[64:ff9b::7f00:1]:80", "[64:ff9b::101:101]:80", "[64:ff9b:1::1]:80", "[100::1]:80", "[2001::1]:80", "[2001:0:4137:9e76::1]:80",
		"[2001:2::1]:80", "[2001:20::1]:80", "[2001:1ff::1]:80", "[2001:db8::1]:80", "[2002:7f00:1::]:80", "[2002:101:101::]:80", "[2620:4f:8000::1]:80",
		"[3fff::1]:80", "[4000::1]:80", "[5f00::1]:80", "[fc00::1]:80", "[fd00:ec2::254]:80", "[fd20:ce::254]:80", "[fe80::1]:80", "[fec0::1]:80",
		"[ff02::1]:80", "[fe80::1%eth0]:80", "[2606:4700:4700::1111%eth0]:80",
		"1.1.1.1:0", "1.1.1.1:22", "1.1.1.1:25", "1.1.1.1:6667", "1.1.1.1:10080", "[2606:4700:4700::1111]:587",
	} {
		if judge(t, g, address) == nil {
			t.Errorf("%s is let through", address)
		}
	}
	if err := g.Judge(netip.AddrPort{}); !errors.Is(err, errDenied) {
		t.Errorf("no address at all: %v", err)
	}
}

func TestGuardLetsThroughWhatTheOperatorOpened(t *testing.T) {
	t.Parallel()
	own := []netip.AddrPort{
		netip.MustParseAddrPort("10.20.0.5:5432"), netip.MustParseAddrPort("[::ffff:10.20.0.6]:6379"),
		netip.MustParseAddrPort("127.0.0.1:6333"), netip.MustParseAddrPort("10.20.0.7:0"),
	}
	g, err := NewGuard(" 10.20.0.0/16, 127.0.0.16/28:18080,,[fd00::/8]:8080 , fc00:1::/32, 192.168.7.7, 192.168.7.8:81,"+
		"[fc00:2::1]:81,fc00:2::2,127.0.0.0/8,169.254.0.0/16,100.100.100.200/32,168.63.129.16:80,64:ff9b::/96,10.9.0.0/16:25", own)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{
		"10.20.0.1:80", "10.20.255.255:9999", "[::ffff:10.20.0.1]:80", "127.0.0.17:18080", "[fd00::1]:8080", "[fc00:1::1]:1234", "192.168.7.7:80",
		"192.168.7.8:81", "[fc00:2::1]:81", "[fc00:2::2]:80", "10.20.0.5:5433", "10.20.0.6:80", "127.0.0.1:8080", "1.1.1.1:80",
		"[64:ff9b::101:101]:80", "10.9.0.1:25",
	} {
		if err := judge(t, g, address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{
		"10.21.0.1:80", "[fd00::1]:8081", "[fc00:3::1]:80", "192.168.7.9:80", "192.168.7.8:80", "[fc00:2::1]:80", "10.20.0.1:25", "10.9.0.1:80",
		// our own, also by other names
		"10.20.0.5:5432", "10.20.0.6:6379", "[::ffff:10.20.0.5]:5432", "127.0.0.1:6333", "127.0.0.2:6333", "10.20.0.7:80", "10.20.0.7:81",
		"[64:ff9b::a14:5]:5432",
		// metadata services, whatever is opened
		"169.254.169.254:80", "169.254.170.2:80", "169.254.1.1:80", "[fd00:ec2::254]:8080", "[fd20:ce::254]:8080", "100.100.100.200:80", "168.63.129.16:80",
		"[64:ff9b::a9fe:a9fe]:80", "[64:ff9b::c0a8:101]:80",
	} {
		if judge(t, g, address) == nil {
			t.Errorf("%s is let through", address)
		}
	}
}

func TestGuardRefusesWhatItCannotReadInFull(t *testing.T) {
	t.Parallel()
	for _, allow := range []string{
		"10.0.0.0", "10.0.0.0/8", "", " , ", "::1", "[::1]", "[::1]:80", "::/0", "0.0.0.0/0:443",
	} {
		if _, err := NewGuard(allow, nil); err != nil {
			t.Errorf("%q: %v", allow, err)
		}
	}
	for _, allow := range []string{
		"10.0.0.0/33", "10.0.0", "localhost", "localhost:80", "10.0.0.0/8:0", "10.0.0.0/8:65536", "10.0.0.0/8:http", "10.0.0.0/8:", "fe80::1%eth0",
		"[fd00::/8", "[fd00::/8]80", "[fd00::/8]:", "::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "10.0.0.0/8;10.1.0.0/16", "all",
	} {
		_, err := NewGuard("10.1.0.0/16,"+allow, nil)
		if !fault.Is(err, fault.Invalid) || fault.Of(err).Field != "FETCH_ALLOW_CIDRS" {
			t.Errorf("%q: got %v, want INVALID", allow, err)
		}
	}
}

func TestGuardJudgesOnlyTCP(t *testing.T) {
	t.Parallel()
	g := &Guard{}
	for _, c := range []struct {
		network, address string
		want             bool
	}{
		{"tcp4", "1.1.1.1:443", true},
		{"tcp6", "[2606:4700:4700::1111]:443", true},
		{"tcp6", "[::ffff:127.0.0.1]:443", false},
		{"tcp6", "[fe80::1%lo]:443", false},
		{"udp4", "1.1.1.1:443", false},
		{"unix", "/run/docker.sock", false},
		{"tcp4", "acme.example:443", false},
	} {
		if err := g.ControlContext(t.Context(), c.network, c.address, nil); (err == nil) != c.want {
			t.Errorf("%s %s: %v", c.network, c.address, err)
		}
	}
}

func TestBadPortsAreInOrder(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(badPorts) {
		t.Error("badPorts must be sorted to be searched")
	}
}
