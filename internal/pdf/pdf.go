package pdf

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

// Why a file cannot be read.
var (
	ErrEncrypted = fault.New(fault.Invalid, "the PDF is encrypted")
	ErrBroken    = fault.New(fault.Invalid, "the PDF is damaged or made to do damage")
	ErrSlow      = fault.New(fault.Invalid, "the PDF takes too long to read")
)

// MaxPages is how many pages of a file are read.
const MaxPages = 2000

// maxTime is how long a file may take.
const maxTime = 20 * time.Second

// File is what a file says.
type File struct {
	Title string // as the file names itself; may be empty
	Pages []Page
}

// Page is what one page says, in the order in which it is drawn; it may say
// nothing.
type Page []Block

// Block is a paragraph, a heading, a list item, or a row of a table.
type Block struct {
	Text    string   // in one line, valid UTF-8; empty for a row
	Heading bool     // it stands out by its size
	Item    bool     // it begins with a bullet, which is left out
	Cells   []string // of a row
}

// Is reports whether bytes are a PDF file.
func Is(body []byte) bool {
	return bytes.Contains(body[:min(len(body), 1024)], []byte("%PDF-")) && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// Read reads a file. It fails with ErrEncrypted, ErrBroken, ErrSlow, or the
// cause of ctx. Of what is damaged in parts it gives the rest.
func Read(ctx context.Context, body []byte) (File, error) {
	limited, cancel := context.WithTimeoutCause(ctx, maxTime, ErrSlow)
	defer cancel()
	f, err := scan(limited, body)
	if err != nil {
		return File{}, err
	}
	if f.encrypted {
		return File{}, ErrEncrypted
	}
	pages := f.pages()
	if len(pages) == 0 {
		return File{}, ErrBroken
	}
	p := painter{file: f, ctx: limited, fonts: map[ref]*font{}}
	var out File
	if title, ok := f.get(f.dict(f.info)["Title"]).(text); ok {
		out.Title = tidy(words(title))
	}
	for _, page := range pages {
		blocks, err := p.page(page)
		if err != nil && !errors.Is(err, errEnough) {
			return File{}, err
		}
		out.Pages = append(out.Pages, blocks)
		if err != nil {
			break
		}
	}
	return out, nil
}

// page reads one page.
func (p *painter) page(g page) (Page, error) {
	var data []byte
	for _, s := range g.content {
		part, err := p.decode(s, maxDecoded-len(data))
		if err != nil {
			continue // a page may say something without it
		}
		data = append(append(data, part...), '\n')
	}
	p.state = state{ctm: matrix{a: 1, d: 1}, scale: 1}
	p.saved, p.runs = p.saved[:0], p.runs[:0]
	err := p.paint(data, g.resources, 0)
	return layOut(p.runs), err
}

// tidy makes text one line of valid UTF-8 without what cannot be seen.
func tidy(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7F:
			return ' '
		case r == '\u00AD', r == '\uFEFF', r == '\u200B', r == '\uFFFE', r == '\uFFFF', r >= 0x80 && r < 0xA0, r >= 0xE000 && r < 0xF900:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(leaders.ReplaceAllString(ligatures.Replace(s), " ")), " ")
}

// leaders are the dots that lead from an entry of a table of contents to its page.
var leaders = regexp.MustCompile(`[.:·_]{5,}|(?: ?\.){5,}`)

//nolint:gochecknoglobals // a fixed table
var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")
