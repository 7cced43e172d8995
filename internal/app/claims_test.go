package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// pad is a site of one company whose pages can be written anew.
type pad struct {
	*service
	*site
	company string
	mu      sync.Mutex
	written map[string]string // by path; "-> /b" leads elsewhere
}

func newPad(s *service, company string) *pad {
	s.Helper()
	p := &pad{service: s, site: newSite(s), company: company, written: map[string]string{}}
	p.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		body, ok := p.written[r.URL.Path]
		p.mu.Unlock()
		switch to, leads := strings.CutPrefix(body, "-> "); {
		case leads:
			http.Redirect(w, r, to, http.StatusMovedPermanently)
		case ok:
			writePage(w, "Rate limits", body)
		default:
			http.NotFound(w, r)
		}
	})
	return p
}

func (p *pad) write(path, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if body == "" {
		delete(p.written, path)
	} else {
		p.written[path] = body
	}
}

// read reads pages, one after another, within one job.
func (p *pad) read(paths ...string) {
	p.Helper()
	var urls []string
	for _, path := range paths {
		urls = append(urls, p.URL+path)
	}
	p.wait(p.scrape(map[string]any{"urls": urls, "company": p.company, "profile": "api_docs", "force": true}).ID)
}

// told gives what the log says of the company, shortly.
func (p *pad) told() (list []string) {
	p.Helper()
	p.settled()
	all, _ := p.changes(nil)
	for _, c := range all {
		if c.Company == p.company {
			line := c.Kind + " " + c.Fact.Quote
			if c.Previous != nil {
				line += " < " + c.Previous.Quote
			}
			list = append(list, line)
		}
	}
	return list
}

func (p *pad) expect(want ...string) {
	p.Helper()
	got := p.told()
	slices.Sort(got) // what one job has seen is in no order
	slices.Sort(want)
	if !slices.Equal(got, want) {
		p.Errorf("the log of changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const (
	sixHundred  = "The API allows 600 requests per minute per key."
	nineHundred = "The API allows 900 requests per minute per key."
	token       = "Access tokens expire after 60 minutes."
)

func para(sentences ...string) string { return "<p>" + strings.Join(sentences, "</p><p>") + "</p>" }

func TestAValueThatChangesAndComesBackIsToldEachTime(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		p.write("/a", para(sixHundred, token))
		p.read("/a")
		time1 := time.Now()
		p.write("/a", para("Something new stands here now.", nineHundred, token))
		p.read("/a")
		p.read("/a")
		time2 := time.Now()
		p.write("/a", para(sixHundred))
		p.read("/a")
		time3 := time.Now()
		p.write("/a", para(sixHundred, token))
		p.read("/a")
		p.expect("ADDED "+sixHundred, "ADDED "+token, "CHANGED "+nineHundred+" < "+sixHundred, "CHANGED "+sixHundred+" < "+nineHundred, "REMOVED "+token, "REAPPEARED "+token)
		for at, want := range map[time.Time][]string{
			time1.Add(-time.Hour): nil, time1: {token, sixHundred}, time2: {token, nineHundred}, time3: {sixHundred}, time.Now(): {token, sixHundred},
		} {
			if got := p.asOf(at, nil); !slices.Equal(got, want) {
				s.Errorf("at %s: %q, want %q", at.Sub(time1), got, want)
			}
		}
		if got := p.asOf(time2, map[string]any{"quoteContains": "900"}); !slices.Equal(got, []string{nineHundred}) {
			s.Errorf("asOf with where: %q", got)
		}
		old := s.facts(map[string]any{"status": "SUPERSEDED", "company": "Acme"})
		if len(old) != 1 || old[0].Quote != nineHundred {
			s.Fatalf("superseded: %+v", old)
		}
		var out struct {
			Fact struct {
				EndedAt      *time.Time
				SupersededBy *struct {
					Quote      string
					EndedAt    *time.Time
					Supersedes struct {
						Edges []struct{ Node struct{ ID string } }
					}
				}
			}
		}
		s.ask(`query ($id: ID!) { fact(id: $id) { endedAt supersededBy { quote endedAt supersedes { edges { node { id } } } } } }`, map[string]any{"id": old[0].ID}, &out)
		if by := out.Fact.SupersededBy; out.Fact.EndedAt == nil || by == nil || by.Quote != sixHundred || by.EndedAt != nil || len(by.Supersedes.Edges) != 1 || by.Supersedes.Edges[0].Node.ID != old[0].ID {
			s.Errorf("superseded by %+v", out.Fact)
		}
	})
}

// asOf gives the quotes of the facts of a time, in order, by pages of one.
func (p *pad) asOf(at time.Time, where map[string]any) (quotes []string) {
	p.Helper()
	if where == nil {
		where = map[string]any{}
	}
	where["company"] = p.company
	var after *string
	for {
		var out struct {
			Facts struct {
				Edges    []struct{ Node struct{ Quote string } }
				PageInfo struct {
					HasNextPage bool
					EndCursor   *string
				}
			}
		}
		p.ask(`query ($at: Time!, $where: FactWhereInput, $after: Cursor) {
			facts(asOf: $at, first: 1, after: $after, where: $where, orderBy: [{field: CATEGORY}]) { edges { node { quote } } pageInfo { hasNextPage endCursor } } }`,
			map[string]any{"at": at.UTC().Format(time.RFC3339Nano), "where": where, "after": after}, &out)
		for _, e := range out.Facts.Edges {
			quotes = append(quotes, e.Node.Quote)
		}
		if after = out.Facts.PageInfo.EndCursor; !out.Facts.PageInfo.HasNextPage {
			return quotes
		}
	}
}

func TestAClaimThatMovesIsNoChangeInWhateverOrderPagesAreRead(t *testing.T) {
	eachService(t, func(s *service) {
		for name, order := range map[string][]string{"old first": {"/old", "/new"}, "new first": {"/new", "/old"}} {
			for gone, old := range map[string]string{"gone": "", "redirected": "-> /new"} {
				p := newPad(s, fmt.Sprint(name, " ", gone))
				p.write("/old", para(sixHundred, token))
				p.read("/old")
				p.write("/old", old)
				p.write("/new", para(sixHundred, token, "Welcome to a new page of ours."))
				p.read(order...)
				p.expect("ADDED "+sixHundred, "ADDED "+token)
				if left := s.facts(map[string]any{"company": p.company, "status": "ACTIVE", "urlHasSuffix": "/old"}); len(left) != 0 {
					s.Errorf("%s: the old page still states %+v", p.company, left)
				}
			}
		}
	})
}

func TestAPageThatIsGoneTakesItsClaimsAlongUnlessAnotherMakesThem(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		p.write("/a", para(sixHundred, token))
		p.write("/b", para(token, "The second page says hello."))
		p.read("/a", "/b")
		p.write("/a", "")
		p.read("/a")
		p.expect("ADDED "+sixHundred, "ADDED "+token, "REMOVED "+sixHundred)
	})
}

func TestTwoValuesOfOneTopicOnAPageAreAddedAndRemoved(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		p.write("/a", para("Reading is limited to 10 requests per second.", "Writing is limited to 5 requests per second."))
		p.read("/a")
		p.write("/a", para("Reading may take 20 requests per second.", "Writing may take 15 requests per second."))
		p.read("/a")
		for _, line := range p.told() {
			if strings.HasPrefix(line, "CHANGED") {
				s.Errorf("which of two has changed is not known: %s", line)
			}
		}
		if n := len(s.facts(map[string]any{"status": "SUPERSEDED"})); n != 0 {
			s.Errorf("%d facts are superseded", n)
		}
		p.write("/a", para("Reading may take 30 requests per second.", "Writing may take 25 requests per second."))
		p.read("/a")
		changed := 0
		for _, line := range p.told() {
			if strings.HasPrefix(line, "CHANGED") {
				changed++
			}
		}
		if changed != 2 {
			s.Errorf("%d of 2 changed values are told apart by the words beside them:\n%s", changed, strings.Join(p.told(), "\n"))
		}
	})
}

func TestClaimsOfSeveralPagesCorroborateEachOther(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		other := newPad(s, "Globex")
		other.write("/a", para(sixHundred))
		other.read("/a")
		for _, path := range []string{"/a", "/b", "/c"} {
			p.write(path, para(sixHundred, "This is page "+path+" of several."))
		}
		p.write("/d", para(token))
		p.read("/a", "/b", "/c", "/d")
		var out struct {
			Facts struct {
				Edges []struct {
					Node struct {
						Quote, URL    string
						Corroboration int
						SameAs        []struct {
							URL           string
							Corroboration int
							Page          struct{ URL string }
							SameAs        []struct{ URL string }
						}
						First []struct{ URL string }
					}
				}
			}
		}
		s.ask(`{ facts(where: {status: ACTIVE, company: "Acme"}) { edges { node { quote url corroboration
			sameAs { url corroboration page { url } sameAs { url } } first: sameAs(first: 1) { url } } } } }`, nil, &out)
		seen := 0
		for _, e := range out.Facts.Edges {
			f := e.Node
			want := map[string]int{sixHundred: 3, token: 1}[f.Quote]
			if want == 0 {
				continue
			}
			seen++
			if f.Corroboration != want || len(f.SameAs) != want-1 || len(f.First) != min(1, want-1) {
				s.Errorf("%s of %s: %d pages, the same as %+v", f.Quote, f.URL, f.Corroboration, f.SameAs)
			}
			for _, o := range f.SameAs {
				if o.URL == f.URL || !strings.HasPrefix(o.URL, p.URL) || o.Corroboration != want || o.Page.URL != o.URL || len(o.SameAs) != want-1 {
					s.Errorf("%s is the same as %+v", f.URL, o)
				}
			}
		}
		if seen != 4 {
			s.Errorf("%d facts, want 4", seen)
		}
		if code := s.refused(`{ facts { edges { node { sameAs(first: 101) { id } } } } }`, nil); code != "INVALID" {
			s.Errorf("sameAs of 101: %q", code)
		}
	})
}

func TestConflictsShowFactsThatContradictEachOther(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		p.write("/a", para(sixHundred))
		p.write("/b", para(nineHundred, "This page was forgotten."))
		p.read("/a", "/b")
		type conflict struct {
			Company, Attribute string
			Qualifiers         []struct{ Name, Value string }
			Facts              []struct {
				Quote string
				Page  struct{ URL string }
			}
		}
		ask := func(args string) []conflict {
			var out struct{ Conflicts []conflict }
			s.ask(`{ conflicts`+args+` { company attribute qualifiers { name value } facts { quote page { url } } } }`, nil, &out)
			return out.Conflicts
		}
		got := ask("")
		if len(got) != 1 || got[0].Company != "Acme" || got[0].Attribute != "rate_limit" || len(got[0].Qualifiers) != 1 || len(got[0].Facts) != 2 {
			s.Fatalf("conflicts: %+v", got)
		}
		for _, f := range got[0].Facts {
			if (f.Quote == sixHundred) != (f.Page.URL == p.URL+"/a") {
				s.Errorf("%+v", f)
			}
		}
		if n := len(ask(`(where: {companyNEQ: "Acme"})`)) + len(ask(`(first: 0)`)); n != 0 {
			s.Errorf("%d conflicts of nobody", n)
		}
		p.write("/b", para(sixHundred, "This page was mended."))
		p.read("/b")
		if got := ask(""); len(got) != 0 {
			s.Errorf("settled: %+v", got)
		}
		p.expect("ADDED "+sixHundred, "ADDED "+nineHundred, "REMOVED "+nineHundred)
	})
}

func TestHeadingsDecideNothingThatASentenceNames(t *testing.T) {
	eachService(t, func(s *service) {
		const ten, twenty = "The maximum upload size is 10 MB per file.", "The maximum upload size is 20 MB per file."
		under := func(heading, sentence string) string { return "<h2>" + heading + "</h2>" + para(sentence) }
		p := newPad(s, "Acme")
		p.write("/a", under("Uploads", ten))
		p.write("/b", under("File API", ten))
		p.read("/a", "/b")
		p.expect("ADDED " + ten)
		p.write("/a", "")
		p.write("/c", under("Elsewhere", ten))
		p.read("/a", "/c")
		p.expect("ADDED " + ten)
		p.write("/c", under("Limits of another kind", twenty))
		p.read("/c")
		p.expect("ADDED "+ten, "CHANGED "+twenty+" < "+ten)
		var out struct {
			Conflicts []struct{ Facts []struct{ Quote string } }
		}
		s.ask(`{ conflicts { facts { quote } } }`, nil, &out)
		if len(out.Conflicts) != 1 || len(out.Conflicts[0].Facts) != 2 {
			s.Errorf("conflicts: %+v", out.Conflicts)
		}
	})
}

func TestExtractingThreeTimesChangesNothing(t *testing.T) {
	eachService(t, func(s *service) {
		p := newPad(s, "Acme")
		p.write("/a", limits)
		p.write("/b", para(sixHundred, token))
		p.read("/a", "/b")
		first, told := s.facts(nil), p.told()
		for range 2 {
			var out struct{ StartExtraction struct{ Job jobState } }
			s.ask(`mutation { startExtraction(input: {profile: "api_docs", where: {company: "Acme"}}) { job { id } } }`, nil, &out)
			if job := s.wait(out.StartExtraction.Job.ID); job.Result.FactsAdded+job.Result.FactsRemoved != 0 {
				s.Errorf("result: %+v", job.Result)
			}
		}
		again := slices.DeleteFunc(s.facts(nil), func(f factState) bool { return strings.HasPrefix(f.Company, "Later") })
		if got := p.told(); !slices.Equal(got, told) {
			s.Errorf("changes: %q", got[len(told):])
		}
		if len(again) != len(first) || len(first) == 0 {
			s.Fatalf("%d facts, then %d", len(first), len(again))
		}
		for i, f := range again {
			if f.ID != first[i].ID || f.Statement != first[i].Statement || f.Status != "ACTIVE" {
				s.Errorf("%+v became %+v", first[i], f)
			}
		}
	})
}
