package fetch

import "strings"

// robotsTag reads X-Robots-Tag headers: what they ask of everyone, and of us.
func robotsTag(values []string) (noIndex, noFollow bool) {
	for _, value := range values {
		if len(value) > maxValidator {
			continue
		}
		who, rest, named := strings.Cut(strings.ToLower(value), ":")
		if who = strings.TrimSpace(who); named && !strings.Contains(who, ",") && !takesValue(who) {
			if who != agent && who != "*" {
				continue
			}
			value = rest
		}
		for directive := range strings.SplitSeq(strings.ToLower(value), ",") {
			switch strings.TrimSpace(directive) {
			case "none":
				noIndex, noFollow = true, true
			case "noindex":
				noIndex = true
			case "nofollow":
				noFollow = true
			}
		}
	}
	return noIndex, noFollow
}

// takesValue reports whether a colon after directive begins its value, rather
// than what is asked of a crawler of that name.
func takesValue(directive string) bool {
	switch directive {
	case "unavailable_after", "max-snippet", "max-image-preview", "max-video-preview":
		return true
	}
	return false
}
