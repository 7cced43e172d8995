package fetch

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"techfacts.dev/techfacts/internal/fault"
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
	include, exclude []*regexp.Regexp
}

// NewScope makes the scope of a crawl that begins at seeds. With subdomains it
// reaches below their hosts. Of include, if there is any, one pattern (RE2) must
// match somewhere in the canonical URL; of exclude none may.
func NewScope(seeds []URL, subdomains bool, include, exclude []string) (Scope, error) {
	s := Scope{seeds: slices.Clone(seeds), subdomains: subdomains}
	var err error
	if s.include, err = compile("input.crawl.include", include); err != nil {
		return Scope{}, err
	}
	s.exclude, err = compile("input.crawl.exclude", exclude)
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
