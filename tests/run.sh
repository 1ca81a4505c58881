#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Sets up and runs the tests: run.sh [check|unit|replay|sql|reference|api|audit|faults|portal|demo ...]; without arguments all of them.
# BUILD and VARIANT choose the build, as for make; JOBS says how many test files run beside each other, TMPDIR where databases lie.
# Ends with what failed, a line each, and `N passed, N failed`; exit 1 when one failed.
set -eu
cd "$(dirname "$0")/.."

BUILD=${BUILD:-build}
VARIANT=${VARIANT:-release}
export BUILD VARIANT
CH_BIN=$PWD/$BUILD/bin
CH_SHARED_DATA=${CH_SHARED_DATA:-$PWD/../shared/data}
export CH_BIN CH_SHARED_DATA
# Leaks are reported by the fault and unit tests; the daemon's arenas die with the process.
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export ASAN_OPTIONS UBSAN_OPTIONS
# A sanitizer build takes several times as long to start, and each generated input of the reference tests is a process.
[ "$VARIANT" = release ] || export CH_RUNS="${CH_RUNS:-500}"
# Each trust of the tests is a database of its own, thousands of small files that are made and thrown away: in memory, where there is plenty.
in_memory() {
    [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -ge 4194304 ] && awk '$1 == "MemAvailable:" && $2 >= 8388608 { found = 1 } END { exit !found }' /proc/meminfo
}
[ -n "${TMPDIR:-}" ] || ! in_memory || TMPDIR=/dev/shm
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/commonhold-tests.XXXXXX")
export TMPDIR
work=$TMPDIR
chmod 711 "$work"
passed=0
failed=0

cleanup() {
    [ ! -d "$work/sql" ] || sh deploy/pg.sh stop "$work/sql" || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# count PASSED FAILED NAME
count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    echo "== $3: $1 passed, $2 failed"
}

# Lines `ok ...` and `not ok ...` of a file; a non-zero exit without `not ok` is one failure. What is marked SKIP is neither.
count_lines() {
    good=$(grep '^ok ' "$1" | grep -c -v '# SKIP' || true)
    bad=$(grep '^not ok ' "$1" | grep -c -v '# SKIP' || true)
    if [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
    fi
    if [ "$bad" -ne 0 ]; then
        cat "$1"
        grep '^not ok ' "$1" >>"$work/failures" || true
    fi
    grep -h -i '# skip' "$1" || true
    count "$good" "$bad" "$3"
}

run_check() {
    status=0
    sh tests/check-source.sh >"$work/check" 2>&1 || status=$?
    count_lines "$work/check" "$status" check-source
}

run_unit() {
    make -s -j2 WERROR=-Werror unit
    for name in $(make -s print-unit-tests); do
        case $name in test_decide_agree | test_conditions_agree) continue ;; esac # need a database: see run_sql
        status=0
        CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 "$BUILD/tests/$name" >"$work/unit.out" 2>"$work/unit.err" || status=$?
        [ "$status" -eq 0 ] || cat "$work/unit.err"
        count_lines "$work/unit.out" "$status" "unit $name"
    done
}

# What fuzzing found worth keeping runs again, without a fuzzer: tests/fuzz/corpus/<target>.tar.gz.
run_replay() {
    make -s -j2 WERROR=-Werror replay
    for name in $(make -s print-fuzz-targets); do
        [ -f "tests/fuzz/corpus/$name.tar.gz" ] || continue
        mkdir -p "$work/corpus/$name"
        tar -xzf "tests/fuzz/corpus/$name.tar.gz" -C "$work/corpus/$name"
        if inputs=$(timeout 300 "$BUILD/replay/$name" "$work/corpus/$name" 2>"$work/replay.err"); then
            count 1 0 "replay $name, $inputs inputs"
        else
            tail -n 40 "$work/replay.err"
            count 0 1 "replay $name"
        fi
    done
}

# The declaration that is built into the auditor is that of this tree: run_declaration TEMPLATE ADMIN
run_declaration() {
    psql -XAtq "$2" -c 'CREATE DATABASE declared TEMPLATE template_ch'
    if sh services/audit/declare.sh "$(echo "$1" | sed 's/dbname=template_ch/dbname=declared/')" >"$work/declared" 2>"$work/sql.err" &&
        diff services/audit/declared.txt "$work/declared" >"$work/sql.out"; then
        count 1 0 "declaration of the schema"
    elif [ -s "$work/declared" ] && [ "$(head -n 1 "$work/declared")" != "$(head -n 1 services/audit/declared.txt)" ]; then
        echo "== declaration of the schema: # SKIP: the committed one is another server's: $(head -n 1 services/audit/declared.txt)"
    else
        head -n 20 "$work/sql.err" "$work/sql.out"
        echo "services/audit/declared.txt is not what sql/ makes: make declaration"
        count 0 1 "declaration of the schema"
    fi
}

# Every tests/sql/*.sql runs in a fresh copy of a migrated database and prints `ok - name` or `not ok - name` lines.
run_sql() {
    ls tests/sql/*.sql >/dev/null 2>&1 || return 0
    mkdir -p "$work/sql"
    chmod 711 "$work/sql"
    CH_PG_TEST=1 sh deploy/pg.sh start "$work/sql"
    admin=$(sh deploy/pg.sh conninfo "$work/sql")
    "$CH_BIN/commonhold" init --dir "$work/sql" --database "$admin" >"$work/sql/init.log"
    psql -XAtq "$admin" -c 'CREATE DATABASE template_ch'
    template=$(echo "$admin" | sed 's/dbname=commonhold/dbname=template_ch/')
    "$CH_BIN/commonhold" migrate --config "$work/sql/commonhold.ini" --database "$template" >"$work/sql/migrate.log" 2>&1 || {
        cat "$work/sql/migrate.log"
        return 1
    }
    run_declaration "$template" "$admin"
    for name in decide conditions; do
        make -s WERROR=-Werror "$BUILD/tests/test_${name}_agree"
        status=0
        CH_TEST_DATABASE=$template CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 "$BUILD/tests/test_${name}_agree" >"$work/sql.out" 2>"$work/sql.err" || status=$?
        count_lines "$work/sql.out" "$status" "sql $name agrees with C"
    done
    for file in tests/sql/*.sql; do
        psql -XAtq "$admin" -c 'DROP DATABASE IF EXISTS sql_test WITH (FORCE)' -c 'CREATE DATABASE sql_test TEMPLATE template_ch' 2>/dev/null
        status=0
        timeout 300 psql -XAtq -v ON_ERROR_STOP=1 "$(echo "$admin" | sed 's/dbname=commonhold/dbname=sql_test/')" \
            -f "$file" >"$work/sql.out" 2>"$work/sql.err" || status=$?
        [ "$status" -eq 0 ] || cat "$work/sql.err"
        count_lines "$work/sql.out" "$status" "sql $(basename "$file" .sql)"
    done
}

# pytest NAME FOLDER [DIST]; files (or what DIST says) run beside each other, JOBS at a time, each worker with a cluster of its own: most of a
# test is waiting.
run_pytest() {
    ls "$2"/test_*.py >/dev/null 2>&1 || return 0
    echo "== $1: running, in silence until its end"
    status=0
    timeout 2700 /usr/bin/python3 -m pytest -q -rfEs -n "${JOBS:-4}" --dist "${3:-loadfile}" -p no:cacheprovider --tb=short --junitxml="$work/junit.xml" "$2" >"$work/pytest.out" 2>&1 || status=$?
    grep '^SKIPPED' "$work/pytest.out" || true
    if [ "$status" -ne 0 ]; then
        cat "$work/pytest.out"
        grep -E '^(FAILED|ERROR) ' "$work/pytest.out" >>"$work/failures" || true
    fi
    counts=$(/usr/bin/python3 - "$work/junit.xml" <<'PY'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
bad = int(suite.get("failures")) + int(suite.get("errors"))
print(int(suite.get("tests")) - bad - int(suite.get("skipped")), bad)
PY
    ) || counts="0 1"
    # shellcheck disable=SC2086 # two numbers
    count $counts "$1"
}

# node NAME FILE...: tests of Node's own runner; a file at a time, since each that opens pages has a browser of its own.
run_node() {
    name=$1
    shift
    command -v node >/dev/null || {
        echo "== $name: # SKIP: node is not installed"
        return 0
    }
    status=0
    timeout 1800 node --test --test-concurrency=1 --test-reporter=tap "$@" >"$work/node.out" 2>&1 || status=$?
    count_lines "$work/node.out" "$status" "$name"
}

run_portal() {
    CH_PORTAL=$PWD/$BUILD/portal
    export CH_PORTAL
    make -s portal || echo "== portal: # SKIP: what needs the built pages, see above"
    run_node "portal, unit" tests/portal/unit/*.test.mjs
    run_node "portal, build" tests/portal/build/*.test.mjs
    run_node "portal, pages" tests/portal/pages/*.test.mjs
    run_pytest portal tests/portal
}

run_demo() {
    [ -f deploy/demo.sh ] || return 0
    status=0
    port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    sh deploy/demo.sh --once --dir "$work/demo" --port "$port" >"$work/demo.out" 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then
        count 1 0 demo
    else
        tail -n 60 "$work/demo.out"
        count 0 1 demo
    fi
}

sh deploy/packages.sh test
make -s -j2 WERROR=-Werror all
[ $# -gt 0 ] || set -- check unit replay sql reference api audit faults portal demo
for part; do
    case $part in
    check) run_check ;;
    unit) run_unit ;;
    replay) run_replay ;;
    sql) run_sql ;;
    reference) run_pytest reference tests/reference ;;
    api) run_pytest api tests/api ;;
    audit) run_pytest audit tests/audit loadgroup ;;
    faults) run_pytest faults tests/faults ;;
    portal) run_portal ;;
    demo) run_demo ;;
    *)
        echo "run.sh: no part $part" >&2
        exit 64
        ;;
    esac
done
[ ! -s "$work/failures" ] || cut -c 1-300 "$work/failures"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
