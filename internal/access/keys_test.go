package access

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/pgtest"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// open returns the keys of s as one process has them, loaded.
func open(t *testing.T, s *store.Store, bus Bus, o Options) *Keys {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	k := NewKeys(s, bus, o)
	if err := k.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}

// run runs k until the test ends.
func run(t *testing.T, k *Keys) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error)
	go func() { ended <- k.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// make makes a key and fails the test if it cannot.
func (k *Keys) make(t *testing.T, name string, scope schema.Scope, expires *time.Time) (id uuid.UUID, secret string) {
	t.Helper()
	row, secret, err := k.Create(t.Context(), name, scope, expires)
	if err != nil {
		t.Fatal(err)
	}
	return row.ID, secret
}

func TestAKeyIsShownOnceAndItsHashIsKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k := open(t, s, &event.Memory{}, Options{})
		id, secret := k.make(t, "ci", schema.ScopeWrite, nil)
		_, other := k.make(t, "other", schema.ScopeRead, nil)
		if !regexp.MustCompile(`^tf_[a-z2-7]{52}$`).MatchString(secret) || secret == other {
			t.Errorf("keys are %s and %s", secret, other)
		}
		if c, err := k.Identify(t.Context(), "", secret); err != nil || c.Name != "ci" || c.Scope != schema.ScopeWrite || c.key != id {
			t.Errorf("caller = %+v, %v", c, err)
		}
		rows, err := s.Rows(t.Context(), `SELECT name, scope, hash FROM api_keys WHERE name = ?`, "ci")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name, scope, sum string
			if err := rows.Scan(&name, &scope, &sum); err != nil || len(sum) != 64 || strings.Contains(sum, secret[3:]) {
				t.Errorf("kept %s %s %s, %v", name, scope, sum, err)
			}
		}
		if row, err := k.Find(t.Context(), "ci"); err != nil || strings.Contains(row.String(), row.Hash) {
			t.Errorf("a key that is logged shows its hash: %v %v", row, err)
		}
	})
}

func TestWhatIsNoKeyLetsNobodyIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k := open(t, s, &event.Memory{}, Options{Fixed: "the key of the settings, of 32 characters"})
		_, secret := k.make(t, "ci", schema.ScopeRead, nil)
		for _, wrong := range []string{secret + "a", secret[:54], strings.ToUpper(secret), "tf_", hash(secret), "the key of the settings"} {
			if _, err := k.Identify(t.Context(), wrong); !errors.Is(err, ErrWrong) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		if _, err := k.Identify(t.Context(), "", ""); !errors.Is(err, ErrMissing) {
			t.Errorf("nothing: %v", err)
		}
		if c, err := k.Identify(t.Context(), "wrong", "the key of the settings, of 32 characters"); err != nil || c.Name != "API_KEY" || c.Scope != schema.ScopeAdmin {
			t.Errorf("caller = %+v, %v", c, err)
		}
	})
}

func TestNamesAreUniqueForEverAndPlain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k := open(t, s, &event.Memory{}, Options{})
		id, _ := k.make(t, "ci", schema.ScopeRead, nil)
		if _, err := k.Revoke(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		past := time.Now().Add(-time.Second)
		for _, test := range []struct {
			name    string
			scope   schema.Scope
			expires *time.Time
			want    fault.Code
		}{
			{"ci", schema.ScopeRead, nil, fault.Conflict},
			{"", schema.ScopeRead, nil, fault.Invalid},
			{"API_KEY", schema.ScopeRead, nil, fault.Invalid},
			{"anonymous", schema.ScopeRead, nil, fault.Invalid},
			{"a b", schema.ScopeRead, nil, fault.Invalid},
			{strings.Repeat("a", 65), schema.ScopeRead, nil, fault.Invalid},
			{"new", "OWNER", nil, fault.Invalid},
			{"new", schema.ScopeRead, &past, fault.Invalid},
		} {
			if _, _, err := k.Create(t.Context(), test.name, test.scope, test.expires); !fault.Is(err, test.want) {
				t.Errorf("%q %s %v: %v", test.name, test.scope, test.expires, err)
			}
		}
	})
}

func TestKeysAreAskedForFromTheFirstOneOn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k := open(t, s, &event.Memory{}, Options{})
		nobody, err := k.Identify(t.Context(), "whatever")
		if err != nil || k.Asked() || !nobody.Anonymous() || nobody.Scope != schema.ScopeAdmin {
			t.Errorf("before: %t %+v %v", k.Asked(), nobody, err)
		}
		id, secret := k.make(t, "ci", schema.ScopeRead, nil)
		if _, err := k.Revoke(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Identify(t.Context()); !k.Asked() || !errors.Is(err, ErrMissing) {
			t.Errorf("revoking the last key opens the API: %v", err)
		}
		if _, err := k.Identify(t.Context(), secret); !errors.Is(err, ErrEnded) {
			t.Errorf("a revoked key: %v", err)
		}
		if err := k.Recheck(nobody); !errors.Is(err, ErrMissing) {
			t.Errorf("who came in before there was a key stays: %v", err)
		}
		if !open(t, s, &event.Memory{}, Options{}).Asked() {
			t.Error("a process that starts later does not ask")
		}
	})
	if !NewKeys(nil, nil, Options{Fixed: "x"}).Asked() || !NewKeys(nil, nil, Options{Asked: true}).Asked() {
		t.Error("no key is asked for although one should be")
	}
}

func TestAKeyMadeByAnotherProcessIsKnownAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		here, there := open(t, s, &event.Memory{}, Options{Asked: true}), open(t, s, &event.Memory{}, Options{})
		_, secret := there.make(t, "ci", schema.ScopeRead, nil)
		c, err := here.Identify(t.Context(), secret)
		if err != nil || here.Recheck(c) != nil {
			t.Errorf("caller = %+v, %v, %v", c, err, here.Recheck(c))
		}
	})
}

func TestWhatIsHeldForACallerEndsWithTheKey(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		expires time.Duration
		tick    time.Duration
		hint    bool
		want    error
	}{
		"revoked, by hint":    {0, 24 * time.Hour, true, ErrEnded},
		"revoked, by looking": {0, 10 * time.Millisecond, false, ErrEnded},
		"expired":             {time.Second, 10 * time.Millisecond, false, ErrEnded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				ours := &event.Memory{}
				theirs := &event.Memory{}
				if test.hint {
					theirs = ours
				}
				here, there := open(t, s, ours, Options{Tick: test.tick, Asked: true}), open(t, s, theirs, Options{})
				var expires *time.Time
				if test.expires > 0 {
					at := time.Now().Add(test.expires)
					expires = &at
				}
				id, secret := there.make(t, "ci", schema.ScopeRead, expires)
				_, other := there.make(t, "other", schema.ScopeRead, nil)
				caller, err := here.Identify(t.Context(), secret)
				stays, otherErr := here.Identify(t.Context(), other)
				if err := errors.Join(err, otherErr); err != nil {
					t.Fatal(err)
				}
				run(t, here)
				lost, released := make(chan error, 2), make(chan error, 2)
				here.Hold(caller, func(err error) { lost <- err })
				here.Hold(stays, func(err error) { released <- err })
				here.Hold(caller, func(err error) { released <- err })()
				if expires == nil {
					if _, err := there.Revoke(t.Context(), id); err != nil {
						t.Fatal(err)
					}
				}
				if err := <-lost; !errors.Is(err, test.want) {
					t.Errorf("lost: %v", err)
				}
				if err := here.Recheck(caller); !errors.Is(err, test.want) {
					t.Errorf("the next operation: %v", err)
				}
				select {
				case err := <-released:
					t.Errorf("another, or one that had been released, ended with %v", err)
				default:
				}
			})
		})
	}
}

func TestWhoWasAskedForNoKeyLeavesWhenThereIsOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k := open(t, s, &event.Memory{}, Options{Tick: 24 * time.Hour})
		run(t, k)
		caller, err := k.Identify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		lost := make(chan error, 1)
		k.Hold(caller, func(err error) { lost <- err })
		k.make(t, "first", schema.ScopeRead, nil)
		if err := <-lost; !errors.Is(err, ErrMissing) {
			t.Errorf("lost: %v", err)
		}
	})
}

func TestUseIsNotedAboutOnceAMinute(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k := open(t, s, &event.Memory{}, Options{})
		id, secret := k.make(t, "ci", schema.ScopeRead, nil)
		noted := func(at time.Time) time.Time {
			t.Helper()
			if _, err := k.Identify(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
			k.used[id] = at
			if err := errors.Join(k.note(t.Context()), k.Load(t.Context())); err != nil {
				t.Fatal(err)
			}
			row, err := k.Find(t.Context(), id.String())
			if err != nil || row.LastUsedAt == nil {
				t.Fatalf("%v %v", row, err)
			}
			return *row.LastUsedAt
		}
		begin := schema.Now()
		for _, test := range []struct{ after, want time.Duration }{{0, 0}, {30 * time.Second, 0}, {59 * time.Second, 0}, {61 * time.Second, 61 * time.Second}} {
			if got := noted(begin.Add(test.after)); !got.Equal(begin.Add(test.want)) {
				t.Errorf("used after %s: noted %s after the first", test.after, got.Sub(begin))
			}
		}
	})
}

func TestTheLastUseIsNotedAtTheEnd(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	k := open(t, s, &event.Memory{}, Options{Tick: 24 * time.Hour})
	id, secret := k.make(t, "ci", schema.ScopeRead, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- k.Run(ctx) }()
	if _, err := k.Identify(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if row, err := k.Find(t.Context(), id.String()); err != nil || row.LastUsedAt == nil {
		t.Errorf("%v %v", row, err)
	}
}

func TestALookForAKeyHasAnEnd(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["PostgreSQL"](t))
	k := open(t, s, &event.Memory{}, Options{Asked: true})
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Exec(t.Context(), `lock table api_keys in access exclusive mode`); err != nil {
			return err
		}
		_, err := k.Identify(t.Context(), newSecret())
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v", err)
		}
		k.used = map[uuid.UUID]time.Time{uuid.New(): schema.Now()}
		if err := k.note(t.Context()); err == nil {
			t.Error("noted")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// spy is a bus that tells of what is published.
type spy struct {
	event.Memory
	published func()
}

func (s *spy) Publish(topics ...string) {
	s.published()
	s.Memory.Publish(topics...)
}

func TestARevocationThatIsCommittedSucceeds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		id, _ := open(t, s, &event.Memory{}, Options{}).make(t, "ci", schema.ScopeRead, nil)
		ctx, leave := context.WithCancel(t.Context())
		told := 0
		k := open(t, s, &spy{published: func() { told++; leave() }}, Options{})
		if _, err := k.Revoke(ctx, uuid.New()); !errors.Is(err, ErrNoKey) || told != 0 {
			t.Errorf("a key that there is not: %v, published %d times", err, told)
		}
		if row, err := k.Revoke(ctx, id); err != nil || row.RevokedAt == nil || told != 1 {
			t.Errorf("by one who leaves when it is done: %v %v, published %d times", row, err, told)
		}
	})
}

func TestAUseThatCouldNotBeNotedIsNotedLater(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	k := open(t, s, &event.Memory{}, Options{})
	id, secret := k.make(t, "ci", schema.ScopeRead, nil)
	if _, err := k.Identify(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	away, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.note(away); err == nil {
		t.Fatal("the database was not away")
	}
	if err := k.note(t.Context()); err != nil {
		t.Fatal(err)
	}
	if row, err := k.Find(t.Context(), id.String()); err != nil || row.LastUsedAt == nil {
		t.Errorf("%v %v", row, err)
	}
}

func TestTheFirstKeyMadeByNobodyMayMakeOthers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k := open(t, s, &event.Memory{}, Options{})
		nobody, err := k.Identify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx := With(t.Context(), nobody)
		for _, scope := range []schema.Scope{schema.ScopeRead, schema.ScopeWrite} {
			if _, _, err := k.Create(ctx, "first", scope, nil); !fault.Is(err, fault.Invalid) || k.Asked() {
				t.Errorf("%s: %v", scope, err)
			}
		}
		if _, _, err := k.Create(ctx, "first", schema.ScopeAdmin, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestKeysStayGoodWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		k := open(t, s, &event.Memory{}, Options{Tick: time.Millisecond})
		_, secret := k.make(t, "ci", schema.ScopeRead, nil)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := k.Load(t.Context()); err == nil {
			t.Fatal("the database is not away")
		}
		c, err := k.Identify(t.Context(), secret)
		if err != nil || k.Recheck(c) != nil {
			t.Errorf("a good key: %v", err)
		}
		if _, err := k.Identify(t.Context(), newSecret()); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a key that is not known: %v", err)
		}
		for _, wrong := range []string{"hunter2", secret + "a", secret[1:], strings.ToUpper(secret), strings.Replace(secret, prefix, "sk_", 1)} {
			if _, err := k.Identify(t.Context(), wrong); !errors.Is(err, ErrWrong) {
				t.Errorf("the database is asked for %q: %v", wrong, err)
			}
		}
	})
}
