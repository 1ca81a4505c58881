#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# `calc distribute` over 1,000 to 1,000,000 recipients, in processor time and most memory: a million within 10 s and 2 GiB, and growth that
# is linear: ten times the recipients cost at most 1.5 times ten times as much.
set -eu
: "${BUILD:=build}"
cd "$(dirname "$0")/../.."
export BUILD
exec /usr/bin/python3 tests/bench/bench_calc.py
