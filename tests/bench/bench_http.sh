#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A route without database against a bare evhttp server, measured in turns in one run: the ratio is what counts, the machine
# is not. Bars at 64 connections: at least 0.85 of its requests per second, p99 at most 1.3 times. Exit 1 when one is missed.
# bench_http.sh [SECONDS per turn, default 2] [TURNS, default 3]; BUILD names the build.
set -eu
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
seconds=${1:-2}
turns=${2:-3}
port=${BENCH_PORT:-18431}
work=$(mktemp -d)
make -s "BUILD=$BUILD" "$BUILD/bench/hello" "$BUILD/bench/load" "$BUILD/api/toyd"

"$BUILD/bench/hello" "$port" &
hello=$!
printf '[common]\nlisten = 127.0.0.1:%s\ndatabase =\nlog_level = %s\n' "$((port + 1))" "${LOG_LEVEL:-info}" >"$work/toy.ini"
"$BUILD/api/toyd" --config "$work/toy.ini" toy 2>"$work/log" &
toyd=$!
trap 'kill "$hello" "$toyd" 2>/dev/null || true; rm -rf "$work"' EXIT
sleep 0.5
tries=0
until [ "${LOG_LEVEL:-info}" != info ] || grep -q msg=ready "$work/log"; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { cat "$work/log"; exit 1; }
    sleep 0.1
done

for connections in 1 64; do
    turn=0
    while [ "$turn" -lt "$turns" ]; do
        turn=$((turn + 1))
        echo "$connections evhttp $("$BUILD/bench/load" "$port" / "$connections" "$seconds")"
        echo "$connections ours $("$BUILD/bench/load" "$((port + 1))" /toy/v1/hello "$connections" "$seconds")"
    done
done | tee "$work/turns" | awk '
    { rate[$1, $2] += $3; p50[$1, $2] += $4; p99[$1, $2] += $5; errors += $6; n[$1, $2]++ }
    END {
        printf "%-11s %-7s %12s %9s %9s\n", "connections", "server", "requests/s", "p50 us", "p99 us"
        for (c = 1; c <= 64; c += 63) {
            for (s = 1; s <= 2; s++) {
                name = s == 1 ? "evhttp" : "ours"
                k = n[c, name]
                printf "%-11d %-7s %12d %9d %9d\n", c, name, rate[c, name] / k, p50[c, name] / k, p99[c, name] / k
            }
            r = rate[c, "ours"] / rate[c, "evhttp"]; p = p99[c, "ours"] / p99[c, "evhttp"]
            printf "%-11d %-7s %12.2f %9.2f %9.2f\n", c, "ratio", r, p50[c, "ours"] / p50[c, "evhttp"], p
        }
        if (errors > 0) print errors " errors"
        if (errors > 0 || r < 0.85 || p > 1.3) { print "missed: at 64 connections 0.85 and 1.3"; exit 1 }
        print "kept: at 64 connections at least 0.85, p99 at most 1.3"
    }'
