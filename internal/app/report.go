package app

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/server"
	"techfacts.dev/techfacts/internal/store"
)

// catchUp makes the entries of comparisons for facts that are older than they.
func catchUp(ctx context.Context, s *store.Store, log *slog.Logger) {
	made, err := report.CatchUp(ctx, s)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		log.WarnContext(ctx, "comparisons lack facts until the next start", slog.Any("error", err))
	case made > 0:
		log.InfoContext(ctx, "read facts for comparisons", slog.Int("facts", made))
	}
}

// watchReports marks reports as stale soon after a fact that they cite has changed,
// until ctx ends.
func (p *parts) watchReports(ctx context.Context, tick time.Duration, log *slog.Logger) {
	hints, cancel := p.bus.Subscribe(event.Facts)
	defer cancel()
	timer := time.NewTicker(cmp.Or(5*tick, 10*time.Second))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hints:
		case <-timer.C:
		}
		if _, err := p.reports.Look(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "cannot look for stale reports", slog.Any("error", err))
		}
		select { // however often facts change
		case <-ctx.Done():
			return
		case <-time.After(cmp.Or(tick, time.Second)):
		}
	}
}

// errNoPrinter says that PDF files are to be had elsewhere.
var errNoPrinter = fault.New(fault.Unavailable, "this server has no Chromium to print with (SCRAPE_BROWSER): take another format, and print the HTML")

// reportFormats lists the formats that this process can give.
func (p *parts) reportFormats() []report.Format {
	if p.printer == nil {
		return report.Formats()
	}
	return append(report.Formats(), report.PDF)
}

// reportFile is a report as a file by its name: an id and the ending of a format.
func (p *parts) reportFile(ctx context.Context, name string) (f server.File, err error) {
	ext := path.Ext(name)
	id, err := uuid.Parse(strings.TrimSuffix(name, ext))
	if err != nil {
		return f, report.ErrNotFound
	}
	d, err := p.reports.Document(ctx, id)
	if err != nil {
		return f, err
	}
	format := report.Format(strings.TrimPrefix(ext, "."))
	rendered := format
	if format == report.PDF {
		if p.printer == nil {
			return f, errNoPrinter
		}
		rendered = report.HTML
	}
	var b bytes.Buffer
	if err := d.Render(&b, rendered); err != nil {
		return f, err
	}
	f = server.File{Name: d.FileName() + ext, Media: format.Media(), Policy: report.Policy(), Body: b.Bytes()}
	if format == report.PDF {
		f.Body, err = p.printer.Print(ctx, f.Body)
	}
	return f, err
}
