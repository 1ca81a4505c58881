#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A member's statement with LINES journal lines in the database, MEMBERS members in the run and RUNS runs: the time the server takes for the
# document, trace and proof included, in one round trip to the database; the 95th percentile.
set -eu
: "${BUILD:=build}" "${LINES:=10000000}" "${MEMBERS:=100000}" "${RUNS:=24}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD LINES MEMBERS RUNS
cd "$root"
exec /usr/bin/python3 tests/bench/bench_statement.py
