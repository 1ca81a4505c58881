#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Reading usage events in batches of 100: the scanner alone and the whole reader (verdicts, keys, content hashes) against jansson's bare
# tree of the same bodies, in processor time of one thread.
set -eu
: "${BUILD:=build}"
cd "$(dirname "$0")/../.."
out=$("$BUILD/bench/bench_scan")
echo "$out"
echo "$out" | awk '
    { rate[$1] = $2 }
    END {
        print "result: usage events, scanner alone | " rate["scanner"] " /s | " rate["tree"] " jansson | >= 12"
        print "result: usage events, read and hashed | " rate["reader"] " /s | " rate["tree"] " jansson | >= 5"
    }'
