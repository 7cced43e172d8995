#!/bin/sh
# Crawls the real manuals of PostgreSQL, SQLite, Git, Python and Apache (Debian's
# packages, installed or else unpacked into a cache) behind a plain file server,
# with a budget of 2,000 pages, and checks what came of it. Prints the figures.
set -eu
cd "$(dirname "$0")/.."

cache="${XDG_CACHE_HOME:-$HOME/.cache}/techfacts/corpus"
mkdir -p "$cache"
for package in postgresql-doc-15 sqlite3-doc git-doc python3-doc apache2-doc python3.11-doc; do
	[ -e "$cache/.$package" ] && continue
	(
		cd "$cache"
		apt-get download "$package" >/dev/null 2>&1 || { echo "manuals.sh: cannot download $package" >&2; exit 1; }
		dpkg -x "$package"_*.deb .
		rm -f "$package"_*.deb
		: >".$package"
	)
done
go build -o bin/techfacts ./cmd/techfacts
(cd bench && go build -o ../bin/manuals ./manuals)
exec bin/manuals -root "$cache/usr/share/doc" -techfacts bin/techfacts "$@"
