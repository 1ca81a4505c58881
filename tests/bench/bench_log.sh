#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# The transparency log: entries a second through the sequencer, from a row's commit to its published checkpoint, the start-up self-check of
# 1,000,000 leaves, and what proofs and tiles take on that log.
set -eu
: "${BUILD:=build}" "${LEAVES:=1000000}" "${WAITING:=100000}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD LEAVES WAITING
cd "$root"
exec /usr/bin/python3 tests/bench/bench_log.py
