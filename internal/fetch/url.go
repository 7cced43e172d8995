package fetch

import (
	neturl "net/url"
	"strings"
	"unicode/utf8"

	whatwg "github.com/nlnwa/whatwg-url/url"
	"techfacts.dev/techfacts/internal/fault"
)

// maxURL is the most bytes of a URL, fragment aside.
const maxURL = 2048

// What is wrong with a URL.
var (
	errURLLong     = fault.New(fault.Invalid, "a URL may have at most %d bytes", maxURL)
	errURLSyntax   = fault.New(fault.Invalid, "not a URL")
	errURLScheme   = fault.New(fault.Invalid, "a URL must begin with http:// or https://")
	errURLUserinfo = fault.New(fault.Invalid, "a URL must not contain a user name or a password")
	errURLHost     = fault.New(fault.Invalid, "a URL must name a host")
)

// URL is an absolute http or https address in canonical form, which is the
// identity of a page: two URLs are equal if and only if they name the same page.
// The zero URL is no address.
type URL struct {
	text                            string
	scheme, host, port, path, query string
}

// ParseURL reads raw as a browser would (WHATWG) and makes it canonical:
//
//   - the host is lower-case ASCII, an IP address in its usual notation, without a final dot
//   - the fragment, the default port, an empty query and tracking parameters are dropped
//   - dot segments are resolved and the hexadecimal digits of percent-encodings are upper-case
//   - nothing is decoded, so %2F stays apart from /, and the query keeps its order
//
// What is not http or https, has a user name or a password, has more than
// 2,048 bytes, or names no host that can exist is [fault.Invalid].
func ParseURL(raw string) (URL, error) {
	if u, ok := plainURL(raw); ok {
		return u, nil
	}
	return resolve("", raw)
}

// Resolve reads href as a link on the page u.
func (u URL) Resolve(href string) (URL, error) {
	if to, ok := u.plainLink(href); ok {
		return to, nil
	}
	return resolve(u.text, href)
}

// String gives the canonical form; [ParseURL] of it gives u again.
func (u URL) String() string { return u.text }

// IsZero reports whether u is no address at all.
func (u URL) IsZero() bool { return u.text == "" }

// Host gives the host without its port, an IPv6 address in brackets.
func (u URL) Host() string { return u.host }

// Domain gives the host, with its port unless it is the default of the scheme.
// It is what rate limits and lanes of the queue go by.
func (u URL) Domain() string {
	if u.port == "" {
		return u.host
	}
	return u.host + ":" + u.port
}

// Path gives the path, which begins with a slash, still encoded.
func (u URL) Path() string { return u.path }

// Origin is what a robots.txt speaks for.
func (u URL) Origin() string { return u.scheme + "://" + u.Domain() }

// Target gives path and query, as robots.txt and request lines have them.
func (u URL) Target() string { return strings.TrimPrefix(u.text, u.Origin()) }

// request gives u for net/http, so that the server is asked for exactly
// u.Target(), whatever net/url thinks of its encoding.
func (u URL) request() *neturl.URL {
	r := &neturl.URL{Scheme: u.scheme, Host: u.Domain(), RawQuery: u.query}
	if path, err := neturl.PathUnescape(u.path); err == nil {
		r.Path, r.RawPath = path, u.path
		if r.EscapedPath() == u.path {
			return r
		}
	}
	r.Path, r.RawPath, r.Opaque = "", "", u.path
	if strings.HasPrefix(u.path, "//") { // would be taken for a host
		r.Opaque = "//" + u.Domain() + u.path
	}
	return r
}

func resolve(base, ref string) (URL, error) {
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' })
	if i := strings.IndexByte(ref, '#'); i >= 0 {
		ref = ref[:i+1] // the sign stays: a space before it is not at the end
	}
	if len(ref) > maxURL {
		return URL{}, errURLLong
	}
	if !utf8.ValidString(ref) {
		ref = escapeBytes(ref)
	}
	parsed, err := whatwg.ParseRef(base, ref)
	if err != nil {
		if base == "" && !strings.Contains(ref, "://") {
			return URL{}, errURLScheme
		}
		return URL{}, fault.Wrap(fault.Invalid, err, "%s", errURLSyntax.Message)
	}
	return canonical(parsed)
}

func canonical(w *whatwg.Url) (URL, error) {
	if w.Scheme() != "http" && w.Scheme() != "https" {
		return URL{}, errURLScheme
	}
	if w.Username() != "" || w.Password() != "" {
		return URL{}, errURLUserinfo
	}
	u := URL{
		scheme: w.Scheme(),
		host:   strings.TrimSuffix(w.Hostname(), "."),
		port:   w.Port(),
		path:   foldPercent(w.Pathname()),
		query:  foldPercent(untracked(w.Query())),
	}
	if !plausible(u.host) {
		return URL{}, errURLHost
	}
	u.text = u.Origin() + u.path
	if u.query != "" {
		u.text += "?" + u.query
	}
	if len(u.text) > maxURL {
		return URL{}, errURLLong
	}
	return u, nil
}

// plausible reports whether host could be found: an IPv6 address, or labels of
// letters, digits, hyphens and underscores. (An IPv4 address is such labels.)
func plausible(host string) bool {
	if strings.HasPrefix(host, "[") {
		return true
	}
	if host == "" || len(host) > 253 {
		return false
	}
	if strings.Contains(host, "xn--") { // some letters have a form in ASCII that is not taken back
		if again, err := whatwg.Parse("http://" + host); err != nil || again.Hostname() != host {
			return false
		}
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// untracked drops from query the parameters that tell where a reader came from.
func untracked(query string) string {
	if query == "" {
		return ""
	}
	kept := make([]string, 0, strings.Count(query, "&")+1)
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if !tracking(strings.ToLower(name)) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// tracking reports whether name, in lower case, is a parameter that advertisers
// and mail tools add to links and that never changes the page.
func tracking(name string) bool {
	switch name {
	case "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "gad_campaignid", "srsltid", "_ga", "_gl", // Google
		"fbclid", "igsh", "igshid", // Facebook, Instagram
		"msclkid",                      // Microsoft
		"yclid", "ysclid", "_openstat", // Yandex
		"twclid", "ttclid", "li_fat_id", // Twitter, TikTok, LinkedIn
		"rdt_cid", "epik", "scid", // Reddit, Pinterest, Snapchat
		"mc_cid", "mc_eid", // Mailchimp
		"mkt_tok",                                                        // Marketo
		"_hsenc", "_hsmi", "__hssc", "__hstc", "__hsfp", "hsctatracking", // HubSpot
		"_kx", "vero_id", "vero_conv", "oly_anon_id", "oly_enc_id", "wickedid", // Klaviyo, Vero, Omeda, Wicked
		"_branch_match_id", "_branch_referrer": // Branch
		return true
	}
	return strings.HasPrefix(name, "utm_")
}

// foldPercent makes the digits of percent-encodings upper-case.
func foldPercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' && isHex(b[i+1]) && isHex(b[i+2]) {
			b[i+1], b[i+2] = upper(b[i+1]), upper(b[i+2])
			i += 2
		}
	}
	return string(b)
}

// escapeBytes percent-encodes what is not ASCII, for text in no known encoding.
func escapeBytes(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < utf8.RuneSelf {
			b.WriteByte(c)
			continue
		}
		const digits = "0123456789ABCDEF"
		b.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'f' {
		return c - 'a' + 'A'
	}
	return c
}
