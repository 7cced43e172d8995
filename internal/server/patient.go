package server

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"time"
)

// patientConn is the connection of a websocket. When its client takes nothing
// for as long as a write may last, the write does not fail in the middle of a
// message, after which nothing could be said any more: what is left of it is
// kept, and what is written from then on, for [patientConn.flush].
type patientConn struct {
	net.Conn
	stuck func() // tells of it, once; nil: writes fail
	full  bool
	rest  []byte
}

// Write writes b now, or keeps it.
func (c *patientConn) Write(b []byte) (int, error) {
	if c.full {
		c.rest = append(c.rest, b...)
		return len(b), nil
	}
	n, err := c.Conn.Write(b)
	if c.stuck == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		return n, err
	}
	c.full, c.rest = true, slices.Clone(b[n:])
	c.stuck()
	return len(b), nil
}

// flush writes what was kept, if the client takes it within a time.
func (c *patientConn) flush(within time.Duration) error {
	if !c.full {
		return nil
	}
	if err := c.SetWriteDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	_, err := c.Conn.Write(c.rest)
	return err
}

// patientWriter makes its connection a patient one when that is taken over.
type patientWriter struct{ http.ResponseWriter }

// Hijack takes the connection over.
func (w patientWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return &patientConn{Conn: conn}, buffers, nil
}
