#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# One policy evaluation over 50 rules, a million times: the median must stay below 5 microseconds, the worst below 100.
set -eu
: "${BUILD:=build}"
cd "$(dirname "$0")/../.."
out=$("$BUILD/bench/bench_policy") || true
echo "$out"
echo "$out" | sed -n 's/.*median \([0-9]*\) ns.*/result: policy evaluation, 50 rules | \1 ns | - | <= 5000/p'
echo "$out" | sed -n 's/.*ns, worst \([0-9]*\) ns;.*/result: policy evaluation, worst of 1,000,000 | \1 ns | - | <= 100000/p'
