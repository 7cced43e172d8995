package fetch

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextIsDecodedWhateverItIsDeclaredToBe(t *testing.T) {
	t.Parallel()
	const html, meta = "text/html", `<meta charset="shift_jis">`
	utf16 := func(order string, s string) string {
		var b strings.Builder
		for _, r := range s {
			if order == "le" {
				b.WriteByte(byte(r))
				b.WriteByte(byte(r >> 8))
			} else {
				b.WriteByte(byte(r >> 8))
				b.WriteByte(byte(r))
			}
		}
		return b.String()
	}
	for _, c := range []struct{ name, header, body, want string }{
		{"ASCII", html, "plain", "plain"},
		{"nothing", html, "", ""},
		{"UTF-8", html, "Größe ≤ 10 €", "Größe ≤ 10 €"},
		{"UTF-8 declared as latin 1", html + "; charset=iso-8859-1", "Größe", "Größe"},
		{"UTF-8 declared as Shift JIS by meta", html, meta + "Größe", meta + "Größe"},
		{"UTF-8 with a mark", html, "\xEF\xBB\xBFGröße", "Größe"},
		{"latin 1 by header", html + "; charset=iso-8859-1", "Gr\xF6\xDFe", "Größe"},
		{"Latin 2 by header", html + `; charset="ISO-8859-2"`, "\xA3\xF3d\xBC", "Łódź"},
		{"Shift JIS by meta", html, meta + "\x93\xFA\x96{", meta + "日本"},
		{"header before meta", html + "; charset=windows-1251", meta + "\xD6\xE5\xED\xE0", meta + "Цена"},
		{"nothing declared", html, "10 \x80 \x96 Gr\xF6\xDFe", "10 € – Größe"},
		{"an unknown name", html + "; charset=klingon", "Gr\xF6\xDFe", "Größe"},
		{"UTF-8 with a mistake", html + "; charset=utf-8", "Größe \xFF ok", "Größe \uFFFD ok"},
		{"GBK", html + "; charset=gb2312", "\xBC\xDB\xB8\xF1", "价格"},
		{"ISO-2022-JP", html + "; charset=iso-2022-jp", "\x1B$BF|K\\\x1B(B", "日本"},
		{"UTF-16 LE with a mark", html + "; charset=utf-8", "\xFF\xFE" + utf16("le", "Größe €"), "Größe €"},
		{"UTF-16 BE with a mark", html, "\xFE\xFF" + utf16("be", "Größe €"), "Größe €"},
		{"UTF-16 LE by header", html + "; charset=utf-16le", utf16("le", "size"), "size"},
		{"UTF-32 LE with a mark", html, "\xFF\xFE\x00\x00a\x00\x00\x00\xAC\x20\x00\x00", "a€"},
		{"UTF-32 BE with a mark", html, "\x00\x00\xFE\xFF\x00\x00\x00a\x00\x00\x20\xAC", "a€"},
		{"NUL", html, "a\x00b", "ab"},
		{"an encoding that is none", html + "; charset=iso-2022-kr", "a\xFFb", "a\uFFFDb"},
	} {
		if got := string(toUTF8([]byte(c.body), c.header)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCleanTextIsTakenByEveryDatabase(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "fine – 日本 😀": "fine – 日本 😀", "a\x00b\x00": "ab", "\xff\xfe": "\uFFFD", "a\xc3": "a\uFFFD", "\xed\xa0\x80": "\uFFFD", "\x00\xff\x00": "\uFFFD",
	} {
		if got := CleanText([]byte(in)); got != want {
			t.Errorf("CleanText(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzToUTF8(f *testing.F) {
	f.Add([]byte("Gr\xF6\xDFe \x00"), "text/html; charset=utf-16")
	f.Add([]byte("\xFF\xFE\x00\x00a"), "")
	f.Add([]byte(`<meta http-equiv="content-type" content="text/html; charset=big5">`+"\xA4"), "text/html")
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		got := toUTF8(body, header)
		if !utf8.Valid(got) || strings.Contains(string(got), "\x00") {
			t.Errorf("toUTF8(%q, %q) = %q", body, header, got)
		}
	})
}
