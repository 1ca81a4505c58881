# SPDX-License-Identifier: AGPL-3.0-or-later
"""`calc policy --check` against a second checker: each sentence of licensing.md section 5 once by hand, and generated documents with one to
four faults, pointer by pointer. CH_SEED and CH_RUNS choose the generated ones."""
import copy
import json
import random
import unittest

import policy
import terms_check
from test_policy_reference import BIN, RUNS, SEED, base_rules, call

EUR = {"minor": 0, "currency": "EUR"}
FREE = {"base": EUR, "unit": EUR, "unit_rows": 1000, "free_rows": 0, "cap": None}
PAID = {**FREE, "base": {"minor": 500, "currency": "EUR"}}
COLUMNS = [("device", "string", "direct"), ("lat", "number", "quasi"), ("lon", "number", "quasi"), ("at", "datetime", "quasi"),
           ("pm10", "number", "none")]


def good():
    tiers = [("free", ["public_body", "university", "non_profit"], ["PG.CLIMATE", "RES.ACADEMIC"], 365, FREE),
             ("cost", ["university"], ["RES.HEALTH"], None, PAID), ("commercial", ["company"], ["COM.INSIGHT", "COM.AI"], None, PAID)]
    return {"terms": 1, "pool": "air", "version": 3, "purposes": 1, "special_category": False,
            "valid": {"from": "2026-07-01T00:00:00Z", "until": "2028-07-01T00:00:00Z"},
            "columns": [{"name": n, "type": t, "sensitivity": s} for n, t, s in COLUMNS],
            "tiers": [{"id": i, "org_classes": c, "purposes": p, "attest_days": d, "council": False, "price": copy.deepcopy(m)}
                      for i, c, p, d, m in tiers],
            "duties": [{"id": "D1", "act": "accept_tracking"}, {"id": "D2", "act": "attribute"},
                       {"id": "D3", "act": "compensate", "tiers": ["cost", "commercial"]}, {"id": "D4", "act": "delete", "within_days": 30}],
            "prohibited_acts": ["reidentify", "link_personal", "transfer_onward", "sell_data"], "rules": base_rules()}


#: Each refusal of the section: what to change, and the pointers it must give.
SECTION = [
    ("unknown purpose", lambda d: d["rules"][0]["purposes"].append("PG.SERVICE"), ["/rules/0/purposes/1"]),
    ("unknown action", lambda d: d["rules"][0]["actions"].append("fly"), ["/rules/0/actions/3"]),
    ("unknown class", lambda d: d["tiers"][0]["org_classes"].append("club"), ["/tiers/0/org_classes/3"]),
    ("unknown region", lambda d: d["rules"][4].update(regions=["XK"]), ["/rules/4/regions/0"]),
    ("unknown mode", lambda d: d["rules"][0]["modes"].append("delta"), ["/rules/0/modes/2"]),
    ("unknown operand", lambda d: d["rules"][2].update(conditions=[{"operand": "weather", "op": "eq", "value": 1}]),
     ["/rules/2/conditions/0/operand"]),
    ("unknown type", lambda d: d["columns"][4].update(type="float"), ["/columns/4/type"]),
    ("a duty without proof", lambda d: d["duties"][1].update(act="sing"), ["/duties/1/act"]),
    ("unknown act", lambda d: d["prohibited_acts"].append("hop"), ["/prohibited_acts/4"]),
    ("reidentify lifted", lambda d: d["prohibited_acts"].remove("reidentify"), ["/prohibited_acts"]),
    ("direct kept", lambda d: d["rules"][0]["columns"].update(device="keep"), ["/rules/0/columns/device"]),
    ("direct shortened, council", lambda d: d["rules"][3]["columns"].update(device="prefix:2"), ["/rules/3/columns/device"]),
    ("quasi kept by a permit", lambda d: d["rules"][0]["columns"].update(at="keep"), ["/rules/0/columns/at"]),
    ("quasi kept by the council", lambda d: d["rules"][3]["columns"].update(at="keep"), []),
    ("cohort of four", lambda d: d["rules"][0].update(min_cohort=4), ["/rules/0/min_cohort"]),
    ("cohort of four, council", lambda d: d["rules"][3].update(min_cohort=4), ["/rules/3/min_cohort"]),
    ("cohort of one where no quasi column survives", lambda d: d["rules"][2].update(min_cohort=1, columns={"pm10": "bin:10"}), []),
    ("free with a base", lambda d: d["tiers"][0]["price"].update(base={"minor": 1, "currency": "EUR"}), ["/tiers/0/price/base"]),
    ("free with a unit", lambda d: d["tiers"][0]["price"].update(unit={"minor": 1, "currency": "EUR"}), ["/tiers/0/price/unit"]),
    ("no price", lambda d: d["tiers"][1].update(price={}), [f"/tiers/1/price/{k}" for k in ("base", "cap", "free_rows", "unit", "unit_rows")]),
    ("1,096 days", lambda d: d["rules"][0].update(max_days=1096), []),
    ("1,097 days", lambda d: d["rules"][0].update(max_days=1097), ["/rules/0/max_days"]),
    ("X permitted", lambda d: d["rules"][0].update(purposes=["X"]), ["/rules/0/purposes"]),
    ("below X permitted", lambda d: d["rules"][0].update(purposes=["X.ADS"], descendants=False), ["/rules/0/purposes"]),
    ("X reached over a second parent", lambda d: d["rules"][0].update(purposes=["COM.MARKETING"]), ["/rules/0/purposes"]),
    ("the second parent alone", lambda d: d["rules"][0].update(purposes=["COM.MARKETING"], descendants=False), []),
    ("X to the council", lambda d: d["rules"][3].update(purposes=["X.WORK"]), []),
    ("a rounding of time", lambda d: d["rules"][0]["columns"].update(at="round:2"), ["/rules/0/columns/at"]),
    ("a truncation of a number", lambda d: d["rules"][0]["columns"].update(pm10="trunc:day"), ["/rules/0/columns/pm10"]),
    ("a prefix of a number", lambda d: d["rules"][0]["columns"].update(pm10="prefix:2"), ["/rules/0/columns/pm10"]),
    ("an unknown generalisation", lambda d: d["rules"][0]["columns"].update(pm10="round:7"), ["/rules/0/columns/pm10"]),
    ("a column of another pool", lambda d: d["rules"][0]["columns"].update(salary="keep"), ["/rules/0/columns/salary"]),
    ("a rule twice", lambda d: d["rules"].append({**d["rules"][1], "id": "P5"}), ["/rules/6"]),
    ("a narrower rule behind a wider", lambda d: d["rules"].append({**d["rules"][1], "id": "P5", "purposes": ["RES.ACADEMIC"]}), ["/rules/6"]),
    ("a wider rule behind a narrower", lambda d: d["rules"].append({**d["rules"][1], "id": "P5", "regions": ["WORLD"]}), []),
    ("a rule of the other effect", lambda d: d["rules"].append({**d["rules"][1], "id": "P5", "effect": "council"}), []),
    ("behind a condition", lambda d: d["rules"].append({**{k: v for k, v in d["rules"][2].items() if k != "conditions"}, "id": "P5"}), []),
    ("a prohibition that repeats another", lambda d: d["rules"].append({"id": "X3", "effect": "prohibit", "purposes": ["X.ADS"]}), ["/rules/6"]),
    ("a validity that ends before it begins", lambda d: d["valid"].update(until="2026-07-01T00:00:00Z"), ["/valid"]),
    ("version 0", lambda d: d.update(version=0), ["/version"]),
    ("two currencies", lambda d: d["tiers"][2]["price"].update(unit={"minor": 5, "currency": "USD"}), ["/tiers/2/price/unit"]),
]

WORDS = {"purposes": sorted(policy.TREE) + ["PG.SERVICE"], "actions": policy.ACTIONS + ["fly"], "org_classes": policy.CLASSES + ["club"],
         "regions": ["EU", "EEA", "WORLD", "GB", "DE", "US", "XK"], "modes": ["download", "query", "delta"]}
TEXTS = ["keep", "drop", "round:2", "round:-6", "round:7", "trunc:day", "trunc:week", "prefix:3", "prefix:0", "bin:10", "bin:5@2", "bin:0", "fine"]


def spoil(random_, doc):
    """One change, mostly a bad one."""
    rule = random_.choice(doc["rules"])
    kind = random_.randrange(12)
    if kind < 3:
        name = random_.choice(sorted(WORDS))
        if name in rule or rule["effect"] == "prohibit":
            rule[name] = random_.sample(WORDS[name], random_.randrange(0 if random_.random() < 0.1 else 1, 4))
    elif kind < 6 and rule["effect"] != "prohibit":
        rule["columns"][random_.choice([c["name"] for c in doc["columns"]] + ["salary"])] = random_.choice(TEXTS)
    elif kind == 6 and rule["effect"] != "prohibit":
        rule.update(random_.choice([{"min_cohort": random_.randrange(8)}, {"max_days": random_.choice([0, 1, 1096, 1097])}, {"tiers": []},
                                    {"descendants": random_.random() < 0.5}, {"effect": random_.choice(["permit", "council"])}]))
    elif kind == 7:
        again = copy.deepcopy(rule)
        again["id"] = "N%d" % len(doc["rules"])
        doc["rules"].append(again)
    elif kind == 8:
        rule["conditions"] = [random_.choice([{"operand": "organisation", "op": "eq", "value": "org:a"}, {"operand": "at", "op": "eq", "value": "x"},
                                              {"operand": "at", "op": "lt", "value": "2027-01-01T00:00:00Z"}, {"operand": "sun", "op": "eq", "value": 1}])]
    elif kind == 9:
        tier = random_.choice(doc["tiers"])
        tier.update(random_.choice([{"attest_days": random_.choice([None, 0, 1])}, {"purposes": ["X", "NEW"]}, {"price": {}},
                                    {"price": {**PAID, "unit_rows": random_.choice([0, 1, 10**9, 10**9 + 1])}},
                                    {"price": {**PAID, "cap": {"minor": random_.choice([0, 10**12 + 1]), "currency": random_.choice(["EUR", "USD"])}}},
                                    {"price": {**FREE, "base": {"minor": 1}}}, {"org_classes": ["club"]}]))
    elif kind == 10:
        random_.choice(doc["columns"]).update(random_.choice([{"type": "float"}, {"sensitivity": "some"}, {"sensitivity": "direct"}, {"type": "date"}]))
    else:
        doc.update(random_.choice([{"version": 10**6 + 1}, {"pool": "Air"}, {"prohibited_acts": []}, {"prohibited_acts": ["reidentify", "hop"]}]))


@unittest.skipUnless(BIN.exists(), "%s is not built" % BIN)
class Check(unittest.TestCase):
    def pointers(self, doc):
        code, out, err = call(terms_check.as_bytes(doc), "--check")
        self.assertEqual((code, err), (0, b""), err)
        answer = json.loads(out)
        self.assertEqual(set(answer), {"errors", "terms_hash"})
        return sorted(e["pointer"] for e in answer["errors"])

    def test_good_terms(self):
        self.assertEqual(self.pointers(good()), [])
        self.assertEqual(terms_check.errors(good()), [])

    def test_each_sentence_of_the_section(self):
        for what, change, expected in SECTION:
            with self.subTest(what):
                doc = good()
                change(doc)
                self.assertEqual(self.pointers(doc), sorted(expected))
                self.assertEqual(terms_check.errors(doc), sorted(expected))

    def test_generated_documents(self):
        random_ = random.Random(SEED)
        print("seed", SEED)
        refused = 0
        for run in range(RUNS // 16):
            doc = good()
            for _ in range(random_.randrange(1, 5)):
                spoil(random_, doc)
            expected = terms_check.errors(doc)
            refused += bool(expected)
            if len(expected) < 100:
                self.assertEqual(self.pointers(doc), expected, (run, json.dumps(doc)))
        self.assertGreater(refused, RUNS // 64)


if __name__ == "__main__":
    unittest.main()
