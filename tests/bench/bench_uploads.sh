#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# One PATCH of SIZE_MB (200) off a socket onto the disk, synced and committed on the way, against a bare receiver that reads the same
# bytes off a socket into a file of the same folder and syncs it at the end; both without a checksum and with SHA-256. Alternating
# rounds on the same private cluster; then memory. Fails under BAR, or under BAR_SHA with the checksum.
set -eu
: "${BUILD:=build}" "${BAR:=50}" "${BAR_SHA:=50}" "${SIZE_MB:=200}"
root=$(cd "$(dirname "$0")/../.." && pwd)
export BUILD BAR BAR_SHA SIZE_MB
cd "$root"
exec /usr/bin/python3 tests/bench/bench_uploads.py
