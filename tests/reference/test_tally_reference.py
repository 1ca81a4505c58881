# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tally methods against the second implementation, byte by byte: the published examples and whole elections of councils with their
official stage tables by the command line ($CH_BIN/commonhold, default build/bin), generated elections and budget rounds, and ballot files
written oddly or damaged, by a process that counts many. CH_SEED and CH_RUNS choose the generated inputs; ballots of councils are read from
$CH_STV_DATA (default ../shared/data/stv), else those tests are skipped."""

import collections
import json
import os
import pathlib
import random
import subprocess
import unittest

import tally
from batch import Batch

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CH_BIN", ROOT / "build" / "bin")) / "commonhold"
DATA = pathlib.Path(os.environ.get("CH_STV_DATA", ROOT.parent / "shared" / "data" / "stv"))
SEED = int(os.environ.get("CH_SEED", "20260923"))
RUNS = int(os.environ.get("CH_RUNS", "3000"))


def call(method, data, *arguments):
    done = subprocess.run([BIN, "calc", "tally", "--method", method, *arguments], input=data, capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


ZEROS = "0" * 64


class Case(unittest.TestCase):
    maxDiff = None

    def agree(self, method, data, answer, errors, context=None, seed=ZEROS):
        """Holds an answer (None: refused with `errors`) against ours: the result, or the slug it is refused with."""
        try:
            result = tally.knapsack(data) if method == "knapsack" else tally.scottish_stv(data, seed)
        except tally.Refused as refused:
            slug, where = refused.args
            self.assertIsNone(answer, (slug, where, context, data))
            self.assertEqual(list(errors), ["error", "pointer", "line", "detail"], context)
            wanted = {"error": slug, "pointer": where if method == "knapsack" else None}
            if method != "knapsack":
                wanted["line"] = where
            self.assertEqual({name: errors[name] for name in wanted}, wanted, (context, data))
            return slug
        self.assertEqual(answer, json.dumps(result, separators=(",", ":")), (errors, context, data))
        return result

    def command(self, method, data, context=None):
        """The same of the command line, with what it owes besides."""
        code, out, errors = call(method, data, "-")
        self.assertEqual(code, 2 if errors else 0, context)
        self.assertEqual((out + errors).count(b"\n"), 1, context)
        return self.agree(method, data, out.decode().removesuffix("\n") or None, json.loads(errors) if errors else None, context)


# ---- published figures -----------------------------------------------------------

EXAMPLE = b'5 2\n6 1 2 0\n1 1 0\n2 2 1 3 0\n3 3 4 0\n2 4 3 0\n2 5 0\n0\n"Ada"\n"Ben"\n"Cem"\n"Dov"\n"Eve"\n"Example"\n'
EXAMPLE_ROUND = {
    "pot": 1000, "min_num": 1, "min_den": 20,
    "projects": [{"id": 1, "cost": 600}, {"id": 2, "cost": 500}, {"id": 3, "cost": 400}],
    "ballots": [{"count": 5, "projects": [1, 3]}, {"count": 4, "projects": [2]}, {"count": 1, "projects": [1, 2]}],
}

LINN = """
 1  898 1284 1782 219 165 1381 2043 955 296 149 395 | 0 | 7
 2  905.13482 1302.94200 1789.19796 224.61946 166.83106 1389.27134 1914 961.44028 310.77476 156.82936 409.77476 | 36.18420 |
 3  906.45052 1311.32084 1798.70308 229.80888 170.02048 1395.65018 1914 970.56656 328.78500 x 469.48978 | 72.20468 |
 4  961.76622 1318.44712 1807.82936 239.06144 x 1417.83960 1914 980.69284 338.97442 x 478.67920 | 109.70980 |
 5  991.39762 1350.20480 1826.01878 x x 1433.90274 1914 990.00854 359.36350 x 498.31060 | 203.79342 |
 6  1005.34472 1458.48808 1849.71332 x x 1459.28158 1914 1001.51366 x x 547.47784 | 331.18080 |
 7  1015.91298 1532.33962 1896.91298 x x 1514.35496 1914 1078.47100 x x x | 615.00846 |
 8  x 1866.00174 1947.35496 x x 1530.60752 1914 1105.84984 x x x | 1203.18594 | 3
 9  x 1868.39022 1914 x x 1547.18432 1914 1111.65708 x x x | 1211.76838 |
10  x 2008.75096 1914 x x 2174.90506 1914 x x x x | 1555.34398 | 6 2
"""

# Ward, seats, valid, quota, winners in order of election.
GLASGOW = {
    "Anderston-City": (4, 6900, 1381, [7, 3, 1, 8]),
    "Baillieston": (4, 10376, 2076, [7, 2, 4, 8]),
    "Calton": (3, 5199, 1300, [8, 10, 9]),
    "Canal": (4, 8624, 1725, [8, 4, 6, 11]),
    "Drumchapel-Anniesland": (4, 8680, 1737, [1, 6, 10, 4]),
    "East-Centre": (4, 9078, 1816, [6, 2, 5, 10]),
    "Garscadden-Scotsounhill": (4, 10160, 2033, [2, 5, 9, 7]),
    "Greater-Pollock": (4, 8682, 1737, [3, 4, 5, 7]),
    "Linn": (4, 9567, 1914, [7, 3, 6, 2]),
    "Newlands-Auldburn": (3, 8654, 2164, [5, 4, 7]),
    "North-East": (4, 8363, 1673, [1, 10, 3, 6]),
}


def decimal(text):
    """x: excluded, which we print as no votes."""
    whole, _, part = text.replace("x", "0").partition(".")
    return f"{whole}.{part or '00000'}"


class Examples(Case):
    def test_stv(self):
        result = self.command("scottish-stv", EXAMPLE)
        self.assertEqual(result["winners"], [1, 3])
        self.assertEqual(result["ties"], [{"stage": 3, "for": "exclusion", "candidates": [4, 5], "chosen": 4, "by": "lot", "earlier_stage": None}])
        self.assertEqual([stage["votes"]["2"] for stage in result["stages"]], ["2.00000", "2.85710", "2.85710", "2.85710", "0.00000"])

    def test_knapsack(self):
        result = self.command("knapsack", json.dumps(EXAMPLE_ROUND).encode())
        self.assertEqual([result[name] for name in ("valid", "invalid", "selected", "spent", "left")], [9, 1, [3, 1], 1000, 0])

    def test_refusals(self):
        self.assertEqual(self.command("scottish-stv", EXAMPLE.replace(b"6 1 2", b"6 1 1")), "duplicate_preference")
        self.assertEqual(self.command("knapsack", b"{}"), "missing")

    def test_arguments(self):
        for arguments in (["--method", "scottish-stv"], ["-"], ["--method", "approval", "-"], ["--method", "scottish-stv", "-", "-"],
                          ["--method", "scottish-stv", "--lot-seed", "0", "-"], ["--method", "scottish-stv", "--lot-seed", ZEROS[1:] + "g", "-"],
                          ["--method", "scottish-stv", "--lot-seed", ZEROS + "0", "-"], ["--method", "knapsack", "--lot-seed", ZEROS, "-"],
                          ["--method", "scottish-stv", "--seed", ZEROS, "-"], ["--method"]):
            done = subprocess.run([BIN, "calc", "tally", *arguments], input=EXAMPLE, capture_output=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (64, b""), arguments)

    def test_files(self):
        done = subprocess.run([BIN, "calc", "tally", "--method", "scottish-stv", "/nowhere/at/all.blt"], capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, json.loads(done.stderr)["error"]), (2, b"", "not_readable"))
        done = subprocess.run([BIN, "calc", "tally", "--method", "knapsack", b"/nowhere/\xff\n.json"], capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, json.loads(done.stderr)["error"]), (2, b"", "not_readable"))
        for more in (1, 2**26 + 1):
            code, out, errors = call("scottish-stv", EXAMPLE + b"\n" * (2**26 - len(EXAMPLE) + more), "-")
            self.assertEqual((code, out, json.loads(errors)["error"]), (2, b"", "too_large"))


@unittest.skipUnless(DATA.is_dir(), f"the ballots of councils are not there: {DATA}")
class Councils(Case):
    def test_linn_stage_by_stage(self):
        result = self.command("scottish-stv", (DATA / "glasgow_2007" / "Linn-2007.blt").read_bytes())
        rows = LINN.strip().split("\n")
        self.assertEqual(len(result["stages"]), len(rows))
        for stage, row in zip(result["stages"], rows):
            votes, lost, elected = row.split("|")
            self.assertEqual(list(stage["votes"].values()), [decimal(text) for text in votes.split()[1:]])
            self.assertEqual(stage["non_transferable"], decimal(lost.strip()))
            self.assertEqual(stage["elected"], [int(text) for text in elected.split()])

    def test_glasgow(self):
        for ward, (seats, valid, quota, winners) in GLASGOW.items():
            result = self.command("scottish-stv", (DATA / "glasgow_2007" / f"{ward}-2007.blt").read_bytes(), ward)
            self.assertEqual([result[name] for name in ("seats", "valid", "quota", "winners")], [seats, valid, quota, winners], ward)

    def test_all_files(self):
        for name, wanted in json.loads((DATA / "expected.json").read_bytes())["files"].items():
            result = self.command("scottish-stv", (DATA / name).read_bytes(), name)
            self.assertEqual((result["seats"], result["valid"], result["quota"], sorted(result["winners"]), len(result["stages"])),
                             tuple(wanted[key] for key in ("seats", "valid_ballots", "quota", "winners", "stages")), name)
            lots = [tie["candidates"] for tie in result["ties"] if tie["by"] == "lot"]
            self.assertEqual(lots, [lot["candidates"] for lot in wanted["lots"]], name)

    def test_official_stage_tables(self):
        for table, ballots in (("linn_2007", "glasgow_2007/Linn-2007"), ("dundee_2022_ward1_strathmartine", "dundee_2022/dundee_2022_ward1"),
                               ("dundee_2022_ward3_west_end", "dundee_2022/dundee_2022_ward3")):
            official = json.loads((DATA / "stages" / f"{table}.json").read_bytes())
            result = self.command("scottish-stv", (DATA / f"{ballots}.blt").read_bytes(), table)
            names = list(official["stages"][0]["votes"])
            number = {name: place for place, name in enumerate(names, 1)}
            for stage, printed in zip(result["stages"], official["stages"], strict=True):
                self.assertEqual(list(stage["votes"].values()), [printed["votes"][name] or "0.00000" for name in names], table)
                self.assertEqual(stage["non_transferable"], printed["non_transferable"], table)
                self.assertEqual(sorted(stage["elected"]), sorted(number[name] for name in printed["elected"]), table)
                self.assertEqual(stage["excluded"], [number[name] for name in printed["excluded"]], table)


# ---- generated elections ---------------------------------------------------------


def make_ballots(rnd, candidates, lines, most):
    """Preferences cluster, as real ones do; few lines of few papers make ties."""
    weights = [rnd.random() ** 2 + 0.02 for _ in range(candidates)]
    for _ in range(lines):
        order = sorted(range(1, candidates + 1), key=lambda c: rnd.random() ** (1 / weights[c - 1]), reverse=True)
        yield rnd.randint(1, most), order[: rnd.choice([0, 1, 1, 2, 3, candidates, rnd.randint(0, candidates)])]


def make_election(rnd):
    candidates = rnd.choice([1, 2, 3, 4, 5, 6, 6, 8, 8, 12, 20])
    seats = rnd.choice([1, 2, 2, 3, 3, 4, 5, candidates // 2 + 1, candidates + 1])
    lines, most = rnd.choice([(3, 2), (8, 2), (12, 1), (20, 3), (40, 9), (80, 1), (80, 100), (30, 10**7), (3, 7 * 10**8)])
    withdrawn = [c for c in range(1, candidates + 1) if rnd.random() < 0.1] if rnd.random() < 0.4 else []
    return candidates, seats, withdrawn, list(make_ballots(rnd, candidates, rnd.randint(0, lines), most))


def plain_lines(candidates, seats, withdrawn, ballots):
    lines = [f"{candidates} {seats}"] + [f"-{c}" for c in withdrawn]
    lines += [" ".join(map(str, [count, *preferences, 0])) for count, preferences in ballots]
    return lines, ["0"] + [f'"Candidate {c}"' for c in range(1, candidates + 1)]


def odd_line(rnd, line):
    """The same numbers, written as somebody else would."""
    separators = [" ", " ", ",", ", ", "\t", "  ", " ,"]
    line = "".join(rnd.choice(separators) if c == " " else c for c in line)
    return rnd.choice(["", "", " ", ","]) + line + rnd.choice(["", "", " ", ",", " # so many", "#", "\r"]) + rnd.choice(["", "", "\n", "\n# note", "\r"])


def odd_name(rnd, line):
    return rnd.choice([line, line.strip('"'), '"Zo\u00eb ""Axe"" A"', "J\u00fcrgen", line + ",", '""', line + "\r", line + "\n\n"])


def odd_text(rnd, election):
    numbers, (end, *names) = plain_lines(*election)
    lines = [odd_line(rnd, line) for line in [*numbers, end]] + [odd_name(rnd, name) for name in names]
    lines += rnd.choice([[], ['"Title"'], ["Title, the"], ['"Title"', "0 = 1", "# and more"]])
    text = rnd.choice(["", "", "\n", "# first\r\n"]) + rnd.choice(["\n", "\r\n"]).join(lines) + rnd.choice(["", "\n", "\r\n\n"])
    return rnd.choice([b"", b"", b"\xef\xbb\xbf"]) + text.encode(rnd.choice(["utf-8", "latin-1"]))


def damaged(rnd, data):
    data = bytearray(data)
    for _ in range(rnd.choice([1, 1, 1, 2, 3])):
        place, new = rnd.randrange(len(data) + 1), rnd.choice(b'0123456789 -,=#"\n\r+.x\0\xff')
        if rnd.random() < 0.4:
            data.insert(place, new)
        elif place < len(data):
            data[place : place + rnd.choice([1, 1, 2, 8])] = [new][: rnd.randint(0, 1)]
    return bytes(data)


def make_round(rnd):
    pot = rnd.choice([1, 20, 100, 2**53 - 1])
    projects = rnd.sample(range(1, 100000) if rnd.random() < 0.2 else range(1, 13), rnd.randint(0, 12))
    most = rnd.choice([pot, max(1, pot // 4), 2**53 - 1])
    costs = [{"id": p, "cost": rnd.randint(1, most)} for p in projects]
    ballots = [{"count": rnd.choice([1, 2, 9, 10**6, 2**53]), "projects": rnd.choices([*projects, *projects, 0, 99999, 7], k=rnd.randint(0, 4))}
               for _ in range(rnd.randint(0, 12))]
    den = rnd.choice([1, 2, 20, 1000, 2**53 - 1])
    return {"pot": pot, "min_num": rnd.choice([0, 1, rnd.randint(0, den)]), "min_den": den, "projects": costs, "ballots": ballots}


def worsen(rnd, value):
    """One member of the document, or of something in it, gone or made into something else."""
    holder = rnd.choice([value, *value["projects"], *value["ballots"]])
    name = rnd.choice(list(holder))
    holder[name] = rnd.choice([None, True, "1", 1.5, [], {}, [1.5], [None], 0, -1, 1, 2**53 - 1, 2**53, 10**5, 2**63 - 1])
    if rnd.random() < 0.2:
        del holder[name]


class Generated(Case):
    @classmethod
    def setUpClass(cls):
        cls.batch = Batch()
        cls.addClassCleanup(cls.batch.close)

    def compare(self, method, data, context, seed=ZEROS):
        documents = (data,) if method == "knapsack" else (data, seed)
        return self.agree(method, data, *self.batch.calc(method, *documents), context, seed)

    def seen(self, runs, each):
        print(f"seed {SEED}, runs {runs}")
        seen = collections.Counter()
        for number in range(runs):
            found = each(random.Random(SEED * 1000003 + number), f"seed {SEED} input {number}")
            seen.update([found] if isinstance(found, str) else found)
        print(dict(seen))
        return seen if runs >= 3000 else None

    def test_elections(self):
        def each(rnd, context):
            election, seed = make_election(rnd), "%064x" % rnd.getrandbits(256)
            result = self.compare("scottish-stv", odd_text(rnd, election), context, seed)
            self.assertIsInstance(result, dict, context)
            if rnd.random() < 0.1:
                rnd.shuffle(election[3])
                self.assertEqual(self.compare("scottish-stv", odd_text(rnd, election), context, seed), result)
            return {"counted", *(stage["action"]["kind"] for stage in result["stages"]), *(f"{tie['for']} by {tie['by']}" for tie in result["ties"])}

        seen = self.seen(RUNS, each)
        for name in ("surplus", "surplus by lot", "exclusion by lot", "exclusion by earlier_stage") if seen else ():
            self.assertGreater(seen[name], 0, name)

    def test_damaged_files(self):
        def each(rnd, context):
            found = self.compare("scottish-stv", damaged(rnd, odd_text(rnd, make_election(rnd))), context)
            return found if isinstance(found, str) else "counted"

        seen = self.seen(RUNS, each)
        for name in ("bad_header bad_number bad_count duplicate_preference candidate_out_of_range equal_preference missing_terminator "
                     "too_few_names").split() if seen else ():
            self.assertGreater(seen[name], 0, name)

    def test_rounds(self):
        def each(rnd, context):
            value = make_round(rnd)
            if rnd.random() < 0.2:
                worsen(rnd, value)
            found = self.compare("knapsack", json.dumps(value).encode(), context)
            return found if isinstance(found, str) else {row["decision"] for row in found["ranking"]}

        seen = self.seen(RUNS // 3, each)
        for name in ("selected", "does_not_fit", "too_few_approvals", "missing", "not_integer", "out_of_range") if seen else ():
            self.assertGreater(seen[name], 0, name)


if __name__ == "__main__":
    unittest.main()
