package app

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/fetch"
	"techfacts.dev/techfacts/internal/store"
)

// Config is every setting there is. Each can be given as a flag or in the
// environment; the help texts are the documentation.
type Config struct {
	ListenAddr     string   `name:"listen-addr" env:"LISTEN_ADDR" default:"127.0.0.1:8080" group:"Service" help:"Address of the API. Without API_KEY and without keys in the database (techfacts keys) it must be a loopback address."`
	APIKey         Secret   `name:"api-key" env:"API_KEY" group:"Service" help:"A key of the API that may do everything, at least 32 characters, beside those made by techfacts keys. Default: none; while there are no others either, no key is asked for and only loopback is served."`
	AllowedOrigins []string `name:"allowed-origins" env:"ALLOWED_ORIGINS" group:"Service" help:"Origins (https://app.example) whose pages may use the API, for CORS and websockets, separated by commas. Default: none."`
	Introspection  bool     `name:"introspection" env:"INTROSPECTION" default:"true" negatable:"" group:"Service" help:"Answer questions about the schema. Default: yes."`
	GraphiQL       bool     `name:"graphiql" env:"GRAPHIQL" default:"true" negatable:"" group:"Service" help:"Serve GraphiQL, where people try the API in a browser, at /graphiql. Default: yes."`

	AuditRetention Seconds `name:"audit-retention" env:"AUDIT_RETENTION" default:"2160h" group:"Service" help:"How long the audit log of mutations is kept; 0 for ever. Default: 90 days."`

	OpsAddr       string  `name:"ops-addr" env:"OPS_ADDR" group:"Operations" help:"Address that serves /livez, /readyz and /metrics without a key, also of a worker. Not for the public. Default: none; the API has them at its own address, /metrics to whoever has a key, of any scope."`
	ShutdownDelay Seconds `name:"shutdown-delay" env:"SHUTDOWN_DELAY" default:"0s" group:"Operations" help:"Time for which the API goes on to answer after SIGTERM, when it is no longer ready, so that load balancers can take note. Workers stop at once."`

	SlowOperation Seconds `name:"slow-operation" env:"SLOW_OPERATION" default:"1s" group:"Operations" help:"Queries and mutations that take longer are logged as a warning; 0: none."`
	TraceEndpoint string  `name:"otel-exporter-otlp-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT" group:"Operations" help:"Collector that traces are sent to, as http://collector:4318. The other variables of OpenTelemetry (OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES and so on) hold too. Default: none, and nothing is traced."`
	TraceProtocol string  `name:"otel-exporter-otlp-protocol" env:"OTEL_EXPORTER_OTLP_PROTOCOL" default:"http/protobuf" group:"Operations" help:"How: only http/protobuf is spoken."`

	APILimits `embed:""`

	DatabaseURL Secret `name:"database-url" env:"DATABASE_URL" group:"Storage" help:"PostgreSQL, as postgres://user:password@host/database. Default: none, and SQLite in DATA_DIR serves this one process."`
	DataDir     string `name:"data-dir" env:"DATA_DIR" default:"./data" type:"path" group:"Storage" help:"Folder of the embedded database."`

	RedisURL Secret `name:"redis-url" env:"REDIS_URL" group:"Storage" help:"Redis, which tells processes at once of what others did, as redis://user:password@host:6379, rediss://… (TLS) or unix:///path. Default: none, and they look every few seconds."`

	ScrapeDelayMin      Seconds `name:"scrape-delay-min" env:"SCRAPE_DELAY_MIN" default:"2s" group:"Reading pages" help:"Least time between two requests to one domain."`
	ScrapeDelayMax      Seconds `name:"scrape-delay-max" env:"SCRAPE_DELAY_MAX" default:"5s" group:"Reading pages" help:"Most time that is drawn at random between two requests to one domain."`
	ScrapeMaxConcurrent int     `name:"scrape-max-concurrent-per-domain" env:"SCRAPE_MAX_CONCURRENT_PER_DOMAIN" default:"2" group:"Reading pages" help:"Requests to one domain at a time, over all workers."`
	ScrapeDailyLimit    int     `name:"scrape-daily-limit-per-domain" env:"SCRAPE_DAILY_LIMIT_PER_DOMAIN" default:"500" group:"Reading pages" help:"Pages of one domain a day (UTC)."`
	ScrapeMaxRetries    int     `name:"scrape-max-retries" env:"SCRAPE_MAX_RETRIES" default:"3" group:"Reading pages" help:"How often a page that failed for a passing reason is tried again."`
	ScrapeTimeout       Seconds `name:"scrape-timeout" env:"SCRAPE_TIMEOUT" default:"60s" group:"Reading pages" help:"Time for one page in total; a quarter of it for the first header."`
	ScrapeCache         Seconds `name:"scrape-cache" env:"SCRAPE_CACHE" default:"24h" group:"Reading pages" help:"How long a page that was read is not asked for again."`
	ScrapeRobotsMeta    bool    `name:"scrape-robots-meta" env:"SCRAPE_ROBOTS_META" default:"true" negatable:"" group:"Reading pages" help:"Heed noindex and nofollow in pages and in X-Robots-Tag headers. Default: yes."`
	FetchAllowCIDRs     string  `name:"fetch-allow-cidrs" env:"FETCH_ALLOW_CIDRS" group:"Reading pages" help:"Private networks that may be read, as 10.20.0.0/16,127.0.0.16/28:18080; a port narrows it. Default: none."`

	Browser         string `name:"scrape-browser" env:"SCRAPE_BROWSER" group:"Reading pages" help:"Chromium that pages with scripts are read in: its path, or off for none. Default: the one in PATH, if there is one."`
	FirecrawlURL    string `name:"firecrawl-url" env:"FIRECRAWL_URL" group:"Reading pages" help:"Firecrawl, for jobs whose pages are to be got by it, as https://api.firecrawl.dev. Default: none."`
	FirecrawlKey    Secret `name:"firecrawl-api-key" env:"FIRECRAWL_API_KEY" group:"Reading pages" help:"Key of Firecrawl. Default: none."`
	FlareSolverrURL string `name:"flaresolverr-url" env:"FLARESOLVERR_URL" group:"Reading pages" help:"FlareSolverr, which reads pages behind a challenge, as http://localhost:8191. Default: none."`

	MinConfidence float64 `name:"extraction-confidence-threshold" env:"EXTRACTION_CONFIDENCE_THRESHOLD" default:"0.5" group:"Extracting facts" help:"Facts of less confidence, from 0 to 1, are not kept."`
	ChunkSize     int     `name:"extraction-chunk-size" env:"EXTRACTION_CHUNK_SIZE" default:"10000" group:"Extracting facts" help:"Characters of a page that a model is given at a time, cut at headings. Rules see whole pages."`

	OpenAIBaseURL    string  `name:"openai-base-url" env:"OPENAI_BASE_URL" group:"Language models" help:"Endpoint that speaks OpenAI's protocol, as https://api.openai.com/v1. Default: none."`
	OpenAIKey        Secret  `name:"openai-api-key" env:"OPENAI_API_KEY" group:"Language models" help:"Key of the endpoint. Default: none."`
	EmbeddingBaseURL string  `name:"openai-embedding-base-url" env:"OPENAI_EMBEDDING_BASE_URL" group:"Language models" help:"Endpoint of the model that makes vectors, for search by meaning. Default: OPENAI_BASE_URL."`
	EmbeddingModel   string  `name:"rag-embedding-model" env:"RAG_EMBEDDING_MODEL" group:"Language models" help:"Model that makes vectors, as bge-large-en. Default: none, and search is by words."`
	LLMModel         string  `name:"llm-model" env:"LLM_MODEL" group:"Language models" help:"Model that finds facts, beside the rules, and writes the prose of reports, at OPENAI_BASE_URL. Default: none."`
	LLMTimeout       Seconds `name:"llm-http-timeout" env:"LLM_HTTP_TIMEOUT" default:"120s" group:"Language models" help:"Time for one answer of a model."`
	LLMRetries       int     `name:"llm-max-retries" env:"LLM_MAX_RETRIES" default:"5" group:"Language models" help:"How often a model that is busy is asked again, with growing pauses."`

	LLMConcurrent      int     `name:"llm-max-concurrent" env:"LLM_MAX_CONCURRENT" default:"4" group:"Language models" help:"Questions to LLM_MODEL at a time, of this process."`
	LLMJobTokens       int     `name:"llm-job-tokens" env:"LLM_JOB_TOKENS" default:"0" group:"Language models" help:"Tokens that LLM_MODEL may take for one job, about; then the rest is by rules. 0: no bound."`
	LLMBreakerFailures int     `name:"llm-breaker-failures" env:"LLM_BREAKER_FAILURES" default:"5" group:"Language models" help:"Questions in a row that LLM_MODEL must leave without an answer, retries included, for it to be left alone for a while."`
	LLMBreakerPause    Seconds `name:"llm-breaker-pause" env:"LLM_BREAKER_PAUSE" default:"60s" group:"Language models" help:"For how long."`
	LLMCache           Seconds `name:"llm-cache" env:"LLM_CACHE" default:"2160h" group:"Language models" help:"How long answers of LLM_MODEL are kept, so that a question is paid once; 0: not at all. Default: 90 days."`

	QdrantURL Secret `name:"qdrant-url" env:"QDRANT_URL" group:"Storage" help:"Qdrant, which holds the search index, by its gRPC port: http://host:6334, or https:// for TLS. Default: none, and every API process has the index in memory."`
	QdrantKey Secret `name:"qdrant-api-key" env:"QDRANT_API_KEY" group:"Storage" help:"Key of Qdrant. Default: none."`
	QdrantCA  string `name:"qdrant-ca" env:"QDRANT_CA" group:"Storage" help:"File with the certificates, in PEM, that vouch for Qdrant's. Default: those of the system."`

	WorkerFetches int `name:"worker-fetches" env:"WORKER_FETCHES" default:"16" group:"Working" help:"Pages this process reads at a time."`
	ReportSection int `name:"report-facts-per-section" env:"REPORT_FACTS_PER_SECTION" default:"20" group:"Working" help:"Facts that a section of a report lists unless the request says otherwise: 1 to 200."`
	ReportFacts   int `name:"report-facts" env:"REPORT_FACTS" default:"200" group:"Working" help:"Facts that the sections of a report list in all unless the request says otherwise: 1 to 2,000."`

	WorkerExtracts int `name:"worker-extracts" env:"WORKER_EXTRACTS" default:"2" group:"Working" help:"Pages this process extracts from at a time."`

	WorkerMemory int `name:"worker-memory" env:"WORKER_MEMORY" default:"180" group:"Working" help:"Megabytes of memory that a process of workers only aims to stay below, at the cost of some time, beside the 75 MB of the program itself; 0: no aim."`

	LogLevel  string `name:"log-level" env:"LOG_LEVEL" default:"info" group:"Logs" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat string `name:"log-format" env:"LOG_FORMAT" default:"auto" group:"Logs" help:"text, json, or auto: text on a terminal, else json."`

	// Tick is how often watchers look for changes that no hint came for; 0 is
	// the default.
	Tick time.Duration `kong:"-"`
	// Version is that of the program.
	Version string `kong:"-"`
}

// Secret is a setting that is never shown.
type Secret string

// String hides the secret from logs and messages.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// Seconds is a duration, written as Go writes it (1m30s) or as a number of
// seconds.
type Seconds time.Duration

// UnmarshalText reads a duration that is not negative.
func (s *Seconds) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if n, numberErr := strconv.ParseFloat(string(text), 64); numberErr == nil {
		d, err = time.Duration(n*float64(time.Second)), nil
	}
	if err != nil || d < 0 {
		return fmt.Errorf("%q is not a duration such as 2s, 1m30s or 2 (seconds)", text)
	}
	*s = Seconds(d)
	return nil
}

// Check says what is wrong with the settings, naming the one at fault.
func (c Config) Check() error {
	for _, check := range []struct {
		wrong bool
		name  string
		what  string
	}{
		{c.APIKey != "" && len(c.APIKey) < 32, "API_KEY", "must have at least 32 characters"},
		{c.DatabaseURL != "" && !store.IsPostgres(string(c.DatabaseURL)), "DATABASE_URL", "must begin with postgres://"},
		{c.DataDir == "", "DATA_DIR", "must not be empty"},
		{c.TraceEndpoint != "" && !isURL(c.TraceEndpoint), "OTEL_EXPORTER_OTLP_ENDPOINT", "must be like http://collector:4318"},
		{c.TraceEndpoint != "" && c.TraceProtocol != "" && c.TraceProtocol != "http/protobuf", "OTEL_EXPORTER_OTLP_PROTOCOL", "must be http/protobuf"},
		{c.ShutdownDelay > Seconds(10*time.Minute), "SHUTDOWN_DELAY", "must be at most 10m"},
		{c.ScrapeDelayMax < c.ScrapeDelayMin, "SCRAPE_DELAY_MAX", "must not be less than SCRAPE_DELAY_MIN"},
		{c.ScrapeDelayMax > Seconds(time.Hour), "SCRAPE_DELAY_MAX", "must be at most 1h"},
		{c.ScrapeMaxConcurrent < 1 || c.ScrapeMaxConcurrent > 100, "SCRAPE_MAX_CONCURRENT_PER_DOMAIN", "must be from 1 to 100"},
		{c.ScrapeDailyLimit < 1, "SCRAPE_DAILY_LIMIT_PER_DOMAIN", "must be at least 1"},
		{c.ScrapeMaxRetries < 0 || c.ScrapeMaxRetries > 20, "SCRAPE_MAX_RETRIES", "must be from 0 to 20"},
		{c.ScrapeTimeout < Seconds(time.Second) || c.ScrapeTimeout > Seconds(10*time.Minute), "SCRAPE_TIMEOUT", "must be from 1s to 10m"},
		{c.FirecrawlURL != "" && !isURL(c.FirecrawlURL), "FIRECRAWL_URL", "must be like https://api.firecrawl.dev"},
		{c.FirecrawlURL == "" && c.FirecrawlKey != "", "FIRECRAWL_URL", "must say whose key FIRECRAWL_API_KEY is"},
		{c.FlareSolverrURL != "" && !isURL(c.FlareSolverrURL), "FLARESOLVERR_URL", "must be like http://localhost:8191"},
		{!(c.MinConfidence >= 0 && c.MinConfidence <= 1), "EXTRACTION_CONFIDENCE_THRESHOLD", "must be from 0 to 1"},
		{!slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "LOG_LEVEL", "must be debug, info, warn or error"},
		{!slices.Contains([]string{"auto", "text", "json"}, c.LogFormat), "LOG_FORMAT", "must be auto, text or json"},
		{c.WorkerFetches < 1 || c.WorkerFetches > 1000, "WORKER_FETCHES", "must be from 1 to 1000"},
		{c.WorkerMemory < 0, "WORKER_MEMORY", "must not be negative"},
		{c.ReportSection < 1 || c.ReportSection > 200, "REPORT_FACTS_PER_SECTION", "must be from 1 to 200"},
		{c.ReportFacts < 1 || c.ReportFacts > 2_000, "REPORT_FACTS", "must be from 1 to 2000"},
		{c.WorkerExtracts < 1 || c.WorkerExtracts > 100, "WORKER_EXTRACTS", "must be from 1 to 100"},
	} {
		if check.wrong {
			return fault.New(fault.Invalid, "%s %s", check.name, check.what)
		}
	}
	if err := c.check(); err != nil {
		return err
	}
	if _, err := fetch.NewGuard(c.FetchAllowCIDRs, nil); err != nil {
		return err // it names the setting
	}
	if c.RedisURL != "" {
		if _, err := event.RedisAddr(string(c.RedisURL)); err != nil {
			return fault.New(fault.Invalid, "REDIS_URL %s", fault.Of(err).Message)
		}
	}
	if err := c.checkSearch(); err != nil {
		return err
	}
	if err := c.checkModel(); err != nil {
		return err
	}
	for _, o := range c.AllowedOrigins {
		if u, err := url.Parse(o); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || o != u.Scheme+"://"+u.Host {
			return fault.New(fault.Invalid, "ALLOWED_ORIGINS: %q is not an origin such as https://app.example", o)
		}
	}
	return c.checkListen()
}

func (c Config) checkListen() error {
	if c.OpsAddr != "" && !isAddr(c.OpsAddr) {
		return fault.New(fault.Invalid, "OPS_ADDR: %q is not an address such as 127.0.0.1:9090", c.OpsAddr)
	}
	if !isAddr(c.ListenAddr) {
		return fault.New(fault.Invalid, "LISTEN_ADDR: %q is not an address such as 127.0.0.1:8080", c.ListenAddr)
	}
	return nil
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func isAddr(s string) bool {
	_, port, err := net.SplitHostPort(s)
	_, portErr := strconv.ParseUint(port, 10, 16)
	return err == nil && portErr == nil
}

// open opens the database, and names the setting if it cannot.
func (c Config) open(ctx context.Context) (*store.Store, error) {
	address, setting := filepath.Join(c.DataDir, "techfacts.db"), "DATA_DIR"
	if c.DatabaseURL != "" {
		address, setting = string(c.DatabaseURL), "DATABASE_URL"
	}
	s, err := store.Open(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return s, nil
}

// own lists the addresses of the service itself, which no page may be read
// from; listening are those it listens on, of which some are empty.
func (c Config) own(listening ...string) (own []string) {
	for _, addr := range listening {
		if addr != "" {
			own = append(own, addr)
		}
	}
	if u, err := url.Parse(string(c.DatabaseURL)); err == nil && u.Host != "" {
		host, port := u.Hostname(), u.Port()
		if port == "" {
			port = "5432"
		}
		own = append(own, net.JoinHostPort(strings.Trim(host, "[]"), port))
	}
	for _, address := range []string{c.TraceEndpoint, c.FirecrawlURL, c.FlareSolverrURL} {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			own = append(own, net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), u.Scheme))) // a scheme is the name of its port
		}
	}
	if c.RedisURL != "" {
		if addr, err := event.RedisAddr(string(c.RedisURL)); err == nil && addr != "" {
			own = append(own, addr)
		}
	}
	return append(own, c.ownSearch()...)
}
