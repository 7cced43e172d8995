#!/bin/sh
# Reads the manual of PostgreSQL (Debian's postgresql-doc-15) over loopback, 16
# requests at a time, with techfacts, with Scrapy and html2text, and with colly
# and html-to-markdown: fetch, main content as Markdown, stored in SQLite.
# Then techfacts finds the facts of the pages: what that takes is shown apart.
set -eu
cd "$(dirname "$0")/.."

/usr/bin/python3 -c 'import scrapy, html2text' 2>/dev/null || {
	echo 'bench/crawl.sh: apt-get install python3-scrapy python3-html2text' >&2
	exit 1
}
corpus=$(bench/corpus.sh)
go build -o bin/techfacts ./cmd/techfacts
(cd bench && go build -o ../bin/manuals ./manuals && go build -o ../bin/colly ./colly)
tmp=$(mktemp -d)
bin/manuals -serve "$tmp/addr" -corpus "$corpus" &
server=$!
trap 'kill $server; rm -rf "$tmp"' EXIT
while [ ! -s "$tmp/addr" ]; do sleep 0.1; done
url="$(cat "$tmp/addr")/postgresql/"

for round in ${ROUNDS:-1 2 3}; do
	echo "round $round"
	bin/manuals -crawl "$url" -techfacts bin/techfacts
	bench/measure.py scrapy bench/scrapy_crawl.py "$url" "$tmp/scrapy-$round.db"
	bench/measure.py colly bin/colly -url "$url" -db "$tmp/colly-$round.db"
done
