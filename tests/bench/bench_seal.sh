#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Sealing of a month from its rollup: 10,000,000 events of 100,000 contributions in 3,000,000 lines a day and key, and how the time grows with the
# lines sealed, 1,000 to 1,000,000. How long the month keeps those who add waiting, and the root against a tree of our own.
set -eu
: "${BUILD:=build}" "${CONTRIBUTIONS:=100000}" "${LARGEST:=1000000}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD CONTRIBUTIONS LARGEST
cd "$root"
exec /usr/bin/python3 tests/bench/bench_seal.py
