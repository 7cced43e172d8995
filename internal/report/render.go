package report

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// Format is a way to write a document, named by the ending of its files.
type Format string

// The formats.
const (
	Markdown Format = "md"
	HTML     Format = "html"
	JSON     Format = "json"
	CSV      Format = "csv"
	XLSX     Format = "xlsx"

	// PDF is the HTML as a browser prints it: no document renders itself so.
	PDF Format = "pdf"
)

// Formats lists the formats that every document can render itself in.
func Formats() []Format { return []Format{Markdown, HTML, JSON, CSV, XLSX} }

// formatOf is the format of a body.
func formatOf(f schema.ReportFormat) Format {
	return map[schema.ReportFormat]Format{
		schema.FormatMarkdown: Markdown, schema.FormatHTML: HTML, schema.FormatJSON: JSON, schema.FormatCSV: CSV,
	}[f]
}

// Media is the media type of a format.
func (f Format) Media() string {
	return map[Format]string{
		Markdown: "text/markdown", HTML: "text/html", JSON: "application/json", CSV: "text/csv",
		XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", PDF: "application/pdf",
	}[f]
}

// Render writes the document in a format; INVALID if there is no such.
func (d *Document) Render(w io.Writer, f Format) error {
	switch f {
	case Markdown:
		return d.Markdown(w)
	case HTML:
		return d.HTML(w)
	case JSON:
		return d.JSON(w)
	case CSV:
		return d.CSV(w)
	case XLSX:
		return d.XLSX(w)
	case PDF: // a browser's
	}
	return fault.New(fault.Invalid, "%q is no format; there are %v", f, Formats())
}

// Known reports whether a report can be had in the format.
func (f Format) Known() bool { return slices.Contains(Formats(), f) }

// FileName is a name for files of the document, without an ending: its title in
// plain letters.
func (d *Document) FileName() string {
	var b strings.Builder
	for _, w := range wordsOf(d.Title) {
		for _, r := range strings.ToLower(d.Title[w.start:w.end]) {
			if r < unicode.MaxASCII && b.Len() < 60 {
				b.WriteRune(r)
			}
		}
		b.WriteByte('-')
	}
	return cmp.Or(strings.Trim(b.String(), "-"), "report")
}
