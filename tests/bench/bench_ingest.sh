#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Ingest of a million rows of seven columns, all checks on (types, bounds, enum, primary key, five quality checks), from the last byte of
# the upload to the verdict, against `psql \copy` of the same file into an equal table of the same database, in alternating rounds; and the
# most memory the worker took. Fails under BAR, or over 64 MiB.
set -eu
: "${BUILD:=build}" "${BAR:=60}" "${ROWS:=1000000}" "${TURNS:=3}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD BAR ROWS TURNS
cd "$root"
exec /usr/bin/python3 tests/bench/bench_ingest.py
