package pdf

import (
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// font makes text and widths of codes.
type font struct {
	cmap   *cmap
	wide   bool // codes have two bytes
	texts  [256]string
	widths map[int]float64 // in parts of the font's size
	usual  float64         // width of what has none
}

// font reads a font's dictionary.
func (f *file) font(d dict) *font {
	t := &font{widths: map[int]float64{}, usual: 0.5}
	subtype, _ := f.get(d["Subtype"]).(name)
	if s, ok := f.get(d["ToUnicode"]).(stream); ok {
		if data, err := f.decode(s, maxDecoded); err == nil {
			t.cmap = readCmap(data)
		}
	}
	if subtype == "Type0" {
		t.wide = true
		f.wideWidths(t, f.dict(first(f.array(d["DescendantFonts"]))))
		return t
	}
	f.encoding(t, f.get(d["Encoding"]))
	unit := 0.001
	if m := f.array(d["FontMatrix"]); subtype == "Type3" && len(m) == 6 {
		unit = f.number(m[0])
	}
	start := int(f.number(d["FirstChar"]))
	for i, w := range f.array(d["Widths"]) {
		if code := start + i; code >= 0 && code < 256 {
			t.widths[code] = f.number(w) * unit
		}
	}
	if base, _ := f.get(d["BaseFont"]).(name); strings.Contains(string(base), "Courier") {
		t.usual = 0.6
	}
	return t
}

func first(a array) any {
	if len(a) == 0 {
		return nil
	}
	return a[0]
}

// wideWidths reads those of a font whose codes have two bytes:
// [ first [w w w] first last w … ].
func (f *file) wideWidths(t *font, d dict) {
	t.usual = 1
	if w, ok := f.get(d["DW"]).(float64); ok {
		t.usual = w / 1000
	}
	all := f.array(d["W"])
	for i := 0; i+1 < len(all) && len(t.widths) < maxMapped; {
		from := int(f.number(all[i]))
		if each := f.array(all[i+1]); each != nil {
			for k, w := range each {
				t.widths[from+k] = f.number(w) / 1000
			}
			i += 2
			continue
		}
		if i+2 >= len(all) {
			return
		}
		w := f.number(all[i+2]) / 1000
		for c := from; c <= int(f.number(all[i+1])) && c-from < 1<<16; c++ {
			t.widths[c] = w
		}
		i += 3
	}
}

// encoding fills in what each byte stands for.
func (f *file) encoding(t *font, v any) {
	base, _ := v.(name)
	d, _ := v.(dict)
	if d != nil {
		base, _ = f.get(d["BaseEncoding"]).(name)
	}
	for i := range 256 {
		if base == "MacRomanEncoding" {
			t.texts[i] = string(charmap.Macintosh.DecodeByte(byte(i)))
		} else {
			t.texts[i] = latin(byte(i))
		}
	}
	at := 0
	for _, v := range f.array(d["Differences"]) {
		switch v := f.get(v).(type) {
		case float64:
			at = int(v)
		case name:
			if at >= 0 && at < 256 {
				if s := glyph(string(v)); s != "" {
					t.texts[at] = s
				}
			}
			at++
		}
	}
}

func latin(b byte) string {
	if r := charmap.Windows1252.DecodeByte(b); r >= ' ' && r != '\uFFFD' {
		return string(r)
	}
	return ""
}

// glyphs are the names of characters that are neither letters with accents nor
// named by their number.
//
//nolint:gochecknoglobals // a fixed table
var glyphs = glyphTable(`space exclam ! quotedbl " numbersign # dollar $ percent % ampersand & quotesingle ' quoteright ’ quoteleft ‘
parenleft ( parenright ) asterisk * plus + comma , hyphen - minus − period . slash / zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7
eight 8 nine 9 colon : semicolon ; less < equal = greater > question ? at @ bracketleft [ backslash \ bracketright ] asciicircum ^
underscore _ grave ` + "`" + ` braceleft { bar | braceright } asciitilde ~ exclamdown ¡ cent ¢ sterling £ currency ¤ yen ¥ brokenbar ¦ section §
copyright © ordfeminine ª guillemotleft « logicalnot ¬ registered ® degree ° plusminus ± twosuperior ² threesuperior ³ acute ´ mu µ
paragraph ¶ periodcentered · onesuperior ¹ ordmasculine º guillemotright » onequarter ¼ onehalf ½ threequarters ¾ questiondown ¿
AE Æ ae æ OE Œ oe œ Eth Ð eth ð Thorn Þ thorn þ germandbls ß Oslash Ø oslash ø Lslash Ł lslash ł dotlessi ı multiply × divide ÷ Euro €
quotedblleft “ quotedblright ” quotedblbase „ quotesinglbase ‚ guilsinglleft ‹ guilsinglright › endash – emdash — bullet • ellipsis …
dagger † daggerdbl ‡ perthousand ‰ trademark ™ fi fi fl fl ff ff ffi ffi ffl ffl lessequal ≤ greaterequal ≥ notequal ≠ infinity ∞
approxequal ≈ arrowright → arrowleft ← arrowup ↑ arrowdown ↓ checkmark ✓ Delta Δ Omega Ω alpha α beta β gamma γ pi π sigma σ lozenge ◊
fraction ⁄ radical √ summation ∑ partialdiff ∂ product ∏ integral ∫ florin ƒ nbspace space`)

func glyphTable(s string) map[string]string {
	table := map[string]string{}
	words := strings.Fields(s)
	for i := 1; i+1 < len(words); i += 2 { // after space, which stands for itself
		table[words[i]] = words[i+1]
	}
	table["space"], table["nbspace"] = " ", " "
	return table
}

// accents are what the names of letters with accents end in.
//
//nolint:gochecknoglobals // a fixed table
var accents = map[string]string{
	"grave": "\u0300", "acute": "\u0301", "circumflex": "\u0302", "tilde": "\u0303", "macron": "\u0304", "breve": "\u0306", "dotaccent": "\u0307",
	"dieresis": "\u0308", "ring": "\u030A", "hungarumlaut": "\u030B", "caron": "\u030C", "cedilla": "\u0327", "ogonek": "\u0328", "commaaccent": "\u0326",
}

// glyph is the text that the name of a glyph stands for; empty if it is unknown.
func glyph(s string) string {
	s, _, _ = strings.Cut(s, ".")
	if len(s) == 1 && (s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z') {
		return s
	}
	if t, ok := glyphs[s]; ok {
		return t
	}
	for _, prefix := range []string{"uni", "u"} {
		if digits, ok := strings.CutPrefix(s, prefix); ok && len(digits) >= 4 && len(digits) <= 6 {
			if n, err := strconv.ParseUint(digits, 16, 32); err == nil && n <= 0x10FFFF {
				return string(rune(n))
			}
		}
	}
	if len(s) > 1 {
		if mark, ok := accents[s[1:]]; ok {
			return norm.NFC.String(s[:1] + mark)
		}
	}
	if whole, _, ok := strings.Cut(s, "_"); ok { // f_i
		rest := strings.TrimPrefix(s, whole+"_")
		if a, b := glyph(whole), glyph(rest); a != "" && b != "" {
			return a + b
		}
	}
	return ""
}

// shown is one character of a string.
type shown struct {
	text  string
	width float64
	space bool // it is the byte that word spacing widens
}

// show reads the characters of a string.
func (t *font) show(s text, each func(shown)) {
	for len(s) > 0 {
		n := t.length(s)
		c := codeOf(s[:n])
		s = s[n:]
		var out shown
		known := false
		if t.cmap != nil {
			out.text, known = t.cmap.texts[c]
		}
		if !known && !t.wide {
			out.text = t.texts[c.value&0xFF]
		}
		var ok bool
		if out.width, ok = t.widths[int(c.value)]; !ok {
			out.width = t.usual
		}
		out.space = n == 1 && c.value == ' '
		each(out)
	}
}

// length is how many bytes the next code has.
func (t *font) length(s text) int {
	if !t.wide {
		return 1
	}
	if t.cmap != nil {
		for n := 1; n <= 4 && n <= len(s); n++ {
			if _, ok := t.cmap.texts[codeOf(s[:n])]; ok && t.cmap.widths[n] {
				return n
			}
		}
		if t.cmap.widths[1] && !t.cmap.widths[2] {
			return 1
		}
	}
	return min(2, len(s))
}
