package main

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFolderIsImportedAndExportedAndImportedElsewhere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"index.html":      "<html lang=en><title>Limits</title><main><h1>Rate limits</h1><p>Each key may send 900 requests per minute.</p></main>",
		"guide/quotas.md": "# Quotas\n\nEach organisation may send 4,000 requests per hour.\n",
		"picture.png":     "\x89PNG\r\n\x1a\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data := []string{"DATA_DIR=" + t.TempDir()}
	args := []string{"import", folder, "--base", "https://docs.example.com/v1/", "--company", "Acme", "--profile", "api_docs"}
	stdout, stderr, code := output(t, data, args...)
	for _, want := range []string{"Acme · rate_limits", "“Each key may send 900 requests per minute.”", "https://docs.example.com/v1/index.html", "https://docs.example.com/v1/guide/quotas.md"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in:\n%s", want, stdout)
		}
	}
	if code != 0 || !strings.Contains(stderr, "COMPLETED, pages done: 2, failed: 0") || !strings.Contains(stderr, `left out: "picture.png"`) {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
	if one, _, _ := output(t, data, append(args, "--facts", "1")...); !strings.Contains(one, "1 of 2 facts") {
		t.Errorf("with --facts 1:\n%s", one)
	}
	file := filepath.Join(t.TempDir(), "pages.warc.gz")
	if stdout, stderr, code := output(t, data, "export", "--warc", file); code != 0 || !strings.HasSuffix(stdout, ": 2 pages\n") {
		t.Fatalf("export: %d %s %s", code, stdout, stderr)
	}
	if stdout, _, _ := output(t, data, "export", "--warc", file+".none", "--company", "Other"); !strings.HasSuffix(stdout, ": 0 pages\n") {
		t.Errorf("export of another company: %s", stdout)
	}
	again, stderr, code := output(t, nil, "import", file, "--company", "Acme", "--profile", "api_docs")
	if again != stdout || code != 0 {
		t.Errorf("elsewhere: %d %s\n%s\nand not\n%s", code, stderr, again, stdout)
	}
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.warc.gz")
	if err := os.WriteFile(damaged, packed[:len(packed)-20], 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code = output(t, nil, "import", damaged, "--company", "Acme", "--profile", "api_docs")
	if code != exitFailed || !strings.Contains(stderr, "is damaged") || !strings.Contains(stdout, "1 of 1 facts") {
		t.Errorf("a damaged file: %d %s\n%s", code, stderr, stdout)
	}
}

func TestSeveralProfilesLookAtWhatIsImported(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := "# Trust\n\nAcme holds a SOC 2 Type II report.\n\nThe Team plan costs $20 per month.\n"
	if err := os.WriteFile(filepath.Join(folder, "trust.md"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	data := []string{"DATA_DIR=" + t.TempDir()}
	state := func() string {
		stdout, _, _ := output(t, data, "export", "comparison", "--format", "csv", "--where", `{"all": true, "attributes": ["soc2", "price"]}`)
		var states []string
		for line := range strings.Lines(stdout) {
			states = append(states, strings.Split(line, ",")[4])
		}
		return strings.Join(states[1:], " ")
	}
	args := []string{"import", folder, "--base", "https://docs.example.com/", "--company", "Acme"}
	one, _, code := output(t, data, append(args, "--profile", "pricing")...)
	if got := state(); code != 0 || got != "STATED NOT_READ" || strings.Contains(one, "certifications") {
		t.Fatalf("of one profile: %d %s\n%s", code, got, one)
	}
	two, stderr, code := output(t, data, append(args, "--profile", "pricing", "--profile", "security")...) // the page is as it was
	if got := state(); code != 0 || got != "STATED STATED" || !strings.Contains(two, "Acme · certifications") || !strings.Contains(stderr, "Looking for security: COMPLETED, pages done: 1") {
		t.Errorf("of two profiles: %d %s\n%s\n%s", code, got, two, stderr)
	}
	if _, stderr, code := output(t, data, append(args, "--profile", "pricing,poetry")...); code == 0 || !strings.Contains(stderr, "poetry") {
		t.Errorf("of a profile that is none: %d %s", code, stderr)
	}
	for _, want := range []string{"may be given several times", "technical_specs"} {
		if help, _, _ := output(t, nil, "import", "--help"); !strings.Contains(strings.Join(strings.Fields(help), " "), want) {
			t.Errorf("--help does not say %q:\n%s", want, help)
		}
	}
}

func TestImportSaysWhatItCannotImport(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	text := filepath.Join(empty, "notes.txt")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"there is nothing to import", []string{empty, "--base", "https://a.example/"}},
		{"--base must be", []string{empty}},
		{"no such file", []string{empty + "/nowhere"}},
		{"it is no WARC file", []string{text}},
	} {
		if c.args[0] == text {
			if err := os.WriteFile(text, []byte("notes"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, stderr, code := output(t, nil, append([]string{"import", "--company", "Acme"}, c.args...)...)
		if code != exitFailed || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: %d %s", c.args, code, stderr)
		}
	}
	if _, stderr, code := output(t, nil, "export", "--warc", "/dev/null/x.warc"); code == 0 {
		t.Errorf("export to nowhere: %s", stderr)
	}
}

func TestAnExportIsCompressedIfItsNameSaysSo(t *testing.T) {
	t.Parallel()
	for name, pack := range map[string]bool{"x.warc": false, "x.warc.gz": true} {
		file := filepath.Join(t.TempDir(), name)
		if _, stderr, code := output(t, nil, "export", "--warc", file); code != 0 {
			t.Fatal(stderr)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var in io.Reader = f
		if pack {
			if in, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := io.ReadAll(in); err != nil || !strings.HasPrefix(string(b), "WARC/1.1\r\nWARC-Type: warcinfo\r\n") {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

func TestScrapeSaysHowPagesAreToBeGot(t *testing.T) {
	t.Parallel()
	env := []string{"SCRAPE_BROWSER=off"}
	if _, stderr, code := output(t, env, "scrape", "http://127.0.0.1:1/", "--fetcher", "BROWSER"); code != exitFailed || !strings.Contains(stderr, "gets pages by BROWSER") {
		t.Errorf("without a browser: %d %s", code, stderr)
	}
	if _, stderr, code := output(t, env, "scrape", "http://127.0.0.1:1/", "--fetcher", "PIGEON"); code == 0 || !strings.Contains(stderr, "--fetcher") {
		t.Errorf("no such way: %d %s", code, stderr)
	}
}
