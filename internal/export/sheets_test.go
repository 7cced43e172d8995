package export

import "io"

// Sheets writes rows of one column to a workbook whose sheets have most rows.
func Sheets(to io.Writer, most int, rows ...[]any) error {
	s, err := openWorkbook(to, "facts", []column{{"head", 10}}, most)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := s.row(r); err != nil {
			return err
		}
	}
	return s.end(true)
}
