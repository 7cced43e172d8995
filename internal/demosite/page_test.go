package demosite

import (
	"strings"
	"testing"
)

func TestPageWithABadHeaderIsRefusedByName(t *testing.T) {
	t.Parallel()
	const good = "title: A\nsection: B\ndescription: C\nupdated: 2026-11-24\norder: 1\n---\n<p>D</p>\n"
	v := vendors()[0]
	if _, err := parse(v, "a.html", good); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"\n---\n", "\n"},
		{"title: A\n", ""},
		{"order: 1", "order: first"},
		{"2026-11-24", "24 November"},
		{"section", "sektion"},
	} {
		_, err := parse(v, "a.html", strings.Replace(good, change[0], change[1], 1))
		if err == nil || !strings.HasPrefix(err.Error(), "a.html: ") {
			t.Errorf("with %q for %q: %v", change[1], change[0], err)
		}
	}
}

func TestEqualHeadingsHaveDifferentIDs(t *testing.T) {
	t.Parallel()
	p := &page{}
	got := p.mark("<h2>API keys &amp; <em>roles</em></h2><h3>API keys &amp; roles</h3>", " #%s")
	const want = `<h2 id="api-keys-roles">API keys &amp; <em>roles</em> #api-keys-roles</h2>` +
		`<h3 id="api-keys-roles-2">API keys &amp; roles #api-keys-roles-2</h3>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(p.Headings) != 2 || p.Headings[1].Text != "API keys & roles" {
		t.Errorf("headings: %v", p.Headings)
	}
}
