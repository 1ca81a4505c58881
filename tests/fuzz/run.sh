#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Runs fuzz targets one after the other, FUZZ_SECONDS (60) each, from BUILD: run.sh NAME ...; `make fuzz` builds and names them all.
# tests/fuzz/corpus/<name>.tar.gz, where it is there, is where a target starts from, tests/fuzz/<name>.dict its words; what it learns stays in
# BUILD/fuzz/corpus until keep.sh packs it.
# The first finding ends the run: its input is kept in BUILD/fuzz/found and named, and run again by BUILD/fuzz/<name> FILE.
set -eu
cd "$(dirname "$0")/../.."
: "${BUILD:=build}" "${FUZZ_SECONDS:=60}" "${FUZZ_MEMORY_MB:=1024}"
[ $# -gt 0 ] || {
    echo "usage: run.sh NAME ... (make fuzz names all)" >&2
    exit 64
}
mkdir -p "$BUILD/fuzz/found"

for name; do
    learned=$BUILD/fuzz/corpus/$name
    seed=$BUILD/fuzz/seed/$name
    mkdir -p "$learned" "$seed"
    [ ! -f "tests/fuzz/corpus/$name.tar.gz" ] || tar -xzf "tests/fuzz/corpus/$name.tar.gz" -C "$seed"
    set -- "$learned" "$seed"
    [ ! -f "tests/fuzz/$name.dict" ] || set -- "-dict=tests/fuzz/$name.dict" "$@"
    status=0
    "$BUILD/fuzz/$name" -max_total_time="$FUZZ_SECONDS" -rss_limit_mb="$FUZZ_MEMORY_MB" -timeout=10 -print_final_stats=1 \
        -artifact_prefix="$BUILD/fuzz/found/$name-" "$@" >"$BUILD/fuzz/$name.log" 2>&1 || status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$BUILD/fuzz/$name.log")
    if [ "$status" -ne 0 ]; then
        tail -n 60 "$BUILD/fuzz/$name.log"
        echo "fuzz: $name found something (exit $status); the input is in $BUILD/fuzz/found, the whole log in $BUILD/fuzz/$name.log"
        exit 1
    fi
    echo "fuzz: $name: ${runs:-?} inputs in $FUZZ_SECONDS s, nothing found"
done
