package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/resolvers"
	"techfacts.dev/techfacts/schema"
)

const master = "the key of the settings, which may do everything"

// as is s for who has a key.
type as struct {
	*service
	key string
}

// send sends an operation; header goes name, value.
func (a as) send(query string, variables map[string]any, header ...string) *http.Response {
	a.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		a.Fatal(err)
	}
	r, err := http.NewRequestWithContext(a.Context(), http.MethodPost, "http://"+a.addr+"/graphql", bytes.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	if a.key != "" {
		r.Header.Set("Authorization", "Bearer "+a.key)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		a.Fatal(err)
	}
	a.Cleanup(func() { resp.Body.Close() })
	return resp
}

// ask gives the code of the first error, or the data.
func (a as) ask(query string, variables map[string]any, out any) (code string) {
	a.Helper()
	var got answer
	b, err := io.ReadAll(a.send(query, variables).Body)
	if err != nil || json.Unmarshal(b, &got) != nil {
		a.Fatalf("%v %s", err, b)
	}
	if len(got.Errors) > 0 {
		return got.Errors[0].Extensions.Code
	}
	if out != nil {
		if err := json.Unmarshal(got.Data, out); err != nil {
			a.Fatal(err)
		}
	}
	return ""
}

// create makes a key over the API.
func (a as) create(name string, scope schema.Scope, expires *time.Time) (id, secret string) {
	a.Helper()
	var out struct {
		CreateAPIKey struct {
			APIKey struct{ ID string }
			Secret string
		} `json:"createApiKey"`
	}
	if code := a.ask(`mutation ($i: CreateApiKeyInput!) { createApiKey(input: $i) { apiKey { id } secret } }`,
		map[string]any{"i": map[string]any{"name": name, "scope": scope, "expiresAt": expires}}, &out); code != "" {
		a.Fatalf("create %s: %s", name, code)
	}
	return out.CreateAPIKey.APIKey.ID, out.CreateAPIKey.Secret
}

func (a as) revoke(id string) {
	a.Helper()
	if code := a.ask(`mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { revokedAt } } }`, map[string]any{"id": id}, nil); code != "" {
		a.Fatalf("revoke: %s", code)
	}
}

// needs is what each field that can be asked for needs. A new one fails the
// test until it is here.
var needs = map[string]string{
	"READ": `Query.node Query.nodes Query.job Query.jobs Query.page Query.pages Query.pageByURL Query.fact Query.facts Query.profile Query.profiles
		Query.report Query.reports Query.rateLimit Query.rateLimits Query.snapshotDiff
		Query.factChanges Query.conflicts Query.verifyEvidence Subscription.factChanged
		Query.requirementSet Query.requirementSets Query.requirementAttributes Query.assess
		Query.comparison Query.searchFacts Query.similarFacts Query.searchPages Query.suggestTerms
		Subscription.job Subscription.jobEvents Subscription.jobs Subscription.factAdded Subscription.pageStored Subscription.rateLimitUpdated Subscription.reportStale`,
	"WRITE": `Mutation.startScrape Mutation.startExtraction Mutation.importDocuments Mutation.cancelJob Mutation.retryJob Mutation.deleteJob
		Mutation.createProfile Mutation.updateProfile Mutation.cloneProfile Mutation.deleteProfile Mutation.testProfile Mutation.reviewFact Mutation.withdrawReview
		Mutation.startReport Mutation.refreshReport Mutation.deleteReport
		Mutation.createRequirementSet Mutation.updateRequirementSet Mutation.deleteRequirementSet
		Query.previewCrawl`,
	"ADMIN": `Query.apiKeys Query.auditLog Mutation.setRateLimit Mutation.resetRateLimit Mutation.createApiKey Mutation.revokeApiKey`,
}

// literal writes any value of a type, with what must be there only.
func literal(s *ast.Schema, t *ast.Type) string {
	if t.Elem != nil {
		return "[]"
	}
	def := s.Types[t.NamedType]
	switch {
	case def.Kind == ast.Enum:
		return def.EnumValues[0].Name
	case def.Kind == ast.InputObject:
		return "{" + arguments(s, def.Fields, func(f *ast.FieldDefinition) (string, *ast.Type) { return f.Name, f.Type }) + "}"
	case def.Name == "ID":
		return `"01a20b94-0647-8080-8003-10965f8b5264"`
	case def.Name == "Int":
		return "1"
	case def.Name == "Boolean":
		return "false"
	default:
		return `"x"`
	}
}

func arguments[T any](s *ast.Schema, list []T, of func(T) (string, *ast.Type)) string {
	var parts []string
	for _, e := range list {
		if name, t := of(e); t.NonNull {
			parts = append(parts, name+": "+literal(s, t))
		}
	}
	return strings.Join(parts, ", ")
}

// operation asks for one field.
func operation(s *ast.Schema, root string, f *ast.FieldDefinition) string {
	q := strings.ToLower(root) + " { " + f.Name
	if args := arguments(s, f.Arguments, func(a *ast.ArgumentDefinition) (string, *ast.Type) { return a.Name, a.Type }); args != "" {
		q += "(" + args + ")"
	}
	return q + " { __typename } }"
}

// refusal tries an operation and gives UNAUTHENTICATED or FORBIDDEN, or nothing
// if it is answered in any other way, be it with an error.
func (a as) refusal(root, query string) string {
	a.Helper()
	var header []string
	if root == "Subscription" {
		header = []string{"Accept", "text/event-stream"}
	}
	resp := a.send(query, nil, header...)
	var said string
	if root == "Subscription" && resp.StatusCode == http.StatusOK {
		for lines := bufio.NewScanner(resp.Body); strings.Count(said, "\n") < 3 && lines.Scan(); { // a comment, and what comes next: a refusal, or another comment
			said += lines.Text() + "\n"
		}
	} else {
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			a.Fatal(err)
		}
		said = string(b)
	}
	for code, status := range map[string]int{"UNAUTHENTICATED": http.StatusUnauthorized, "FORBIDDEN": http.StatusForbidden} {
		if !strings.Contains(said, `"code":"`+code+`"`) {
			continue
		}
		if resp.StatusCode != status && root != "Subscription" {
			a.Errorf("%s: %s with status %d", query, code, resp.StatusCode)
		}
		return code
	}
	return ""
}

func TestEveryFieldIsForThoseWhoHaveItsScope(t *testing.T) {
	t.Parallel()
	for database := range storetest.Addresses() {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			c := settings(t, database)
			c.APIKey, c.KeepAlive = master, app.Seconds(time.Millisecond)
			s := start(t, c)
			admin := as{s, master}
			roles := map[string]as{"none": {s, ""}, "unknown": {s, "tf_" + strings.Repeat("a", 52)}, "API_KEY": admin}
			for _, scope := range []schema.Scope{schema.ScopeRead, schema.ScopeWrite, schema.ScopeAdmin} {
				_, secret := admin.create(strings.ToLower(string(scope)), scope, nil)
				roles[string(scope)] = as{s, secret}
			}
			id, secret := admin.create("revoked", schema.ScopeAdmin, nil)
			admin.revoke(id)
			roles["revoked"] = as{s, secret}
			soon := time.Now().Add(time.Second) // time enough to be made, however busy the machine
			_, secret = admin.create("expired", schema.ScopeAdmin, &soon)
			roles["expired"] = as{s, secret}
			for (as{s, secret}).ask("{__typename}", nil, nil) == "" { // until it has
			}
			may := map[string]string{"READ": "READ", "WRITE": "READ WRITE", "ADMIN": "READ WRITE ADMIN", "API_KEY": "READ WRITE ADMIN"}
			sdl := resolvers.Schema(&resolvers.Resolver{}).Schema()
			for _, root := range []*ast.Definition{sdl.Query, sdl.Mutation, sdl.Subscription} {
				for _, f := range root.Fields {
					if strings.HasPrefix(f.Name, "__") {
						continue
					}
					scope := ""
					for s, fields := range needs {
						if strings.Contains(" "+strings.Join(strings.Fields(fields), " ")+" ", " "+root.Name+"."+f.Name+" ") {
							scope = s
						}
					}
					if scope == "" {
						t.Errorf("the test does not know who may use %s.%s", root.Name, f.Name)
						continue
					}
					query := operation(sdl, root.Name, f)
					for role, caller := range roles {
						want := "FORBIDDEN"
						switch {
						case may[role] == "":
							want = "UNAUTHENTICATED"
						case strings.Contains(may[role], scope):
							want = ""
						}
						if got := caller.refusal(root.Name, query); got != want {
							t.Errorf("%s as %s: %q, want %q", query, role, got, want)
						}
					}
				}
			}
		})
	}
}

func TestKeysAndTheAuditLogAreNotFoundByTheirIDsEither(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	c.APIKey = master
	s := start(t, c)
	admin := as{s, master}
	id, secret := admin.create("reader", schema.ScopeRead, nil)
	var log struct {
		AuditLog struct {
			Edges []struct{ Node struct{ ID string } }
		}
	}
	admin.ask(`{ auditLog { edges { node { id } } } }`, nil, &log)
	for _, id := range []string{id, log.AuditLog.Edges[0].Node.ID} {
		for query, variables := range map[string]map[string]any{
			`query ($id: ID!) { node(id: $id) { id } }`:        {"id": id},
			`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`: {"ids": []string{id}},
		} {
			if code := (as{s, secret}).ask(query, variables, nil); code != "NOT_FOUND" {
				t.Errorf("%s as reader: %q", query, code)
			}
			if code := admin.ask(query, variables, nil); code != "" {
				t.Errorf("%s as admin: %q", query, code)
			}
		}
	}
}

func TestAMixedOperationIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	c.APIKey = master
	s := start(t, c)
	_, secret := as{s, master}.create("writer", schema.ScopeWrite, nil)
	writer := as{s, secret}
	code := writer.ask(`mutation { createProfile(input: {name: "mine", categories: ["a"]}) { profile { id } }
		... on Mutation { revokeApiKey(input: {id: "01a20b94-0647-8080-8003-10965f8b5264"}) { apiKey { id } } } }`, nil, nil)
	if code != "FORBIDDEN" {
		t.Errorf("got %q", code)
	}
	if code := writer.ask(`{ profile(name: "mine") { id } }`, nil, nil); code != "NOT_FOUND" {
		t.Errorf("the part that is allowed was done: %q", code)
	}
	if code := writer.ask(`query ($a: Boolean!) { profiles { totalCount } apiKeys @include(if: $a) { totalCount } }`, map[string]any{"a": false}, nil); code != "" {
		t.Errorf("what is left out needs no scope: %q", code)
	}
}

// opened is what a client has open: ended gives how it ended.
type opened struct {
	name  string
	ended chan string
}

// open opens a websocket of either protocol and an event stream, all with a
// subscription, and waits until they run.
func (a as) open() (all []opened) {
	a.Helper()
	for protocol, start := range map[string]string{"graphql-transport-ws": "subscribe", "graphql-ws": "start"} {
		ws, r, err := (&websocket.Dialer{Subprotocols: []string{protocol}}).DialContext(a.Context(), "ws://"+a.addr+"/graphql", nil)
		if err != nil {
			a.Fatal(err)
		}
		r.Body.Close()
		a.Cleanup(func() { ws.Close() })
		for _, m := range []map[string]any{
			{"type": "connection_init", "payload": map[string]string{"authorization": "Bearer " + a.key}},
			{"type": start, "id": "s", "payload": map[string]string{"query": "subscription { factAdded { id } }"}},
			{"type": start, "id": "q", "payload": map[string]string{"query": "{ __typename }"}},
		} {
			if err := ws.WriteJSON(m); err != nil {
				a.Fatal(err)
			}
		}
		var m message
		for m.Type != "complete" { // of the query, which was let in as the subscription was
			if err := ws.ReadJSON(&m); err != nil {
				a.Fatal(err)
			}
		}
		o := opened{protocol, make(chan string, 1)}
		all = append(all, o)
		go func() {
			var last string
			for {
				_, b, err := ws.ReadMessage()
				if e, ok := errors.AsType[*websocket.CloseError](err); ok {
					o.ended <- fmt.Sprint(last, e.Code, " ", e.Text)
					return
				}
				if err != nil {
					o.ended <- err.Error()
					return
				}
				if last = string(b); strings.Contains(last, `"ka"`) {
					last = ""
				}
			}
		}()
	}
	resp := a.send("subscription { factAdded { id } }", nil, "Accept", "text/event-stream")
	lines := bufio.NewReader(resp.Body)
	if line, err := lines.ReadString('\n'); err != nil || line != ":\n" {
		a.Fatalf("%q %v", line, err)
	}
	o := opened{"event stream", make(chan string, 1)}
	go func() {
		b, err := io.ReadAll(lines)
		o.ended <- fmt.Sprint(string(b), err)
	}()
	return append(all, o)
}

// dismissed checks that everything that was opened ends for want of a key.
func dismissed(t *testing.T, all []opened) {
	t.Helper()
	for _, o := range all {
		end := <-o.ended
		want := map[string][]string{
			"graphql-transport-ws": {"4401 Unauthorized"},
			"graphql-ws":           {`"connection_error"`, "4401 Unauthorized"},
			"event stream":         {"event: next\ndata: ", `"code":"UNAUTHENTICATED"`, "\n\nevent: complete\ndata:\n\n<nil>"},
		}[o.name]
		for _, part := range want {
			if !strings.Contains(end, part) {
				t.Errorf("%s ended with %s", o.name, end)
			}
		}
	}
}

func TestRevokingAKeyEndsWhatItHasOpenOnEveryProcess(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		redis bool
		tick  time.Duration
	}{
		"by hints of Redis": {true, 24 * time.Hour},
		"without Redis":     {false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := settings(t, "PostgreSQL")
			c.APIKey, c.Tick = master, test.tick
			if test.redis {
				c.RedisURL = app.Secret(redisURL(t))
			}
			here, there := run(t, c, app.Role{API: true}), run(t, c, app.Role{API: true})
			if test.redis {
				connected(here, there)
			}
			admin := as{here, master}
			id, secret := admin.create("ci", schema.ScopeRead, nil)
			_, other := admin.create("other", schema.ScopeRead, nil)
			all := append(as{here, secret}.open(), as{there, secret}.open()...)
			stays := append(as{there, other}.open(), as{there, master}.open()...)
			admin.revoke(id)
			dismissed(t, all)
			for _, o := range stays {
				select {
				case end := <-o.ended:
					t.Errorf("%s of another key ended with %s", o.name, end)
				default:
				}
			}
			if code := (as{there, secret}).ask("{ __typename }", nil, nil); code != "UNAUTHENTICATED" {
				t.Errorf("another request: %q", code)
			}
		})
	}
}

func TestAnExpiredKeyEndsWhatItHasOpen(t *testing.T) {
	t.Parallel()
	c := settings(t, "SQLite")
	c.APIKey, c.Tick = master, 10*time.Millisecond
	s := start(t, c)
	soon := time.Now().Add(3 * time.Second)
	_, secret := as{s, master}.create("ci", schema.ScopeRead, &soon)
	dismissed(t, as{s, secret}.open())
}

func TestFromTheFirstKeyOnKeysAreAskedFor(t *testing.T) {
	eachService(t, func(s *service) {
		nobody := as{s, ""}
		all := nobody.open()
		_, secret := nobody.create("first", schema.ScopeAdmin, nil)
		dismissed(s.TB.(*testing.T), all)
		if code := nobody.ask("{ __typename }", nil, nil); code != "UNAUTHENTICATED" {
			s.Errorf("without a key: %q", code)
		}
		r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.addr+"/graphql?query={__typename}", nil)
		if err != nil {
			s.Fatal(err)
		}
		r.Host = "api.example"
		r.Header.Set("X-API-Key", secret)
		resp, err := http.DefaultClient.Do(r)
		if err != nil || resp.StatusCode != http.StatusOK {
			s.Errorf("with a key, by any name: %v %v", resp, err)
		}
		if err == nil {
			resp.Body.Close()
		}
	})
}

func TestTheListOfKeysTellsHowTheyAreUsed(t *testing.T) {
	eachService(t, func(s *service) {
		_, secret := as{s, ""}.create("admin", schema.ScopeAdmin, nil)
		admin := as{s, secret}
		id, _ := admin.create("ci", schema.ScopeRead, nil)
		admin.revoke(id)
		var out struct {
			APIKeys struct {
				Edges []struct {
					Node struct{ Name, Scope, CreatedAt, RevokedAt, LastUsedAt string }
				}
			} `json:"apiKeys"`
		}
		for len(out.APIKeys.Edges) == 0 || out.APIKeys.Edges[0].Node.LastUsedAt == "" { // noted within seconds
			admin.ask(`{ apiKeys(orderBy: [{field: NAME}]) { edges { node { name scope createdAt revokedAt lastUsedAt } } } }`, nil, &out)
		}
		if a, ci := out.APIKeys.Edges[0].Node, out.APIKeys.Edges[1].Node; a.Name != "admin" || a.Scope != "ADMIN" || a.RevokedAt != "" || ci.Name != "ci" || ci.RevokedAt == "" || ci.LastUsedAt != "" {
			s.Errorf("keys = %+v", out.APIKeys)
		}
		if code := admin.ask(`{ apiKeys { edges { node { hash } } } }`, nil, nil); code != "INVALID" {
			s.Errorf("the hash is shown: %q", code)
		}
		if code := admin.ask(`{ apiKeys(where: {and: [{}]}) { totalCount } }`, nil, nil); code != "INVALID" {
			s.Errorf("an empty condition: %q", code)
		}
	})
}
