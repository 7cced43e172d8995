package server

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"techfacts.dev/techfacts/internal/fault"
)

// Stream is a document that is written while it is made.
type Stream struct {
	Name, Media string
	// Write writes it. If it fails before it has written anything, the client is told why.
	Write func(context.Context, io.Writer) error
}

// Streams finds a document by the last part of its path, such as facts.csv, and the
// filter in its query. NOT_FOUND or INVALID.
type Streams func(name, where string) (Stream, error)

const (
	exportsPrefix  = "/exports/"
	exportsAtATime = 4
	exportsAgain   = 10 * time.Second // when who comes in vain should come again
)

// export serves rows, a few exports at a time. If it fails
// in the middle the connection is cut, so that nobody takes a part for the whole; when the client goes the export ends.
func (a *api) export(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	for name := range query {
		if name != "where" {
			refuse(w, r, http.StatusBadRequest, fault.InvalidField(name, "is not known; a filter is where"))
			return
		}
	}
	s, err := a.exports(strings.TrimPrefix(r.URL.Path, exportsPrefix), query.Get("where"))
	if err != nil {
		refuseFile(w, r, err)
		return
	}
	select {
	case a.exporting <- struct{}{}:
		defer func() { <-a.exporting }()
	default:
		refuseFile(w, r, fault.New(fault.Limited, "%d exports run already", exportsAtATime).After(exportsAgain))
		return
	}
	to := &exportWriter{ResponseWriter: w, control: http.NewResponseController(w), within: a.engine.limits.Write, stream: s}
	if r.Method == http.MethodHead {
		to.begin()
		return
	}
	err = s.Write(r.Context(), to)
	if err == nil {
		to.begin()
		_ = to.control.SetWriteDeadline(time.Now().Add(takeWithin)) // of what is left; the next answer has its own
		return
	}
	if fault.Of(err).Code == fault.Internal && r.Context().Err() == nil && !to.broken {
		a.log.ErrorContext(r.Context(), "export failed", slog.String("request_id", RequestID(r.Context())), slog.Any("error", err))
	}
	if to.begun {
		panic(http.ErrAbortHandler)
	}
	refuseFile(w, r, err)
}

// exportWriter gives the answer its headers with the first byte, and the client a
// time to take each part in.
type exportWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	within  time.Duration
	stream  Stream
	begun   bool
	broken  bool // the client has not taken a part
}

func (w *exportWriter) begin() {
	if w.begun {
		return
	}
	w.begun = true
	h := w.Header()
	media := w.stream.Media
	if strings.HasPrefix(media, "text/") {
		media += "; charset=utf-8"
	}
	h.Set("Content-Type", media)
	fileHeaders(h, "attachment", w.stream.Name, "default-src 'none'; frame-ancestors 'none'; sandbox")
	w.WriteHeader(http.StatusOK)
}

// Write sends a part.
func (w *exportWriter) Write(b []byte) (int, error) {
	w.begin()
	_ = w.control.SetWriteDeadline(time.Now().Add(w.within)) // not every writer has one
	n, err := w.ResponseWriter.Write(b)
	w.broken = err != nil
	return n, err
}
