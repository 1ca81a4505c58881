#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A whole trust on this machine: installs what is missing, builds, makes a private PostgreSQL below the folder, founds a trust, runs one
# cycle of a data cooperative on sample data, has it audited, and leaves the services running.
#
#   demo.sh [--data DIR] [--once] [--port N] [--dir DIR]
#
# --data DIR   CSV files in the sensor.community SDS011 layout, <date>_sds011_sensor_<number>.csv, one contributor a sensor (or a .tar.gz of
#              such files); without it a generator makes a synthetic week
# --once       stops everything at the end; exit 1 when a step did not give what it must
# --port N     where the daemon listens on 127.0.0.1 (8080)
# --dir DIR    where everything is kept (var/demo below the sources, or /var/lib/commonhold-demo where root keeps the sources in a closed
#              folder); a second run begins with a fresh trust there
set -eu
here=$PWD
cd "$(dirname "$0")/.."

usage() {
    sed -n '6,14s/^# \{0,1\}//p' "$0" >&2
    exit 64
}

data=
once=
port=8080
dir=
while [ $# -gt 0 ]; do
    case $1 in
    --data | --port | --dir)
        [ $# -ge 2 ] || usage
        case $1 in --data) data=$2 ;; --port) port=$2 ;; --dir) dir=$2 ;; esac
        shift
        ;;
    --once) once=1 ;;
    *) usage ;;
    esac
    shift
done
case $port in '' | *[!0-9]*) usage ;; esac

build=${BUILD:-build}
bin=$build/bin
umask 022
case $data in '' | /*) ;; *) data=$here/$data ;; esac
case $dir in '' | /*) ;; *) dir=$here/$dir ;; esac
if [ -z "$dir" ]; then
    dir=$PWD/var/demo
    mkdir -p "$dir"
    # The database does not run as root and has to pass through every folder above, which it cannot in /root.
    if [ "$(id -u)" -eq 0 ] && ! (cd / && runuser -u nobody -- test -x "$dir"); then
        dir=/var/lib/commonhold-demo
    fi
fi
mkdir -p "$dir"
dir=$(cd "$dir" && pwd -P)
config=$dir/commonhold.ini

step() {
    printf '\n== %s\n' "$*"
}

stop_daemon() {
    [ -s "$dir/daemon.pid" ] || return 0
    pid=$(cat "$dir/daemon.pid")
    if kill -0 "$pid" 2>/dev/null && grep -q commonholdd "/proc/$pid/cmdline" 2>/dev/null; then
        kill "$pid"
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
    fi
    rm -f "$dir/daemon.pid"
}

stop_all() {
    stop_daemon
    sh deploy/pg.sh stop "$dir"
}

step "packages and build"
sh deploy/packages.sh run
make -s -j2 all
make -s portal || echo "the demonstration goes on without pages"

step "database: a private cluster below $dir"
stop_daemon
taken=0
curl -s --noproxy '*' -m 2 -o /dev/null "http://127.0.0.1:$port/" || taken=$?
[ "$taken" -eq 7 ] || { # 7: nobody listens
    echo "port $port is taken, perhaps by another demonstration: stop that or choose another with --port N" >&2
    exit 1
}
sh deploy/pg.sh start "$dir"
admin=$(sh deploy/pg.sh conninfo "$dir")
[ -f "$config" ] || "$bin/commonhold" init --dir "$dir" --origin "http://127.0.0.1:$port" --listen "127.0.0.1:$port" --database "$admin"
sed -i "s|^origin *=.*|origin = http://127.0.0.1:$port|; s|^listen *=.*|listen = 127.0.0.1:$port|" "$config"
psql -XAtq "$(printf %s "$admin" | sed 's/dbname=commonhold/dbname=postgres/')" -c 'DROP DATABASE IF EXISTS commonhold WITH (FORCE)' \
    -c 'CREATE DATABASE commonhold' 2>/dev/null
rm -rf "$dir/log/checkpoint" "$dir/uploads" "$dir/outbox" "$dir/out"
mkdir -p "$dir/out"
"$bin/commonhold" migrate --config "$config" --database "$admin" 2>"$dir/migrate.log"

step "founding charter"
"$bin/commonhold" found deploy/demo/charter.json --config "$config" --database "$admin" >"$dir/invites.jsonl"
echo "founded: $(wc -l <"$dir/invites.jsonl") founders hold one-time invites"
if "$bin/commonhold" found deploy/demo/charter.json --config "$config" --database "$admin" >/dev/null 2>"$dir/second.log"; then
    echo "a second founding went through" >&2
    exit 1
fi
echo "a second founding is refused: $(tail -n 1 "$dir/second.log" | cut -c1-160)"

step "data"
if [ -z "$data" ]; then
    data=$dir/sample
    rm -rf "$data"
    /usr/bin/python3 deploy/demo/generate.py "$data"
    echo "these readings are SYNTHETIC: no sensor, place or household in them exists"
elif ! ls "$data"/*sensor_*.csv >/dev/null 2>&1; then
    archive=$(find "$data" -maxdepth 1 -name '*.tar.gz' | head -n 1)
    [ -n "$archive" ] || {
        echo "$data has neither files *_sensor_<number>.csv nor a .tar.gz of such files" >&2
        exit 1
    }
    data=$dir/unpacked
    rm -rf "$data"
    mkdir -p "$data"
    tar -xzf "$archive" -C "$data"
fi
echo "$(find "$data" -name '*sensor_*.csv' | wc -l) files in $data"

step "services on http://127.0.0.1:$port"
COMMONHOLD_PORTAL_PORTAL_DIR=$PWD/$build/portal "$bin/commonholdd" --config "$config" >>"$dir/daemon.log" 2>&1 &
echo $! >"$dir/daemon.pid"
ready=
for _ in $(seq 150); do
    if curl -s -f --noproxy '*' -m 2 -o /dev/null "http://127.0.0.1:$port/readyz"; then
        ready=1
        break
    fi
    kill -0 "$(cat "$dir/daemon.pid")" 2>/dev/null || break
    sleep 0.1
done
[ -n "$ready" ] || {
    echo "the daemon did not become ready; the end of $dir/daemon.log:" >&2
    tail -n 5 "$dir/daemon.log" >&2
    stop_all
    exit 1
}

step "one cycle"
status=0
/usr/bin/python3 -B deploy/demo/cycle.py --base "http://127.0.0.1:$port" --charter deploy/demo/charter.json \
    --invites "$dir/invites.jsonl" --data "$data" --out "$dir/out" || status=$?

if [ "$status" -eq 0 ]; then
    step "audit, by a separate program with a read-only role"
    audit="$(printf %s "$admin" | sed 's/user=commonhold/user=ch_audit/')"
    "$bin/commonhold-audit" --full --source "$audit" --report text || status=$?
fi

if [ -n "$once" ]; then
    stop_all
elif [ "$status" -eq 0 ]; then
    step "running"
    echo "http://127.0.0.1:$port answers; logs in $dir/daemon.log; bank file in $dir/out"
    echo "stop: kill \$(cat $dir/daemon.pid); sh deploy/pg.sh stop $dir"
fi
[ "$status" -eq 0 ] || echo "the cycle did not finish; see above and $dir/daemon.log" >&2
exit "$status"
