#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Pages of 100 of the public catalogue out of 10,000 and 100,000 datasets with 3 offers each, over HTTP, whole page read; and the members that
# consent covers in a pool with 100,000 members, as an evaluation counts them. PAGES requests a size; FEW and MANY change the sizes.
set -eu
: "${BUILD:=build}" "${FEW:=10000}" "${MANY:=100000}" "${PAGES:=400}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD FEW MANY PAGES
cd "$root"
exec /usr/bin/python3 tests/bench/bench_catalogue.py
