#!/bin/sh
# Sees to what the tests need: Go, a C compiler for the race detector, and the
# programs of a PostgreSQL and a Redis server (internal/pgtest and
# internal/redistest start their own servers with them); for internal/app Node
# with npm, whose GraphQL clients it runs, and Chromium, which drives GraphiQL;
# and for internal/calctest LibreOffice, which opens workbooks.
# What is missing is installed where that is possible without a question.
set -eu

die() {
	echo "$0: $*" >&2
	exit 1
}

has_compiler() {
	echo '#include <stdlib.h>' | $(go env CC) -E - >/dev/null 2>&1
}

# As in internal/pgtest.
has_postgres() {
	[ -z "${TEST_POSTGRES_URL:-}" ] || return 0
	command -v initdb >/dev/null && command -v postgres >/dev/null && return
	for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
		"$(pg_config --bindir 2>/dev/null || true)"; do
		[ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] && return
	done
	return 1
}

has_node() {
	command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null
}

# As in internal/redistest.
has_redis() {
	command -v redis-server >/dev/null || [ -n "${TEST_REDIS_URL:-}" ]
}

# As in internal/app.
has_chromium() {
	for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
		! command -v "$name" >/dev/null || return 0
	done
	return 1
}

has_calc() {
	command -v soffice >/dev/null
}

command -v go >/dev/null || die 'Go is not installed: see https://go.dev/dl/'
go list -m >/dev/null # complains if this Go is too old

missing=
has_compiler || missing='gcc libc6-dev'
has_postgres || missing="$missing postgresql"
has_redis || missing="$missing redis-server"
has_node || missing="$missing nodejs npm"
has_chromium || missing="$missing chromium"
has_calc || missing="$missing libreoffice-calc-nogui"
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || die 'PostgreSQL (or TEST_POSTGRES_URL), Redis (or TEST_REDIS_URL), a C compiler, Node (18 or later), Chromium and LibreOffice are needed. On a Mac: xcode-select --install; brew install postgresql@17 redis node; brew install --cask chromium libreoffice'
root=
if [ "$(id -u)" -ne 0 ]; then
	root='sudo -n'
	$root true 2>/dev/null || die "needed: sudo apt-get install $missing"
fi

# Debian's packages would make and start servers of their own. Tell them not to, for as long as this takes.
quiet=/etc/postgresql-common/createcluster.d/techfacts-need.conf
policy=/usr/sbin/policy-rc.d # asked before any service is started; 101 is no
trap '$root rm -f "$quiet"; [ -z "${policed:-}" ] || $root rm -f "$policy"' EXIT
$root mkdir -p "${quiet%/*}"
echo 'create_main_cluster = false' | $root tee "$quiet" >/dev/null
if [ ! -e "$policy" ]; then
	policed=yes
	printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
	$root chmod 755 "$policy"
fi

echo "installing $missing"
$root apt-get -qq update
# shellcheck disable=SC2086 # several packages
$root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing

has_compiler || die 'there is still no C compiler that works'
has_postgres || die 'there is still no PostgreSQL'
has_redis || die 'there is still no Redis'
has_node || die 'there is still no Node 18 or later with npm'
has_chromium || die 'there is still no Chromium'
has_calc || die 'there is still no LibreOffice'
