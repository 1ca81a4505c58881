#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Runs every tests/bench/bench_*.sh (or those named: run.sh db http ...) ROUNDS (5) times and prints one table of medians.
# Each script measures its baseline in the same run, because the ratio is what a noisy machine lets one compare. A script says what
# it found in lines
#     result: NAME | OURS | BASELINE | >= BAR        (or <= BAR)
# where OURS and BASELINE begin with a number; the bar is one of OURS/BASELINE, or of OURS where BASELINE is `-`.
# Exit 1 when a bar is missed or a script gives no result. BUILD names the build; ROUNDS=1 is a quick look.
set -eu
cd "$(dirname "$0")/../.."
: "${BUILD:=build}" "${ROUNDS:=5}"
export BUILD
work=$(mktemp -d "${TMPDIR:-/tmp}/commonhold-bench.XXXXXX")
chmod 711 "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Scripts that print a table of their own for people: their lines in the form above.
results_of() {
    awk '
        /^result: / { sub(/^result: /, ""); print; next }
        $2 == "evhttp" && NF == 5 { rate = $3; p99 = $5 }
        $1 == "64" && $2 == "ours" && NF == 5 {
            print "http, 64 connections | " $3 " requests/s | " rate " evhttp | >= 0.85"
            print "http, 64 connections, p99 | " $5 " us | " p99 " evhttp | <= 1.3"
        }
        /^bench_db: pool / {
            match($0, /pool [0-9]+/); pool = substr($0, RSTART + 5, RLENGTH - 5)
            match($0, /pgbench [0-9]+/); base = substr($0, RSTART + 8, RLENGTH - 8)
            match($0, /bar [0-9]+/); print "one-statement reads | " pool " /s | " base " pgbench | >= " substr($0, RSTART + 4, RLENGTH - 4) / 100
        }
    ' "$1"
}

# rounds of one script: bench_http takes seconds and turns, so that five rounds take no longer than its own three turns
run_once() {
    case $1 in
    */bench_http.sh) sh "$1" 2 1 ;;
    *) sh "$1" ;;
    esac
}

[ $# -gt 0 ] || {
    for file in tests/bench/bench_*.sh; do
        name=${file#tests/bench/bench_}
        set -- "$@" "${name%.sh}"
    done
}
empty=
for name; do
    round=0
    while [ "$round" -lt "$ROUNDS" ]; do
        round=$((round + 1))
        echo "bench $name, round $round of $ROUNDS" >&2
        run_once "tests/bench/bench_$name.sh" >"$work/out" 2>"$work/err" || true
        results_of "$work/out" >"$work/lines"
        [ -s "$work/lines" ] || {
            tail -n 20 "$work/out" "$work/err" >&2
            empty="$empty $name"
            break
        }
        cat "$work/lines" >>"$work/all"
    done
done

touch "$work/all"
awk -F ' *[|] *' -v rounds="$ROUNDS" '
    function median(key, kind,    n, i, j, v, sorted) {
        n = count[key]
        for (i = 1; i <= n; i++) {
            v = value[key, kind, i]
            for (j = i - 1; j > 0 && sorted[j] > v; j--) sorted[j + 1] = sorted[j]
            sorted[j + 1] = v
        }
        return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
    }
    function unit(text) { sub(/^[0-9.]+ ?/, "", text); return text }
    {
        if (!($1 in count)) order[++names] = $1
        n = ++count[$1]
        value[$1, "ours", n] = $2 + 0
        value[$1, "base", n] = $3 + 0
        value[$1, "ratio", n] = $3 == "-" ? $2 + 0 : $2 / $3
        text[$1] = $2; base[$1] = $3; bar[$1] = $4
    }
    END {
        printf "%-40s %20s %20s %8s %10s  %s\n", "name", "ours", "baseline", "ratio", "bar", "met"
        for (i = 1; i <= names; i++) {
            key = order[i]
            split(bar[key], want, " ")
            r = median(key, "ratio")
            met = want[1] == ">=" ? r >= want[2] : r <= want[2]
            missed += !met
            alone = base[key] == "-"
            printf "%-40s %20s %20s %8s %10s  %s%s\n", key, sprintf("%.6g %s", median(key, "ours"), unit(text[key])),
                alone ? "-" : sprintf("%.6g %s", median(key, "base"), unit(base[key])), alone ? "-" : sprintf("%.2f", r), bar[key],
                met ? "yes" : "NO", count[key] < rounds ? sprintf(" (%d of %d rounds)", count[key], rounds) : ""
        }
        exit missed > 0
    }' "$work/all" || status=1
[ -z "$empty" ] || echo "no result:$empty"
[ -z "$empty" ] && [ "${status:-0}" -eq 0 ]
