package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	entjob "techfacts.dev/techfacts/ent/job"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/ent/profile"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/trace"
	"techfacts.dev/techfacts/schema"
)

// Common is what every start may say beside its own input.
type Common struct {
	Priority       schema.Priority
	IdempotencyKey string // empty: none
}

// StartScrape starts a job that reads the URLs of in and extracts their facts.
// It fails with INVALID for input out of bounds, NOT_FOUND for an unknown
// profile and CONFLICT for a key that was used with other input.
func (j *Jobs) StartScrape(ctx context.Context, in schema.ScrapeParams, c Common) (*ent.Job, error) {
	seeds, err := Check(&in)
	if err != nil {
		return nil, err
	}
	if slices.Contains(j.policy.Lacks, in.Fetcher()) {
		return nil, fault.New(fault.Unavailable, "there is nothing here that gets pages by %s", in.Fetcher()).With("input.fetcher")
	}
	links := make([]Link, len(seeds))
	for i, u := range seeds {
		links[i] = Link{URL: u}
	}
	return j.start(ctx, draft{
		kind: schema.JobScrape, company: in.Company, params: schema.Params{Scrape: &in}, common: c, identity: in,
		prepare: func(ctx context.Context) error { return j.checkProfile(ctx, in.Profile, in.Method) },
		items: func(ctx context.Context, tx *store.Tx) ([]queue.New, error) {
			items, err := j.route(ctx, tx, links, in.Force)
			discover(items, links, in.Crawl)
			return items, err
		},
	})
}

// discover makes the first item of each site that was given look for its sitemaps
// before it reads its page, if the crawl is to read sitemaps.
func discover(items []queue.New, links []Link, limits *schema.CrawlParams) {
	if limits == nil || !limits.Sitemaps() {
		return
	}
	seen := map[string]bool{}
	for i := range items {
		if domain := links[i].URL.Domain(); links[i].Depth == 0 && !seen[domain] {
			seen[domain] = true
			items[i].Step, items[i].Lane = schema.StepDiscover, domain
		}
	}
}

// Check brings the input of a scrape into its canonical form, or says with
// INVALID what is wrong with it.
func Check(in *schema.ScrapeParams) ([]fetch.URL, error) {
	if len(in.URLs) == 0 || len(in.URLs) > maxURLs {
		return nil, fault.InvalidField("input.urls", "must be 1 to %d URLs", maxURLs)
	}
	var seeds []fetch.URL
	for i, raw := range in.URLs {
		u, err := fetch.ParseURL(raw)
		if err != nil {
			return nil, fault.InvalidField(fmt.Sprintf("input.urls[%d]", i), "%s", fault.Of(err).Message)
		}
		if !slices.Contains(seeds, u) {
			seeds = append(seeds, u)
		}
	}
	in.Company = strings.TrimSpace(in.Company)
	if n := utf8.RuneCountInString(in.Company); n == 0 || n > maxCompany {
		return nil, fault.InvalidField("input.company", "must have 1 to %d characters", maxCompany)
	}
	in.URLs = in.URLs[:0:0]
	for _, u := range seeds {
		in.URLs = append(in.URLs, u.String())
	}
	if in.Choice == schema.ChoiceAuto { // as it was asked for before there was a choice
		in.Choice = ""
	}
	if err := errors.Join(checkLanguages(in), checkTokens(in.Tokens)); err != nil {
		return nil, err
	}
	if c := in.Crawl; c != nil {
		if c.MaxDepth < 1 || c.MaxDepth > maxDepth {
			return nil, fault.InvalidField("input.crawl.maxDepth", "must be from 1 to %d", maxDepth)
		}
		if c.MaxPages < 1 || c.MaxPages > maxPages {
			return nil, fault.InvalidField("input.crawl.maxPages", "must be from 1 to %d", maxPages)
		}
		if _, err := fetch.NewScope(seeds, *c); err != nil {
			return nil, err
		}
	}
	return seeds, nil
}

// checkLanguages reduces language tags to what is stored of them: the primary
// subtag, in lower case.
func checkLanguages(in *schema.ScrapeParams) error {
	if len(in.Languages) > maxLanguages {
		return fault.InvalidField("input.languages", "must be at most %d languages", maxLanguages)
	}
	for i, tag := range in.Languages {
		subtag, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if len(subtag) < 2 || len(subtag) > 3 || strings.Trim(subtag, "abcdefghijklmnopqrstuvwxyz") != "" {
			return fault.InvalidField(fmt.Sprintf("input.languages[%d]", i), "is not the tag of a language, such as \"en\"")
		}
		in.Languages[i] = subtag
	}
	slices.Sort(in.Languages)
	in.Languages = slices.Compact(in.Languages)
	return nil
}

// ExtractionInput says which pages to extract from: those of IDs, or else those
// like Where.
type ExtractionInput struct {
	IDs     []uuid.UUID
	Where   *ent.PageWhereInput
	Profile string
	Method  schema.ExtractionMethod `json:",omitempty"` // empty: that of the profile
	Tokens  int                     `json:",omitempty"` // that a model may take; 0: no bound of the job's own
	Force   bool                    `json:",omitempty"` // ask a model again though its answer is known
}

// StartExtraction starts a job that extracts the facts of stored pages. It
// fails as StartScrape does, and with INVALID if there are no such pages or too
// many.
func (j *Jobs) StartExtraction(ctx context.Context, in ExtractionInput, c Common) (*ent.Job, error) {
	slices.SortFunc(in.IDs, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	in.IDs = slices.Compact(in.IDs)
	switch {
	case (in.Where == nil) == (len(in.IDs) == 0):
		return nil, fault.InvalidField("input.pageIds", "give either pageIds or where")
	case len(in.IDs) > maxPages:
		return nil, fault.InvalidField("input.pageIds", "must be at most %d pages", maxPages)
	}
	if err := checkTokens(in.Tokens); err != nil {
		return nil, err
	}
	params := &schema.ExtractionParams{Profile: in.Profile, Method: in.Method, Tokens: in.Tokens, Force: in.Force}
	var items []queue.New
	return j.start(ctx, draft{
		kind: schema.JobExtract, params: schema.Params{Extract: params}, common: c, identity: in,
		prepare: func(ctx context.Context) error {
			if err := j.checkProfile(ctx, in.Profile, in.Method); err != nil {
				return err
			}
			pages, err := j.pages(ctx, in)
			for _, p := range pages {
				items = append(items, queue.New{URL: p.URL, Step: schema.StepExtract, PageID: &p.ID})
			}
			params.Pages = len(pages)
			return err
		},
		items: func(context.Context, *store.Tx) ([]queue.New, error) { return items, nil },
	})
}

// pages finds the pages that an extraction is about.
func (j *Jobs) pages(ctx context.Context, in ExtractionInput) ([]*ent.Page, error) {
	field, query := "input.pageIds", j.store.Ent.Page.Query().Where(page.SnapshotIDNotNil())
	if in.Where == nil {
		query.Where(page.IDIn(in.IDs...))
	} else {
		where, err := in.Where.P()
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "input.where: must not be empty").With("input.where")
		}
		field = "input.where"
		query.Where(where, page.StatusEQ(schema.PageActive))
	}
	pages, err := query.Order(ent.Asc(page.FieldID)).Limit(maxPages+1).Select(page.FieldID, page.FieldURL).All(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("find pages: %w", err)
	case len(pages) == 0:
		return nil, fault.InvalidField(field, "no stored page is like this")
	case len(pages) > maxPages:
		return nil, fault.InvalidField(field, "more than %d pages are like this", maxPages)
	case len(pages) < len(in.IDs):
		return nil, fault.New(fault.NotFound, "%d of the pages do not exist", len(in.IDs)-len(pages)).With(field)
	}
	return pages, nil
}

// checkProfile fails if there is no such profile, or if it or the input wants a
// model and there is none.
func (j *Jobs) checkProfile(ctx context.Context, name string, method schema.ExtractionMethod) error {
	row, err := j.store.Ent.Profile.Query().Where(profile.Name(name)).Only(ctx)
	if ent.IsNotFound(err) {
		return fault.New(fault.NotFound, "there is no profile %q", name).With("input.profile")
	}
	if err != nil {
		return fmt.Errorf("find profile: %w", err)
	}
	if j.policy.Model {
		return nil
	}
	if method.Model() {
		return fault.InvalidField("input.method", "needs a model, and none is set (LLM_MODEL)")
	}
	if method == "" && row.Method != nil && row.Method.Model() {
		return fault.InvalidField("input.profile", "the profile needs a model, and none is set (LLM_MODEL); a method of the input's own would do")
	}
	return nil
}

// checkTokens says what is wrong with the tokens that a model may take.
func checkTokens(n int) error {
	if n < 0 {
		return fault.InvalidField("input.modelTokens", "must be at least 1")
	}
	return nil
}

// draft is a job about to start.
type draft struct {
	kind     schema.JobType
	company  string
	params   schema.Params
	parent   *uuid.UUID
	common   Common
	identity any                         // the input as it was given, to tell it from others under the same key
	prepare  func(context.Context) error // checks it against what is stored; may be nil
	items    func(context.Context, *store.Tx) ([]queue.New, error)
	also     func(ctx context.Context, tx *store.Tx, id uuid.UUID) error // writes what else it needs; may be nil
}

// hash tells inputs apart.
func (d draft) hash() (string, error) {
	b, err := json.Marshal([]any{d.kind, d.identity, d.common.Priority})
	if err != nil {
		return "", fmt.Errorf("hash input: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}

func (j *Jobs) start(ctx context.Context, d draft) (*ent.Job, error) {
	key := d.common.IdempotencyKey
	if utf8.RuneCountInString(key) > maxKey {
		return nil, fault.InvalidField("input.idempotencyKey", "must have at most %d characters", maxKey)
	}
	hash, err := d.hash()
	if err != nil {
		return nil, err
	}
	if known, err := j.byKey(ctx, key, hash); known != nil || err != nil {
		return known, err
	}
	if d.prepare != nil {
		if err := d.prepare(ctx); err != nil {
			return nil, err
		}
	}
	var id uuid.UUID
	err = j.store.Tx(ctx, func(tx *store.Tx) error {
		id, err = j.insert(ctx, tx, d, hash)
		return err
	})
	if ent.IsConstraintError(err) { // the same key at the same time
		if known, err := j.byKey(ctx, key, hash); known != nil || err != nil {
			return known, err
		}
	}
	if err != nil {
		return nil, fmt.Errorf("start job: %w", err)
	}
	return j.store.Ent.Job.Get(ctx, id)
}

func (j *Jobs) byKey(ctx context.Context, key, hash string) (*ent.Job, error) {
	if key == "" {
		return nil, nil //nolint:nilnil // no key, no job, no error
	}
	known, err := j.store.Ent.Job.Query().Where(entjob.IdempotencyKey(key)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, nil //nolint:nilnil // the key is free
	case err != nil:
		return nil, fmt.Errorf("find job by key: %w", err)
	case known.InputHash != hash:
		return nil, ErrKeyUsed
	}
	return known, nil
}

func (j *Jobs) insert(ctx context.Context, tx *store.Tx, d draft, hash string) (uuid.UUID, error) {
	d.params.Trace = trace.Parent(ctx)
	create := tx.Ent.Job.Create().SetType(d.kind).SetPriority(d.common.Priority).SetParams(d.params).
		SetInputHash(hash).SetNillableParentID(d.parent).SetSeq(1)
	if d.company != "" {
		create.SetCompany(d.company)
	}
	if key := d.common.IdempotencyKey; key != "" {
		create.SetIdempotencyKey(key)
	}
	row, err := create.Save(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	items, err := d.items(ctx, tx)
	if err != nil {
		return uuid.Nil, err
	}
	if d.also != nil {
		if err := d.also(ctx, tx, row.ID); err != nil {
			return uuid.Nil, err
		}
	}
	added, err := queue.Put(ctx, tx, row.ID, d.common.Priority, items)
	if err != nil {
		return uuid.Nil, err
	}
	if added.Items == 0 {
		return uuid.Nil, ErrNoRetry // only a retry can come to this
	}
	err = errors.Join(
		tx.Ent.Job.UpdateOneID(row.ID).SetTotal(added.Items).Exec(ctx),
		tx.Ent.JobEvent.Create().SetJobID(row.ID).SetSeq(1).SetKind(schema.EventQueued).Exec(ctx),
	)
	tx.AfterCommit(func() { j.bus.Publish(event.Job(row.ID), event.Jobs, event.Queue) })
	return row.ID, err
}

// Link is a URL that becomes an item of a job.
type Link struct {
	URL   fetch.URL
	Depth int
	Score int // those of a domain with a larger score are read first; not negative
}

// route makes items of links. Those whose pages are fresh need no network, so
// they need not wait for their turn at their domain.
func (j *Jobs) route(ctx context.Context, tx *store.Tx, links []Link, force bool) ([]queue.New, error) {
	fresh := map[string]bool{}
	if !force {
		for chunk := range slices.Chunk(links, 500) {
			urls := make([]string, len(chunk))
			for i, l := range chunk {
				urls[i] = l.URL.String()
			}
			known, err := tx.Ent.Page.Query().Where(page.URLIn(urls...), j.Fresh()).Select(page.FieldURL).Strings(ctx)
			if err != nil {
				return nil, fmt.Errorf("find fresh pages: %w", err)
			}
			for _, u := range known {
				fresh[u] = true
			}
		}
	}
	items := make([]queue.New, len(links))
	for i, l := range links {
		items[i] = queue.New{URL: l.URL.String(), Depth: l.Depth, Step: schema.StepFetch, Lane: l.URL.Domain(), Score: l.Score, Pattern: l.URL.Pattern()}
		if fresh[items[i].URL] {
			items[i].Lane = ""
		}
	}
	return items, nil
}
