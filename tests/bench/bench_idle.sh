#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# The daemon with all roles in one HTTP process and one worker, on a founded trust without any load: how long from start to a
# ready /readyz, and how much memory its three processes have together (proportional set size) when it rests. The bars: a second, 40 MiB.
set -eu
: "${BUILD:=build}"
root=$(cd "$(dirname "$0")/../.." && pwd)
port=${BENCH_PORT:-18441}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench_idle.XXXXXX")
chmod 711 "$work"
daemon=
clean() {
    [ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
    [ -z "$daemon" ] || wait "$daemon" || true
    sh "$root/deploy/pg.sh" stop "$work"
    rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM

sh "$root/deploy/pg.sh" start "$work"
"$root/$BUILD/bin/commonhold" init --dir "$work" --listen "127.0.0.1:$port" >"$work/made"
"$root/$BUILD/bin/commonhold" migrate --config "$work/commonhold.ini" >"$work/made" 2>&1
"$root/$BUILD/bin/commonhold" found "$root/deploy/demo/charter.json" --config "$work/commonhold.ini" >"$work/invites"
printf '[payout]\nprofiles = %s/deploy/bank-profiles\n' "$root" >>"$work/commonhold.ini"

begin=$(date +%s%N)
"$root/$BUILD/bin/commonholdd" --config "$work/commonhold.ini" >"$work/daemon.log" 2>&1 &
daemon=$!
until curl -s -f -m 2 -o "$work/readyz" "http://127.0.0.1:$port/readyz"; do
    [ $(($(date +%s%N) - begin)) -lt 60000000000 ] || {
        cat "$work/daemon.log"
        exit 1
    }
    sleep 0.01
done
ready=$((($(date +%s%N) - begin) / 1000000))

# Rest: ten seconds after the start the clocks have run and the first leaves are signed.
sleep 10
total=0
for pid in "$daemon" $(ps -o pid= --ppid "$daemon"); do
    kib=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")
    echo "process $pid: $kib KiB proportional, $(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status") KiB resident"
    total=$((total + kib))
done
echo "result: start to ready | $ready ms | - | <= 1000"
echo "result: idle memory, all roles and a worker | $total KiB | - | <= 40960"
