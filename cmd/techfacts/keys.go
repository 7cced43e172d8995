package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/app"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/schema"
)

type keysCmd struct {
	Create createKeyCmd `cmd:"" help:"Make a key and print it: it is shown this once. From the first one on every request must bring a key."`
	List   listKeysCmd  `cmd:"" help:"List keys, revoked ones too, but not what they look like: nobody can."`
	Revoke revokeKeyCmd `cmd:"" help:"End a key for good. Websockets and event streams opened with it are closed within 5 s."`
}

type createKeyCmd struct {
	Name    string `arg:"" help:"A name that no key has or had."`
	Scope   scope  `enum:"read,write,admin" required:"" help:"What it may do: read (queries, subscriptions), write (jobs and profiles, too) or admin (everything)."`
	Expires expiry `placeholder:"DURATION|DATE" help:"From when on it is not accepted: 90d, 12h, or a date as 2027-01-31 or RFC 3339, in UTC. Default: never."`
}

// Run makes a key. The key alone goes to standard output.
func (cmd createKeyCmd) Run(ctx context.Context, c *app.Config) error {
	return withKeys(ctx, c, func(keys *access.Keys) error {
		row, secret, err := keys.Create(ctx, cmd.Name, schema.Scope(strings.ToUpper(string(cmd.Scope))), cmd.Expires.at(time.Now()))
		if words, ok := strings.CutPrefix(fault.Of(err).Message, "input."); ok { // where the API has it
			return fault.New(fault.Invalid, "%s", words)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s (%s, expires %s). Keep it: it cannot be shown again.\n", row.Name, cmd.Scope, moment(row.ExpiresAt, "never"))
		_, err = fmt.Println(secret)
		return err
	})
}

// scope is one of a key, written in either case: the API has capitals.
type scope string

// UnmarshalText reads it.
func (s *scope) UnmarshalText(text []byte) error { //nolint:unparam // encoding.TextUnmarshaler returns one
	*s = scope(strings.ToLower(string(text)))
	return nil
}

type listKeysCmd struct{}

// Run lists keys.
func (listKeysCmd) Run(ctx context.Context, c *app.Config) error {
	return withKeys(ctx, c, func(keys *access.Keys) error {
		rows, err := keys.All(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "NAME\tSCOPE\tCREATED\tEXPIRES\tLAST USED\tREVOKED\tID")
		for _, r := range rows {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, strings.ToLower(string(r.Scope)), moment(&r.CreatedAt, ""),
				moment(r.ExpiresAt, "never"), moment(r.LastUsedAt, "never"), moment(r.RevokedAt, "no"), r.ID)
		}
		return w.Flush()
	})
}

type revokeKeyCmd struct {
	Key string `arg:"" name:"name-or-id" help:"Its name or id."`
}

// Run revokes a key.
func (cmd revokeKeyCmd) Run(ctx context.Context, c *app.Config) error {
	return withKeys(ctx, c, func(keys *access.Keys) error {
		row, err := keys.Find(ctx, cmd.Key)
		if err != nil {
			return err
		}
		if row, err = keys.Revoke(ctx, row.ID); err != nil {
			return err
		}
		_, err = fmt.Printf("%s is revoked since %s.\n", row.Name, moment(row.RevokedAt, ""))
		return err
	})
}

func withKeys(ctx context.Context, c *app.Config, do func(*access.Keys) error) error {
	if err := c.Check(); err != nil {
		return err
	}
	return app.WithKeys(ctx, *c, do)
}

// moment writes a time for people, or what its absence means.
func moment(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// expiry is a time, or a duration from now; its zero value is never.
type expiry struct {
	after time.Duration
	on    time.Time
}

// UnmarshalText reads a duration, in which days may be counted, or a date.
func (e *expiry) UnmarshalText(text []byte) error {
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err == nil && n > 0 {
			e.after = time.Duration(n) * 24 * time.Hour
			return nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		e.after = d
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			e.on = t
			return nil
		}
	}
	return fmt.Errorf("%q is neither a duration such as 90d or 12h nor a date such as 2027-01-31", s)
}

func (e expiry) at(now time.Time) *time.Time {
	if e == (expiry{}) {
		return nil
	}
	if e.after > 0 {
		e.on = now.Add(e.after)
	}
	return &e.on
}
