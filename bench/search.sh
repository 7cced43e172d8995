#!/bin/sh
# Measures how well and how fast search finds things: passages of PostgreSQL's
# and Python's manuals by known items, 100,000 facts by the clock. Beside it run
# plain BM25, bleve and SQLite's FTS5. Takes some minutes.
set -eu
cd "$(dirname "$0")"

cache="${XDG_CACHE_HOME:-$HOME/.cache}/techfacts/corpus"
python=usr/share/doc/python3.11/html
postgres=$(./corpus.sh)
if [ -d "/$python" ]; then
	python="/$python"
else
	if [ ! -d "$cache/$python" ]; then
		command -v apt-get >/dev/null || {
			echo 'bench/search.sh: no apt-get here' >&2
			exit 1
		}
		mkdir -p "$cache"
		(
			cd "$cache"
			apt-get download python3.11-doc >/dev/null 2>&1 || {
				echo 'bench/search.sh: cannot download python3.11-doc' >&2
				exit 1
			}
			dpkg -x python3.11-doc_*.deb .
			rm -f python3.11-doc_*.deb
		)
	fi
	python="$cache/$python"
fi
cd search
exec go run . "$postgres" "$python"
