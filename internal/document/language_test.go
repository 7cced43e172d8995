package document_test

import (
	"os"
	"strings"
	"testing"
)

// spokenTexts reads testdata/languages.txt: a tag and a text of each.
func spokenTexts(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/languages.txt")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		tag, text, _ := strings.Cut(strings.TrimSpace(line), ": ")
		texts[tag] = text
	}
	return texts
}

func TestTheLanguageOfATextIsToldByItsWords(t *testing.T) {
	t.Parallel()
	texts := spokenTexts(t)
	if len(texts) < 25 {
		t.Fatalf("only %d texts", len(texts))
	}
	for tag, text := range texts {
		for _, page := range []string{"<p>" + text, "<html lang=en><p>" + text, "<html lang=de><p>" + text + "<pre>the of and to in is that for it as with are be this on not by or an from at which can</pre>"} {
			if d, err := reader().Read(t.Context(), "text/html", []byte(page)); err != nil || d.Language != tag {
				t.Errorf("%s is told to be %q, %v: %.60s", tag, d.Language, err, page)
			}
		}
	}
}

func TestAClaimCountsWhereWordsDoNotTell(t *testing.T) {
	t.Parallel()
	texts := spokenTexts(t)
	for page, want := range map[string]string{
		"<html lang=fr><p>max_connections = 100":                   "fr",
		"<p>max_connections = 100":                                 "",
		"<html lang=ca><p>" + texts["es"]:                          "ca", // not known here, and much alike
		"<html lang=ca><p>" + texts["ja"]:                          "ja",
		"<html lang=en><table><tr><td>2022<td>x<tr><td>2023<td>yz": "en",
	} {
		if d, err := reader().Read(t.Context(), "text/html", []byte(page)); err != nil || d.Language != want {
			t.Errorf("%.60s: %q, %v; want %q", page, d.Language, err, want)
		}
	}
}
