package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const clientsDir = "testdata/clients"

// installed sees to it that the packages are those of the lock file.
func installed(t *testing.T) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is needed to run GraphQL clients: tools/need.sh installs it, or see https://nodejs.org/", program)
		}
	}
	lock, err := os.ReadFile(filepath.Join(clientsDir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(lock)
	want, mark := hex.EncodeToString(sum[:]), filepath.Join(clientsDir, "node_modules", ".installed")
	if got, err := os.ReadFile(mark); err == nil && string(got) == want {
		return
	}
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = clientsDir
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci in internal/app/%s (it needs the npm registry once): %v\n%s", clientsDir, err, out)
	}
	if err := os.WriteFile(mark, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The clients are graphql-ws, graphql-sse, graphql-http, subscriptions-transport-ws,
// Apollo and urql; each runs a query, a mutation and a subscription. The audit
// is that of graphql-http.
func TestEveryClientWorksAndNothingOfTheSpecificationIsMissed(t *testing.T) {
	t.Parallel()
	installed(t)
	s := start(t, settings(t, "SQLite"))
	w := newSite(t)
	w.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		writePage(w, "Limits", limits)
	})
	node := exec.CommandContext(t.Context(), "node", "run.mjs", "http://"+s.addr+"/graphql", w.URL)
	node.Dir = clientsDir
	var out bytes.Buffer
	node.Stdout, node.Stderr = &out, &out
	if err := node.Run(); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}
