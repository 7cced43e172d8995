package main

import (
	"strings"
	"testing"

	"techfacts.dev/techfacts/internal/pgtest"
)

func TestVersionAndMigrate(t *testing.T) {
	t.Parallel()
	if stdout, _, code := output(t, nil, "version"); stdout != "techfacts v1.2.3-test\n" || code != 0 {
		t.Errorf("version = %q, %d", stdout, code)
	}
	env := []string{"DATABASE_URL=" + pgtest.URL(t)}
	first, stderr, _ := output(t, env, "migrate")
	second, _, code := output(t, env, "migrate")
	if !strings.HasPrefix(first, "The database is up to date (") || first == second || !strings.Contains(second, "(0 steps") || code != 0 {
		t.Errorf("migrate: %q then %q, %d, %s", first, second, code, stderr)
	}
}

func TestWrongSettingsStopTheStartWithOneLineThatNamesThem(t *testing.T) {
	t.Parallel()
	for setting, name := range map[string]string{
		"API_KEY=short":                                   "API_KEY",
		"DATABASE_URL=mysql://x":                          "DATABASE_URL",
		"DATABASE_URL=postgres://u:hunter2@[bad":          "DATABASE_URL",
		"LISTEN_ADDR=0.0.0.0:8080":                        "API_KEY",
		"LISTEN_ADDR=nonsense":                            "LISTEN_ADDR",
		"ALLOWED_ORIGINS=https://app.example/":            "ALLOWED_ORIGINS",
		"FETCH_ALLOW_CIDRS=10.0.0.0/99":                   "FETCH_ALLOW_CIDRS",
		"SCRAPE_DELAY_MIN=soon":                           "SCRAPE_DELAY_MIN",
		"SCRAPE_DELAY_MIN=10":                             "SCRAPE_DELAY_MAX",
		"SCRAPE_TIMEOUT=0":                                "SCRAPE_TIMEOUT",
		"SCRAPE_MAX_RETRIES=-1":                           "SCRAPE_MAX_RETRIES",
		"FIRECRAWL_URL=localhost":                         "FIRECRAWL_URL",
		"FIRECRAWL_API_KEY=fc-1":                          "FIRECRAWL_URL",
		"FLARESOLVERR_URL=8191":                           "FLARESOLVERR_URL",
		"SCRAPE_BROWSER=/nowhere":                         "SCRAPE_BROWSER",
		"SCRAPE_MAX_CONCURRENT_PER_DOMAIN=0":              "SCRAPE_MAX_CONCURRENT_PER_DOMAIN",
		"SCRAPE_DAILY_LIMIT_PER_DOMAIN=none":              "SCRAPE_DAILY_LIMIT_PER_DOMAIN",
		"EXTRACTION_CONFIDENCE_THRESHOLD=nan":             "EXTRACTION_CONFIDENCE_THRESHOLD",
		"DATA_DIR=/dev/null/x":                            "DATA_DIR",
		"DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/x": "DATABASE_URL",
		"LISTEN_ADDR=127.0.0.1:99999":                     "LISTEN_ADDR",
		"EXTRACTION_CONFIDENCE_THRESHOLD=1.5":             "EXTRACTION_CONFIDENCE_THRESHOLD",
		"WORKER_FETCHES=0":                                "WORKER_FETCHES",
		"WORKER_EXTRACTS=0":                               "WORKER_EXTRACTS",
		"LOG_FORMAT=xml":                                  "LOG_FORMAT",
		"LOG_LEVEL=loud":                                  "LOG_LEVEL",
		"GRAPHQL_MAX_DEPTH=0":                             "GRAPHQL_MAX_DEPTH",
		"GRAPHQL_MAX_BODY=-1":                             "GRAPHQL_MAX_BODY",
		"GRAPHQL_MAX_IMPORT=-1":                           "GRAPHQL_MAX_IMPORT",
		"GRAPHQL_MAX_URL=16385":                           "GRAPHQL_MAX_URL",
		"GRAPHQL_MAX_PAGE=many":                           "graphql-max-page",
		"GRAPHQL_PERSISTED_QUERIES=-2":                    "GRAPHQL_PERSISTED_QUERIES",
		"GRAPHQL_QUERY_TIMEOUT=0":                         "GRAPHQL_QUERY_TIMEOUT",
		"WEBSOCKET_MAX_CONNECTIONS=0":                     "WEBSOCKET_MAX_CONNECTIONS",
		"WEBSOCKET_MAX_CONNECTIONS_PER_CLIENT=-1":         "WEBSOCKET_MAX_CONNECTIONS_PER_CLIENT",
		"WEBSOCKET_PING=2h":                               "WEBSOCKET_PING",
		"API_POINTS_PER_MINUTE=-2":                        "API_POINTS_PER_MINUTE",
		"AUDIT_RETENTION=-1s":                             "AUDIT_RETENTION",
		"HTTP_MAX_HEADER=0":                               "HTTP_MAX_HEADER",
		"SLOW_OPERATION=often":                            "SLOW_OPERATION",
		"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318":      "OTEL_EXPORTER_OTLP_ENDPOINT",
		"LLM_MODEL=m":                                     "OPENAI_BASE_URL",
		"LLM_MAX_CONCURRENT=0":                            "LLM_MAX_CONCURRENT",
		"LLM_JOB_TOKENS=-1":                               "LLM_JOB_TOKENS",
		"LLM_BREAKER_FAILURES=0":                          "LLM_BREAKER_FAILURES",
		"LLM_BREAKER_PAUSE=0":                             "LLM_BREAKER_PAUSE",
		"EXTRACTION_CHUNK_SIZE=10":                        "EXTRACTION_CHUNK_SIZE",
		"OPS_ADDR=nonsense":                               "OPS_ADDR",
		"SHUTDOWN_DELAY=1h":                               "SHUTDOWN_DELAY",
		"REDIS_URL=hunter2":                               "REDIS_URL",
		"REDIS_URL=redis://:hunter2@[bad":                 "REDIS_URL",
	} {
		_, stderr, code := output(t, []string{setting}, "serve")
		if code == 0 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, name) || strings.Contains(stderr, "hunter2") {
			t.Errorf("%s: exit code %d, stderr:\n%s", setting, code, stderr)
		}
	}
	grpc := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}
	if _, stderr, code := output(t, grpc, "serve"); code == 0 || !strings.Contains(stderr, "OTEL_EXPORTER_OTLP_PROTOCOL") {
		t.Errorf("a protocol that is not spoken: %d %s", code, stderr)
	}
	if _, stderr, code := output(t, nil, "worker"); code == 0 || !strings.Contains(stderr, "DATABASE_URL") {
		t.Errorf("worker without PostgreSQL: %d %s", code, stderr)
	}
}

func TestHelpDocumentsEverySettingWithItsDefault(t *testing.T) {
	t.Parallel()
	help, _, _ := output(t, nil, "--help")
	for _, setting := range []string{
		"LISTEN_ADDR", "OPS_ADDR", "SHUTDOWN_DELAY", "SLOW_OPERATION", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "API_KEY", "AUDIT_RETENTION", "API_POINTS_PER_MINUTE", "ALLOWED_ORIGINS", "INTROSPECTION", "GRAPHIQL", "DATABASE_URL", "DATA_DIR", "REDIS_URL", "SCRAPE_DELAY_MIN", "SCRAPE_DELAY_MAX",
		"SCRAPE_MAX_CONCURRENT_PER_DOMAIN", "SCRAPE_DAILY_LIMIT_PER_DOMAIN", "SCRAPE_MAX_RETRIES", "SCRAPE_TIMEOUT", "SCRAPE_CACHE",
		"GRAPHQL_MAX_BODY", "GRAPHQL_MAX_IMPORT", "SCRAPE_BROWSER", "FIRECRAWL_URL", "FIRECRAWL_API_KEY", "FLARESOLVERR_URL", "GRAPHQL_MAX_URL", "GRAPHQL_MAX_TOKENS", "GRAPHQL_MAX_DEPTH", "GRAPHQL_MAX_ALIASES", "GRAPHQL_MAX_ROOT_FIELDS",
		"GRAPHQL_MAX_DIRECTIVES", "GRAPHQL_MAX_PAGE", "GRAPHQL_MAX_NODES", "GRAPHQL_PERSISTED_QUERIES", "GRAPHQL_QUERY_TIMEOUT",
		"GRAPHQL_MUTATION_TIMEOUT", "WEBSOCKET_INIT_TIMEOUT", "WEBSOCKET_MAX_MESSAGE", "WEBSOCKET_PING", "WEBSOCKET_WRITE_TIMEOUT",
		"WEBSOCKET_MAX_OPERATIONS", "WEBSOCKET_MAX_CONNECTIONS", "WEBSOCKET_MAX_CONNECTIONS_PER_CLIENT", "STREAM_KEEP_ALIVE", "HTTP_HEADER_TIMEOUT", "HTTP_READ_TIMEOUT", "HTTP_IDLE_TIMEOUT", "HTTP_MAX_HEADER",
		"FETCH_ALLOW_CIDRS", "EXTRACTION_CONFIDENCE_THRESHOLD", "WORKER_FETCHES", "WORKER_EXTRACTS", "LOG_LEVEL", "LOG_FORMAT",
	} {
		if !strings.Contains(help, "$"+setting) {
			t.Errorf("%s is not in the help", setting)
		}
	}
	for _, want := range []string{"127.0.0.1:8080", "=2s", "=5s", "=60s", "=24h", "=2160h", "=500", "=0.5", "./data", "=262144", "=8192", "=12s", "=16384"} {
		if !strings.Contains(help, want) {
			t.Errorf("the default %s is not in the help:\n%s", want, help)
		}
	}
}
