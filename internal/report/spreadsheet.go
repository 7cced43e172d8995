package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Harmless is text that no spreadsheet takes for a formula.
func Harmless(s string) string {
	trimmed := strings.TrimLeft(s, " \t\r\n")
	if trimmed != "" && strings.ContainsAny(trimmed[:1], "=+-@|%") && !isNumber(s) || s != "" && (s[0] == '\t' || s[0] == '\r' || s[0] == '\n') {
		return "'" + s
	}
	return s
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// CellText is text that a cell of a workbook can hold: at most 32,767 characters, as UTF-16 counts
// them, and none that XML has no place for. Of a longer one the end says how much is left out.
func CellText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == '\ufffe' || r == '\uffff' {
			return -1
		}
		return r
	}, s)
	if len(s) <= excelize.TotalCellChars { // as many bytes are no more characters
		return s
	}
	const note = 40 // characters, at most
	kept, all := 0, 0
	for i, r := range s {
		if all += utf16.RuneLen(r); all <= excelize.TotalCellChars-note {
			kept = i + utf8.RuneLen(r)
		}
	}
	if all <= excelize.TotalCellChars {
		return s
	}
	return fmt.Sprintf("%s… (%d more characters)", s[:kept], utf8.RuneCountInString(s[kept:]))
}
