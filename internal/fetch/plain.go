package fetch

import (
	"strconv"
	"strings"
)

// Most URLs, and most links between the pages of a manual, are canonical as
// they are written. These functions know them, and say no if in doubt: then the
// parser decides. A fuzz test holds the two together.

// plainURL reads an absolute URL that is canonical as it is.
func plainURL(raw string) (u URL, ok bool) {
	rest, secure := strings.CutPrefix(raw, "https://")
	u.scheme = "https"
	if !secure {
		if rest, ok = strings.CutPrefix(raw, "http://"); !ok {
			return URL{}, false
		}
		u.scheme = "http"
	}
	slash := strings.IndexByte(rest, '/')
	if slash < 0 || len(raw) > maxURL {
		return URL{}, false
	}
	u.text, u.path = raw, rest[slash:]
	var hasPort bool
	if u.host, u.port, hasPort = strings.Cut(rest[:slash], ":"); hasPort && !plainPort(u.port, secure) {
		return URL{}, false
	}
	return u, plainHost(u.host) && plainPath(u.path)
}

// plainLink reads a link on the page u that names another by its path alone.
func (u URL) plainLink(ref string) (to URL, ok bool) {
	ref, _, _ = strings.Cut(ref, "#")
	if u.IsZero() || ref == "" || !plainPath(ref) || strings.HasPrefix(ref, "//") {
		return URL{}, false
	}
	to = u
	if to.query = ""; ref[0] == '/' {
		to.path = ref
	} else {
		to.path = u.path[:strings.LastIndexByte(u.path, '/')+1] + ref
	}
	to.text = to.Origin() + to.path
	return to, len(to.text) <= maxURL
}

// plainPath tells whether nothing in a path is to be encoded or resolved.
func plainPath(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '~', c == '/':
		case c == '.':
			if i == 0 || path[i-1] == '/' {
				return false // perhaps a dot segment
			}
		default:
			return false
		}
	}
	return true
}

func plainPort(port string, secure bool) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && port[0] != '0' && port[0] != '+' && (n != 443 || !secure) && (n != 80 || secure)
}

// plainHost tells whether a host is a name in ASCII, or an IPv4 address as it is
// usually written.
func plainHost(host string) bool {
	if len(host) > 253 || strings.Contains(host, "--") { // such as xn--
		return false
	}
	labels, numbers, last := 0, 0, false
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		digits := 0
		for _, c := range []byte(label) {
			switch {
			case '0' <= c && c <= '9':
				digits++
			case (c < 'a' || c > 'z') && c != '-' && c != '_':
				return false
			}
		}
		n, err := strconv.ParseUint(label, 10, 8)
		if digits == len(label) && err == nil && label == strconv.FormatUint(n, 10) {
			numbers++
		}
		labels, last = labels+1, label[0] > '9' // else perhaps a number
	}
	return last || labels == 4 && numbers == 4
}
