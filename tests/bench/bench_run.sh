#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A distribution over a usage part, a usage-and-quality part and an equal part: from frozen inputs to posted, with all lines, salts, tree and
# postings stored, for 1,000 to LARGEST members, a contribution each; time and the worker's memory in 10x steps. The baseline, in the same
# cluster and round, is one plain INSERT ... SELECT of the same lines and postings into tables with the same columns and primary keys only.
set -eu
: "${BUILD:=build}" "${LARGEST:=1000000}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD LARGEST
cd "$root"
exec /usr/bin/python3 tests/bench/bench_run.py
