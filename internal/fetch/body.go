package fetch

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// maxEncodings is how often a body may be compressed.
const maxEncodings = 2

// What can be wrong with a body.
var (
	errTooLarge = errors.New("larger than the limit")
	errEncoding = errors.New("unsupported content encoding")
)

// capped reads from r and fails with errTooLarge after more than limit bytes.
type capped struct {
	r        io.Reader
	n, limit int64
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.n > c.limit {
		return 0, errTooLarge
	}
	return n, err
}

// timed is a body that ends when its time does, and tells why.
type timed struct {
	io.ReadCloser
	why  func(error) error // what is behind an error
	done func()
}

func (t *timed) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader says so
		err = t.why(err)
	}
	return n, err
}

func (t *timed) Close() error {
	defer t.done()
	return t.ReadCloser.Close()
}

// decoded gives the body of resp without its content encodings, and a count of
// what was received. Neither what is received nor any layer of what is decoded
// may have more than limit bytes.
func decoded(resp *http.Response, limit int64) (body io.Reader, wire *capped, err error) {
	wire = &capped{r: resp.Body, limit: limit}
	var encodings []string
	for name := range strings.SplitSeq(strings.Join(resp.Header.Values("Content-Encoding"), ","), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != "identity" {
			encodings = append(encodings, name)
		}
	}
	if len(encodings) > maxEncodings {
		return nil, wire, errEncoding
	}
	body = wire
	for _, name := range slices.Backward(encodings) {
		if body, err = decode(body, name); err != nil {
			return nil, wire, err
		}
		body = &capped{r: body, limit: limit}
	}
	return body, wire, nil
}

func decode(r io.Reader, name string) (io.Reader, error) {
	in := bufio.NewReader(r)
	start, err := in.Peek(2)
	if len(start) == 0 && errors.Is(err, io.EOF) {
		return in, nil // nothing, compressed
	}
	switch name {
	case "gzip", "x-gzip":
		return gunzip(in)
	case "deflate":
		if len(start) == 2 && start[0]&0x0F == 8 && (int(start[0])<<8|int(start[1]))%31 == 0 {
			return zlib.NewReader(in)
		}
		return flate.NewReader(in), nil // what some servers mean by it
	}
	return nil, errEncoding
}

// unzippers are readers of gzip that nobody reads from: each has tables of 40 KiB.
var unzippers sync.Pool //nolint:gochecknoglobals // as of any package that compresses

// unzipper reads from z, which is given back at the end, or at the first error.
type unzipper struct {
	z   *gzip.Reader
	err error // once z is given back
}

func gunzip(r io.Reader) (io.Reader, error) {
	z, ok := unzippers.Get().(*gzip.Reader)
	if !ok {
		z = new(gzip.Reader)
	}
	if err := z.Reset(r); err != nil {
		return nil, err
	}
	return &unzipper{z: z}, nil
}

func (u *unzipper) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.z.Read(p)
	if err != nil {
		unzippers.Put(u.z)
		u.z, u.err = nil, err
	}
	return n, err
}

// drain reads the short body of an answer that is not wanted, so that its
// connection can be used again.
func drain(resp *http.Response) {
	const short = 2 << 10
	if resp.ContentLength <= short {
		_, _ = io.CopyN(io.Discard, resp.Body, short)
	}
	_ = resp.Body.Close()
}
