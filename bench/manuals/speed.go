package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
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

// speed measures techfacts as measure.py does the others: a crawl with a new
// database, and then, apart, what the others do not do: finding the facts of its
// pages.
func speed(program, url string) error {
	data, err := os.MkdirTemp("", "speed-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	cmd := exec.Command(program, "serve")
	cmd.Env = append(os.Environ(), "DATA_DIR="+data, "LISTEN_ADDR=127.0.0.1:0", "LOG_FORMAT=json", "FETCH_ALLOW_CIDRS=127.0.0.0/8", "SCRAPE_DELAY_MIN=0", "SCRAPE_DELAY_MAX=0",
		"SCRAPE_DAILY_LIMIT_PER_DOMAIN=100000", "SCRAPE_MAX_CONCURRENT_PER_DOMAIN=16", "WORKER_FETCHES=16")
	began := time.Now()
	a, err := start(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	crawl, err := a.run("startScrape", "StartScrapeInput", map[string]any{
		"urls": []string{url}, "company": "Manual", "profile": "technical_specs", "extract": false, "crawl": map[string]any{"maxDepth": 10, "maxPages": 10000, "sitemaps": false},
	})
	if err != nil {
		return err
	}
	if err := report("techfacts", began, cmd.Process.Pid, crawl.Done, 0); err != nil {
		return err
	}
	began, before := time.Now(), time.Duration(0)
	if before, _, err = used(cmd.Process.Pid); err != nil {
		return err
	}
	facts, err := a.run("startExtraction", "StartExtractionInput", map[string]any{"profile": "technical_specs", "where": map[string]any{"company": "Manual"}})
	if err != nil {
		return err
	}
	if facts.FactCount == 0 || facts.Done != crawl.Done {
		return fmt.Errorf("of %d pages there are %d facts on %d", crawl.Done, facts.FactCount, facts.Done)
	}
	return report(fmt.Sprintf("… %d facts", facts.FactCount), began, cmd.Process.Pid, facts.Done, before)
}

// report prints a line as measure.py does, of what a process has done since
// began, when it had used before of processor time.
func report(name string, began time.Time, pid, pages int, before time.Duration) error {
	wall := time.Since(began)
	cpu, memory, err := used(pid)
	if err != nil {
		return err
	}
	fmt.Printf("%-12s %5d pages  %7.1f s  %6.0f pages/s  %6.2f ms CPU/page  %4d MB\n",
		name, pages, wall.Seconds(), float64(pages)/wall.Seconds(), float64((cpu-before).Microseconds())/1000/float64(pages), memory)
	return nil
}

// run starts a job and waits for its end.
func (a api) run(mutation, input string, in map[string]any) (job, error) {
	var started map[string]struct{ Job struct{ ID string } }
	err := a.ask(fmt.Sprintf(`mutation ($in: %s!) { %s(input: $in) { job { id } } }`, input, mutation), map[string]any{"in": in}, &started)
	if err != nil {
		return job{}, err
	}
	return a.wait(started[mutation].Job.ID)
}

// used gives what a process has used so far: processor time, and megabytes at
// most.
func used(pid int) (cpu time.Duration, memory int64, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third on
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, 0, err
		}
		ticks += n
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(after, &memory); err != nil {
		return 0, 0, err
	}
	return time.Duration(ticks) * 10 * time.Millisecond, memory / 1024, nil
}

// wait asks for a job until it has ended.
func (a api) wait(id string) (job, error) {
	for {
		var out struct{ Job job }
		err := a.ask(`query ($id: ID!) { job(id: $id) { status total done failed skipped stored factCount result { outcomes { outcome count } } } }`, map[string]any{"id": id}, &out)
		if err != nil || strings.Contains("COMPLETED PARTIAL FAILED CANCELLED", out.Job.Status) {
			return out.Job, err
		}
		<-time.After(50 * time.Millisecond)
	}
}
