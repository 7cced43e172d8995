package report

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unique"

	"techfacts.dev/techfacts/schema"
)

// maxFound is how many facts of a company are looked at that may have the words of
// a rule; of these, maxHeld are held against it.
const (
	maxFound = 500
	maxHeld  = 200
)

// found reads what the companies say with all of the words, the surest first, and
// tells of whom there may be more.
func (r *reader) found(ctx context.Context, words []sought) (map[int][]Said, map[int]bool, error) {
	args := anys(r.names)
	var and strings.Builder
	for _, w := range words {
		if isPlain(w.stem) { // SQLite knows the lower case of no other
			and.WriteString(" and lower(f.statement) like ?")
			args = append(args, "%"+strings.TrimSuffix(w.stem, "y")+"%") // the plural may end in "ies"
		}
	}
	args = append(args, maxFound)
	rows, err := r.store.Rows(ctx, `select company, id, url, statement, measure, qualifiers, confidence, last_seen_at from (
  select f.company, f.id, f.url, f.statement, f.measure, f.qualifiers, f.confidence, f.last_seen_at, row_number() over (partition by f.company order by f.confidence desc, f.id desc) as place
  from facts f where f.company in (`+marks(len(r.names))+`) and f.status = 'ACTIVE'`+and.String()+`
) x where place <= ? order by company, place`, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("find facts by words: %w", err)
	}
	defer rows.Close()
	said, looked, more, limits := map[int][]Said{}, map[int]int{}, map[int]bool{}, newLimits()
	for rows.Next() {
		var company string
		var s Said
		var measure, quals sql.RawBytes
		if err := rows.Scan(&company, &s.Fact, &s.URL, &s.Statement, &measure, &quals, &s.confidence, &s.seen); err != nil {
			return nil, nil, fmt.Errorf("find facts by words: %w", err)
		}
		i := slices.Index(r.names, company)
		if looked[i]++; looked[i] == maxFound {
			more[i] = true
		}
		if len(said[i]) == maxHeld {
			more[i] = true
			continue
		}
		if len(measure) > 0 {
			err = json.Unmarshal(measure, &s.Value)
		}
		if err == nil {
			s.Limits, err = limits.read(quals)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("find facts by words: %w", err)
		}
		if speaks(&s, words) {
			said[i] = append(said[i], s)
		}
	}
	return said, more, rows.Err()
}

func isPlain(w string) bool {
	return !strings.ContainsFunc(w, func(r rune) bool { return r > 127 })
}

// sought is a word of a rule: one with a capital must stand as it is written. If it is all capitals, those of the text
// do not matter, and it may have the s of a plural.
type sought struct{ stem, exact string }

// soughtIn is a word of the text of a rule. That the first of several begins with a capital says nothing.
func soughtIn(text string, w word) sought {
	rest := strings.TrimSpace(text[w.end:])
	if exact := text[w.start:w.end]; strings.ToLower(exact) != exact &&
		(w.start > 0 || rest == "" || strings.ToLower(rest) != rest || strings.ToUpper(exact) == exact) {
		return sought{w.stem, exact}
	}
	return sought{stem: w.stem}
}

// is tells whether a word of a text is the one that is sought.
func (s sought) is(text string, w word) bool {
	written := text[w.start:w.end]
	switch {
	case s.exact == "":
		return w.stem == s.stem
	case strings.ToUpper(s.exact) == s.exact:
		return strings.EqualFold(written, s.exact) || strings.EqualFold(written, s.exact+"s")
	}
	return written == s.exact
}

// speaks tells whether the statement of s has all of the words, and fills in what it
// says of them.
func speaks(s *Said, words []sought) bool {
	start, end := len(s.Statement), 0
	all := wordsOf(s.Statement)
	for _, w := range words {
		i := slices.IndexFunc(all, func(x word) bool { return w.is(s.Statement, x) })
		if i < 0 {
			return false
		}
		start, end = min(start, all[i].start), max(end, all[i].end)
	}
	of := Statement{Text: s.Statement, Value: s.Value, Qualifiers: s.Limits}
	columns := columnsOf(s.Statement)
	s.apart = unique.Make(of.apart("", columns.head(start, nil)))
	*s = s.limited()
	s.seen = s.seen.UTC()
	s.Text = wordEntry(*s, nil)
	if s.Value.Kind == schema.ValueFlag {
		s.Denies = !s.Value.Yes
	} else {
		s.Denies = of.denies(mention{start: start, end: end}, columns)
	}
	from, to := clause(s.Statement, start, end, len(columns) == 0)
	s.negated = !s.Denies && (negated.MatchString(strings.ReplaceAll(s.Statement[from:to], "not only", "")) || strings.HasSuffix(s.Statement[:from], " without "))
	return true
}
