package app_test

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"techfacts.dev/techfacts/schema"
)

// exported gets an export.
func (s *service) exported(name, where, key string) (status int, body string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, "http://"+s.addr+"/exports/"+name+"?where="+url.QueryEscape(where), nil)
	if err != nil {
		s.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestWhatTheAPIListsCanBeExported(t *testing.T) {
	eachService(t, func(s *service) {
		twoVendors(s)
		var list struct{ Facts struct{ TotalCount int } }
		s.ask(`{ facts(where: {company: "Acme", status: ACTIVE}) { totalCount } }`, nil, &list)
		const where = `{"company": "Acme", "status": "ACTIVE"}`
		_, text := s.exported("facts.csv", where, "")
		table, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(table) != list.Facts.TotalCount+1 || !strings.Contains(text, "Acme allows 100 requests per second.") || strings.Contains(text, "Bolt") {
			s.Errorf("%d lines (%v), want %d:\n%s", len(table), err, list.Facts.TotalCount+1, text)
		}
		_, text = s.exported("facts.jsonl", where, "")
		if n := strings.Count(text, "\n"); n != list.Facts.TotalCount {
			s.Errorf("%d lines of JSON", n)
		}
		_, text = s.exported("facts.xlsx", where, "")
		book, err := excelize.OpenReader(strings.NewReader(text))
		if err != nil {
			s.Fatal(err)
		}
		if rows, err := book.GetRows("Facts"); err != nil || len(rows) != list.Facts.TotalCount+1 {
			s.Errorf("%d rows (%v)", len(rows), err)
		}
		_, text = s.exported("pages.jsonl", `{"title": "Bolt limits"}`, "")
		var page struct{ Company, URL, Title string }
		if err := json.Unmarshal([]byte(text), &page); err != nil || page.Company != "Bolt" || !strings.HasSuffix(page.URL, "/bolt") {
			s.Errorf("pages are %s", text)
		}
		_, text = s.exported("comparison.csv", `{"companies": ["Bolt", "Acme"], "attributes": ["request_rate"]}`, "")
		if table, err := csv.NewReader(strings.NewReader(text)).ReadAll(); err != nil || len(table) != 3 || table[1][3] != "Bolt" || table[1][5] != "600 requests per minute" {
			s.Errorf("the comparison is\n%s", text)
		}
		for request, status := range map[[2]string]int{
			{"facts.exe", ""}: 400, {"jobs.csv", ""}: 404, {"facts.csv", `{"firm": "x"}`}: 400, {"facts.csv", `{`}: 400,
			{"comparison.csv", `{"companies": ["Nobody"]}`}: 404, {"comparison.csv", ""}: 200, {"pages.csv", ""}: 200,
		} {
			if got, body := s.exported(request[0], request[1], ""); got != status {
				s.Errorf("%v: %d %s, want %d", request, got, body, status)
			}
		}
	})
}

func TestExportsAreForWhoMayRead(t *testing.T) {
	c := settings(t, "SQLite")
	c.APIKey = master
	s := start(t, c)
	_, reader := as{s, master}.create("reader", schema.ScopeRead, nil)
	for key, want := range map[string]int{"": 401, "tf_wrong": 401, reader: 200, master: 200} {
		if got, body := s.exported("facts.csv", "", key); got != want {
			t.Errorf("with the key %q: %d %s, want %d", key, got, body, want)
		}
	}
}
