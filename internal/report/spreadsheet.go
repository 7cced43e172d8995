package report

import (
	"strconv"
	"strings"

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

// CellText is text that a cell of a workbook can hold: at most 32,767 characters, and none that
// XML has no place for.
func CellText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == '\ufffe' || r == '\uffff' {
			return -1
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > excelize.TotalCellChars {
		return string(runes[:excelize.TotalCellChars])
	}
	return s
}
