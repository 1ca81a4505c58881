#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# What a member verifies offline: a statement with 500 contributions out of a run of 1,000,000 lines and a log of 1,000,000 entries, as a process, by its processor
# time (the clock's goes to stderr); and one inclusion proof, in a process that runs already.
set -eu
: "${BUILD:=build}"
cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/bench_verify.XXXXXX")
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 tests/bench/bench_verify.py "$work"
"$BUILD/bin/commonhold" verify statement "$work/statement.json" --vkey "$(cat "$work/vkey")" --rule "$work/rule.json" >&2
/usr/bin/python3 - "$BUILD/bin/commonhold" "$work" <<'PY'
import pathlib, resource, statistics, subprocess, sys, time
program, work = sys.argv[1], pathlib.Path(sys.argv[2])
told = [program, "verify", "statement", work / "statement.json", "--vkey", (work / "vkey").read_text(), "--rule", work / "rule.json"]


def used():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


processor, wall = [], []
for _ in range(41):
    before, begun = used(), time.perf_counter()
    subprocess.run(told, check=True, stdout=subprocess.DEVNULL)
    processor.append(1000 * (used() - before))
    wall.append(1000 * (time.perf_counter() - begun))
print(f"by the clock: median {statistics.median(wall):.1f} ms, least {min(wall):.1f} ms", file=sys.stderr)
print(f"result: verify statement, processor time | {statistics.median(processor):.1f} ms | - | <= 50")
PY
"$BUILD/bench/bench_inclusion" "$work/proof" "$work/entry" "$(cat "$work/vkey")" 2000 |
    awk '{ print "result: verify one inclusion proof | " $1 / 1000 " ms | - | <= 1" }'
