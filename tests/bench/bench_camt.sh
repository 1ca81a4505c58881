#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Import of a camt.053 of ROWS entries from the inbox folder, 90 % of them matched (60 % by creditor reference, 20 % by invoice number, 10 % own
# payments by end-to-end id), from the file's appearance to the commit that books all of it, and the same for a tenth and a hundredth of it: a
# growth table. Memory: the worker's most, and beside it the most that its database session held of its own. Fails under BAR entries a second or
# over 128 MiB in the worker.
set -eu
: "${BUILD:=build}" "${BAR:=10000}" "${ROWS:=100000}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD BAR ROWS
cd "$root"
exec /usr/bin/python3 tests/bench/bench_camt.py
