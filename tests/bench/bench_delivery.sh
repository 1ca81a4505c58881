#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A delivery of a million rows of CSV (two rounded columns, _row, attribution, committed batches) against `psql \copy` of the same
# select, in alternating rounds on the same private cluster; then memory with a fast and a slow reader, and many at once. Fails under BAR.
set -eu
: "${BUILD:=build}" "${BAR:=70}" "${ROWS:=1000000}" "${TOGETHER:=16}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD BAR ROWS TOGETHER
cd "$root"
exec /usr/bin/python3 tests/bench/bench_delivery.py
