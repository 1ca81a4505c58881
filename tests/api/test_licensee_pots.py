# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules that make a pot of each licensee's money (pot_scope licensee): which runs there are, whose usage counts in them, what is carried on to which,
and that the auditor agrees with all of it."""
import json
import subprocess

import pytest

import living
from life import WRITTEN_BY_HAND
from living import Trust, money
from money import PAY
from stack import BIN, eventually

#: What is carried is a tenth; who was used by one licensee alone in the quarter has nothing of the people's part.
RULE = {"schema": "benefit-rule/1", "rule": "main", "currency": "EUR", "pot_scope": "licensee", "remainder": "largest_remainder/sha256", "steps": [
    {"id": "reserve", "kind": "until_target", "to": "Equity:Reserve:Legal", "of": "gross", "num": 5, "den": 100, "round": "up", "target": 9000},
    {"id": "later", "kind": "carry", "of": "gross", "num": 1, "den": 10},
    {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1, "leftover_to": "Equity:Fund:Commons",
     "parts": [{"share": 3, "weight": "usage", "then": "contribution"}, {"share": 1, "weight": "equal"}],
     "eligible": {"status": ["active", "left"], "min_units": 1, "window_days": 85, "min_distinct_licensees": 2}}]}


class Pots(Trust):
    """One pool, two licensees that used it, a month that both pay for."""

    def __init__(self, stack):
        super().__init__(stack)
        self.pool, self.month = self.pools[0], str(self.months[-1])[:7]
        self.one, self.other = self.licensees[:2]

    def paid(self, licensee, net):
        lines = [{"text": "Usage", "net": money(net), "pool": self.pool, "first": f"{self.month}-01", "last": f"{self.month}-28", "vat_category": "Z", "vat_ppm": 0}]
        made = self.treasurer.post(f"{PAY}/invoices", {"licensee": licensee, "lines": lines})
        self.bank.credit(net, self.treasurer.post(f"{PAY}/invoices/{made['id']}/issue-invoice")["reference"])
        answer = self.treasurer.send("POST", f"{PAY}/bank-statements", raw=self.bank.statement()[0], headers={"Content-Type": "application/xml"})
        assert answer.status == 201, answer.raw

    def body(self, **more):
        return {"pool": self.pool, "month": self.month, **more}

    def posted(self, licensee):
        run = self.treasurer.post(f"{PAY}/runs", self.body(licensee=licensee))["id"]
        self.wait(run, "review")
        self.treasurer.post(f"{PAY}/runs/{run}/confirm-run")
        return self.wait(run, "posted")

    def wait(self, run, state):
        return eventually(f"the run to be {state}", lambda: (lambda r: r if r["state"] == state else None)(self.public.get(f"{PAY}/runs/{run}").json))

    def inputs(self, run):
        return json.loads(bytes(self.sql("SELECT bytes FROM payout.evidence WHERE sha256 = %s", run["inputs_sha256"])[0][0]))

    def used(self, licensee=None, months=1):
        """{contribution: (units, licensees)} of the last months, of one licensee or of all."""
        rows = self.sql("SELECT u.contribution_id::text, sum(u.units)::bigint, count(DISTINCT g.organisation_id) FROM metering.sealed_usage AS u JOIN licensing.data_grant AS g ON g.id = u.grant_id "
                        "WHERE u.pool_id = %s AND u.month >= %s AND u.month <= %s AND (%s::uuid IS NULL OR g.organisation_id = %s) GROUP BY 1",
                        self.granted[0].pool, living.month_before(months), self.months[-1], licensee, licensee)
        return {contribution: tuple(figures) for contribution, *figures in rows}

    def audit(self, mode="--full"):
        self.trust.wait_sql("all leaves logged", "SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")
        done = subprocess.run([BIN / "commonhold-audit", "--source", self.trust.database.replace("user=commonhold", "user=ch_audit"), "--report", "json", mode],
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode < 3, done.stderr
        report = json.loads(done.stdout)
        looked = {c["id"]: c["objects"] for c in report["checks"]}
        # Time alone makes a lag: nobody pays anything out here.
        return [(f["check"], f["object"], f["aspect"], f["expected"], f["found"]) for f in report["findings"]
                if not f["check"].startswith(WRITTEN_BY_HAND) and f["severity"] != "lag"], looked


@pytest.fixture(scope="module")
def pots(stack):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(living, "CHANGES", {**living.CHANGES, "benefit_rule": RULE})
        made = Pots(stack)
    for licensee in (made.one, made.other):
        made.paid(licensee, 60000)
    yield made
    made.close()


def refused(answer, status, slug):
    assert (answer.status, answer["type"].rsplit("/", 1)[1]) == (status, slug), answer.raw
    return answer


def test_a_run_names_its_licensee(pots):
    answer = refused(pots.treasurer.send("POST", f"{PAY}/runs", body=pots.body()), 422, "invalid")
    assert answer["errors"][0]["pointer"] == "/licensee"
    refused(pots.treasurer.send("POST", f"{PAY}/runs", body=pots.body(licensee=pots.licensees[2])), 409, "nothing_to_distribute")


def test_each_shares_the_own_money_by_the_own_usage(pots):
    """Windows are those of the pool: who is eligible is no matter of whose money it is."""
    window, runs = pots.used(months=3), {}
    for licensee in (pots.one, pots.other):
        used = pots.used(licensee)
        runs[licensee] = run = pots.posted(licensee)
        assert (run["licensee"], run["pot"]["minor"], run["carried_in"]["minor"], run["carried"]["minor"]) == (licensee, 60000, 0, 6000)
        inputs = pots.inputs(run)
        assert {c["id"]: c["units"] for c in inputs["contributions"]} == {c["id"]: used.get(c["id"], (0, 0))[0] for c in inputs["contributions"]}
        assert {c["id"]: (c["window_units"], c["distinct_licensees"]) for c in inputs["contributions"]} == {c["id"]: window.get(c["id"], (0, 0)) for c in inputs["contributions"]}
        assert 2 in {c["distinct_licensees"] for c in inputs["contributions"]} and run["lines"] > 0
    assert pots.used(pots.one) != pots.used(pots.other)
    # 3,000 of the reserve's target each
    assert [pots.inputs(runs[licensee])["balances"] for licensee in (pots.one, pots.other)] == [{"Equity:Reserve:Legal": 0}, {"Equity:Reserve:Legal": 3000}]
    pots.runs = runs


def test_what_is_carried_goes_on_to_the_same_licensee(pots):
    pots.paid(pots.one, 1000)
    run = pots.posted(pots.one)
    assert (run["carried_in"]["minor"], run["pot"]["minor"]) == (6000, 7000)
    assert pots.sql("SELECT carried_to::text FROM payout.run WHERE id IN (%s, %s) ORDER BY opened_at", pots.runs[pots.one]["id"], pots.runs[pots.other]["id"]) == [(run["id"],), (None,)]


def test_members_see_whose_money_it_was(pots):
    run = pots.runs[pots.one]
    member, = pots.sql("SELECT member_id::text FROM payout.run_line WHERE run = %s LIMIT 1", run["id"])[0]
    statement = pots.trust[pots.names[member]].get(f"{PAY}/statements/{run['id']}").json
    assert statement["licensee"] == pots.one and statement["amount"] > 0


def test_a_dry_run_is_of_a_licensee(pots):
    pots.paid(pots.other, 2000)
    seen = pots.treasurer.post(f"{PAY}/dry-runs", pots.body(licensee=pots.other)).json["result"]
    assert seen["pot"] == 8000 and seen["rule_sha256"] == pots.runs[pots.one]["rule_sha256"]
    assert pots.posted(pots.other)["pot"]["minor"] == 8000


def test_the_auditor_agrees(pots):
    found, looked = pots.audit()
    assert found == [] and all(looked[check] > 0 for check in ("A1", "A3", "A4", "A5", "A6", "M1", "M3"))
    assert pots.audit("--incremental")[0] == []


def test_units_of_another_licensee_are_told(pots):
    """A grant given to the other licensee after the runs: its units were counted in the wrong ones."""
    grant = pots.grants[0][0]
    pots.unwatched("licensing.data_grant", "UPDATE licensing.data_grant SET organisation_id = %s WHERE id = %s", pots.other, grant)
    found, _ = pots.audit()
    told = {(check, aspect.split(" of ")[0]) for check, _, aspect, _, _ in found}
    assert ("M1", "units") in told and ("M3", "distinct licensees") in told
    pots.unwatched("licensing.data_grant", "UPDATE licensing.data_grant SET organisation_id = %s WHERE id = %s", pots.one, grant)
    assert pots.audit()[0] == []


def test_money_not_shared_in_time_is_told(pots):
    pots.paid(pots.one, 3000)
    (slice_, year), = pots.sql("SELECT receipt_slice_id, extract(year FROM received_at AT TIME ZONE 'UTC')::integer FROM payout.distributable_slice")
    for day, due in ((f"{year + 1}-09-30T23:59:59Z", False), (f"{year + 1}-10-01T00:00:00Z", True)):
        done = subprocess.run([BIN / "commonhold-audit", "--source", pots.trust.database.replace("user=commonhold", "user=ch_audit"), "--report", "json", "--full", "--checks", "A8", "--as-of", day],
                              capture_output=True, text=True, timeout=120, check=False)
        found = [(f["object_type"], f["object"], f["expected"], f["found"], f["delta_minor"]) for f in json.loads(done.stdout)["findings"]]
        waiting = ("receipt_slice", str(slice_), f"shared by {year + 1}-09-30", "waiting", 3000)
        assert (done.returncode, waiting in found) == ((2, True) if due else (0, False)), found
        assert all(kind == "run" for kind, *_ in found if (kind, *_) != waiting)
