package fetch

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// The bounds of a scope's patterns.
const (
	maxPatterns = 50
	maxPattern  = 500
)

// Beyond these a link leads into a trap: a calendar without end, a faceted
// search, a relative link that piles up.
const (
	maxSegments       = 20
	maxSegmentRepeats = 3
	maxParameters     = 8
)

// Scope says which links a crawl follows.
type Scope struct {
	seeds            []URL
	subdomains       bool
	prefix           string
	include, exclude []*regexp.Regexp
}

// NewScope makes the scope of a crawl that begins at seeds, as c says: with
// subdomains it reaches below their hosts; the path of a URL must begin with the
// prefix; of the patterns (RE2) to include, if there are any, one must match
// somewhere in the canonical URL, and of those to exclude none may.
func NewScope(seeds []URL, c schema.CrawlParams) (Scope, error) {
	s := Scope{seeds: slices.Clone(seeds), subdomains: c.Subdomains}
	if c.PathPrefix != "" {
		u, err := ParseURL("http://host" + c.PathPrefix)
		if err != nil || c.PathPrefix[0] != '/' || u.query != "" || strings.ContainsRune(c.PathPrefix, '#') {
			return Scope{}, fault.InvalidField("input.crawl.pathPrefix", "must be the beginning of a path, such as /docs/")
		}
		s.prefix = u.path
	}
	var err error
	if s.include, err = compile("input.crawl.include", c.Include); err != nil {
		return Scope{}, err
	}
	s.exclude, err = compile("input.crawl.exclude", c.Exclude)
	return s, err
}

func compile(field string, patterns []string) ([]*regexp.Regexp, error) {
	if len(patterns) > maxPatterns {
		return nil, fault.InvalidField(field, "at most %d patterns", maxPatterns)
	}
	compiled := make([]*regexp.Regexp, len(patterns))
	for i, pattern := range patterns {
		field := field + "[" + strconv.Itoa(i) + "]"
		if len(pattern) > maxPattern {
			return nil, fault.InvalidField(field, "at most %d bytes", maxPattern)
		}
		if pattern == "" {
			return nil, fault.InvalidField(field, "must not be empty")
		}
		var err error
		if compiled[i], err = regexp.Compile(pattern); err != nil {
			return nil, fault.InvalidField(field, "%v", err)
		}
	}
	return compiled, nil
}

// Allows reports whether the crawl may follow a link to u, and if not, why.
// It stays on the sites of its seeds, where http and https are one, and so are
// a host and www. before it; ports must be equal. What looks like a trap is out.
// A seed itself is always in scope.
func (s Scope) Allows(u URL) (ok bool, reason string) {
	if slices.Contains(s.seeds, u) {
		return true, ""
	}
	if !slices.ContainsFunc(s.seeds, func(seed URL) bool { return s.sameSite(seed, u) }) {
		return false, "it is on another site than the URLs given"
	}
	if !strings.HasPrefix(u.path, s.prefix) {
		return false, "its path does not begin with " + s.prefix
	}
	matches := func(p *regexp.Regexp) bool { return p.MatchString(u.text) }
	if len(s.include) > 0 && !slices.ContainsFunc(s.include, matches) {
		return false, "no include pattern matches it"
	}
	if i := slices.IndexFunc(s.exclude, matches); i >= 0 {
		return false, "the exclude pattern " + strconv.Quote(s.exclude[i].String()) + " matches it"
	}
	if reason := trap(u); reason != "" {
		return false, reason
	}
	return true, ""
}

// SameSite reports whether u and other are of one site, where http and https are
// one, and so are a host and www. before it.
func (u URL) SameSite(other URL) bool {
	return u.port == other.port && bare(u.host) == bare(other.host)
}

func (s Scope) sameSite(seed, u URL) bool {
	if seed.port != u.port {
		return false
	}
	root, host := bare(seed.host), bare(u.host)
	return host == root || s.subdomains && strings.HasSuffix(host, "."+root)
}

// bare gives host without a www. before it.
func bare(host string) string {
	if rest, ok := strings.CutPrefix(host, "www."); ok && strings.Contains(rest, ".") {
		return rest
	}
	return host
}

// trap says what about u looks as if it led nowhere, forever.
func trap(u URL) string {
	segments := strings.Split(strings.Trim(u.path, "/"), "/")
	if len(segments) > maxSegments {
		return "its path has more than " + strconv.Itoa(maxSegments) + " segments"
	}
	for i, segment := range segments {
		n := 0
		for _, other := range segments[i:] {
			if other == segment {
				n++
			}
		}
		if n > maxSegmentRepeats {
			return "its path repeats a segment more than " + strconv.Itoa(maxSegmentRepeats) + " times"
		}
	}
	if u.query != "" && strings.Count(u.query, "&") >= maxParameters {
		return "its query has more than " + strconv.Itoa(maxParameters) + " parameters"
	}
	return ""
}
