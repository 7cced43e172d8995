package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestOperationsOverAWebsocket(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	c := f.connect(t)
	if c.Subprotocol() != subprotocol {
		t.Errorf("subprotocol %q", c.Subprotocol())
	}
	c.subscribe("q", "{hello}")
	if m := c.expect("next", "q"); string(m.Payload) != `{"data":{"hello":"hello"}}` {
		t.Errorf("query: %s", m.Payload)
	}
	c.expect("complete", "q")
	c.subscribe("m", `mutation{touch(text:"a")}`)
	if m := c.expect("next", "m"); string(m.Payload) != `{"data":{"touch":"a"}}` {
		t.Errorf("mutation: %s", m.Payload)
	}
	c.expect("complete", "m")
	c.subscribe("s", "subscription{count(to:3)}")
	for i := range 3 {
		if m := c.expect("next", "s"); string(m.Payload) != fmt.Sprintf(`{"data":{"count":%d}}`, i) {
			t.Errorf("event %d: %s", i, m.Payload)
		}
	}
	c.expect("complete", "s")
	c.subscribe("s", "{hello}") // the id is free again
	c.expect("next", "s")
	c.expect("complete", "s")
	c.send(`{"id":"v","type":"subscribe","payload":{"query":"query a($t:String){echo(text:$t)} query b{hello}","operationName":"a","variables":{"t":"x"}}}`)
	if m := c.expect("next", "v"); string(m.Payload) != `{"data":{"echo":"x"}}` {
		t.Errorf("variables: %s", m.Payload)
	}
	c.expect("complete", "v")
}

func TestRequestErrorsAreAnErrorAndFieldErrorsAreANext(t *testing.T) {
	t.Parallel()
	c := start(t, Config{}).connect(t, "X-Request-Id", "abc")
	for _, test := range []struct{ query, kind, want string }{
		{"{", "error", `[{"message":"Expected Name`},
		{"{nothing}", "error", `"code":"INVALID","requestId":"abc"`},
		{"subscription{silent dies}", "error", `"code":"INVALID"`},
		{"subscription{silent @skip(if:true)}", "error", `exactly one field`},
		{"subscription{forbidden}", "next", `"message":"not for you","path":["forbidden"],"extensions":{"code":"FORBIDDEN"`},
		{"subscription{dies}", "next", `"code":"NOT_FOUND"`},
		{"{hello leak}", "next", `"data":{"hello":"hello","leak":null}`},
		{"subscription{item{name boom:broken}}", "next", `"data":{"item":{"boom":null,"name":"name"}}`},
	} {
		c.subscribe("x", test.query)
		if m := c.expect(test.kind, "x"); !strings.Contains(string(m.Payload), test.want) {
			t.Errorf("%s: got %s", test.query, m.Payload)
		}
		if test.kind == "next" && !strings.Contains(test.query, "item") {
			c.expect("complete", "x")
		}
	}
}

func TestBothSidesMayPing(t *testing.T) {
	t.Parallel()
	c := start(t, Config{}).dial(t)
	c.send(`{"type":"ping"}`) // even before the acknowledgement
	c.expect("pong", "")
	c.send(`{"type":"pong"}`)
	c.send(`{"type":"ping","payload":{"a":[1]}}`)
	if m := c.expect("pong", ""); string(m.Payload) != `{"a":[1]}` {
		t.Errorf("got %s", m.Payload)
	}
}

func TestWhatTheProtocolForbidsClosesTheSocket(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Operations: 2}})
	silent := `{"id":"%s","type":"subscribe","payload":{"query":"subscription{silent}"}}`
	for name, test := range map[string]struct {
		send []string
		code int
		why  string
	}{
		"no JSON":             {[]string{"hello"}, 4400, "Invalid message"},
		"null":                {[]string{"null"}, 4400, "type is not known"},
		"a list":              {[]string{"[]"}, 4400, "Invalid message"},
		"no UTF-8":            {[]string{"{\"type\":\"ping\",\"id\":\"\xff\"}"}, 4400, "Invalid message"},
		"an unknown type":     {[]string{`{"type":"start","id":"1"}`}, 4400, "type is not known"},
		"init with a list":    {[]string{`{"type":"connection_init","payload":[]}`}, 4400, "payload must be an object"},
		"ping with a string":  {[]string{`{"type":"ping","payload":"x"}`}, 4400, "payload must be an object"},
		"no id":               {[]string{"init", `{"type":"subscribe","payload":{"query":"{hello}"}}`}, 4400, "no id"},
		"an id that is none":  {[]string{"init", `{"id":7,"type":"subscribe","payload":{"query":"{hello}"}}`}, 4400, "Invalid message"},
		"complete without id": {[]string{"init", `{"type":"complete"}`}, 4400, "no id"},
		"no payload":          {[]string{"init", `{"id":"1","type":"subscribe"}`}, 4400, "Invalid message"},
		"no query":            {[]string{"init", `{"id":"1","type":"subscribe","payload":{}}`}, 4400, "query: must be there"},
		"before init":         {[]string{`{"id":"1","type":"subscribe","payload":{"query":"{hello}"}}`}, 4401, "Unauthorized"},
		"the same id":         {[]string{"init", fmt.Sprintf(silent, "one"), fmt.Sprintf(silent, "one")}, 4409, "Subscriber for one already exists"},
		"the same long id":    {[]string{"init", fmt.Sprintf(silent, strings.Repeat("é", 200)), fmt.Sprintf(silent, strings.Repeat("é", 200))}, 4409, "Subscriber for éé"},
		"two inits":           {[]string{"init", `{"type":"connection_init"}`}, 4429, "Too many initialisation requests"},
		"too many":            {[]string{"init", fmt.Sprintf(silent, "1"), fmt.Sprintf(silent, "2"), fmt.Sprintf(silent, "3")}, 4429, "Too many operations"},
		"too large":           {[]string{"init", `{"type":"ping","payload":{"x":"` + strings.Repeat("x", 64<<10) + `"}}`}, 1009, ""},
		"megabytes":           {[]string{`{"type":"ping","payload":{"x":"` + strings.Repeat("x", 8<<20) + `"}}`}, 1009, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := f.dial(t)
			for _, m := range test.send {
				if m == "init" {
					c.send(`{"type":"connection_init"}`)
					c.expect("connection_ack", "")
					continue
				}
				if err := c.WriteMessage(websocket.TextMessage, []byte(m)); err != nil && test.code != 1009 {
					t.Fatal(err)
				}
			}
			if code, why := c.closed(); code != test.code || !strings.Contains(why, test.why) {
				t.Errorf("got %d %s", code, why)
			}
		})
	}
	c := f.dial(t)
	_ = c.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"connection_init"}`))
	if code, _ := c.closed(); code != 4400 {
		t.Errorf("a binary message: %d", code)
	}
}

func TestAClientMustIntroduceItselfInTime(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Init: 30 * time.Millisecond}})
	if code, why := f.dial(t).closed(); code != 4408 || why != "Connection initialisation timeout" {
		t.Errorf("got %d %s", code, why)
	}
}

func TestTheKeyOverAWebsocket(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Keys: onlyKey(key)})
	for payload, code := range map[string]int{
		`{"authorization":"Bearer ` + key + `"}`: 0, `{"Authorization":"bearer ` + key + `"}`: 0, `{"apiKey":"` + key + `"}`: 0, `{"X-API-Key":"` + key + `"}`: 0,
		`{"authorization":"Bearer wrong"}`: 4403, `{"apiKey":"wrong"}`: 4403, `{"apiKey":7}`: 4401, `{}`: 4401, `null`: 4401,
	} {
		c := f.dial(t)
		c.send(`{"type":"connection_init","payload":` + payload + `}`)
		if code == 0 {
			c.expect("connection_ack", "")
			c.subscribe("1", "{hello}")
			c.expect("next", "1")
		} else if got, why := c.closed(); got != code {
			t.Errorf("%s: got %d %s", payload, got, why)
		}
	}
	f.connect(t, "Authorization", "Bearer "+key) // brought it in the handshake
	_, resp, err := f.tryDial(t, []string{subprotocol}, "Authorization", "Bearer wrong")
	if err == nil || resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("a wrong key in the handshake: %v %v", resp, err)
	}
}

func TestAHandshakeCanBeRefused(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Origins: []string{"https://app.example"}})
	for _, test := range []struct {
		protocols string
		origin    string
		status    int
	}{
		{subprotocol, "", 101},
		{"other," + subprotocol, "", 101},
		{subprotocol, "http://" + f.addr, 101},
		{subprotocol, "https://app.example", 101},
		{subprotocol, "https://evil.example", 403},
		{subprotocol, "https://app.example.evil.example", 403},
		{subprotocol, "null", 403},
		{"graphql-wss", "", 400},
		{"", "", 400},
	} {
		header := []string{}
		if test.origin != "" {
			header = []string{"Origin", test.origin}
		}
		var protocols []string
		if test.protocols != "" {
			protocols = strings.Split(test.protocols, ",")
		}
		c, resp, err := f.tryDial(t, protocols, header...)
		if resp == nil || resp.StatusCode != test.status || (err == nil) != (test.status == 101) {
			t.Errorf("%+v: got %v %v", test, resp, err)
		}
		if c != nil {
			if got := c.Subprotocol(); got != subprotocol || resp.Header.Get("X-Request-Id") == "" {
				t.Errorf("%+v: subprotocol %q, header %v", test, got, resp.Header)
			}
			_ = c.Close()
		}
	}
	a := f.request(t, http.MethodGet, "/graphql", "", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Protocol", subprotocol, "Sec-WebSocket-Version", "8")
	if a.status != 400 || a.code() != "INVALID" || a.header.Get("Sec-WebSocket-Version") != "13" {
		t.Errorf("an old version: got %d %v %s", a.status, a.header, a.body)
	}
}

func TestASubscriptionEndsWithItsClient(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	for name, leave := range map[string]func(*client){
		"complete": func(c *client) { c.send(`{"id":"1","type":"complete"}`) },
		"close": func(c *client) {
			_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(patience))
		},
		"drop": func(c *client) { _ = c.NetConn().Close() },
	} {
		c := f.connect(t)
		c.subscribe("1", "subscription{silent}")
		within(t, f.began, "the subscription")
		leave(c)
		within(t, f.ended, "the end of the subscription after "+name)
		if name == "complete" {
			c.subscribe("1", "{hello}") // and the id is free again
			c.expect("next", "1")
			c.expect("complete", "1")
			c.send(`{"id":"1","type":"complete"}`) // ignored: it has ended
			c.send(`{"id":"unknown","type":"complete"}`)
			c.send(`{"type":"ping"}`)
			c.expect("pong", "")
		}
		_ = c.Close()
	}
}

func TestNothingComesAfterComplete(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	c := f.connect(t)
	c.subscribe("1", "{deaf}")
	within(t, f.began, "the query")
	c.send(`{"id":"1","type":"complete"}`)
	c.send(`{"type":"ping"}`)
	c.expect("pong", "")
	close(f.release)
	c.subscribe("2", "{hello}")
	c.expect("next", "2")
	c.expect("complete", "2")
}

func TestAnIDThatIsUsedAgainBelongsToTheNewOperation(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	c := f.connect(t)
	c.subscribe("1", "{deaf}")
	within(t, f.began, "the query")
	c.send(`{"id":"1","type":"complete"}`)
	c.subscribe("1", "subscription{silent}")
	within(t, f.began, "the subscription")
	close(f.release) // the query ends now
	for range 10 {
		c.subscribe("2", "{hello}")
		c.expect("next", "2")
		c.expect("complete", "2")
	}
	c.subscribe("1", "{hello}")
	if code, why := c.closed(); code != 4409 {
		t.Errorf("got %d %s", code, why)
	}
}

func TestOperationsThatHaveEndedDoNotCount(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Operations: 1}})
	c := f.connect(t)
	for range 10 {
		c.subscribe("1", "{hello}")
		c.expect("next", "1")
		c.expect("complete", "1")
		c.subscribe("1", "subscription{silent}")
		within(t, f.began, "the subscription")
		c.send(`{"id":"1","type":"complete"}`)
	}
}

func TestEachEventMayLogItsErrors(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	c := f.connect(t)
	c.subscribe("1", "subscription{item{broken}}")
	for range 2 * maxErrors {
		c.expect("next", "1")
	}
	if n := strings.Count(f.logs.String(), "hunter2"); n < 2*maxErrors {
		t.Errorf("logged %d errors", n)
	}
}

func TestASlowReaderHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	f := start(t, Config{})
	slow := f.connect(t)
	slow.subscribe("1", "subscription{flood}") // megabytes without end, and nobody reads them
	within(t, f.began, "the flood")
	slow.subscribe("2", "subscription{flood}")
	within(t, f.began, "the other flood")
	f.stuck()
	quick := f.connect(t)
	for i := range 50 {
		quick.subscribe(strconv.Itoa(i), "subscription{count(to:10)}")
		for range 10 {
			quick.expect("next", strconv.Itoa(i))
		}
		quick.expect("complete", strconv.Itoa(i))
		within(t, f.began, "the count")
		within(t, f.ended, "the end of the count")
	}
	_ = slow.Close()
	within(t, f.ended, "the end of the flood")
	within(t, f.ended, "the end of the other flood")
}

func TestAClientThatTakesNothingIsDropped(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Write: 500 * time.Millisecond, Ping: time.Hour}})
	f.connect(t).subscribe("1", "subscription{flood}")
	within(t, f.began, "the flood")
	within(t, f.ended, "the end of the flood")
}

// What it costs ends at once; the connection waits for a while, so that the
// client learns why.
func TestAClientThatReadsAgainIsToldWhyItWasDropped(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]string{"modern": subprotocol, "legacy": legacySubprotocol} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, Config{Limits: Limits{Write: 4 * time.Second, Ping: time.Hour}})
			ws, resp, err := f.tryDial(t, []string{protocol})
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			defer ws.Close()
			_ = ws.SetReadDeadline(time.Now().Add(patience))
			slow := &client{Conn: ws, t: t}
			slow.send(`{"type":"connection_init"}`)
			slow.expect("connection_ack", "")
			start := map[string]string{"modern": "subscribe", "legacy": "start"}[name]
			slow.send(`{"id":"1","type":"` + start + `","payload":` + params("subscription{flood}", nil) + `}`)
			within(t, f.began, "the flood")
			within(t, f.ended, "the end of the flood")
			if code, why := slow.closed(); code != websocket.CloseTryAgainLater || why != "the client does not read" {
				t.Errorf("got %d %s", code, why)
			}
		})
	}
}

func TestAClientThatAnswersNoPingIsDropped(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Ping: 100 * time.Millisecond, Write: 2 * time.Second}})
	dead := f.connect(t)
	dead.SetPingHandler(func(string) error { return nil })
	dead.subscribe("1", "subscription{silent}")
	within(t, f.began, "the subscription")
	if code, why := dead.closed(); code != websocket.CloseTryAgainLater {
		t.Errorf("got %d %s", code, why)
	}
	within(t, f.ended, "the end of the subscription")

	alive := f.connect(t)
	pings := make(chan struct{}, 100)
	pong := alive.PingHandler()
	alive.SetPingHandler(func(s string) error { pings <- struct{}{}; return pong(s) })
	alive.subscribe("1", "subscription{silent}")
	within(t, f.began, "the subscription")
	go alive.ReadMessage()
	for range 25 { // longer than it may be silent
		within(t, pings, "a ping")
	}
	select {
	case <-f.ended:
		t.Error("a client that answers was dropped")
	default:
	}
}

func TestQueriesOverAWebsocketHaveLimitsToo(t *testing.T) {
	t.Parallel()
	f := start(t, Config{Limits: Limits{Query: 30 * time.Millisecond, Aliases: 1}})
	c := f.connect(t)
	c.subscribe("1", "{slow}")
	if m := c.expect("next", "1"); !strings.Contains(string(m.Payload), "the query took longer than 30ms") {
		t.Errorf("got %s", m.Payload)
	}
	c.expect("complete", "1")
	c.subscribe("2", "{a:hello b:hello}")
	if m := c.expect("error", "2"); !strings.Contains(string(m.Payload), "aliases: the limit is 1") {
		t.Errorf("got %s", m.Payload)
	}
}
