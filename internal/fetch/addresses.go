package fetch

import (
	"net/netip"
	"slices"
)

// What is never connected to, unless FETCH_ALLOW_CIDRS opens it. Sources: the
// IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), multicast
// and reserved space included. Of IPv6 only 2000::/3 is global unicast, so that
// loopback, mapped, NAT64, unique local, link-local and multicast addresses need
// no line here.
//
//nolint:gochecknoglobals // a fixed table
var specialPrefixes = prefixes(
	"0.0.0.0/8",       // this network, RFC 791
	"10.0.0.0/8",      // private use, RFC 1918
	"100.64.0.0/10",   // carrier-grade NAT, RFC 6598
	"127.0.0.0/8",     // loopback, RFC 1122
	"169.254.0.0/16",  // link-local, RFC 3927
	"172.16.0.0/12",   // private use, RFC 1918
	"192.0.0.0/24",    // IETF protocol assignments, RFC 6890
	"192.0.2.0/24",    // documentation, RFC 5737
	"192.31.196.0/24", // AS112, RFC 7535
	"192.52.193.0/24", // AMT, RFC 7450
	"192.88.99.0/24",  // 6to4 relay anycast, RFC 7526
	"192.168.0.0/16",  // private use, RFC 1918
	"192.175.48.0/24", // AS112, RFC 7534
	"198.18.0.0/15",   // benchmarking, RFC 2544
	"198.51.100.0/24", // documentation, RFC 5737
	"203.0.113.0/24",  // documentation, RFC 5737
	"224.0.0.0/4",     // multicast, RFC 5771
	"240.0.0.0/4",     // reserved, RFC 1112, and limited broadcast, RFC 919

	"2001::/23",         // IETF protocol assignments, RFC 2928: Teredo, benchmarking, ORCHID, AMT, …
	"2001:db8::/32",     // documentation, RFC 3849
	"2002::/16",         // 6to4, RFC 3056
	"2620:4f:8000::/48", // AS112, RFC 7534
	"3fff::/20",         // documentation, RFC 9637
)

// What gives away secrets of the machine we run on: metadata services of
// clouds, and the link-local networks where most of them live. Nothing opens
// these. Sources: the documentation of the clouds named.
//
//nolint:gochecknoglobals // a fixed table
var metadataPrefixes = prefixes(
	"169.254.0.0/16",         // 169.254.169.254: AWS, Google, Azure, Oracle, OpenStack, …; .170.2 ECS; .170.23 EKS; .42.42 Scaleway; .0.23 Tencent
	"fe80::/10",              // the same over IPv6: OpenStack, Linode
	"fd00:ec2::/32",          // AWS: ::254 instances, ::23 EKS, ::253 DNS
	"fd20:ce::254/128",       // Google
	"168.63.129.16/32",       // Azure WireServer
	"100.100.100.200/32",     // Alibaba
	"fd00:100::100:200/128",  // Alibaba
	"192.0.0.192/32",         // Oracle
	"fd00:c1::a9fe:a9fe/128", // Oracle
	"fd00:a9fe:a9fe::1/128",  // Linode
	"fd00:42::42/128",        // Scaleway
)

// The parts of IPv6 that need to be told from the rest.
//
//nolint:gochecknoglobals // fixed
var (
	globalUnicast = netip.MustParsePrefix("2000::/3")
	nat64         = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052: ends with an IPv4 address
)

// badPorts belong to services that speak other protocols than HTTP; source: the
// Fetch standard, https://fetch.spec.whatwg.org/#port-blocking. In order.
//
//nolint:gochecknoglobals // a fixed table
var badPorts = []uint16{
	0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
	110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
	532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
	5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
}

func prefixes(list ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(list))
	for i, s := range list {
		parsed[i] = netip.MustParsePrefix(s)
	}
	return parsed
}

func contains(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}
