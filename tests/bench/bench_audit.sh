#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# The auditor on books of SMALLEST to MEMBERS members in 10x steps: one run that all have a line of (usage, usage and quality, equal, tenure), two
# postings for each of 45 in 100 whose money is held, a batch of a tenth of them that the bank books one by one, a leaf for each of those bookings
# and accounts. The cycle, run, holds, batch, statement and log are the services' own work; members, contributions and accounts are put in by SQL.
# Measured: the full audit with its largest resident set and that of its session (EACH=all: and each check alone); the run of all lines computed again (A3 alone); an
# incremental audit with --sweep 1 behind 1,000 more transactions. USAGE > 0 puts in that many usage events and measures a full audit with them.
set -eu
: "${BUILD:=build}" "${SMALLEST:=1000}" "${MEMBERS:=1000000}" "${USAGE:=0}" "${MORE:=1000}"
export BUILD SMALLEST MEMBERS USAGE MORE
cd "$(dirname "$0")/../.."
exec /usr/bin/python3 tests/bench/bench_audit.py
