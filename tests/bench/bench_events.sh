#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Usage events over HTTP, durable, deduplicated, with rollup, against bare binary COPY into the same table, against pgbench's single-row
# inserts and against a plain Node server (tests/bench/node, by npm ci), in alternating rounds on the same private cluster with fsync on.
# GROWTH=1 also prints tables: cost with the number of events stored (up to GROWTH_MOST), of grants, of contributions, of connections;
# GROWTH=only nothing else.
set -eu
: "${BUILD:=build}" "${SECONDS_EACH:=4}" "${PROCESSES:=1}" "${GROWTH:=0}" "${GROWTH_MOST:=10000000}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD SECONDS_EACH PROCESSES GROWTH GROWTH_MOST
cd "$root"
make -s BUILD="$BUILD" "$BUILD/bench/bench_events"
exec /usr/bin/python3 tests/bench/bench_events.py
