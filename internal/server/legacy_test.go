package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// dialLegacy opens a websocket of the older protocol, and says nothing yet.
func (f *fixture) dialLegacy(t *testing.T, header ...string) *client {
	t.Helper()
	conn, resp, err := f.tryDial(t, []string{legacySubprotocol}, header...)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	return &client{Conn: conn, t: t}
}

func (f *fixture) connectLegacy(t *testing.T) *client {
	t.Helper()
	c := f.dialLegacy(t)
	c.send(`{"type":"connection_init","payload":{}}`)
	c.expect("connection_ack", "")
	c.expect("ka", "")
	return c
}

func (c *client) start(id, query string) {
	c.t.Helper()
	c.send(`{"id":"` + id + `","type":"start","payload":` + params(query, nil) + `}`)
}

func TestOperationsOverTheLegacyProtocol(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	c := f.connectLegacy(t)
	if c.Subprotocol() != "graphql-ws" {
		t.Errorf("subprotocol %q", c.Subprotocol())
	}
	for _, test := range []struct{ query, want string }{
		{"{hello}", `{"data":{"hello":"hello"}}`},
		{`mutation{touch(text:"a")}`, `{"data":{"touch":"a"}}`},
		{"subscription{count(to:1)}", `{"data":{"count":0}}`},
	} {
		c.start("1", test.query)
		if m := c.expect("data", "1"); string(m.Payload) != test.want {
			t.Errorf("%s: %s", test.query, m.Payload)
		}
		c.expect("complete", "1")
	}
	within(t, f.began, "the count")
	within(t, f.ended, "the end of the count")
	c.start("s", "subscription{silent}")
	within(t, f.began, "the subscription")
	c.send(`{"type":"stop","id":"s"}`)
	within(t, f.ended, "the end of the subscription")
	c.send(`{"type":"stop","id":"unknown"}`)
	c.start("2", "{hello}")
	c.expect("data", "2") // and nothing of s
	c.expect("complete", "2")
	c.send(`{"type":"connection_terminate"}`)
	if code, why := c.closed(); code != websocket.CloseNormalClosure {
		t.Errorf("got %d %s", code, why)
	}
}

func TestALegacyClientIsToldWhatIsWrongAndGoesOn(t *testing.T) {
	t.Parallel()
	c := start(t, Config{Limits: Limits{Operations: 1, Aliases: 1}}).connectLegacy(t)
	for _, test := range []struct{ send, kind, id, want string }{
		{"hello", "connection_error", "", `{"message":"the message is not JSON`},
		{`{"type":"start","id":7}`, "connection_error", "", "not JSON as"},
		{`{"type":"subscribe","id":"1"}`, "error", "1", "type of the message is not known"},
		{`{"type":"ping"}`, "connection_error", "", "type of the message is not known"},
		{`{"type":"start","payload":{"query":"{hello}"}}`, "connection_error", "", "no id"},
		{`{"type":"start","id":"1","payload":{}}`, "error", "1", `{"message":"query: must be there","extensions":{"code":"INVALID"`},
		{`{"type":"start","id":"1"}`, "error", "1", "not a JSON object"},
		{`{"type":"start","id":"1","payload":{"query":"{nothing}"}}`, "error", "1", `"errors":[{"message":"Cannot query field`},
		{`{"type":"start","id":"1","payload":{"query":"{a:hello b:hello}"}}`, "error", "1", "aliases: the limit is 1"},
	} {
		c.send(test.send)
		if m := c.expect(test.kind, test.id); !strings.Contains(string(m.Payload), test.want) {
			t.Errorf("%s: got %s", test.send, m.Payload)
		}
	}
	c.start("1", "subscription{silent}")
	c.start("2", "{hello}")
	if m := c.expect("error", "2"); !strings.Contains(string(m.Payload), `"code":"LIMITED"`) {
		t.Errorf("too many: got %s", m.Payload)
	}
	c.start("1", "{hello}") // replaces the other
	c.expect("data", "1")
	c.expect("complete", "1")
}

func TestALegacyClientIsLetInOrNot(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Keys: onlyKey(key), Limits: Limits{Init: 2 * time.Second}})
	for _, test := range []struct {
		send string
		code int
		why  string
	}{
		{`{"type":"connection_init","payload":{"authorization":"Bearer wrong"}}`, 4403, "Forbidden"},
		{`{"type":"connection_init"}`, 4401, "Unauthorized"},
		{`{"type":"connection_init","payload":7}`, 4400, "Invalid message: the payload must be an object"},
		{`{"type":"start","id":"1","payload":{"query":"{hello}"}}`, 4401, "Unauthorized"},
		{`{"type":"stop","id":"1"}`, 4408, "Connection initialisation timeout"},
	} {
		c := f.dialLegacy(t)
		c.send(test.send)
		if m := c.expect("connection_error", ""); string(m.Payload) != fmt.Sprintf(`{"message":%q}`, test.why) {
			t.Errorf("%s: got %s", test.send, m.Payload)
		}
		if code, why := c.closed(); code != test.code || why != test.why {
			t.Errorf("%s: got %d %s", test.send, code, why)
		}
	}
	c := f.dialLegacy(t)
	c.send(`{"type":"connection_init","payload":{"authorization":"Bearer ` + key + `"}}`)
	c.expect("connection_ack", "")
	c.expect("ka", "")
	c.send(`{"type":"connection_init","payload":{"authorization":"Bearer ` + key + `"}}`)
	c.expect("connection_error", "")
	if code, _ := c.closed(); code != 4429 {
		t.Errorf("a second init: %d", code)
	}
}

func TestALegacyClientIsKeptAlive(t *testing.T) {
	t.Parallel()
	c := start(t, Config{Limits: Limits{KeepAlive: 20 * time.Millisecond}}).connectLegacy(t)
	for range 5 {
		c.expect("ka", "")
	}
}

func TestLimitsHoldForLegacyClients(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Write: 500 * time.Millisecond}})
	c := f.connectLegacy(t)
	_ = c.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", 65<<10)))
	if code, _ := c.closed(); code != websocket.CloseMessageTooBig {
		t.Errorf("too large: %d", code)
	}
	f.connectLegacy(t).start("1", "subscription{flood}") // and nobody reads it
	within(t, f.began, "the flood")
	within(t, f.ended, "the end of the flood")
	c = f.connectLegacy(t)
	go f.stop()
	if code, _ := c.closed(); code != websocket.CloseGoingAway {
		t.Errorf("stop: %d", code)
	}
}

func TestOfBothProtocolsTheNewerIsSpoken(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	c, resp, err := f.tryDial(t, []string{legacySubprotocol, subprotocol})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	defer c.Close()
	if c.Subprotocol() != subprotocol {
		t.Errorf("got %s", c.Subprotocol())
	}
}
