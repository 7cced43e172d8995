package event_test

import (
	"log/slog"
	"runtime"
	"testing"

	"techfacts.dev/techfacts/internal/proxytest"
	"techfacts.dev/techfacts/internal/redistest"
)

func TestABusCountsItsHintsAndItsConnections(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	p := proxytest.New(t, server.Addr)
	speaker, said := openHasty(t, server.URL)
	listener, heard := openHasty(t, "redis://"+p.Addr)
	said.until(slog.LevelInfo)
	heard.until(slog.LevelInfo)
	hints, cancel := listener.Subscribe("a")
	defer cancel()
	<-hints // it is passed on from now on
	speaker.Publish("a", "b")
	<-hints
	if s := listener.State(); s.Received != 1 || s.Sent != 0 || s.Connects != 1 {
		t.Errorf("who hears: %+v", s)
	}
	for speaker.State().Sent < 2 { // it counts when Redis has answered, which may be after others have heard
		runtime.Gosched()
	}
	if s := speaker.State(); s.Sent != 2 || s.Received != 0 || s.Connects != 1 {
		t.Errorf("who speaks: %+v", s)
	}
	p.Cut()
	heard.until(slog.LevelInfo)
	if s := listener.State(); s.Connects != 2 || !s.Connected {
		t.Errorf("after it was cut off: %+v", s)
	}
}
