// Command colly crawls one site with colly, makes Markdown of the main content of
// its pages with html-to-markdown, tables included, and stores it with its title,
// links and hash in SQLite: the work of techfacts but for finding facts, done by
// the libraries one would take, as well as one would do it: each page is parsed
// once.
package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"github.com/gocolly/colly/v2"
	_ "modernc.org/sqlite"
)

func main() {
	start, file := flag.String("url", "", "where to begin"), flag.String("db", "colly.db", "the database")
	flag.Parse()
	n, err := run(*start, *file)
	if err != nil {
		fmt.Fprintln(os.Stderr, "colly:", err)
		os.Exit(1)
	}
	fmt.Println(n, "pages")
}

func run(start, file string) (int, error) {
	u, err := url.Parse(start)
	if err != nil {
		return 0, err
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(wal)&_pragma=synchronous(normal)")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`create table pages (url text primary key, title text, text text, hash text, links text)`); err != nil {
		return 0, err
	}
	insert, err := db.Prepare(`insert or replace into pages (url, title, text, hash, links) values (?, ?, ?, ?, ?)`)
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	c := colly.NewCollector(colly.AllowedDomains(u.Hostname(), u.Host), colly.Async(true), colly.MaxDepth(10))
	c.IgnoreRobotsTxt = false
	if err := c.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: 16}); err != nil {
		return 0, err
	}
	c.WithTransport(&http.Transport{MaxIdleConnsPerHost: 16}) // else most connections are used once
	markdown := converter.NewConverter(converter.WithPlugins(base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(), table.NewTablePlugin()))
	var mu sync.Mutex
	pages := 0
	var failed error
	c.OnHTML("html", func(e *colly.HTMLElement) {
		links := follow(e)
		main := e.DOM.Find("main, article, [role=main], #docContent").First()
		if main.Length() == 0 {
			main = e.DOM.Find("body")
		}
		main.Find("nav, header, footer, script, style, .navheader, .navfooter").Remove()
		if main.Length() == 0 {
			return
		}
		text, err := markdown.ConvertNode(main.Nodes[0])
		if err == nil {
			err = keep(insert, e, string(text), links)
		}
		mu.Lock()
		defer mu.Unlock()
		if pages++; err != nil {
			failed = err
		}
	})
	if err := c.Visit(start); err != nil {
		return 0, err
	}
	c.Wait()
	return pages, failed
}

// follow visits the links of a page, and lists them.
func follow(e *colly.HTMLElement) []string {
	links := []string{}
	seen := map[string]bool{}
	for _, a := range e.DOM.Find("a[href]").EachIter() {
		href, _ := a.Attr("href")
		href, _, _ = strings.Cut(href, "#") // else each is a page of its own
		if href == "" {
			continue
		}
		to := e.Request.AbsoluteURL(href)
		if to == "" || seen[to] {
			continue
		}
		seen[to] = true
		links = append(links, to)
		_ = e.Request.Visit(to) // seen and foreign ones are refused
	}
	return links
}

// keep stores a page.
func keep(insert *sql.Stmt, e *colly.HTMLElement, text string, links []string) error {
	list, err := json.Marshal(links)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(text))
	_, err = insert.Exec(e.Request.URL.String(), e.DOM.Find("title").Text(), text, hex.EncodeToString(sum[:]), string(list))
	return err
}
