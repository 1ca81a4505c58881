# SPDX-License-Identifier: AGPL-3.0-or-later
"""Distribution runs: what they collect, what is told to the log, what cannot be changed once it is frozen, and dry runs."""
import hashlib
import json

import pytest

from running import PAY, Payday, canonical, equal_rule
from stack import eventually, together


@pytest.fixture(scope="module")
def day(trust):
    made = Payday(trust)
    made.in_force(equal_rule())
    made.seal_equally()
    return made


def refused(answer, status, slug):
    assert (answer.status, answer["type"].rsplit("/", 1)[1]) == (status, slug), answer.raw


def document(trust, sha256):
    return json.loads(bytes(trust.sql("SELECT bytes FROM payout.evidence WHERE sha256 = %s", sha256)[0][0]))


def entry(trust, kind, identifier):
    return trust.wait_sql(f"the leaf {kind} {identifier}", "SELECT convert_from(bytes, 'UTF8')::jsonb FROM log.entry WHERE type = %s AND object_id = %s ORDER BY index DESC LIMIT 1",
                          kind, identifier)[0]


def test_a_run_gives_out_what_was_paid(day):
    run = day.distribute(100000)
    assert run["pot"]["minor"] == 100000 and run["total"]["minor"] == 80000 and run["lines"] == 3
    assert sorted(-day.of(name) for name in day.people) == [26666, 26667, 26667]
    assert day.balance("Income:OperationsShare") == -15000 and day.balance(f"Liabilities:Pool:{day.pool}:Received") == 0
    inputs = document(day.trust, run["inputs_sha256"])
    assert [r["id"] for r in inputs["recipients"]] == sorted(day.member(name) for name in day.people)
    assert {r["units"] for r in inputs["recipients"]} == {100} and {r["status"] for r in inputs["recipients"]} == {"active"}
    assert hashlib.sha256(canonical(inputs).encode()).hexdigest() == run["inputs_sha256"]


def test_the_log_is_told_all_figures(day):
    run = day.run(day.trust.public.get(f"{PAY}/runs").json["items"][0]["id"])
    told = entry(day.trust, "run_inputs", run["id"])
    assert told["sha256"] == run["inputs_sha256"]
    assert told["body"] == {"pool": day.pool, "month": day.month, "pot": 100000, "rows": 3, "units": 300, "usage_root": "ab" * 32, "external_sha256": None}
    result = entry(day.trust, "run_result", run["run_id"])
    assert result["sha256"] == run["result_hash"]
    assert result["body"] == {"pot": 100000, "total": 80000, "count": 3, "lines_root": run["lines_root"], "currency": "EUR", "numbered_size": run["numbered_size"]}


def test_the_number_comes_from_the_first_checkpoint_that_covers_the_inputs(day):
    run = day.run(day.trust.public.get(f"{PAY}/runs").json["items"][0]["id"])
    (size, root), = day.trust.sql("SELECT c.size, encode(c.root, 'base64') FROM log.entry AS e JOIN log.checkpoint AS c ON c.size > e.index WHERE e.type = 'run_inputs' "
                                  "AND e.object_id = %s ORDER BY e.index, c.size LIMIT 1", run["id"])
    expected = hashlib.sha256(f"commonhold-run/1\n{run['inputs_sha256']}\n{root}\n".encode()).hexdigest()[:32]
    assert run["run_id"] == "run-" + expected and run["numbered_size"] == size


def test_late_money_gets_a_run_of_its_own(day):
    before = -day.of("ada")
    refused(day.treasurer.send("POST", f"{PAY}/runs", body={"pool": day.pool, "month": day.month}), 409, "nothing_to_distribute")
    run = day.distribute(3000)
    assert run["pot"]["minor"] == 3000 and -day.of("ada") == before + 800


def test_a_repeated_request_opens_one_run(day):
    day.paid(1000)
    body = {"pool": day.pool, "month": day.month}
    first = day.treasurer.send("POST", f"{PAY}/runs", body=body, headers={"Idempotency-Key": "once"})
    again = day.treasurer.send("POST", f"{PAY}/runs", body=body, headers={"Idempotency-Key": "once"})
    assert first.status == again.status == 201 and first["id"] == again["id"]
    refused(day.treasurer.send("POST", f"{PAY}/runs", body=dict(body, month="2020-01"), headers={"Idempotency-Key": "once"}), 409, "idempotency_conflict")
    refused(day.trust["ada"].send("POST", f"{PAY}/runs", body=body), 403, "forbidden")
    refused(day.trust.public.send("POST", f"{PAY}/runs", body=body), 401, "not_signed_in")
    day.post_run(first["id"])


def test_an_abandoned_run_frees_its_money_and_its_number_stays_with_the_inputs(day):
    day.paid(2000)
    first = day.open_run()
    numbered = day.wait_run(first, "review")
    refused(day.trust["ada"].send("POST", f"{PAY}/runs/{first}/abandon-run", body={"reason": "not mine"}), 403, "forbidden")
    assert day.treasurer.post(f"{PAY}/runs/{first}/abandon-run", {"reason": "a line looks wrong"})["state"] == "abandoned"
    refused(day.treasurer.send("POST", f"{PAY}/runs/{first}/confirm-run"), 409, "not_allowed_here")
    assert eventually("the abandoning in the log", lambda: entry(day.trust, "run_inputs", first)["body"].get("state")) == "abandoned"
    second = day.post_run(day.open_run())
    # nobody grinds ties by abandoning and opening again
    assert second["inputs_sha256"] == numbered["inputs_sha256"] and second["run_id"] == numbered["run_id"] and second["id"] != first
    refused(day.treasurer.send("POST", f"{PAY}/runs/{second['id']}/abandon-run", body={"reason": "too late"}), 409, "already_posted")
    refused(day.treasurer.send("POST", f"{PAY}/runs/{second['id']}/confirm-run"), 409, "already_posted")


def test_two_runs_at_once_share_no_slice(day):
    day.paid(5000)
    body = {"pool": day.pool, "month": day.month}
    tess = day.member("tess")
    answers = together(*[lambda: day.trust.sql("SELECT outcome, body ->> 'id' FROM payout.create_run(%s, NULL, %s)", tess, json.dumps(body))[0]] * 4)
    assert sorted(outcome for outcome, _ in answers) == ["nothing_to_distribute"] * 3 + ["opened"]
    assert day.post_run(next(run for outcome, run in answers if outcome == "opened"))["pot"]["minor"] == 5000
    assert day.trust.sql("SELECT count(*), count(DISTINCT receipt_slice_id) FROM payout.run_receipt")[0][0] == day.trust.sql("SELECT count(*) FROM payout.receipt_slice")[0][0]


@pytest.mark.parametrize("statement", [
    "UPDATE payout.run SET inputs_sha256 = repeat('00', 32) WHERE state = 'posted'",
    "UPDATE payout.run SET run_id = 'run-' || repeat('0', 32) WHERE run_id IS NOT NULL",
    "UPDATE payout.run SET rule_sha256 = (SELECT sha256 FROM payout.evidence WHERE sha256 <> rule_sha256 LIMIT 1)",
    "UPDATE payout.run SET total = total + 1 WHERE state = 'posted'",
    "UPDATE payout.run SET proof = 'x' WHERE proof IS NOT NULL",
    "DELETE FROM payout.run", "TRUNCATE payout.run CASCADE",
    "UPDATE payout.run_line SET minor = minor + 1", "DELETE FROM payout.run_line", "TRUNCATE payout.run_line",
    "INSERT INTO payout.run_line SELECT run, gen_random_uuid(), 99, 1, '{}' FROM payout.run_line LIMIT 1",
    "UPDATE payout.run_salt SET salts = sha256(salts)", "UPDATE payout.run_salt SET salts = overlay(salts PLACING '\\x01' FROM 1)",
    "UPDATE payout.run_salt SET block = block + 1", "DELETE FROM payout.run_salt", "TRUNCATE payout.run_salt",
    "UPDATE payout.run_tree SET hashes = '\\x00'", "TRUNCATE payout.netting", "TRUNCATE payout.clawback_line"])
def test_what_is_frozen_stays(day, statement):
    assert day.trust.sql("SELECT count(*) > 0 FROM payout.run WHERE state = 'posted' AND proof IS NOT NULL")[0][0]
    with pytest.raises(Exception) as error:
        day.trust.sql(statement)
    assert error.value.pgcode == "23001", error.value


@pytest.mark.parametrize("role", ["ch_payout", "ch_worker", "ch_governance", "ch_licensing", "ch_metering", "ch_portal", "ch_audit"])
def test_no_role_changes_lines(day, role):
    for statement in ("UPDATE payout.run_line SET minor = 1", "DELETE FROM payout.run_line", "TRUNCATE payout.run_line", "UPDATE payout.run SET state = 'open'",
                      "INSERT INTO payout.posting SELECT * FROM payout.posting LIMIT 1"):
        with pytest.raises(Exception) as error:
            day.trust.sql_as(role, statement)
        assert error.value.pgcode == "42501", (statement, error.value)
    with pytest.raises(Exception) as error:
        day.trust.sql_as(role, f"INSERT INTO payout.run_line VALUES ('{day.run(day.trust.public.get(PAY + '/runs').json['items'][0]['id'])['id']}', gen_random_uuid(), 9, 1, '')")
    assert error.value.pgcode == ("23001" if role == "ch_worker" else "42501")


def test_a_run_waits_for_the_seal(day):
    """Money for a month whose usage is not sealed: the run is open until it is."""
    day.trust.unguarded(f"INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, contribution_id, units) VALUES ('{day.pool_id}', '2020-02-03', '{day.grant}', 'rows', "
                        f"'{day.contributions['ada']}', 7)")
    day.paid(900, month="2020-02")
    run = day.treasurer.post(f"{PAY}/runs", {"pool": day.pool, "month": "2020-02"}).json["id"]
    eventually("its job", lambda: day.trust.sql("SELECT 1 FROM job.job WHERE kind = 'advance_run' AND key = %s AND state = 'done'", run))
    assert day.run(run)["state"] == "open"
    day.seal({day.contributions["ada"]: 7}, month="2020-02")
    # nobody had contributed by then: all of it goes where the rule sends what nobody can take
    assert day.post_run(run)["lines"] == 0 and day.balance("Equity:Fund:Commons") < 0


def test_the_rule_is_that_of_when_the_money_came(day):
    day.paid(1000)
    later = equal_rule()
    later["steps"] = later["steps"][2:]
    day.in_force(later)
    day.paid(1000)
    first, second = day.post_run(day.open_run()), day.post_run(day.open_run())
    assert [r["pot"]["minor"] for r in (first, second)] == [1000, 1000]
    assert (first["total"]["minor"], second["total"]["minor"]) == (800, 1000) and first["rule_version"] + 1 == second["rule_version"]


def test_a_rule_is_in_force_from_its_day(day):
    """Enacted now, effective far ahead: money is still shared by the one before."""
    day.in_force(equal_rule(effective_from="2999-01-01"))
    assert day.distribute(1000)["total"]["minor"] == 1000


def test_external_weights_come_from_a_file(day):
    rule = equal_rule()
    rule["steps"] = [dict(rule["steps"][2], parts=[{"share": 1, "weight": "external"}])]
    day.in_force(rule)
    day.paid(1000)
    body = {"pool": day.pool, "month": day.month}
    refused(day.treasurer.send("POST", f"{PAY}/runs", body=body), 422, "invalid")
    ada, ben = day.member("ada"), day.member("ben")
    twice = {"schema": "external-weights/1", "recipients": [{"id": ada, "external": 1}, {"id": ada, "external": 2}]}
    wrong = {"schema": "external-weights/1", "recipients": [{"id": ada, "external": -1}]}
    for external in (twice, wrong, {"schema": "other"}, {"schema": "external-weights/1", "recipients": {}}):
        refused(day.treasurer.send("POST", f"{PAY}/runs", body=dict(body, external=external)), 422, "invalid")
    weights = {"schema": "external-weights/1", "recipients": [{"id": ada, "external": 3}, {"id": ben, "external": 1}]}
    before = {name: day.of(name) for name in day.people}
    run = day.post_run(day.open_run(external=weights))
    assert [before[name] - day.of(name) for name in ("ada", "ben", "cem")] == [750, 250, 0]
    assert entry(day.trust, "run_inputs", run["id"])["body"]["external_sha256"] == hashlib.sha256(canonical(weights).encode()).hexdigest()


def test_an_assign_step_pays_who_never_contributed(day):
    rule = equal_rule()
    rule["steps"].insert(0, {"id": "prize", "kind": "assign", "recipient": day.member("hal"), "resolution": "V-1", "amount": 250})
    day.in_force(rule)
    run = day.distribute(1000)
    # and nothing more: the equal part is for those who contributed
    assert day.of("hal") == -250 and run["lines"] == 4
    statement = day.trust["hal"].get(f"{PAY}/statements/{run['id']}").json
    assert (statement["amount"], statement["line"]["steps"]) == (250, [{"amount": 250, "id": "prize"}])


def test_dry_runs_keep_nothing(day):
    day.in_force(equal_rule())
    body = {"pool": day.pool, "month": day.month, "pot": {"minor": 100000, "currency": "EUR"}}
    tables = "SELECT (SELECT count(*) FROM payout.run), (SELECT count(*) FROM payout.txn), (SELECT count(*) FROM payout.run_receipt), (SELECT count(*) FROM payout.evidence)"
    before = day.trust.sql(tables)
    refused(day.treasurer.send("POST", f"{PAY}/dry-runs", body={"pool": day.pool, "month": day.month}), 409, "nothing_to_distribute")
    seen = day.treasurer.post(f"{PAY}/dry-runs", body).json
    own = day.trust["ada"].post(f"{PAY}/dry-runs", body).json
    other = day.trust["eva"].post(f"{PAY}/dry-runs", body).json
    refused(day.trust.public.send("POST", f"{PAY}/dry-runs", body=body), 401, "not_signed_in")
    assert seen["result"]["run_id"].startswith("dry-") and len(seen["result"]["lines"]) == 3 and "lines" not in own["result"]
    assert own["line"]["id"] == day.member("ada") and own["line"]["amount"] in (26666, 26667) and own["trace"]["steps"][2]["amount"] == own["line"]["amount"]
    assert other["line"] is None and other["trace"] is None and other["result"]["hash"] == seen["result"]["hash"]
    draft = equal_rule()
    draft["steps"] = draft["steps"][2:]
    assert day.trust["ada"].post(f"{PAY}/dry-runs", dict(body, rule=draft)).json["line"]["amount"] in (33333, 33334)
    refused(day.trust["ada"].send("POST", f"{PAY}/dry-runs", body=dict(body, rule=dict(draft, remainder="luck"))), 422, "rule_invalid")
    refused(day.trust["ada"].send("POST", f"{PAY}/dry-runs", body=dict(body, pool="none")), 404, "not_found")
    assert day.trust.sql(tables) == before
    day.paid(3000)
    assert day.trust["ada"].post(f"{PAY}/dry-runs", {"pool": day.pool, "month": day.month}).json["result"]["pot"] == 3000
    assert day.post_run(day.open_run())["pot"]["minor"] == 3000
