package access

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// How much of an input is kept.
const (
	maxText     = 100  // characters of one text
	maxElements = 5    // of one list
	maxFields   = 20   // of one object
	maxNest     = 4    // objects and lists in one another
	maxInput    = 2000 // bytes in all
)

const hidden = "***"

// shorten makes of an input JSON that is small and has no secrets: texts and
// lists are cut, URLs lose user, password, query and fragment, and what looks
// like one of our keys is hidden.
func shorten(input any) string {
	b, err := json.Marshal(short(input, maxNest))
	if err != nil {
		panic(err) // cannot happen: it came as JSON
	}
	if len(b) > maxInput {
		b = fmt.Appendf(nil, `{"…":"%d bytes"}`, len(b))
	}
	return string(b)
}

func short(v any, nest int) any {
	switch v := v.(type) {
	case string:
		return shortText(v)
	case map[string]any:
		if nest == 0 {
			return "…"
		}
		out := map[string]any{}
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i == maxFields {
				out["…"] = fmt.Sprintf("%d more", len(v)-maxFields)
				break
			}
			out[name] = short(v[name], nest-1)
		}
		return out
	case []any:
		if nest == 0 {
			return "…"
		}
		out := []any{}
		for i, e := range v {
			if i == maxElements {
				out = append(out, fmt.Sprintf("… %d more", len(v)-maxElements))
				break
			}
			out = append(out, short(e, nest-1))
		}
		return out
	default:
		return v
	}
}

func shortText(s string) string {
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil {
			return hidden
		}
		u.User, u.RawQuery, u.Fragment, u.RawFragment = nil, "", "", ""
		s = u.String()
	}
	if secretForm.MatchString(s) {
		return hidden
	}
	if utf8.RuneCountInString(s) > maxText {
		return string([]rune(s)[:maxText]) + "…"
	}
	return s
}
