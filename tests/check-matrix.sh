#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Compares the matrices of states, commands and roles in their places: services/<role>/matrix.def, docs/<role>-matrix.md (people), and what the
# database is given: the rows of licensing.step, and the moves of governance.state_move. `--write` makes the pages anew.
set -eu
cd "$(dirname "$0")/.."
write=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail=0

# The head of a page, then a table of each object in the order of the steps: page_of ROLE
page_of() {
    sed -n '/^## /q; p' "docs/${1}-matrix.md"
    awk -F, '$1 != object { if (object) print ""; object = $1; print "## " toupper(substr($1, 1, 1)) substr($1, 2) "\n\n| state | command | who | next |\n|---|---|---|---|" }
        { print "| " $2 " | " $3 " | " $4 " | " $5 " |" }' "$work/$1"
}

# same WHAT FILE FILE
same() {
    diff -u "$2" "$3" || { echo "$1 differ"; fail=1; }
}

for role in licensing governance; do
    sed -n 's/^CH_STEP(\([^)]*\))$/\1/p' "services/$role/matrix.def" | tr -d ' ' >"$work/$role"
    [ -s "$work/$role" ] || { echo "services/$role/matrix.def: no steps found"; exit 1; }
    page_of "$role" >"$work/${role}_page"
    [ "$write" != --write ] || cat "$work/${role}_page" >"docs/${role}-matrix.md"
    same "docs/${role}-matrix.md and services/$role/matrix.def (sh tests/check-matrix.sh --write)" "docs/${role}-matrix.md" "$work/${role}_page"
done
sed -n "s/^ *('\(application\|grant\)', '\([a-z_]*\)', '\([a-z_]*\)', '\([A-Z]*\)', '\([a-z_]*\)')[,;]\$/\1,\2,\3,\4,\5/p" \
    sql/migrations/0021_licensing_grants.sql >"$work/steps"
same 'services/licensing/matrix.def and licensing.step' "$work/licensing" "$work/steps"
awk -F, '$1 == "proposal" && $2 != $5 { print $2 "," $5 }' "$work/governance" | sort -u >"$work/moves"
sed -n '/^INSERT INTO governance.state_move /,/;$/p' sql/migrations/*.sql | grep -o "('[a-z_]*', '[a-z_]*')" | tr -d "(' )" | sort >"$work/state_move"
same 'services/governance/matrix.def and governance.state_move' "$work/moves" "$work/state_move"
exit $fail
