package worker

import (
	"context"
	"fmt"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/upload"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// handed reads the document that was handed in for the page of an item, as fetch
// reads what has come from its server. Nobody is asked: not for robots.txt, not for
// where the document says that it should be.
func (s Steps) handed(ctx context.Context, t task) (job.Save, error) {
	v, err := s.visit(ctx, t)
	if err != nil {
		return nil, err
	}
	doc, err := within(ctx, s.Ent.Upload.Query().Where(upload.JobID(t.JobID), upload.URL(t.URL)).Only)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "the document is not there any more")
	}
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	v.CanonicalOf = ignored
	v.title = doc.Title
	v.response = fetch.Response{
		URL: v.own, ContentType: doc.MediaType, Body: doc.Body, Bytes: int64(len(doc.Body)), Fetcher: schema.FetcherImport,
	}
	save, err := v.read(ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *store.Tx, row *ent.Job) (job.Result, error) {
		if _, err := tx.Ent.Upload.Delete().Where(upload.ID(doc.ID)).Exec(ctx); err != nil {
			return job.Result{}, fmt.Errorf("forget document: %w", err)
		}
		return save(ctx, tx, row)
	}, nil
}
