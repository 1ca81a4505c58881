#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A bank file (pain.001) of 100,000 transfers, from sealed accounts: processor time of the one thread that writes it, memory, and memory against a tenth of it. A file of 1,000 is
# validated by the schema where that is there.
set -eu
: "${BUILD:=build}"
cd "$(dirname "$0")/../.."
: "${CH_SHARED_DATA:=$PWD/../shared/data}"
schema=$CH_SHARED_DATA/xsd/pain.001.001.09.xsd
if [ -f "$schema" ] && command -v xmllint >/dev/null 2>&1; then
    file=$(mktemp "${TMPDIR:-/tmp}/bench_pain.XXXXXX")
    trap 'rm -f "$file"' EXIT
    "$BUILD/bench/bench_pain" 1000 "$file" >/dev/null
    xmllint --nonet --noout --schema "$schema" "$file" 2>/dev/null || {
        echo "the file is not valid by $schema" >&2
        exit 1
    }
else
    echo "not validated: no xmllint, or no $schema" >&2
fi
"$BUILD/bench/bench_pain" 10000 >/dev/null # the first run pays for what every process loads once
small=$("$BUILD/bench/bench_pain" 10000)
large=$("$BUILD/bench/bench_pain" 100000)
printf '%s\n%s\n' "$small" "$large" | awk '
    { seconds[$1] = $2; memory[$1] = $3 }
    END {
        print "result: pain.001, 100,000 transfers | " seconds[100000] " s | - | <= 5"
        printf "result: pain.001, memory of 100,000 | %.1f MiB | - | <= 32\n", memory[100000] / 1024
        print "result: pain.001, memory against 10,000 | " memory[100000] " KiB | " memory[10000] " | <= 1.1"
    }'
