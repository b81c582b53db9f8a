#!/bin/bash
# examples/full/postgres.sh DIR PORT - a PostgreSQL of one's own, in the foreground.
#
# Makes a cluster in DIR/cluster, listens on 127.0.0.1:PORT and on a socket in DIR/cluster, and ends
# on SIGTERM or SIGINT, when the cluster is removed. PostgreSQL refuses to run as root: then it is
# run as its package's user, whom DIR lets pass (and nobody read).
# In it: the database `jobs`, which its role `jobs` owns, with pg_stat_statements, and the role
# `watch`, which may look at everything (pg_monitor). Neither is a superuser, and without passwords
# they are for this machine's users only.
# SLOW_FLUSH_US=N: each flush of its log to the disk takes N microseconds at least; with
# SLOW_FLUSH_WHILE=FILE while there is that file.
set -euo pipefail

die()
{
    echo "postgres.sh: $*" >&2
    exit 1
}

[ $# -eq 2 ] || die "usage: postgres.sh DIR PORT"
dir=$(realpath "$1")
port=$2
cluster=$dir/cluster
here=$(dirname "$(realpath "$0")")

binaries=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
[ -x "$binaries/postgres" ] || binaries=$(dirname "$(command -v postgres || true)")
[ -x "$binaries/postgres" ] || die "PostgreSQL is not installed; fix: tools/setup full"

as=()
if [ "$(id -u)" -eq 0 ]; then
    id postgres >/dev/null 2>&1 || die "root cannot run PostgreSQL, and there is no user postgres"
    as=(setpriv --reuid=postgres --regid=postgres --init-groups --)
    chmod o+x "$dir"
    install -d -m 700 -o postgres -g postgres "$cluster"
    "${as[@]}" test -w "$cluster" || die "the user postgres cannot reach $cluster"
    cd /
else
    mkdir -m 700 "$cluster"
fi

options=(
    -c "listen_addresses=127.0.0.1"
    -c "port=$port"
    -c "unix_socket_directories=$cluster"
    -c "shared_preload_libraries=pg_stat_statements"
    -c "dynamic_shared_memory_type=mmap"     # nothing in /dev/shm, whoever kills it
    -c "max_parallel_workers_per_gather=0"   # a query takes one core, as of a small server
    -c "shared_buffers=64MB"
    -c "track_io_timing=on"
)

server=
stopped=
# The second signal is for a server that was asked by one already: fast, not once all have left.
stop()
{
    stopped=1
    [ -z "$server" ] || kill -INT "$server" 2>/dev/null || true
}
trap stop TERM INT
trap 'rm -rf "$cluster"' EXIT

say()
{
    "${as[@]}" "$binaries/postgres" --single -j -D "$cluster/data" "${options[@]}" "$1" >/dev/null
}

"${as[@]}" "$binaries/initdb" -D "$cluster/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
    --no-sync --no-instructions >"$cluster/initdb.log" 2>&1 ||
    { [ -n "$stopped" ] && exit 0; cat "$cluster/initdb.log" >&2; die "initdb failed"; }
"${as[@]}" tee "$cluster/data/pg_hba.conf" >/dev/null <<'RULES'
local all  all                   trust
host  jobs jobs  127.0.0.1/32    trust
host  all  watch 127.0.0.1/32    trust
RULES
say postgres <<'SQL'
CREATE ROLE jobs LOGIN;

CREATE ROLE watch LOGIN IN ROLE pg_monitor;

CREATE DATABASE jobs OWNER jobs;

SQL
say jobs <<'SQL'
CREATE EXTENSION pg_stat_statements;

SQL

preload=()
if [ -n "${SLOW_FLUSH_US:-}" ]; then
    library=$here/../../build/examples/jobs/libslowflush.so
    [ -r "$library" ] || die "$library is missing; fix: tools/build build"
    install -m 644 "$library" "$cluster/"
    preload=(env "LD_PRELOAD=$cluster/libslowflush.so")
fi
[ -z "$stopped" ] || exit 0
"${as[@]}" "${preload[@]}" "$binaries/postgres" -D "$cluster/data" "${options[@]}" &
server=$!
[ -z "$stopped" ] || stop
# A signal ends `wait` before the server has ended.
status=0
while kill -0 "$server" 2>/dev/null; do
    wait "$server" && status=0 || status=$?
done
[ -z "$stopped" ] || exit 0
exit "$status"
