package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"techfacts.dev/techfacts/internal/chromium"
	"techfacts.dev/techfacts/internal/pdf"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// attacks are what a page may say to get a script run, markup made or a formula
// computed by whoever reads a report.
func attacks() []string {
	return []string{
		`<script>document.title="pwned"</script>`, `</script><script>document.title="pwned"</script>`, `<img src=x onerror="document.title='pwned'">`,
		`"><svg/onload=document.title='pwned'>`, `' onmouseover='document.title="pwned"`, `</style><script>document.title="pwned"</script>`,
		`<!--</title><script>document.title="pwned"</script>-->`, `javascript:document.title="pwned"`, "[click](javascript:alert(1))", "![x](http://evil.example/x.png)",
		`<iframe srcdoc="<script>parent.document.title='pwned'</script>">`, `{{.Doc}}`, "| a | b |\n|---|---|", "`code` **bold** # head", `=cmd|' /C calc'!A0`,
		`=HYPERLINK("http://evil.example","x")`, `+1+1`, `-1+1`, `@SUM(1)`, "\t=1+1", `<meta http-equiv=refresh content="0;url=http://evil.example">`, "\u2028alert(1)\u2029",
		`<base href="http://evil.example/">`, `]]><script>document.title="pwned"</script>`,
	}
}

// hostile is a report on a company whose pages say the attacks.
func hostile(t *testing.T, typ schema.ReportType) *report.Document {
	t.Helper()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	var all []stated
	for i, a := range attacks() {
		company := []string{"Evil <b>Corp</b>", "=Evil2"}[i%2]
		all = append(all, stated{company, "features", a + " supports webhooks.", schema.Value{}, map[string]string{"plan": a}},
			stated{company, "x<script>", a + " anything else at all.", schema.Value{Kind: schema.ValueCount, Original: a, Number: 1}, nil})
	}
	put(t, s, all...)
	companies := []string{"Evil <b>Corp</b>", "=Evil2"}
	if typ == schema.ReportSingle {
		companies = companies[:1]
	}
	return compose(t, s, schema.ReportParams{
		Type: typ, Companies: companies, Title: `=T<script>document.title="pwned"</script>`, MaxFactsPerSection: 200, MaxFacts: 2000,
	})
}

func TestNothingThatPagesSayRunsInABrowser(t *testing.T) {
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is needed: see tools/need.sh")
	}
	html := render(t, hostile(t, schema.ReportComparison), report.HTML)
	// The test takes the policy away: escaping must do without it.
	bare := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(html, "")
	if bare == html {
		t.Fatal("the page has no policy")
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(bare), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=3000", "--dump-dom", "file://"+file)
	dom, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	title := regexp.MustCompile(`(?s)<title>(.*?)</title>`).FindStringSubmatch(string(dom))
	if title == nil || !strings.HasPrefix(title[1], "=T&lt;script&gt;") {
		t.Errorf("the title is %q: something has run", title)
	}
	for _, forbidden := range []string{`<iframe`, `<img`, `<base`, `<[a-z][^<>]*\son[a-z]+=`, `<meta[^>]*refresh`, `href="javascript`} {
		if found := regexp.MustCompile(forbidden).FindString(string(dom)); found != "" {
			t.Errorf("the page has %s in it", found)
		}
	}
	if n := strings.Count(string(dom), "<script"); n != 1 {
		t.Errorf("%d scripts, want the one that holds data", n)
	}
}

func TestAReportOnPaperLeadsToItsCitationsAndToTheWebAlone(t *testing.T) {
	t.Parallel()
	printer := chromium.NewPrinter(chromium.Find(""), "techfacts/test")
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	for name, d := range map[string]*report.Document{"hostile": hostile(t, schema.ReportComparison), "demo": compose(t, s, samples()["comparison"])} {
		file, err := printer.Print(t.Context(), []byte(render(t, d, report.HTML)))
		if err != nil {
			t.Fatal(err)
		}
		links := regexp.MustCompile(`/URI \((.{8})`).FindAllSubmatch(file, -1)
		for _, link := range links {
			if !strings.HasPrefix(string(link[1]), "https://") && !strings.HasPrefix(string(link[1]), "http://") {
				t.Errorf("%s: a link leads to %s", name, link[1])
			}
		}
		if within := bytes.Count(file, []byte("/Dest /c")); len(links) < len(d.Citations) || within < len(d.Citations) {
			t.Errorf("%s: %d links to the web, %d to citations; %d are cited", name, len(links), within, len(d.Citations))
		}
		objects := regexp.MustCompile(`(?s)\bstream\b.*?\bendstream\b`).ReplaceAll(file, nil) // any letters may stand in what is compressed
		for _, sign := range []string{"/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/SubmitForm"} {
			if bytes.Contains(objects, []byte(sign)) {
				t.Errorf("%s: the file has %s in it", name, sign)
			}
		}
		read, err := pdf.Read(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(fmt.Sprint(read.Pages)), " ")
		if !strings.Contains(text, "Citations") || name == "demo" && !strings.Contains(text, "100 requests per second") {
			t.Errorf("%s: the text of its %d pages is %.300s", name, len(read.Pages), text)
		}
	}
}

func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	html := render(t, hostile(t, schema.ReportSingle), report.HTML)
	markup := regexp.MustCompile(`(?s)<script type="application/json".*?</script>`).ReplaceAllString(html, "")
	for _, pattern := range []string{`<link`, `<[a-z][^<>]*\ssrc=`, `@import`, `url\(`, `<script`} {
		if found := regexp.MustCompile(pattern).FindString(markup); found != "" {
			t.Errorf("the page has %q in it", found)
		}
	}
	data := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(html)
	var d report.Document
	if data == nil || json.Unmarshal([]byte(data[1]), &d) != nil || len(d.Citations) == 0 {
		t.Errorf("the data of the page cannot be read")
	}
}

func TestASpreadsheetTakesNothingForAFormula(t *testing.T) {
	t.Parallel()
	for _, typ := range []schema.ReportType{schema.ReportComparison, schema.ReportSummary} {
		lines, err := csv.NewReader(strings.NewReader(render(t, hostile(t, typ), report.CSV))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines[1:] {
			for _, cell := range line {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
					t.Errorf("%s: a cell is %q", typ, cell)
				}
			}
		}
	}
}

func TestMarkdownOfPagesStaysText(t *testing.T) {
	t.Parallel()
	text := render(t, hostile(t, schema.ReportComparison), report.Markdown)
	for _, pattern := range []string{`[^\\]<[a-zA-Z/!](?:[^ ]|[^>]*[^c])`, `[^\\]\]\(javascript`, `(?m)^\| a \| b`, `[^\\]!\[`, `[^\\]\*\*bold`} {
		for _, found := range regexp.MustCompile(pattern).FindAllString(text, -1) {
			if !strings.Contains(found, "<a") { // our own anchors
				t.Errorf("the text has %q in it", found)
			}
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "# \\=T&lt;script") {
			t.Errorf("a heading that is not ours: %s", line)
		}
	}
}

func TestASummaryHasAtMost500Words(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	for _, companies := range [][]string{{"Quarrowby"}, {"Fennlark", "Halvorsund"}, {"Quarrowby", "Fennlark", "Halvorsund"}} {
		d := compose(t, s, schema.ReportParams{Type: schema.ReportSummary, Companies: companies, MaxFactsPerSection: 20, MaxFacts: 200})
		if n := counted(render(t, d, report.Markdown)); n > 500 {
			t.Errorf("a summary of %v has %d words", companies, n)
		}
		if len(d.Highlights) != 5*len(companies) || len(d.Sections) != len(companies) {
			t.Errorf("of %v: %d most telling facts and %d lists of capabilities", companies, len(d.Highlights), len(d.Sections))
		}
		for _, c := range d.Citations {
			if c.Link == "" || c.Quote == "" || c.Source == 0 {
				t.Errorf("citation %d is %+v", c.N, c)
			}
		}
	}
}

func TestWhatIsLeftOutIsSaid(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	in := schema.ReportParams{Type: schema.ReportSingle, Companies: []string{"Quarrowby"}, MaxFactsPerSection: 2, MaxFacts: 9}
	d := compose(t, s, in)
	listed := 0
	for _, section := range d.Sections {
		listed += len(section.Facts)
		if len(section.Facts) > in.MaxFactsPerSection {
			t.Errorf("%s lists %d facts", section.Title, len(section.Facts))
		}
	}
	if listed == 0 || listed > in.MaxFacts || !strings.Contains(strings.Join(d.Notes, "\n"), "are listed that are the surest") {
		t.Errorf("%d facts are listed; notes: %v", listed, d.Notes)
	}
}

func TestWhatStandsOutAndCellsSayHowMuchMoreThereIs(t *testing.T) {
	t.Parallel()
	d := &report.Document{
		Type: schema.ReportComparison, Companies: []string{"A", "B"}, Highlights: []report.Point{{Text: "Burst: highest at A, 9."}}, BestLeft: 14,
		Table: []report.TableSection{{Rows: []report.TableRow{{Label: "Burst", Cells: []report.TableCell{
			{Company: "A", State: report.Stated, Text: "9", Best: true, Cites: []int{1}, Left: 3}, {Company: "B", State: report.Stated, Text: "8", Cites: []int{1}, Left: 1},
		}}}}},
		Citations: []report.Citation{{N: 1}},
	}
	text := render(t, d, report.Markdown)
	if !strings.Contains(text, "\n- Burst: highest at A, 9.\n\n*Of 14 more rows the table marks who is best.*\n") || !strings.Contains(text, "| ▲ 9 [[1]](#c1) *and 3 more facts* | 8 [[1]](#c1) *and 1 more fact* |") {
		t.Errorf("the text is %s", text)
	}
	html := render(t, d, report.HTML)
	for _, want := range []string{`<p class="note">Of 14 more rows the table marks who is best.</p>`, `3 more say the like.`, `</a> and 1 more fact</span>`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	d.Table[0].Rows[0].Better = 1
	alone := *d
	if alone.Companies = d.Companies[:1]; strings.Contains(render(t, &alone, report.HTML), "higher is better</span>") || !strings.Contains(render(t, d, report.HTML), "higher is better</span>") {
		t.Error("which value is better is to be said of what is compared alone")
	}
	d.BestLeft, d.Table[0].Rows[0].Cells[0].Left, d.Table[0].Rows[0].Cells[1].Left = 0, 0, 0
	if text := render(t, d, report.Markdown); strings.Contains(text, "more") {
		t.Errorf("of all there is more: %s", text)
	}
}

func TestAWorkbookHasTypedCellsAndNoFormula(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	for name, d := range map[string]*report.Document{"hostile": hostile(t, schema.ReportComparison), "demo": compose(t, s, samples()["topic"])} {
		book, err := excelize.OpenReader(strings.NewReader(render(t, d, report.XLSX)))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(book.GetSheetList(), " "); got != "Comparison Values Facts Sources" {
			t.Errorf("%s: sheets %s", name, got)
		}
		types := map[excelize.CellType]int{}
		for _, sheet := range book.GetSheetList() {
			rows, err := book.GetRows(sheet)
			if err != nil || len(rows) < 2 {
				t.Fatalf("%s, %s: %d rows (%v)", name, sheet, len(rows), err)
			}
			for i, row := range rows {
				for k := range row {
					cell, _ := excelize.CoordinatesToCellName(k+1, i+1)
					if formula, err := book.GetCellFormula(sheet, cell); err != nil || formula != "" {
						t.Errorf("%s, %s!%s is the formula %q (%v)", name, sheet, cell, formula, err)
					}
					kind, err := book.GetCellType(sheet, cell)
					if err != nil {
						t.Fatal(err)
					}
					types[kind]++
				}
			}
		}
		if types[excelize.CellTypeInlineString] == 0 || types[excelize.CellTypeNumber]+types[excelize.CellTypeUnset] == 0 || types[excelize.CellTypeBool] == 0 {
			t.Errorf("%s: cells by type: %v", name, types)
		}
	}
	book, err := excelize.OpenReader(strings.NewReader(render(t, compose(t, s, samples()["topic"]), report.XLSX)))
	if err != nil {
		t.Fatal(err)
	}
	rows, _ := book.GetRows("Values", excelize.Options{RawCellValue: true})
	if line := strings.Join(rows[1], "|"); !strings.HasPrefix(line, "Prices|Price|Quarrowby|STATED|") || !strings.Contains(line, "|49|USD/month|") {
		t.Errorf("the first value is %s", line)
	}
	facts, _ := book.GetRows("Facts")
	if got := facts[1][9]; got != "2026-11-20 09:30" {
		t.Errorf("a fact was seen %q", got)
	}
}

func TestATableOfManyCompaniesFitsOntoPaperInParts(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	var all []stated
	var companies []string
	for i := range 14 {
		companies = append(companies, fmt.Sprintf("Company %d", i+1))
		all = append(all, stated{
			companies[i], "limits", fmt.Sprintf("The Pro plan of service %d allows %d000 requests per minute.", i, i+1),
			schema.Value{Kind: schema.ValueRate, Original: fmt.Sprintf("%d000 requests per minute", i+1), Number: float64(i+1) * 1000 / 60, Unit: "request/s", Amount: float64(i+1) * 1000, Period: "minute"},
			map[string]string{"plan": "Pro"},
		})
	}
	put(t, s, all...)
	html := render(t, compose(t, s, schema.ReportParams{Type: schema.ReportComparison, Companies: companies, MaxFactsPerSection: 5}), report.HTML)
	parts := strings.Split(html, `<table class="side paper">`)[1:]
	if len(parts) != 3 {
		t.Fatalf("%d parts for paper", len(parts))
	}
	for i, company := range companies {
		if n := strings.Count(parts[i/6], `<th>`+company+`</th>`); n != 1 || !strings.Contains(parts[i/6], fmt.Sprintf("Pro: %d000 requests per minute", i+1)) {
			t.Errorf("%s stands %d times in part %d", company, n, i/6)
		}
	}
	if few := render(t, compose(t, s, schema.ReportParams{Type: schema.ReportComparison, Companies: companies[:6], MaxFactsPerSection: 5}), report.HTML); strings.Contains(few, `"side paper"`) {
		t.Error("six companies fit")
	}
}

func TestRowsThatNobodyOfASheetStatesFold(t *testing.T) {
	t.Parallel()
	d := &report.Document{Type: schema.ReportComparison}
	row := report.TableRow{Label: "Latency, p50"}
	both := report.TableRow{Label: "Burst"}
	for i := range 8 {
		c := report.TableCell{Company: fmt.Sprintf("C%d", i), State: report.NotDocumented}
		said := report.TableCell{Company: c.Company, State: report.StatedNo, Text: "none"}
		d.Companies = append(d.Companies, c.Company)
		both.Cells = append(both.Cells, said)
		if i > 0 {
			said = c
		}
		row.Cells = append(row.Cells, said)
	}
	d.Table = []report.TableSection{{Title: "Limits", Rows: []report.TableRow{row, both}}}
	parts := strings.Split(render(t, d, report.HTML), `<table class="side paper">`)[1:]
	if len(parts) != 2 || strings.Contains(parts[0], "None of these") || !strings.Contains(parts[0], "<th>Latency, p50</th>") ||
		strings.Contains(parts[1], "<th>Latency, p50</th>") || !strings.Contains(parts[1], "None of these states: Latency, p50.") || !strings.Contains(parts[1], "<th>Burst</th>") {
		t.Errorf("sheets are %s", strings.Join(parts, "\n\n"))
	}
}

func TestChartsOfManyCompaniesNameAllAndCountAll(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 20, 50} {
		d := &report.Document{Type: schema.ReportComparison}
		for i := range n {
			name := fmt.Sprintf("Some Vendor %d", i+1)
			d.Companies = append(d.Companies, name)
			c := report.Coverage{Company: name, Stated: 9}
			for k := range 15 {
				c.Kinds = append(c.Kinds, report.SectionRead{Title: fmt.Sprintf("Sort of things %d", k), Stated: i + 1, Rows: 60 + k, Read: true})
			}
			d.Coverage = append(d.Coverage, c)
		}
		_, charts, _ := strings.Cut(render(t, d, report.HTML), `<div class="charts`)
		heat, _, _ := strings.Cut(charts, "</figure>")
		for i, c := range d.Coverage {
			if !strings.Contains(heat, ">"+c.Company+"</text>") || !strings.Contains(heat, fmt.Sprintf(">%d/60</text>", i+1)) || !strings.Contains(heat, ">Sort of things 14</text>") {
				t.Errorf("of %d companies %s is not named and counted", n, c.Company)
			}
		}
		if few := fmt.Sprintf(`class="heat-1"><title>%s, Sort of things 0: 1 of 60`, d.Companies[0]); !strings.Contains(heat, few) {
			t.Errorf("one of 60 looks like none")
		}
	}
}

func TestWhatStandsOutIsWhatBuyersAskForFirstAndNamesAllWhoAreBest(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	var all []stated
	for i, n := range []int{30, 30, 10} {
		c := []string{"Ant", "Bee", "Cow"}[i]
		size := schema.Value{Kind: schema.ValueSize, Original: fmt.Sprintf("%d MB", n), Number: float64(n) * 1e6, Unit: "B"}
		percent := schema.Value{Kind: schema.ValuePercent, Original: fmt.Sprintf("99.%d%%", n), Number: 99 + float64(n)/100, Unit: "%"}
		all = append(all, stated{c, "limits", fmt.Sprintf("The request size is at most %d MB.", n), size, nil}, stated{c, "performance", fmt.Sprintf("The uptime SLA is 99.%d%%.", n), percent, nil})
	}
	put(t, s, all...)
	d := compose(t, s, schema.ReportParams{Type: schema.ReportComparison, Companies: []string{"Ant", "Bee", "Cow"}, MaxFactsPerSection: 2, MaxFacts: 9})
	var got []string
	for _, p := range d.Highlights {
		got = append(got, fmt.Sprintf("%s %d", p.Text, len(p.Cites)))
	}
	if want := "Uptime SLA: highest at Ant and Bee, 99.30%. 2; Size of a request: highest at Ant and Bee, 30 MB. 2"; strings.Join(got, "; ") != want {
		t.Errorf("it stands out that %s, want %s", strings.Join(got, "; "), want)
	}
}
