package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"techfacts.dev/techfacts/internal/event"
	"techfacts.dev/techfacts/internal/fault"
	"techfacts.dev/techfacts/internal/llm"
	"techfacts.dev/techfacts/internal/search"
	"techfacts.dev/techfacts/internal/store"
)

// checkSearch says what is wrong with the settings of search.
func (c Config) checkSearch() error {
	for name, address := range map[string]string{"OPENAI_BASE_URL": c.OpenAIBaseURL, "OPENAI_EMBEDDING_BASE_URL": c.EmbeddingBaseURL} {
		u, err := url.Parse(address)
		if address != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return fault.New(fault.Invalid, "%s must be an address such as https://api.openai.com/v1", name)
		}
	}
	switch {
	case c.EmbeddingModel != "" && c.embeddingURL() == "":
		return fault.New(fault.Invalid, "OPENAI_EMBEDDING_BASE_URL must be set for RAG_EMBEDDING_MODEL to be asked")
	case c.EmbeddingModel == "" && c.EmbeddingBaseURL != "":
		return fault.New(fault.Invalid, "RAG_EMBEDDING_MODEL must say which model OPENAI_EMBEDDING_BASE_URL is to be asked for")
	case c.LLMTimeout < Seconds(time.Second) || c.LLMTimeout > Seconds(time.Hour):
		return fault.New(fault.Invalid, "LLM_HTTP_TIMEOUT must be from 1s to 1h")
	case c.LLMRetries < 0 || c.LLMRetries > 20:
		return fault.New(fault.Invalid, "LLM_MAX_RETRIES must be from 0 to 20")
	}
	if c.QdrantURL != "" {
		if _, _, _, err := search.QdrantAddr(string(c.QdrantURL)); err != nil {
			return fault.New(fault.Invalid, "QDRANT_URL %s", fault.Of(err).Message)
		}
	}
	_, err := c.qdrantRoots()
	return err
}

// qdrantRoots are the certificates that vouch for Qdrant's; nil: the system's.
func (c Config) qdrantRoots() (*x509.CertPool, error) {
	if c.QdrantCA == "" {
		return nil, nil //nolint:nilnil // that is how TLS has it
	}
	list, err := os.ReadFile(c.QdrantCA)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "QDRANT_CA must be a file that can be read")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(list) {
		return nil, fault.New(fault.Invalid, "QDRANT_CA must be a file with certificates in PEM")
	}
	return roots, nil
}

// bareKey reports whether the key of Qdrant goes over a network in the clear.
func (c Config) bareKey() bool {
	host, _, secure, err := search.QdrantAddr(string(c.QdrantURL))
	if err != nil || secure || c.QdrantKey == "" || host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.IsLoopback()
}

func (c Config) embeddingURL() string {
	if c.EmbeddingBaseURL != "" {
		return c.EmbeddingBaseURL
	}
	return c.OpenAIBaseURL
}

// ownSearch lists the addresses that search talks to.
func (c Config) ownSearch() (own []string) {
	for _, address := range []string{c.OpenAIBaseURL, c.EmbeddingBaseURL} {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			port := u.Port()
			if port == "" {
				port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
			}
			own = append(own, net.JoinHostPort(strings.Trim(u.Hostname(), "[]"), port))
		}
	}
	if host, port, _, err := search.QdrantAddr(string(c.QdrantURL)); err == nil {
		own = append(own, net.JoinHostPort(host, strconv.Itoa(port)))
	}
	return own
}

// searching is what finds facts and pages, and what keeps the indexes.
type searching struct {
	facts, pages *search.Engine
	source       search.Source
	server       *search.QdrantServer // nil: the indexes are in memory
	vectors      *search.Embeddings   // nil: there are none

	store *store.Store
	bus   bus
	log   *slog.Logger
}

// queryPatience is how long a search waits for the vector of its query. Nothing
// is tried twice: people wait.
const queryPatience = 5 * time.Second

func openSearch(c Config, s *store.Store, hints bus, log *slog.Logger) (*searching, error) {
	f := &searching{
		facts: &search.Engine{}, pages: &search.Engine{}, source: search.Facts(s, c.EmbeddingModel), store: s, bus: hints, log: log,
	}
	if c.EmbeddingModel != "" {
		endpoint := llm.Endpoint{
			URL: c.embeddingURL(), Key: string(c.OpenAIKey), Model: c.EmbeddingModel, Timeout: time.Duration(c.LLMTimeout), Retries: c.LLMRetries,
		}
		f.vectors = &search.Embeddings{
			Store: s, Embedder: llm.NewEmbeddings(endpoint), Model: c.EmbeddingModel,
			Bus: hints, Topic: event.Facts, Publish: hints.Publish, Log: log,
		}
		endpoint.Timeout, endpoint.Retries = min(endpoint.Timeout, queryPatience), 0
		f.facts.Embedder = llm.NewEmbeddings(endpoint)
	}
	if c.QdrantURL == "" {
		f.facts.Index, f.pages.Index = &search.Memory{}, &search.Memory{}
		return f, nil
	}
	roots, err := c.qdrantRoots()
	if err != nil {
		return nil, err
	}
	if f.server, err = search.DialQdrant(string(c.QdrantURL), string(c.QdrantKey), roots); err != nil {
		return nil, err
	}
	if c.bareKey() {
		log.Warn("the key of Qdrant is sent in the clear; use https:// in QDRANT_URL")
	}
	f.facts.Index, f.pages.Index = f.server.Index(search.FactsAlias), f.server.Index(search.PagesAlias)
	f.facts.Fallback, f.pages.Fallback = f.source.Fallback, search.Pages(s).Fallback
	return f, nil
}

func (f *searching) close() {
	if f.server == nil {
		return
	}
	if err := f.server.Close(); err != nil {
		f.log.Warn("cannot close the connection to Qdrant", slog.Any("error", err))
	}
}

// run starts in group what keeps the indexes, as far as that is for this process to do.
func (f *searching) run(ctx context.Context, group *errgroup.Group, api, works bool) {
	if api {
		if f.server == nil {
			mirror := &search.Mirror{Store: f.store, Facts: f.facts, Pages: f.pages, Model: f.source.Model, Bus: f.bus, Topic: event.Facts, Log: f.log}
			group.Go(func() error { return mirror.Run(ctx) })
		} else {
			group.Go(func() error { return search.WatchQdrant(ctx, f.store, f.server, f.facts, f.pages) })
		}
	}
	if !works {
		return
	}
	group.Go(func() error { return search.Prune(ctx, f.store, f.log) })
	if f.vectors != nil {
		group.Go(func() error { return f.vectors.Run(ctx) })
	}
	if f.server != nil {
		for _, k := range f.keepers() {
			group.Go(func() error { return k.Run(ctx) })
		}
	}
}

func (f *searching) keepers() []*search.Keeper {
	keeper := func(a search.Alias, source search.Source) *search.Keeper {
		return &search.Keeper{Store: f.store, Server: f.server, Alias: a, Source: source, Bus: f.bus, Topic: event.Facts, Log: f.log}
	}
	return []*search.Keeper{keeper(search.FactsAlias, f.source), keeper(search.PagesAlias, search.Pages(f.store))}
}

// degraded names what searches would notice.
func (f *searching) degraded() []string {
	if reason := f.facts.Lagging(); reason != "" {
		return []string{"search: " + reason}
	}
	return nil
}

// Reindex builds the search index in Qdrant anew, or with check compares it with
// the database and fails if they differ, and reports what it found. An index in
// memory is only loaded once, to see that it can be.
func Reindex(ctx context.Context, c Config, check bool, log *slog.Logger) (report string, err error) {
	s, _, err := openStore(ctx, c)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	hints, leave, err := join(ctx, c, log)
	if err != nil {
		return "", err
	}
	defer leave()
	find, err := openSearch(c, s, hints, log)
	if err != nil {
		return "", err
	}
	defer find.close()
	if find.server == nil {
		began := time.Now()
		facts, pages, err := search.Load(ctx, find.source, search.Pages(s))
		return fmt.Sprintf("Every API process has the index in memory and builds it when it starts: %d facts and %d pages, loaded in %s.",
			facts, pages, time.Since(began).Round(time.Millisecond)), err
	}
	if err := find.server.Answers(ctx); err != nil {
		return "", err
	}
	if !check {
		if err := find.rebuild(ctx); err != nil {
			return "", err
		}
	}
	return find.check(ctx)
}

// rebuild has the indexes built, by this process unless another keeps them.
func (f *searching) rebuild(ctx context.Context) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(running)
	keepers := f.keepers()
	again, _ := errgroup.WithContext(ctx)
	for _, k := range keepers {
		group.Go(func() error { return k.Run(ctx) })
		again.Go(func() error { return k.Again(ctx) })
	}
	err := again.Wait()
	stop()
	return errors.Join(err, group.Wait())
}

func (f *searching) check(ctx context.Context) (report string, err error) {
	var lines []string
	for _, k := range f.keepers() {
		d, failed := k.Check(ctx)
		if failed != nil {
			return "", failed
		}
		lines = append(lines, fmt.Sprintf("%s: %d documents; missing %d, stray %d, stale %d", k.Alias, d.Documents, d.Missing, d.Stray, d.Stale))
		if d.Missing+d.Stray+d.Stale > 0 {
			err = fault.New(fault.Conflict, "the search index differs from the database; techfacts reindex builds it anew")
		}
	}
	return strings.Join(lines, "\n"), err
}
