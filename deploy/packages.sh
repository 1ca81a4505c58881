#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Installs the Debian packages that are missing: packages.sh build | run | test
set -eu

build="build-essential pkg-config libpq-dev libevent-dev libjansson-dev libssl-dev libcurl4-openssl-dev libexpat1-dev libxml2-dev zlib1g-dev"
run="postgresql postgresql-contrib curl jq openssl ca-certificates python3"
test="libcmocka-dev clang-format shellcheck libxml2-utils git python3-pytest python3-pytest-xdist python3-psycopg2 python3-cryptography python3-jsonschema python3-pandas python3-pyld python3-yaml python3-aiosmtpd hledger ledger beancount golang-go golang-golang-x-mod-dev chromium"
# Come along with what is missing where the distribution has them; tests that need one are skipped without it.
optional=

case ${1:-} in
build) wanted="$build" ;;
run) wanted="$build $run" ;;
test)
    wanted="$build $run $test"
    optional="belenios-tool"
    ;;
*)
    echo "usage: packages.sh build|run|test" >&2
    exit 64
    ;;
esac

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

known() {
    for package; do
        ! apt-cache show "$package" >/dev/null 2>&1 || echo "$package"
    done
}

missing=
for package in $wanted; do
    is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "packages are missing and this user cannot install them; as root: apt-get install --no-install-recommends$missing" >&2
        exit 1
    }
    sudo=sudo
fi
echo "installing:$missing"
# A fresh PostgreSQL package would start a cluster of its own; ours is private, so it is told not to.
if ! is_installed postgresql-common; then
    $sudo mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo 'create_main_cluster = false' | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
log=$(mktemp "${TMPDIR:-/tmp}/commonhold-packages.XXXXXX")
# shellcheck disable=SC2046,SC2086 # lists of names
if ! { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing $(known $optional); } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"
