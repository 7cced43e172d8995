package job_test

import (
	"errors"
	"testing"

	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/queue"
	"techfacts.dev/techfacts/schema"
)

func TestDocumentsAreForgottenWhenTheirJobEnds(t *testing.T) {
	each(t, func(b *bench) {
		docs := []job.Document{{URL: "https://a.example/1", ContentType: "text/html", Body: []byte("<p>one")}, {URL: "https://a.example/2", ContentType: "text/html", Body: []byte("<p>two")}}
		kept := func() int { return b.store.Ent.Upload.Query().CountX(b.Context()) }
		begin := func() *ent.Job {
			row, err := b.jobs.StartImport(b.Context(), docs, schema.ScrapeParams{Company: "Acme", Profile: "general"}, job.Common{Priority: schema.PriorityNormal})
			if err != nil {
				b.Fatal(err)
			}
			if n := kept(); n != 2 {
				b.Errorf("%d documents wait", n)
			}
			return row
		}
		begin()
		b.finish(func(queue.Item) job.Result { return job.Result{Outcome: schema.EmptyContent, Reason: "nothing"} })
		if n := kept(); n != 0 {
			b.Errorf("%d documents are left of a job that has ended", n)
		}
		row := begin()
		if _, err := b.jobs.Cancel(b.Context(), row.ID); err != nil {
			b.Fatal(err)
		}
		if n := kept(); n != 0 {
			b.Errorf("%d documents are left of a job that was cancelled", n)
		}
		if _, err := b.jobs.Retry(b.Context(), row.ID); !errors.Is(err, job.ErrNoRetry) {
			b.Errorf("retry: %v", err)
		}
	})
}
