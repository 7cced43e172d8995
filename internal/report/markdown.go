package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"techfacts.dev/techfacts/schema"
)

// writer writes a document and keeps the first error.
type writer struct {
	w   io.Writer
	err error
}

func (w *writer) f(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.w, format, args...)
	}
}

// Markdown writes a document in CommonMark with tables. What pages say is escaped:
// it can be no markup.
func (d *Document) Markdown(to io.Writer) error {
	w := &writer{w: to}
	d.mdText(w)
	d.mdSources(w)
	return w.err
}

// mdText writes all but what proves it.
func (d *Document) mdText(w *writer) {
	w.f("# %s\n\n", md(d.Title))
	w.f("%s, made on %s from what is documented by %s.", typeWords(d.Type), day(d.Created), md(d.list(d.Companies, "companies")))
	if len(d.Categories) > 0 {
		w.f(" Limited to %s.", md(d.list(d.Categories, "categories")))
	}
	if d.Profile != "" {
		w.f(" Only facts found under the profile %s.", md(d.Profile))
	}
	if d.Type == schema.ReportSummary {
		w.f(" It has at most %d words, citations and sources not counted.", maxWords)
	}
	w.f("\n")
	mdPoints(w, highlightsTitle(d.Type), d.Highlights)
	if d.BestLeft > 0 {
		w.f("\n*%s.*\n", d.BestLeftWords())
	}
	d.mdProse(w)
	d.mdTable(w)
	for _, s := range d.Sections {
		mdPoints(w, s.Title, s.Facts)
		if s.Left > 0 && len(s.Facts) > 0 && d.Type != schema.ReportSummary {
			w.f("\n*%d more are left out.*\n", s.Left)
		}
	}
	d.mdGaps(w)
	d.mdCoverage(w)
	d.mdNotes(w)
}

func highlightsTitle(t schema.ReportType) string {
	if t == schema.ReportSummary {
		return "Most telling"
	}
	return "What stands out"
}

func (d *Document) tableTitle() string {
	if len(d.Companies) == 1 {
		return "At a glance"
	}
	return "Side by side"
}

func typeWords(t schema.ReportType) string {
	return map[schema.ReportType]string{
		schema.ReportSingle: "A report on one company", schema.ReportComparison: "A comparison",
		schema.ReportTopic: "A report on one topic", schema.ReportSummary: "A summary",
	}[t]
}

// BestLeftWords say of how many rows more the table says who is best.
func (d *Document) BestLeftWords() string {
	return "Of " + counted(d.BestLeft, "more row") + " the table marks who is best"
}

func mdPoints(w *writer, title string, points []Point) {
	if len(points) == 0 {
		return
	}
	w.f("\n## %s\n\n", md(title))
	for _, p := range points {
		w.f("%s", mdPoint(p))
	}
}

func mdPoint(p Point) string { return "- " + md(p.Text) + mdCites(p.Cites) + "\n" }

// Words say whose words prose is.
func (p *Prose) Words() string {
	return "Written by the model " + p.Model + ". Each sentence was checked against the facts it cites."
}

func (d *Document) mdProse(w *writer) {
	if d.Prose == nil {
		return
	}
	w.f("\n## In words\n\n*%s*\n", md(d.Prose.Words()))
	for _, s := range d.Prose.Sections {
		w.f("\n### %s\n\n", md(s.Title))
		for i, p := range s.Sentences {
			w.f("%s%s%s", map[bool]string{true: " "}[i > 0], md(p.Text), mdCites(p.Cites))
		}
		w.f("\n")
	}
}

// mdCites are links to citations.
func mdCites(cites []int) string {
	var b strings.Builder
	for _, n := range cites {
		fmt.Fprintf(&b, " [[%d]](#c%d)", n, n)
	}
	return b.String()
}

// stateWords are what stands in a cell that says nothing, or more than it says.
func stateWords(s State) string {
	return map[State]string{NotDocumented: "not documented", NothingAlike: "nothing alike", NotRead: "not read", StatedNo: "no", Conflict: "conflict"}[s]
}

func (d *Document) mdTable(w *writer) {
	if len(d.Table) == 0 {
		return
	}
	w.f("\n## %s\n\n*not documented*: pages of that kind were read, and none says it. *not read*: nothing of that category was found on any page that was read.", d.tableTitle())
	if len(d.Companies) > 1 {
		w.f(" *nothing alike*: no statement is like that of the others; it may be told in other words. ▲ best, ▼ worst of a row.")
	}
	w.f("\n")
	for _, s := range d.Table {
		w.f("\n### %s\n\n| |", md(s.Title))
		for _, c := range d.Companies {
			w.f(" %s |", md(c))
		}
		w.f("\n|---|%s\n", strings.Repeat("---|", len(d.Companies)))
		for _, r := range s.Rows {
			w.f("| **%s** |", md(r.Label))
			for _, c := range r.Cells {
				w.f(" %s |", mdCell(c))
			}
			w.f("\n")
		}
	}
}

func mdCell(c TableCell) string {
	if c.State == NotDocumented || c.State == NothingAlike || c.State == NotRead {
		return "*" + stateWords(c.State) + "*"
	}
	mark := ""
	switch {
	case c.State == Conflict:
		mark = "**conflict:** "
	case c.State == StatedNo:
		mark = "**no:** "
	case c.Best || c.Worst:
		parts := slices.Clone(c.Shown())
		for i := range parts {
			parts[i] = md(parts[i])
		}
		parts[c.Lead] = map[bool]string{true: "▲ ", false: "▼ "}[c.Best] + parts[c.Lead]
		return strings.Join(parts, " · ") + mdProof(c)
	}
	return mark + md(c.Text) + mdProof(c)
}

func (d *Document) mdGaps(w *writer) {
	begun := false
	for _, g := range d.Gaps {
		for _, text := range d.GapTexts(g) {
			if !begun {
				w.f("\n## Gaps\n\n")
				begun = true
			}
			w.f("%s", mdGap(g.Company, text[0], text[1]))
		}
	}
}

// mdProof cites what proves a cell, and says how much more does.
func mdProof(c TableCell) string {
	if c.Left == 0 {
		return mdCites(c.Cites)
	}
	return mdCites(c.Cites) + " *" + c.LeftWords() + "*"
}

// LeftWords say how many facts say what a cell says beside those that it cites.
func (c TableCell) LeftWords() string { return "and " + counted(c.Left, "more fact") }

func mdGap(company, words, gaps string) string {
	return fmt.Sprintf("- **%s** %s: %s.\n", md(company), words, md(gaps))
}

func (d *Document) mdCoverage(w *writer) {
	if d.Type == schema.ReportSummary {
		d.mdCoverageInShort(w)
		return
	}
	w.f("\n## Coverage\n\n")
	if text := d.CountedWords(); text != "" {
		w.f("%s\n\n", md(text))
	}
	w.f("| | Pages read | Last read | Rows stated | Stated no | Conflicts | Not documented | Nothing alike | Not read |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range d.Coverage {
		w.f("| **%s** | %d | %s | %d | %d | %d | %d | %d | %d |\n", md(c.Company), c.Pages, day(c.Newest), c.Stated, c.StatedNo, c.Conflicts, c.NotDocumented, c.NothingAlike, c.NotRead)
	}
	for _, c := range d.Coverage {
		for i, s := range c.Skipped {
			if i == 0 {
				w.f("\nNot read of %s:\n\n", md(c.Company))
			}
			w.f("- %s: %d (%s)\n", md(outcomeWords(s.Outcome)), s.Pages, md(s.Reason))
		}
	}
}

func outcomeWords(o schema.Outcome) string {
	words := strings.ToLower(strings.ReplaceAll(string(o), "_", " "))
	return strings.Replace(words, "http", "HTTP", 1)
}

func (d *Document) mdNotes(w *writer) {
	if len(d.Notes) == 0 {
		return
	}
	w.f("\n## What was left out\n\n")
	for _, n := range d.Notes {
		w.f("- %s\n", md(n))
	}
}

func (d *Document) mdSources(w *writer) {
	w.f("\n## Citations\n\n")
	for _, c := range d.Citations {
		w.f("%d. <a id=\"c%d\"></a>%s: “%s” — [%s](%s)", c.N, c.N, md(c.Company), md(c.Quote), md(c.Page), mdURL(c.Link))
		if len(c.Headings) > 0 {
			w.f(", %s", md(strings.Join(c.Headings, " › ")))
		}
		w.f(", %s\n", day(c.Seen))
	}
	w.f("\n## Sources\n\n")
	for _, s := range d.Sources {
		w.f("%d. %s: [%s](%s), read on %s, %s\n", s.N, md(s.Company), md(s.Title), mdURL(s.URL), day(s.Fetched), counted(s.Cited, "citation"))
	}
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2 January 2006")
}

// md escapes a text for one line of Markdown.
func md(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '\\', '`', '*', '_', '{', '}', '[', ']', '#', '|', '~', '!', '$', '@', '^':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	text := b.String()
	if text != "" && strings.ContainsAny(text[:1], "+-=0123456789") { // no list, no heading below
		if i := strings.IndexAny(text, ".) "); text[0] == '+' || text[0] == '-' || text[0] == '=' {
			text = "\\" + text
		} else if i > 0 && text[i] != ' ' {
			text = text[:i] + "\\" + text[i:]
		}
	}
	// Nothing of it becomes a link by itself: a space without width comes between.
	return strings.NewReplacer("://", ":\u200b//", "www.", "www\u200b.").Replace(text)
}

// mdURL is a URL as the target of a link; of any other kind than the web none.
func mdURL(s string) string {
	if !isWeb(s) {
		return ""
	}
	return strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", "\n", "", "\r", "", "\\", "%5C").Replace(s)
}

func isWeb(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}
