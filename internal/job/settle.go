package job

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	entjob "techfacts.dev/techfacts/ent/job"
	"techfacts.dev/techfacts/ent/jobitem"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// Save is the quick half of a step. It writes within the transaction that also
// moves the item, and must not wait for anything else. The job is locked,
// and given as it is now.
type Save func(ctx context.Context, tx *store.Tx, row *ent.Job) (Result, error)

// Result says what becomes of an item. Either Next is set, and it goes on to
// that step; or it has failed for a passing reason and is tried again; or it
// ends with its outcome. With both, it goes on once it was tried often enough.
type Result struct {
	Next schema.Step
	Lane string // of Next

	Temporary  bool          // the reason may pass
	RetryAfter time.Duration // when Temporary: not before; 0 if unknown

	Outcome    schema.Outcome
	Reason     string // fit for strangers
	HTTPStatus int
	Bytes      int64
	PageID     *uuid.UUID
	Location   string // where a redirect to another domain leads

	Facts, FactsAdded, FactsRemoved int

	Tally schema.Tally // what extraction came to, beside its facts

	Found  []Link                                 // links to follow
	Follow func(links []string, depth int) []Link // chooses, of the links of another page, those to follow; not nil if Found is not

	Fetcher     schema.Fetcher // by which the next step is to get the page; "" if as the job says
	CanonicalOf string         // what the next step is to know, see [queue.Item]; "-": nothing
	Sitemaps    []string       // those that the next step is to read; not nil once it has begun
	SimHash     int64          // of the text of its page; 0 if it has none
}

// Failed is the Result of a step that ended with err: INVALID, NOT_FOUND and
// FORBIDDEN are final, anything else may pass.
func Failed(err error) Result {
	f := fault.Of(err)
	return Result{
		Outcome:    schema.Failed,
		Reason:     f.Message,
		Temporary:  f.Code != fault.Invalid && f.Code != fault.NotFound && f.Code != fault.Forbidden,
		RetryAfter: f.RetryAfter,
	}
}

// changes collects what one transaction does to one job.
type changes struct {
	jobs *Jobs
	tx   *store.Tx
	job  *ent.Job // as it was when it was locked

	total, done, failed, skipped, stored, facts int
	factsChanged, cancelled                     bool
	events                                      []happening
	tally                                       schema.Tally
}

// happening is an event of the job, or of an item of it, to be written.
type happening struct {
	kind    schema.EventKind
	item    *uuid.UUID
	message string
}

// lock reads what changes of a job, so that nobody else changes it until the
// transaction ends. It comes before the lock of any item, always, so that no
// two wait for each other. What never changes, and may be large, it leaves out.
func lock(ctx context.Context, tx *store.Tx, id uuid.UUID) (*ent.Job, error) {
	query := tx.Ent.Job.Query().Where(entjob.ID(id))
	query.Select(entjob.FieldType, entjob.FieldStatus, entjob.FieldPriority, entjob.FieldTotal, entjob.FieldDone,
		entjob.FieldFailed, entjob.FieldSkipped, entjob.FieldStored, entjob.FieldFactCount, entjob.FieldSeq, entjob.FieldCreatedAt, entjob.FieldTally)
	if tx.Postgres() {
		query.ForUpdate()
	}
	row, err := query.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("lock job: %w", err)
	}
	return row, nil
}

// change runs f over the locked job, writes what it collected, and ends the job
// if nothing is left to do.
func (j *Jobs) change(ctx context.Context, id uuid.UUID, f func(*changes) error) error {
	return j.store.Tx(ctx, func(tx *store.Tx) error {
		row, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		c := &changes{jobs: j, tx: tx, job: row}
		if err := f(c); err != nil {
			return err
		}
		return c.write(ctx)
	})
}

// Begin marks a job as running when its first item has been taken.
func (j *Jobs) Begin(ctx context.Context, id uuid.UUID) error {
	return j.change(ctx, id, func(c *changes) error {
		if c.job.Status == schema.JobQueued {
			c.event(schema.EventStarted, nil, "")
		}
		return nil
	})
}

// Settle ends the work on an item: it runs save and does what its result says,
// all in one transaction, which it may share with other items of the job. It
// fails with [queue.ErrLost], and nothing is saved, if the item is no longer
// leased to the worker of q. The parameters of a job never change, so whoever
// took the item has them.
func (j *Jobs) Settle(ctx context.Context, q *queue.Queue, item queue.Item, params schema.Params, took time.Duration, save Save) error {
	return j.settle(&settlement{ctx: ctx, queue: q, item: item, params: params, took: took, save: save, turn: make(chan bool, 1)})
}

func (c *changes) settle(ctx context.Context, item queue.Item, held queue.Held, r Result, took time.Duration) error {
	update := c.tx.Ent.JobItem.Update().Where(jobitem.ID(item.ID)).AddBytes(r.Bytes).AddDurationMs(int(took.Milliseconds()))
	if r.Reason != "" || r.Outcome != "" { // else that of an earlier step stays
		update.SetReason(r.Reason)
	}
	if r.HTTPStatus != 0 {
		update.SetHTTPStatus(r.HTTPStatus)
	}
	if r.PageID != nil {
		update.SetPageID(*r.PageID)
	}
	if r.Location != "" {
		update.SetLocation(r.Location).AddRedirects(1)
	}
	if r.Next != "" {
		update.SetFetcher(string(r.Fetcher))
	}
	if r.CanonicalOf != "" {
		update.SetCanonicalOf(r.CanonicalOf)
	}
	c.tally = c.tally.Plus(r.Tally)
	retry := r.Temporary && item.Attempts <= c.jobs.policy.Retries
	if retry && item.Step == schema.StepFetch && c.exhausted() { // no reason to ask again
		retry, r.Outcome = false, schema.BudgetExhausted
	}
	if r.Outcome != "" && !retry {
		update.SetOutcome(r.Outcome)
	}
	if r.Sitemaps != nil && !retry {
		update.SetSitemaps(r.Sitemaps)
	}
	if r.Next == "" && !retry {
		update.SetFactCount(r.Facts).SetFactsAdded(r.FactsAdded).SetFactsRemoved(r.FactsRemoved)
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("update item: %w", err)
	}
	if r.Outcome == "" {
		r.Outcome = held.Outcome
	}
	c.observe(item.Step, r, retry)
	switch {
	case retry:
		wait := max(r.RetryAfter, backoff(item.Attempts))
		c.event(schema.EventRetry, &item.ID, fmt.Sprintf("%s; next try in %s", r.Reason, wait.Round(time.Second)))
		return queue.Later(ctx, c.tx, item, schema.Now().Add(wait))
	case r.Next != "":
		if r.Temporary {
			c.event(schema.EventRetry, &item.ID, r.Reason+"; going on without it")
		}
		if err := queue.Move(ctx, c.tx, item, r.Next, r.Lane); err != nil {
			return err
		}
		return c.arrived(ctx, item, r, held.Depth)
	}
	if err := queue.End(ctx, c.tx, item); err != nil {
		return err
	}
	if err := c.arrived(ctx, item, r, held.Depth); err != nil {
		return err
	}
	c.count(item, r)
	c.event(schema.EventItemEnded, &item.ID, ended(r))
	return nil
}

// ended says how an item ended, and what was rejected of its page.
func ended(r Result) string {
	said := []string{}
	if r.Reason != "" {
		said = append(said, r.Reason)
	}
	for _, n := range r.Tally.Rejected {
		said = append(said, fmt.Sprintf("%d %s", n.Count, n.Reason))
	}
	return strings.Join(said, ", ")
}

// observe tells the observer, after the commit, how a step is done with an item.
func (c *changes) observe(step schema.Step, r Result, retry bool) {
	outcome := string(r.Outcome)
	switch {
	case retry:
		outcome, r.FactsAdded, r.FactsRemoved = "RETRIED", 0, 0
	case r.Next == step, r.Next != "" && r.Outcome == "":
		outcome = "MOVED"
	case step == schema.StepExtract && r.Outcome.Good(): // else it is that of fetching
		outcome = string(schema.Extracted)
	}
	c.tx.AfterCommit(func() { c.jobs.Observer.Item(step, outcome, r.FactsAdded, r.FactsRemoved) })
}

// arrived counts a page that was read, and adds what an item that has ended or
// moved on has found.
func (c *changes) arrived(ctx context.Context, item queue.Item, r Result, depth int) error {
	read := item.Step != schema.StepExtract && (r.Outcome == schema.Stored || r.Outcome == schema.Unchanged)
	if read {
		c.stored++
		c.event(schema.EventFetched, &item.ID, string(r.Outcome))
	}
	if (read || r.Next != "") && c.exhausted() {
		n, err := c.endRest(ctx, schema.BudgetExhausted, fmt.Sprintf("the job had its %d pages", c.job.Params.Scrape.Crawl.MaxPages), `step <> 'EXTRACT'`)
		c.skipped += n
		return err
	}
	return c.discovered(ctx, item, r, depth)
}

// exhausted reports whether a crawl has had its pages.
func (c *changes) exhausted() bool {
	scrape := c.job.Params.Scrape
	return scrape != nil && scrape.Crawl != nil && c.job.Stored+c.stored >= scrape.Crawl.MaxPages
}

// count adds an ended item to the counters of its job.
func (c *changes) count(item queue.Item, r Result) {
	switch {
	case r.Outcome.Good():
		c.done++
	case r.Outcome.ByChoice(item.Depth == 0):
		c.skipped++
	default:
		c.failed++
	}
	c.facts += r.Facts
	c.factsChanged = c.factsChanged || r.FactsAdded > 0 || r.FactsRemoved > 0
}

// endRest ends the items of the job that nobody has begun with and that are as
// where says, or with where empty all that have not ended, and tells how many.
func (c *changes) endRest(ctx context.Context, o schema.Outcome, reason, where string, args ...any) (int, error) {
	what := `state in ('READY', 'WAITING', 'RUNNING')`
	if where != "" {
		what = `state in ('READY', 'WAITING') and ` + where
	}
	n, err := c.tx.Exec(ctx, `update job_items set state = 'ENDED', worker = null, outcome = ?, reason = ?, finished_at = ? where job_id = ? and `+what,
		append([]any{o, reason, schema.Now(), c.job.ID}, args...)...)
	if err != nil {
		return 0, fmt.Errorf("end items: %w", err)
	}
	if n > 0 {
		c.event(schema.EventItemEnded, nil, fmt.Sprintf("%d items: %s", n, reason))
	}
	return n, nil
}

func (c *changes) event(kind schema.EventKind, item *uuid.UUID, message string) {
	c.events = append(c.events, happening{kind, item, message})
}

// tell writes the events, with the next numbers of the job.
func (c *changes) tell(ctx context.Context) error {
	if len(c.events) == 0 {
		return nil
	}
	now, args := schema.Now(), make([]any, 0, 7*len(c.events))
	for i, e := range c.events {
		args = append(args, schema.NewID(schema.KindJobEvent), c.job.ID, c.job.Seq+int64(i)+1, now, e.kind, e.message, e.item)
	}
	_, err := c.tx.Exec(ctx, `insert into job_events (id, job_id, seq, at, kind, message, item_id) values (?,?,?,?,?,?,?)`+
		strings.Repeat(",(?,?,?,?,?,?,?)", len(c.events)-1), args...)
	if err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return nil
}

// write stores what was collected, ends the job if it is time, and announces.
func (c *changes) write(ctx context.Context) error {
	old, update := c.job, c.tx.Ent.Job.Update().Where(entjob.ID(c.job.ID))
	done, failed, skipped, total := old.Done+c.done, old.Failed+c.failed, old.Skipped+c.skipped, old.Total+c.total
	if !old.Status.Ended() {
		if old.Status == schema.JobQueued && !c.cancelled {
			update.SetStatus(schema.JobRunning).SetStartedAt(schema.Now())
		}
		if c.cancelled || done+failed+skipped == total {
			if err := c.end(ctx, update, done, failed); err != nil {
				return err
			}
		}
	}
	if !c.tally.Empty() {
		update.SetTally(old.Tally.Plus(c.tally))
	}
	err := update.SetTotal(total).SetDone(done).SetFailed(failed).SetSkipped(skipped).
		AddStored(c.stored).AddFactCount(c.facts).AddSeq(int64(len(c.events))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("update job: %w", err)
	}
	if err := c.tell(ctx); err != nil {
		return err
	}
	// An item that ends or moves on frees a place in its lane.
	topics := []string{event.Job(old.ID), event.Jobs, event.Queue}
	if c.factsChanged {
		topics = append(topics, event.Facts)
	}
	c.tx.AfterCommit(func() { c.jobs.bus.Publish(topics...) })
	return nil
}

// end gives the job its final status and result.
func (c *changes) end(ctx context.Context, update *ent.JobUpdate, done, failed int) error {
	result, err := c.result(ctx)
	if err == nil {
		err = c.forget(ctx)
	}
	if err != nil {
		return err
	}
	status := schema.JobCompleted
	switch {
	case c.cancelled:
		status = schema.JobCancelled
	case done == 0:
		status = schema.JobFailed
		code, message := whyFailed(result)
		update.SetErrorCode(string(code)).SetErrorMessage(message)
	case failed > 0:
		status = schema.JobPartial
	}
	now := schema.Now()
	update.SetStatus(status).SetResult(result).SetFinishedAt(now)
	c.event(schema.EventEnded, nil, string(status))
	job := c.job
	c.tx.AfterCommit(func() {
		c.jobs.Observer.Ended(job.Type, status)
		c.jobs.Log.LogAttrs(ctx, slog.LevelInfo, "job ended", slog.String("job_id", job.ID.String()),
			slog.String("type", string(job.Type)), slog.String("status", string(status)),
			slog.Int("total", job.Total+c.total), slog.Int("done", done), slog.Int("failed", failed), slog.Int("skipped", job.Skipped+c.skipped),
			slog.Int("facts", job.FactCount+c.facts), slog.Int64("took_ms", now.Sub(job.CreatedAt).Milliseconds()))
	})
	return nil
}

func (c *changes) result(ctx context.Context) (*schema.JobResult, error) {
	var groups []struct {
		Outcome schema.Outcome `json:"outcome"`
		Count   int            `json:"count"`
		Added   int            `json:"added"`
		Removed int            `json:"removed"`
		Bytes   int64          `json:"bytes"`
	}
	err := c.tx.Ent.JobItem.Query().Where(jobitem.JobID(c.job.ID), jobitem.OutcomeNotNil()).
		GroupBy(jobitem.FieldOutcome).
		Aggregate(ent.As(ent.Count(), "count"), ent.As(ent.Sum(jobitem.FieldFactsAdded), "added"),
			ent.As(ent.Sum(jobitem.FieldFactsRemoved), "removed"), ent.As(ent.Sum(jobitem.FieldBytes), "bytes")).
		Scan(ctx, &groups)
	if err != nil {
		return nil, fmt.Errorf("sum up job: %w", err)
	}
	result := &schema.JobResult{Outcomes: []schema.OutcomeCount{}, Tally: c.job.Tally.Plus(c.tally)}
	for _, o := range schema.Outcome("").Values() { // in a fixed order
		for _, g := range groups {
			if string(g.Outcome) == o {
				result.Outcomes = append(result.Outcomes, schema.OutcomeCount{Outcome: g.Outcome, Count: g.Count})
				result.FactsAdded += g.Added
				result.FactsRemoved += g.Removed
				result.Bytes += g.Bytes
			}
		}
	}
	return result, nil
}

// whyFailed says in one line why a job has nothing to show.
func whyFailed(r *schema.JobResult) (fault.Code, string) {
	code := fault.Forbidden
	var counts []string
	for _, o := range r.Outcomes {
		counts = append(counts, fmt.Sprintf("%d %s", o.Count, o.Outcome))
		if o.Outcome != schema.FetchBlocked && o.Outcome != schema.RobotsBlocked {
			code = fault.Unavailable
		}
	}
	return code, "nothing was done: " + strings.Join(counts, ", ")
}

// backoff is how long to wait before the next try: exponential with full
// jitter (Brooker, "Exponential Backoff and Jitter", 2015), but at least half,
// so that a retry never comes at once.
func backoff(attempts int) time.Duration {
	ceiling := time.Second << min(attempts, 6)
	return ceiling/2 + rand.N(ceiling/2) //nolint:gosec // spread, not secrecy
}
