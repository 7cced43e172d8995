package document_test

import (
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/document"
)

func TestAShellIsAPageThatIsNothingWithoutItsScripts(t *testing.T) {
	t.Parallel()
	const script = `<script src="/app.js"></script>`
	text := "<p>" + strings.Repeat("Each key may send 900 requests. ", 20) + "</p>"
	for page, want := range map[string]bool{
		`<title>Docs</title>` + script + `<div id="root"></div>`:                                       true,
		`<div id=app><p>Loading…</p></div>` + script:                                                   true,
		`<noscript>You need to enable JavaScript to run this app.</noscript><div></div>` + script:      true,
		`<app-root></app-root><script>var state = "` + text + `"</script>`:                             true,
		`<style>` + text + `</style><div id="__next"></div><template>` + text + `</template>` + script: true,
		`<div id="root"></div>`:                                                        false, // nothing would fill it
		`<p>Moved to another place.</p>` + script:                                      false,
		`<div id="root">` + text + `</div>` + script:                                   false,
		`<noscript>Please enable JavaScript.</noscript>` + text + script:               false,
		`<noscript><img src="/count.gif"></noscript><p>Nothing here yet.</p>` + script: false,
		``: false,
	} {
		if got := document.Shell("text/html", []byte(page)); got != want {
			t.Errorf("%.80q: %v, want %v", page, got, want)
		}
	}
	if document.Shell("text/markdown", []byte(script+`<div id="root"></div>`)) {
		t.Error("Markdown is no shell")
	}
}
