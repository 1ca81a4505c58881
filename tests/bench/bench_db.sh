#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# One-statement JSON reads through the pool (64 clients, one process) against `pgbench -M prepared` with 32 clients on the
# same statement, in alternating rounds on the same private cluster. Prints the medians and their ratio; fails under BAR.
set -eu
: "${BUILD:=build}" "${BAR:=70}" "${SECONDS_EACH:=4}" "${CONNECTIONS:=2}"
root=$(cd "$(dirname "$0")/../.." && pwd)
rows=100000
work=$(mktemp -d "${TMPDIR:-/tmp}/bench_db.XXXXXX")
chmod 755 "$work"
clean() {
    sh "$root/deploy/pg.sh" stop "$work/pg"
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM

sh "$root/deploy/pg.sh" start "$work/pg"
conninfo=$(sh "$root/deploy/pg.sh" conninfo "$work/pg")
psql -Xq "$conninfo" <<EOT
CREATE SCHEMA bench;
CREATE TABLE bench.item (id bigint PRIMARY KEY, name text NOT NULL, amount bigint NOT NULL);
INSERT INTO bench.item SELECT i, 'item ' || i, i * 7 FROM generate_series(1, $rows) AS i;
VACUUM ANALYZE bench.item;
EOT
cat >"$work/read.sql" <<EOT
\set id random(1, $rows)
SELECT 'ok'::text, pg_catalog.jsonb_build_object('id', id, 'name', name, 'amount', amount) FROM bench.item WHERE id = :id::bigint;
EOT
# shellcheck disable=SC2012 # Debian's folder names are plain
pgbench=$(command -v pgbench || ls /usr/lib/postgresql/*/bin/pgbench | tail -n 1)

for round in 1 2 3; do
    "$pgbench" -n -M prepared -c 32 -j 2 -T "$SECONDS_EACH" -f "$work/read.sql" "$conninfo" 2>/dev/null |
        sed -n 's/^tps = \([0-9]*\).*/\1/p' >>"$work/pgbench"
    "$root/$BUILD/bench/bench_db" "$conninfo" 64 "$CONNECTIONS" "$SECONDS_EACH" "$rows" >>"$work/pool"
    echo "round $round: pgbench $(tail -n 1 "$work/pgbench"), pool $(tail -n 1 "$work/pool") statements a second"
done
baseline=$(sort -n "$work/pgbench" | sed -n 2p)
ours=$(sort -n "$work/pool" | sed -n 2p)
percent=$((ours * 100 / baseline))
echo "bench_db: pool $ours/s, pgbench $baseline/s, $percent % (bar $BAR %)"
[ "$percent" -ge "$BAR" ]
