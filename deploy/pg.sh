#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# A private PostgreSQL cluster below one folder: reachable by a socket alone, scram-sha-256 for everybody, run by an
# unprivileged user even when root calls. It is not a production set-up and never touches another cluster.
#
#   pg.sh start DIR      makes the cluster when there is none, starts it when it does not run
#   pg.sh stop DIR       stops it (fast)
#   pg.sh conninfo DIR   prints the administrator's connection string: user and database commonhold
#
# DIR/pg holds the cluster, DIR/pg.log its messages, DIR/pg.socket the folder of its socket, DIR/secrets/pgpass the
# password. CH_PG_TEST=1 gives up durability for speed: for tests alone.
set -eu
umask 077

die() {
    echo "pg.sh: $*" >&2
    exit 1
}

find_binaries() {
    # shellcheck disable=SC2012 # Debian's folder names are plain
    for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n -r); do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/pg_ctl" ]; then
            echo "$candidate"
            return
        fi
    done
    initdb=$(command -v initdb) || die "no PostgreSQL server programs found: install postgresql (15 or newer)"
    dirname "$initdb"
}

check_version() {
    major=$("$bin/initdb" --version | sed 's/^[^0-9]*//; s/[^0-9].*$//')
    [ "$major" -ge 15 ] || die "PostgreSQL $major in $bin is too old: 15 or newer is needed"
}

# As the cluster's owner. The working folder may be closed to that user.
as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u "$owner" -- "$@")
    else
        "$@"
    fi
}

give_to_owner() {
    [ "$(id -u)" -ne 0 ] || chown "$owner" "$@"
}

# The owner must be able to pass through every folder above the cluster.
check_reachable() {
    as_owner test -x "$dir/pg" || die "user $owner cannot enter $dir/pg: open the folders above it (chmod a+x) or choose another"
}

# A socket's path may have 107 bytes; the socket is <folder>/.s.PGSQL.5432.
choose_socket_folder() {
    if [ -s "$dir/pg.socket" ] && [ -d "$(cat "$dir/pg.socket")" ]; then
        return
    fi
    socket=$dir/pg.run
    if [ "$(printf %s "$socket/.s.PGSQL.5432.lock" | wc -c)" -gt 107 ]; then
        socket=$(mktemp -d "${TMPDIR:-/tmp}/commonhold.XXXXXX")
    fi
    mkdir -p "$socket"
    chmod 755 "$socket"
    give_to_owner "$socket"
    printf '%s\n' "$socket" >"$dir/pg.socket"
}

# One line for the administrator in DIR/secrets/pgpass; the other lines belong to `commonhold init`.
make_password() {
    mkdir -p "$dir/secrets"
    chmod 700 "$dir/secrets"
    pgpass=$dir/secrets/pgpass
    if ! grep -q '^[^#]*:commonhold:[^:]*$' "$pgpass" 2>/dev/null; then
        password=$(od -An -tx1 -N24 /dev/urandom | tr -d ' \n')
        printf '*:*:*:commonhold:%s\n' "$password" >>"$pgpass"
    fi
    chmod 600 "$pgpass"
}

administrator_password() {
    sed -n 's/^[^#]*:commonhold:\([^:]*\)$/\1/p' "$dir/secrets/pgpass" | head -n 1
}

write_settings() {
    as_owner tee -a "$dir/pg.new/postgresql.conf" >/dev/null <<EOT

# Written by deploy/pg.sh: no network, one socket.
listen_addresses = ''
port = 5432
unix_socket_permissions = 0777
password_encryption = 'scram-sha-256'
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = 1000
EOT
    printf '# TYPE DATABASE USER METHOD\nlocal all all scram-sha-256\n' | as_owner tee "$dir/pg.new/pg_hba.conf" >/dev/null
}

# Built beside its final name, so that a cut-off first start is not mistaken for a cluster.
make_cluster() {
    [ -f "$dir/pg/PG_VERSION" ] && return
    make_password
    rm -rf "$dir/pg.new"
    mkdir -p "$dir/pg" "$dir/pg.new"
    chmod 700 "$dir/pg" "$dir/pg.new"
    password_file=$(mktemp "${TMPDIR:-/tmp}/commonhold.XXXXXX")
    administrator_password >"$password_file"
    give_to_owner "$dir/pg" "$dir/pg.new" "$password_file"
    check_reachable
    if ! as_owner "$bin/initdb" -D "$dir/pg.new" -U commonhold -A scram-sha-256 --pwfile="$password_file" -E UTF8 \
        --locale=C.UTF-8 >"$dir/pg.init.log" 2>&1; then
        rm -f "$password_file"
        cat "$dir/pg.init.log" >&2
        die "initdb failed; its messages are above"
    fi
    rm -f "$password_file"
    write_settings
    rmdir "$dir/pg"
    mv "$dir/pg.new" "$dir/pg"
}

running() {
    as_owner "$bin/pg_ctl" -D "$dir/pg" status >/dev/null 2>&1
}

start_server() {
    touch "$dir/pg.log"
    give_to_owner "$dir/pg.log"
    options="-c unix_socket_directories='$(cat "$dir/pg.socket")'"
    if [ "${CH_PG_TEST:-}" = 1 ]; then
        options="$options -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal -c max_wal_senders=0 -c jit=off"
    fi
    if ! as_owner "$bin/pg_ctl" -D "$dir/pg" -l "$dir/pg.log" -o "$options" -w -t 60 start >/dev/null; then
        tail -n 20 "$dir/pg.log" >&2
        die "the server did not start; the end of $dir/pg.log is above"
    fi
}

conninfo() {
    [ -s "$dir/pg.socket" ] || die "there is no cluster in $dir: run pg.sh start $dir"
    echo "host=$(cat "$dir/pg.socket") port=5432 user=commonhold dbname=commonhold passfile=$dir/secrets/pgpass"
}

make_database() {
    if ! "$bin/psql" -XAtq "$(conninfo)" -c 'SELECT 1' >/dev/null 2>&1; then
        "$bin/createdb" -h "$(cat "$dir/pg.socket")" -p 5432 -U commonhold --no-password commonhold
    fi
}

start() {
    make_cluster
    choose_socket_folder
    check_reachable
    running || start_server
    PGPASSFILE=$dir/secrets/pgpass
    export PGPASSFILE
    make_database
}

stop() {
    [ -f "$dir/pg/PG_VERSION" ] || return 0
    running || return 0
    as_owner "$bin/pg_ctl" -D "$dir/pg" -m fast -w -t 60 stop >/dev/null
}

[ $# -eq 2 ] || die "usage: pg.sh start|stop|conninfo DIR"
case $1 in start | stop | conninfo) ;; *) die "usage: pg.sh start|stop|conninfo DIR" ;; esac
case $2 in *[!A-Za-z0-9_./-]*) die "$2: letters, digits and ._-/ only, please: the path goes into a connection string" ;; esac
owner=postgres
bin=$(find_binaries)
check_version
if [ ! -d "$2" ]; then
    mkdir -p "$2"
    chmod 711 "$2"
fi
dir=$(cd "$2" && pwd -P)
if [ "$(id -u)" -eq 0 ]; then
    id "$owner" >/dev/null 2>&1 || die "root runs the server as user $owner, and there is no such user"
    command -v runuser >/dev/null || die "runuser (util-linux) is missing"
fi
"$1"
