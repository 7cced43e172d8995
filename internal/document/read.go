package document

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
	"techfacts.dev/techfacts/internal/fault"
)

// ErrNotAPI says that JSON or YAML describes no HTTP API.
var ErrNotAPI = fault.New(fault.Invalid, "it is data, but not the description of an API (OpenAPI 3, Swagger 2)")

// DefaultMemory is how much the pages that a process reads at a time may take,
// by estimate: see [NewReader].
const DefaultMemory = 128 << 20

// Reader reads bodies of every type there is. It may be used by many at a time.
type Reader struct {
	memory int64
	free   *semaphore.Weighted
}

// NewReader makes a Reader for which what is read at a time takes no more than
// about so many bytes: who would exceed it waits for the others. Small pages do
// not wait, and no page waits for ever.
func NewReader(memory int64) *Reader {
	return &Reader{memory: memory, free: semaphore.NewWeighted(memory)}
}

// Read makes a document of a body that came as a media type, such as
// "text/html". The body is believed before the type: servers call Markdown HTML
// and everything text/plain. Text is in UTF-8, or what is not becomes U+FFFD.
//
// It fails with INVALID, in words fit for strangers, if nothing here can read
// the body; and with the cause of ctx if that ends.
func (r *Reader) Read(ctx context.Context, mediaType string, body []byte) (Document, error) {
	format := formatOf(mediaType, body)
	if format == formatNone {
		return Document{}, ErrBinary
	}
	if weight := min(format.weight(body), r.memory); weight > 0 {
		if err := r.free.Acquire(ctx, weight); err != nil {
			return Document{}, fmt.Errorf("read document: %w", context.Cause(ctx))
		}
		defer r.free.Release(weight)
	}
	d, err := format.read(ctx, body)
	if err != nil {
		return Document{}, err
	}
	d.Language = inLanguage(d.Text, d.Language)
	return d, nil
}

// Hold waits until there is room to look at a text that was read before, and
// takes it until leave is called. It fails with the cause of ctx if that ends.
func (r *Reader) Hold(ctx context.Context, text string) (leave func(), err error) {
	if len(text) <= smallPage {
		return func() {}, nil
	}
	weight := min(int64(len(text))*textWeight, r.memory)
	if err := r.free.Acquire(ctx, weight); err != nil {
		return nil, fmt.Errorf("look at a text: %w", context.Cause(ctx))
	}
	return func() { r.free.Release(weight) }, nil
}

// storedText is the type of a text that was made here, and is kept as it is;
// see fetch.StoredText.
const storedText = "text/markdown; variant=techfacts"

// textWeight is how many bytes are made of a byte of text by who looks for facts
// in it.
const textWeight = 40

// format is a way to read a body.
type format int

const (
	formatNone format = iota // cannot be read
	formatHTML
	formatText
	formatStored // as it was stored before
	formatMarkdown
	formatAPI
	formatPDF
)

func (f format) read(ctx context.Context, body []byte) (Document, error) {
	switch f {
	case formatHTML:
		return FromHTML(body)
	case formatMarkdown:
		return fromMarkdown(body), nil
	case formatAPI:
		return fromAPI(body)
	case formatPDF:
		return fromPDF(ctx, body)
	case formatText, formatStored:
		return FromText(body), nil
	case formatNone:
	}
	return Document{}, ErrBinary
}

// smallPage is the size of a page whose tree is not worth waiting for.
const smallPage = 64 << 10

// weight estimates the memory that reading takes, in bytes; 0 if it is not
// worth mentioning.
func (f format) weight(body []byte) int64 {
	size := int64(len(body))
	switch {
	case size <= smallPage && f != formatPDF:
		return 0
	case f == formatHTML:
		return size + min(treeSize(body), maxTree)
	case f == formatText, f == formatStored, f == formatMarkdown && size > maxMarkdown:
		return 3 * size
	case f == formatPDF:
		return pdfMemory
	case f == formatMarkdown:
		return 200 * size
	}
	return 40 * size
}

// formatOf finds out how to read a body.
func formatOf(mediaType string, body []byte) format {
	if isPDF(body) {
		return formatPDF
	}
	if isBinary(body) {
		return formatNone
	}
	if mediaType == storedText {
		return formatStored
	}
	head := bytes.TrimLeft(body[:min(len(body), 4096)], "\uFEFF \t\r\n")
	switch {
	case startsHTML(head):
		return formatHTML
	case startsAPI(head):
		return formatAPI
	}
	switch mediaType {
	case "application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/openapi+json",
		"application/openapi+yaml", "application/vnd.oai.openapi", "application/vnd.oai.openapi+json":
		return formatAPI
	case "text/html", "application/xhtml+xml":
		if bytes.IndexByte(head, '<') >= 0 || len(body) > len(head) && bytes.IndexByte(body, '<') >= 0 {
			return formatHTML
		}
	case "text/markdown", "text/x-markdown":
		return formatMarkdown
	}
	if looksMarkdown(body) {
		return formatMarkdown
	}
	return formatText
}

// startsHTML reports a page, by its first tag.
func startsHTML(head []byte) bool {
	for bytes.HasPrefix(head, []byte("<!--")) || bytes.HasPrefix(head, []byte("<?xml")) {
		end := bytes.IndexByte(head, '>')
		if end < 0 {
			return false
		}
		head = bytes.TrimLeft(head[end+1:], " \t\r\n")
	}
	head = bytes.ToLower(head[:min(len(head), 16)])
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<title", "<meta"} {
		if bytes.HasPrefix(head, []byte(tag)) {
			return true
		}
	}
	return false
}

// startsAPI reports the description of an API in JSON or YAML, if it says so
// near its beginning.
func startsAPI(head []byte) bool {
	if bytes.HasPrefix(head, []byte("{")) {
		return bytes.Contains(head, []byte(`"openapi"`)) || bytes.Contains(head, []byte(`"swagger"`))
	}
	for line := range bytes.Lines(head) {
		if bytes.HasPrefix(line, []byte("openapi:")) || bytes.HasPrefix(line, []byte("swagger:")) {
			return true
		}
	}
	return false
}
