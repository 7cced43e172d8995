package report

import (
	"context"
	"fmt"
	"slices"
)

// cover tells how much of each company was read, what is known of the rows, and what was not read and why: of
// each URL as the last job that came across it left it.
func (c *composing) cover(ctx context.Context) error {
	rows := slices.Concat(c.table.Rows, c.table.Unstated)
	slices.SortStableFunc(rows, func(a, b Row) int { return orderOfCategory(a.Category, b.Category) })
	for i, company := range c.table.Companies {
		v := Coverage{
			Company: company.Name, Pages: company.Pages, Newest: company.Newest, Oldest: company.Oldest,
			Stated: company.Stated, StatedNo: company.StatedNo, Conflicts: company.Conflicts, Lone: company.Lone,
			NotDocumented: company.NotDocumented, NothingAlike: company.NothingAlike, NotRead: company.NotRead,
		}
		for _, r := range rows {
			if n := len(v.Kinds); n == 0 || v.Kinds[n-1].Title != r.Title {
				v.Kinds = append(v.Kinds, SectionRead{Title: r.Title})
			}
			k := &v.Kinds[len(v.Kinds)-1]
			k.Rows++
			if r.Cells[i].State != NotRead {
				k.Read = true
			}
			if len(r.Cells[i].Entries) > 0 {
				k.Stated++
			}
		}
		c.Coverage = append(c.Coverage, v)
	}
	return c.skipped(ctx)
}

func (c *composing) skipped(ctx context.Context) error {
	rows, err := c.store.Rows(ctx, `select company, outcome, min(reason), count(*) from (
  select j.company, i.url, i.outcome, coalesce(i.reason, '') as reason, row_number() over (partition by j.company, i.url order by i.id desc) as place
  from job_items i join jobs j on j.id = i.job_id where j.type = 'SCRAPE' and j.company in (`+marks(len(c.in.Companies))+`) and i.outcome is not null
) x where place = 1 and outcome not in ('STORED', 'UNCHANGED', 'EXTRACTED', 'DUPLICATE') group by company, outcome order by company, count(*) desc, outcome`, anys(c.in.Companies)...)
	if err != nil {
		return fmt.Errorf("read what was skipped: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var company string
		var s Skipped
		if err := rows.Scan(&company, &s.Outcome, &s.Reason, &s.Pages); err != nil {
			return fmt.Errorf("read what was skipped: %w", err)
		}
		for i := range c.Coverage {
			if c.Coverage[i].Company == company {
				c.Coverage[i].Skipped = append(c.Coverage[i].Skipped, s)
			}
		}
	}
	return rows.Err()
}
