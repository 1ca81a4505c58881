#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Sealed votes: casting against a pgbench script that does the same two writes, and opening and tallying BALLOTS (100,000) ballots with one worker.
set -eu
: "${BUILD:=build}" "${BALLOTS:=100000}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD BALLOTS
cd "$root"
exec /usr/bin/python3 tests/bench/bench_ballots.py
