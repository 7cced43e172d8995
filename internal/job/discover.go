package job

import (
	"context"
	"fmt"
	"math/bits"
	"slices"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/pattern"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/schema"
)

// maxRepeats is how many pages of one pattern in a row may say nearly the same
// before the pattern is taken for a trap.
const maxRepeats = 20

// Near is how many bits of a SimHash may differ in texts that are nearly alike.
const Near = 3

// discovered adds what an item of a crawl, whose depth is now known to be depth,
// has found, and what follows from a page to which there is a shorter way than
// was known.
func (c *changes) discovered(ctx context.Context, item queue.Item, r Result, depth int) error {
	if c.job.Params.Scrape == nil || c.job.Params.Scrape.Crawl == nil || c.exhausted() {
		return nil
	}
	if err := c.repeated(ctx, item, r); err != nil {
		return err
	}
	found, nearer := r.Found, []queue.Nearer(nil)
	if depth < item.Depth && r.PageID != nil && r.Follow != nil { // since the step began
		found, nearer = nil, []queue.Nearer{{PageID: r.PageID, Depth: depth}}
	}
	for len(found) > 0 || len(nearer) > 0 {
		if len(found) > 0 {
			added, err := c.add(ctx, found)
			if err != nil {
				return err
			}
			nearer, found = append(nearer, added.Nearer...), nil
			continue
		}
		n := nearer[0]
		nearer = nearer[1:]
		if n.PageID == nil {
			continue
		}
		p, err := c.tx.Ent.Page.Query().Where(page.ID(*n.PageID)).Select(page.FieldLinks).Only(ctx)
		if ent.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read links: %w", err)
		}
		found = r.Follow(p.Links, n.Depth) // fewer each time: depths only get smaller
	}
	return nil
}

// add makes items of links, as far as there is room in the job, but of none
// whose pattern has ended.
func (c *changes) add(ctx context.Context, found []Link) (queue.Added, error) {
	found = c.jobs.offers.rest(c.job.ID, found)
	found = found[:min(len(found), max(0, maxItems-c.job.Total-c.total))]
	if len(found) == 0 {
		return queue.Added{}, nil
	}
	ended, err := c.tx.Ent.Pattern.Query().Where(pattern.JobID(c.job.ID), pattern.Ended(true)).Select(pattern.FieldShape).Strings(ctx)
	if err != nil {
		return queue.Added{}, fmt.Errorf("read patterns: %w", err)
	}
	items, err := c.jobs.route(ctx, c.tx, found, c.job.Params.Scrape.Force)
	if err != nil {
		return queue.Added{}, err
	}
	if len(ended) > 0 {
		items = slices.DeleteFunc(items, func(n queue.New) bool { return slices.Contains(ended, n.Pattern) })
	}
	added, err := queue.Put(ctx, c.tx, c.job.ID, c.job.Priority, items)
	c.total += added.Items
	c.tx.AfterCommit(func() { c.jobs.offers.note(c.job.ID, items) })
	return added, err
}

// repeated counts how many pages of one pattern have said nearly the same in a
// row, and ends the pattern, with what waits in it, when it is a trap. Numbers
// make a difference, other than in a calendar.
func (c *changes) repeated(ctx context.Context, item queue.Item, r Result) error {
	simHash := r.SimHash
	if item.Pattern == "" || simHash == 0 {
		return nil
	}
	p, err := c.tx.Ent.Pattern.Query().Where(pattern.JobID(c.job.ID), pattern.Shape(item.Pattern)).Only(ctx)
	if ent.IsNotFound(err) {
		if err := c.tx.Ent.Pattern.Create().SetJobID(c.job.ID).SetShape(item.Pattern).SetSimhash(simHash).Exec(ctx); err != nil {
			return fmt.Errorf("note pattern: %w", err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("read pattern: %w", err)
	}
	update := p.Update().SetSimhash(simHash)
	alike := bits.OnesCount64(uint64(p.Simhash^simHash)) <= Near //nolint:gosec // bits
	if r.Outcome != schema.Duplicate && (!alike || !fetch.Dated(item.Pattern)) {
		update.SetRepeats(0)
	} else {
		update.AddRepeats(1)
		if p.Repeats+1 >= maxRepeats-1 && !p.Ended { // the first repeats nothing
			update.SetEnded(true)
			n, err := c.endRest(ctx, schema.OutOfScope, fmt.Sprintf("%d pages like %s in a row said the same: it looks endless", maxRepeats, item.Pattern),
				`pattern = ? and pattern <> ''`, item.Pattern)
			if err != nil {
				return err
			}
			c.skipped += n
		}
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("note pattern: %w", err)
	}
	return nil
}
