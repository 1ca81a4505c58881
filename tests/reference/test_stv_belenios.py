# SPDX-License-Identifier: AGPL-3.0-or-later
"""The STV count against somebody else's: `belenios-tool method stv` (Debian's belenios-tool). It elects one candidate at a time, counts in
floating point and breaks ties by number, so the same winners are owed only where no two surpluses wait at once, nobody ties,
and no decision hangs on what truncation loses. Skipped where the tool is not installed. CH_SEED and CH_RUNS choose the elections."""

import itertools
import json
import os
import random
import shutil
import subprocess
import unittest

from test_tally_reference import BIN, SEED

RUNS = int(os.environ.get("CH_RUNS", "3000")) // 10
TOOL = shutil.which("belenios-tool")
VOTE = 100000


def make_election(rnd):
    """Every candidate has a first preference, because Belenios drops whom no paper names."""
    candidates = rnd.randint(2, 7)
    weights = [rnd.random() ** 2 + 0.05 for _ in range(candidates)]
    papers = [[c] for c in range(1, candidates + 1)]
    for _ in range(rnd.randint(5, 300)):
        order = sorted(range(1, candidates + 1), key=lambda c: rnd.random() ** (1 / weights[c - 1]), reverse=True)
        papers.append(order[: rnd.randint(1, candidates)])
    return candidates, rnd.randint(1, candidates), papers


def ours(candidates, seats, papers):
    lines = [f"{candidates} {seats}"] + [" ".join(map(str, [1, *paper, 0])) for paper in papers] + ["0"] + ["x"] * candidates
    done = subprocess.run([BIN, "calc", "tally", "--method", "scottish-stv", "-"], input="\n".join(lines), text=True, capture_output=True, check=True, timeout=60)
    return json.loads(done.stdout)


def theirs(candidates, seats, papers):
    """Belenios' ballots give each candidate its rank, 0 for none; its candidates count from 0."""
    ballots = [[paper.index(c) + 1 if c in paper else 0 for c in range(1, candidates + 1)] for paper in papers]
    done = subprocess.run([TOOL, "method", "stv", f"--nseats={seats}"], input=json.dumps(ballots), text=True, capture_output=True, check=True, timeout=60)
    return [c + 1 for c in json.loads(done.stdout)["winners"]]


def close(a, b):
    """Told apart by truncation at most: it loses less than 1/100,000 of a vote a paper and stage."""
    return abs(a - b) < VOTE // 10


def comparable(result):
    """Whether the rules coincide for this election."""
    quota, elected, gone = result["quota"] * VOTE, set(), set()
    for stage in result["stages"]:
        votes = {int(c): int(text.replace(".", "")) for c, text in stage["votes"].items()}
        gone |= set(stage["excluded"])
        running = [votes[c] for c in votes if c not in gone | elected]
        elected |= set(stage["elected"])
        if stage is result["stages"][-1]:
            return True
        if sum(votes[c] > quota for c in elected) > 1 or len(stage["elected"]) > 1:
            return False
        if any(close(a, b) for a, b in itertools.combinations(running, 2)) or any(close(v, quota) for v in running):
            return False
    return True


@unittest.skipUnless(TOOL, "belenios-tool is not installed")
class Belenios(unittest.TestCase):
    def test_winners(self):
        compared = 0
        for number in range(RUNS):
            election = make_election(random.Random(SEED * 1000003 + number))
            result = ours(*election)
            if comparable(result):
                self.assertEqual(sorted(theirs(*election)), sorted(result["winners"]), f"seed {SEED} election {number}")
                compared += 1
        print(f"seed {SEED}: {compared} of {RUNS} elections compared")
        self.assertGreater(compared, RUNS // 20)


if __name__ == "__main__":
    unittest.main()
