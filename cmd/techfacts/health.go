package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/fault"
)

type healthCmd struct{}

// Run asks the process of these settings on this machine whether it is ready,
// and fails if it is not: for containers, which have no other program to ask with.
func (healthCmd) Run(ctx context.Context, c *app.Config) error {
	host, port, err := net.SplitHostPort(cmp.Or(c.OpsAddr, c.ListenAddr))
	if err != nil {
		return fault.New(fault.Invalid, "OPS_ADDR or LISTEN_ADDR is not an address")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{}).Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fault.New(fault.Unavailable, "not ready: %s", strings.TrimSpace(string(body)))
	}
	_, err = fmt.Println(strings.TrimSpace(string(body)))
	return err
}
