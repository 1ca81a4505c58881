# SPDX-License-Identifier: AGPL-3.0-or-later
"""`calc policy` against the second evaluator: the golden cases of the standard built here from their words, hostile
bytes, and generated terms, consents, requests and contexts, compared byte by byte with and without --explain. Needs
the built command line: $CH_BIN/commonhold (default build/bin). CH_SEED and CH_RUNS choose the generated inputs."""

import collections
import copy
import datetime
import hashlib
import json
import os
import pathlib
import random
import subprocess
import unittest

import policy

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CH_BIN", ROOT / "build" / "bin")) / "commonhold"
SEED = int(os.environ.get("CH_SEED", "20260907"))
RUNS = int(os.environ.get("CH_RUNS", "5000"))
BASE_HASH = "e54f991aa97a617dc4b45038609a19b53e5869d28ef1e6e0519c98c073099da9"
NON_PROFIT = ["public_body", "university", "non_profit"]
FIRMS = ["university", "small_company", "company"]
FREE = ["PG.CLIMATE", "PG.STATS", "RES.ACADEMIC"]
NOW = "2026-09-01T12:00:00Z"
GIVEN = "2026-06-01T00:00:00Z"


def base_rules():
    return [
        {
            "id": "P1",
            "effect": "permit",
            "purposes": ["PG"],
            "descendants": True,
            "actions": ["read", "aggregate", "derive"],
            "org_classes": list(NON_PROFIT),
            "regions": ["EEA", "GB"],
            "modes": ["download", "query"],
            "columns": {"lat": "round:2", "lon": "round:2", "at": "trunc:hour", "pm10": "keep"},
            "min_cohort": 5,
            "max_days": 365,
            "tiers": ["free", "cost"],
            "duties": ["D1", "D2", "D3"],
            "notice_floor": 2,
        },
        {
            "id": "P2",
            "effect": "permit",
            "purposes": ["RES"],
            "descendants": True,
            "actions": ["read", "aggregate", "derive"],
            "org_classes": ["university", "non_profit", "small_company", "company"],
            "regions": ["EEA", "GB"],
            "modes": ["download", "query"],
            "columns": {"lat": "round:1", "lon": "round:1", "at": "trunc:day", "pm10": "keep"},
            "min_cohort": 5,
            "max_days": 365,
            "tiers": ["free", "cost", "commercial"],
            "duties": ["D1", "D2", "D3", "D4"],
            "notice_floor": 2,
        },
        {
            "id": "P3",
            "effect": "permit",
            "purposes": ["COM.INSIGHT"],
            "descendants": False,
            "actions": ["aggregate"],
            "org_classes": ["small_company", "company"],
            "regions": ["EEA"],
            "modes": ["query"],
            "conditions": [{"operand": "organisation", "op": "isNoneOf", "value": ["org:adtech"]}],
            "columns": {"at": "trunc:week", "pm10": "bin:10"},
            "min_cohort": 10,
            "max_days": 180,
            "tiers": ["commercial"],
            "duties": ["D1", "D3"],
            "notice_floor": 2,
        },
        {
            "id": "C1",
            "effect": "council",
            "purposes": ["RES.HEALTH", "COM.AI"],
            "descendants": True,
            "actions": ["read", "derive"],
            "org_classes": ["university", "company"],
            "regions": ["EEA"],
            "modes": ["download"],
            "columns": {"at": "trunc:month", "pm10": "round:0"},
            "min_cohort": 5,
            "max_days": 180,
            "tiers": ["cost", "commercial"],
            "duties": ["D1", "D3", "D4"],
            "notice_floor": 2,
        },
        {"id": "X1", "effect": "prohibit", "purposes": ["X", "COM.RESALE"]},
        {"id": "X2", "effect": "prohibit", "purposes": ["ANY"], "org_classes": ["security_body"]},
    ]


def base_terms():
    return {
        "terms": 1,
        "pool": "air",
        "version": 3,
        "purposes": 1,
        "special_category": False,
        "valid": {"from": "2026-07-01T00:00:00Z", "until": "2028-07-01T00:00:00Z"},
        "columns": [
            {"name": "device", "type": "string", "sensitivity": "direct"},
            {"name": "lat", "type": "number", "sensitivity": "quasi"},
            {"name": "lon", "type": "number", "sensitivity": "quasi"},
            {"name": "at", "type": "datetime", "sensitivity": "quasi"},
            {"name": "pm10", "type": "number", "sensitivity": "none"},
        ],
        "tiers": [
            {
                "id": "free",
                "org_classes": list(NON_PROFIT),
                "purposes": list(FREE),
                "attest_days": 365,
                "council": False,
                "price": {},
            },
            {
                "id": "cost",
                "org_classes": list(NON_PROFIT),
                "purposes": FREE + ["RES.HEALTH"],
                "attest_days": None,
                "council": False,
                "price": {},
            },
            {
                "id": "commercial",
                "org_classes": list(FIRMS),
                "purposes": ["RES.COM", "COM.INSIGHT", "COM.AI", "COM.MARKETING"],
                "attest_days": None,
                "council": False,
                "price": {},
            },
        ],
        "duties": [
            {"id": "D1", "act": "accept_tracking"},
            {"id": "D2", "act": "attribute"},
            {"id": "D3", "act": "compensate", "tiers": ["cost", "commercial"]},
            {"id": "D4", "act": "delete", "within_days": 30},
        ],
        "prohibited_acts": ["reidentify", "link_personal", "transfer_onward", "sell_data"],
        "rules": base_rules(),
    }


def event(member, purpose="PG.CLIMATE", org_class="university", at=GIVEN, **changes):
    return {
        "member": member,
        "pool": "air",
        "purpose": purpose,
        "recipient_class": org_class,
        "state": "given",
        "type": "expressed",
        "notice": 2,
        "at": at,
        "until": None,
        **changes,
    }


def base_consents(members=6):
    codes = [code for code, (_, assignable) in policy.TREE.items() if assignable]
    return [
        event("m%d" % n, code, org_class)
        for n in range(1, members + 1)
        for code in codes
        for org_class in policy.CLASSES
    ]


def base_input():
    return {
        "terms": base_terms(),
        "consents": base_consents(),
        "request": {
            "purpose": "PG.CLIMATE",
            "action": "read",
            "org_class": "university",
            "organisation": "org:uni",
            "region": "DE",
            "at": NOW,
            "columns": ["device", "lat", "at", "pm10"],
            "mode": "download",
        },
        "context": {"attested_at": "2026-08-01T00:00:00Z"},
    }


def rule_p9():
    return {
        "id": "P9",
        "effect": "permit",
        "purposes": ["COM.MARKETING"],
        "descendants": True,
        "actions": ["read"],
        "org_classes": ["company"],
        "regions": ["EEA"],
        "modes": ["download"],
        "columns": {"pm10": "keep"},
        "min_cohort": 5,
        "max_days": 90,
        "tiers": ["commercial"],
        "duties": ["D3"],
        "notice_floor": 2,
    }


def call(data, *arguments):
    done = subprocess.run(
        [BIN, "calc", "policy", *arguments], input=data, capture_output=True, timeout=60, close_fds=False, check=False
    )
    return done.returncode, done.stdout, done.stderr


def refusal_fault(err):
    """What is wrong with the one line of a refusal, or None."""
    if err.count(b"\n") != 1 or not err.endswith(b"\n"):
        return "not one line"
    try:
        value = json.loads(err)
    except ValueError:
        return "not JSON"
    rows = value.get("errors") if isinstance(value, dict) and list(value) == ["errors"] else None
    if not rows or any(set(row) != {"pointer", "detail"} for row in rows):
        return "members"
    return None if all(isinstance(text, str) for row in rows for text in row.values()) else "types"


@unittest.skipUnless(BIN.exists(), "%s is not built" % BIN)
class Case(unittest.TestCase):
    def compare(self, data, what="", modes=([], ["--explain"])):
        """The same exit code and bytes from both, with and without --explain."""
        out = b""
        for arguments in modes:
            expected = policy.run(data, bool(arguments))
            code, out, err = call(data, *arguments)
            context = "%s %r\nstderr %r\ninput %s" % (
                what,
                arguments,
                err[:400],
                data[:20000].strip().decode("utf-8", "replace"),
            )
            self.assertEqual((code, out), expected, context)
            self.assertIsNone(refusal_fault(err) if code == 2 else None if not err else "stderr", context)
        return json.loads(out) if out else None

    def expect(self, change, decision, reasons, **members):
        value = base_input()
        change(value)
        out = self.compare(json.dumps(value).encode())
        self.assertEqual((out["decision"], out["reasons"]), (decision, reasons.split()))
        for name, wanted in members.items():
            if name == "columns":
                wanted = [{"name": one.split("=")[0], "rule": one.split("=")[1]} for one in wanted.split()]
            if name == "duties":
                wanted = wanted.split()
            self.assertEqual(out[name], wanted, name)
        return out


def ask(**changes):
    return lambda value: value["request"].update(changes)


def attested(at):
    return lambda value: value["context"].update(attested_at=at)


def both(*changes):
    def run(value):
        for change in changes:
            change(value)

    return run


def add_events(at, state="withdrawn"):
    return lambda value: value["consents"].extend(event(member, at=at, state=state) for member in ("m1", "m2"))


def add_rule(rule):
    return lambda value: value["terms"]["rules"].append(rule)


def every_consent(**changes):
    def run(value):
        for one in value["consents"]:
            one.update(changes)

    return run


def of_members(members, **changes):
    def run(value):
        for one in value["consents"]:
            if one["member"] in members:
                one.update(changes)

    return run


def at_rule(number, **changes):
    return lambda value: value["terms"]["rules"][number].update(changes)


def sanction(purpose):
    return lambda value: value["context"].update(
        sanctions=[{"id": "S1", "organisation": "org:uni", "purpose": purpose, "from": GIVEN, "until": None}]
    )


class Golden(Case):
    def test_base_hash(self):
        text = policy.canonical(base_terms()).encode()
        self.assertEqual(hashlib.sha256(text).hexdigest(), BASE_HASH)

    def test_01_to_05(self):
        columns = "device=drop lat=round:2 at=trunc:hour pm10=keep"
        self.expect(
            lambda value: None,
            "permit",
            "P1",
            tier="free",
            rule="P1",
            columns=columns,
            duties="D1 D2",
            covered_members=6,
            not_after="2027-09-01T12:00:00Z",
            terms_hash=BASE_HASH,
            evaluator=1,
        )
        self.expect(attested("2025-09-01T12:00:00Z"), "permit", "P1", tier="cost", duties="D1 D2 D3")
        self.expect(attested("2025-09-01T12:00:01Z"), "permit", "P1", tier="free")
        self.expect(
            ask(org_class="company"),
            "deny",
            "core:default-deny",
            rule=None,
            tier=None,
            columns="",
            duties="",
            covered_members=None,
            not_after=None,
        )
        self.expect(
            ask(purpose="RES.COM"),
            "permit",
            "P2",
            tier="commercial",
            duties="D1 D2 D3 D4",
            columns="device=drop lat=round:1 at=trunc:day pm10=keep",
        )

    def test_06_to_08_second_parents(self):
        row = {"id": "TP1", "purpose": "COM", "from": "2026-08-31T00:00:00Z", "until": None}
        self.expect(
            both(ask(purpose="RES.COM"), lambda value: value["context"].update(prohibitions=[row])), "deny", "TP1"
        )
        self.expect(both(add_rule(rule_p9()), ask(purpose="X.ADS", org_class="company")), "deny", "X1")
        self.expect(
            both(add_rule(rule_p9()), ask(purpose="COM.MARKETING", org_class="company")),
            "permit",
            "P9",
            columns="device=drop lat=drop at=drop pm10=keep",
            not_after="2026-11-30T12:00:00Z",
        )

    def test_09_to_12(self):
        self.expect(
            ask(purpose="RES.HEALTH"),
            "council",
            "C1",
            tier="cost",
            duties="D1 D3 D4",
            columns="device=drop lat=drop at=trunc:month pm10=round:0",
            not_after="2027-02-28T12:00:00Z",
        )
        self.expect(ask(purpose="PG"), "deny", "core:purpose-not-assignable")
        self.expect(ask(purpose="PG.SERVICE", mode="delta"), "deny", "core:purpose-unknown core:mode-unknown")
        self.expect(
            both(
                ask(purpose="PG.STATS", org_class="security_body"),
                at_rule(0, org_classes=NON_PROFIT + ["security_body"]),
            ),
            "deny",
            "X2",
        )

    def test_13_to_18_consents(self):
        self.expect(add_events(NOW), "deny", "core:cohort", covered_members=4)
        self.expect(add_events("2026-09-01T12:00:01Z"), "permit", "P1", covered_members=6)
        self.expect(add_events(NOW, "deferred"), "permit", "P1", covered_members=6)
        self.expect(add_events(GIVEN), "deny", "core:cohort", covered_members=4)
        self.expect(of_members(["m1", "m2"], notice=1), "deny", "core:cohort", covered_members=4)

        def without_class(value):
            value["consents"] = [one for one in value["consents"] if one["recipient_class"] != "university"]

        def renewed(value):
            every_consent(until="2026-08-01T00:00:00Z")(value)
            value["consents"] += [event("m%d" % n, at="2026-07-20T00:00:00Z", state="renewed") for n in range(1, 6)]

        self.expect(without_class, "deny", "core:no-consent", covered_members=0)
        self.expect(renewed, "permit", "P1", covered_members=5)

    def test_19_to_23(self):
        weather = [{"operand": "weather", "op": "eq", "value": "dry"}]
        self.expect(ask(columns=["device"]), "deny", "core:no-columns", covered_members=None)
        self.expect(ask(columns=["lat", "salary"]), "deny", "core:column-unknown")
        self.expect(at_rule(0, conditions=weather), "deny", "core:default-deny")
        self.expect(
            add_rule({"id": "X4", "effect": "prohibit", "purposes": ["PG"], "conditions": weather}), "deny", "X4"
        )
        self.expect(add_rule({"id": "X5", "effect": "prohibit", "purposes": ["X.POLITICAL"]}), "deny", "X5")

    def test_24_to_27(self):
        self.expect(
            both(ask(at="2028-01-01T00:00:00Z"), attested("2027-12-01T00:00:00Z")),
            "permit",
            "P1",
            not_after="2028-07-01T00:00:00Z",
        )
        self.expect(ask(at="2028-07-01T00:00:00Z"), "deny", "core:terms-expired")
        self.expect(
            both(ask(action="distribute"), at_rule(0, actions=["read", "aggregate", "derive", "distribute"])),
            "deny",
            "core:act-transfer_onward",
        )
        self.expect(sanction("RES"), "permit", "P1")
        self.expect(both(sanction("RES"), ask(purpose="RES.ACADEMIC")), "deny", "S1")

    def test_28_to_33(self):
        insight = ask(purpose="COM.INSIGHT", org_class="company", action="aggregate", mode="query")
        self.expect(insight, "deny", "core:cohort", covered_members=6)
        self.expect(both(insight, ask(organisation="org:adtech")), "deny", "core:default-deny")
        self.expect(
            both(at_rule(0, tiers=["free"]), lambda value: value.pop("context")),
            "deny",
            "core:no-tier",
            covered_members=6,
        )
        special = lambda value: value["terms"].update(special_category=True)
        self.expect(special, "deny", "core:no-consent", covered_members=0)
        self.expect(both(special, every_consent(type="explicit")), "council", "P1 core:special-category", tier="free")
        fifth = {**base_rules()[1], "id": "P5", "purposes": ["RES.ACADEMIC"]}
        fifth["columns"] = {**fifth["columns"], "lat": "round:3"}
        self.expect(both(add_rule(fifth), ask(purpose="RES.ACADEMIC")), "permit", "P2", tier="free", duties="D1 D2 D4")
        self.expect(
            lambda value: value["terms"]["tiers"][0].update(council=True), "council", "P1 core:tier-review", tier="free"
        )


# ---- hostile bytes ------------------------------------------------------------


def small_input():
    value = base_input()
    value["consents"] = [event("m%d" % n) for n in range(1, 7)]
    return value


def replaced(old, new):
    """The small input as compact bytes with one piece replaced, which must be there."""
    data = json.dumps(small_input(), separators=(",", ":")).encode()
    assert old in data, old
    return data.replace(old, new, 1)


def hostile():
    yield from (
        b"",
        b" ",
        b"{}",
        b"[]",
        b"null",
        b"0",
        b'"x"',
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 100000,
        b"{}{}",
    )
    whole = json.dumps(small_input()).encode()
    yield from (whole + b"\n \t\r", whole + b"x", whole + b"\0", whole[:-1], b"\xef\xbb\xbf" + whole, whole + b"{}")
    for new in (
        b"-0",
        b"3.0",
        b"3e0",
        b"03",
        b"+3",
        b"3.",
        b'"3"',
        b"null",
        b"true",
        b"[3]",
        b"NaN",
        b"1E400",
        b"9" * 400,
    ):
        yield replaced(b'"version":3', b'"version":' + new)
    for new in (
        b'"a\\u0000b"',
        b'"a\\ud800b"',
        b'"\\ud83d\\ude00"',
        b'"\xc3\xa9"',
        b'"\xc0\x80"',
        b'"\xed\xa0\x80"',
        b'"a\0b"',
        b'"a\nb"',
        b'"\\x"',
        b'"\\u12g4"',
        b'"\xf4\x90\x80\x80"',
        b'"\x7f"',
        b'"\\/"',
    ):
        yield replaced(b'"org:uni"', new)
    yield replaced(b'"pool":"air"', b'"pool":"air","\\u0070ool":"air"')
    yield replaced(b'"price":{}', b'"price":{"a":1,"\\u0061":1}')
    yield replaced(b'"price":{}', b'"price":{"a":{"b":{"c":{}}}}')
    yield replaced(b'"price":{}', b'"price":{"a":{"b":{"c":{"d":{}}}}}')
    yield replaced(b'"price":{}', b'"price":{"a":[[[0]]]}')
    yield replaced(b'"price":{}', b'"price":{"a":[[[[]]]]}')
    yield replaced(b'"price":{}', b'"price":{"a":1.5}')
    yield replaced(
        b'"price":{}', b'"price":{"\\ud83d\\ude00":1,"\\ufb33":2,"z":3,"\\u007f":"\\u001f\\b\\f\\n\\r\\t\\"\\\\/"}'
    )
    for at in (
        "2026-09-01T12:00:60Z",
        "2026-09-01T24:00:00Z",
        "2026-02-29T12:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-09-01t12:00:00Z",
        "2026-09-01T12:00:00z",
        "2026-09-01T12:00:00",
        "2026-09-01T12:00:00+00:00",
        "2026-09-01T12:00:00.0Z",
        " 2026-09-01T12:00:00Z",
        "2026-9-01T12:00:00Z",
        "2026-09-00T12:00:00Z",
        "2100-02-29T00:00:00Z",
        "2000-02-29T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "",
        "2026-09-01T12:00:0\u0661Z",
    ):
        yield replaced(b'"at":"' + NOW.encode() + b'"', b'"at":' + json.dumps(at).encode())


class Hostile(Case):
    def test_bytes(self):
        for data in hostile():
            with self.subTest(data=data[:60]):
                self.compare(data)

    def test_arguments(self):
        data = json.dumps(small_input()).encode()
        for arguments in (["--what"], ["x"], ["--explain", "x"], ["--explain", "--explain=1"], ["-h", "x"]):
            code, out, _ = call(data, *arguments)
            self.assertEqual((code, out), (64, b""), arguments)

    def test_limits(self):
        once = ([],)
        value = small_input()
        value["consents"] = [event("m%d" % n) for n in range(100000)]
        out = self.compare(json.dumps(value, separators=(",", ":")).encode(), modes=once)
        self.assertEqual(out["covered_members"], 100000)
        value["consents"].append(event("one more"))
        self.assertIsNone(self.compare(json.dumps(value, separators=(",", ":")).encode(), modes=once))
        data = json.dumps(small_input()).encode()
        self.assertIsNotNone(self.compare(data.ljust(64 << 20), modes=once))
        self.assertIsNone(self.compare(data.ljust((64 << 20) + 1), modes=once))


# ---- generated inputs ------------------------------------------------------------

CODES = list(policy.TREE)
GOOD = ["PG.CLIMATE", "PG.STATS", "RES.ACADEMIC", "RES.COM", "RES.HEALTH", "COM.INSIGHT", "COM.MARKETING", "X.ADS"]
INNER = ["ANY", "PG", "RES", "COM", "X", "COM.MARKETING"]
STRANGE = [
    "",
    "PG.",
    "pg.climate",
    "PG.SERVICE",
    "X.POLITICAL",
    "delta",
    "dsp_pull",
    "EU",
    "XX",
    "de",
    "use",
    "any",
    "\u00e9",
]
STATES = [
    "given",
    "renewed",
    "given",
    "renewed",
    "requested",
    "deferred",
    "refused",
    "withdrawn",
    "terminated",
    "expired",
    "invalidated",
    "unknown",
    "GIVEN",
    "",
]
SHAPES = [
    "keep",
    "drop",
    "round:0",
    "round:-6",
    "round:6",
    "round:7",
    "round:-7",
    "round:-0",
    "round:+1",
    "round:01",
    "round:",
    "round",
    "round:1 ",
    "trunc:year",
    "trunc:quarter",
    "trunc:month",
    "trunc:week",
    "trunc:day",
    "trunc:hour",
    "trunc:minute",
    "trunc:second",
    "trunc:",
    "prefix:1",
    "prefix:9999",
    "prefix:0",
    "prefix:10000",
    "prefix:-1",
    "prefix:0001",
    "bin:1",
    "bin:10@5",
    "bin:10@-5",
    "bin:10@0",
    "bin:0",
    "bin:-1",
    "bin:5@",
    "bin:5@-0",
    "bin:@5",
    "bin:5@5@5",
    "bin:1.5",
    "Keep",
    "",
    " keep",
    "keep:",
    "drop:1",
    "round:2\u0001",
    "mask",
]
IDS = ["S1", "T1", "core:x", "a b", "\u00e9", ""]


class Maker:
    """One random input around one instant, from one seed."""

    def __init__(self, rnd):
        self.rnd = rnd
        self.now = datetime.datetime(2026, 9, 1, 12) + datetime.timedelta(seconds=rnd.choice([0, rnd.randrange(10**7)]))
        self.purpose = rnd.choice(GOOD)
        self.org_class = rnd.choice(policy.CLASSES[:6])

    def chance(self, number):
        return self.rnd.random() < number

    def time(self, low=-400, high=400):
        days = self.rnd.choice([0, 0, self.rnd.randint(low, high)])
        return self.shift(days, self.rnd.choice([0, 0, 0, -1, 1, self.rnd.randrange(86400)]))

    def shift(self, days, more=0):
        return (self.now + datetime.timedelta(days=days, seconds=more)).isoformat() + "Z"

    def some(self, known, likely, strange=0.04, empty=0.01):
        """A word list that probably holds the likely word."""
        if self.chance(empty):
            return []
        out = self.rnd.sample(known, self.rnd.randint(0, min(3, len(known)))) + ([likely] if self.chance(0.93) else [])
        out += [self.rnd.choice(STRANGE)] if self.chance(strange) else []
        self.rnd.shuffle(out)
        return out

    def purposes(self, strange=0.04):
        above = sorted(policy.ancestors(self.purpose))
        out = self.rnd.sample(CODES, self.rnd.randint(0, 2))
        out += [self.rnd.choice(above)] if self.chance(0.9) else []
        out += [self.rnd.choice(STRANGE)] if self.chance(strange) else []
        return out

    def condition(self):
        operand = self.rnd.choice(["organisation"] * 4 + ["at", "at", "weather", "Organisation"])
        op = self.rnd.choice(
            {"at": ["gteq", "lt", "gteq", "lt", "eq"]}.get(operand, ["eq", "neq", "isAnyOf", "isNoneOf", "gteq", "EQ"])
        )
        value = self.rnd.choice(["org:uni", "org:uni", "org:adtech", ""])
        if op in ("isAnyOf", "isNoneOf"):
            value = self.rnd.choice([[], ["org:uni"], ["org:adtech"], ["org:adtech", "org:uni"]])
        if operand == "at":
            value = self.time(-1, 1)
        if self.chance(0.01):
            value = self.rnd.choice([None, 1, [], {}, True, "x", [1], {"a": [1]}])
        return {"operand": operand, "op": op, "value": value}

    def lists(self, region="DE", strange=0.04):
        return {
            "actions": self.some(policy.ACTIONS, "read", strange),
            "org_classes": self.some(policy.CLASSES, self.org_class, strange),
            "regions": self.some(
                ["DE", "GB", "US", "EU", "EEA", "WORLD"], self.rnd.choice(["DE", "EU", "EEA", "WORLD"]), strange
            ),
            "modes": self.some(policy.MODES, "download", strange),
        }

    def rule(self, number, tiers, duties, columns):
        effect = self.rnd.choice(["permit"] * 5 + ["council", "prohibit"])
        rule = {"id": "R%d" % number, "effect": effect, "purposes": self.purposes(0.01), **self.lists(strange=0.01)}
        if self.chance(0.25):
            rule["conditions"] = [self.condition() for _ in range(self.rnd.randint(0, 3))]
        if effect == "prohibit":
            for name in ("actions", "org_classes", "regions", "modes"):
                if self.chance(0.4):
                    del rule[name]
            if self.chance(0.7):
                rule["actions"] = self.rnd.sample(policy.ACTIONS[1:], 2)
            return rule
        rule.update(
            descendants=self.chance(0.85),
            min_cohort=self.rnd.choice([0, 1, 1, 2, 3, 4, 9]),
            max_days=self.rnd.choice([0, 1, 90, 365, 365, 1096, 5000]),
            notice_floor=self.rnd.choice([1, 2, 2, 3]),
            tiers=self.rnd.sample(tiers, self.rnd.randint(0 if self.chance(0.05) else 1, len(tiers))),
            duties=self.rnd.sample(duties, self.rnd.randint(0, len(duties))),
            columns={
                name: self.rnd.choice(SHAPES) if self.chance(0.6) else "keep"
                for name in columns + ["ghost"]
                if self.chance(0.9)
            },
        )
        return rule

    def tier(self, number):
        return {
            "id": "tier%d" % number,
            "org_classes": self.some(policy.CLASSES, self.org_class),
            "purposes": self.some(CODES, self.purpose, empty=0.0),
            "attest_days": self.rnd.choice([None, None, 0, 1, 30, 365]),
            "council": self.chance(0.2),
            "price": self.rnd.choice([{}, {}, {"base": {"minor": 5, "currency": "EUR"}}]),
        }

    def duty(self, number, tiers):
        out = {"id": "D%d" % number, "act": self.rnd.choice(["accept_tracking", "compensate", "delete", "dance"])}
        if self.chance(0.5):
            out["tiers"] = self.rnd.sample(tiers, self.rnd.randint(0, len(tiers)))
        if out["act"] == "delete":
            out["within_days"] = 30
        return out

    def terms(self):
        columns = self.rnd.sample(["device", "lat", "lon", "at", "pm10"], self.rnd.randint(1, 5))
        tiers = ["tier%d" % n for n in range(self.rnd.randint(1, 4))]
        duties = ["D%d" % n for n in range(self.rnd.randint(0, 4))]
        kind = lambda: self.rnd.choice(["string", "number", "datetime", "blob"])
        level = lambda: self.rnd.choice(["none", "quasi", "direct", "secret"])
        acts = [
            "reidentify",
            "link_personal",
            "transfer_onward",
            "sell_data",
            "profile_persons",
            "train_gpai",
            "juggle",
        ]
        out = {
            "terms": 1,
            "pool": "air",
            "version": self.rnd.randint(1, 9),
            "purposes": 1,
            "special_category": self.chance(0.2),
            "valid": {
                "from": self.shift(-self.rnd.choice([300, 300, 300, 0])),
                "until": self.shift(self.rnd.choice([300, 300, 300, 1])),
            },
            "columns": [{"name": name, "type": kind(), "sensitivity": level()} for name in columns],
            "tiers": [self.tier(n) for n in range(len(tiers))],
            "duties": [self.duty(n, tiers) for n in range(len(duties))],
            "prohibited_acts": self.rnd.sample(acts, self.rnd.randint(0, 5)),
            "rules": [self.rule(n, tiers, duties, columns) for n in range(self.rnd.choice([0, 1, 2, 3, 4, 4, 6, 8]))],
        }
        if self.chance(0.06):
            out["valid"] = {"from": self.time(), "until": self.time()}
        self.rnd.shuffle(out["rules"])
        return out

    def consent(self, member, special):
        at = self.rnd.choice([self.time(-90, 5), self.shift(-9), self.shift(-9), self.shift(0)])
        out = event(
            member,
            self.purpose,
            self.org_class,
            at,
            state=self.rnd.choice(STATES) if self.chance(0.3) else "given",
            type="explicit" if special else "expressed",
            notice=3,
        )
        if self.chance(0.15):
            out["until"] = self.time()
        if self.chance(0.15):
            out["notice"] = self.rnd.randint(0, 3)
        if self.chance(0.1):
            out["type"] = self.rnd.choice(["explicit", "expressed", "implied", "", "Explicit"])
        if self.chance(0.08):
            name = self.rnd.choice(["pool", "purpose", "recipient_class"])
            out[name] = self.rnd.choice(["soil", "PG", "ANY", "PG.STATS", "company", "X.POLITICAL"])
        return out

    def consents(self, special):
        out = []
        for number in range(self.rnd.choice([0, 1, 3, 6, 6, 8, 8, 12])):
            out += [self.consent("m%d" % number, special) for _ in range(self.rnd.choice([1, 1, 1, 2, 3, 4]))]
        self.rnd.shuffle(out)
        return out

    def request(self, columns):
        out = {
            "purpose": self.purpose,
            "action": "read",
            "org_class": self.org_class,
            "organisation": "org:uni",
            "region": "DE",
            "at": self.shift(0),
            "columns": self.rnd.sample(columns, self.rnd.randint(1, len(columns))),
            "mode": "download",
        }
        for name in ("purpose", "action", "org_class", "region", "mode"):
            if self.chance(0.02):
                out[name] = self.rnd.choice(STRANGE + INNER + ["DE", "company", "read", "query"])
        if self.chance(0.15):
            out["action"] = self.rnd.choice(policy.ACTIONS)
        if self.chance(0.05):
            out["columns"] = self.rnd.sample(columns + ["ghost", ""], self.rnd.randint(0, len(columns) + 1))
        return out

    def context(self):
        out = {}
        if self.chance(0.8):
            out["attested_at"] = self.rnd.choice(
                [self.time(-40, 2), self.shift(-30), self.shift(-30, 1), self.shift(-365, 1), self.shift(-365)]
            )
        for name in ("prohibitions", "sanctions"):
            if self.chance(0.25):
                rows = [
                    {
                        "id": one,
                        "purpose": self.purposes(0.1)[-1:] or "X",
                        "from": self.shift(self.rnd.choice([-9, 0, 9])),
                        "until": self.rnd.choice([None, self.shift(0), self.shift(0, 1), self.shift(3)]),
                    }
                    for one in self.rnd.sample(IDS, self.rnd.randint(0, 3))
                ]
                for row in rows:
                    row["purpose"] = self.rnd.choice(CODES + STRANGE) if self.chance(0.5) else row["purpose"][0]
                    if name == "sanctions":
                        row["organisation"] = self.rnd.choice(["org:uni", "org:adtech"])
                        row["purpose"] = None if self.chance(0.2) else row["purpose"]
                out[name] = rows
        return out

    def input(self):
        terms = self.terms()
        out = {
            "terms": terms,
            "consents": self.consents(terms["special_category"]),
            "request": self.request([column["name"] for column in terms["columns"]]),
        }
        if self.chance(0.9):
            out["context"] = self.context()
        if self.chance(0.12):
            self.damage(out)
        return out

    def damage(self, value):
        """One structural change at a random place: whether it is a fault the reference decides."""
        rows, todo = [], [value]
        while todo:
            one = todo.pop()
            rows += [one] if one else []
            todo += [two for two in (one.values() if isinstance(one, dict) else one) if isinstance(two, (dict, list))]
        one = self.rnd.choice(rows)
        key = self.rnd.choice(list(one) if isinstance(one, dict) else range(len(one)))
        kind = self.rnd.randrange(5)
        if kind == 0:
            del one[key]
        elif kind == 1:
            one[key] = self.rnd.choice([None, True, "x", [], {}, "2026-02-30T00:00:00Z", ["a"], {"a": 1}, 1])
        elif kind == 2 and isinstance(one, dict):
            one[self.rnd.choice(["id", "until", "tiers", "conditions", "extra", "purpose", ""])] = self.rnd.choice(
                [None, "x", []]
            )
        elif isinstance(one, list):
            one.append(copy.deepcopy(one[key]))
        else:
            one[self.rnd.choice(list(one))] = copy.deepcopy(self.rnd.choice(rows))


PIECES = [
    b'"',
    b"\\u0000",
    b"-",
    b"0",
    b",",
    b"{}",
    b"[]",
    b"null",
    b"e1",
    b".0",
    b"9" * 20,
    b"\xed\xa0\x80",
    b"\\ud800",
    b" ",
]


def damage_bytes(rnd, data):
    """A few bytes changed, taken out or put in: mostly no longer JSON."""
    data = bytearray(data)
    for _ in range(rnd.randint(1, 3)):
        place = rnd.randrange(len(data))
        data[place : place + rnd.choice([0, 1, 9])] = rnd.choice([b"", bytes([rnd.randrange(256)]), rnd.choice(PIECES)])
    return bytes(data)


class Generated(Case):
    def test_generated(self):
        print("seed %d, runs %d" % (SEED, RUNS))
        seen = collections.Counter()
        for number in range(RUNS):
            rnd = random.Random(SEED * 1000003 + number)
            data = json.dumps(Maker(rnd).input(), ensure_ascii=number % 2 == 0).encode()
            if rnd.random() < 0.05:
                data = damage_bytes(rnd, data)
            modes = ([], ["--explain"]) if number % 8 == 0 else (["--explain"],)
            out = self.compare(data, "seed %d input %d" % (SEED, number), modes)
            seen["refused" if out is None else out["decision"]] += 1
            seen.update(reason for reason in (out["reasons"] if out else []) if reason.startswith("core:"))
        print(dict(seen))
        if RUNS >= 5000:
            for name in (
                "refused permit deny council core:terms-not-yet-valid core:terms-expired core:purpose-unknown "
                "core:purpose-not-assignable core:action-unknown core:org-class-unknown core:region-unknown "
                "core:mode-unknown core:column-unknown core:act-transfer_onward core:act-sell_data "
                "core:default-deny core:no-columns core:no-consent core:cohort core:no-tier "
                "core:special-category core:tier-review"
            ).split():
                self.assertGreater(seen[name], 5, name)


if __name__ == "__main__":
    unittest.main()
