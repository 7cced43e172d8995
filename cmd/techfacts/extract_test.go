package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"techfacts.dev/techfacts/internal/modeltest"
)

// files writes the files that the command is to read.
func files(t *testing.T) (page, notes, plain string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	page = write("limits.html", `<!doctype html><title>API limits</title><nav><a href="/">Home</a></nav><main><h1>Limits</h1>
		<p>Every key may send <code>600</code> requests per minute.</p>
		<p>A request has at most 2<sup>20</sup> bytes, a batch of requests 2^24 bytes.</p>
		<table><tr><th>Plan</th><th>Requests per minute</th><th>Burst</th></tr><tr><td>Team</td><td>1.200</td><td>50</td></tr></table></main>`)
	notes = write("notes.md", "# Clé 🔑\n\nEvery request must carry an `API key` – 32 caractères.\n")
	plain = write("plain.txt", "Webhooks time out after 30 seconds.\n")
	return page, notes, plain
}

// fact is a line of what the command prints.
type fact struct {
	File, URL, Company, Profile, Category, Statement, Quote, Attribute, Subject string
	Confidence                                                                  float64
	Headings                                                                    []string
	Span                                                                        struct{ ByteStart, ByteEnd, RuneStart, RuneEnd, UTF16Start, UTF16End int }
	Value                                                                       *struct {
		Kind, Original, Unit string
		Number               float64
	}
	Qualifiers map[string]string
}

func lines(t *testing.T, out string) (facts []fact) {
	t.Helper()
	for line := range strings.Lines(out) {
		var f fact
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		facts = append(facts, f)
	}
	return facts
}

func TestExtractPrintsTheFactsOfFilesAsLines(t *testing.T) {
	t.Parallel()
	page, notes, plain := files(t)
	out, stderr, code := output(t, nil, "extract", "--json", "--profile", "api_docs", page, notes, plain)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	facts := map[string]fact{}
	for _, f := range lines(t, out) {
		facts[f.Quote] = f
	}
	if powers, ok := facts["A request has at most 220 bytes, a batch of requests 2^24 bytes."]; !ok || !strings.Contains(powers.Statement, "2^20 bytes") {
		t.Errorf("powers are not as on the page: %s", out)
	}
	rate := facts["Every key may send 600 requests per minute."] // as the page shows it
	if rate.File != page || rate.Profile != "api_docs" || rate.Category != "rate_limits" || rate.Confidence < 0.5 || len(rate.Headings) != 1 || rate.Headings[0] != "Limits" ||
		rate.Value == nil || rate.Value.Kind != "RATE" || rate.Value.Number != 10 || rate.Value.Unit != "request/s" || rate.Company != "" || rate.URL != "" {
		t.Errorf("the rate limit: %+v of\n%s", rate, out)
	}
	if f := facts["Webhooks time out after 30 seconds."]; f.File != plain || f.Value == nil || f.Value.Number != 30 {
		t.Errorf("the text file: %+v", f)
	}
	text, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	f := facts["Every request must carry an `API key` – 32 caractères."]
	s := f.Span
	if string(text[s.ByteStart:s.ByteEnd]) != f.Quote || string([]rune(string(text))[s.RuneStart:s.RuneEnd]) != f.Quote ||
		string(utf16.Decode(utf16.Encode([]rune(string(text)))[s.UTF16Start:s.UTF16End])) != f.Quote || f.Quote == "" {
		t.Errorf("the span of %+v is not that of its quote in %s", f, text)
	}
}

func TestExtractTakesTheCompanyFromItsFlagOrTheURL(t *testing.T) {
	t.Parallel()
	page, _, _ := files(t)
	for want, args := range map[string][]string{
		"docs.acme.example": {"--url", "https://docs.acme.example/limits"},
		"Acme":              {"--url", "https://docs.acme.example/limits", "--company", "Acme"},
	} {
		out, stderr, code := output(t, nil, append([]string{"extract", "--json", "--profile", "api_docs", page}, args...)...)
		facts := lines(t, out)
		if code != 0 || len(facts) == 0 || facts[0].Company != want || facts[0].URL != "https://docs.acme.example/limits" {
			t.Errorf("%v: exit code %d, %+v %s", args, code, facts, stderr)
		}
	}
}

func TestExtractCanBeReadByPeople(t *testing.T) {
	t.Parallel()
	page, _, plain := files(t)
	out, _, code := output(t, nil, "extract", "--profile", "api_docs", page, plain)
	for _, want := range []string{page + ": ", plain + ": 1 facts", "rate_limits · 0.", "  Team plan — Requests per minute: 1.200\n", "  “Team | 1.200 | 50”\n"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, %q is not in:\n%s", code, want, out)
		}
	}
}

func TestExtractHeedsProfileAndThreshold(t *testing.T) {
	t.Parallel()
	page, _, _ := files(t)
	general, _, _ := output(t, nil, "extract", "--json", page)
	if facts := lines(t, general); len(facts) > 0 && facts[0].Profile != "general" {
		t.Errorf("without a profile: %+v", facts[0])
	}
	none, _, code := output(t, []string{"EXTRACTION_CONFIDENCE_THRESHOLD=1"}, "extract", "--json", "--profile", "api_docs", page)
	if none != "" || code != 0 {
		t.Errorf("above all confidence: exit code %d\n%s", code, none)
	}
}

func TestExtractSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	page, _, _ := files(t)
	dir := t.TempDir()
	picture := filepath.Join(dir, "picture.png")
	if err := os.WriteFile(picture, []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), 0o600); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "large.txt")
	if err := os.WriteFile(large, bytes.Repeat([]byte("a line of text\n"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{filepath.Join(dir, "none.html")}, exitFailed, "none.html: no such file or directory"},
		{[]string{dir}, exitFailed, "is a folder"},
		{[]string{picture}, exitFailed, "picture.png: documents of type image/png are not read"},
		{[]string{large}, exitFailed, "large.txt: is larger than 10 MiB"},
		{[]string{picture, page}, exitPartial, "picture.png"},
		{[]string{page, "--profile", "nope"}, exitFailed, `no built-in profile "nope"; there are technical_specs, api_docs, security, pricing, general`},
		{[]string{page, "--url", "acme"}, exitFailed, `"acme" is no URL`},
		{nil, 80, "<file>"},
	} {
		out, stderr, code := output(t, nil, append([]string{"extract", "--json", "--profile", "api_docs"}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit code %d, %s", c.args, code, stderr)
		}
		if (code == exitPartial) != (out != "") {
			t.Errorf("%v printed:\n%s", c.args, out)
		}
	}
}

func TestExtractAsksTheModelThatIsSet(t *testing.T) {
	t.Parallel()
	_, _, plain := files(t)
	m := modeltest.New(t, modeltest.Honest(modeltest.Fact{Statement: "Webhooks have a time out of 30 seconds.", Category: "general", Quote: "Webhooks time out after 30 seconds."}))
	env := []string{"OPENAI_BASE_URL=" + m.URL, "LLM_MODEL=m1"}
	for _, test := range []struct {
		method   string
		env      []string
		requests int
		by       string
	}{
		{"rules", env, 0, "RULES"}, {"model", env, 1, "MODEL"}, {"both", env, 2, "RULES"}, {"", env, 3, "RULES"}, {"", nil, 3, "RULES"}, // what both find is the rules'

	} {
		out, stderr, code := output(t, test.env, "extract", "--json", "--profile", "general", "--method", test.method, plain)
		if code != 0 || len(m.Asked()) != test.requests {
			t.Fatalf("%q: exit code %d, %d requests: %s", test.method, code, len(m.Asked()), stderr)
		}
		if strings.Count(out, "\n") != 1 || !strings.Contains(out, `"method":"`+test.by+`"`) || strings.Contains(out, `"model":"m1"`) != (test.by == "MODEL") {
			t.Errorf("%q: %s", test.method, out)
		}
	}
	if _, stderr, code := output(t, nil, "extract", "--method", "model", plain); code == 0 || !strings.Contains(stderr, "LLM_MODEL") {
		t.Errorf("without a model: exit code %d: %s", code, stderr)
	}
	m.Answer(func(modeltest.Asked) modeltest.Reply { return modeltest.Reply{Status: 401} })
	if _, stderr, code := output(t, env, "extract", "--method", "model", plain); code == 0 || !strings.Contains(stderr, "the model did not answer") {
		t.Errorf("a model that refuses: exit code %d: %s", code, stderr)
	}
}
