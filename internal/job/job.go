// Package job is the life of a job: it starts, its items go from step to step,
// and it ends exactly once. It is the only writer of jobs, items and events,
// and promises that they agree: each change of a job is one transaction of
// rows, counters and event, announced after the commit.
package job

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	entjob "techfacts.dev/techfacts/ent/job"
	"techfacts.dev/techfacts/ent/jobitem"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// What a client may ask for at most.
const (
	maxURLs    = 1_000  // of one scrape
	maxPages   = 10_000 // of one crawl or extraction
	maxDepth   = 10     // of a crawl
	maxItems   = 50_000 // of one job, links found included
	maxCompany = 200    // characters
	maxKey     = 200    // characters

	maxLanguages = 20 // that are kept
)

// Errors a client can act on.
var (
	ErrNotFound = fault.New(fault.NotFound, "no such job")
	ErrEnded    = fault.New(fault.Conflict, "the job has already ended")
	ErrRuns     = fault.New(fault.Conflict, "the job has not ended yet; cancel it first")
	ErrNoRetry  = fault.New(fault.Conflict, "there is nothing to retry: everything was done")
	ErrKeyUsed  = fault.New(fault.Conflict, "this idempotency key was used with other input").With("input.idempotencyKey")
)

// Publisher announces that something changed.
type Publisher interface{ Publish(topics ...string) }

// Policy is how patient jobs are.
type Policy struct {
	Retries int                    // how often a step that failed for a passing reason is tried again
	Fresh   time.Duration          // how long a page that was read is not asked for again
	Lacks   []schema.FetcherChoice // ways to get pages that there are not
	Model   bool                   // there is a model that can be asked for facts
	Tokens  int                    // that a model may take for one job; 0: no bound
}

// Observer is told what was committed. It must not wait.
type Observer interface {
	// Item is called when a step is done with an item. The outcome is that of a
	// schema.Outcome, or MOVED or RETRIED.
	Item(step schema.Step, outcome string, factsAdded, factsRemoved int)
	// Ended is called when a job has ended.
	Ended(kind schema.JobType, status schema.JobStatus)
}

// Jobs starts, moves and ends jobs.
type Jobs struct {
	// Observer and Log may be set before the first use.
	Observer Observer
	Log      *slog.Logger

	store  *store.Store
	bus    Publisher
	policy Policy
	desk   desk
	offers offers
}

// New returns the jobs kept in s.
func New(s *store.Store, bus Publisher, p Policy) *Jobs {
	return &Jobs{Observer: unobserved{}, Log: slog.New(slog.DiscardHandler), store: s, bus: bus, policy: p, desk: newDesk()}
}

// unobserved is for jobs that nobody watches.
type unobserved struct{}

func (unobserved) Item(schema.Step, string, int, int)     {}
func (unobserved) Ended(schema.JobType, schema.JobStatus) {}

// Cancel ends a job now. What it has stored stays; a worker that is at one of
// its items is told to stop, and cannot save. NOT_FOUND, or CONFLICT if the
// job has ended.
func (j *Jobs) Cancel(ctx context.Context, id uuid.UUID) (*ent.Job, error) {
	err := j.change(ctx, id, func(c *changes) error {
		if c.job.Status.Ended() {
			return ErrEnded
		}
		n, err := c.endRest(ctx, schema.Cancelled, "the job was cancelled", "")
		if err != nil {
			return err
		}
		c.skipped += n
		c.cancelled = true
		c.tx.AfterCommit(func() { j.bus.Publish(event.Cancel) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return j.store.Ent.Job.Get(ctx, id)
}

// Retry starts a new job, with the old one as its parent, over the items that
// the old one did not get done. NOT_FOUND, or CONFLICT if the job has not
// ended or has nothing to retry.
func (j *Jobs) Retry(ctx context.Context, id uuid.UUID) (*ent.Job, error) {
	old, err := j.get(ctx, id)
	if err != nil {
		return nil, err
	}
	if !old.Status.Ended() {
		return nil, ErrRuns
	}
	if !CanRetry(old) {
		return nil, ErrNoRetry
	}
	rows, err := j.store.Ent.JobItem.Query().Where(jobitem.JobID(id), jobitem.OutcomeIn(retryable()...)).Order(ent.Asc(jobitem.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find items: %w", err)
	}
	if len(rows) == 0 {
		return nil, ErrNoRetry
	}
	params := old.Params
	if params.Scrape != nil {
		roots, err := j.Roots(ctx, old)
		if err != nil {
			return nil, err
		}
		scrape := *params.Scrape
		scrape.Roots, params.Scrape = roots, &scrape
	}
	items := func(ctx context.Context, tx *store.Tx) ([]queue.New, error) {
		if old.Type == schema.JobReport {
			return []queue.New{{URL: rows[0].URL, Step: schema.StepReport}}, nil
		}
		if old.Type == schema.JobExtract {
			items := make([]queue.New, len(rows))
			for i, r := range rows {
				items[i] = queue.New{URL: r.URL, Step: schema.StepExtract, PageID: r.PageID}
			}
			return items, nil
		}
		var links []Link
		for _, r := range rows {
			if u, err := fetch.ParseURL(r.URL); err == nil { // it was admitted once, perhaps by older rules
				links = append(links, Link{URL: u, Depth: r.Depth})
			}
		}
		items, err := j.route(ctx, tx, links, old.Params.Scrape.Force)
		discover(items, links, old.Params.Scrape.Crawl)
		return items, err
	}
	return j.start(ctx, draft{
		kind: old.Type, company: old.Company, params: params, parent: &old.ID,
		common: Common{Priority: old.Priority}, items: items,
	})
}

// Roots lists where the given URLs of a scrape were redirected to, on other
// domains: they belong to the site that it reads.
func (j *Jobs) Roots(ctx context.Context, row *ent.Job) ([]string, error) {
	// The condition is written so that PostgreSQL sees that the partial index fits.
	rows, err := j.store.Rows(ctx, `select location from job_items where job_id = ? and depth = 0 and location <> ''`, row.ID)
	if err != nil {
		return nil, fmt.Errorf("find redirects: %w", err)
	}
	defer rows.Close()
	roots := slices.Clone(row.Params.Scrape.Roots)
	for rows.Next() {
		var location string
		if err := rows.Scan(&location); err != nil {
			return nil, fmt.Errorf("find redirects: %w", err)
		}
		roots = append(roots, location)
	}
	return roots, rows.Err()
}

func retryable() (outcomes []schema.Outcome) {
	for _, name := range schema.Outcome("").Values() {
		if o := schema.Outcome(name); o.Retryable() {
			outcomes = append(outcomes, o)
		}
	}
	return outcomes
}

// CanCancel reports whether Cancel would be accepted.
func CanCancel(row *ent.Job) bool { return !row.Status.Ended() }

// CanRetry reports whether Retry would be accepted: something was not done, and
// not because it was rightly left out. What was handed in is not there any more.
func CanRetry(row *ent.Job) bool {
	return row.Type != schema.JobImport && row.Result != nil && slices.ContainsFunc(row.Result.Outcomes, func(o schema.OutcomeCount) bool {
		return o.Outcome == schema.BudgetExhausted || row.Status != schema.JobCompleted && o.Outcome.Retryable()
	})
}

// Delete deletes a job that has ended, with its items and events. NOT_FOUND,
// or CONFLICT if it has not ended.
func (j *Jobs) Delete(ctx context.Context, id uuid.UUID) error {
	return j.store.Tx(ctx, func(tx *store.Tx) error {
		row, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if !row.Status.Ended() {
			return ErrRuns
		}
		if err := tx.Ent.Job.DeleteOneID(id).Exec(ctx); err != nil {
			return fmt.Errorf("delete job: %w", err)
		}
		tx.AfterCommit(func() { j.bus.Publish(event.Job(id), event.Jobs) })
		return nil
	})
}

func (j *Jobs) get(ctx context.Context, id uuid.UUID) (*ent.Job, error) {
	row, err := j.store.Ent.Job.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read job: %w", err)
	}
	return row, nil
}

// MaxAttempts is how often an item may be begun at all. Attempts beyond the
// retries are those at which the process died, which may be once bad luck.
func (j *Jobs) MaxAttempts() int { return j.policy.Retries + 3 }

// TokensLeft is what a model may still take for a job, as it is now: 0 if nothing
// bounds it, negative if it is spent.
func (j *Jobs) TokensLeft(ctx context.Context, row *ent.Job) (int, error) {
	bound := 0
	if p := row.Params.Scrape; p != nil {
		bound = p.Tokens
	} else if p := row.Params.Extract; p != nil {
		bound = p.Tokens
	}
	if most := j.policy.Tokens; most > 0 && (bound == 0 || bound > most) {
		bound = most
	}
	if bound == 0 {
		return 0, nil
	}
	now, err := j.store.Ent.Job.Query().Where(entjob.ID(row.ID)).Select(entjob.FieldTally).Only(ctx)
	if err != nil {
		return 0, fmt.Errorf("read what a job has spent: %w", err)
	}
	if left := bound - now.Tally.Usage.Tokens(); left > 0 {
		return left, nil
	}
	return -1, nil
}

// Freshness is how long a page that was read is not asked for again.
func (j *Jobs) Freshness() time.Duration { return j.policy.Fresh }

// Fresh holds for pages that were read so lately that they are not asked for
// again.
func (j *Jobs) Fresh() predicate.Page {
	return page.And(page.FetchedAtGT(schema.Now().Add(-j.policy.Fresh)), page.SnapshotIDNotNil(), page.StatusEQ(schema.PageActive))
}
