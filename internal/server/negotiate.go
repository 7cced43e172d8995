package server

import (
	"mime"
	"strconv"
	"strings"
)

// preference is how much a client likes a media type, and by which of its
// words: a more exact one overrules a wider one.
type preference struct {
	exact int // 3 the type itself, 2 application/*, 1 */*
	q     float64
	place int
}

func (p preference) before(o preference) bool {
	if p.q != o.q {
		return p.q > o.q
	}
	if p.exact != o.exact {
		return p.exact > o.exact
	}
	return p.place < o.place
}

// negotiate picks the media type of the answer by the Accept headers. Who has
// none, or takes anything, gets plain JSON, as the specification would have it;
// who takes none of ours gets "". A stream is for those only who ask for it by
// name and before the others: some clients list it whenever they ask.
func negotiate(accept []string) string {
	if len(accept) == 0 {
		return mediaJSON
	}
	ranges := strings.Split(strings.Join(accept, ","), ",")
	best, likes := "", preference{}
	for _, media := range []string{mediaJSON, mediaGraphQL, mediaStream} {
		if p := prefer(ranges, media); p.q > 0 && (best == "" || p.before(likes)) {
			best, likes = media, p
		}
	}
	return best
}

func prefer(ranges []string, media string) (best preference) {
	for i, s := range ranges {
		name, attrs, err := mime.ParseMediaType(s)
		if err != nil || attrs["charset"] != "" && !strings.EqualFold(attrs["charset"], "utf-8") {
			continue
		}
		p := preference{q: 1, place: i}
		switch name {
		case media:
			p.exact = 3
		case "application/*", "*/*":
			if media == mediaStream {
				continue
			}
			p.exact = map[string]int{"application/*": 2, "*/*": 1}[name]
		default: // text/* too: of that a stream is not what anybody means
			continue
		}
		if q, ok := attrs["q"]; ok {
			if p.q, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if p.exact > best.exact {
			best = p
		}
	}
	return best
}
