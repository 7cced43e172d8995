// Command manuals serves real manuals on loopback, lets techfacts crawl them, and
// checks that every URL it came across is stored or explained, that no page was
// stored or asked for twice, and that nothing was asked for that robots.txt
// forbids.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"time"
)

var verbose *bool

func main() {
	root := flag.String("root", "/usr/share/doc", "where the manuals are")
	program := flag.String("techfacts", "bin/techfacts", "the program")
	verbose = flag.Bool("v", false, "list duplicates")
	budget := flag.Int("budget", 2000, "pages")
	serve := flag.String("serve", "", "only serve the corpus, and write the address into this file")
	corpus := flag.String("corpus", "", "the HTML of one manual, for serve")
	crawl := flag.String("crawl", "", "only measure a crawl of this URL")
	flag.Parse()
	var err error
	switch {
	case *serve != "":
		err = serveCorpus(*serve, *corpus)
	case *crawl != "":
		err = speed(*program, *crawl)
	default:
		err = run(*root, *program, *budget)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "manuals:", err)
		os.Exit(1)
	}
}

func run(root, program string, budget int) error {
	s := &site{manuals: find(root), asked: map[string]int{}}
	if len(s.manuals) != 5 {
		return fmt.Errorf("found %d manuals of 5 under %s: %v", len(s.manuals), root, s.manuals)
	}
	server := httptest.NewServer(s)
	defer server.Close()
	data, err := os.MkdirTemp("", "manuals-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	cmd := exec.Command(program, "serve")
	cmd.Env = append(os.Environ(), "DATA_DIR="+data, "LISTEN_ADDR=127.0.0.1:0", "LOG_FORMAT=json", "FETCH_ALLOW_CIDRS=127.0.0.0/8", "SCRAPE_DELAY_MIN=0", "SCRAPE_DELAY_MAX=0",
		"SCRAPE_DAILY_LIMIT_PER_DOMAIN=100000", "SCRAPE_MAX_CONCURRENT_PER_DOMAIN=16", "WORKER_FETCHES=16")
	api, err := start(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	began := time.Now()
	var started struct {
		StartScrape struct{ Job struct{ ID string } }
	}
	if err := api.ask(`mutation ($in: StartScrapeInput!) { startScrape(input: $in) { job { id } } }`, map[string]any{"in": map[string]any{
		"urls": []string{server.URL + "/"}, "company": "Manuals", "profile": "technical_specs", "crawl": map[string]any{"maxDepth": 10, "maxPages": budget},
	}}, &started); err != nil {
		return err
	}
	j, err := api.wait(started.StartScrape.Job.ID)
	if err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Printf("%s: %d URLs came across, %d done, %d failed, %d left out, %d facts, in %v\n", j.Status, j.Total, j.Done, j.Failed, j.Skipped, j.FactCount, took.Round(time.Millisecond))
	for _, o := range j.Result.Outcomes {
		fmt.Printf("  %6d %s\n", o.Count, o.Outcome)
	}
	return s.check(api, started.StartScrape.Job.ID, j)
}

type job struct {
	Status                                          string
	Total, Done, Failed, Skipped, Stored, FactCount int
	Result                                          struct {
		Outcomes []struct {
			Outcome string
			Count   int
		}
	}
}

// check holds the outcome against what the site saw.
func (s *site) check(a api, id string, j job) error {
	if j.Total != j.Done+j.Failed+j.Skipped {
		return fmt.Errorf("%d URLs, but %d + %d + %d explained", j.Total, j.Done, j.Failed, j.Skipped)
	}
	after, pages, items := "", map[string]string{}, 0
	for more := true; more; {
		var out struct {
			Job struct {
				Items struct {
					Edges []struct {
						Node struct {
							URL, State, Outcome, Reason string
							Page                        *struct{ URL string }
						}
					}
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
		}
		variables := map[string]any{"id": id}
		if after != "" {
			variables["after"] = after
		}
		if err := a.ask(`query ($id: ID!, $after: Cursor) { job(id: $id) { items(first: 100, after: $after) { edges { node { url state outcome reason page { url } } } pageInfo { hasNextPage endCursor } } } }`, variables, &out); err != nil {
			return err
		}
		for _, e := range out.Job.Items.Edges {
			n := e.Node
			items++
			good := n.Outcome == "STORED" || n.Outcome == "UNCHANGED"
			switch {
			case n.State != "ENDED" || n.Outcome == "" || !good && n.Reason == "":
				return fmt.Errorf("not explained: %+v", n)
			case good && n.Page == nil:
				return fmt.Errorf("no page: %+v", n)
			case good && pages[n.Page.URL] != "":
				return fmt.Errorf("%s is the page of %s and of %s", n.Page.URL, pages[n.Page.URL], n.URL)
			case good:
				pages[n.Page.URL] = n.URL
			}
			if n.Outcome == "DUPLICATE" && *verbose {
				fmt.Println("  ", n.URL, n.Reason)
			}
			if n.Outcome == "HTTP_ERROR" || n.Outcome == "FAILED" || n.Outcome == "TIMEOUT" {
				fmt.Println("  ", n.Outcome, n.URL, n.Reason)
			}
		}
		more, after = out.Job.Items.PageInfo.HasNextPage, out.Job.Items.PageInfo.EndCursor
	}
	var stored struct{ Pages struct{ TotalCount int } }
	if err := a.ask(`{ pages { totalCount } }`, nil, &stored); err != nil {
		return err
	}
	if items != j.Total || len(pages) != stored.Pages.TotalCount || len(pages) != j.Done {
		return fmt.Errorf("%d items of %d; %d pages of %d done, %d stored", items, j.Total, len(pages), j.Done, stored.Pages.TotalCount)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := 0
	for uri, n := range s.asked {
		requests += n
		if forbidden(uri) {
			return fmt.Errorf("%s was asked for, which robots.txt forbids", uri)
		}
		if n > 1 {
			return fmt.Errorf("%s was asked for %d times", uri, n)
		}
	}
	fmt.Printf("stored + explained = %d URLs; %d pages, none twice; %d requests, none twice, none forbidden\n", items, len(pages), requests)
	return nil
}

// api asks techfacts.
type api string

// start runs the program and waits until it answers.
func start(cmd *exec.Cmd) (api, error) {
	out, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	lines := json.NewDecoder(out)
	for {
		var line struct{ Msg, Addr string }
		if err := lines.Decode(&line); err != nil {
			return "", fmt.Errorf("it did not start: %w", err)
		}
		if line.Msg == "started" {
			go func() {
				for lines.Decode(&line) == nil { //nolint:revive // read on, lest it block
				}
			}()
			return api("http://" + line.Addr + "/graphql"), nil
		}
	}
}

func (a api) ask(query string, variables map[string]any, out any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	r, err := http.Post(string(a), "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
		return err
	}
	if len(answer.Errors) > 0 {
		return fmt.Errorf("%s", answer.Errors[0].Message)
	}
	return json.Unmarshal(answer.Data, out)
}
