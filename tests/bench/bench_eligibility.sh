#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Whether a member may vote, asked of MEMBERS members who pay dues, one at a time; and the roll of all of them at once. The bar: p99 5 ms.
set -eu
: "${BUILD:=build}" "${MEMBERS:=1000000}" "${SAMPLES:=2000}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD MEMBERS SAMPLES
cd "$root"
exec /usr/bin/python3 tests/bench/bench_eligibility.py
