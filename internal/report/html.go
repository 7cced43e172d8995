package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"techfacts.dev/techfacts/schema"
)

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageStyle string

// Policy is the Content-Security-Policy of a report as HTML: its own style and
// nothing else. It runs no script.
//
//nolint:gochecknoglobals // made once of what is embedded
var Policy = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
})

//nolint:gochecknoglobals // made once of what is embedded
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"day": day, "inc": func(n int) int { return n + 1 }, "join": listed, "outcome": outcomeWords,
		"capital": func(s string) string { return strings.ToUpper(s[:1]) + s[1:] },
		"web": func(s string) string {
			if isWeb(s) {
				return s
			}
			return "#sources"
		},
	}).Parse(pageTemplate))
})

// view is a document with what the page makes of it.
type view struct {
	Doc             *Document
	Style           template.CSS
	Policy          string
	Kind            string
	HighlightsTitle string
	TableTitle      string
	Columns         int
	Wide            bool    // the table is as wide as its columns need
	Paper           []sheet // the table in parts that fit onto paper, if it does not
	Stats           []stat
	Gaps            []Gap
	Heat, Bars      *drawing
}

// sheet is a part of the table: all rows, and some companies.
type sheet struct {
	Companies []string
	Table     []TableSection
}

// More columns than these get a width of their own on a screen, and parts on paper.
const (
	maxColumns      = 4
	maxPaperColumns = 6
)

// sheets cuts the table into parts that fit onto paper; none if it fits as it is.
func (d *Document) sheets() (sheets []sheet) {
	if len(d.Companies) <= maxPaperColumns {
		return nil
	}
	for from := 0; from < len(d.Companies); from += maxPaperColumns {
		to := min(from+maxPaperColumns, len(d.Companies))
		part := sheet{Companies: d.Companies[from:to]}
		for _, s := range d.Table {
			rows := slices.Clone(s.Rows)
			for i := range rows {
				rows[i].Cells = rows[i].Cells[from:to]
			}
			part.Table = append(part.Table, TableSection{Key: s.Key, Title: s.Title, Rows: rows})
		}
		sheets = append(sheets, part)
	}
	return sheets
}

// Shown are the parts of a cell.
func (c TableCell) Shown() []string {
	if len(c.Parts) > 0 {
		return c.Parts
	}
	return []string{c.Text}
}

type stat struct {
	N     int
	Words string
}

// of words a number of things.
func of(n int, noun, rest string) stat {
	if n != 1 {
		noun += "s"
	}
	return stat{n, noun + rest}
}

// HTML writes a document as one page that needs nothing else: no script, no font,
// no picture from anywhere.
func (d *Document) HTML(w io.Writer) error {
	v := view{
		Doc: d, Style: template.CSS(pageStyle), Policy: Policy(), //nolint:gosec // embedded, not scraped
		Kind:            map[schema.ReportType]string{schema.ReportSingle: "One company", schema.ReportComparison: "Comparison", schema.ReportTopic: "One topic", schema.ReportSummary: "Summary"}[d.Type],
		HighlightsTitle: highlightsTitle(d.Type), TableTitle: d.tableTitle(), Columns: len(d.Companies) + 1,
		Wide: len(d.Companies) > maxColumns, Paper: d.sheets(),
	}
	pages, conflicts, rows := 0, 0, 0
	for _, c := range d.Coverage {
		pages += c.Pages
		conflicts += c.Conflicts
	}
	for _, s := range d.Table {
		rows += len(s.Rows)
	}
	v.Stats = []stat{of(pages, "page", " read"), of(len(d.Citations), "fact", " cited"), of(len(d.Sources), "page", " cited")}
	if rows > 0 {
		v.Stats = append(v.Stats, of(rows, "attribute", ""))
	}
	v.Stats = append(v.Stats, of(conflicts, "contradiction", ""))
	for _, g := range d.Gaps {
		if len(g.Texts()) > 0 {
			v.Gaps = append(v.Gaps, g)
		}
	}
	if len(d.Coverage) > 0 && len(d.Coverage[0].Kinds) > 0 {
		v.Heat, v.Bars = heatMap(d.Coverage), barChart(d.Coverage)
	}
	return page().Execute(w, v)
}

// evidence is a cell with what proves it.
type evidence struct {
	TableCell
	First *Citation
	Proof []Citation
}

// Evidence finds what proves a cell.
func (v view) Evidence(c TableCell) evidence {
	e := evidence{TableCell: c}
	for _, n := range c.Cites {
		e.Proof = append(e.Proof, v.Doc.Citations[n-1])
	}
	if len(e.Proof) > 0 {
		e.First = &e.Proof[0]
	}
	return e
}

// drawing is a picture of boxes and words.
type drawing struct {
	Width, Height int
	Labels        []label
	Boxes         []box
	Over          []over // words on boxes
}

type label struct {
	X, Y         int
	Anchor, Text string
	Dim          bool
}

type box struct {
	X, Y, W, H   int
	Class, Title string
}

type over struct {
	X, Y int
	Text string
	On   bool // on a dark box
}

const drawingWidth = 560

// heatMap draws how much of each section each company states.
func heatMap(list []Coverage) *drawing {
	const left, top, height, gap = 130, 26, 24, 3
	d := &drawing{Width: drawingWidth}
	width := (drawingWidth - left) / len(list)
	for i, c := range list {
		d.Labels = append(d.Labels, label{left + i*width + (width-gap)/2, 16, "middle", fit(c.Company, width/7), true})
	}
	for k, s := range list[0].Kinds {
		y := top + k*(height+gap)
		d.Labels = append(d.Labels, label{left - 10, y + 16, "end", fit(s.Title, 18), false})
		for i, c := range list {
			kind := c.Kinds[k]
			level, text := "heat-x", ""
			if kind.Read {
				share := float64(kind.Stated) / float64(max(1, kind.Rows))
				level = fmt.Sprintf("heat-%d", int(share*4+0.5))
				text = fmt.Sprintf("%d/%d", kind.Stated, kind.Rows)
			}
			x := left + i*width
			d.Boxes = append(d.Boxes, box{x, y, width - gap, height, level, fmt.Sprintf("%s, %s: %d of %d rows stated", c.Company, kind.Title, kind.Stated, kind.Rows)})
			if text != "" && width > 34 {
				d.Over = append(d.Over, over{x + (width-gap)/2, y + 16, text, slices.Contains([]string{"heat-3", "heat-4"}, level)})
			}
		}
	}
	d.Height = top + len(list[0].Kinds)*(height+gap)
	return d
}

// barChart draws what is known of the rows of each company.
func barChart(list []Coverage) *drawing {
	const left, height, gap = 130, 26, 12
	d := &drawing{Width: drawingWidth}
	for i, c := range list {
		y := i * (height + gap)
		d.Labels = append(d.Labels, label{left - 10, y + 17, "end", fit(c.Company, 18), false})
		total := c.Stated + c.StatedNo + c.Conflicts + c.NotDocumented + c.NothingAlike + c.NotRead
		x := left
		for _, part := range []struct {
			n            int
			class, words string
			on           bool
		}{
			{c.Stated, "s-stated", "stated", true},
			{c.StatedNo, "s-no", "stated that there is none", true},
			{c.Conflicts, "s-conflict", "contradictions", true},
			{c.NotDocumented, "s-undoc", "not documented", false},
			{c.NothingAlike, "s-alike", "nothing alike", false},
			{c.NotRead, "s-unread", "not read", false},
		} {
			w := part.n * (drawingWidth - left - 4) / max(1, total)
			if part.n == 0 {
				continue
			}
			d.Boxes = append(d.Boxes, box{x, y, max(2, w-2), height, part.class, fmt.Sprintf("%s: %d %s", c.Company, part.n, part.words)})
			if w > 26 {
				d.Over = append(d.Over, over{x + w/2 - 1, y + 17, strconv.Itoa(part.n), part.on})
			}
			x += w
		}
	}
	d.Height = len(list)*(height+gap) + 4
	return d
}

// fit cuts a text to n characters.
func fit(s string, n int) string {
	n = max(n, 3)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
