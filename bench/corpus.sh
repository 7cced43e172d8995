#!/bin/sh
# Prints the folder of real documentation that the benchmarks read: the HTML of
# Debian's package postgresql-doc-15, installed or else unpacked into a cache.
set -eu

installed=/usr/share/doc/postgresql-doc-15/html
cache="${XDG_CACHE_HOME:-$HOME/.cache}/techfacts/corpus"

if [ -d "$installed" ]; then
	echo "$installed"
	exit
fi
if [ ! -d "$cache/$installed" ]; then
	command -v apt-get >/dev/null || {
		echo 'bench/corpus.sh: no apt-get here; set BENCH_CORPUS to a folder of HTML pages' >&2
		exit 1
	}
	mkdir -p "$cache"
	(
		cd "$cache"
		apt-get download postgresql-doc-15 >/dev/null 2>&1 || {
			echo 'bench/corpus.sh: cannot download postgresql-doc-15; set BENCH_CORPUS to a folder of HTML pages' >&2
			exit 1
		}
		dpkg -x postgresql-doc-15_*.deb .
		rm -f postgresql-doc-15_*.deb
	)
fi
echo "$cache$installed"
