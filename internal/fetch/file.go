package fetch

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

// maxFile is how large a file may be, as the page of a server.
const maxFile = 10 << 20

// File reads a local file as Fetch reads a page: at most as much, of the types
// that are read, decoded to UTF-8. What it is its name tells, else how it begins.
// The error is fit to be shown, without the name of the file.
func File(path string) (Response, error) {
	f, err := os.Open(path) //nolint:gosec // whoever runs the command names it
	if err != nil {
		if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
			err = pathErr.Err
		}
		return Response{}, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return Response{}, fault.New(fault.Invalid, "is a folder")
	}
	body, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Response{}, err
	}
	if len(body) > maxFile {
		return Response{}, fault.New(fault.Invalid, "is larger than %s", size(maxFile))
	}
	r := Response{ContentType: TypeOf(path, body), Bytes: int64(len(body))}
	if !readable(r.ContentType) {
		return Response{}, fault.New(fault.Invalid, "documents of type %s are not read", r.ContentType)
	}
	r.Body = toUTF8(body, "")
	return r, nil
}

// Handed makes a page of a document that was handed in for u, sent as
// contentType: at most as much as Fetch reads, of the types that are read, decoded
// to UTF-8. It fails with INVALID.
func Handed(u URL, contentType string, body []byte) (Response, error) {
	r := Response{URL: u, ContentType: mediaType(contentType), Bytes: int64(len(body)), Fetcher: schema.FetcherImport}
	switch {
	case len(body) == 0:
		return Response{}, fault.New(fault.Invalid, "is empty")
	case len(body) > maxFile:
		return Response{}, fault.New(fault.Invalid, "is larger than %s", size(maxFile))
	case len(contentType) > 200 || !readable(r.ContentType):
		return Response{}, fault.New(fault.Invalid, "%s", unsupported(r.ContentType).Reason)
	}
	if bytes.HasPrefix(body, []byte("%PDF-")) {
		r.ContentType, r.Body = "application/pdf", body
		return r, nil
	}
	if _, params, err := mime.ParseMediaType(contentType); err == nil && r.ContentType == "text/markdown" && params["variant"] == "techfacts" {
		r.ContentType = StoredText
	}
	r.Body = toUTF8(body, contentType)
	return r, nil
}

// StoredText is the type of a text as it was stored here before: it is kept as
// it is. The parameter is that of RFC 7763.
const StoredText = "text/markdown; variant=techfacts"

// TypeOf tells the media type of a file by its name, else by how it begins.
func TypeOf(path string, body []byte) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".html", ".htm":
		return "text/html"
	case ".xhtml", ".xht":
		return "application/xhtml+xml"
	case ".md", ".markdown", ".mdown":
		return "text/markdown"
	case ".txt", ".text":
		return "text/plain"
	}
	if start := bytes.TrimLeft(body[:min(len(body), 512)], "\uFEFF \t\r\n"); bytes.HasPrefix(start, []byte("<?xml")) && bytes.Contains(start, []byte("<html")) {
		return "application/xhtml+xml"
	}
	return mediaType(http.DetectContentType(body))
}
