#!/usr/bin/python3
"""Crawls one site with Scrapy, makes Markdown of the main content of its pages
with html2text, and stores it with its title, links and hash in SQLite: the work
of techfacts but for finding facts."""
import hashlib
import json
import sqlite3
import sys

import html2text
import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor


class Manual(scrapy.Spider):
    name = "manual"

    def __init__(self, start, file):
        self.start_urls = [start]
        self.links = LinkExtractor(allow=[start])
        self.db = sqlite3.connect(file, isolation_level=None)
        self.db.execute("pragma journal_mode=wal")
        self.db.execute("pragma synchronous=normal")
        self.db.execute("create table pages (url text primary key, title text, text text, hash text, links text)")
        self.markdown = html2text.HTML2Text(bodywidth=0)
        self.pages = 0

    def parse(self, response):
        if not isinstance(response, scrapy.http.HtmlResponse):
            return
        links = self.links.extract_links(response)
        main = response.css("main, article, [role=main], #docContent") or response.css("body")
        for box in main.css("nav, header, footer, script, style, .navheader, .navfooter"):
            box.remove()
        title = response.css("title::text").get("")
        text = self.markdown.handle(main[0].get()) if main else ""
        self.db.execute("insert or replace into pages values (?, ?, ?, ?, ?)", (
            response.url, title, text, hashlib.sha256(text.encode()).hexdigest(), json.dumps([link.url for link in links])))
        self.pages += 1
        for link in links:
            yield response.follow(link, self.parse)

    def closed(self, reason):
        print(self.pages, "pages")


process = CrawlerProcess({
    "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16, "ROBOTSTXT_OBEY": True, "DEPTH_LIMIT": 10,
    "LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "REQUEST_FINGERPRINTER_IMPLEMENTATION": "2.7",
})
process.crawl(Manual, sys.argv[1], sys.argv[2])
process.start()
