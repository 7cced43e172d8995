package access

import (
	"cmp"
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/apikey"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

const (
	tick     = 2 * time.Second // between two looks at the database, when no hint comes
	within   = 3 * time.Second // for a look, and for notes
	useEvery = time.Minute     // between two notes of when a key was used
)

// Bus carries the hint that keys have changed.
type Bus interface {
	Publish(topics ...string)
	Subscribe(topic string) (hints <-chan struct{}, cancel func())
}

// Options of [NewKeys].
type Options struct {
	Fixed string        // one more key, of scope ADMIN, called API_KEY; none if empty
	Asked bool          // whether a key is asked for even if there is none
	Tick  time.Duration // how often to look without a hint; 0: every 2 s
	Log   *slog.Logger
}

// Keys knows the keys that are good. It looks at the database when it hears
// that they have changed, and every few seconds: a request costs no look, and
// keys stay good while the database is away. The zero value has no keys and
// asks for none.
type Keys struct {
	store *store.Store
	bus   Bus
	o     Options
	fixed string // the hash of it

	loading sync.Mutex // one load at a time, so that the last to begin has the last word

	mu    sync.Mutex
	some  bool                      // there are or were keys
	good  map[uuid.UUID]*ent.ApiKey // by id; rows do not change
	ids   map[string]uuid.UUID      // their ids by their hashes
	found map[uuid.UUID]*ent.ApiKey // good ones, found one by one since the load that is on has begun
	used  map[uuid.UUID]time.Time   // since that was noted last
	held  map[*hold]struct{}
}

// hold is something that must end when its caller may be here no more.
type hold struct {
	caller Caller
	lost   func(error)
}

// NewKeys returns the keys kept in s. [Keys.Load] must be called once before
// they are used, and [Keys.Run] must run meanwhile. Without s, and then without
// either, there is the fixed one only.
func NewKeys(s *store.Store, bus Bus, o Options) *Keys {
	o.Tick = cmp.Or(o.Tick, tick)
	return &Keys{store: s, bus: bus, o: o, fixed: hash(o.Fixed)}
}

// Load looks at the database. It gives up after a few seconds.
func (k *Keys) Load(ctx context.Context) error {
	k.loading.Lock()
	defer k.loading.Unlock()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	k.mu.Lock()
	k.found = map[uuid.UUID]*ent.ApiKey{}
	k.mu.Unlock()
	some, err := k.store.Ent.ApiKey.Query().Exist(ctx)
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	rows, err := k.store.Ent.ApiKey.Query().Where(apikey.RevokedAtIsNil(),
		apikey.Or(apikey.ExpiresAtIsNil(), apikey.ExpiresAtGT(schema.Now()))).All(ctx)
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.some, k.good, k.ids = some, map[uuid.UUID]*ent.ApiKey{}, map[string]uuid.UUID{}
	for _, row := range slices.Concat(rows, slices.Collect(maps.Values(k.found))) {
		k.good[row.ID], k.ids[row.Hash] = row, row.ID
	}
	return nil
}

// Asked tells whether a key is asked for: there is the fixed one, or there is
// or was another. So revoking the last one opens nothing.
func (k *Keys) Asked() bool {
	return k.o.Fixed != "" || k.o.Asked || k.Any()
}

// Any tells whether there is or was a key in the database.
func (k *Keys) Any() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.some
}

// Identify finds whose key is among those that a client has sent; an empty
// string is none. Where no key is asked for everybody is let in and may do
// everything. UNAUTHENTICATED with [ErrMissing] if there is none, and otherwise
// if it is not good.
func (k *Keys) Identify(ctx context.Context, secrets ...string) (Caller, error) {
	if !k.Asked() {
		return Caller{Name: nobody, Scope: schema.ScopeAdmin}, nil
	}
	var verdict error = ErrMissing
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		caller, err := k.identify(ctx, secret)
		if err == nil {
			return caller, nil
		}
		verdict = err
	}
	return Caller{}, verdict
}

// identify finds whose key a secret is. What it compares are hashes, of which a
// stranger cannot choose the beginning: how long a search takes tells nothing.
func (k *Keys) identify(ctx context.Context, secret string) (Caller, error) {
	sum := hash(secret)
	if k.o.Fixed != "" && subtle.ConstantTimeCompare([]byte(sum), []byte(k.fixed)) == 1 {
		return Caller{Name: fixedName, Scope: schema.ScopeAdmin}, nil
	}
	if k.store == nil || len(secret) != secretLength || !secretForm.MatchString(secret) { // so that nobody has the database asked for nothing
		return Caller{}, ErrWrong
	}
	row, err := k.row(ctx, sum)
	if err != nil {
		return Caller{}, err
	}
	if !good(row, time.Now()) {
		return Caller{}, ErrEnded
	}
	k.use(row.ID)
	return Caller{Name: row.Name, Scope: row.Scope, key: row.ID}, nil
}

// row finds a key by its hash: one that is not known to be good may have been
// made a moment ago, elsewhere.
func (k *Keys) row(ctx context.Context, hash string) (*ent.ApiKey, error) {
	k.mu.Lock()
	row := k.good[k.ids[hash]]
	k.mu.Unlock()
	if row != nil {
		return row, nil
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	row, err := k.store.Ent.ApiKey.Query().Where(apikey.Hash(hash)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, ErrWrong
	case err != nil:
		return nil, fault.Wrap(fault.Unavailable, err, "the API key cannot be checked")
	case good(row, time.Now()):
		k.mu.Lock()
		k.found[row.ID], k.good[row.ID], k.ids[hash] = row, row, row.ID
		k.mu.Unlock()
	}
	return row, nil
}

// Recheck fails if the caller, who was identified before, would not be let in
// any more. It is asked before every operation.
func (k *Keys) Recheck(c Caller) error {
	if err := k.standing(c); err != nil {
		return err
	}
	if c.key != uuid.Nil {
		k.use(c.key)
	}
	return nil
}

func (k *Keys) standing(c Caller) error {
	if c.key == uuid.Nil {
		if c.Anonymous() && k.Asked() {
			return ErrMissing
		}
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if row := k.good[c.key]; row == nil || !good(row, time.Now()) {
		return ErrEnded
	}
	return nil
}

func (k *Keys) use(id uuid.UUID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.used == nil {
		k.used = map[uuid.UUID]time.Time{}
	}
	k.used[id] = schema.Now()
}

// Hold calls lost, once, when the caller would not be let in any more, unless
// release was called before. It must not wait.
func (k *Keys) Hold(c Caller, lost func(error)) (release func()) {
	h := &hold{c, lost}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held == nil {
		k.held = map[*hold]struct{}{}
	}
	k.held[h] = struct{}{}
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.held, h)
	}
}

// Run looks after the keys until ctx ends. It never fails: while the database
// is away, what was good stays so until it expires.
func (k *Keys) Run(ctx context.Context) error {
	hints, cancel := k.bus.Subscribe(event.Keys)
	defer cancel()
	clock := time.NewTicker(k.o.Tick)
	defer clock.Stop()
	for warned := false; ; {
		err := k.Load(ctx)
		k.dismiss()
		if err == nil {
			err = k.note(ctx)
		}
		if err != nil && !warned && ctx.Err() == nil {
			k.o.Log.WarnContext(ctx, "keys cannot be read", slog.Any("error", err))
		}
		warned = err != nil
		select {
		case <-hints:
		case <-clock.C:
		case <-ctx.Done():
			last := context.WithoutCancel(ctx)
			if err := k.note(last); err != nil {
				k.o.Log.WarnContext(last, "the last uses of keys were not noted", slog.Any("error", err))
			}
			return nil
		}
	}
}

// dismiss ends what is held for callers who would not be let in any more.
func (k *Keys) dismiss() {
	k.mu.Lock()
	held := slices.Collect(maps.Keys(k.held))
	k.mu.Unlock()
	for _, h := range held {
		if err := k.standing(h.caller); err != nil {
			k.mu.Lock()
			_, still := k.held[h]
			delete(k.held, h)
			k.mu.Unlock()
			if still {
				h.lost(err)
			}
		}
	}
}

// note writes down when keys were used, about once a minute for each. It gives
// up after a few seconds.
func (k *Keys) note(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	k.mu.Lock()
	due := map[uuid.UUID]time.Time{}
	for id, at := range k.used {
		if row := k.good[id]; row == nil || row.LastUsedAt == nil || at.Sub(*row.LastUsedAt) >= useEvery { // nil: it has ended since
			due[id] = at
		}
	}
	clear(k.used)
	k.mu.Unlock()
	if len(due) == 0 {
		return nil
	}
	err := k.store.Tx(ctx, func(tx *store.Tx) error {
		for id, at := range due {
			_, err := tx.Ent.ApiKey.Update().Where(apikey.ID(id), // another process may have been first
				apikey.Or(apikey.LastUsedAtIsNil(), apikey.LastUsedAtLT(at.Add(-useEvery)))).SetLastUsedAt(at).Save(ctx)
			if err != nil {
				return fmt.Errorf("note the use of a key: %w", err)
			}
		}
		return nil
	})
	if err != nil { // the next one tries again
		k.mu.Lock()
		defer k.mu.Unlock()
		for id, at := range due {
			if k.used[id].Before(at) {
				k.used[id] = at
			}
		}
	}
	return err
}
