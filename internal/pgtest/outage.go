//go:build unix

package pgtest

import (
	"context"
	"io"
	"testing"
	"time"
)

// Server is a PostgreSQL of a test's own, with an empty database, which can be
// stopped and started again. Its methods are for one goroutine at a time.
type Server struct {
	URL string // of the database

	tb testing.TB
	supervised
}

// NewServer runs a server until the test ends.
func NewServer(tb testing.TB) *Server {
	tb.Helper()
	s, err := supervise(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.stop)
	database, _, err := create(tb.Context(), s.url)
	if err != nil {
		tb.Fatal(err)
	}
	return &Server{URL: database, tb: tb, supervised: s}
}

// Stop breaks off what the server is at, as a crash would. Once it returns,
// connections are refused.
func (s *Server) Stop() {
	s.tb.Helper()
	s.tell()
	for s.tb.Context().Err() == nil && run(s.tb.Context(), s.url, "select 1", nil) == nil {
	}
}

// Start runs the server again, with all that was committed, and waits until it
// answers.
func (s *Server) Start() {
	s.tb.Helper()
	s.tell()
	ctx, cancel := context.WithTimeout(s.tb.Context(), time.Minute)
	defer cancel()
	if err := answers(ctx, s.url, s.name, s.ended); err != nil {
		s.tb.Fatal(err)
	}
}

func (s *Server) tell() {
	s.tb.Helper()
	if _, err := io.WriteString(s.input, "\n"); err != nil {
		s.tb.Fatal("the supervisor of PostgreSQL has ended:", err)
	}
}
