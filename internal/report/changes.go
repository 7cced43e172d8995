package report

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/report"
)

// Change is one difference between a report and the one before it.
type Change struct {
	Kind          string // ADDED, REMOVED or CHANGED
	Company       string
	About         string // a row of the table, or a category
	Before, After string
}

// Changes tells what is different from the report that the one of this id took the
// place of; nothing if it did not, or if that is gone. NOT_FOUND.
func (r *Reports) Changes(ctx context.Context, id uuid.UUID) ([]Change, error) {
	row, err := r.store.Ent.Report.Query().Where(report.ID(id)).Select(report.FieldID, report.FieldPreviousID).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	if row.PreviousID == nil {
		return nil, nil
	}
	before, err := r.Document(ctx, *row.PreviousID)
	if err != nil {
		return nil, err
	}
	after, err := r.Document(ctx, id)
	if err != nil {
		return nil, err
	}
	return diff(before, after), nil
}

// saying is what a document says at one place.
type saying struct{ company, about, text string }

// diff compares what two documents say: cell by cell of the table, and statement by
// statement of what is cited.
func diff(before, after *Document) (changes []Change) {
	cells := func(d *Document) (list []saying) {
		for _, s := range d.Table {
			for _, r := range s.Rows {
				for _, c := range r.Cells {
					text := c.Text
					if text == "" || c.State == Conflict || c.State == StatedNo {
						text = stateWords(c.State) + map[bool]string{true: ": " + text}[text != ""]
					}
					list = append(list, saying{c.Company, r.Label, text})
				}
			}
		}
		return list
	}
	old := cells(before)
	for _, now := range cells(after) {
		k := slices.IndexFunc(old, func(s saying) bool { return s.company == now.company && s.about == now.about })
		switch {
		case k < 0:
			changes = append(changes, Change{"ADDED", now.company, now.about, "", now.text})
		case old[k].text != now.text:
			changes = append(changes, Change{"CHANGED", now.company, now.about, old[k].text, now.text})
		}
		if k >= 0 {
			old = slices.Delete(old, k, k+1)
		}
	}
	for _, gone := range old {
		changes = append(changes, Change{"REMOVED", gone.company, gone.about, gone.text, ""})
	}
	facts := func(d *Document) map[saying]bool {
		m := map[saying]bool{}
		for _, c := range d.Citations {
			m[saying{c.Company, c.Category, c.Statement}] = true
		}
		return m
	}
	was, is := facts(before), facts(after)
	for _, c := range after.Citations {
		if !was[saying{c.Company, c.Category, c.Statement}] {
			changes = append(changes, Change{"ADDED", c.Company, titleOfCategory(c.Category), "", c.Statement})
		}
	}
	for _, c := range before.Citations {
		if !is[saying{c.Company, c.Category, c.Statement}] {
			changes = append(changes, Change{"REMOVED", c.Company, titleOfCategory(c.Category), c.Statement, ""})
		}
	}
	return changes
}
