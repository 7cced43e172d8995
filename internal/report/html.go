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
	Keys            []key   // of the states that stand in the table
	Paper           []sheet // the table in parts that fit onto paper, if it does not
	Stats           []stat
	Gaps            []Gap
	Heat, Bars      *drawing
	WideCharts      bool // they take a line each
}

// Who are the companies in words.
func (v view) Who() string { return andList(v.Doc.Companies) }

// key explains a state by what looks like its cells.
type key struct {
	State        State
	Words, Means string
}

// keys are those of the states that stand in the table.
func (d *Document) keys() []key {
	there := map[State]bool{}
	for _, s := range d.Table {
		for _, r := range s.Rows {
			for _, c := range r.Cells {
				there[c.State] = true
			}
		}
	}
	return slices.DeleteFunc([]key{
		{Stated, "its words", "stated"},
		{StatedNo, "its words", "stated that there is none"},
		{Conflict, "this ≠ that", "contradicts itself"},
		{NotDocumented, "", "pages of that kind were read, and none says it"},
		{NothingAlike, "", "nothing is said that can be laid beside the others; it may be told in other words"},
		{NotRead, "", "nothing of that kind was found on any page"},
	}, func(k key) bool { return !there[k.State] })
}

// sheet is a part of the table: some companies, and the rows that any of them states.
type sheet struct {
	Companies []string
	Table     []sheetSection
}

// sheetSection is a section of the table on a sheet.
type sheetSection struct {
	TableSection
	None []string // labels of rows of which all of the companies are silent
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
			section := sheetSection{TableSection: TableSection{Key: s.Key, Title: s.Title}}
			for _, r := range s.Rows {
				if r.Cells = r.Cells[from:to]; slices.ContainsFunc(r.Cells, func(c TableCell) bool { return !c.Silent() }) {
					section.Rows = append(section.Rows, r)
				} else {
					section.None = append(section.None, r.Label)
				}
			}
			part.Table = append(part.Table, section)
		}
		sheets = append(sheets, part)
	}
	return sheets
}

// Silent tells whether a cell says nothing.
func (c TableCell) Silent() bool {
	return c.State == NotDocumented || c.State == NothingAlike || c.State == NotRead
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
		Wide: len(d.Companies) > maxColumns, Keys: d.keys(), Paper: d.sheets(), WideCharts: len(d.Companies) > maxHeatColumns,
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
		if len(d.GapTexts(g)) > 0 {
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
	Dim, Tilted  bool
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

// A drawing is narrow beside another, and wide alone: from more companies on than maxHeatColumns.
const (
	narrow         = 560
	wide           = 1120
	maxHeatColumns = 6
)

func widthOf(list []Coverage) int {
	if len(list) > maxHeatColumns {
		return wide
	}
	return narrow
}

// heatMap draws how much of each section each company states: the companies side by side, one below the
// other if they are many.
func heatMap(list []Coverage) *drawing {
	const left, height, gap = 130, 24, 3
	d := &drawing{Width: widthOf(list)}
	columns, rows, top, right := len(list), len(list[0].Kinds), 26, 0
	tilted := d.Width == wide
	if tilted {
		columns, rows, top, right = rows, columns, 72, 50 // what leans over the last column needs a place
	}
	width := (d.Width - left - right) / columns
	for x := range columns {
		for y := range rows {
			i, k := x, y
			if tilted {
				i, k = y, x
			}
			company, kind := list[i].Company, list[i].Kinds[k]
			at := box{X: left + x*width, Y: top + y*(height+gap), W: width - gap, H: height}
			d.heat(at, company, kind)
			switch {
			case y > 0:
			case tilted:
				d.Labels = append(d.Labels, label{at.X + 12, top - 8, "start", fit(kind.Title, 18), true, true})
			default:
				d.Labels = append(d.Labels, label{at.X + at.W/2, 16, "middle", fit(company, width/7), true, false})
			}
			switch {
			case x > 0:
			case tilted:
				d.Labels = append(d.Labels, label{left - 10, at.Y + 16, "end", fit(company, 18), false, false})
			default:
				d.Labels = append(d.Labels, label{left - 10, at.Y + 16, "end", fit(kind.Title, 18), false, false})
			}
		}
	}
	d.Height = top + rows*(height+gap)
	return d
}

// heat draws the box of one section of one company.
func (d *drawing) heat(at box, company string, kind SectionRead) {
	level := "heat-x"
	if kind.Read {
		share := float64(kind.Stated) / float64(max(1, kind.Rows))
		level = fmt.Sprintf("heat-%d", max(int(share*4+0.5), min(1, kind.Stated)))
		d.Over = append(d.Over, over{at.X + at.W/2, at.Y + 16, fmt.Sprintf("%d/%d", kind.Stated, kind.Rows), level == "heat-3" || level == "heat-4"})
	}
	at.Class, at.Title = level, fmt.Sprintf("%s, %s: %d of %d rows stated", company, kind.Title, kind.Stated, kind.Rows)
	d.Boxes = append(d.Boxes, at)
}

// barChart draws what is known of the rows of each company.
func barChart(list []Coverage) *drawing {
	const left, height, gap = 130, 26, 12
	d := &drawing{Width: widthOf(list)}
	for i, c := range list {
		y := i * (height + gap)
		d.Labels = append(d.Labels, label{left - 10, y + 17, "end", fit(c.Company, 18), false, false})
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
			w := part.n * (d.Width - left - 4) / max(1, total)
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

// ListsFacts reports whether a section of the document has facts.
func (d *Document) ListsFacts() bool {
	return slices.ContainsFunc(d.Sections, func(s Section) bool { return len(s.Facts) > 0 })
}
