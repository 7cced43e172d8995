// Package deploy_test holds what is deployed against what there is: settings,
// metrics, alerts, and the manual of operators.
package deploy_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"techfacts.dev/techfacts/internal/app"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// decode reads a YAML file.
func decode(t *testing.T, path string, out any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, path)), out); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func manual(t *testing.T) string {
	t.Helper()
	return read(t, "../docs/operations.md")
}

// setting is one as app.Config has it.
type setting struct{ group, value, help string }

// settings lists every setting there is by its name in the environment.
func settings() map[string]setting {
	all := map[string]setting{}
	var list func(reflect.Type)
	list = func(of reflect.Type) {
		for f := range of.Fields() {
			if name := f.Tag.Get("env"); name != "" {
				all[name] = setting{f.Tag.Get("group"), f.Tag.Get("default"), f.Tag.Get("help")}
			} else if f.Anonymous {
				list(f.Type)
			}
		}
	}
	list(reflect.TypeFor[app.Config]())
	return all
}

func TestTheManualSaysOfEverySettingWhatTheHelpDoes(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile("^\\| `([A-Z_]+)` \\| (?:`([^`]*)`)? *\\| (.*) \\|\n$")
	documented := map[string]setting{}
	group := ""
	for line := range strings.Lines(manual(t)) {
		if title, ok := strings.CutPrefix(line, "### "); ok {
			group = strings.TrimSpace(title)
		}
		if m := row.FindStringSubmatch(line); m != nil {
			documented[m[1]] = setting{group, m[2], m[3]}
		}
	}
	for name, want := range settings() {
		if got, ok := documented[name]; !ok || got != want {
			t.Errorf("%s: the manual has %q, the program %q", name, got, want)
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("%s is in the manual only", name)
	}
}

func TestWhatIsDeployedSetsOnlySettingsThatThereAre(t *testing.T) {
	t.Parallel()
	known := settings()
	check := func(where string, names ...string) {
		t.Helper()
		if len(names) == 0 {
			t.Errorf("%s: no settings found", where)
		}
		for _, name := range names {
			if _, ok := known[name]; !ok && name != "GOMEMLIMIT" { // which is Go's
				t.Errorf("%s: there is no setting %s", where, name)
			}
		}
	}
	type service struct {
		Image       string
		Environment map[string]string
		Healthcheck struct{ Test []string }
		Ports       []string
		Deploy      struct{ Replicas int }
	}
	var compose struct{ Services map[string]service }
	decode(t, "compose.yaml", &compose)
	for name, s := range compose.Services {
		if s.Image == "techfacts" {
			check("compose.yaml: "+name, slices.Collect(maps.Keys(s.Environment))...)
		}
		if len(s.Healthcheck.Test) == 0 {
			t.Errorf("compose.yaml: %s has no health check", name)
		}
		if _, given := s.Environment["API_KEY"]; given != (name == "api") {
			t.Errorf("compose.yaml: %s has API_KEY: %t", name, given)
		}
		for _, port := range s.Ports {
			if name != "api" || !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("compose.yaml: %s publishes %s", name, port)
			}
		}
	}
	if n := compose.Services["worker"].Deploy.Replicas; n != 2 || len(compose.Services) != 5 {
		t.Errorf("compose.yaml: %d workers, %d services", n, len(compose.Services))
	}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z_]+)=`).FindAllStringSubmatch(read(t, "techfacts.env.example"), -1) {
		if !strings.Contains(read(t, "compose.yaml"), "${"+m[1]+":") {
			t.Errorf("compose.yaml does not use %s of techfacts.env.example", m[1])
		}
	}

	var values struct{ Settings map[string]string }
	decode(t, "helm/techfacts/values.yaml", &values)
	check("values.yaml", slices.Collect(maps.Keys(values.Settings))...)
	names := regexp.MustCompile(`name: ([A-Z_]{3,})\b`)
	for file, pattern := range map[string]*regexp.Regexp{
		"helm/techfacts/templates/_helpers.tpl": names,
		"Dockerfile":                            regexp.MustCompile(`\b([A-Z_]+)=(?:/data|0\.0)`),
		"techfacts.service":                     regexp.MustCompile(`(?m)^Environment=([A-Z_]+)=`),
	} {
		var found []string
		for _, m := range pattern.FindAllStringSubmatch(read(t, file), -1) {
			found = append(found, m[1])
		}
		check(file, found...)
	}
}

var metricName = regexp.MustCompile(`\btechfacts_[a-z_]+`)

// exported lists the metrics of the program, as the manual has them; a test of
// internal/metric holds the two together.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(techfacts_[a-z_]+)` \\|").FindAllStringSubmatch(manual(t), -1) {
		all[m[1]] = true
	}
	return all
}

// used lists the metrics in an expression, histograms by their own name.
func used(known map[string]bool, expr string) (names []string) {
	for _, name := range metricName.FindAllString(expr, -1) {
		for _, part := range []string{"_bucket", "_count", "_sum"} {
			if base, ok := strings.CutSuffix(name, part); ok && known[base] {
				name = base
			}
		}
		names = append(names, name)
	}
	return names
}

func TestTheDashboardShowsEveryMetricAndNoOther(t *testing.T) {
	t.Parallel()
	var dashboard struct {
		Panels []struct {
			Type, Title, Description string
			Targets                  []struct{ Expr string }
			GridPos                  struct{ X, Y, W, H int }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "grafana/techfacts.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	known, shown := exported(t), map[string]bool{}
	for _, p := range dashboard.Panels {
		if p.Type != "row" && (len(p.Targets) == 0 || p.Description == "") {
			t.Errorf("%s: shows or says nothing", p.Title)
		}
		if p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%s: is off the grid", p.Title)
		}
		for _, target := range p.Targets {
			for _, name := range used(known, target.Expr) {
				shown[name] = true
			}
		}
	}
	if !maps.Equal(known, shown) {
		t.Errorf("exported\n%q\nshown\n%q", slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(shown)))
	}
}

func TestEveryAlertIsOfMetricsThatThereAreAndHasItsPage(t *testing.T) {
	t.Parallel()
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	decode(t, "prometheus/rules.yml", &rules)
	known, doc, alerts := exported(t), manual(t), 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			alerts++
			for _, name := range used(known, r.Expr) {
				if !known[name] {
					t.Errorf("%s: there is no metric %s", r.Alert, name)
				}
			}
			if r.For == "" || !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) || r.Annotations["summary"] == "" {
				t.Errorf("%s: %+v", r.Alert, r)
			}
			if r.Annotations["runbook"] != "docs/operations.md#"+strings.ToLower(r.Alert) || !strings.Contains(doc, "\n#### "+r.Alert+"\n") {
				t.Errorf("%s has no page in the manual", r.Alert)
			}
		}
	}
	if n := strings.Count(doc, "\n#### Techfacts"); alerts == 0 || n != alerts {
		t.Errorf("%d alerts, %d pages in the manual", alerts, n)
	}
}

func TestTheAutoscalerAsksForAMetricThatThereIs(t *testing.T) {
	t.Parallel()
	known := exported(t)
	names := used(known, read(t, "helm/techfacts/templates/autoscaling.yaml"))
	if len(names) != 1 || !known[names[0]] {
		t.Errorf("it asks for %q", names)
	}
}

// logged lists the keys of everything that is logged, and where one is used.
func logged(t *testing.T) map[string]string {
	t.Helper()
	keys := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && slices.Contains([]string{"node_modules", ".git", "ent", "graph", "tools", "schema"}, d.Name()) {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := f.X.(*ast.Ident)
			literal, isLiteral := call.Args[0].(*ast.BasicLit)
			if ok && isLiteral && pkg.Name == "slog" {
				if key, err := strconv.Unquote(literal.Value); err == nil {
					keys[key] = path
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestTheManualHasEveryFieldOfTheLog(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(manual(t), "\n## Logs\n")
	section, _, _ = strings.Cut(section, "\n## ")
	documented := map[string]bool{}
	for line := range strings.Lines(section) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		for _, m := range regexp.MustCompile("`([a-z_.]+)`").FindAllStringSubmatch(first, -1) {
			if strings.HasPrefix(line, "| ") {
				documented[m[1]] = true
			}
		}
	}
	keys := logged(t)
	for key, path := range keys {
		if !documented[key] {
			t.Errorf("%s (in %s) is not in the manual", key, path)
		}
	}
	for key := range documented {
		if _, ok := keys[key]; !ok && !slices.Contains([]string{"time", "level", "msg"}, key) {
			t.Errorf("%s is in the manual only", key)
		}
	}
}
