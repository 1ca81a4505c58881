# SPDX-License-Identifier: AGPL-3.0-or-later
"""Inputs of a thousand to a million recipients through `calc distribute`: seconds of processor and most memory, as a table."""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / os.environ.get("BUILD", "build") / "bin" / "commonhold"
SIZES = (1000, 10000, 100000, 1000000)
HEAD = '{"schema":"distribution-inputs/1","run_id":"run-1","currency":"EUR","pot":123456789012,"balances":{"Equity:Reserve:Legal":0},"recipients":['
EQUAL = {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1, "parts": [{"share": 1, "weight": "equal"}], "leftover_to": "Equity:Fund:Commons"}


def voted_rule():
    """The example of the rule page: three parts, two of them over contributions, of which there are as many as recipients."""
    return json.loads((ROOT / "tests" / "unit" / "payout" / "d20.rule.json").read_text(encoding="ascii"))


def clamped_rule():
    rule = voted_rule()
    rule["steps"][-1].update(floor_each=100, cap_each=200000)
    return rule


def equal_rule():
    """A million equal remainders: as many hashes decide who gets a unit more."""
    return {**voted_rule(), "steps": [EQUAL]}


def write_inputs(path, count, contributions):
    rnd = random.Random(count)
    with open(path, "w", encoding="ascii") as out:
        out.write(HEAD)
        for i in range(count):
            out.write('%s{"id":"%032x","units":%d,"window_units":%d,"distinct_licensees":%d}'
                      % ("," if i else "", rnd.getrandbits(128), rnd.randrange(10**6), rnd.randrange(900, 10**6), rnd.randrange(1, 9)))
        out.write('],"contributions":[')
        rnd = random.Random(count)
        for i in range(count if contributions else 0):
            who = rnd.getrandbits(128)
            units, window, licensees = rnd.randrange(10**6), rnd.randrange(900, 10**6), rnd.randrange(1, 9)
            out.write('%s{"id":"c-%d","units":%d,"window_units":%d,"distinct_licensees":%d,"quality_ppm":%d,"contributors":[{"recipient":"%032x","share":1}]}'
                      % ("," if i else "", i, units, window, licensees, 10**6 - i % 1000, who))
        out.write("]}")


def measure(folder, rule, inputs):
    """(seconds of processor, MiB at most, MiB of result) of one run."""
    path = folder / "rule.json"
    path.write_text(json.dumps(rule), encoding="ascii")
    with open(folder / "result.json", "wb") as out:
        process = subprocess.Popen([PROGRAM, "calc", "distribute", "--rule", path, "--inputs", inputs], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"calc distribute: exit {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, (folder / "result.json").stat().st_size / 2**20


def main():
    rules = (("three parts", voted_rule(), True), ("floor and cap", clamped_rule(), True), ("equal weights", equal_rule(), False))
    found = {}
    print(f"{'recipients':>10}  {'rule':<15} {'seconds':>8} {'us each':>8} {'MiB':>8} {'result MiB':>10}")
    with tempfile.TemporaryDirectory(prefix="commonhold-calc.") as name:
        folder = pathlib.Path(name)
        for count in SIZES:
            for contributions in (True, False):
                write_inputs(folder / "inputs.json", count, contributions)
                for title, rule, wanted in rules:
                    if wanted == contributions:
                        seconds, memory, result = found[title, count] = measure(folder, rule, folder / "inputs.json")
                        print(f"{count:>10}  {title:<15} {seconds:>8.2f} {seconds / count * 1e6:>8.2f} {memory:>8.1f} {result:>10.1f}", flush=True)
    for title, _, _ in rules:
        seconds, memory, _ = found[title, SIZES[-1]]
        seconds_before, memory_before, _ = found[title, SIZES[-2]]
        print(f"result: calc, {title} | {seconds:.2f} s | - | <= 10")
        print(f"result: calc, {title}, memory | {memory:.0f} MiB | - | <= 2048")
        print(f"result: calc, {title}, 10 x 100,000 | {seconds:.3f} s | {seconds_before * 10:.3f} s | <= 1.5")
        print(f"result: calc, {title}, memory of 10 x | {memory:.0f} MiB | {memory_before * 10:.0f} MiB | <= 1.1")


main()
