// Command search measures how well and how fast passages of real documentation
// are found: by internal/search, and beside it by plain BM25, bleve and SQLite's
// FTS5. See bench/search.sh.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench/search:", err)
		os.Exit(1)
	}
}

func run(folders []string) error {
	var texts []string
	var queries []string
	for _, folder := range folders {
		all, err := passages(folder)
		if err != nil {
			return err
		}
		asked := sets(all)
		corpus := make([]string, len(all))
		for i, p := range all {
			corpus[i] = p.text
		}
		if err := quality(filepath.Base(filepath.Dir(folder)), corpus, asked); err != nil {
			return err
		}
		texts = append(texts, corpus...)
		for _, s := range asked {
			for _, q := range s.questions {
				queries = append(queries, q.text)
			}
		}
	}
	return speed(texts, queries)
}

// quality prints how high the right passages stand.
func quality(name string, texts []string, asked []set) error {
	docs := documents(texts)
	own, _, err := ours(docs)
	if err != nil {
		return err
	}
	engines := []engine{own, naive(texts)}
	for _, open := range []func() (engine, error){
		func() (engine, error) { return bleveOf("bleve", "en", docs) },
		func() (engine, error) { return bleveOf("bleve, ours", ownTerms, docs) },
		func() (engine, error) { return fts5(docs) },
	} {
		e, err := open()
		if err != nil {
			return err
		}
		engines = append(engines, e)
	}
	fmt.Printf("\n%s: %d passages; MRR@10 / hit@10\n%-12s", name, len(texts), "")
	for _, s := range asked {
		fmt.Printf("  %-17s", fmt.Sprintf("%s (%d)", s.name, len(s.questions)))
	}
	fmt.Println()
	for _, e := range engines {
		fmt.Printf("%-12s", e.name)
		for _, s := range asked {
			mrr, hit, err := score(e, s.questions)
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			fmt.Printf("  %-17s", fmt.Sprintf("%.3f / %.3f", mrr, hit))
		}
		fmt.Println()
	}
	return nil
}

func score(e engine, questions []question) (mrr, hit float64, err error) {
	for _, q := range questions {
		found, err := e.find(q.text, 10)
		if err != nil {
			return 0, 0, err
		}
		for i, doc := range found {
			if q.right[doc] {
				mrr += 1 / float64(i+1)
				hit++
				break
			}
		}
	}
	n := float64(len(questions))
	return mrr / n, hit / n, nil
}
