package document_test

import (
	"fmt"
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/document"
)

// manual is a page of documentation as generators write them: about 90 KB.
func manual() []byte {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><title>Manual</title></head><body><nav class="navbar"><ul>`)
	for i := range 80 {
		fmt.Fprintf(&b, `<li class="menu__item"><a class="menu__link" href="/docs/%d">Chapter %d</a></li>`, i, i)
	}
	b.WriteString(`</ul></nav><main class="container"><article><h1>Manual</h1>`)
	for i := range 60 {
		fmt.Fprintf(&b, `<h2 class="anchor" id="s%d">Section %d<a href="#s%d" class="hash-link">&#8203;</a></h2>
<p>The <code>max_size_%d</code> parameter limits a <a href="/docs/%d">request</a> to %d MB, e.g. for uploads. It <em>must not</em> exceed 2<sup>31</sup> bytes.</p>
<ul class="simple"><li><p>A batch holds 1–%d events.</p></li><li><p>Requests are cut off after %d s.</p></li></ul>
<div class="highlight-python"><pre><code>connect(timeout=%d)
close()</code></pre></div>
<table><thead><tr><th>Plan</th><th>Requests</th><th>Burst</th></tr></thead><tbody><tr><td>Free</td><td>%d per minute</td><td>10</td></tr><tr><td>Team</td><td>%d per minute</td><td>—</td></tr></tbody></table>
<div class="admonition note"><p>Prices exclude VAT.</p></div>
`, i, i, i, i, i, i+1, i+2, i+3, i+4, i+5, i+6)
	}
	b.WriteString(`</article></main><footer class="footer"><a href="/imprint">Imprint</a> Copyright</footer></body></html>`)
	return []byte(b.String())
}

func BenchmarkFromHTML(b *testing.B) {
	body := manual()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := document.FromHTML(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBlocks(b *testing.B) {
	d, err := document.FromHTML(manual())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(d.Text)))
	b.ReportAllocs()
	for b.Loop() {
		for _, block := range document.Blocks(d.Text) {
			document.Sentences(d.Text, block)
		}
	}
}

func BenchmarkSpans(b *testing.B) {
	text := strings.Repeat("Jeder Schlüssel 漢字 👍 hält 60 Minuten. ", 2000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s := document.NewSpans(text)
		for at := 0; at < len(text); at += len("Jeder Schlüssel 漢字 👍 hält 60 Minuten. ") {
			s.Of(at, at+5)
		}
	}
}
