package extract_test

import (
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/schema"
)

func TestEvidenceIsFoundWhereItStandsNow(t *testing.T) {
	t.Parallel()
	const quote = "The API allows 600 requests per minute 🚦 per key."
	const text = "# Limits\n\nBefore it. " + quote + "\n\n| Plan | Price |\n| --- | --- |\n| Team | $10 per month |\n"
	at := strings.Index(text, quote)
	was := document.NewSpans(text).Of(at, at+len(quote))
	row := strings.Index(text, "| Team | $10 per month |")
	wasRow := schema.Span{ByteStart: row, ByteEnd: row + len("| Team | $10 per month |")}
	for name, c := range map[string]struct {
		text, quote string
		was         schema.Span
		want        extract.Standing
		now         string
	}{
		"as it was":           {text, quote, was, extract.Intact, quote},
		"further down":        {"# Limits\n\nSomething new, 日本語. " + text[len("# Limits\n\n"):], quote, was, extract.Moved, quote},
		"with markup":         {"# Limits\n\nThe API allows `600` requests\nper minute 🚦 per key.", quote, was, extract.Moved, "The API allows `600` requests\nper minute 🚦 per key"},
		"another figure":      {strings.Replace(text, "600", "900", 1), quote, was, extract.Altered, strings.Replace(quote, "600", "900", 1)},
		"half of a number":    {strings.Replace(text, "600", "600,000", 1), quote, was, extract.Altered, strings.Replace(quote, "600", "600,000", 1)},
		"another price":       {strings.Replace(text, "$10", "$12", 1), "| Team | $10 per month |", wasRow, extract.Altered, "Team | $12 per month"},
		"nothing like it":     {"# Limits\n\nThere are no limits at all. Ask whenever you like.", quote, was, extract.Gone, ""},
		"nothing":             {"", quote, was, extract.Gone, ""},
		"only its first word": {"The sun is out.", quote, was, extract.Gone, ""},
	} {
		got, span := extract.Verify(c.text, c.quote, c.was)
		now := c.text[span.ByteStart:span.ByteEnd]
		if got != c.want || now != c.now {
			t.Errorf("%s: %d %q, want %d %q", name, got, now, c.want, c.now)
		}
		if span != document.NewSpans(c.text).Of(span.ByteStart, span.ByteEnd) && got != extract.Gone && name != "as it was" {
			t.Errorf("%s: span %+v", name, span)
		}
	}
}

func FuzzEvidenceStandsWhereItIsSaid(f *testing.F) {
	f.Add("The API allows 600 requests. More.", "The API allows 600 requests.", 3)
	f.Add("| a | 10 |\n\nüber", "| a | 12 |", 0)
	f.Fuzz(func(t *testing.T, text, quote string, at int) {
		text, quote = strings.ToValidUTF8(text, ""), strings.ToValidUTF8(quote, "")
		got, span := extract.Verify(text, quote, schema.Span{ByteStart: at, ByteEnd: at + len(quote)})
		if span.ByteStart < 0 || span.ByteEnd > len(text) || span.ByteStart > span.ByteEnd || got != extract.Gone && span.ByteStart == span.ByteEnd {
			t.Fatalf("%d %+v", got, span)
		}
		if got == extract.Intact && text[span.ByteStart:span.ByteEnd] != quote {
			t.Fatalf("%q is not %q", text[span.ByteStart:span.ByteEnd], quote)
		}
	})
}
