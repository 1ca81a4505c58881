#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Compares the matrix of licensing in its three places: services/licensing/matrix.def (C), the rows of licensing.step (SQL) and
# docs/licensing-matrix.md (people). `--write` makes the page anew from matrix.def.
set -eu
cd "$(dirname "$0")/.."
page=docs/licensing-matrix.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n 's/^CH_STEP(\([^)]*\))$/\1/p' services/licensing/matrix.def | tr -d ' ' >"$work/c"
sed -n "s/^ *('\(application\|grant\)', '\([a-z_]*\)', '\([a-z_]*\)', '\([A-Z]*\)', '\([a-z_]*\)')[,;]\$/\1,\2,\3,\4,\5/p" \
    sql/migrations/0021_licensing_grants.sql >"$work/sql"
sed -n '/^CH_STEP/!p; /^CH_STEP/q' "$page" | sed '/^## /,$d' >"$work/page"
for object in application grant; do
    printf '## %s\n\n| state | command | who | next |\n|---|---|---|---|\n' \
        "$(printf %s "$object" | cut -c1 | tr '[:lower:]' '[:upper:]')${object#?}"
    awk -F, -v object="$object" '$1 == object { print "| " $2 " | " $3 " | " $4 " | " $5 " |" }' "$work/c"
    [ "$object" = grant ] || echo
done >>"$work/page"
if [ "${1:-}" = --write ]; then
    cat "$work/page" >"$page"
fi
[ -s "$work/c" ] || { echo 'matrix.def: no steps found'; exit 1; }
fail=0
diff -u "$work/c" "$work/sql" || { echo 'services/licensing/matrix.def and licensing.step differ'; fail=1; }
diff -u "$page" "$work/page" || { echo "$page differs: sh tests/check-licensing-matrix.sh --write"; fail=1; }
exit $fail
