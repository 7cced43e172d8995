package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// serveCorpus serves one manual, without its sitemap, until it is told to stop,
// and writes its address into a file.
func serveCorpus(file, corpus string) error {
	server := httptest.NewServer(&site{manuals: manuals{"postgresql": corpus}, asked: map[string]int{}, open: true})
	defer server.Close()
	if err := os.WriteFile(file, []byte(server.URL), 0o600); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	return nil
}

// speed measures techfacts as measure.py does the others: a crawl, and then an
// extraction of the same pages, to tell what part of the crawl that was.
func speed(program, url string) error {
	crawl, pages, wall, memory, err := measured(program, url, false)
	if err != nil {
		return err
	}
	both, _, _, _, err := measured(program, url, true)
	if err != nil {
		return err
	}
	per := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(pages) }
	fmt.Printf("%-12s %5d pages  %7.1f s  %6.0f pages/s  %6.2f ms CPU/page  %4d MB, of which %.2f ms CPU/page find facts\n",
		"techfacts", pages, wall.Seconds(), float64(pages)/wall.Seconds(), per(crawl), memory, per(both-crawl))
	return nil
}

// measured crawls url with a new database; with again it extracts once more.
func measured(program, url string, again bool) (cpu time.Duration, pages int, wall time.Duration, memory int64, err error) {
	data, err := os.MkdirTemp("", "speed-")
	if err != nil {
		return 0, 0, 0, 0, err
	}
	defer os.RemoveAll(data)
	cmd := exec.Command(program, "serve")
	cmd.Env = append(os.Environ(), "DATA_DIR="+data, "LISTEN_ADDR=127.0.0.1:0", "LOG_FORMAT=json", "FETCH_ALLOW_CIDRS=127.0.0.0/8", "SCRAPE_DELAY_MIN=0", "SCRAPE_DELAY_MAX=0",
		"SCRAPE_DAILY_LIMIT_PER_DOMAIN=100000", "SCRAPE_MAX_CONCURRENT_PER_DOMAIN=16", "WORKER_FETCHES=16")
	began := time.Now()
	a, err := start(cmd)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	var started struct {
		StartScrape, StartExtraction struct{ Job struct{ ID string } }
	}
	err = a.ask(`mutation ($in: StartScrapeInput!) { startScrape(input: $in) { job { id } } }`, map[string]any{"in": map[string]any{
		"urls": []string{url}, "company": "Manual", "profile": "technical_specs", "crawl": map[string]any{"maxDepth": 10, "maxPages": 10000, "sitemaps": false},
	}}, &started)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	j, err := a.wait(started.StartScrape.Job.ID)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	wall = time.Since(began)
	if again {
		if err := a.ask(`mutation { startExtraction(input: {profile: "technical_specs", where: {company: "Manual"}}) { job { id } } }`, nil, &started); err != nil {
			return 0, 0, 0, 0, err
		}
		if _, err := a.wait(started.StartExtraction.Job.ID); err != nil {
			return 0, 0, 0, 0, err
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return 0, 0, 0, 0, err
	}
	_ = cmd.Wait()
	used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), j.Done, wall, used.Maxrss / 1024, nil
}

// wait asks for a job until it has ended.
func (a api) wait(id string) (job, error) {
	for {
		var out struct{ Job job }
		err := a.ask(`query ($id: ID!) { job(id: $id) { status total done failed skipped stored factCount result { outcomes { outcome count } } } }`, map[string]any{"id": id}, &out)
		if err != nil || strings.Contains("COMPLETED PARTIAL FAILED CANCELLED", out.Job.Status) {
			return out.Job, err
		}
		<-time.After(250 * time.Millisecond)
	}
}
