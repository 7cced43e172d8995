package job_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/internal/job"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/schema"
)

// known stores a page of Acme.
func (b *bench) known() {
	b.Helper()
	if err := b.store.Tx(b.Context(), func(tx *store.Tx) error {
		return tx.Ent.Page.Create().SetURL("http://a.example/").SetDomain("a.example").SetCompany("Acme").Exec(b.Context())
	}); err != nil {
		b.Fatal(err)
	}
}

// wrote stores the report of a job, as its step does, and ends the job.
func (b *bench) wrote(row *ent.Job) *ent.Report {
	b.Helper()
	in := *row.Params.Report
	draft, err := report.Author{Store: b.store}.Write(b.Context(), in, job.ReportHash(in))
	if err != nil {
		b.Fatal(err)
	}
	if err := b.store.Tx(b.Context(), func(tx *store.Tx) error {
		if err := draft.Save(b.Context(), tx, row.ID); err != nil {
			return err
		}
		return tx.Ent.Job.UpdateOneID(row.ID).SetStatus(schema.JobCompleted).Exec(b.Context())
	}); err != nil {
		b.Fatal(err)
	}
	return b.store.Ent.Report.GetX(b.Context(), in.ID)
}

func (b *bench) report() *ent.Report {
	b.Helper()
	row, err := b.jobs.StartReport(b.Context(), schema.ReportParams{Type: schema.ReportSingle, Companies: []string{"Acme"}, Format: schema.FormatMarkdown, MaxFactsPerSection: 5, MaxFacts: 9}, job.Common{Priority: schema.PriorityNormal})
	if err != nil {
		b.Fatal(err)
	}
	return b.wrote(row)
}

func (b *bench) refresh(id uuid.UUID) *ent.Job {
	b.Helper()
	row, err := b.jobs.RefreshReport(b.Context(), id, 20, 200)
	if err != nil {
		b.Fatal(err)
	}
	return row
}

func (b *bench) stale(id uuid.UUID) {
	b.Helper()
	if err := b.store.Tx(b.Context(), func(tx *store.Tx) error {
		return tx.Ent.Report.UpdateOneID(id).SetStale(true).SetStaleReason("so").Exec(b.Context())
	}); err != nil {
		b.Fatal(err)
	}
}

func TestARefreshOfAReportThatWouldBeTheSameGivesIt(t *testing.T) {
	each(t, func(b *bench) {
		b.known()
		first := b.report()
		if got := b.refresh(first.ID); got.ID != *first.JobID {
			b.Errorf("a refresh of a fresh report is another job, for report %s", got.Params.Report.ID)
		}
		b.stale(first.ID)
		second := b.wrote(b.refresh(first.ID))
		if second.Version != 2 || *second.PreviousID != first.ID {
			b.Errorf("of a stale one there is version %d", second.Version)
		}
		if got := b.refresh(first.ID); got.ID != *second.JobID {
			b.Error("the first is refreshed again, though the second is fresh")
		}
		withModel := job.New(b.store, b.bus, job.Policy{Model: true})
		if got, err := withModel.RefreshReport(b.Context(), first.ID, 20, 200); err != nil || got.ID == *second.JobID || *got.Params.Report.Previous != second.ID {
			b.Errorf("without prose, where there is a model now, it is not written anew (%v)", err)
		}
	})
}

func TestRefreshesOfAReportAtOnceAreOneJob(t *testing.T) {
	each(t, func(b *bench) {
		b.known()
		first := b.report()
		b.stale(first.ID)
		const n = 8
		var jobs [n]*ent.Job
		var errs [n]error
		var group sync.WaitGroup
		for i := range n {
			group.Go(func() { jobs[i], errs[i] = b.jobs.RefreshReport(b.Context(), first.ID, 20, 200) })
		}
		group.Wait()
		for i := range n {
			if errs[i] != nil || jobs[i].ID != jobs[0].ID {
				b.Fatalf("refresh %d is %v, not %v (%v)", i, jobs[i], jobs[0], errs[i])
			}
		}
		second := b.wrote(jobs[0])
		b.stale(second.ID)
		if third := b.wrote(b.refresh(first.ID)); third.Version != 3 || *third.PreviousID != second.ID {
			b.Errorf("a refresh of the first is version %d", third.Version)
		}
	})
}

// A job that failed may be retried after another has done the same.
func TestTwoReportsInThePlaceOfOneFollowEachOther(t *testing.T) {
	each(t, func(b *bench) {
		b.known()
		first := b.report()
		var drafts []*report.Draft
		for range 3 {
			in := schema.ReportParams{ID: schema.NewID(schema.KindReport), Previous: &first.ID, Type: schema.ReportSingle, Companies: []string{"Acme"}, Format: schema.FormatMarkdown, MaxFactsPerSection: 5, MaxFacts: 9}
			draft, err := report.Author{Store: b.store}.Write(b.Context(), in, job.ReportHash(in))
			if err != nil {
				b.Fatal(err)
			}
			drafts = append(drafts, draft)
		}
		var group sync.WaitGroup
		for _, draft := range drafts {
			group.Go(func() {
				if err := b.store.Tx(b.Context(), func(tx *store.Tx) error { return draft.Save(b.Context(), tx, *first.JobID) }); err != nil {
					b.Error(err)
				}
			})
		}
		group.Wait()
		line, last := map[int]uuid.UUID{}, first
		for _, r := range b.store.Ent.Report.Query().AllX(b.Context()) {
			line[r.Version] = r.ID
		}
		if len(line) != 4 {
			b.Fatalf("versions are %v", line)
		}
		for v := 2; v <= 4; v++ {
			r := b.store.Ent.Report.GetX(b.Context(), line[v])
			if *r.PreviousID != last.ID {
				b.Errorf("version %d takes the place of version %d", v, b.store.Ent.Report.GetX(b.Context(), *r.PreviousID).Version)
			}
			last = r
		}
	})
}
