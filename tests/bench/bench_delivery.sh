#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A delivery of a million rows of CSV (two rounded columns, _row, attribution, committed batches) into a file against `psql \copy` of the
# same select into a file, in alternating rounds on the same private cluster; seconds of CPU of both, which a busy machine changes less
# than the clock; first byte; memory with a fast and a slow reader. Fails under BAR.
set -eu
: "${BUILD:=build}" "${BAR:=90}" "${ROWS:=1000000}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD BAR ROWS
cd "$root"
exec /usr/bin/python3 tests/bench/bench_delivery.py
