package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/warc"
	"techfacts.dev/techfacts/schema"
)

// Document is one that can be handed in.
type Document struct {
	URL, ContentType, Title string
	Body                    []byte
}

// SkippedError says why something in a folder or an archive is not handed in.
// What comes after it is.
type SkippedError struct{ Name, Reason string }

// Error gives both.
func (s *SkippedError) Error() string { return s.Name + ": " + s.Reason }

// maxDocument is how large a document may be.
const maxDocument = 10 << 20

// Documents gives the documents in a folder or a WARC file, one at a time. Those
// of a folder have the URLs that begin with base and end with their path in it.
// Nothing outside of the folder is read, whatever links in it say. The error is a
// [*SkippedError], or the last thing that is given.
func Documents(name, base string) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			yield(Document{}, err)
		case info.IsDir():
			folder(name, base, yield)
		case base != "":
			yield(Document{}, fault.New(fault.Invalid, "--base is for folders: an archive knows its URLs"))
		default:
			archive(name, yield)
		}
	}
}

func folder(name, base string, yield func(Document, error) bool) {
	from, err := fetch.ParseURL(base)
	if err != nil {
		yield(Document{}, fault.New(fault.Invalid, "--base must be the URL of the folder, as https://docs.example.com/"))
		return
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		yield(Document{}, err)
		return
	}
	defer root.Close()
	goOn := true
	err = fs.WalkDir(root.FS(), ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		d, err := documentAt(root, from, file, entry)
		if goOn = yield(d, err); !goOn {
			return fs.SkipAll
		}
		return nil
	})
	if err != nil && goOn {
		yield(Document{}, err)
	}
}

// documentAt reads a file of a folder.
func documentAt(root *os.Root, base fetch.URL, file string, entry fs.DirEntry) (Document, error) {
	skip := func(why string) (Document, error) { return Document{}, &SkippedError{file, why} }
	if !entry.Type().IsRegular() {
		return skip("not a file")
	}
	f, err := root.Open(file)
	if err != nil {
		return skip("cannot be opened")
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	if err != nil {
		return skip("cannot be read")
	}
	segments := strings.Split(file, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	at, err := base.Resolve(path.Join(strings.TrimSuffix(base.Path(), "/")+"/", strings.Join(segments, "/")))
	if err != nil {
		return skip(fault.Of(err).Message)
	}
	d := Document{URL: at.String(), ContentType: fetch.TypeOf(file, body), Body: body}
	if _, err := fetch.Handed(at, d.ContentType, body); err != nil {
		return skip(fault.Of(err).Message)
	}
	return d, nil
}

func archive(name string, yield func(Document, error) bool) {
	f, err := os.Open(name) //nolint:gosec // whoever runs the command names it
	if err != nil {
		yield(Document{}, err)
		return
	}
	defer f.Close()
	in, err := warc.NewReader(f)
	for err == nil {
		var p warc.Page
		p, err = in.Next()
		if skipped, ok := errors.AsType[*warc.SkippedError](err); ok {
			err = nil
			if !yield(Document{}, &SkippedError{skipped.URL, skipped.Reason}) {
				return
			}
			continue
		}
		if err != nil {
			break
		}
		d := Document{ContentType: p.ContentType, Title: p.Title, Body: p.Body}
		var unfit error
		at, wrong := fetch.ParseURL(p.URL)
		d.URL = at.String() // one page under two spellings is one
		if wrong != nil {
			unfit = wrong
		} else if _, wrong := fetch.Handed(at, p.ContentType, p.Body); wrong != nil {
			unfit = wrong
		}
		if unfit != nil {
			d, unfit = Document{}, &SkippedError{p.URL, fault.Of(unfit).Message}
		}
		if !yield(d, unfit) {
			return
		}
	}
	if !errors.Is(err, io.EOF) {
		yield(Document{}, fmt.Errorf("%s: %w", name, err))
	}
}

// exported is how many pages are read at a time.
const exported = 100

// Export writes the current text of every page, of one company unless that is
// empty, to a WARC file, and tells how many that were. Of a page its text is kept
// here, not what its server sent: each is a resource of Markdown, which an import
// takes as it is.
func Export(ctx context.Context, c Config, out io.Writer, pack bool, company string) (pages int, err error) {
	s, _, err := openStore(ctx, c)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	w, err := warc.NewWriter(out, pack, "techfacts/"+c.Version, schema.Now())
	if err != nil {
		return 0, err
	}
	var last uuid.UUID
	for {
		query := s.Ent.Page.Query().Where(page.SnapshotIDNotNil(), page.IDGT(last), page.StatusEQ(schema.PageActive)).WithSnapshot()
		if company != "" {
			query.Where(page.Company(company))
		}
		rows, err := query.Order(ent.Asc(page.FieldID)).Limit(exported).All(ctx)
		if err != nil {
			return pages, fmt.Errorf("read pages: %w", err)
		}
		for _, p := range rows {
			t := p.Edges.Snapshot
			err := w.Resource(t.ID, t.FetchedAt, warc.Page{URL: p.URL, ContentType: fetch.StoredText, Title: p.Title, Body: []byte(t.Text)})
			if err != nil {
				return pages, err
			}
			last, pages = p.ID, pages+1
		}
		if len(rows) < exported {
			return pages, nil
		}
	}
}
