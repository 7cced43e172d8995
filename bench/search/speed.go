package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"techfacts.dev/techfacts/internal/search"
)

const (
	facts     = 100_000
	dimension = 512
	asked     = 600 // queries
)

// speed prints what 100,000 facts cost: the time of the processor for a query,
// which is what it takes on an idle machine.
func speed(texts, queries []string) error {
	random := rand.New(rand.NewPCG(7, 7))
	many := sentences(texts, random)
	random.Shuffle(len(queries), func(i, j int) { queries[i], queries[j] = queries[j], queries[i] })
	queries = queries[:min(asked, len(queries))]
	docs := documents(many)
	fmt.Printf("\n%d facts of %d characters on average; %d queries; processor time per query, 10 hits\n", len(docs), average(many), len(queries))

	before := heap()
	busy, began := cpu(unix.RUSAGE_SELF), time.Now()
	own, lexical, err := ours(docs)
	if err != nil {
		return err
	}
	built := time.Since(began)
	busy = cpu(unix.RUSAGE_SELF) - busy
	fmt.Printf("techfacts in memory: built in %s on %d processors (%s of their time), %d MB\n",
		built.Round(time.Millisecond), runtime.GOMAXPROCS(0), busy.Round(time.Millisecond), (heap()-before)>>20)
	runtime.KeepAlive(docs)
	fmt.Printf("%-24s %8s %8s %8s\n", "", "p50", "p99", "max")
	if err := timed("techfacts, lexical", queries, func(q string) error { _, err := own.find(q, 10); return err }); err != nil {
		return err
	}
	where := search.Filter{Companies: []string{"company 7"}}
	err = timed("… of one company, facets", queries, func(q string) error {
		_, err := lexical.Find(context.Background(), search.Request{Query: q, Filter: where, Facets: true})
		return err
	})
	if err != nil {
		return err
	}
	runtime.KeepAlive(lexical)
	if err := hybrid(docs, queries, random); err != nil {
		return err
	}
	for _, open := range []func([]search.Document) (engine, error){
		func(docs []search.Document) (engine, error) { return bleveOf("bleve", "en", docs) }, fts5,
	} {
		e, err := open(docs)
		if err != nil {
			return err
		}
		if err := timed(e.name, queries, func(q string) error { _, err := e.find(q, 10); return err }); err != nil {
			return err
		}
	}
	return nil
}

// sentences are what facts look like: one or two of a passage.
func sentences(texts []string, random *rand.Rand) []string {
	var many []string
	for len(many) < facts {
		list := strings.SplitAfter(texts[random.IntN(len(texts))], ". ")
		i := random.IntN(len(list))
		if s := strings.TrimSpace(strings.Join(list[i:min(i+1+random.IntN(2), len(list))], "")); len(s) >= 20 {
			many = append(many, s)
		}
	}
	return many
}

func average(texts []string) int {
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	return n / len(texts)
}

// someVector stands for what a model would say of a query.
type someVector struct{ random *rand.Rand }

func (s someVector) Embed(_ context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i := range vectors {
		vectors[i] = vector(s.random, nil)
	}
	return vectors, nil
}

// vector is one of length 1, near to another if there is one.
func vector(random *rand.Rand, near []float32) []float32 {
	v := make([]float32, dimension)
	var sum float64
	for i := range v {
		v[i] = float32(random.NormFloat64())
		if near != nil {
			v[i] = near[i]*20 + v[i]
		}
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

// hybrid measures search by words and by meaning, with vectors that lie in heaps
// as those of texts do.
func hybrid(docs []search.Document, queries []string, random *rand.Rand) error {
	topics := make([][]float32, 500)
	for i := range topics {
		topics[i] = vector(random, nil)
	}
	docs = slices.Clone(docs)
	for i := range docs {
		docs[i].Vector = vector(random, topics[random.IntN(len(topics))])
	}
	before := heap()
	_, e, err := ours(docs)
	if err != nil {
		return err
	}
	e.Embedder = someVector{random}
	// The index keeps the vectors themselves, which were there before.
	name := fmt.Sprintf("techfacts, hybrid, %d MB", (heap()-before+int64(len(docs)*dimension*4))>>20)
	runtime.KeepAlive(docs) // else it would count as memory that the index gave back
	return timed(name, queries, func(q string) error {
		_, err := e.Find(context.Background(), search.Request{Query: q, Mode: search.Hybrid})
		return err
	})
}

// timed prints how long the processor is busy with each query.
func timed(name string, queries []string, find func(string) error) error {
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	times := make([]time.Duration, 0, len(queries))
	for _, q := range queries {
		began := cpu(unix.RUSAGE_SELF)
		if err := find(q); err != nil {
			return fmt.Errorf("%s: %q: %w", name, q, err)
		}
		times = append(times, cpu(unix.RUSAGE_SELF)-began)
	}
	slices.Sort(times)
	at := func(share float64) string {
		return fmt.Sprintf("%.1f ms", float64(times[min(len(times)-1, int(share*float64(len(times))))].Microseconds())/1000)
	}
	fmt.Printf("%-24s %8s %8s %8s\n", name, at(0.5), at(0.99), at(1))
	return nil
}

// cpu is the time that the processor was busy for this process.
func cpu(who int) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(who, &u); err != nil {
		panic(err) // it cannot fail for oneself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// heap is how much memory is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // no machine has so much
}
