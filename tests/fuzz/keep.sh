#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Keeps what fuzzing learned: merges BUILD/fuzz/corpus/<name> with what is kept to the fewest inputs that reach as much, and packs them as
# tests/fuzz/corpus/<name>.tar.gz, the same bytes from the same inputs: keep.sh NAME ...
set -eu
cd "$(dirname "$0")/../.."
: "${BUILD:=build}"
[ $# -gt 0 ] || {
    echo "usage: keep.sh NAME ..." >&2
    exit 64
}
mkdir -p tests/fuzz/corpus
for name; do
    seed=$BUILD/fuzz/seed/$name
    kept=$BUILD/fuzz/kept/$name
    rm -rf "$kept" "$seed"
    mkdir -p "$kept" "$seed"
    [ ! -f "tests/fuzz/corpus/$name.tar.gz" ] || tar -xzf "tests/fuzz/corpus/$name.tar.gz" -C "$seed"
    "$BUILD/fuzz/$name" -merge=1 -timeout=10 "$kept" "$seed" "$BUILD/fuzz/corpus/$name" >"$BUILD/fuzz/$name.merge.log" 2>&1
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 -C "$kept" -cf - . | gzip -9n >"tests/fuzz/corpus/$name.tar.gz"
    echo "fuzz: $name: $(find "$kept" -type f | wc -l) inputs kept"
done
