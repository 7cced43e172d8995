package chromium

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/pdf"
)

func printer(t *testing.T) *Printer {
	t.Helper()
	path := Find("")
	if path == "" {
		t.Fatal("there is no Chromium in PATH: tools/need.sh installs Debian's, and make test calls it")
	}
	return NewPrinter(path, "techfacts/"+t.Name())
}

// said is the text of a PDF file.
func said(t *testing.T, file []byte) string {
	t.Helper()
	f, err := pdf.Read(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, page := range f.Pages {
		for _, block := range page {
			fmt.Fprintln(&b, block.Text, strings.Join(block.Cells, " "))
		}
	}
	return b.String()
}

func TestWhatIsPrintedHasTextLinksAndAnOutline(t *testing.T) {
	t.Parallel()
	file, err := printer(t).Print(t.Context(), []byte(`<!doctype html><title>A report</title><style>@media screen{.print{display:none}}@media print{.screen{display:none}}</style>
		<h1>Überschrift</h1><p>Acme allows <b>100 requests</b> per second. <a href="https://acme.example/limits#:~:text=x">the page</a> <a href="#far">below</a></p>
		<p class="print">only on paper</p><p class="screen">only on screens</p><h2 id="far" style="break-before:page">Far away</h2>`))
	if err != nil {
		t.Fatal(err)
	}
	text := said(t, file)
	for _, want := range []string{"Überschrift", "Acme allows 100 requests per second.", "only on paper", "Far away"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the text: %s", want, text)
		}
	}
	if strings.Contains(text, "only on screens") {
		t.Error("it was not printed by the style for paper")
	}
	for what, sign := range map[string]string{
		"a link": "/URI (https://acme.example/limits#:~:text=x)", "a link within": "/Dest /far", "an outline": "/Outlines", "a heading in it": "(Far away)", "tags": "/StructTreeRoot",
	} {
		if !bytes.Contains(file, []byte(sign)) {
			t.Errorf("the file has not %s: %s", what, sign)
		}
	}
}

func TestAPageThatIsPrintedHasNoNetworkNoScriptAndNoFiles(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(inside.Close)
	secret := filepath.Join(t.TempDir(), "secret.html")
	if err := os.WriteFile(secret, []byte("the secret of the machine"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := printer(t).Print(t.Context(), []byte(strings.NewReplacer("URL", inside.URL, "FILE", "file://"+secret).Replace(`<!doctype html><link rel="stylesheet" href="URL/s.css"><link rel="prefetch" href="URL/p">
		<style>@import "URL/i.css"; body{background:url(URL/b.png)} @font-face{font-family:x;src:url(URL/f.woff)} p{font-family:x}</style>
		<img src="URL/i.png"><iframe src="URL/f"></iframe><iframe src="FILE"></iframe><object data="FILE"></object><embed src="FILE"><video src="URL/v"></video>
		<p id="p">as it was</p><script>document.getElementById("p").textContent = "a script ran"; fetch("URL/x"); new WebSocket("URL".replace("http", "ws"))</script>
		<img src="x" onerror="document.getElementById('p').textContent = 'a script ran'">`)))
	if err != nil {
		t.Fatal(err)
	}
	if text := said(t, file); !strings.Contains(text, "as it was") || strings.Contains(text, "secret") {
		t.Errorf("printed: %s", text)
	}
	if n := hits.Load(); n > 0 {
		t.Errorf("%d requests came", n)
	}
}

func TestPrintingIsBounded(t *testing.T) {
	t.Parallel()
	p := printer(t)
	if _, err := p.Print(t.Context(), make([]byte, maxPage+1)); !fault.Is(err, fault.Invalid) {
		t.Errorf("of a page that is too large: %v", err)
	}
	for range cap(p.slots) {
		p.slots <- struct{}{}
		p.line <- struct{}{}
	}
	gone, cancel := context.WithCancelCause(t.Context())
	left := make(chan error)
	for range waiting {
		go func() {
			_, err := p.Print(gone, []byte("x"))
			left <- err
		}()
	}
	for len(p.line) < cap(p.line) {
		<-time.After(time.Millisecond)
	}
	if _, err := p.Print(t.Context(), []byte("x")); !fault.Is(err, fault.Limited) {
		t.Errorf("of one too many: %v", err)
	}
	why := errors.New("nobody waits any more")
	cancel(why)
	for range waiting {
		if err := <-left; !errors.Is(err, why) {
			t.Errorf("of one that waited: %v", err)
		}
	}
	for range cap(p.slots) {
		<-p.slots
		<-p.line
	}
	if len(p.line) > 0 {
		t.Error("who has left still stands in the line")
	}
	p.time = time.Millisecond
	if _, err := p.Print(t.Context(), []byte("x")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("of one that takes too long: %v", err)
	}
}

func TestAChromiumThatDoesNotStartCannotPrint(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := NewPrinter(Find(path), "x").Print(t.Context(), []byte("x")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("it fails with %v", err)
	}
	if Find(path+"x") != "" {
		t.Error("a browser that is not there was found")
	}
}

func TestWhatKilledProcessesLeftIsClearedAwayAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	held, err := newProfile()
	if err != nil {
		t.Fatal(err)
	}
	left, err := newProfile()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(left.data(), "Default"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := left.lock.Close(); err != nil { // as the system does when a process is killed
		t.Fatal(err)
	}
	bare, other := filepath.Join(dir, prefix+"bare"), filepath.Join(dir, "chromium-of-others")
	for _, folder := range []string{bare, other} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	there := func() (names []string) {
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			names = append(names, e.Name())
		}
		return names
	}
	sweep(dir, time.Now().Add(-time.Minute))
	if n := len(there()); n != 4 {
		t.Errorf("young folders were cleared away: %v are left", there())
	}
	sweep(dir, time.Now().Add(time.Minute))
	if got := strings.Join(there(), " "); got != "chromium-of-others "+filepath.Base(held.folder) {
		t.Errorf("%s are left, want what is held and what is not ours", got)
	}
	held.remove()
	if n := len(there()); n != 1 {
		t.Errorf("%v are left", there())
	}
}

func TestAProcessThatIsStoppedLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	running, stop, err := Start(t.Context(), Find(""), "x")
	if err != nil {
		t.Fatal(err)
	}
	folders, _ := filepath.Glob(filepath.Join(dir, prefix+"*", "data"))
	if len(folders) != 1 {
		t.Errorf("its data is in %v", folders)
	}
	stop()
	if running.Err() == nil {
		t.Error("it still runs")
	}
	if folders, _ = filepath.Glob(filepath.Join(dir, prefix+"*")); len(folders) > 0 {
		t.Errorf("%v are left", folders)
	}
}
