// Command colly crawls one site with colly, makes Markdown of the main content of
// its pages with html-to-markdown, and stores it in SQLite: the work of techfacts
// but for finding facts, done by the libraries one would take.
package main

import (
	"bytes"
	"database/sql"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"

	htmltomarkdown "github.com/JohannesKaufmann/html-to-markdown/v2"
	"github.com/PuerkitoBio/goquery"
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
	if _, err := db.Exec(`create table pages (url text primary key, title text, text text)`); err != nil {
		return 0, err
	}
	c := colly.NewCollector(colly.AllowedDomains(u.Hostname(), u.Host), colly.Async(true), colly.MaxDepth(10))
	c.IgnoreRobotsTxt = false
	if err := c.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: 16}); err != nil {
		return 0, err
	}
	var mu sync.Mutex
	pages := 0
	var failed error
	c.OnHTML("a[href]", func(e *colly.HTMLElement) {
		href, _, _ := strings.Cut(e.Attr("href"), "#") // else each is a page of its own
		if href != "" {
			_ = e.Request.Visit(href) // seen and foreign ones are refused
		}
	})
	c.OnResponse(func(r *colly.Response) {
		doc, err := goquery.NewDocumentFromReader(bytes.NewReader(r.Body))
		if err != nil {
			return
		}
		main := doc.Find("main, article, [role=main], #docContent").First()
		if main.Length() == 0 {
			main = doc.Find("body")
		}
		main.Find("nav, header, footer, script, style, .navheader, .navfooter").Remove()
		if main.Length() == 0 {
			return
		}
		text, err := htmltomarkdown.ConvertNode(main.Nodes[0])
		if err == nil {
			_, err = db.Exec(`insert or replace into pages (url, title, text) values (?, ?, ?)`, r.Request.URL.String(), doc.Find("title").Text(), string(text))
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
