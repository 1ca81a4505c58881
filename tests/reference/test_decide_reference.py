# SPDX-License-Identifier: AGPL-3.0-or-later
"""`calc decide` against the second implementation: the golden votes of the standard built from its rule rows, votes
at and around every threshold, and damaged inputs, compared byte by byte. Needs the built command line:
$CH_BIN/commonhold (default build/bin). CH_SEED and CH_RUNS choose the generated inputs."""

import collections
import copy
import json
import os
import pathlib
import random
import subprocess
import unittest

import decide

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CH_BIN", ROOT / "build" / "bin")) / "commonhold"
SEED = int(os.environ.get("CH_SEED", "20260911"))
RUNS = int(os.environ.get("CH_RUNS", "3000"))
MAX = decide.MAX_COUNT


def rule(q, cq, s, cs, classes, must, **changes):
    """A row of the table of proposal types; a support is a fraction and whether it is strict."""
    out = {
        "q_num": q[0],
        "q_den": q[1],
        "cq_num": cq[0],
        "cq_den": cq[1],
        "s_num": s[0],
        "s_den": s[1],
        "s_strict": s[2],
        "cs_num": cs[0],
        "cs_den": cs[1],
        "cs_strict": cs[2],
        "classes_needed": classes,
        "must_carry": must,
        "ay_num": 0,
        "ay_den": 0,
    }
    return {**out, **changes}


BYLAW = rule((1, 3), (1, 4), (2, 3, False), (1, 2, True), 3, 7)
TERMS = rule((1, 5), (1, 10), (1, 2, True), (1, 2, True), 2, 1)
POLICY = rule((1, 10), (0, 1), (1, 2, True), (1, 2, True), 0, 0)
GOLDEN = [
    (BYLAW, "300 9 91", "80 3 24", "30 2 20", "10 0 0", "carried", None, None),
    (BYLAW, "90 9 90", "20 2 20", "10 1 10", "0 0 0", "carried", None, None),
    (BYLAW, "90 9 90", "20 2 19", "10 1 10", "1 0 0", "not_supported", None, "123 >= 124"),
    (BYLAW, "90 9 90", "20 2 20", "10 1 9", "0 0 0", "no_quorum", None, "186 >= 189"),
    (BYLAW, "90 0 90", "30 0 30", "0 0 0", "0 0 0", "class_blocked", "W", "0 > 0"),
    (BYLAW, "90 9 90", "40 0 30", "0 0 0", "0 3 0", "class_blocked", "W", "0 > 0"),
    (TERMS, "300 9 91", "40 5 30", "41 0 0", "0 0 0", "class_blocked", "U", "80 > 81"),
    (TERMS, "300 9 91", "60 1 10", "20 2 20", "0 0 0", "class_blocked", None, "1 >= 2"),
    (TERMS, "300 9 91", "60 0 20", "0 0 0", "0 0 0", "no_class_quorum", "W", "0 >= 9"),
    (TERMS, "300 0 91", "60 0 20", "10 0 2", "0 0 0", "carried", None, None),
    (POLICY, "100 0 0", "5 0 0", "4 0 0", "0 0 0", "no_quorum", None, "90 >= 100"),
    (POLICY, "100 0 0", "5 0 0", "5 0 0", "0 0 0", "not_supported", None, "10 > 10"),
    (
        {**POLICY, "ay_num": 1, "ay_den": 4},
        "100 100 100",
        "40 20 14",
        "10 0 0",
        "0 0 0",
        "not_enough_approval",
        None,
        "296 >= 300",
    ),
    (
        {**POLICY, "q_num": 333, "q_den": 1000},
        "%d %d %d" % (MAX, MAX, MAX),
        "715112055 715112055 715112053",
        "0 0 0",
        "0 0 0",
        "no_quorum",
        None,
        "2145336163000 >= 2145336163353",
    ),
]


def counts(rolls, yes, no, abstain):
    rows = zip("UWC", *(map(int, text.split()) for text in (rolls, yes, no, abstain)))
    return {code: dict(zip(("roll", "yes", "no", "abstain"), row)) for code, *row in rows}


def call(data, *arguments):
    done = subprocess.run(
        [BIN, "calc", "decide", *arguments], input=data, capture_output=True, timeout=60, close_fds=False, check=False
    )
    return done.returncode, done.stdout, done.stderr


@unittest.skipUnless(BIN.exists(), "%s is not built" % BIN)
class Case(unittest.TestCase):
    def compare(self, data, what=""):
        code, out, err = call(data)
        wanted_code, wanted_out, refusal = decide.run(data)
        context = "%s\nstderr %r\ninput %s" % (what, err[:400], data[:3000].decode("utf-8", "replace"))
        self.assertEqual((code, out), (wanted_code, wanted_out), context)
        if code == 0:
            self.assertEqual(err, b"", context)
            return json.loads(out)["outcome"]
        self.assertTrue(err.endswith(b"\n") and err.count(b"\n") == 1, context)
        value = json.loads(err)
        self.assertEqual(list(value), ["error", "pointer", "line", "detail"], context)
        self.assertEqual(value["error"], refusal[0], context)
        if refusal[0] != "not_json":
            self.assertEqual((value["pointer"], value["line"]), (refusal[1], None), context)
        self.assertIsInstance(value["detail"], str, context)
        return value["error"]


class Golden(Case):
    def test_votes(self):
        for row, rolls, yes, no, abstain, outcome, code, comparison in GOLDEN:
            value = {"rule": row, "counts": counts(rolls, yes, no, abstain)}
            self.assertEqual(self.compare(json.dumps(value).encode()), outcome)
            out = decide.decide(row, value["counts"])
            reason = out["reason"]
            found = None if reason["op"] is None else "%d %s %d" % (reason["left"], reason["op"], reason["right"])
            self.assertEqual((out["outcome"], out["class"], found), (outcome, code, comparison))

    def test_example(self):
        value = {"rule": BYLAW, "counts": counts("300 9 91", "80 3 20", "30 2 20", "10 0 0")}
        _, out, _ = call(json.dumps(value).encode())
        self.assertEqual(
            out,
            b'{"outcome":"not_supported","state":"rejected","class":null,"reason":{"check":3,"left":309,'
            b'"op":">=","right":310},"totals":{"roll":400,"yes":103,"no":52,"abstain":10},'
            b'"carried_classes":["U","W"]}\n',
        )


# ---- damaged inputs ------------------------------------------------------------


def base():
    return {"rule": copy.deepcopy(BYLAW), "counts": counts("300 9 91", "80 3 24", "30 2 20", "10 0 0")}


def members(value):
    """Every member of the input: its object and its name."""
    for name in value["rule"]:
        yield ("rule",), name
    for code in "UWC":
        for name in ("roll", "yes", "no", "abstain"):
            yield ("counts", code), name


def bad_values(name):
    if name.endswith("_strict"):
        return [None, 0, 1, "true", [], {}, 1.5]
    values = [None, True, False, "1", [], {}, 1.5, 1.0, -1, MAX + 1, 2**53, 2**63 - 1, -(2**31)]
    if name.endswith("_den"):
        return values + [0, 1000, 1001]
    return values + ([0, 3, 4, 7, 8] if name in ("classes_needed", "must_carry") else [0, 1, 2, 3, 1000, 1001])


def damaged():
    for path in ((), ("rule",), ("counts",), ("counts", "U"), ("counts", "C")):
        for new in (None, [], 1, "x", True, {}):
            value = base()
            if path:
                holder = value[path[0]] if len(path) == 2 else value
                holder[path[-1]] = new
            yield value if path else new
    for path, name in members(base()):
        for new in [...] + bad_values(name):
            value = base()
            row = value[path[0]] if len(path) == 1 else value[path[0]][path[1]]
            if new is ...:
                del row[name]
            else:
                row[name] = new
            yield value


def raw():
    whole = json.dumps(base()).encode()
    yield from (
        b"",
        b" ",
        b"{",
        b"{}",
        b"[]",
        b"null",
        b"1",
        b"\xff",
        b"\xef\xbb\xbf" + whole,
        whole + b" \n",
        whole + b"x",
        whole + b"\0",
        whole[:-1],
        whole + whole,
        b"[" * 100000,
    )
    text = whole.decode()
    for old, new in (
        ('"yes": 80', '"yes": 80, "yes": 80'),
        ('"yes": 80', '"yes": 80, "\\u0079es": 80'),
        ('"yes": 80', '"yes": 080'),
        ('"yes": 80', '"yes": +80'),
        ('"yes": 80', '"yes": 8e1'),
        ('"yes": 80', '"yes": NaN'),
        ('"yes": 80', '"yes": 80.0'),
        ('"yes": 80', '"yes": -0'),
        ('"rule"', '"rule": 1, "rule"'),
        ("true", "True"),
        ('"q_num": 1', '"q_num": 1, "electorate": "all"'),
        ('"q_num": 1', '"q_num": 1, "x": {"y": [1.5, null, true]}'),
    ):
        assert old in text
        yield text.replace(old, new, 1).encode()


class Damaged(Case):
    def test_bytes(self):
        for data in raw():
            self.compare(data)

    def test_members(self):
        for value in damaged():
            self.compare(json.dumps(value).encode())

    def test_arguments(self):
        for arguments in (["x"], ["--x"], ["-"]):
            code, out, _ = call(json.dumps(base()).encode(), *arguments)
            self.assertEqual((code, out), (64, b""))


# ---- generated votes ------------------------------------------------------------


def make_fraction(rnd, least=1):
    den = rnd.choice([1, 2, 3, 4, 10, 1000, rnd.randint(1, 1000)] + ([0] if least == 0 else []))
    return rnd.choice([0, den, den // 2, rnd.randint(0, den), rnd.randint(0, den)]), den


def make_rule(rnd):
    low = lambda one: (0, 1) if rnd.random() < 0.4 else one
    out = rule(
        low(make_fraction(rnd)),
        low(make_fraction(rnd)),
        (*make_fraction(rnd), rnd.random() < 0.5),
        (*make_fraction(rnd), rnd.random() < 0.5),
        rnd.choice([0, 0, 1, 2, 3]),
        rnd.choice([0, 0, rnd.randrange(8)]),
    )
    out["ay_num"], out["ay_den"] = make_fraction(rnd, 0)
    return out


def near(rnd, number, top):
    return max(0, min(top, number + rnd.choice([-1, 0, 0, 1])))


def make_class(rnd, row):
    """A class whose turnout and support stand at or next to a threshold."""
    roll = rnd.choice([0, 1, 2, 3, 10, 90, 1000, MAX, MAX - 1, rnd.randint(0, MAX)])
    prefix = rnd.choice(["q", "cq", "cq"])
    cast = (
        near(rnd, -(-row[prefix + "_num"] * roll // row[prefix + "_den"]), roll)
        if rnd.random() < 0.7
        else rnd.randint(0, roll)
    )
    abstain = rnd.choice([0, 0, rnd.randint(0, cast)])
    prefix = rnd.choice(["s", "cs"])
    yes = near(rnd, (cast - abstain) * row[prefix + "_num"] // row[prefix + "_den"], cast - abstain)
    if rnd.random() < 0.3:
        yes = rnd.choice([0, cast - abstain, rnd.randint(0, cast - abstain)])
    return {"roll": roll, "yes": yes, "no": cast - abstain - yes, "abstain": abstain}


class Generated(Case):
    def test_generated(self):
        print("seed %d, runs %d" % (SEED, RUNS))
        seen = collections.Counter()
        for number in range(RUNS):
            rnd = random.Random(SEED * 1000003 + number)
            row = make_rule(rnd)
            value = {"rule": row, "counts": {code: make_class(rnd, row) for code in "UWC"}}
            if rnd.random() < 0.04:
                holder = rnd.choice([row] + list(value["counts"].values()))
                name = rnd.choice(list(holder))
                holder[name] = rnd.choice(bad_values(name))
            seen[self.compare(json.dumps(value).encode(), "seed %d input %d" % (SEED, number))] += 1
        print(dict(seen))
        if RUNS >= 3000:
            for name in (
                "carried no_quorum no_class_quorum not_supported class_blocked not_enough_approval not_integer "
                "not_boolean out_of_range votes_exceed_roll"
            ).split():
                self.assertGreater(seen[name], 0, name)


if __name__ == "__main__":
    unittest.main()
