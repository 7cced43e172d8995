package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"techfacts.dev/techfacts/internal/document"
)

// passage is a piece of documentation of at most maxPassage characters.
type passage struct {
	text   string
	titles []string // of the sections that it is in, the outermost first, without numbers
	keys   []string // tell sections apart
}

const maxPassage = 500

// passages reads the HTML pages below a folder.
func passages(folder string) ([]passage, error) {
	var all []passage
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".html" || generated(entry.Name()) {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		doc, err := document.FromHTML(body)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, split(path, doc.Text)...)
		return nil
	})
	return all, err
}

// generated tells the indexes of a manual from its pages.
func generated(name string) bool {
	for _, part := range []string{"genindex", "modindex", "contents", "search", "bookindex", "biblio"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

func split(path, text string) []passage {
	var all []passage
	var last []string
	for _, b := range document.Blocks(text) {
		if b.Kind == document.Heading || len(b.Headings) == 0 {
			continue
		}
		fresh := !slices.Equal(b.Headings, last)
		last = b.Headings
		for _, s := range document.Sentences(text, b) {
			piece := document.Plain(s.Of(text))
			if b.Kind == document.Definition && s.Start == b.Start {
				piece = b.Lead + ": " + piece
			}
			for len(piece) > maxPassage {
				cut := strings.LastIndexByte(piece[:maxPassage], ' ')
				if cut <= 0 {
					cut = maxPassage
				}
				all, fresh = append(all, newPassage(path, b.Headings, piece[:cut])), false
				piece = piece[cut:]
			}
			if n := len(all) - 1; n >= 0 && !fresh && len(all[n].text)+1+len(piece) <= maxPassage {
				all[n].text += " " + piece
			} else {
				all = append(all, newPassage(path, b.Headings, piece))
			}
			fresh = false
		}
	}
	return all
}

func newPassage(path string, headings []string, text string) passage {
	p := passage{text: text}
	for i, h := range headings {
		title := strings.TrimLeftFunc(h, func(r rune) bool { return unicode.IsDigit(r) || r == '.' || unicode.IsSpace(r) })
		p.titles = append(p.titles, strings.TrimRight(title, "¶# "))
		p.keys = append(p.keys, path+"\x00"+strings.Join(headings[:i+1], "\x00"))
	}
	return p
}
