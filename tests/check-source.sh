#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Style and consistency, in seconds and without a compiler. Prints `ok - check` or `not ok - check` and what is wrong.
set -eu
cd "$(dirname "$0")/.."
exec /usr/bin/python3 tests/check_source.py
