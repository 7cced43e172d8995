package document

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxShell is how many letters and digits a page may show that is nothing until
// its scripts have run.
const maxShell = 200

// Shell reports whether the body of a page, of a media type, is HTML that shows
// nothing to speak of before its scripts have run: it has scripts, and a place
// where what they make goes, or a word to those who run none.
func Shell(mediaType string, body []byte) bool {
	if mediaType != "text/html" && mediaType != "application/xhtml+xml" {
		return false
	}
	var scripts, place bool
	shown, hidden := 0, atom.Atom(0) // hidden: within an element whose text is not shown
	for z := html.NewTokenizer(bytes.NewReader(body)); shown <= maxShell; {
		switch z.Next() {
		case html.ErrorToken:
			return scripts && place
		case html.TextToken:
			text := z.Text()
			switch hidden { //nolint:exhaustive // of all there are
			case 0:
				shown += signs(text, maxShell+1-shown)
			case atom.Noscript:
				place = place || bytes.Contains(bytes.ToLower(text), []byte("javascript"))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			scripts = scripts || token.DataAtom == atom.Script
			place = place || mounts(token)
			if token.Type == html.StartTagToken && hidden == 0 {
				hidden = hiding(token.DataAtom)
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); hidden != 0 && atom.Lookup(name) == hidden {
				hidden = 0
			}
		case html.CommentToken, html.DoctypeToken:
		}
	}
	return false
}

// signs counts letters and digits, up to most.
func signs(text []byte, most int) (n int) {
	for len(text) > 0 && n < most {
		r, size := utf8.DecodeRune(text)
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
		text = text[size:]
	}
	return n
}

// hiding gives a if what stands in it is not shown.
func hiding(a atom.Atom) atom.Atom {
	if slices.Contains([]atom.Atom{atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Title, atom.Svg}, a) {
		return a
	}
	return 0
}

// mounts reports whether scripts of the usual frameworks put what they make into
// the element.
func mounts(t html.Token) bool {
	if strings.HasSuffix(t.Data, "-root") || strings.HasSuffix(t.Data, "-app") { // an element of the page's own
		return true
	}
	for _, a := range t.Attr {
		if a.Key == "id" {
			switch strings.ToLower(a.Val) {
			case "root", "app", "main-app", "react-root", "__next", "__nuxt", "__layout", "___gatsby", "__docusaurus", "svelte", "q-app", "redoc", "swagger-ui":
				return true
			}
		}
	}
	return false
}
