#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Prints what a database of this tree consists of, for commonhold-audit (check G2): declare.sh [CONNINFO]
# CONNINFO is the administrator's of a migrated database that nobody needs any more: a table of each kind that is otherwise made while the trust
# lives is made in it. Without it the script makes a cluster of its own.
set -eu
cd "$(dirname "$0")/../.."
bin=${CH_BIN:-${BUILD:-build}/bin}

if [ $# -eq 0 ]; then
    work=$(mktemp -d "${TMPDIR:-/tmp}/commonhold-declare.XXXXXX")
    chmod 711 "$work"
    trap 'sh deploy/pg.sh stop "$work" >&2; rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
    CH_PG_TEST=1 sh deploy/pg.sh start "$work" >&2
    set -- "$(sh deploy/pg.sh conninfo "$work")"
    "$bin/commonhold" init --dir "$work" --database "$1" >&2
    "$bin/commonhold" migrate --config "$work/commonhold.ini" --database "$1" >&2
fi
psql -XAtq -v ON_ERROR_STOP=1 "$1" >&2 <<'SQL'
SELECT payout.make_partition('2001-01-01');
SELECT metering.make_partition(t, '2001-01-01') FROM (VALUES ('batch'), ('usage_event')) AS v (t);
SELECT governance.make_box('00000000-0000-7000-8000-000000000000', 1);
SELECT pooldata.make_table('00000000-0000-7000-8000-000000000000', '[{"name": "a", "type": "string"}]');
SQL
"$bin/commonhold-audit" --declare --source "$(printf '%s' "$1" | sed 's/user=commonhold/user=ch_audit/')"
