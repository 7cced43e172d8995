package warc

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
)

// titleField is a field of our own: the title of a page whose text has none.
const titleField = "Techfacts-Title"

// Writer writes records of WARC 1.1.
type Writer struct {
	out  io.Writer
	pack bool
}

// NewWriter makes a Writer, which compresses each record by itself with pack,
// and writes what made the file.
func NewWriter(out io.Writer, pack bool, software string, at time.Time) (*Writer, error) {
	w := &Writer{out, pack}
	return w, w.record("warcinfo", uuid.New(), at, "application/warc-fields", nil,
		[]byte("software: "+field(software)+"\r\nformat: WARC File Format 1.1\r\n"))
}

// Resource writes what was stored of a page, under an id of its own.
func (w *Writer) Resource(id uuid.UUID, at time.Time, p Page) error {
	fields := []string{"WARC-Target-URI: " + field(p.URL)}
	if p.Title != "" {
		fields = append(fields, titleField+": "+field(p.Title))
	}
	return w.record("resource", id, at, p.ContentType, fields, p.Body)
}

func (w *Writer) record(kind string, id uuid.UUID, at time.Time, contentType string, fields []string, block []byte) error {
	digest := sha256.Sum256(block)
	var b bytes.Buffer
	fmt.Fprintf(&b, "WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:%s>\r\nWARC-Date: %s\r\n", kind, id, at.UTC().Format(time.RFC3339))
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	fmt.Fprintf(&b, "WARC-Block-Digest: sha256:%s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", hex.EncodeToString(digest[:]), field(contentType), len(block))
	b.Write(block)
	b.WriteString("\r\n\r\n")
	if !w.pack {
		_, err := w.out.Write(b.Bytes())
		return err
	}
	packed := gzip.NewWriter(w.out)
	if _, err := packed.Write(b.Bytes()); err != nil {
		return err
	}
	return packed.Close()
}

// field is s as the value of a field: one line.
func field(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}
