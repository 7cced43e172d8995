package fetch

import (
	"strconv"
	"strings"
	"time"
)

// Robots is what a robots.txt says, by RFC 9309 and, where that leaves room, as
// Google's crawler reads it. The zero Robots allows everything.
type Robots struct {
	groups   []robotsGroup
	encoded  bool     // some rule has a percent-encoding
	Sitemaps []string // as they stand in the file, not yet URLs
}

type robotsGroup struct {
	agents []string // product tokens; "*" for everyone
	rules  []robotsRule
	delay  time.Duration
}

type robotsRule struct {
	pattern string // with percent-encodings as in a canonical URL
	decoded string // the same with those decoded that need not be encoded
	allow   bool
}

// ParseRobots reads a robots.txt. It understands as much as it can of any bytes.
func ParseRobots(body []byte) *Robots {
	r := &Robots{}
	text := string(body)
	for _, c := range []string{"\xEF", "\xBB", "\xBF"} { // a byte order mark, or what is left of one
		text = strings.TrimPrefix(text, c)
	}
	ruled := false // the present group has a rule, so that another User-agent begins a new one
	for line := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == '\n' || c == '\r' }) {
		key, value := robotsLine(line)
		if has(key, "user-agent", "useragent", "user agent") {
			if ruled || len(r.groups) == 0 {
				r.groups = append(r.groups, robotsGroup{})
				ruled = false
			}
			g := &r.groups[len(r.groups)-1]
			if agent := productToken(value); agent != "" {
				g.agents = append(g.agents, agent)
			}
			continue
		}
		if has(key, "sitemap", "site-map") {
			r.Sitemaps = append(r.Sitemaps, CleanText([]byte(value)))
			continue
		}
		if len(r.groups) == 0 {
			continue
		}
		g := &r.groups[len(r.groups)-1]
		switch allow := has(key, "allow"); {
		case allow, has(key, "disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"):
			ruled = true
			r.add(g, value, allow)
		case has(key, "crawl-delay"):
			if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 {
				g.delay = max(g.delay, time.Duration(min(s, maxCrawlDelay.Seconds())*float64(time.Second)))
			}
		}
	}
	return r
}

func (r *Robots) add(g *robotsGroup, value string, allow bool) {
	pattern := foldPercent(escapeBytes(value))
	if pattern == "" { // means nothing, not even "all"
		return
	}
	r.encoded = r.encoded || strings.Contains(pattern, "%")
	g.rules = append(g.rules, robotsRule{pattern, decodeUnreserved(pattern), allow})
	if i := strings.LastIndexByte(pattern, '/'); allow && i >= 0 && strings.HasPrefix(pattern[i:], "/index.htm") {
		r.add(g, pattern[:i+1]+"$", allow) // allows the directory too
	}
}

// Allows reports whether agent, a product token, may ask for target, which is
// the path and query of a canonical URL. Where an encoding can be read in two
// ways, both must allow it.
func (r *Robots) Allows(agent, target string) bool {
	if target == "" {
		target = "/"
	}
	if !r.verdict(agent, target, false) {
		return false
	}
	return !r.encoded && !strings.Contains(target, "%") || r.verdict(agent, decodeUnreserved(target), true)
}

// Permits reports whether we may ask for u, which is of the origin that r speaks
// for.
func (r *Robots) Permits(u URL) bool { return r.Allows(agent, u.Target()) }

// CrawlDelay gives how long agent is asked to wait between requests, at most a
// minute.
func (r *Robots) CrawlDelay(agent string) time.Duration {
	var delay time.Duration
	agent = r.bound(agent)
	for _, g := range r.groups {
		if g.names(agent) {
			delay = max(delay, g.delay)
		}
	}
	return delay
}

// verdict lets the longest matching pattern decide, and an allowing one of two
// as long.
func (r *Robots) verdict(agent, target string, decoded bool) bool {
	longest, allow := 0, true
	agent = r.bound(agent)
	for _, g := range r.groups {
		if !g.names(agent) {
			continue
		}
		for _, rule := range g.rules {
			pattern := rule.pattern
			if decoded {
				pattern = rule.decoded
			}
			n := len(pattern)
			if n < longest || n == longest && (allow || !rule.allow) || !matches(pattern, target) {
				continue
			}
			longest, allow = n, rule.allow
		}
	}
	return allow
}

// bound says by which name groups bind agent: its own if one has it, or else
// that of everyone.
func (r *Robots) bound(agent string) string {
	for _, g := range r.groups {
		if g.names(agent) {
			return agent
		}
	}
	return "*"
}

func (g robotsGroup) names(agent string) bool {
	for _, a := range g.agents {
		if strings.EqualFold(a, agent) {
			return true
		}
	}
	return false
}

// matches reports whether pattern, in which * stands for anything and a $ at the
// end for the end, matches the beginning of target.
func matches(pattern, target string) bool {
	pattern, anchored := strings.CutSuffix(pattern, "$")
	part, rest, more := strings.Cut(pattern, "*")
	target, ok := strings.CutPrefix(target, part)
	for ok && more {
		part, rest, more = strings.Cut(rest, "*")
		if anchored && !more {
			return strings.HasSuffix(target, part)
		}
		_, target, ok = strings.Cut(target, part)
	}
	return ok && (!anchored || target == "")
}

// robotsLine splits a line into key and value. A missing colon is forgiven if
// nothing else could be meant.
func robotsLine(line string) (key, value string) {
	line, _, _ = strings.Cut(line, "#")
	key, value, ok := strings.Cut(line, ":")
	if !ok {
		fields := strings.Fields(line)
		if len(fields) != 2 {
			return "", ""
		}
		key, value = fields[0], fields[1]
	}
	return strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
}

func has(key string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

// productToken gives the part of a User-agent line that counts: "*", or the
// letters, hyphens and underscores that it begins with.
func productToken(value string) string {
	if value == "*" || strings.HasPrefix(value, "* ") || strings.HasPrefix(value, "*\t") {
		return "*"
	}
	end := strings.IndexFunc(value, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_'
	})
	if end < 0 {
		return value
	}
	return value[:end]
}

// decodeUnreserved decodes the percent-encodings of letters, digits and -._~,
// which mean the same either way (RFC 3986).
func decodeUnreserved(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil && unreserved(byte(c)) {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
