package app_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"techfacts.dev/techfacts/internal/app"
)

// get sends a GET and gives its status and body; header goes name, value.
func (s *service) get(query string, header ...string) string {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.addr+"/graphql?query="+url.QueryEscape(query), nil)
	if err != nil {
		s.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return fmt.Sprintln(resp.StatusCode, string(b), err)
}

// ends opens a websocket, sends messages, and gives how the socket is closed.
func (s *service) ends(messages ...string) string {
	s.Helper()
	ws, r, err := (&websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}).DialContext(s.Context(), "ws://"+s.addr+"/graphql", nil)
	if err != nil {
		return err.Error()
	}
	r.Body.Close()
	defer ws.Close()
	ws.SetPingHandler(func(string) error { return nil })
	for _, m := range messages {
		_ = ws.WriteMessage(websocket.TextMessage, []byte(m))
	}
	_ = ws.SetReadDeadline(time.Now().Add(30 * time.Second))
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			return err.Error()
		}
	}
}

// says opens a connection, sends text and gives all that comes until the other
// side closes it.
func (s *service) says(text string) string {
	s.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, text)
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	b, err := io.ReadAll(c)
	return fmt.Sprintf("%s closed: %v", b, err)
}

// hears reads the first lines of an event stream.
func (s *service) hears(lines int) string {
	s.Helper()
	r, _ := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.addr+"/graphql?query="+url.QueryEscape("subscription{factAdded(where:{}){id}}"), nil)
	r.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	var text strings.Builder
	for b := bufio.NewScanner(resp.Body); lines > 0 && b.Scan(); lines-- {
		text.WriteString(b.Text() + "\n")
	}
	return text.String()
}

// crowd opens a second websocket beside one, and gives how it is refused.
func crowd(s *service) string {
	s.Helper()
	s.subscribe("subscription{factAdded(where:{}){id}}", nil)
	_, r, err := (&websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}).DialContext(s.Context(), "ws://"+s.addr+"/graphql", nil)
	if r == nil {
		return fmt.Sprint(err)
	}
	defer r.Body.Close()
	return r.Status
}

// persisted asks for a query by a hash that nothing has.
func (s *service) persisted() string {
	s.Helper()
	body := `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.Repeat("0", 64) + `"}}}`
	r, err := http.Post("http://"+s.addr+"/graphql", "application/json", strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return fmt.Sprintln(string(b), err)
}

func TestEveryLimitIsASettingAndIsKept(t *testing.T) {
	t.Parallel()
	const (
		ms     = app.Seconds(time.Millisecond)
		init   = `{"type":"connection_init"}`
		listen = `{"type":"subscribe","id":"%s","payload":{"query":"subscription{factAdded(where:{}){id}}"}}`
		change = `mutation{setRateLimit(input:{domain:"x.example",delayMs:1}){rateLimit{id}}}`
	)
	first := func(a answer) string {
		if len(a.Errors) == 0 {
			return string(a.Data)
		}
		return a.Errors[0].Message
	}
	for setting, test := range map[string]struct {
		limits app.APILimits
		try    func(*service) string
		want   string
	}{
		"GRAPHQL_MAX_BODY":          {app.APILimits{MaxBody: 10}, func(s *service) string { return first(s.post("{__typename}", nil)) }, "the limit is 10 bytes"},
		"GRAPHQL_MAX_URL":           {app.APILimits{MaxURL: 10}, func(s *service) string { return s.get("{__typename}") }, "414"},
		"GRAPHQL_MAX_TOKENS":        {app.APILimits{MaxTokens: 2}, func(s *service) string { return first(s.post("{__typename}", nil)) }, "token limit of 2"},
		"GRAPHQL_MAX_DEPTH":         {app.APILimits{MaxDepth: 1}, func(s *service) string { return first(s.post("{jobs{totalCount}}", nil)) }, "limit is 1 level"},
		"GRAPHQL_MAX_ALIASES":       {app.APILimits{MaxAliases: 1}, func(s *service) string { return first(s.post("{a:__typename b:__typename}", nil)) }, "aliases: the limit is 1"},
		"GRAPHQL_MAX_ROOT_FIELDS":   {app.APILimits{MaxRootFields: 1}, func(s *service) string { return first(s.post("{__typename __typename}", nil)) }, "root fields: the limit is 1"},
		"GRAPHQL_MAX_DIRECTIVES":    {app.APILimits{MaxDirectives: 1}, func(s *service) string { return first(s.post("{__typename @skip(if:true) @include(if:true)}", nil)) }, "directives: the limit is 1"},
		"GRAPHQL_MAX_PAGE":          {app.APILimits{MaxPage: 5}, func(s *service) string { return first(s.post("{jobs{totalCount} profiles(first:6){totalCount}}", nil)) }, "profiles: first must be between 0 and 5"},
		"GRAPHQL_MAX_NODES":         {app.APILimits{MaxNodes: 10}, func(s *service) string { return first(s.post("{jobs{totalCount}}", nil)) }, "the limit of 10"},
		"GRAPHQL_PERSISTED_QUERIES": {app.APILimits{Persisted: -1}, (*service).persisted, "PersistedQueryNotSupported"},
		"API_POINTS_PER_MINUTE": {app.APILimits{PointsPerMinute: 1}, func(s *service) string {
			return first(s.post("{__typename}", nil)) + first(s.post("{__typename}", nil))
		}, "the operation costs 1 point"},
		"GRAPHQL_QUERY_TIMEOUT":                {app.APILimits{QueryTimeout: 1}, func(s *service) string { return first(s.post("{jobs{totalCount}}", nil)) }, "the query took longer than 1ns"},
		"GRAPHQL_MUTATION_TIMEOUT":             {app.APILimits{MutationTimeout: 1}, func(s *service) string { return first(s.post(change, nil)) }, "the mutation took longer than 1ns"},
		"WEBSOCKET_INIT_TIMEOUT":               {app.APILimits{InitTimeout: ms}, func(s *service) string { return s.ends() }, "4408"},
		"WEBSOCKET_MAX_MESSAGE":                {app.APILimits{MaxMessage: 10}, func(s *service) string { return s.ends(init) }, "1009"},
		"WEBSOCKET_PING":                       {app.APILimits{Ping: ms, WriteTimeout: 200 * ms}, func(s *service) string { return s.ends(init) }, "1013"},
		"WEBSOCKET_WRITE_TIMEOUT":              {app.APILimits{WriteTimeout: 1}, func(s *service) string { return s.ends(init) }, "EOF"},
		"WEBSOCKET_MAX_OPERATIONS":             {app.APILimits{MaxOperations: 1}, func(s *service) string { return s.ends(init, fmt.Sprintf(listen, "1"), fmt.Sprintf(listen, "2")) }, "4429"},
		"WEBSOCKET_MAX_CONNECTIONS":            {app.APILimits{MaxSockets: 1}, crowd, "503"},
		"WEBSOCKET_MAX_CONNECTIONS_PER_CLIENT": {app.APILimits{ClientSockets: 1}, crowd, "429"},
		"STREAM_KEEP_ALIVE":                    {app.APILimits{KeepAlive: ms}, func(s *service) string { return s.hears(6) }, ":\n\n:\n\n:\n\n"},
		"HTTP_HEADER_TIMEOUT":                  {app.APILimits{HeaderTimeout: 50 * ms}, func(s *service) string { return s.says("GET / HTTP/1.1\r\n") }, "closed: <nil>"},
		"HTTP_READ_TIMEOUT": {app.APILimits{ReadTimeout: 50 * ms}, func(s *service) string {
			return s.says("POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n")
		}, "ended too early"},
		"HTTP_IDLE_TIMEOUT": {app.APILimits{IdleTimeout: 50 * ms}, func(s *service) string { return s.says("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n") }, "closed: <nil>"},
		"HTTP_MAX_HEADER":   {app.APILimits{MaxHeader: 10}, func(s *service) string { return s.get("{__typename}", "X-Large", strings.Repeat("x", 8<<10)) }, "431"},
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			c := settings(t, "SQLite")
			c.APILimits = test.limits
			if got := test.try(start(t, c)); !strings.Contains(got, test.want) {
				t.Errorf("got %s, want %q", got, test.want)
			}
		})
	}
}

func TestKeysAreLimitedUnlessTheSettingSaysOtherwise(t *testing.T) {
	t.Parallel()
	const dear = `{ jobs(first: 100) { edges { node { items(first: 48) { totalCount } } } } }` // 4,901 points
	for name, test := range map[string]struct {
		key     app.Secret
		setting int
		limited bool
	}{
		"a key": {master, 0, true}, "no key": {"", 0, false}, "a key, switched off": {master, -1, false}, "no key, but set": {"", 60_000, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := settings(t, "SQLite")
			c.APIKey, c.PointsPerMinute = test.key, test.setting
			caller := as{start(t, c), string(test.key)}
			code, n := "", 0
			for ; code == "" && n < 100; n++ {
				code = caller.ask(dear, nil, nil)
			}
			if (code == "LIMITED") != test.limited || test.limited && n < 13 {
				t.Errorf("%q after %d", code, n)
			}
		})
	}
}
