package fetch

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode/utf32"
)

// CleanText makes of b what every database takes: valid UTF-8 without NUL.
// Bytes that are no text become U+FFFD.
func CleanText(b []byte) string { return string(clean(b)) }

func clean(b []byte) []byte {
	if bytes.IndexByte(b, 0) >= 0 {
		b = bytes.ReplaceAll(b, []byte{0}, nil)
	}
	if utf8.Valid(b) { // as most is: no need of a copy
		return b
	}
	return bytes.ToValidUTF8(b, []byte("\uFFFD"))
}

// toUTF8 decodes the text b, sent as contentType, and cleans it. A byte order
// mark of UTF-16 or UTF-32 wins, then b being valid UTF-8, whatever it is
// declared to be; else the declaration counts, of the header before that of a
// <meta>; else it is windows-1252.
func toUTF8(b []byte, contentType string) []byte {
	e := encodingOf(b, contentType)
	if e != nil {
		if decoded, err := e.NewDecoder().Bytes(b); err == nil {
			b = decoded
		}
	}
	return clean(bytes.TrimPrefix(b, []byte("\uFEFF")))
}

// encodingOf gives the encoding of b, nil for UTF-8.
func encodingOf(b []byte, contentType string) encoding.Encoding {
	switch {
	case bytes.HasPrefix(b, []byte{0, 0, 0xFE, 0xFF}):
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE, 0, 0}):
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	}
	e, name, _ := charset.DetermineEncoding(b[:min(len(b), 1024)], contentType)
	if name == "utf-8" || name == "replacement" {
		return nil
	}
	// Text in an encoding of seven bits, or of two bytes a letter, can be valid
	// UTF-8 by accident; an escape or a NUL gives it away.
	accident := name == "iso-2022-jp" && bytes.IndexByte(b, 0x1B) >= 0 || bytes.IndexByte(b, 0) >= 0
	if utf8.Valid(b) && !accident {
		return nil
	}
	return e
}
