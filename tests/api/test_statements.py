# SPDX-License-Identifier: AGPL-3.0-or-later
"""Member statements: everything the own line rests on, provable from the document alone, and words for who has no line."""
import base64
import copy
import hashlib
import json
import subprocess

import pytest

from running import PAY, Payday, canonical
from stack import BIN, eventually
from test_log import own_key, proven_root

#: Two thirds by what was used, contribution by contribution, a third in equal parts among those who were used enough.
RULE = {"schema": "benefit-rule/1", "rule": "main", "version": 2, "currency": "EUR", "remainder": "largest_remainder/sha256",
        "steps": [{"id": "fees", "kind": "fixed", "to": "Income:FeeRecovery", "amount_from": "rail_fees", "max": 5000},
                  {"id": "reserve", "kind": "until_target", "to": "Equity:Reserve:Legal", "of": "gross", "num": 15, "den": 100, "round": "up", "target": 3000000},
                  {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1, "leftover_to": "Equity:Fund:Commons",
                   "parts": [{"share": 2, "weight": "usage", "then": "contribution"}, {"share": 1, "weight": "equal"}],
                   "eligible": {"status": ["active", "left"], "min_units": 50, "window_days": 31}}]}


@pytest.fixture(scope="module")
def day(trust):
    made = Payday(trust, people=("ada", "ben", "cem", "eva"))
    made.in_force(RULE)
    second = made.add_contribution("ada")
    made.seal({made.contributions["ada"]: 700, second: 301, made.contributions["ben"]: 199, made.contributions["cem"]: 49})
    made.done = made.distribute(100001)
    return made


@pytest.fixture(scope="module")
def statements(day):
    """Of each member, once the log covers the result."""
    def of(name):
        return eventually(f"the proof of {name}'s statement", lambda: (lambda s: s if s["proof"] else None)(day.trust[name].get(f"{PAY}/statements/{day.done['id']}").json))
    return {name: of(name) for name in day.people}


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def test_it_lists_and_shows_the_own_alone(day, statements):
    items = day.trust["ada"].get(f"{PAY}/statements").json["items"]
    assert [(i["id"], i["amount"]["minor"]) for i in items] == [(day.done["id"], statements["ada"]["amount"])]
    assert day.trust["gil"].get(f"{PAY}/statements").json["items"] == []
    for answer in (day.trust["gil"].send("GET", f"{PAY}/statements/{day.done['id']}"), day.trust["ada"].send("GET", f"{PAY}/statements/{day.pool_id}"),
                   day.treasurer.send("GET", f"{PAY}/statements/{day.done['id']}"), day.trust["gil"].send("GET", f"{PAY}/statements/{day.done['id']}/print"),
                   day.trust["gil"].send("GET", f"{PAY}/statements/{day.done['id']}/proof")):
        assert answer.status == 404
    assert day.trust.public.send("GET", f"{PAY}/statements/{day.done['id']}").status == 401


def test_the_figures_are_the_runs(day, statements):
    result = json.loads(bytes(day.trust.sql("SELECT e.bytes FROM payout.run AS r JOIN payout.evidence AS e ON e.sha256 = r.result_file_sha256 WHERE r.id = %s", day.done["id"])[0][0]))
    for name, statement in statements.items():
        line = next((x for x in result["lines"] if x["id"] == day.member(name)), None)
        assert statement["line"] == line and statement["amount"] == (line["amount"] if line else 0)
        assert [{k: v for k, v in s.items() if k != "rule"} for s in statement["steps"]] == result["steps"]
        assert [s["rule"] for s in statement["steps"]] == RULE["steps"]
        assert statement["schema"] == "member-statement/1" and statement["rule_sha256"] == hashlib.sha256(canonical(RULE).encode()).hexdigest()
        assert (statement["pot"], statement["result_hash"], statement["member"]) == (100001, result["hash"], day.member(name))


def test_the_trace_leads_to_the_line(day, statements):
    for name in ("ada", "ben"):
        statement = statements[name]
        people = statement["trace"]["steps"][2]
        assert people["amount"] == statement["amount"]
        for row in people["rows"]:
            total, weight, whole, amount = (int(row[k]) for k in ("total", "weight", "weight_total", "amount"))
            assert divmod(total * weight, whole) == (int(row["quotient"]), int(row["remainder"])) and amount == int(row["quotient"]) + int(row["extra"])
        assert sum(int(r["amount"]) for r in people["rows"] if r["level"] in ("recipient", "contributor")) == statement["amount"]
        assert len([r for r in people["rows"] if r["level"] == "contribution"]) == {"ada": 2, "ben": 1}[name]
    own = day.trust.sql("SELECT convert_from(bytes, 'UTF8')::jsonb FROM payout.evidence WHERE sha256 = %s", statements["ada"]["inputs_sha256"])[0][0]
    assert statements["ada"]["weights"] == next(r for r in own["recipients"] if r["id"] == day.member("ada"))
    assert statements["ada"]["contributions"] == [c for c in own["contributions"] if c["contributors"][0]["recipient"] == day.member("ada")]


def test_who_has_no_line_is_told_why(day, statements):
    cem, eva = statements["cem"], statements["eva"]
    assert (cem["amount"], cem["why_none"], cem["line"], cem["path"]) == (0, "not_eligible", None, None)
    assert [(e["failed"], e["has"], e["needs"]) for e in cem["eligibility"]] == [("window_units", 49, 50)]
    assert (eva["why_none"], eva["eligibility"][0]["has"]) == ("not_eligible", 0)
    assert statements["ada"]["why_none"] is None and [e["passes"] for e in statements["ada"]["eligibility"]] == [True]
    late = day.trust["fay"]
    day.trust.unguarded(day.contribution_row("00000000-0000-7000-8000-00000000fa11", late.subject))
    told = late.get(f"{PAY}/statements/{day.done['id']}").json
    assert (told["why_none"], told["weights"], told["trace"]) == ("not_listed", None, None)


def test_the_line_is_proved_without_the_service(statements):
    for name in ("ada", "ben"):
        s = statements[name]
        leaf = sha(b"\x00", bytes.fromhex(s["salt"]), canonical(s["line"]).encode())
        assert proven_root(s["index"], s["count"], leaf, [bytes.fromhex(h) for h in s["path"]]).hex() == s["lines_root"]
        assert (s["entry"]["sha256"], s["entry"]["body"]["lines_root"], s["entry"]["body"]["count"]) == (s["result_hash"], s["lines_root"], s["count"])
        head, checkpoint = s["proof"].split("\n\n", 1)
        kind, index, *path = head.split("\n")
        size, root = checkpoint.split("\n")[1:3]
        assert kind == "c2sp.org/tlog-proof@v1"
        leaf = sha(b"\x00", canonical(s["entry"]).encode())
        assert base64.b64encode(proven_root(int(index.split()[1]), int(size), leaf, [base64.b64decode(h) for h in path])).decode() == root


def test_the_proof_is_a_file_of_its_own(day, statements):
    answer = day.trust["ada"].send("GET", f"{PAY}/statements/{day.done['id']}/proof")
    assert answer.status == 200 and answer.raw.decode() == statements["ada"]["proof"]
    # the log gives the same for the entry, perhaps under a later checkpoint
    assert day.trust.public.get(f"/log/proof/run_result/{day.done['run_id']}").raw.decode().split("\n")[1] == statements["ada"]["proof"].split("\n")[1]


def test_proofs_for_every_leaf_agree_with_the_log(day):
    """log.prove against /log/proof, leaf by leaf."""
    size = day.trust.sql("SELECT max(size) FROM log.checkpoint")[0][0]
    for index, leaf, proof in day.trust.sql("SELECT index, leaf_hash, log.prove(index) FROM log.entry WHERE index < %s ORDER BY index", size):
        head, checkpoint = proof.split("\n\n", 1)
        path = [base64.b64decode(h) for h in head.split("\n")[2:]]
        now, root = checkpoint.split("\n")[1:3]
        assert base64.b64encode(proven_root(index, int(now), bytes(leaf), path)).decode() == root
    assert day.trust.sql("SELECT log.prove(1000000)") == [(None,)]


def test_the_page_says_what_the_document_says(day, statements):
    page = day.trust["ada"].send("GET", f"{PAY}/statements/{day.done['id']}/print").raw.decode()
    for text in (day.done["run_id"], statements["ada"]["rule_sha256"], statements["ada"]["salt"], "Your share of step people", "their path to the root"):
        assert text in page
    page = day.trust["cem"].send("GET", f"{PAY}/statements/{day.done['id']}/print").raw.decode()
    assert "You have no line in this run." in page and "window_units is 49, needed 50" in page


def verified(folder, statement, *more):
    path = folder / "statement.json"
    path.write_text(statement if isinstance(statement, str) else json.dumps(statement))
    done = subprocess.run([BIN / "commonhold", "verify", "statement", path, *more], capture_output=True, text=True, timeout=60)
    return done.returncode, [" ".join(line.split()[:2]) for line in done.stdout.splitlines()]


NAMES = ["schema", "line", "result", "inclusion", "checkpoint", "steps", "trace"]


def test_it_is_verified_offline(day, statements, tmp_path):
    rule = tmp_path / "rule.json"
    rule.write_text(canonical(RULE))
    for name in ("ada", "ben"):
        assert verified(tmp_path, statements[name], "--vkey", own_key(day.trust), "--rule", rule) == (0, [f"ok {check}" for check in NAMES + ["rule"]])
    assert verified(tmp_path, statements["ada"])[1][4] == "FAIL checkpoint"
    assert verified(tmp_path, statements["cem"], "--vkey", own_key(day.trust))[0] == 1
    assert verified(tmp_path, "{", "--vkey", own_key(day.trust)) == (2, []) and verified(tmp_path, "{}", "--key", "x") == (64, [])
    rule.write_text(canonical(dict(RULE, version=3)))
    assert verified(tmp_path, statements["ada"], "--vkey", own_key(day.trust), "--rule", rule)[1][-1] == "FAIL rule"


def change(statement, path, value):
    changed = copy.deepcopy(statement)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value(place[path[-1]]) if callable(value) else value
    return changed


@pytest.mark.parametrize("path, value, fails", [
    (("salt",), "00" * 32, "line"), (("index",), lambda n: 1 - n, "line"), (("path",), lambda p: p + ["00" * 32], "line"), (("line", "amount"), lambda n: n + 1, "line"),
    (("schema",), "member-statement/2", "schema"), (("amount",), lambda n: n + 1, "schema"), (("count",), lambda n: n + 1, "result"), (("entry", "id"), "run-" + "0" * 32, "result"),
    (("pot",), lambda n: n + 1, "steps"), (("entry", "body", "pot"), lambda n: n + 1, "inclusion"), (("proof",), lambda p: p.replace("index ", "index 1"), "inclusion"),
    (("proof",), lambda p: p[:-6] + "AAAA=\n", "checkpoint"), (("steps", 1, "amount"), lambda n: n + 1, "steps"), (("steps", 1, "rule", "num"), 14, "steps"),
    (("balances", "Equity:Reserve:Legal"), 2999999, "steps"), (("trace", "steps", 2, "rows", 0, "amount"), lambda n: str(int(n) + 1), "trace"),
    (("trace", "steps", 2, "rows", 0, "weight"), lambda n: str(int(n) + 1), "trace"), (("trace", "result_hash"), "00" * 32, "trace"),
    (("line",), None, "schema"), (("entry",), None, "schema"), (("carried",), lambda n: n + 1, "steps"), (("funds", 0, "amount"), lambda n: n + 1, "steps"), (("rail_fees",), None, "schema"), (("pot",), -1, "schema"), (("index",), "1", "schema"),
    (("salt",), None, "line"), (("steps", 1, "rule", "den"), 0, "steps"), (("steps", 1, "rule", "max"), -1, "steps"), (("steps", 0, "rule", "of"), "after:people", "steps"),
    (("steps", 2), lambda s: {**s, "id": "reserve", "rule": {**s["rule"], "id": "reserve"}}, "steps"), (("entry", "body", "currency"), "USD", "result"), (("entry", "v"), 2, "result"),
    (("trace", "recipient"), "00000000-0000-7000-8000-000000000000", "trace"), (("trace", "run_id"), "run-" + "0" * 32, "trace"),
    (("trace", "steps", 2, "rows"), lambda rows: [*rows, rows[0]], "trace"), (("trace", "steps", 2, "rows"), lambda rows: rows[:-1], "trace"),
    (("trace", "steps", 2, "rows", 0, "extra"), lambda n: str(1 - int(n)), "trace"), (("trace", "steps", 2, "rows", 0, "quotient"), lambda n: "0" + n, "trace"),
    (("trace", "steps", 2, "rows", 0, "frozen"), "floor", "trace"), (("steps", 2, "parts", 0, "amount"), lambda n: n + 1, "trace"), (("trace", "steps", 1, "amount"), 1, "trace"),
    (("line", "steps"), lambda steps: [*steps, {"amount": 0, "id": "reserve"}], "trace"), (("trace", "steps"), lambda steps: steps[:-1], "trace"),
    (("steps", 1, "to"), "Equity:Fund:Commons", "steps"), (("steps", 2, "to"), lambda _: "Equity:Reserve:Legal", "steps"), (("steps", 2, "leftover"), lambda n: n + 1, "steps"),
    (("funds", 0, "to"), "Equity:Fund:Aids", "steps"), (("funds",), lambda funds: [*funds, {**funds[0], "amount": 0}], "steps"),
    (("funds",), lambda funds: sorted([*funds, {"to": "Equity:Fund:Nothing", "amount": 0}], key=lambda one: one["to"]), "steps"), (("steps", 2, "parts", 0, "amount"), lambda n: n + 1, "steps"),
    (("steps", 2, "parts"), lambda parts: [*parts, parts[0]], "steps"), (("steps", 2, "parts", 0, "extra"), lambda n: 1 - min(n, 1), "steps"),
    (("steps", 2, "parts", 0, "cutoff"), lambda c: None if c else {"remainder": "1", "tie": "00" * 32}, "steps"), (("steps", 2, "clamp"), {"rest": 0}, "steps"),
    (("flags",), ["undistributed"], "steps"), (("flags",), lambda flags: [*flags, "caps_bind:people"], "steps"), (("trace", "steps", 1, "kind"), "percent!", "trace"),
    (("trace", "steps", 2, "rows", 0, "frozen"), 1, "trace")])
def test_one_changed_figure_is_seen(day, statements, tmp_path, path, value, fails):
    code, lines = verified(tmp_path, change(statements["ada"], path, value), "--vkey", own_key(day.trust))
    assert code == 1 and f"FAIL {fails}" in lines


def test_a_unit_that_went_to_another_is_seen(day, statements, tmp_path):
    """A trace off by one that is consistent in itself: row, line and amount all have the unit of the tie's winner."""
    found = 0
    for name in ("ada", "ben"):
        taken = statements[name]
        for number, row in enumerate(taken["trace"]["steps"][2]["rows"]):
            if row["level"] == "contributor" or int(row["remainder"]) == 0:
                continue
            by = 1 - 2 * int(row["extra"])
            off = change(taken, ("trace", "steps", 2, "rows", number), lambda r, by=by: {**r, "extra": str(int(r["extra"]) + by), "amount": str(int(r["amount"]) + by)})
            assert verified(tmp_path, off, "--vkey", own_key(day.trust))[1][-1] == "FAIL trace"
            found += 1
    assert found > 1


def test_what_is_anothers_is_seen(day, statements, tmp_path):
    """Salt, line, trace or result of somebody else, or of another run, in the place of the own."""
    ada, ben, key = statements["ada"], statements["ben"], own_key(day.trust)
    for names, failed in ((["salt"], "line"), (["salt", "line", "index", "path"], "schema"), (["salt", "line", "index", "path", "amount"], "schema"), (["trace"], "trace"),
                          (["salt", "line", "index", "path", "amount", "member"], "trace")):
        code, lines = verified(tmp_path, {**ada, **{name: ben[name] for name in names}}, "--vkey", key)
        assert code == 1 and f"FAIL {failed}" in lines, names
    other = "run-" + "0" * 32
    forged = {**ada, "run_id": other, "entry": {**ada["entry"], "id": other}, "trace": {**ada["trace"], "run_id": other}}
    assert [line for line in verified(tmp_path, forged, "--vkey", key)[1] if line.startswith("FAIL")][0] == "FAIL inclusion"


def test_a_policy_is_asked_too(day, statements, tmp_path):
    policy = tmp_path / "policy"
    policy.write_text(f"log {own_key(day.trust)}\nquorum none\n")
    with_policy = [*NAMES[:5], "policy", *NAMES[5:]]
    assert verified(tmp_path, statements["ada"], "--vkey", own_key(day.trust), "--policy", policy) == (0, [f"ok {check}" for check in with_policy])
    policy.write_text("quorum all\n")
    assert verified(tmp_path, statements["ada"], "--vkey", own_key(day.trust), "--policy", policy)[1][5] == "FAIL policy"
    assert verified(tmp_path, statements["ada"], "--vkey", own_key(day.trust), "--policy", tmp_path / "none")[0] == 2


def test_erasing_the_salt_takes_the_proof_and_nothing_else(day, statements):
    ben = day.member("ben")
    day.trust.sql("SELECT payout.erase_member(%s)", ben)
    now = day.trust["ben"].get(f"{PAY}/statements/{day.done['id']}").json
    assert now["salt"] is None and {k: v for k, v in now.items() if k != "salt"} == {k: v for k, v in statements["ben"].items() if k != "salt"}
    assert day.trust["ada"].get(f"{PAY}/statements/{day.done['id']}").json == statements["ada"]
