package report

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unique"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/entry"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/predicate"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/store"
)

// reader reads what comparisons are made of.
type reader struct {
	store   *store.Store
	profile *uuid.UUID
	asOf    *time.Time // nil: now
	names   []string   // of the companies
}

// hasEntries holds for facts whose entries are of this version.
func hasEntries() predicate.Fact {
	return func(s *entsql.Selector) {
		t := entsql.Table(entry.Table)
		s.Where(entsql.In(s.C(fact.FieldID), entsql.Select(t.C(entry.FieldFactID)).From(t).Where(entsql.EQ(t.C(entry.FieldVersion), Version))))
	}
}

// absent makes NOT_FOUND of what ent says when there is no such row.
func absent(err error, field, format string, args ...any) error {
	if ent.IsNotFound(err) {
		return fault.Wrap(fault.NotFound, err, format, args...).With(field)
	}
	return err
}

// companies finds the columns, with what is known of their pages.
func (r *reader) companies(ctx context.Context, q Question) ([]Company, error) {
	if len(q.Companies) > MaxCompanies {
		return nil, fault.InvalidField("input.companies", "must be 1 to %d companies", MaxCompanies)
	}
	query, args := r.pages(q.Companies)
	rows, err := r.store.Rows(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read companies: %w", err)
	}
	defer rows.Close()
	var found []Company
	for rows.Next() {
		var c Company
		var newest, oldest any
		if err := rows.Scan(&c.Name, &c.Pages, &newest, &oldest); err != nil {
			return nil, fmt.Errorf("read companies: %w", err)
		}
		c.Newest, c.Oldest = timeOf(newest), timeOf(oldest)
		found = append(found, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read companies: %w", err)
	}
	if q.All {
		switch {
		case len(found) == 0:
			return nil, fault.New(fault.NotFound, "no page of any company is stored%s", r.then()).With("input.all")
		case len(found) > MaxCompanies:
			return nil, fault.InvalidField("input.all", "there are %d companies, and at most %d can be compared: name them", len(found), MaxCompanies)
		}
		return found, nil
	}
	ordered := make([]Company, 0, len(q.Companies))
	for i, name := range q.Companies {
		if slices.Contains(q.Companies[:i], name) {
			return nil, fault.InvalidField(fmt.Sprintf("input.companies[%d]", i), "%q stands there twice", name)
		}
		k := slices.IndexFunc(found, func(c Company) bool { return c.Name == name })
		if k < 0 {
			return nil, stranger(ctx, r.store, i, name, r.then())
		}
		ordered = append(ordered, found[k])
	}
	return ordered, nil
}

// then are the words that say that it is about the past.
func (r *reader) then() string {
	if r.asOf == nil {
		return ""
	}
	return " of that time"
}

// pages is the query for what is known of the pages of companies, of all if none is
// named: as they are, or as their texts were at a time.
func (r *reader) pages(companies []string) (query string, args []any) {
	where := ""
	if len(companies) > 0 {
		where = " and p.company in (" + marks(len(companies)) + ")"
		args = anys(companies)
	}
	from := "(select p.company, p.fetched_at as at from pages p where true" + where + ")"
	if r.asOf != nil {
		from = "(select p.company, max(s.fetched_at) as at from pages p join snapshots s on s.page_id = p.id where true" + where + " and s.fetched_at <= ? group by p.company, p.id)"
		args = append(args, r.asOf.UTC())
	}
	return "select company, count(*), max(at), min(at) from " + from + " x group by company order by company", args
}

// timeOf reads an aggregate of times, which SQLite gives as text.
func timeOf(v any) time.Time {
	switch v := v.(type) {
	case time.Time:
		return v.UTC()
	case string:
		for _, layout := range []string{"2006-01-02 15:04:05.999999999-07:00", time.RFC3339Nano} {
			if t, err := time.Parse(layout, v); err == nil {
				return t.UTC()
			}
		}
	}
	return time.Time{}
}

// counted is the condition on facts for their entries to count: they hold, or
// held at the time, as for facts(asOf), and are of the profile.
func (r *reader) counted(args []any) (string, []any) {
	condition := " and f.status = 'ACTIVE'"
	if r.asOf != nil {
		at := r.asOf.UTC()
		condition = ` and f.status <> 'REJECTED' and (f.began_at <= ? and (f.ended_at is null or f.ended_at > ?)
    or exists (select 1 from intervals i where i.fact_id = f.id and i.began_at <= ? and i.ended_at > ?))`
		args = append(args, at, at, at, at)
	}
	if r.profile != nil {
		condition += " and f.profile_id = ?"
		args = append(args, *r.profile)
	}
	return condition, args
}

// halves reads for the one half of the companies and for the other at once, where
// that takes two connections and two processors, and calls read for all of them if not.
func (r *reader) halves(ctx context.Context, read func(context.Context, *reader) error) error {
	n := len(r.names) / 2
	if !r.store.Postgres() || n == 0 {
		return read(ctx, r)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, names := range [][]string{r.names[:n], r.names[n:]} {
		half := *r
		half.names = names
		group.Go(func() error { return read(ctx, &half) })
	}
	return group.Wait()
}

// columns gives each company its place among them.
func (r *reader) columns() map[string]int {
	columns := make(map[string]int, len(r.names))
	for i, name := range r.names {
		columns[name] = i
	}
	return columns
}

// present tells which rows each company says something in.
func (r *reader) present(ctx context.Context) (map[place]bool, error) { return r.places(ctx, true) }

// candidates tells which rows each company may say something in: it has entries there,
// which may be of facts that do not count.
func (r *reader) candidates(ctx context.Context) (map[place]bool, error) { return r.places(ctx, false) }

func (r *reader) places(ctx context.Context, counted bool) (map[place]bool, error) {
	found, columns := map[place]bool{}, r.columns()
	var mu sync.Mutex
	return found, r.halves(ctx, func(ctx context.Context, part *reader) error {
		query, args := part.keys(counted)
		rows, err := r.store.Rows(ctx, query, args...)
		if err != nil {
			return fmt.Errorf("find rows: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var company, key string
			if err := rows.Scan(&company, &key); err != nil {
				return fmt.Errorf("find rows: %w", err)
			}
			mu.Lock()
			found[place{columns[company], key}] = true
			mu.Unlock()
		}
		return rows.Err()
	})
}

// keys is the query of places. On PostgreSQL it jumps from key to key of the index, however many
// entries stand between them.
func (r *reader) keys(counted bool) (string, []any) {
	condition, args := "", anys(r.names)
	if counted {
		condition, args = r.counted(args)
	}
	switch {
	case r.store.Postgres():
		query := `with recursive company(name) as (values ` + tuples(len(r.names)) + `),
key(company, attribute) as (
  select c.name, (select min(e.attribute) from entries e where e.company = c.name) from company c
  union all
  select k.company, (select min(e.attribute) from entries e where e.company = k.company and e.attribute > k.attribute) from key k where k.attribute is not null
)
select k.company, k.attribute from key k`
		if counted {
			query += ` cross join lateral (
  select 1 from entries e join facts f on f.id = e.fact_id where e.company = k.company and e.attribute = k.attribute` + condition + `
  order by e.confidence desc, e.fact_id desc limit 1) x`
		}
		return query + ` where k.attribute is not null`, args
	case counted:
		return `select distinct e.company, e.attribute from entries e join facts f on f.id = e.fact_id where e.company in (` + marks(len(r.names)) + `)` + condition, args
	}
	return `select distinct company, attribute from entries where company in (` + marks(len(r.names)) + `)`, args
}

// covered tells of which sections each company has facts with entries, whatever they say: pages
// with something of that kind were read. It jumps from category to category of the index, on either database;
// a limit keeps PostgreSQL from joining all of them.
func (r *reader) covered(ctx context.Context) (map[place]bool, error) {
	condition, args := r.counted(anys(r.names))
	rows, err := r.store.Rows(ctx, `with recursive company(name) as (values `+tuples(len(r.names))+`),
kind(company, category) as (
  select c.name, (select min(f.category) from facts f where f.company = c.name) from company c
  union all
  select k.company, (select min(f.category) from facts f where f.company = k.company and f.category > k.category) from kind k where k.category is not null
)
select k.company, k.category from kind k where k.category is not null
  and (select 1 from facts f where f.company = k.company and f.category = k.category`+condition+`
    and (select 1 from entries e where e.fact_id = f.id limit 1) is not null limit 1) is not null`, args...)
	if err != nil {
		return nil, fmt.Errorf("find categories: %w", err)
	}
	defer rows.Close()
	found, columns := map[place]bool{}, r.columns()
	for rows.Next() {
		var company, category string
		if err := rows.Scan(&company, &category); err != nil {
			return nil, fmt.Errorf("find categories: %w", err)
		}
		found[place{columns[company], sectionOf(rest(category)).key}] = true
	}
	return found, rows.Err()
}

// said reads the surest n entries of each company and key.
func (r *reader) said(ctx context.Context, keys []string, n int) (map[place][]Said, error) {
	all, columns := map[place][]Said{}, r.columns()
	if len(keys) == 0 {
		return all, nil
	}
	var mu sync.Mutex
	return all, r.halves(ctx, func(ctx context.Context, part *reader) error {
		query, args := part.surest(keys, n)
		rows, err := r.store.Rows(ctx, query, args...)
		if err != nil {
			return fmt.Errorf("read entries: %w", err)
		}
		defer rows.Close()
		said, limits := map[place][]Said{}, newLimits()
		for rows.Next() {
			company, key, s, err := scanSaid(rows, limits)
			if err != nil {
				return fmt.Errorf("read entries: %w", err)
			}
			at := place{columns[company], key}
			said[at] = append(said[at], s)
		}
		for _, list := range said {
			orderWithin(list)
		}
		mu.Lock()
		maps.Copy(all, said)
		mu.Unlock()
		return rows.Err()
	})
}

// orderWithin orders what one fact says several times of a row, which the database does not.
func orderWithin(said []Said) {
	for i := 0; i < len(said); {
		end := i + 1
		for end < len(said) && said[end].Fact == said[i].Fact {
			end++
		}
		slices.SortFunc(said[i:end], func(a, b Said) int { return a.Apart().compare(b.Apart()) })
		i = end
	}
}

// limitsByText are what limits entries, as it was read, by its text: there is little. Qualifiers are
// shared, and not to be written to.
type limitsByText struct {
	qualifiers map[string]map[string]string
	aparts     map[string]unique.Handle[Apart]
}

func newLimits() limitsByText {
	return limitsByText{map[string]map[string]string{}, map[string]unique.Handle[Apart]{}}
}

func (known limitsByText) apart(raw []byte) (unique.Handle[Apart], error) {
	if h, ok := known.aparts[string(raw)]; ok {
		return h, nil
	}
	a, err := apartOf(string(raw))
	h := unique.Make(a)
	if err == nil {
		known.aparts[string(raw)] = h
	}
	return h, err
}

func (known limitsByText) read(raw []byte) (map[string]string, error) {
	if limits, ok := known.qualifiers[string(raw)]; ok {
		return limits, nil
	}
	limits := map[string]string{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &limits); err != nil {
			return nil, err
		}
	}
	if limits == nil { // it was null
		limits = map[string]string{}
	}
	delete(limits, "endpoint")
	known.qualifiers[string(raw)] = limits
	return limits, nil
}

// scanSaid reads one row of said.
func scanSaid(rows *sql.Rows, limits limitsByText) (company, key string, s Said, err error) {
	var value, quals, apart sql.RawBytes
	if err := rows.Scan(&company, &key, &s.Fact, &s.URL, &s.Statement, &apart, &s.Denies, &value, &quals, &s.confidence, &s.seen); err != nil {
		return "", "", s, err
	}
	if len(value) > 0 {
		err = json.Unmarshal(value, &s.Value)
	}
	if err == nil {
		s.Limits, err = limits.read(quals)
	}
	if err == nil {
		s.apart, err = limits.apart(apart)
	}
	if err != nil {
		return "", "", s, err
	}
	s.seen = s.seen.UTC()
	s = s.limited()
	s.Text = wordEntry(s, attributes().byKey[key])
	return company, key, s, nil
}

// limited is the entry with what tells it apart among its limits: the plan of one of several
// values, if it is limited to one, and the heads of a row and a column.
func (s Said) limited() Said {
	apart := s.Apart()
	row, column, plan := asWorded(s.Statement, apart.Row), columnOf(s.Statement, apart), apart.Plan
	if strings.EqualFold(plan, s.Limits["plan"]) {
		plan = ""
	}
	elsewhere := apart.Plan == "" && s.Limits["plan"] != ""
	if row == "" && column == "" && plan == "" && !elsewhere {
		return s
	}
	s.Limits = maps.Clone(s.Limits) // they are shared
	if elsewhere {
		delete(s.Limits, "plan")
	}
	for _, q := range [][2]string{{"row", row}, {"column", column}, {"plan", asWorded(s.Statement, plan)}} {
		if q[1] != "" {
			s.Limits[q[0]] = q[1]
		}
	}
	return s
}

const entryColumns = `e.company, e.attribute, f.id, f.url, f.statement, e.apart, e.denies, e.value, f.qualifiers, e.confidence, f.last_seen_at`

// surest is the query of said. PostgreSQL goes along the index, cell by cell;
// SQLite, which cannot, ranks them.
func (r *reader) surest(keys []string, n int) (string, []any) {
	args := append(anys(r.names), anys(keys)...)
	and, args := r.counted(args)
	args = append(args, n)
	if r.store.Postgres() {
		return `select x.* from (values ` + tuples(len(r.names)) + `) as c(name) cross join (values ` + tuples(len(keys)) + `) as k(name) cross join lateral (
  select ` + entryColumns + ` from entries e join facts f on f.id = e.fact_id
  where e.company = c.name and e.attribute = k.name` + and + `
  order by e.confidence desc, e.fact_id desc limit ?) x`, args
	}
	return `select company, attribute, id, url, statement, apart, denies, value, qualifiers, confidence, last_seen_at from (
  select ` + entryColumns + `, row_number() over (partition by e.company, e.attribute order by e.confidence desc, e.fact_id desc) as place
  from entries e join facts f on f.id = e.fact_id
  where e.company in (` + marks(len(r.names)) + `) and e.attribute in (` + marks(len(keys)) + `)` + and + `
) where place <= ? order by company, attribute, place`, args
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func tuples(n int) string { return strings.TrimSuffix(strings.Repeat("(?),", n), ",") }

func anys(list []string) []any {
	args := make([]any, len(list))
	for i, s := range list {
		args[i] = s
	}
	return args
}
