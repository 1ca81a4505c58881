#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# From a withdrawal, a revocation and a prohibition in force to their effect, while TOGETHER deliveries run: none may commit a batch that
# rests on what ended, within 2 seconds (p99 of SAMPLES each; the slowest where there are fewer than a hundred).
set -eu
: "${BUILD:=build}" "${TOGETHER:=100}" "${SAMPLES:=12}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD TOGETHER SAMPLES
cd "$root"
exec /usr/bin/python3 tests/bench/bench_withdrawal.py
