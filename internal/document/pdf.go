package document

import (
	"context"
	"strconv"
	"strings"

	"techfacts.dev/techfacts/internal/pdf"
	"techfacts.dev/techfacts/schema"
)

// pdfMemory is what reading a PDF takes at most, whatever its size.
const pdfMemory = 80 << 20

func isPDF(body []byte) bool { return pdf.Is(body) }

// fromPDF reads a PDF by pages: each has a heading "Page 7" and the anchor
// "page=7", by which viewers of PDF jump there. A file without text, such as a
// scan, gives an empty Text.
func fromPDF(ctx context.Context, body []byte) (Document, error) {
	f, err := pdf.Read(ctx, body)
	if err != nil {
		return Document{}, err
	}
	d := Document{Title: f.Title}
	var b strings.Builder
	for i, page := range f.Pages {
		if len(page) == 0 {
			continue
		}
		number := strconv.Itoa(i + 1)
		if len(d.Anchors) < maxAnchors {
			d.Anchors = append(d.Anchors, schema.Anchor{At: b.Len(), ID: "page=" + number})
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString("## Page " + number)
		writePage(&b, page)
	}
	d.Text = b.String()
	if d.Title == "" {
		for _, page := range f.Pages[:min(len(f.Pages), 1)] {
			for _, block := range page {
				if block.Heading {
					d.Title = block.Text
					break
				}
			}
		}
	}
	return d, nil
}

func writePage(b *strings.Builder, page pdf.Page) {
	row, item := 0, false
	for _, block := range page {
		switch {
		case block.Cells != nil:
			if row != len(block.Cells) {
				b.WriteString("\n\n|" + strings.Repeat("  |", len(block.Cells)) + "\n|" + strings.Repeat(" --- |", len(block.Cells)))
			}
			row = len(block.Cells)
			b.WriteString("\n|")
			for _, c := range block.Cells {
				b.WriteString(" " + strings.ReplaceAll(c, "|", `\|`) + " |")
			}
			item = false
			continue
		case block.Heading:
			b.WriteString("\n\n### ")
		case block.Item && item:
			b.WriteString("\n- ")
		case block.Item:
			b.WriteString("\n\n- ")
		default:
			b.WriteString("\n\n")
		}
		b.WriteString(block.Text)
		row, item = 0, block.Item
	}
}
