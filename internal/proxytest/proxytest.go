// Package proxytest gives tests a bad connection: a TCP proxy that can break
// what passes through it, or fall silent.
package proxytest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// Proxy stands before a server. It can fall silent: the connections it has stay
// open and carry nothing more. New ones are served.
type Proxy struct {
	Addr string

	listener net.Listener
	left     chan struct{}
	group    sync.WaitGroup

	mu    sync.Mutex
	to    string
	conns []net.Conn
	mute  chan struct{} // closed: the connections made so far are mute
}

// New runs a proxy before the server at to, until the test ends.
func New(tb testing.TB, to string) *Proxy {
	tb.Helper()
	ctx := tb.Context()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), listener: l, to: to, mute: make(chan struct{}), left: make(chan struct{}, 1000)}
	p.group.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			p.serve(ctx, in)
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		p.Cut()
		p.group.Wait()
	})
	return p
}

// Lead makes new connections go to another server.
func (p *Proxy) Lead(to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = to
}

// Silence makes the connections half-open.
func (p *Proxy) Silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.mute)
	p.mute = make(chan struct{})
}

// Left receives once for every silent connection that the server has closed.
func (p *Proxy) Left() <-chan struct{} { return p.left }

// Cut breaks the connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

func (p *Proxy) serve(ctx context.Context, in net.Conn) {
	p.mu.Lock()
	to := p.to
	p.mu.Unlock()
	out, err := new(net.Dialer).DialContext(ctx, "tcp", to)
	if err != nil {
		_ = in.Close()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, in, out)
	mute := p.mute
	carry := func(to, from net.Conn) {
		b := make([]byte, 4096)
		for {
			n, err := from.Read(b)
			select {
			case <-mute: // swallow it, and never say that it is over
				if err == nil {
					_, _ = io.Copy(io.Discard, from)
				}
				if from == out {
					p.left <- struct{}{}
				}
				return
			default:
			}
			if _, errTo := to.Write(b[:n]); err != nil || errTo != nil {
				_ = in.Close()
				_ = out.Close()
				return
			}
		}
	}
	p.group.Go(func() { carry(out, in) })
	p.group.Go(func() { carry(in, out) })
}
