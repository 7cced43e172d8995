package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// imported is the settings of a database with one page each of Acme and Bolt.
func imported(t *testing.T) []string {
	t.Helper()
	data := []string{"DATA_DIR=" + t.TempDir()}
	for company, text := range map[string]string{
		"Acme": "# Limits\n\nEach key may send 900 requests per minute.\n\nAcme supports webhooks.\n\nEach key may be used in up to 7 orchards.\n",
		"Bolt": "# Limits\n\nEach key may send 10 requests per second.\n\nBolt does not support webhooks.\n",
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "limits.md"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, stderr, code := output(t, data, "import", folder, "--base", "https://"+strings.ToLower(company)+".example/", "--company", company, "--profile", "api_docs"); code != 0 {
			t.Fatalf("import: %d %s", code, stderr)
		}
	}
	return data
}

func TestFactsPagesAndComparisonsAreExported(t *testing.T) {
	t.Parallel()
	data := imported(t)
	stdout, stderr, code := output(t, data, "export", "facts", "--where", `{"company": "Acme", "attribute": "rate_limit"}`)
	table, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if code != 0 || err != nil || len(table) != 2 || !strings.Contains(stdout, "900 requests per minute") || strings.Contains(stdout, "Bolt") {
		t.Errorf("facts: %d %s\n%s", code, stderr, stdout)
	}
	stdout, _, code = output(t, data, "export", "pages", "--format", "jsonl")
	var page struct{ Company, URL string }
	if first, rest, _ := strings.Cut(stdout, "\n"); code != 0 || strings.Count(rest, "\n") != 1 || json.Unmarshal([]byte(first), &page) != nil || !strings.HasSuffix(page.URL, ".example/limits.md") {
		t.Errorf("pages: %d\n%s", code, stdout)
	}
	file := filepath.Join(t.TempDir(), "comparison.xlsx")
	stdout, stderr, code = output(t, data, "export", "comparison", "--format", "xlsx", "-o", file, "--where", `{"all": true, "attributes": ["webhooks"]}`)
	if code != 0 || stdout != file+": 2 rows\n" {
		t.Fatalf("comparison: %d %s %s", code, stdout, stderr)
	}
	book, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if rows, err := book.GetRows("Comparison"); err != nil || len(rows) != 3 || rows[1][4] != "STATED" || rows[2][4] != "STATED_NO" {
		t.Errorf("the workbook has %v (%v)", rows, err)
	}
	const alone = "orchards"
	for says, args := range map[bool][]string{false: {"--where", `{"all": true}`}, true: {"--lone"}} {
		stdout, _, code := output(t, data, append([]string{"export", "comparison"}, args...)...)
		if code != 0 || strings.Contains(stdout, alone) != says || strings.Contains(stdout, "LEFT_OUT") == says {
			t.Errorf("%v: %d\n%s", args, code, stdout)
		}
	}
	if stdout, _, code := output(t, data, "export", "comparison", "--lone", "--where", `{"companies": ["Bolt"]}`); code != 0 || strings.Contains(stdout, "Acme") {
		t.Errorf("of one company: %d\n%s", code, stdout)
	}
}

func TestExportsThatMakeNoSenseWriteNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "out")
	for name, c := range map[string]struct {
		args []string
		says string
		code int
	}{
		"of nothing":             {[]string{"export"}, "say what to export", 1},
		"of two things":          {[]string{"export", "facts", "--warc", file}, "say what to export", 1},
		"of jobs":                {[]string{"export", "jobs"}, "must be one of", 80},
		"as another format":      {[]string{"export", "facts", "--format", "exe"}, "must be one of", 80},
		"by an unknown field":    {[]string{"export", "facts", "-o", file, "--where", `{"firm": "Acme"}`}, "where.firm", 1},
		"by no JSON":             {[]string{"export", "facts", "-o", file, "--where", `company=Acme`}, "where: is not a JSON object", 1},
		"of a company, not WARC": {[]string{"export", "facts", "--company", "Acme"}, "--company is for --warc", 1},
		"of a filter, WARC":      {[]string{"export", "--warc", file, "--where", "{}"}, "not for --warc", 1},
		"of rows of facts":       {[]string{"export", "facts", "--lone"}, "--lone is for comparison", 1},
		"of what is no JSON":     {[]string{"export", "comparison", "--lone", "--where", "x"}, "--where is no JSON object", 1},
		"of nobody":              {[]string{"export", "comparison", "-o", file}, "no page of any company", 1},
	} {
		stdout, stderr, code := output(t, nil, c.args...)
		if code != c.code || !strings.Contains(stderr, c.says) || stdout != "" {
			t.Errorf("%s: %d %q %q, want %d and %q", name, code, stdout, stderr, c.code, c.says)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestReportsAreWrittenFromTheTerminal(t *testing.T) {
	t.Parallel()
	data := imported(t)
	stdout, stderr, code := output(t, data, "report", "Acme", "Bolt", "--title", "Who is faster?", "--category", "rate_limits")
	if code != 0 || !strings.HasPrefix(stdout, "# Who is faster?") || !strings.Contains(stdout, "900 requests per minute") || strings.Contains(stdout, "webhooks") || !strings.Contains(stderr, "COMPLETED") {
		t.Errorf("%d %s\n%s", code, stderr, stdout)
	}
	file := filepath.Join(t.TempDir(), "acme.json")
	stdout, stderr, code = output(t, append(data, "API_KEY="+strings.Repeat("k", 40)), "report", "Acme", "--format", "json", "-o", file, "--profile", "api_docs", "--facts-per-section", "1", "--facts", "7")
	raw, err := os.ReadFile(file)
	if code != 0 || err != nil || !strings.HasPrefix(stdout, file+": ") {
		t.Fatalf("%d %s %s %v", code, stdout, stderr, err)
	}
	var doc struct {
		Type, Profile string
		Sections      []struct{ Facts []any }
	}
	if err := json.Unmarshal(raw, &doc); err != nil || doc.Type != "SINGLE" || doc.Profile != "api_docs" || len(doc.Sections) == 0 || len(doc.Sections[0].Facts) != 1 {
		t.Errorf("the report is %+v (%v)", doc, err)
	}
	if stdout, _, code := output(t, data, "report", "Acme", "--type", "summary"); code != 0 || len(strings.Fields(stdout)) > 500 || !strings.Contains(stdout, "900 requests") {
		t.Errorf("a summary: %d\n%s", code, stdout)
	}
	for says, args := range map[string][]string{
		`no page of a company "Nobody" is stored`: {"report", "Nobody"}, `did you mean "Acme"?`: {"report", "acme"}, `cannot be had as "exe"`: {"report", "Acme", "--format", "exe"}, "must be one of": {"report", "Acme", "--type", "poem"},
		"input.companies": {"report", "Acme", "--type", "comparison"}, "input.maxFacts": {"report", "Acme", "--facts=-1"},
	} {
		if stdout, stderr, code := output(t, data, args...); code == 0 || !strings.Contains(stderr, says) || stdout != "" {
			t.Errorf("%v: %d %q %q, want %q", args, code, stdout, stderr, says)
		}
	}
}
