LINT      := go tool -modfile=tools/go.mod golangci-lint
VERSION   := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GENERATED := ent graph resolvers
# SQLite was translated from C, line by line: with the race detector in it, it takes
# most of the time of all tests, to find what we could not mend. Only this package
# is left out: others have copies of generic code of the standard library.
RACE      := -race -gcflags='modernc.org/sqlite/lib=-race=false'

.PHONY: help build demo test web bench generate migration fmt lint check manifests clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

build: ## bin/techfacts
	go build -ldflags '-X main.version=$(VERSION)' -o bin/techfacts ./cmd/techfacts

demo: build ## try it: a site to read, and the service that reads it
	bin/techfacts demo

test: ## all tests, with the race detector; gets PostgreSQL, Redis, Chromium, LibreOffice, Node and a C compiler if they are missing
	tools/need.sh
	go test $(RACE) -timeout 30m ./...

web: ## web/dist, after a change in web/; needs Node and npm, building techfacts does not
	cd web && npm ci --no-audit --no-fund && npm run build

bench: ## the benchmarks; compare two runs with: go tool -modfile=tools/go.mod benchstat old new
	@BENCH_CORPUS=$${BENCH_CORPUS:-$$(bench/corpus.sh)}; export BENCH_CORPUS; \
		grep -rl --include='*_test.go' '^func Benchmark' . | sed 's|/[^/]*$$||' | sort -u | xargs -r go test -run '^$$' -bench . -benchmem

generate: ## ent/, graph/ and the frame of resolvers/, after a change in schema/
	go generate ./...

migration: ## NAME=add_note: write what has changed in schema/ as SQL
	@test -n '$(NAME)' || { echo 'usage: make migration NAME=what_changes'; exit 2; }
	go run ./internal/store/migrations $(NAME)

fmt: ## format the code
	$(LINT) fmt

lint: ## formatting and lint
	$(LINT) run

# What generation would change, committed or not.
state = git ls-files -coz --exclude-standard -- $(GENERATED) | xargs -0r cat 2>/dev/null | git hash-object --stdin

check: ## what CI asks of a commit besides the tests
	@echo 'generated code'; before=$$($(state)); $(MAKE) -s generate || exit; test "$$before" = "$$($(state))" || \
		{ git diff --stat -- $(GENERATED); echo 'The generated code was not up to date. It is now: add it to the commit.'; exit 1; }
	go vet ./...
	cd bench && go vet ./...
	cd bench/search && go vet ./...
	$(LINT) fmt --diff
	$(LINT) run

manifests: ## lint deploy/ with those of promtool, helm and systemd-analyze that are installed
	@cd deploy/prometheus && if command -v promtool; then promtool check config prometheus.yml && promtool test rules rules_test.yml; fi
	@cd deploy/helm && if command -v helm; then helm lint --strict techfacts && helm template techfacts techfacts --kube-version 1.31 >/dev/null; fi
	@if command -v systemd-analyze; then d=$$(mktemp -d) && sed 's|/usr/local/bin/techfacts|/bin/true|' deploy/techfacts.service >$$d/techfacts.service && \
		systemd-analyze verify $$d/techfacts.service; fi

clean: ## remove what make has made
	rm -rf bin
