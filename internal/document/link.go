package document

import (
	"slices"
	"strings"
)

// edgeWords is how many words of a long quote a link names at either end.
const edgeWords = 6

// DeepLink is url with an anchor, if there is one, and a text fragment that
// leads to quote, see https://wicg.github.io/scroll-to-text-fragment/. A browser
// that does not find the words goes to the anchor. A quote is Markdown; a browser
// searches for what it shows: the words.
func DeepLink(url, anchor, quote string) string {
	url += "#" + escape(anchor, "-._/=+,;@!$&'()*?:")
	parts := strings.FieldsFunc(strings.ReplaceAll(quote, "\n: ", "\n"), func(r rune) bool { return r == '|' || r == '\n' })
	var runs [][]string
	for _, part := range parts {
		var words []string
		for w := range strings.FieldsSeq(strings.ReplaceAll(part, "`", "")) {
			if strings.Contains(w, "^") { // a power, if it is not written like that on the page
				runs, words = append(runs, words), nil
				continue
			}
			words = append(words, w)
		}
		runs = append(runs, words)
	}
	runs = slices.DeleteFunc(runs, func(words []string) bool { return len(words) == 0 })
	if len(runs) == 0 {
		return strings.TrimSuffix(url, "#")
	}
	first, last := runs[0], runs[len(runs)-1]
	if len(runs) == 1 && len(first) <= 2*edgeWords {
		return url + ":~:text=" + escapeFragment(first)
	}
	return url + ":~:text=" + escapeFragment(first[:min(edgeWords, len(first))]) + "," + escapeFragment(last[max(0, len(last)-edgeWords):])
}

// escapeFragment percent-encodes words for a text directive, in which '-', ','
// and '&' have a meaning of their own.
func escapeFragment(words []string) string {
	return escape(strings.Join(words, " "), "._~")
}

// escape percent-encodes all but letters, digits and the given signs.
func escape(s, signs string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(signs, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
