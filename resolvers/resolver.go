// Package resolvers answers GraphQL: decode, one call to the core, return. It
// writes nothing itself, and gives the errors of the core as they are; the
// server decides what a client sees of them. The fields of an object are resolved
// one after another, so that none may wait: see docs/adr/0010-read-path.md.
package resolvers

import (
	"cmp"
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/graph"
	"techfacts.dev/techfacts/internal/access"
	"techfacts.dev/techfacts/internal/change"
	"techfacts.dev/techfacts/internal/crawl"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/lab"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/search"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// Bus is where hints come from.
type Bus interface {
	Subscribe(topic string) (hints <-chan struct{}, cancel func())
}

// Resolver holds what the resolvers use.
type Resolver struct {
	Ent     *ent.Client  // reads only
	Store   *store.Store // what comparisons are read from
	Reports *report.Reports
	// ReportFormats are those that reports can be fetched in.
	ReportFormats []report.Format
	// Requirements are what companies are held against.
	Requirements *report.Requirements
	// FactsPerSection and FactsPerReport are what reports list unless the input says otherwise.
	FactsPerSection, FactsPerReport int
	Jobs                            *job.Jobs
	Profiles                        *extract.Profiles
	Limiter                         *fetch.Limiter
	Keys                            *access.Keys
	Reviews                         *change.Reviews
	Preview                         crawl.Previewer
	Lab                             lab.Lab
	Bus                             Bus
	Tick                            time.Duration // how often watchers look without a hint; 0: every 2 s

	Search     *search.Engine // over facts
	PageSearch *search.Engine
	Documents  search.Source // of facts

	feeds  *feeds
	shares *shares
	live   *live
}

// Schema is the executable schema over r.
func Schema(r *Resolver) graphql.ExecutableSchema {
	r.feeds = newFeeds(r.Bus, r.tick(), func(ctx context.Context, id uuid.UUID) (*ent.Job, error) {
		row, err := r.Ent.Job.Get(ctx, id)
		return row, missing(err, "no such job")
	})
	r.shares = newShares()
	r.live = newLive(r)
	if r.Ent != nil {
		beside(r)
	}
	return graph.NewExecutableSchema(graph.Config{Resolvers: r})
}

// tick is how often to look without a hint, which covers those that were lost.
func (r *Resolver) tick() time.Duration { return cmp.Or(r.Tick, 2*time.Second) }

// maxNodes is how many ids one query of nodes may name.
const maxNodes = 100

// node finds anything by its id, whose type is part of it.
func (r *Resolver) node(ctx context.Context, id uuid.UUID) (ent.Noder, error) {
	n, err := r.Ent.Noder(ctx, id, ent.WithNodeType(tableOf))
	return n, missing(err, "nothing has the id %s", id)
}

// tableOf names the table of an id. Some are there for those only who may list
// what is in them.
func tableOf(ctx context.Context, id uuid.UUID) (string, error) {
	table, err := schema.TableOf(id)
	if k := schema.KindOf(id); (k == schema.KindKey || k == schema.KindAuditEntry) && !access.From(ctx).Scope.Includes(schema.ScopeAdmin) {
		return "", fault.New(fault.NotFound, "nothing has the id %s", id)
	}
	if err != nil {
		return "", fault.Wrap(fault.NotFound, err, "nothing has the id %s", id)
	}
	return table, nil
}

// missing makes NOT_FOUND of what ent says when there is no such row.
func missing(err error, format string, args ...any) error {
	if ent.IsNotFound(err) {
		return fault.Wrap(fault.NotFound, err, format, args...)
	}
	return err
}
