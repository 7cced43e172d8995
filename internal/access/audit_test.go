package access

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/auditentry"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func entries(t *testing.T, s *store.Store) []*ent.AuditEntry {
	t.Helper()
	rows, err := s.Ent.AuditEntry.Query().Order(ent.Asc(auditentry.FieldID)).All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAMutationIsWrittenDownBeforeItRunsAndItsOutcomeAfter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := NewAudit(s, 0, slog.New(slog.NewTextHandler(t.Output(), nil)))
		ctx, cancel := context.WithCancel(With(t.Context(), Caller{Name: "ci", Scope: schema.ScopeWrite}))
		end, err := a.Begin(ctx, "r1", []Call{{"cancelJob", map[string]any{"id": "7"}}, {"deleteJob", map[string]any{"id": "8"}}})
		if err != nil {
			t.Fatal(err)
		}
		rows := entries(t, s)
		if len(rows) != 2 || rows[0].Outcome != nil || rows[0].Who != "ci" || rows[0].Mutation != "cancelJob" || rows[0].Input != `{"id":"7"}` || rows[0].Request != "r1" {
			t.Fatalf("while it runs: %v", rows)
		}
		cancel() // the client has gone
		end(ctx, []fault.Code{"", fault.Conflict})
		if rows = entries(t, s); *rows[0].Outcome != "OK" || *rows[1].Outcome != "CONFLICT" {
			t.Errorf("after: %v", rows)
		}
		a.Refused(With(t.Context(), Caller{Name: "reader"}), "r2", []Call{{"deleteJob", nil}}, fault.Forbidden)
		if rows = entries(t, s); len(rows) != 3 || *rows[2].Outcome != "FORBIDDEN" || rows[2].Who != "reader" {
			t.Errorf("refused: %v", rows)
		}
	})
}

func TestAnEntryThatHadToBeWrittenTwiceIsThereOnceWithItsOutcome(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["PostgreSQL"](t))
	refuse(t, s, "audit_entries")
	a := NewAudit(s, 0, slog.New(slog.NewTextHandler(t.Output(), nil)))
	end, err := a.Begin(t.Context(), "r1", []Call{{"cancelJob", nil}, {"deleteJob", nil}})
	if err != nil {
		t.Fatal(err)
	}
	end(t.Context(), []fault.Code{"", fault.Conflict})
	rows := entries(t, s)
	if len(rows) != 2 || rows[0].Outcome == nil || *rows[0].Outcome != "OK" || rows[1].Outcome == nil || *rows[1].Outcome != "CONFLICT" {
		t.Errorf("entries = %v", rows)
	}
}

// refuse makes PostgreSQL end the first transaction that adds to a table as one
// that stands in the way of another.
func refuse(t *testing.T, s *store.Store, table string) {
	t.Helper()
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(t.Context(), `create sequence tries; create function refuse() returns trigger language plpgsql as $$ begin
			if nextval('tries') = 1 then raise exception 'once' using errcode = '40001'; end if; return new; end $$;
			create trigger refuse before insert on `+table+` for each statement execute function refuse()`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestARefusedOperationIsOneEntry(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	a := NewAudit(s, 0, slog.New(slog.NewTextHandler(t.Output(), nil)))
	a.Refused(t.Context(), "r1", []Call{{"cancelJob", map[string]any{"id": "7"}}, {"deleteJob", map[string]any{"id": "8"}}}, fault.Forbidden)
	rows := entries(t, s)
	if len(rows) != 1 || rows[0].Mutation != "cancelJob, deleteJob" || rows[0].Input != `[{"id":"7"},{"id":"8"}]` || *rows[0].Outcome != "FORBIDDEN" {
		t.Errorf("entries = %v", rows)
	}
}

func TestWhatCannotBeWrittenDownMustNotRun(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var logs strings.Builder
		a := NewAudit(s, 0, slog.New(slog.NewTextHandler(&logs, nil)))
		end, err := a.Begin(t.Context(), "r1", []Call{{"cancelJob", nil}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Begin(t.Context(), "r2", []Call{{"cancelJob", nil}}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("begin: %v", err)
		}
		end(t.Context(), []fault.Code{""})
		a.Refused(t.Context(), "r3", []Call{{"cancelJob", nil}}, fault.Forbidden)
		for _, id := range []string{"request_id=r1", "request_id=r3"} {
			if !strings.Contains(logs.String(), id) || !strings.Contains(logs.String(), "level=ERROR") {
				t.Errorf("%s is not in the log: %s", id, logs.String())
			}
		}
	})
}

func TestEntriesAreKeptForAsLongAsTheSettingSays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			var rows []*ent.AuditEntryCreate
			for i := range pruneAtOnce + 5 {
				age := 100*24*time.Hour - time.Duration(i)*time.Second
				if i >= pruneAtOnce+2 {
					age = 89 * 24 * time.Hour
				}
				rows = append(rows, tx.Ent.AuditEntry.Create().SetAt(schema.Now().Add(-age)).SetWho("ci").SetMutation("m").SetInput("").SetRequest(""))
			}
			return tx.Ent.AuditEntry.CreateBulk(rows...).Exec(t.Context())
		})
		if err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		if err := NewAudit(s, 0, log).Run(t.Context()); err != nil || len(entries(t, s)) != pruneAtOnce+5 {
			t.Errorf("for ever: %d are left, %v", len(entries(t, s)), err)
		}
		if err := NewAudit(s, 90*24*time.Hour, log).Prune(t.Context()); err != nil || len(entries(t, s)) != 3 {
			t.Errorf("90 days: %d are left, %v", len(entries(t, s)), err)
		}
	})
}

func TestAnInputIsKeptSmallAndWithoutSecrets(t *testing.T) {
	t.Parallel()
	list := make([]any, 1000)
	fields := map[string]any{}
	for i := range list {
		list[i] = strings.Repeat("ü", 300)
		fields[strings.Repeat("x", i+1)] = list
	}
	for name, test := range map[string]struct {
		in   any
		want string
	}{
		"as it is":   {map[string]any{"id": "7", "force": true, "n": json.Number("3"), "none": nil}, `{"force":true,"id":"7","n":3,"none":null}`},
		"nothing":    {nil, `null`},
		"a URL":      {[]any{"https://user:hunter2@acme.example/docs?token=hunter2#hunter2"}, `["https://acme.example/docs"]`},
		"a bad URL":  {"https://user:hunter2@[bad", `"***"`},
		"words, URL": {"see https://user:hunter2@acme.example", `"***"`},
		"a key":      {map[string]any{"note": "use " + newSecret()}, `{"note":"***"}`},
		"not a key":  {"tf_ of " + strings.Repeat("y", 60), `"tf_ of ` + strings.Repeat("y", 60) + `"`},
		"a list":     {[]any{1, 2, 3, 4, 5, 6, 7}, `[1,2,3,4,5,"… 2 more"]`},
		"deep":       {[]any{[]any{[]any{[]any{[]any{"x"}}}}}, `[[[["…"]]]]`},
		"long":       {strings.Repeat("ü", 101), `"` + strings.Repeat("ü", 100) + `…"`},
	} {
		if got := shorten(test.in); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	if got := shorten(map[string]any{"a": fields}); len(got) > maxInput || !json.Valid([]byte(got)) {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

func TestACallerWhoWasNotIdentifiedMayDoNothing(t *testing.T) {
	t.Parallel()
	for _, scope := range []schema.Scope{schema.ScopeRead, schema.ScopeWrite, schema.ScopeAdmin, ""} {
		if err := From(t.Context()).May(scope, "it"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", scope, err)
		}
	}
	for have, may := range map[schema.Scope]string{"READ": "READ", "WRITE": "READ WRITE", "ADMIN": "READ WRITE ADMIN"} {
		for _, need := range []schema.Scope{"READ", "WRITE", "ADMIN", "OTHER", ""} {
			if err := (Caller{Scope: have}).May(need, "it"); (err == nil) != (need != "" && strings.Contains(may, string(need))) {
				t.Errorf("%s for %s: %v", have, need, err)
			}
		}
	}
	var _ Bus = &event.Memory{}
}
