package fetch

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"techfacts.dev/techfacts/internal/fault"
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
	r := Response{ContentType: typeOf(path, body), Bytes: int64(len(body))}
	if !readable(r.ContentType) {
		return Response{}, fault.New(fault.Invalid, "documents of type %s are not read", r.ContentType)
	}
	r.Body = toUTF8(body, "")
	return r, nil
}

// typeOf is the media type of a file.
func typeOf(path string, body []byte) string {
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
