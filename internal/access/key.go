package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/apikey"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// prefix begins every key, so that people and scanners for secrets know one
// when they see it.
const prefix = "tf_"

// secretLength is that of a key: the prefix, and 256 bits at 5 to a letter.
const secretLength = len(prefix) + 52

// secretForm is what a key looks like.
var secretForm = regexp.MustCompile(prefix + `[a-z2-7]{52}`)

// keyName has no capitals, which keeps keys apart from API_KEY.
var keyName = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,63}$`)

// newSecret makes a key of 256 random bits.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: crypto/rand
	return prefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// hash is what is stored of a key. A plain hash is enough: nobody guesses 256
// random bits, so there is nothing for a slow one to slow down, and it is
// computed for every request.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Create makes a key, and gives it beside what is kept of it: nobody can find
// out what it is any more. INVALID for input out of bounds, and for a key that
// may not make others if the caller was asked for none; CONFLICT for a name that
// any key has or had.
func (k *Keys) Create(ctx context.Context, name string, scope schema.Scope, expires *time.Time) (row *ent.ApiKey, secret string, err error) {
	if From(ctx).Anonymous() && scope != schema.ScopeAdmin { // who would have locked themselves out
		return nil, "", fault.InvalidField("input.scope", "must be %s for the first key: from then on a key is asked for, and no other could make more", schema.ScopeAdmin)
	}
	if !keyName.MatchString(name) || name == nobody {
		return nil, "", fault.InvalidField("input.name", "must be 1 to 64 lower case letters, digits, dots, dashes and underscores, a letter first, and not %q", nobody)
	}
	if !schema.ScopeAdmin.Includes(scope) {
		return nil, "", fault.InvalidField("input.scope", "must be one of %v", scope.Values())
	}
	if expires != nil {
		if !expires.After(time.Now()) {
			return nil, "", fault.InvalidField("input.expiresAt", "must be in the future")
		}
		utc := expires.UTC().Truncate(time.Microsecond)
		expires = &utc
	}
	secret = newSecret()
	err = k.store.Tx(ctx, func(tx *store.Tx) error {
		row, err = tx.Ent.ApiKey.Create().SetName(name).SetScope(scope).SetNillableExpiresAt(expires).SetHash(hash(secret)).Save(ctx)
		if ent.IsConstraintError(err) {
			return ErrTaken
		}
		if err != nil {
			return fmt.Errorf("make key: %w", err)
		}
		tx.AfterCommit(func() { k.bus.Publish(event.Keys) })
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	_ = k.Load(ctx) // so that it is asked for at once; if not, Run will: the key must not be lost for that
	return row, secret, nil
}

// Revoke ends a key for good. One that was revoked already stays as it is.
func (k *Keys) Revoke(ctx context.Context, id uuid.UUID) (row *ent.ApiKey, err error) {
	err = k.store.Tx(ctx, func(tx *store.Tx) error {
		n, err := tx.Ent.ApiKey.Update().Where(apikey.ID(id), apikey.RevokedAtIsNil()).SetRevokedAt(schema.Now()).Save(ctx)
		if err != nil {
			return fmt.Errorf("revoke key: %w", err)
		}
		row, err = tx.Ent.ApiKey.Get(ctx, id)
		if ent.IsNotFound(err) {
			return ErrNoKey
		}
		if n > 0 {
			tx.AfterCommit(func() { k.bus.Publish(event.Keys) })
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	_ = k.Load(ctx) // so that it ends at once; if not, Run will
	return row, nil
}

// Find gives the key of that name or id.
func (k *Keys) Find(ctx context.Context, nameOrID string) (*ent.ApiKey, error) {
	where := apikey.Name(nameOrID)
	if id, err := uuid.Parse(nameOrID); err == nil {
		where = apikey.ID(id)
	}
	row, err := k.store.Ent.ApiKey.Query().Where(where).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNoKey
	}
	return row, err
}

// All lists every key there is or was, the oldest first.
func (k *Keys) All(ctx context.Context) ([]*ent.ApiKey, error) {
	return k.store.Ent.ApiKey.Query().Order(ent.Asc(apikey.FieldID)).All(ctx)
}

// good tells whether a key lets anybody in at that time.
func good(row *ent.ApiKey, now time.Time) bool {
	return row.RevokedAt == nil && (row.ExpiresAt == nil || now.Before(*row.ExpiresAt))
}
