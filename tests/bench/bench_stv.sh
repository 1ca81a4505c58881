#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# An election of 100,000 different papers over 20 candidates for 5 seats: seconds of processor for reading, counting and writing, and that
# against reading the file as lines of numbers and sorting the papers once, in the same process.
set -eu
: "${BUILD:=build}"
cd "$(dirname "$0")/../.."
"$BUILD/bench/bench_stv" 100000 20 5 | awk '
    { printf "result: STV, %d papers, %d candidates | %.3f s | - | <= 1\n", $1, $2, $4
      printf "result: STV, %d papers, against one sort | %.4f s | %.4f s sort | <= 2\n", $1, $4, $5 }'
