package techfacts_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "techfacts.dev/techfacts"

// allowed says which of our packages each of our packages may import; what only
// its tests import is its own affair. A package that is not here may not exist.
// "name/..." stands for a package and all below it. internal/calctest, internal/hostiletest,
// internal/modeltest, internal/pgtest, internal/proxytest, internal/redistest and internal/storetest are for tests.
var allowed = map[string]string{
	// What we say, and what machines make of it.
	"schema":          "",
	"ent/...":         "ent/... schema",
	"graph":           "ent/... schema",
	"schema/generate": "schema", // the command that writes ent and graph

	// The house.
	"internal/fault":            "",
	"internal/event":            "internal/fault",
	"internal/store":            "ent/... schema internal/event internal/fault internal/store/... internal/trace",
	"internal/store/migrations": "ent/... internal/pgtest", // a command that writes SQL
	"internal/queue":            "ent/... schema internal/fault internal/store",
	"internal/chromium":         "internal/fault",
	"internal/fetch":            "ent/... schema internal/chromium internal/fault internal/store",
	"internal/pdf":              "internal/fault",
	"internal/warc":             "internal/fault",
	"internal/document":         "schema internal/fault internal/pdf",
	"internal/change":           "ent/... schema internal/event internal/extract internal/fault internal/report internal/store",
	"internal/extract":          "ent/... schema internal/document internal/fault internal/llm internal/store",
	"internal/access":           "ent/... schema internal/event internal/fault internal/store",
	"internal/shared":           "internal/event",
	"internal/report":           "ent/... schema internal/document internal/event internal/extract internal/fault internal/llm internal/store",
	"internal/export":           "ent/... schema internal/document internal/fault internal/report internal/store",
	"internal/search":           "ent/... schema internal/fault internal/store",
	"internal/llm":              "internal/fault",
	"internal/job":              "ent/... schema internal/event internal/fault internal/fetch internal/queue internal/report internal/store internal/trace",
	"internal/crawl":            "ent/... schema internal/document internal/extract internal/fault internal/fetch internal/job internal/store",

	"internal/lab":    "ent/... schema internal/document internal/extract internal/fault internal/fetch internal/store",
	"internal/trace":  "",
	"internal/metric": "ent/... schema internal/event internal/queue internal/search internal/store",

	// The two doors.
	"resolvers": "ent/... graph schema internal/access internal/change internal/crawl internal/document internal/event internal/extract internal/fault internal/fetch " +
		"internal/job internal/report internal/lab internal/search internal/store",
	"worker": "ent/... schema internal/change internal/crawl internal/document internal/event internal/extract internal/fault internal/fetch internal/job " +
		"internal/queue internal/report internal/store internal/trace",

	// What puts it together.
	"internal/server":   "internal/access internal/fault internal/trace schema",
	"internal/demosite": "",
	"web":               "", // what Vite has built
	"internal/app": "ent/... resolvers schema worker internal/access internal/change internal/chromium internal/crawl internal/demosite internal/document internal/event internal/export internal/extract internal/fault " +
		"internal/fetch internal/job internal/lab internal/llm internal/metric internal/queue internal/report internal/search internal/server internal/shared internal/store/... internal/trace internal/warc web",
	"deploy":        "", // nothing but tests of what is deployed
	"cmd/techfacts": "internal/access internal/app internal/demosite internal/fault schema",

	"internal/calctest":    "",
	"internal/hostiletest": "",
	"internal/modeltest":   "",
	"internal/pgtest":      "",
	"internal/proxytest":   "",
	"internal/qdranttest":  "",
	"internal/redistest":   "",
	"internal/storetest":   "internal/pgtest internal/store",
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	list.Stderr = t.Output()
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		names := strings.Fields(line)
		pkg, ours := strings.CutPrefix(names[0], module+"/")
		if !ours {
			continue // the root: nothing but words
		}
		rule, listed := allowed[pkg]
		for pattern := range allowed {
			if !listed && match(pattern, pkg) {
				rule, listed = allowed[pattern], true
			}
		}
		if !listed {
			t.Errorf("package %s has no place in the house: say in arch_test.go what it may import, or do without it", pkg)
			continue
		}
		for _, name := range names[1:] {
			imported, ours := strings.CutPrefix(name, module+"/")
			if ours && !slices.ContainsFunc(strings.Fields(rule), func(p string) bool { return match(p, imported) }) {
				t.Errorf("%s may not import %s", pkg, imported)
			}
		}
	}
}

// match tells whether the pattern stands for the package.
func match(pattern, pkg string) bool {
	tree, deep := strings.CutSuffix(pattern, "/...")
	return pkg == tree || deep && strings.HasPrefix(pkg, tree+"/")
}
