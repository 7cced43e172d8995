package document

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// inline writes an element that stands in a line of text.
func (w *writer) inline(n *html.Node) {
	switch n.DataAtom {
	case atom.Br:
		if w.flat > 0 {
			w.space = true
		} else {
			w.breaks++
		}
	case atom.Code, atom.Tt, atom.Samp, atom.Kbd:
		if w.bare {
			w.children(n)
			return
		}
		w.inlineCode(string(rawText(nil, n)))
	case atom.Img:
		w.image(n)
	case atom.A:
		if isPermalink(n) || w.flat == 0 && isLogo(n) {
			return
		}
		w.children(n)
	case atom.Sup:
		w.superscript(n)
	case atom.Q:
		w.text(`"`)
		w.children(n)
		w.text(`"`)
	case atom.Button: // the head of a part that folds, not what stands beside one
		if len(w.cur) == 0 && (w.flat > 0 || n.Parent != nil && n.Parent.DataAtom == atom.Summary) {
			w.children(n)
		}
	case atom.Svg:
		if w.flat > 0 {
			w.sign(n)
		}
	default:
		if silent(n) || isIcon(n) {
			return
		}
		if n.FirstChild == nil && w.flat > 0 {
			w.sign(n)
			return
		}
		w.children(n)
	}
}

// text gathers text, with white space made one space.
func (w *writer) text(s string) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c <= ' ' || c == 0x7f {
				if c == ' ' || c >= '\t' && c <= '\r' {
					w.space = true
				}
				i++
				continue
			}
			j := i + 1
			for j < len(s) && s[j] > ' ' && s[j] < 0x7f {
				j++
			}
			w.put(s[i:j])
			i = j
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsSpace(r):
			w.space = true
		case r == utf8.RuneError && n == 1:
			w.put("\uFFFD")
		case !invisible(r):
			w.put(s[i : i+n])
		}
		i += n
	}
}

// put gathers a piece without white space, after what is due before it.
func (w *writer) put(s string) {
	if w.breaks > 0 {
		w.lineBreak(s)
	}
	if w.space {
		if len(w.cur) > 0 {
			w.cur = append(w.cur, ' ')
		}
		w.space = false
	}
	w.cur = append(w.cur, s...)
}

// lineBreak ends the paragraph at <br>, unless the sentence goes on after it.
func (w *writer) lineBreak(next string) {
	r, _ := utf8.DecodeRuneInString(next)
	goesOn := w.breaks == 1 && len(w.cur) > 0 && unicode.IsLower(r) && !strings.ContainsRune(".!?:;", rune(w.cur[len(w.cur)-1]))
	w.breaks = 0
	if goesOn {
		w.space = true
		return
	}
	w.flush()
}

// inlineCode gathers code between backticks, more of them if it has some itself.
func (w *writer) inlineCode(s string) {
	code := strings.Join(strings.Fields(s), " ")
	if code == "" {
		return
	}
	if s[0] == ' ' || s[0] == '\n' {
		w.space = true
	}
	if w.bare {
		w.put(code)
		return
	}
	mark := "`"
	for strings.Contains(code, mark) {
		mark += "`"
	}
	if len(mark) > 1 {
		code = " " + code + " "
	}
	w.put(mark + code + mark)
	if last := s[len(s)-1]; last == ' ' || last == '\n' {
		w.space = true
	}
}

// superscript keeps powers apart from the number before them, and leaves out the
// marks of footnotes.
func (w *writer) superscript(n *html.Node) {
	if w.bare { // textOf itself
		w.children(n)
		return
	}
	sup := textOf(n)
	if sup == "" {
		return
	}
	if c := firstElement(n); c != nil && c.DataAtom == atom.A && textOf(c) == sup && strings.HasPrefix(attr(c, "href"), "#") {
		return
	}
	digit := func(b byte) bool { return b >= '0' && b <= '9' }
	if !w.space && len(w.cur) > 0 && digit(w.cur[len(w.cur)-1]) && (digit(sup[0]) || sup[0] == '-') {
		w.put("^")
	}
	w.children(n)
}

func firstElement(n *html.Node) *html.Node {
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode {
			return c
		}
	}
	return nil
}

// image writes the words that stand for a picture, if they say something.
func (w *writer) image(n *html.Node) {
	alt := clean(attr(n, "alt"))
	if !saysSomething(alt) || attr(n, "role") == "presentation" || attr(n, "aria-hidden") == "true" {
		return
	}
	w.space = true
	w.text(alt)
	w.space = true
}

// sign writes the label of an element that shows no text, such as the tick in a
// table of features.
func (w *writer) sign(n *html.Node) {
	label := clean(attr(n, "aria-label"))
	if label == "" {
		label = clean(attr(n, "title"))
	}
	if n.DataAtom == atom.Svg && label == "" {
		if t := firstElement(n); t != nil && t.Data == "title" {
			label = textOf(t)
		}
	}
	if saysSomething(label) && len(label) <= 40 {
		w.space = true
		w.text(label)
		w.space = true
	}
}

// saysSomething refuses file names, and words for what is only decoration.
func saysSomething(alt string) bool {
	lower := strings.ToLower(alt)
	switch lower {
	case "image", "icon", "logo", "img", "picture", "photo", "banner", "avatar", "screenshot", "diagram", "link", "external link", "permalink":
		return false
	}
	for _, end := range []string{".png", ".gif", ".svg", ".jpg", ".jpeg", ".webp", " logo", " icon"} {
		if strings.HasSuffix(lower, end) {
			return false
		}
	}
	return strings.ContainsFunc(alt, unicode.IsLetter) && utf8.RuneCountInString(alt) >= 2 || alt == "✓" || alt == "✔" || alt == "✗"
}

// isPermalink reports the sign beside a heading that links to it.
func isPermalink(n *html.Node) bool {
	href := attr(n, "href")
	if !strings.Contains(href, "#") {
		return false
	}
	for c := range strings.FieldsSeq(attr(n, "class")) {
		switch c {
		case "headerlink", "hash-link", "permalink", "anchorjs-link", "anchor-link", "heading-anchor", "header-anchor", "direct-link", "sl-anchor-link":
			return true
		}
	}
	t := n.FirstChild
	for t != nil && t.Type == html.ElementNode && t.NextSibling == nil {
		t = t.FirstChild
	}
	if t == nil || t.Type != html.TextNode || t.NextSibling != nil || len(t.Data) > 16 {
		return false
	}
	switch clean(t.Data) {
	case "", "#", "¶", "§", "🔗", "⚓", "##":
		return true
	}
	return false
}

// isLogo reports links that show pictures and no word.
func isLogo(n *html.Node) bool {
	pictures := 0
	for c := range n.ChildNodes() {
		switch {
		case c.Type == html.TextNode && letters(c.Data) == 0:
		case c.DataAtom == atom.Img:
			pictures++
		default:
			return false
		}
	}
	return pictures > 0
}

// isIcon reports icons written as words of an icon font.
func isIcon(n *html.Node) bool {
	if n.DataAtom != atom.I && n.DataAtom != atom.Span || n.FirstChild == nil || len(n.Attr) == 0 {
		return false
	}
	class := attr(n, "class")
	return strings.HasPrefix(class, "material-icons") || strings.HasPrefix(class, "material-symbols") || strings.HasPrefix(class, "sr-icon")
}
