# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people see of audits: every member the runs, those who answer for them the findings; nobody changes either."""
import hashlib
import json
import subprocess

import pytest

from cycled import everything
from stack import BIN, DEADLINE

RUNS, FINDINGS = "/portal/v1/audit-runs", "/portal/v1/audit-findings"


def audit(trust, *options):
    done = subprocess.run([BIN / "commonhold-audit", "--full", "--report", "json", "--source", trust.database.replace("user=commonhold", "user=ch_audit"), *options], capture_output=True,
                          text=True, timeout=DEADLINE)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def spoiled(trust):
    """A trust with a clean audit, and one that found a row changed behind the services' back."""
    assert audit(trust)["exit"] == 0
    trust.unguarded("ALTER TABLE payout.invoice DISABLE TRIGGER USER")
    return trust, audit(trust, "--checks", "G2")


def test_every_member_sees_the_audits(spoiled):
    trust, report = spoiled
    second, first = trust["eva"].get(RUNS).json["items"]
    assert (first["mode"], first["exit_code"], second["exit_code"]) == ("full", 0, 1)
    assert second["report_sha256"] == report["hash"] and first["finished_at"] <= second["finished_at"]
    assert second["checkpoint"] is None or len(second["checkpoint"]["root"]) == 64
    report.pop("hash")
    assert second["report_sha256"] == hashlib.sha256(json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    assert [r["id"] for r in everything(trust["eva"], RUNS)] == [second["id"], first["id"]]
    page = trust["eva"].get(f"{RUNS}?limit=1").json
    assert page["items"] == [second] and trust["eva"].get(f"{RUNS}?limit=1&after={page['next']}").json["items"] == [first]


def test_findings_are_for_those_who_answer_for_them(spoiled):
    trust, report = spoiled
    for name in ("ada", "eva", "tess"):
        found = everything(trust[name], FINDINGS)
        assert {(f["check"], f["object"]) for f in found} == {("G2", "payout.invoice")} and found[0]["state"] == "open"
    assert trust["tess"].get(f"{FINDINGS}?severity=loss").json["items"] == [] == trust["tess"].get(f"{FINDINGS}?check=L1").json["items"]
    assert len(trust["tess"].get(f"{FINDINGS}?check=G2&severity=breach&state=open&limit=1").json["items"]) == 1
    assert trust["tess"].get(f"{FINDINGS}?state=gone").json["items"] == []
    for client, status, slug in ((trust["mo"], 403, "forbidden"), (trust.public, 401, "not_signed_in")):
        answer = client.send("GET", FINDINGS)
        assert (answer.status, answer.json["type"].rsplit("/", 1)[1]) == (status, slug)
    assert trust.public.send("GET", RUNS).status == 401


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=1"])
def test_pages_are_asked_for_in_order(spoiled, query):
    for path in (RUNS, FINDINGS):
        assert spoiled[0]["tess"].send("GET", f"{path}?{query}").status == 400


def test_nobody_changes_them(spoiled):
    trust, _ = spoiled
    for path in (RUNS, FINDINGS):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert trust["tess"].send(method, path, body={}).status in (404, 405)
    for statement in ("UPDATE audit.finding SET state = 'gone'", "DELETE FROM audit.run", "SELECT 1 FROM audit.finding"):
        with pytest.raises(Exception) as error:
            trust.sql_as("ch_portal", statement)
        assert error.value.pgcode == "42501"


def test_the_board_sees_what_keeps_the_lock(spoiled):
    trust, _ = spoiled
    seen = trust["ada"].get("/portal/v1/oversight").json
    assert (seen["lock"], seen["halted"], seen["given_up"]) == ([], None, [])
    assert (seen["audit"], seen["findings"]) == (trust["ada"].get(RUNS).json["items"][0], {"loss": 0, "breach": 1, "lag": 0})
    assert seen["tree_head"] is None or seen["tree_head"]["size"] > 0
    trust.unguarded("ALTER TABLE governance.asset DISABLE TRIGGER no_delete")
    try:
        found = trust["ada"].get("/portal/v1/oversight").json["lock"]
        assert [(one["part"], one["name"], one["found"]) for one in found] == [("trigger", "governance.asset no_delete", "disabled")]
    finally:
        trust.unguarded("ALTER TABLE governance.asset ENABLE ALWAYS TRIGGER no_delete")
    trust.unguarded("INSERT INTO job.job (kind, state, reason, finished_at) VALUES ('test_of_oversight', 'dead', 'no such thing', clock_timestamp())")
    [job] = trust["ada"].get("/portal/v1/oversight").json["given_up"]
    assert (job["kind"], job["count"], job["reason"]) == ("test_of_oversight", 1, "no such thing")
    for client, status in ((trust["tess"], 403), (trust["eva"], 403), (trust.public, 401)):
        assert client.send("GET", "/portal/v1/oversight").status == status
