package job

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/upload"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// What an import may be.
const (
	maxDocuments = 200
	maxTitle     = 1000 // characters
)

// Document is what is handed in for the page of a URL.
type Document struct {
	URL, ContentType, Title string
	Body                    []byte
}

// StartImport starts a job that reads documents as the pages of their URLs and
// extracts their facts; in says whose they are and by which profile. They wait in
// the database until a worker has read them. It fails as StartScrape does.
func (j *Jobs) StartImport(ctx context.Context, docs []Document, in schema.ScrapeParams, c Common) (*ent.Job, error) {
	if len(docs) == 0 || len(docs) > maxDocuments {
		return nil, fault.InvalidField("input.documents", "must be 1 to %d documents", maxDocuments)
	}
	in = schema.ScrapeParams{Company: in.Company, Profile: in.Profile}
	known := map[fetch.URL]bool{}
	pages := make([]fetch.Response, len(docs))
	identity := make([]string, len(docs))
	for i, d := range docs {
		at := fmt.Sprintf("input.documents[%d]", i)
		u, err := fetch.ParseURL(d.URL)
		switch {
		case err != nil:
			return nil, fault.InvalidField(at+".url", "%s", fault.Of(err).Message)
		case known[u]:
			return nil, fault.InvalidField(at+".url", "another document has this URL")
		case len([]rune(d.Title)) > maxTitle:
			return nil, fault.InvalidField(at+".title", "must have at most %d characters", maxTitle)
		}
		if pages[i], err = fetch.Handed(u, d.ContentType, d.Body); err != nil {
			return nil, fault.InvalidField(at, "%s", fault.Of(err).Message)
		}
		known[u] = true
		in.URLs = append(in.URLs, u.String())
		identity[i] = fmt.Sprintf("%s %s %s %x", u, pages[i].ContentType, d.Title, sha256.Sum256(d.Body))
	}
	if _, err := Check(&in); err != nil {
		return nil, err
	}
	return j.start(ctx, draft{
		kind: schema.JobImport, company: in.Company, params: schema.Params{Scrape: &in}, common: c, identity: []any{in, identity},
		prepare: func(ctx context.Context) error { return j.checkProfile(ctx, in.Profile, in.Method) },
		items: func(context.Context, *store.Tx) ([]queue.New, error) {
			items := make([]queue.New, len(pages))
			for i, p := range pages {
				items[i] = queue.New{URL: p.URL.String(), Step: schema.StepFetch}
			}
			return items, nil
		},
		also: func(ctx context.Context, tx *store.Tx, id uuid.UUID) error {
			for i, p := range pages {
				err := tx.Ent.Upload.Create().SetJobID(id).SetURL(p.URL.String()).SetMediaType(p.ContentType).
					SetTitle(fetch.CleanText([]byte(docs[i].Title))).SetBody(p.Body).Exec(ctx)
				if err != nil {
					return fmt.Errorf("keep document: %w", err)
				}
			}
			return nil
		},
	})
}

// forget deletes the documents of a job that has ended.
func (c *changes) forget(ctx context.Context) error {
	if c.job.Type != schema.JobImport {
		return nil
	}
	if _, err := c.tx.Ent.Upload.Delete().Where(upload.JobID(c.job.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("forget documents: %w", err)
	}
	return nil
}
