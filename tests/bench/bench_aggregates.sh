#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A query for aggregates over ten million rows, grouped by one and by two columns, count and average, against the plain GROUP BY over the
# same generalised select, in alternating rounds on the same private cluster. Fails over BAR (hundredths of the plain time).
set -eu
: "${BUILD:=build}" "${BAR:=130}" "${ROWS:=10000000}" "${MEMBERS:=1000}" "${ROUNDS:=3}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD BAR ROWS MEMBERS ROUNDS
cd "$root"
exec /usr/bin/python3 tests/bench/bench_aggregates.py
