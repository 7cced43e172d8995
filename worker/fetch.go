package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/internal/change"
	"techfacts.dev/techfacts/internal/crawl"
	"techfacts.dev/techfacts/internal/document"
	"techfacts.dev/techfacts/internal/extract"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

const (
	maxRedirects = 5 // and canonical links, of one item
)

// fetch reads the page of an item. A page is found by its URL and a snapshot by
// its text, so doing it again changes nothing.
func (s Steps) fetch(ctx context.Context, t task) (job.Save, error) {
	if t.job.Type == schema.JobImport {
		return s.handed(ctx, t)
	}
	v, err := s.visit(ctx, t)
	if err != nil {
		return nil, err
	}
	switch taken, err := v.taken(ctx); {
	case err != nil:
		return nil, err
	case taken && v.canonical() && !printOf(v.known).Same(crawl.ParsePrint(v.CanonicalOf)):
		return settled(v.back()), nil
	case taken:
		return v.twin(v.known), nil
	}
	if v.fresh() {
		return v.unchanged(0, "read "+v.known.FetchedAt.Format(time.RFC3339)+", still fresh"), nil
	}
	if t.Lane != v.target.Domain() {
		return settled(v.again(t.Fetcher)), nil // its turn at its domain comes first
	}
	if led, ok := v.hops.known(v.JobID, v.target); ok {
		v.response = led
		return v.redirected(), nil
	}
	web, err := v.web()
	if err != nil {
		return nil, err
	}
	request := fetch.Request{URL: v.target, Lane: t.Lane}
	if v.known != nil && v.known.URL == v.target.String() {
		request.ETag, request.LastModified = v.known.Etag, v.known.LastModified
	}
	response, err := web.Fetch(ctx, request)
	if failure, ok := errors.AsType[*fetch.Failure](err); ok {
		if failure.Challenge && v.may(schema.FetcherFlareSolverr) {
			return settled(v.again(schema.FetcherFlareSolverr)), nil
		}
		return v.failed(failure), nil
	}
	if err != nil {
		return nil, err
	}
	defer response.Close()
	v.response = response
	switch {
	case response.Redirect != (fetch.URL{}):
		return v.redirected(), nil
	case response.NotModified && request.ETag+request.LastModified != "":
		return v.unchanged(http.StatusNotModified, "not modified"), nil
	}
	return v.read(ctx)
}

// visit is one item's way to its page.
type visit struct {
	Steps
	task
	own      fetch.URL // of the item
	target   fetch.URL // what is asked for
	known    *ent.Page // the page stored for target, with its snapshot; nil if there is none
	scope    fetch.Scope
	title    string // of the page; if empty, as its document says
	response fetch.Response
}

func (s Steps) visit(ctx context.Context, t task) (*visit, error) {
	v := &visit{Steps: s, task: t}
	var err error
	if v.own, err = fetch.ParseURL(t.URL); err != nil {
		return nil, err
	}
	v.target = v.own
	if t.Location != "" {
		if v.target, err = fetch.ParseURL(t.Location); err != nil {
			return nil, err
		}
	}
	if v.known, err = v.find(ctx, v.target); err != nil {
		return nil, err
	}
	limits := t.job.Params.Scrape.Crawl
	if limits == nil {
		return v, nil
	}
	// Where a given URL was redirected to is part of the site.
	roots, err := within(ctx, func(ctx context.Context) ([]string, error) { return s.Jobs.Roots(ctx, t.job.Job) })
	if err != nil {
		return nil, err
	}
	var seeds []fetch.URL
	for _, raw := range append(roots, t.job.Params.Scrape.URLs...) {
		u, err := fetch.ParseURL(raw)
		if err != nil {
			return nil, err
		}
		seeds = append(seeds, u)
	}
	v.scope, err = fetch.NewScope(seeds, *limits)
	return v, err
}

// fresh reports whether the page that is stored will do.
func (v *visit) fresh() bool {
	return v.known != nil && !v.job.Params.Scrape.Force && v.isFresh(v.known)
}

func (v *visit) isFresh(p *ent.Page) bool {
	return time.Since(p.FetchedAt) < v.Jobs.Freshness() && p.Status == schema.PageActive
}

// settled is a save that writes nothing of its own.
func settled(r job.Result) job.Save {
	return func(context.Context, *store.Tx, *ent.Job) (job.Result, error) { return r, nil }
}

// observed lets the limiter know how the domain took the request, then saves.
func (v *visit) observed(o fetch.Observation, save job.Save) job.Save {
	return v.observedAt(v.target, o, save)
}

func (v *visit) observedAt(u fetch.URL, o fetch.Observation, save job.Save) job.Save {
	return func(ctx context.Context, tx *store.Tx, row *ent.Job) (job.Result, error) {
		if err := v.Limiter.Observe(ctx, tx, u.Domain(), o); err != nil {
			return job.Result{}, err
		}
		return save(ctx, tx, row)
	}
}

func (v *visit) failed(f *fetch.Failure) job.Save {
	result := job.Result{
		Outcome: f.Outcome, Reason: f.Reason, HTTPStatus: f.Status, Temporary: f.Temporary, RetryAfter: f.RetryAfter,
	}
	if v.canonical() {
		result = v.back()
	}
	return v.observed(fetch.Observation{Status: f.Status, RetryAfter: f.RetryAfter, CrawlDelay: f.CrawlDelay},
		func(ctx context.Context, tx *store.Tx, _ *ent.Job) (job.Result, error) {
			if v.known != nil && v.known.URL == v.target.String() && (f.Status == http.StatusNotFound || f.Status == http.StatusGone) {
				if err := v.gone(ctx, tx); err != nil {
					return job.Result{}, err
				}
			}
			return result, nil
		})
}

// gone marks the page, and what it stated. Both come back if it does.
func (v *visit) gone(ctx context.Context, tx *store.Tx) error {
	if err := tx.Ent.Page.UpdateOneID(v.known.ID).SetStatus(schema.PageGone).Exec(ctx); err != nil {
		return fmt.Errorf("mark page as gone: %w", err)
	}
	return v.silence(ctx, tx, v.known.ID)
}

// silence removes what a page states. Who calls it has its lock.
func (v *visit) silence(ctx context.Context, tx *store.Tx, pageID uuid.UUID) error {
	ids, err := tx.Ent.Fact.Query().Where(fact.PageID(pageID)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("find facts of the page: %w", err)
	}
	_, err = change.Remove(ctx, tx, v.JobID, ids, schema.Now())
	return err
}

// redirected sends the item to where it was led, in the lane of the domain. A
// site that was moved elsewhere has its sitemaps there.
func (v *visit) redirected() job.Save {
	to := v.response.Redirect
	v.hops.note(v.JobID, v.target, v.response)
	result := job.Result{Next: schema.StepFetch, Lane: to.Domain(), Location: to.String(), HTTPStatus: v.response.Status, Bytes: v.response.Bytes}
	switch ok, why := v.allows(to); {
	case v.canonical():
		result = v.back()
	case v.Redirects >= maxRedirects:
		result = job.Result{Outcome: schema.HTTPError, Reason: "too many redirects", HTTPStatus: v.response.Status}
	case !ok:
		result = job.Result{Outcome: schema.OutOfScope, Reason: "redirected to " + to.String() + ": " + why, HTTPStatus: v.response.Status}
	case v.Depth == 0 && v.Sitemaps != nil && to.Domain() != v.target.Domain():
		result.Next, result.Sitemaps = schema.StepDiscover, []string{}
	}
	save := settled(result)
	if known := v.known; known != nil && known.URL == v.target.String() && moved(v.response.Status) {
		save = func(ctx context.Context, tx *store.Tx, _ *ent.Job) (job.Result, error) {
			return result, tx.Ent.Page.UpdateOneID(known.ID).SetStatus(schema.PageGone).Exec(ctx) // what it states is looked for where it leads
		}
	}
	return v.observed(fetch.Observation{Status: v.response.Status, CrawlDelay: v.response.CrawlDelay}, save)
}

// moved reports redirects for good.
func moved(status int) bool {
	return status == http.StatusMovedPermanently || status == http.StatusPermanentRedirect
}

// forwarded tells where the page leads by itself. A document that was handed in is
// where it is.
func (v *visit) forwarded(doc document.Document) (to fetch.URL, ok bool) {
	if doc.Refresh == "" || v.job.Type == schema.JobImport {
		return fetch.URL{}, false
	}
	to, err := crawl.Base(doc, v.response.URL).Resolve(doc.Refresh)
	return to, err == nil && to != v.response.URL
}

// allows says whether the job may read u. What was given by name it may follow
// wherever it leads.
func (v *visit) allows(u fetch.URL) (ok bool, why string) {
	if v.Depth == 0 || v.job.Params.Scrape.Crawl == nil {
		return true, ""
	}
	return v.scope.Allows(u)
}

// wants reports whether the job keeps pages in a language. One that is not known
// is kept.
func (v *visit) wants(language string) bool {
	wanted := v.job.Params.Scrape.Languages
	return len(wanted) == 0 || language == "" || slices.Contains(wanted, language)
}

// unchanged goes on with the page that is stored. Status is 0 if its server was
// not asked.
func (v *visit) unchanged(status int, reason string) job.Save {
	observe := func(save job.Save) job.Save {
		if status == 0 {
			return save
		}
		return v.observed(fetch.Observation{Status: status, CrawlDelay: v.response.CrawlDelay}, save)
	}
	if v.canonical() && !printOf(v.known).Same(crawl.ParsePrint(v.CanonicalOf)) {
		return observe(settled(v.back()))
	}
	found := v.followAt(v.known.Links, v.Depth)
	return observe(func(ctx context.Context, tx *store.Tx, row *ent.Job) (job.Result, error) {
		if !v.wants(v.known.Language) {
			return job.Result{Outcome: schema.LanguageFiltered, Reason: "its language is " + v.known.Language}, nil
		}
		if exhausted(row) {
			return noBudget(row), nil
		}
		if status != 0 {
			if err := tx.Ent.Page.Update().Where(page.ID(v.known.ID)).SetFetchedAt(schema.Now()).SetStatus(schema.PageActive).Exec(ctx); err != nil {
				return job.Result{}, fmt.Errorf("update page: %w", err)
			}
		}
		if err := errors.Join(v.belongs(ctx, tx, v.known), v.alias(ctx, tx, v.known.ID, v.known.URL)); err != nil {
			return job.Result{}, err
		}
		result, err := v.onward(ctx, tx, v.known.ID, schema.Unchanged, found)
		result.Reason, result.HTTPStatus, result.Bytes, result.SimHash = cmp.Or(result.Reason, reason), status, v.response.Bytes, v.known.Simhash
		return result, err
	})
}

// read makes a document of the response, and a save that keeps it.
func (v *visit) read(ctx context.Context) (job.Save, error) {
	r := v.response
	observation := fetch.Observation{Status: r.Status, CrawlDelay: r.CrawlDelay}
	ends := func(o schema.Outcome, reason string, found ...job.Link) (job.Save, error) {
		return v.observed(observation, settled(job.Result{
			Outcome: o, Reason: reason, HTTPStatus: r.Status, Bytes: r.Bytes, Found: found, Follow: v.followAt,
		})), nil
	}
	if ok, why := v.allows(r.URL); !ok {
		return ends(schema.OutOfScope, "redirected to "+r.URL.String()+": "+why)
	}
	if v.may(schema.FetcherBrowser) && document.Shell(r.ContentType, r.Body) {
		return v.observed(observation, settled(v.again(schema.FetcherBrowser))), nil
	}
	doc, err := v.Documents.Read(ctx, r.ContentType, r.Body)
	if fault.Is(err, fault.Invalid) {
		return ends(schema.UnsupportedType, fault.Of(err).Message)
	}
	if err != nil {
		return nil, err
	}
	if to, ok := v.forwarded(doc); ok {
		v.response.Redirect = to
		return v.redirected(), nil
	}
	if doc.NoIndex, doc.NoFollow, err = v.heeded(ctx, doc.NoIndex || r.NoIndex, doc.NoFollow || r.NoFollow); err != nil {
		return nil, err
	}
	doc.Title = cmp.Or(v.title, doc.Title)
	links, texts := crawl.Links(doc, r.URL)
	found := v.follow(links, texts)
	marks := document.MarksOf(doc.Text)
	says, err := v.says(ctx, doc.Text, marks)
	if err != nil {
		return nil, err
	}
	switch {
	case doc.NoIndex:
		return ends(schema.RobotsBlocked, "the page asks not to be kept (noindex)", found...)
	case !v.wants(doc.Language):
		return ends(schema.LanguageFiltered, "its language is "+doc.Language, found...)
	case !says:
		return ends(schema.EmptyContent, "there is no text of its own on the page", found...)
	}
	sign := crawl.PrintOf(doc.Text)
	if aside, err := v.elsewhere(ctx, doc, sign); aside != nil || err != nil {
		return v.observed(observation, aside), err
	}
	return v.observed(observation, func(ctx context.Context, tx *store.Tx, row *ent.Job) (job.Result, error) {
		if exhausted(row) {
			return noBudget(row), nil
		}
		result, err := v.place(ctx, tx, reading{doc, sign, marks, links}, found)
		result.HTTPStatus, result.Bytes, result.SimHash = r.Status, r.Bytes, sign.SimHash
		return result, err
	}), nil
}

// says reports whether a text says anything of its own. What is boilerplate of the
// domain is asked for only if it matters.
func (v *visit) says(ctx context.Context, text string, marks document.Marks) (bool, error) {
	if document.Says(text, marks, marks.All()) {
		return true, nil
	}
	common, err := patiently(ctx, func(ctx context.Context) (document.Boilerplate, error) {
		return extract.BoilerplateOf(ctx, v.Ent, v.response.URL.Domain())
	})
	return err == nil && document.Says(text, marks, common), err
}

// heeded gives what counts of what a page asks for: nothing if it was handed in.
func (v *visit) heeded(ctx context.Context, noIndex, noFollow bool) (bool, bool, error) {
	if !noIndex && !noFollow || v.job.Type == schema.JobImport {
		return false, false, nil
	}
	heed, err := patiently(ctx, func(ctx context.Context) (bool, error) { return v.Limiter.RobotsMeta(ctx, v.target.Domain()) })
	return noIndex && heed, noFollow && heed, err
}

func exhausted(row *ent.Job) bool {
	limits := row.Params.Scrape.Crawl
	return limits != nil && row.Stored >= limits.MaxPages
}

func noBudget(row *ent.Job) job.Result {
	return job.Result{Outcome: schema.BudgetExhausted, Reason: fmt.Sprintf("the job had its %d pages", row.Params.Scrape.Crawl.MaxPages)}
}
