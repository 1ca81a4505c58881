#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Many deliveries at once: TOGETHER (64) against one alone, rows a second of all together, the slowest against the mean. Then how a delivery
# grows with what it does not send: small tables over allowed contributions, grants and concurrent readers, each ten times the one before.
set -eu
: "${BUILD:=build}" "${ROWS:=100000}" "${TOGETHER:=64}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD ROWS TOGETHER
cd "$root"
exec /usr/bin/python3 tests/bench/bench_streams.py
