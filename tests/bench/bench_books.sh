#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# The books: payout.post of four lines against pgbench's TPC-B-like script (scale 1) at the same client counts, in alternating rounds on the same
# durable cluster; invoices issued by 50 clients at once, without a gap; the trial balance over a million members' accounts, now and at a day.
set -eu
: "${BUILD:=build}" "${SECONDS_EACH:=5}" "${ROUNDS:=3}" "${MEMBERS:=1000000}" "${INVOICES:=3000}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD SECONDS_EACH ROUNDS MEMBERS INVOICES
cd "$root"
exec /usr/bin/python3 tests/bench/bench_books.py
