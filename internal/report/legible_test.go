package report_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"techfacts.dev/techfacts/internal/chromium"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

// faint finds the texts of a page that stand out from what is behind them by less
// than 4.5 to 1, by the rules of WCAG: behind a word of a drawing is the last box that it is on.
const faint = `(() => {
	const parse = s => { const n = s.match(/[\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1] }
	const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]))
	const linear = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
	const light = c => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2])
	const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05) }
	const behind = e => {
		const below = e ? behind(e.parentElement) : [[255, 255, 255]]
		if (!e) return below
		const style = getComputedStyle(e), own = parse(style.backgroundColor)
		const stripes = style.backgroundImage == 'none' ? [] : style.backgroundImage.match(/rgba?\([^)]*\)/g).map(parse)
		return below.flatMap(b => { const flat = over(own, b); return [flat, ...stripes.map(s => over(s, flat))] })
	}
	const found = {}, texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	let seen = 0
	for (let t; t = texts.nextNode();) {
		const e = t.parentElement
		if (!t.data.trim() || !e.checkVisibility({visibilityProperty: true}) || e.closest('script, title')) continue
		seen++
		const svg = e.closest('svg'), style = getComputedStyle(e)
		let grounds = behind(svg ? svg.parentElement : e)
		if (svg) {
			const r = e.getBoundingClientRect(), x = (r.left + r.right) / 2, y = (r.top + r.bottom) / 2
			for (const box of svg.querySelectorAll('rect')) {
				const b = box.getBoundingClientRect(), fill = getComputedStyle(box).fill
				if (fill != 'none' && b.left <= x && x <= b.right && b.top <= y && y <= b.bottom) grounds = [parse(fill)]
			}
		}
		for (const g of grounds) {
			const n = contrast(over(parse(svg ? style.fill : style.color), g), g)
			const key = e.tagName + '.' + (e.getAttribute('class') || '') + ' in ' + e.parentElement.tagName + '.' + (e.parentElement.getAttribute('class') || '')
			if (n < 4.5 && !(found[key] < n)) found[key] = n
		}
	}
	return {seen, found}
})()`

// browser starts a Chromium; show opens documents in tabs of it.
func browser(t *testing.T) (show func(*report.Document) context.Context) {
	t.Helper()
	running, stop, err := chromium.Start(t.Context(), chromium.Find(""), "techfacts/test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return func(d *report.Document) context.Context {
		t.Helper()
		tab, closeTab := chromium.Tab(running)
		t.Cleanup(closeTab)
		tree, err := chromedp.Call(tab, page.GetFrameTree, struct{}{})
		if err == nil {
			_, err = chromedp.Call(tab, page.SetDocumentContent, page.SetDocumentContentParams{FrameID: tree.FrameTree.Frame.ID, HTML: render(t, d, report.HTML)})
		}
		if err != nil {
			t.Fatal(err)
		}
		return tab
	}
}

// every is a document in which each state of a cell stands.
func every(t *testing.T) *report.Document {
	t.Helper()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	d := compose(t, s, samples()["comparison"])
	states := map[report.State]bool{}
	for _, section := range d.Table {
		for _, row := range section.Rows {
			for _, cell := range row.Cells {
				states[cell.State] = true
			}
		}
	}
	row := &d.Table[0].Rows[0]
	for i, state := range []report.State{report.NotRead, report.NotDocumented, report.StatedNo} {
		if !states[state] {
			row.Cells[i] = report.TableCell{Company: row.Cells[i].Company, State: state}
		}
	}
	return d
}

func TestEveryTextStandsOutFromWhatIsBehindIt(t *testing.T) {
	t.Parallel()
	tab := browser(t)(every(t))
	for _, look := range []struct{ media, scheme string }{{"screen", "light"}, {"screen", "dark"}, {"print", "light"}, {"print", "dark"}} {
		_, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: look.media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := chromedp.Run(tab, chromedp.Evaluate[struct {
			Seen  int
			Found map[string]float64
		}](faint))
		if err != nil {
			t.Fatal(err)
		}
		if got.Seen < 500 {
			t.Errorf("%s, %s: %d texts", look.media, look.scheme, got.Seen)
		}
		for where, contrast := range got.Found {
			t.Errorf("%s, %s: %s has a contrast of %.2f", look.media, look.scheme, where, contrast)
		}
	}
}

func TestANarrowScreenShowsTwoCompaniesSideBySide(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	seed(t, s, everything)
	var many []stated
	companies := names()
	for i := range 4 {
		c := fmt.Sprintf("Other Company %d", i)
		companies, many = append(companies, c), append(many, stated{c, "limits", "At most 9 indexes.", schema.Value{}, nil})
	}
	put(t, s, many...)
	show := browser(t)
	for _, n := range []int{1, 2, 3, 7} {
		typ := schema.ReportComparison
		if n == 1 {
			typ = schema.ReportSingle
		}
		tab := show(compose(t, s, schema.ReportParams{Type: typ, Companies: companies[:n], MaxFactsPerSection: 2, MaxFacts: 9}))
		if _, err := chromedp.Call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 1, Mobile: true}); err != nil {
			t.Fatal(err)
		}
		got, err := chromedp.Run(tab, chromedp.Evaluate[struct {
			Page, Shown, Filled, Below, Named, Cells int
			Widths                                   []int
			Smallest                                 float64
		}](`(() => {
			const box = document.querySelector('.scroll'), r = box.getBoundingClientRect(), heads = [...box.querySelectorAll('.side:not(.paper) thead th')].map(h => h.getBoundingClientRect())
			return {page: document.documentElement.scrollWidth, shown: heads.filter(h => h.right <= r.right + 1).length - 1, filled: Math.round(heads.at(-1).right - r.right), widths: heads.map(h => Math.round(h.width)),
				below: box.scrollHeight - box.clientHeight, cells: box.querySelectorAll('td').length,
				named: [...box.querySelectorAll('td')].filter(c => c.querySelector('.of')?.checkVisibility() && heads.length > 2).length,
				smallest: Math.min(...[...document.querySelectorAll('.charts svg')].map(s => parseFloat(getComputedStyle(s).fontSize) * s.getBoundingClientRect().width / s.viewBox.baseVal.width))}
		})()`))
		if err != nil {
			t.Fatal(err)
		}
		if got.Page > 390 || got.Shown != min(n, 2) || got.Widths[1] < 110 || n < 3 && got.Filled < -2 {
			t.Errorf("with %d companies it is %d wide and shows %d of them, in columns of %v, which end %d beside the box", n, got.Page, got.Shown, got.Widths, got.Filled)
		}
		if got.Below > 1 || got.Smallest < 9 || n > 1 && got.Named != got.Cells || n == 1 && got.Named > 0 {
			t.Errorf("with %d companies the table scrolls by %d in itself, %d of %d cells say whose they are, and letters of charts are %.1f high", n, got.Below, got.Named, got.Cells, got.Smallest)
		}
	}
}

// looks tells how cells of each state look, how the legend shows them, and the same of the boxes of a chart.
const looks = `(() => {
	const card = getComputedStyle(document.querySelector('.scroll')).backgroundColor
	const style = e => {
		const s = getComputedStyle(e), list = [s.color, s.backgroundColor, s.backgroundImage, s.fontStyle], words = e.querySelector('.words'), tag = e.querySelector('.tag')
		if (words) list.push(getComputedStyle(words).textDecoration)
		if (tag) list.push(getComputedStyle(tag).color, getComputedStyle(tag).backgroundColor)
		return list.join(' ').replaceAll('rgba(0, 0, 0, 0)', card)
	}
	const cells = {}, keys = {}, bars = {}, marks = {}
	for (const key of document.querySelectorAll('.legend .key')) {
		const state = key.className.replace('key ', ''), cell = document.querySelector('.side:not(.paper) td.' + state)
		keys[state] = style(key)
		if (cell) cells[state] = style(cell)
	}
	for (const b of document.querySelectorAll('.charts figure:nth-child(2) rect')) { const s = getComputedStyle(b); bars[b.getAttribute('class')] = s.fill + (s.stroke == 'none' ? '' : s.stroke) }
	for (const m of document.querySelectorAll('.charts .legend i')) { const s = getComputedStyle(m); marks[m.className] = s.backgroundColor + (s.borderStyle == 'none' ? '' : s.borderColor) }
	return {cells, keys, bars, marks}
})()`

func TestTheLegendLooksLikeWhatItExplains(t *testing.T) {
	t.Parallel()
	tab := browser(t)(every(t))
	for _, look := range []struct{ media, scheme string }{{"screen", "light"}, {"screen", "dark"}, {"print", "light"}} {
		_, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: look.media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := chromedp.Run(tab, chromedp.Evaluate[struct{ Cells, Keys, Bars, Marks map[string]string }](looks))
		if err != nil {
			t.Fatal(err)
		}
		states := []report.State{report.Stated, report.StatedNo, report.Conflict, report.NotDocumented, report.NothingAlike, report.NotRead}
		seen := map[string]report.State{}
		for _, state := range states {
			cell, key := got.Cells[string(state)], got.Keys[string(state)]
			if cell != key || cell == "" {
				t.Errorf("%s, %s: a cell that is %s looks like %s, in the legend like %s", look.media, look.scheme, state, cell, key)
			}
			if other, ok := seen[cell]; ok {
				t.Errorf("%s, %s: %s looks like %s", look.media, look.scheme, state, other)
			}
			seen[cell] = state
		}
		for class, fill := range got.Bars {
			if got.Marks[class] != fill {
				t.Errorf("%s, %s: a bar of %s is %s, in the legend %s", look.media, look.scheme, class, fill, got.Marks[class])
			}
		}
		if len(got.Keys) != len(states) || len(got.Bars) < 4 {
			t.Errorf("%s, %s: %d states and %d bars", look.media, look.scheme, len(got.Keys), len(got.Bars))
		}
	}
}

func TestFiguresOfTheHeadFillTheirLines(t *testing.T) {
	t.Parallel()
	tab := browser(t)(every(t))
	for _, width := range []int64{390, 500, 900, 1280} {
		if _, err := chromedp.Call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 844, DeviceScaleFactor: 1}); err != nil {
			t.Fatal(err)
		}
		got, err := chromedp.Run(tab, chromedp.Evaluate[struct {
			Box   float64
			Lines map[string]float64
		}](`(() => {
			const box = document.querySelector('.stats'), lines = {}
			for (const tile of box.children) { const r = tile.getBoundingClientRect(); lines[Math.round(r.top)] = (lines[Math.round(r.top)] ?? -1) + r.width + 1 }
			return {box: box.clientWidth, lines}
		})()`))
		if err != nil {
			t.Fatal(err)
		}
		for _, filled := range got.Lines {
			if filled < got.Box-1 || filled > got.Box+1 {
				t.Errorf("on a screen of %d a line of %.0f is %.0f wide", width, got.Box, filled)
			}
		}
		if len(got.Lines) == 0 {
			t.Errorf("there are no figures")
		}
	}
}
