# SPDX-License-Identifier: AGPL-3.0-or-later
"""Money of members that waits: holds and who lifts them, disputes of lines, what nobody claims, and what a withdrawn consent leaves alone."""
import pytest

from running import PAY, Payday, equal_rule
from stack import eventually


@pytest.fixture(scope="module")
def day(trust):
    made = Payday(trust)
    made.in_force(equal_rule(hold={"unclaimed_after_days": 400}))
    made.seal_equally()
    made.done = made.distribute(30000)
    return made


def refused(answer, status, slug):
    assert (answer.status, answer["type"].rsplit("/", 1)[1]) == (status, slug), answer.raw


def hold(day, name, minor, reason="TaxForm"):
    return day.treasurer.send("POST", f"{PAY}/holds", body={"member_id": day.member(name), "reason": reason, "note": "looked at",
                                                             "amount": {"minor": minor, "currency": "EUR"}})


@pytest.mark.parametrize("reason", ["TaxForm", "Consent", "Sanctions"])
def test_the_treasurer_holds_and_releases(day, reason):
    before = day.of("ada")
    placed = hold(day, "ada", 1500, reason)
    assert placed.status == 201 and placed["reason"] == reason and day.of("ada") == before + 1500 and day.of("ada", f"Held:{reason}") == -1500
    own = day.trust["ada"].get(f"{PAY}/holds").json["items"]
    assert [(h["id"], h["note"], h["lifted_by"]) for h in own] == [(placed["id"], "looked at", "the treasurer")]
    assert day.trust["ben"].get(f"{PAY}/holds").json["items"] == []
    refused(day.trust["ada"].send("POST", f"{PAY}/holds/{placed['id']}/release-hold"), 403, "forbidden")
    assert day.treasurer.post(f"{PAY}/holds/{placed['id']}/release-hold")["id"] == placed["id"] and day.of("ada") == before
    refused(day.treasurer.send("POST", f"{PAY}/holds/{placed['id']}/release-hold"), 404, "not_found")


def test_what_cannot_be_held(day):
    refused(hold(day, "ada", 10**9), 422, "invalid")
    refused(hold(day, "gil", 1), 409, "nothing_to_pay")
    refused(day.treasurer.send("POST", f"{PAY}/holds", body={"member_id": day.member("ada"), "reason": "BankMissing", "note": "by hand"}), 422, "invalid")
    refused(day.trust["ben"].send("POST", f"{PAY}/holds", body={"member_id": day.member("ada"), "reason": "TaxForm", "note": "not mine"}), 403, "forbidden")
    refused(day.trust.public.send("POST", f"{PAY}/holds", body={}), 401, "not_signed_in")


def put_hold(day, name, reason, minor, days=0):
    """A hold as the bank's evidence or a batch makes it, some days ago."""
    path = f"Liabilities:Member:{day.member(name)}"
    txn, = day.trust.sql("SELECT (payout.post_hold(NULL, 'hold', %s, %s, %s, '{}')).body ->> 'txn_id'", path + ":Payable", f"{path}:Held:{reason}", minor)[0]
    return day.trust.sql("INSERT INTO payout.hold (id, member_id, reason, minor, txn_id, since) VALUES (log.new_id(), %s, %s, %s, %s, now() - %s * interval '1 day') RETURNING id::text",
                         day.member(name), reason, minor, txn, days)[0][0]


def test_a_reason_that_is_still_true(day):
    """What only an account that works can lift."""
    before, held = day.of("ben"), {reason: put_hold(day, "ben", reason, 700) for reason in ("BankMissing", "Returned", "Rejected")}
    for identifier in held.values():
        refused(day.treasurer.send("POST", f"{PAY}/holds/{identifier}/release-hold"), 409, "still_true")
    account = day.give_account("ben", 4711)
    for identifier in held.values():
        assert day.treasurer.send("POST", f"{PAY}/holds/{identifier}/release-hold").status == 200
    assert day.of("ben") == before
    day.trust["ben"].post(f"{PAY}/payee-accounts/{account}/block-account", {"reason": "closed"})


def test_what_nobody_claims(day):
    before = -day.of("cem")
    young, old = put_hold(day, "cem", "BankMissing", 100, 399), put_hold(day, "cem", "BankMissing", 200, 401)
    disputed = put_hold(day, "cem", "Sanctions", 50, 5000)
    eventually("the old one to be unclaimed", lambda: day.balance("Liabilities:Unclaimed") == -200)
    items = {h["reason"]: h for h in day.trust["cem"].get(f"{PAY}/holds").json["items"]}
    assert set(items) == {"BankMissing", "Unclaimed", "Sanctions"} and items["BankMissing"]["id"] == young and items["Sanctions"]["id"] == disputed
    unclaimed = items["Unclaimed"]["id"]
    assert unclaimed != old and items["Unclaimed"]["amount"]["minor"] == 200
    refused(day.treasurer.send("POST", f"{PAY}/holds/{unclaimed}/release-hold"), 409, "still_true")
    refused(day.treasurer.send("POST", f"{PAY}/holds/{young}/give-up-hold", body={"resolution": "x"}), 409, "still_true")
    refused(day.treasurer.send("POST", f"{PAY}/holds/{unclaimed}/give-up-hold", body={"resolution": "x"}), 409, "over_award")
    refused(day.trust["cem"].send("POST", f"{PAY}/holds/{unclaimed}/give-up-hold", body={"resolution": "x"}), 403, "forbidden")
    day.give_account("cem", 815)
    assert day.treasurer.send("POST", f"{PAY}/holds/{unclaimed}/release-hold").status == 200
    assert day.balance("Liabilities:Unclaimed") == 0 and -day.of("cem") == before - 150


def test_unclaimed_money_is_given_up_by_resolution(day):
    put_hold(day, "ben", "TaxForm", 300, 500)
    eventually("it to be unclaimed", lambda: day.balance("Liabilities:Unclaimed") == -300)
    unclaimed = next(h["id"] for h in day.trust["ben"].get(f"{PAY}/holds").json["items"] if h["reason"] == "Unclaimed")
    proposal = day.trust.sql("SELECT gen_random_uuid()::text")[0][0]
    day.past_guards("governance.policy", "INSERT INTO governance.policy (id, title, body_text, spend, from_at, proposal_id) VALUES (gen_random_uuid(), 'Unclaimed money', "
                    f"'To the commons.', '[{{\"account\": \"Liabilities:Unclaimed\", \"max\": {{\"minor\": 300, \"currency\": \"EUR\"}}}}]', now() - interval '1 s', '{proposal}')")
    commons = day.balance("Equity:Fund:Commons")
    assert day.treasurer.send("POST", f"{PAY}/holds/{unclaimed}/give-up-hold", body={"resolution": proposal}).status == 200
    assert day.balance("Liabilities:Unclaimed") == 0 and day.balance("Equity:Fund:Commons") == commons - 300


def dispute(day, name, run, **more):
    return day.trust[name].send("POST", f"{PAY}/disputes", body={"kind": "member", "run": run, "grounds": "my week is missing"}, **more)


def settle(day, name, identifier, **body):
    return day.trust[name].send("POST", f"{PAY}/disputes/{identifier}/settle-dispute", body=body)


def test_a_line_is_disputed_and_settled(day):
    run, before = day.distribute(9000), day.of("ada")
    made = dispute(day, "ada", run["id"], headers={"Idempotency-Key": "d1"})
    assert made.status == 201 and made["amount"]["minor"] == 2400 and day.of("ada") == before + 2400 and day.of("ada", "Held:Dispute") == -2400
    assert dispute(day, "ada", run["id"], headers={"Idempotency-Key": "d1"}).json == made.json
    refused(dispute(day, "ada", run["id"]), 409, "not_allowed_here")
    refused(dispute(day, "gil", run["id"]), 404, "not_found")
    refused(day.trust["ada"].send("POST", f"{PAY}/disputes", body={"kind": "member", "grounds": "which run?"}), 422, "invalid")
    assert [d["id"] for d in day.trust["ada"].get(f"{PAY}/disputes").json["items"]] == [made["id"]] and day.trust["ben"].get(f"{PAY}/disputes").json["items"] == []
    held = next(h for h in day.trust["ada"].get(f"{PAY}/holds").json["items"] if h["reason"] == "Dispute")
    refused(day.treasurer.send("POST", f"{PAY}/holds/{held['id']}/release-hold"), 409, "still_true")
    refused(settle(day, "ada", made["id"], state="won", decision="mine"), 403, "forbidden")
    assert settle(day, "tess", made["id"], state="won", decision="It was counted in the month before.").status == 200
    assert day.of("ada") == before and day.of("ada", "Held:Dispute") == 0
    refused(settle(day, "tess", made["id"], state="won", decision="again"), 409, "not_allowed_here")
    again = dispute(day, "ada", run["id"])["id"]
    correction = {"amount": {"minor": 70, "currency": "EUR"}, "fund": "Solidarity", "resolution": "none"}
    refused(settle(day, "tess", again, state="lost", decision="It is missing.", correction=correction), 409, "over_award")
    refused(settle(day, "tess", again, state="won", decision="It is not.", correction=correction), 422, "invalid")
    assert settle(day, "tess", again, state="lost", decision="Paid by hand.").status == 200


def test_a_dispute_that_comes_too_late(day):
    run = day.distribute(600)
    day.past_guards("payout.run", f"UPDATE payout.run SET ended_at = now() - interval '31 days' WHERE id = '{run['id']}'")
    refused(dispute(day, "ben", run["id"]), 409, "too_late")
    run = day.distribute(600)
    path = f"Liabilities:Member:{day.member('ben')}:Payable"
    day.trust.sql("SELECT payout.post_hold(NULL, 'test_paid', %s, 'Liabilities:PayoutInFlight:x', %s, '{}')", path, -day.balance(path))
    refused(dispute(day, "ben", run["id"]), 409, "too_late")


def test_who_withdraws_keeps_what_was_earned(day):
    """Event 17: the contribution ends; usage of before is shared all the same."""
    rule = equal_rule()
    rule["steps"] = [dict(rule["steps"][2], parts=[{"share": 1, "weight": "usage"}])]
    day.in_force(rule)
    day.trust.unguarded(f"UPDATE licensing.contribution SET state = 'withdrawn', ended_at = now() WHERE id = '{day.contributions['cem']}'")
    before = day.of("cem")
    day.distribute(3000)
    assert before - day.of("cem") == 1000


def test_the_member_sees_what_keeps_money_back(day):
    day.in_force(equal_rule(hold={"min_payout": 10**9}))
    assert [(x["reason"], x["amount"]["minor"]) for x in day.trust["ada"].get(f"{PAY}/holds").json["listed"]] == [("below_minimum", -day.of("ada"))]
    assert day.trust["gil"].get(f"{PAY}/holds").json["listed"] == []
