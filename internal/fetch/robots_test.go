package fetch

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

type googleCase struct {
	Test, Robots, Agent, URL string
	Allowed                  bool
}

func googleCases(tb testing.TB) []googleCase {
	tb.Helper()
	raw, err := os.ReadFile("testdata/robots/google_cases.json")
	if err != nil {
		tb.Fatal(err)
	}
	var cases []googleCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		tb.Fatal(err)
	}
	return cases
}

// rawTarget gives path and query of a URL as it stands.
func rawTarget(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:]
	}
	return ""
}

func TestRobotsAreReadAsGoogleReadsThem(t *testing.T) {
	t.Parallel()
	cases := googleCases(t)
	if len(cases) != 140 {
		t.Fatalf("%d cases, want 140", len(cases))
	}
	for _, c := range cases {
		if got := ParseRobots([]byte(c.Robots)).Allows(c.Agent, rawTarget(c.URL)); got != c.Allowed {
			t.Errorf("%s: agent %q, URL %q: got %v, want %v by\n%s", c.Test, c.Agent, c.URL, got, c.Allowed, c.Robots)
		}
	}
}

func TestRobotsRulesOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, robots, target string
		want                 bool
	}{
		{"nothing", "", "/", true},
		{"everyone", "user-agent: *\ndisallow: /", "/", false},
		{"another", "user-agent: otherbot\ndisallow: /", "/", true},
		{"ourselves before everyone", "user-agent: *\ndisallow: /\nuser-agent: techfacts\nallow: /", "/", true},
		{"ourselves without a rule", "user-agent: techfacts\nuser-agent: *\ndisallow: /", "/", false},
		{"our groups are one", "user-agent: techfacts\ndisallow: /a\nuser-agent: x\ndisallow: /\nuser-agent: TechFacts\ndisallow: /b", "/b", false},
		{"a version after our name", "user-agent: techfacts/1.0\ndisallow: /", "/", false},
		{"a longer name", "user-agent: techfactsbot\ndisallow: /", "/", true},
		{"carriage returns", "user-agent: *\rdisallow: /a\r\ndisallow: /b\r\n", "/b", false},
		{"a byte order mark", "\xEF\xBB\xBFuser-agent: *\ndisallow: /", "/", false},
		{"half a byte order mark", "\xEF\xBBuser-agent: *\ndisallow: /", "/", false},
		{"no colon", "user-agent *\ndisallow /", "/", false},
		{"no colon and too many words", "user-agent: *\ndisallow / now", "/", true},
		{"a spelling mistake", "useragent: *\ndissallow: /", "/", false},
		{"rules without a group", "disallow: /", "/", true},
		{"a web page instead", "<!DOCTYPE html>\n<title>Not found</title>", "/", true},
		{"the query counts", "user-agent: *\ndisallow: /*?print=", "/docs?print=1", false},
		{"stars cost no time", "user-agent: *\ndisallow: /" + strings.Repeat("*a", 2000) + "$", "/" + strings.Repeat("a", 1900), true},
		{"a star in a row", "user-agent: *\ndisallow: /a***b", "/axxb", false},
		{"a dollar in the middle", "user-agent: *\ndisallow: /a$b", "/a$b", false},
		{"only the end", "user-agent: *\ndisallow: *.pdf$", "/x.pdf?a", true},
		{"encoded in the rule", "user-agent: *\ndisallow: /%7euser/", "/~user/", false},
		{"encoded in the URL", "user-agent: *\ndisallow: /~user/", "/%7Euser/", false},
		{"an encoded slash is another", "user-agent: *\ndisallow: /a/b", "/a%2Fb", true},
		{"an umlaut", "user-agent: *\ndisallow: /ü", "/%C3%BC", false},
		{"index allows its directory", "user-agent: *\ndisallow: /\nallow: /docs/index.html", "/docs/", true},
	} {
		if got := ParseRobots([]byte(c.robots)).Allows(agent, c.target); got != c.want {
			t.Errorf("%s: %s is %v, want %v", c.name, c.target, got, c.want)
		}
	}
}

func TestRobotsCrawlDelayIsAtMostAMinute(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		robots string
		want   time.Duration
	}{
		{"user-agent: *\ncrawl-delay: 10", 10 * time.Second},
		{"user-agent: *\nCrawl-Delay: 0.5", 500 * time.Millisecond},
		{"user-agent: *\ncrawl-delay: 3600", time.Minute},
		{"user-agent: *\ncrawl-delay: 1e300", time.Minute},
		{"user-agent: *\ncrawl-delay: inf", time.Minute},
		{"user-agent: *\ncrawl-delay: -1", 0},
		{"user-agent: *\ncrawl-delay: nan", 0},
		{"user-agent: *\ncrawl-delay: soon", 0},
		{"crawl-delay: 5", 0},
		{"user-agent: *\ncrawl-delay: 10\nuser-agent: x\ndisallow: /\nuser-agent: techfacts\ncrawl-delay: 2", 2 * time.Second},
		{"user-agent: otherbot\ncrawl-delay: 10", 0},
	} {
		if got := ParseRobots([]byte(c.robots)).CrawlDelay(agent); got != c.want {
			t.Errorf("%q: got %v, want %v", c.robots, got, c.want)
		}
	}
}

func TestRobotsNamesSitemapsOfAnyGroup(t *testing.T) {
	t.Parallel()
	r := ParseRobots([]byte("Sitemap: https://a.example/1.xml # all\nuser-agent: x\nsite-map: https://a.example/2.xml\ndisallow: /\n" +
		"SITEMAP: https://a.example/\xff.xml"))
	if got, want := strings.Join(r.Sitemaps, " "), "https://a.example/1.xml https://a.example/2.xml https://a.example/\uFFFD.xml"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzParseRobots(f *testing.F) {
	for _, c := range googleCases(f) {
		f.Add([]byte(c.Robots), c.Agent, rawTarget(c.URL))
	}
	f.Add([]byte("user-agent:*\ndisallow:/*a*b$\nallow:/%zz%41\ncrawl-delay:9e9\nsitemap:\xff\x00"), "techfacts", "/%61b?c")
	f.Fuzz(func(t *testing.T, body []byte, name, target string) {
		r := ParseRobots(body)
		allowed := r.Allows(name, target)
		if strings.ContainsAny(string(body), "\r") {
			lines := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(body))
			if ParseRobots([]byte(lines)).Allows(name, target) != allowed {
				t.Error("line ends change the answer")
			}
		}
		if d := r.CrawlDelay(name); d < 0 || d > time.Minute {
			t.Errorf("crawl delay %v", d)
		}
		for _, s := range r.Sitemaps {
			if CleanText([]byte(s)) != s {
				t.Errorf("sitemap %q", s)
			}
		}
		if (&Robots{}).Allows(name, target) != true {
			t.Error("no rules forbid something")
		}
		all := ParseRobots(append([]byte("user-agent: techfacts\ndisallow: /\nuser-agent: none\ndisallow: /\n"), body...))
		if strings.HasPrefix(target, "/") && all.Allows(agent, target) && !strings.Contains(strings.ToLower(string(body)), "allow") {
			t.Error("everything is forbidden, but not this")
		}
		for _, g := range r.groups {
			for _, rule := range g.rules {
				checkMatch(t, rule.pattern, target)
			}
		}
	})
}

// checkMatch compares matches with a regular expression for the same.
func checkMatch(t *testing.T, pattern, target string) {
	t.Helper()
	body, anchored := strings.CutSuffix(pattern, "$")
	expr := "(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(body), `\*`, ".*")
	if anchored {
		expr += "$"
	}
	re, err := regexp.Compile(expr)
	if err != nil || len(pattern) > 200 || CleanText([]byte(target)) != target {
		return
	}
	if got, want := matches(pattern, target), re.MatchString(target); got != want {
		t.Errorf("matches(%q, %q) = %v, want %v", pattern, target, got, want)
	}
}

func BenchmarkRobotsParse(b *testing.B) {
	body := manyRules()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		ParseRobots(body)
	}
}

func BenchmarkRobotsAllows(b *testing.B) {
	r := ParseRobots(manyRules())
	b.ReportAllocs()
	for b.Loop() {
		if !r.Allows(agent, "/guides/rate-limits/per-endpoint?version=2") {
			b.Fatal("must be allowed")
		}
	}
}

func manyRules() []byte {
	var s strings.Builder
	s.WriteString("user-agent: *\n")
	for i := range 200 {
		s.WriteString("disallow: /private/" + strings.Repeat("x", i%20) + "/*/edit$\ndisallow: /*?sort=" + strings.Repeat("y", i%7) + "&\n")
	}
	return []byte(s.String())
}
