package export_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"
	"techfacts.dev/techfacts/ent"
	"techfacts.dev/techfacts/ent/fact"
	"techfacts.dev/techfacts/ent/page"
	"techfacts.dev/techfacts/internal/export"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/report"
	"techfacts.dev/techfacts/internal/store"
	"techfacts.dev/techfacts/internal/storetest"
	"techfacts.dev/techfacts/schema"
)

var seen = time.Date(2026, 11, 20, 9, 30, 0, 123000, time.UTC)

// stored is facts of one page of a company.
func stored(t *testing.T, s *store.Store, company string, statements ...string) (facts []*ent.Fact) {
	t.Helper()
	err := s.Tx(t.Context(), func(tx *store.Tx) error {
		facts = nil
		profile := tx.Ent.Profile.Create().SetName("p" + uuid.NewString()[:8]).SetCategories([]string{"rate_limits"}).SaveX(t.Context())
		url := "https://" + strings.ToLower(company) + ".example/" + uuid.NewString()
		p := tx.Ent.Page.Create().SetURL(url).SetDomain("a.example").SetCompany(company).SetTitle("=Title").SetFetchedAt(seen).SaveX(t.Context())
		snap := tx.Ent.Snapshot.Create().SetPageID(p.ID).SetText("x").SetHash(url).SetHTTPStatus(200).SaveX(t.Context())
		var rows []*ent.FactCreate
		for i, text := range statements {
			rows = append(rows, tx.Ent.Fact.Create().SetPageID(p.ID).SetSnapshotID(snap.ID).SetProfileID(profile.ID).SetCompany(company).SetURL(url).SetAnchor("top").
				SetCategory("rate_limits").SetStatement(text).SetQuote(text).SetSpan(schema.Span{}).SetHeadings([]string{"Limits", "API"}).SetAttribute("rate_limit").SetSubject("Team").
				SetMeasure(schema.Value{Kind: schema.ValueRate, Original: "600 requests per minute", Number: 10, Max: 20, Unit: "request/s"}).SetQualifiers(map[string]string{"plan": "Team", "region": "EU"}).
				SetConfidence(0.75).SetMethod(schema.MethodModel).SetModel("m1").SetFingerprint(strconv.Itoa(i)).SetFirstSeenAt(seen).SetLastSeenAt(seen).SetBeganAt(seen))
		}
		for chunk := range slices.Chunk(rows, 500) {
			facts = append(facts, tx.Ent.Fact.CreateBulk(chunk...).SaveX(t.Context())...)
		}
		if len(facts) > 10 {
			return nil
		}
		return report.KeepOfPage(t.Context(), tx, p.ID, profile.ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

func write(t *testing.T, table *export.Table, f export.Format) (string, int) {
	t.Helper()
	var b bytes.Buffer
	rows, err := table.Write(t.Context(), &b, f)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), rows
}

func lines(t *testing.T, text string) [][]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const hostile = `=HYPERLINK("http://evil.example"),
next line`

func TestAFactIsWrittenWithItsEvidenceInEachFormat(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := stored(t, s, "Acme", hostile)[0]
		profile := s.Ent.Profile.GetX(t.Context(), f.ProfileID).Name
		want := map[string]any{
			"id": f.ID.String(), "company": "Acme", "category": "rate_limits", "attribute": "rate_limit", "subject": "Team", "statement": hostile, "quote": hostile, "url": f.URL,
			"deepLink": f.URL + "#top:~:text=%3DHYPERLINK%28%22http%3A%2F%2Fevil.example%22%29%2C,next%20line", "headings": []any{"Limits", "API"},
			"value": "600 requests per minute", "valueKind": "RATE", "number": 10.0, "max": 20.0, "unit": "request/s", "qualifiers": map[string]any{"plan": "Team", "region": "EU"},
			"confidence": 0.75, "status": "ACTIVE", "method": "MODEL", "model": "m1", "profile": profile,
			"firstSeenAt": "2026-11-20T09:30:00.000123Z", "lastSeenAt": "2026-11-20T09:30:00.000123Z", "beganAt": "2026-11-20T09:30:00.000123Z", "endedAt": nil,
			"pageId": f.PageID.String(), "snapshotId": f.SnapshotID.String(), "profileId": f.ProfileID.String(),
		}
		text, rows := write(t, export.Facts(s), export.JSONL)
		var got map[string]any
		if err := json.Unmarshal([]byte(text), &got); err != nil || rows != 1 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("as JSON it is (%v)\n%v, want\n%v", err, got, want)
		}
		text, _ = write(t, export.Facts(s), export.CSV)
		table := lines(t, text)
		if len(table) != 2 || len(table[0]) != len(want) {
			t.Fatalf("as CSV it is %v", table)
		}
		for i, name := range table[0] {
			expected := fmt.Sprint(want[name])
			switch v := want[name].(type) {
			case nil:
				expected = ""
			case []any:
				expected = "Limits › API"
			case map[string]any:
				expected = "plan=Team; region=EU"
			case string:
				if v == hostile {
					expected = "'" + hostile
				}
			}
			if table[1][i] != expected {
				t.Errorf("%s is %q, want %q", name, table[1][i], expected)
			}
		}
		inWorkbook(t, s, table[0], want)
	})
}

func inWorkbook(t *testing.T, s *store.Store, names []string, want map[string]any) {
	t.Helper()
	text, _ := write(t, export.Facts(s), export.XLSX)
	book, err := excelize.OpenReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	types := map[excelize.CellType]int{}
	for i, name := range names {
		at, _ := excelize.CoordinatesToCellName(i+1, 2)
		if formula, _ := book.GetCellFormula("Facts", at); formula != "" {
			t.Errorf("%s is the formula %s", name, formula)
		}
		kind, _ := book.GetCellType("Facts", at)
		value, _ := book.GetCellValue("Facts", at)
		switch name {
		case "number", "confidence", "max":
			if kind != excelize.CellTypeNumber && kind != excelize.CellTypeUnset || value != fmt.Sprint(want[name]) {
				t.Errorf("%s is %q, of type %d", name, value, kind)
			}
		case "firstSeenAt":
			if value != "2026-11-20 09:30:00" {
				t.Errorf("%s is %q", name, value)
			}
		case "statement", "quote":
			if kind != excelize.CellTypeInlineString || value != hostile {
				t.Errorf("%s is %q, of type %d", name, value, kind)
			}
		}
		types[kind]++
	}
	if types[excelize.CellTypeInlineString] < 15 {
		t.Errorf("types are %v", types)
	}
}

func TestFiltersHold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		stored(t, s, "Acme", "one", "two")
		stored(t, s, "Bolt", "three")
		if text, rows := write(t, export.Facts(s, fact.Company("Acme"), fact.Statement("two")), export.CSV); rows != 1 || !strings.Contains(text, "two") || strings.Contains(text, "three") {
			t.Errorf("%d facts:\n%s", rows, text)
		}
		text, rows := write(t, export.Pages(s, page.Company("Bolt")), export.CSV)
		table := lines(t, text)
		if rows != 1 || table[1][1] != "Bolt" || table[1][4] != "'=Title" || table[1][9] != "2026-11-20T09:30:00.000123Z" || table[1][11] != "" {
			t.Errorf("%d pages: %v", rows, table)
		}
		if text, rows := write(t, export.Facts(s, fact.Company("Nobody")), export.CSV); rows != 0 || len(lines(t, text)) != 1 {
			t.Errorf("nothing is %q", text)
		}
	})
}

func TestNothingAtAllIsATableWithoutRows(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	for _, table := range []*export.Table{export.Facts(s), export.Pages(s)} {
		for _, f := range export.Formats() {
			if text, rows := write(t, table, f); rows != 0 || (text == "") != (f == export.JSONL) {
				t.Errorf("%s as %s: %d rows, %q", table.Name, f, rows, text)
			}
		}
	}
	var b bytes.Buffer
	if _, err := export.Comparison(s, report.Question{All: true, First: 10}).Write(t.Context(), &b, export.CSV); !fault.Is(err, fault.NotFound) || b.Len() > 0 {
		t.Errorf("a comparison of nobody: %v, after %q", err, b.String())
	}
	if _, err := export.Facts(s).Write(t.Context(), &b, "exe"); !fault.Is(err, fault.Invalid) || b.Len() > 0 {
		t.Errorf("another format: %v", err)
	}
}

func TestAComparisonIsWrittenWithWhatProvesIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		stored(t, s, "Acme", "The request rate limit of Acme is 600 requests per minute.")
		f := stored(t, s, "Bolt", "Bolt supports webhooks.")[0]
		text, rows := write(t, export.Comparison(s, report.Question{Companies: []string{"Acme", "Bolt"}, Attributes: []string{"request_rate", "webhooks"}, First: 10}), export.JSONL)
		var got []map[string]any
		for line := range strings.Lines(text) {
			var cell map[string]any
			if err := json.Unmarshal([]byte(line), &cell); err != nil {
				t.Fatal(err)
			}
			got = append(got, cell)
		}
		if rows != 4 || len(got) != 4 {
			t.Fatalf("%d rows:\n%s", rows, text)
		}
		c := got[0]
		if c["key"] != "request_rate" || c["attribute"] != "Request rate" || c["company"] != "Acme" || c["state"] != "STATED" || c["number"] != 10.0 || c["unit"] != "request/s" ||
			c["denies"] != false || c["quote"] != "The request rate limit of Acme is 600 requests per minute." || c["confidence"] != 0.75 || fmt.Sprint(c["headings"]) != "[Limits API]" {
			t.Errorf("the first cell is %v", c)
		}
		if c := got[1]; c["company"] != "Bolt" || c["state"] != "NOT_DOCUMENTED" || c["quote"] != nil || c["factId"] != nil || c["best"] != false {
			t.Errorf("the second cell is %v", c)
		}
		if c := got[3]; c["key"] != "webhooks" || c["factId"] != f.ID.String() || !strings.HasPrefix(fmt.Sprint(c["deepLink"]), f.URL) {
			t.Errorf("the last cell is %v", c)
		}
	})
}

func TestAComparisonSaysWhichRowsAreNotThere(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	stored(t, s, "Acme", "Acme supports webhooks.", "Deleted apples can be restored in the orchard.", "The maximum request size is 16 MiB.")
	stored(t, s, "Bolt", "Bolt supports webhooks.")
	told := func(q report.Question) (left []string, lone bool) {
		q.All = true
		text, rows := write(t, export.Comparison(s, q), export.CSV)
		table := lines(t, text)
		if rows != len(table)-1 {
			t.Errorf("%d rows are %d lines", rows, len(table)-1)
		}
		number := slices.Index(table[0], "number")
		for _, line := range table[1:] {
			if line[4] == "LEFT_OUT" {
				left = append(left, line[3]+" "+line[number])
			}
			lone = lone || strings.Contains(line[5], "apples")
		}
		return left, lone
	}
	for _, c := range []struct {
		question report.Question
		left     string
		lone     bool
	}{
		{report.Question{First: 100}, "[Acme 1]", false},
		{report.Question{First: 100, Lone: true}, "[]", true},
		{report.Question{First: 1}, "[Acme 1  1]", false},
		{report.Question{First: 100, Attributes: []string{"webhooks"}}, "[]", false},
	} {
		if left, lone := told(c.question); fmt.Sprint(left) != c.left || lone != c.lone {
			t.Errorf("%+v leaves out %v, with rows of one company alone: %t; want %s", c.question, left, lone, c.left)
		}
	}
}

func TestAComparisonIsReadSomeRowsAtATime(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	var all []string
	for i := range 400 {
		all = append(all, fmt.Sprintf("Deleted apples of sort %d can be restored in the orchard %d.", i, i))
	}
	for chunk := range slices.Chunk(all, 10) {
		stored(t, s, "Acme", chunk...)
	}
	_, one := write(t, export.Comparison(s, report.Question{All: true, First: 20, Lone: true}), export.CSV)
	before := s.Statements()
	if _, rows := write(t, export.Comparison(s, report.Question{All: true, First: 20, Lone: true}), export.CSV); rows != one {
		t.Fatalf("%d rows, then %d", one, rows)
	}
	few := s.Statements() - before
	before = s.Statements()
	_, rows := write(t, export.Comparison(s, report.Question{All: true, First: 500, Lone: true}), export.CSV)
	if most := s.Statements() - before; few > 12 || most-few > int64(rows/20+1) {
		t.Errorf("%d statements for 20 rows, %d for %d", few, most, rows)
	}
}

// While an export runs, facts come, change and go.
func TestEachFactIsWrittenOnceWhateverChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const n = 2500
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("statement %d", i))
		}
		facts := stored(t, s, "Acme", all...)
		var b bytes.Buffer
		changed := false
		rows, err := export.Facts(s).Write(t.Context(), writerFunc(func(p []byte) (int, error) {
			if !changed { // after the first batch has been read
				changed = true
				within(t, s, func(tx *store.Tx) error {
					tx.Ent.Fact.UpdateOneID(facts[0].ID).SetStatus(schema.FactRemoved).SetLastSeenAt(schema.Now()).ExecX(t.Context())
					tx.Ent.Fact.UpdateOneID(facts[n-1].ID).SetStatus(schema.FactRemoved).ExecX(t.Context())
					return tx.Ent.Fact.DeleteOneID(facts[n-2].ID).Exec(t.Context())
				})
				stored(t, s, "Acme", "a new one")
			}
			return b.Write(p)
		}), export.CSV)
		if err != nil {
			t.Fatal(err)
		}
		table := lines(t, b.String())
		status := slices.Index(table[0], "status")
		table = table[1:]
		seen := map[string]string{}
		var ids []string
		for _, line := range table {
			seen[line[0]] = line[status]
			ids = append(ids, line[0])
		}
		if !changed || rows != n-1 || len(table) != n-1 || len(seen) != n-1 || !slices.IsSorted(ids) {
			t.Errorf("%d rows, %d lines, %d facts; want each of %d once, in order", rows, len(table), len(seen), n-1)
		}
		if seen[facts[n-1].ID.String()] != "REMOVED" {
			t.Errorf("a fact that was removed before it was read is %s", seen[facts[n-1].ID.String()])
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func within(t *testing.T, s *store.Store, f func(*store.Tx) error) {
	t.Helper()
	if err := s.Tx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestAnExportEndsWithItsReader(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.Addresses()["SQLite"](t))
	var all []string
	for i := range 3500 {
		all = append(all, fmt.Sprintf("statement %d", i))
	}
	stored(t, s, "Acme", all...)
	gone := errors.New("gone")
	before := s.Statements()
	if rows, err := export.Facts(s).Write(t.Context(), writerFunc(func([]byte) (int, error) { return 0, gone }), export.JSONL); !errors.Is(err, gone) || rows > 1000 {
		t.Errorf("after the writer has failed: %d rows, %v", rows, err)
	}
	if n := s.Statements() - before; n > 4 {
		t.Errorf("%d statements for a reader that takes nothing", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	rows, err := export.Facts(s).Write(ctx, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }), export.JSONL)
	if !errors.Is(err, context.Canceled) || rows > 2000 {
		t.Errorf("after the context has ended: %d rows, %v", rows, err)
	}
	if _, err := export.Facts(s).Write(ctx, io.Discard, export.XLSX); !errors.Is(err, context.Canceled) {
		t.Errorf("a workbook: %v", err)
	}
}

func TestAFullSheetIsFollowedByAnother(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := export.Sheets(&b, 4, []any{"a"}, []any{"b"}, []any{"c"}, []any{"d"}, []any{1.5}, []any{true}, []any{"=1+1"}); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	var got []string
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(sheet, rows))
	}
	if want := "Facts[[head] [a] [b] [c]] Facts 2[[head] [d] [1.5] [TRUE]] Facts 3[[head] [=1+1]]"; strings.Join(got, " ") != want {
		t.Errorf("sheets are\n%s, want\n%s", strings.Join(got, " "), want)
	}
}
