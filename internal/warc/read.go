// Package warc reads and writes files of web archives: WARC 1.0 and 1.1
// (ISO 28500), compressed or not. It believes no length that a file gives: what
// is read of one record is bounded, and an error says where the file is damaged.
package warc

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"techfacts.dev/techfacts/internal/fault"
)

// How much of a record is read.
const (
	maxHeader = 64 << 10
	maxBody   = 10 << 20
	maxBlock  = maxBody + 256<<10 // with a header of HTTP
)

// Page is what a record says of a URL.
type Page struct {
	URL         string
	ContentType string
	Title       string // of a record that was written here; else empty
	Body        []byte
}

// Reader reads the pages of a file, in order.
type Reader struct {
	in     *bufio.Reader
	record int // the number of the last one
}

// SkippedError says why a record, which could have been a page, is none. The next one
// can be read.
type SkippedError struct {
	URL, Reason string
}

// Error gives both.
func (s *SkippedError) Error() string { return s.URL + ": " + s.Reason }

// NewReader makes a Reader of a file. It fails with INVALID if that is no WARC.
func NewReader(r io.Reader) (*Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if start, _ := in.Peek(2); bytes.Equal(start, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "its compression is damaged")
		}
		in = bufio.NewReaderSize(unpacked, 64<<10)
	}
	if start, _ := in.Peek(5); string(start) != "WARC/" {
		return nil, fault.New(fault.Invalid, "it is no WARC file")
	}
	return &Reader{in: in}, nil
}

// Next gives the next page: a response with a status of 200, a resource or a
// conversion. Records of other types are passed over. The error is a [*SkippedError],
// io.EOF at the end, or INVALID where the file is damaged; after that nothing more
// can be read.
func (r *Reader) Next() (Page, error) {
	for {
		header, length, err := r.header()
		if err != nil {
			return Page{}, err
		}
		page := Page{
			URL:         strings.TrimSuffix(strings.TrimPrefix(header.Get("WARC-Target-URI"), "<"), ">"),
			ContentType: header.Get("Content-Type"), Title: header.Get(titleField),
		}
		kind := header.Get("WARC-Type")
		if kind != "response" && kind != "resource" && kind != "conversion" {
			if _, err := io.CopyN(io.Discard, r.in, length); err != nil {
				return Page{}, r.damaged("it breaks off", err)
			}
			continue
		}
		block := make([]byte, 0, min(length, 64<<10))
		buffer := bytes.NewBuffer(block)
		if _, err := io.CopyN(buffer, r.in, min(length, maxBlock)); err != nil {
			return Page{}, r.damaged("it breaks off", err)
		}
		if length > maxBlock {
			if _, err := io.CopyN(io.Discard, r.in, length-maxBlock); err != nil {
				return Page{}, r.damaged("it breaks off", err)
			}
			return Page{}, &SkippedError{page.URL, "larger than 10 MiB"}
		}
		if page.Body = buffer.Bytes(); kind == "response" {
			err = page.open()
		}
		if err == nil && len(page.Body) > maxBody {
			err = &SkippedError{page.URL, "larger than 10 MiB"}
		}
		return page, err
	}
}

// open takes the page out of an answer of HTTP.
func (p *Page) open() error {
	skip := func(format string, args ...any) error { return &SkippedError{p.URL, fmt.Sprintf(format, args...)} }
	if kind, _, _ := strings.Cut(p.ContentType, ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/http") {
		return skip("not an answer of HTTP")
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(p.Body)), nil)
	if err != nil {
		return skip("not an answer of HTTP")
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return skip("HTTP %d", resp.StatusCode)
	}
	var body io.Reader = resp.Body
	switch encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		if body, err = gzip.NewReader(resp.Body); err != nil {
			return skip("its content encoding is damaged")
		}
	default:
		return skip("its content encoding is not supported")
	}
	p.ContentType = resp.Header.Get("Content-Type")
	if p.Body, err = io.ReadAll(io.LimitReader(body, maxBody+1)); err != nil {
		return skip("it is damaged, or breaks off")
	}
	return nil
}

// header reads the header of the next record.
func (r *Reader) header() (header textproto.MIMEHeader, length int64, err error) {
	r.record++
	left := maxHeader
	version := ""
	for version == "" { // between records there are two empty lines, or more
		if version, err = r.line(&left); err != nil {
			if errors.Is(err, io.EOF) {
				return nil, 0, io.EOF
			}
			return nil, 0, err
		}
	}
	if version != "WARC/1.0" && version != "WARC/1.1" {
		return nil, 0, r.damaged("it does not begin as a record does", nil)
	}
	header = textproto.MIMEHeader{}
	for {
		line, err := r.line(&left)
		if err != nil {
			return nil, 0, r.damaged("it breaks off", err)
		}
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue // goes on with what the line before said, which is nothing to us
		}
		header.Add(name, strings.TrimSpace(value))
	}
	length, err = strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	if err != nil || length < 0 || len(header["Content-Length"]) != 1 {
		return nil, 0, r.damaged("its length is not one", err)
	}
	return header, length, nil
}

// line reads one line, of which only so many bytes are left.
func (r *Reader) line(left *int) (string, error) {
	var line []byte
	for {
		part, err := r.in.ReadSlice('\n')
		if *left -= len(part); *left < 0 {
			return "", r.damaged("its header is too long", nil)
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return strings.TrimRight(string(line), "\r\n"), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) == 0:
			return "", io.EOF
		default:
			return "", r.damaged("it breaks off", err)
		}
	}
}

// damaged says what is wrong with the record that is being read.
func (r *Reader) damaged(why string, err error) error {
	if known, ok := errors.AsType[*fault.Error](err); ok {
		return known
	}
	if errors.Is(err, io.EOF) { // which would say that all is well
		err = io.ErrUnexpectedEOF
	}
	return fault.Wrap(fault.Invalid, err, "record %d is damaged: %s", r.record, why)
}
