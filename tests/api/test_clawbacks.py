# SPDX-License-Identifier: AGPL-3.0-or-later
"""What credit notes take back of what was given out, the debts it leaves, and what later lines pay off of them."""
import json

import pytest

from running import PAY, Payday, equal_rule
from stack import eventually


@pytest.fixture
def day(fresh_trust):
    made = Payday(fresh_trust)
    made.in_force(equal_rule())
    made.seal_equally()
    return made


def credit(day, invoice, net):
    """A credit note over `net` of the invoice's only line, and its clawbacks, once they are booked."""
    before = day.trust.sql("SELECT count(*) FROM payout.clawback")[0][0]
    answer = day.treasurer.send("POST", f"{PAY}/invoices/{invoice['id']}/credit-invoice", body={
        "reason": "counted twice", "lines": [{"line": 1, "net": {"minor": net, "currency": "EUR"}}]})
    assert answer.status in (200, 201), answer.raw
    eventually("the clawback", lambda: day.trust.sql("SELECT 1 FROM payout.clawback WHERE state = 'posted' HAVING count(*) > %s", before))
    assert day.balance(f"Liabilities:Pool:{day.pool}:Clawback") == 0
    return day.trust.sql("SELECT id, run_id, minor, from_fund, uncovered, unpaid FROM payout.clawback ORDER BY id DESC LIMIT 1")[0]


def lines_of(day, clawback):
    names = {day.member(n): n for n in day.people}
    return {names.get(i, i): row for i, *row in day.trust.sql("SELECT id, minor, payable, held, owed FROM payout.clawback_line WHERE clawback = %s", clawback)}


def test_a_credit_note_takes_back_by_the_lines(day):
    invoice = day.paid(100000)
    run = day.post_run(day.open_run())
    before = {name: -day.of(name) for name in day.people}
    clawback, number, minor, from_fund, uncovered, unpaid = credit(day, invoice, 20000)
    lines = lines_of(day, clawback)
    assert (minor, from_fund, uncovered, unpaid) == (20000, 0, 0, 0) and sum(row[0] for row in lines.values()) == 20000
    assert lines["Income:OperationsShare"][0] == 3000 and lines["Equity:Fund:Solidarity"][0] == 1000
    for name in day.people:
        assert lines[name] == [before[name] + day.of(name), lines[name][0], 0, 0] and lines[name][0] in (5333, 5334)
    statement = day.trust["ada"].get(f"{PAY}/statements/{run['id']}").json
    assert [(c["run_id"], c["amount"], c["owed"]) for c in statement["clawbacks"]] == [(number, lines["ada"][0], 0)]
    # again, over what is left: what was taken is not taken twice, and the whole pot comes back
    second = credit(day, invoice, 80000)
    assert sum(row[0] for row in lines_of(day, second[0]).values()) == 80000 and all(day.of(name) == 0 for name in day.people)
    assert day.balance("Equity:Fund:Solidarity") == 0 and day.balance("Income:OperationsShare") == 0
    assert day.trust.sql("SELECT sum(minor) FROM payout.balance")[0][0] == 0


def test_money_still_in_the_pool_goes_first(day):
    invoice = day.paid(5000)
    answer = day.treasurer.send("POST", f"{PAY}/invoices/{invoice['id']}/credit-invoice", body={
        "reason": "too much", "lines": [{"line": 1, "net": {"minor": 2000, "currency": "EUR"}}]})
    assert answer.status in (200, 201), answer.raw
    assert day.post_run(day.open_run())["pot"]["minor"] == 3000 and day.trust.sql("SELECT count(*) FROM payout.clawback")[0][0] == 0


def test_what_is_not_payable_any_more_is_owed_and_netted(day):
    invoice = day.paid(90000)
    day.post_run(day.open_run())
    # ada is paid out, ben's money is held in two parts, cem's is there
    for name in ("ada", "ben"):
        day.held = -day.of(name)
        for part in ((day.held,) if name == "ada" else (1000, day.held - 1000)):
            answer = day.treasurer.send("POST", f"{PAY}/holds", body={"member_id": day.member(name), "reason": "TaxForm", "note": "form is missing",
                                                                       "amount": {"minor": part, "currency": "EUR"}})
            assert answer.status == 201, answer.raw
    day.trust.unguarded(f"UPDATE payout.hold SET released_at = now(), released_txn_id = txn_id WHERE member_id = '{day.member('ada')}'")
    clawback = credit(day, invoice, 45000)[0]
    lines = lines_of(day, clawback)
    assert [row[2:] for row in (lines["ada"], lines["ben"], lines["cem"])] == [[0, 12000], [12000, 0], [0, 0]] and lines["cem"][1] == 12000
    ada = f"Assets:Receivable:Member:{day.member('ada')}"
    assert day.balance(ada) == 12000
    held = day.trust.sql("SELECT minor, released_at IS NULL FROM payout.hold WHERE member_id = %s ORDER BY since, id", day.member("ben"))
    assert [minor for minor, still in held if still] == [12000] and -day.of("ben", "Held:TaxForm") == 12000
    # half of each later line pays the debt off, until it is gone
    run = day.distribute(30000)
    assert day.balance(ada) == 8000 and -day.of("ada") == 4000
    assert [n["amount"] for n in day.trust["ada"].get(f"{PAY}/statements/{run['id']}").json["netting"]] == [4000]
    assert day.trust["cem"].get(f"{PAY}/statements/{run['id']}").json["netting"] == []
    day.distribute(30000)
    run = day.distribute(90000)
    assert day.balance(ada) == 0 and [n["amount"] for n in day.trust["ada"].get(f"{PAY}/statements/{run['id']}").json["netting"]] == [4000]


def test_the_oldest_hold_pays_first(day):
    """And what has become unclaimed pays nothing: the member has it still, and owes the rest."""
    invoice = day.paid(30000)
    day.post_run(day.open_run())
    ben, holds = day.member("ben"), []
    for reason, minor in (("TaxForm", 1000), ("TaxForm", 1000), ("Consent", 6000)):
        answer = day.treasurer.send("POST", f"{PAY}/holds", body={"member_id": ben, "reason": reason, "note": "asked on paper", "amount": {"minor": minor, "currency": "EUR"}})
        assert answer.status == 201, answer.raw
        holds.append(answer["id"])
    day.trust.sql("UPDATE payout.hold SET since = since - interval '100 years' WHERE id = %s", holds[0])
    eventually("the first to be unclaimed", lambda: day.balance("Liabilities:Unclaimed") == -1000)
    credit(day, invoice, 6750)
    assert (day.of("ben"), day.of("ben", "Held:TaxForm"), day.of("ben", "Held:Consent"), day.balance("Liabilities:Unclaimed")) == (0, 0, -5200, -1000)
    credit(day, invoice, 23250)
    assert (day.of("ben", "Held:Consent"), day.balance("Liabilities:Unclaimed"), day.balance(f"Assets:Receivable:Member:{ben}")) == (0, -1000, 1000)


def test_netting_follows_the_rule(day):
    day.in_force(equal_rule(hold={"netting": {"num": 1, "den": 3}}))
    invoice = day.paid(30000)
    day.post_run(day.open_run())
    ada = day.member("ada")
    day.trust.sql("SELECT payout.post_hold(NULL, 'test_paid', %s, 'Liabilities:PayoutInFlight:x', 8000, '{}')", f"Liabilities:Member:{ada}:Payable")
    credit(day, invoice, 15000)
    assert day.balance(f"Assets:Receivable:Member:{ada}") == 4000
    day.distribute(11)
    assert day.balance(f"Assets:Receivable:Member:{ada}") == 4000 - -(-day.trust.sql("SELECT max(minor) FROM payout.netting")[0][0])
    assert day.trust.sql("SELECT minor FROM payout.netting")[0][0] in (0, 1)


def test_a_spent_fund_leaves_it_to_the_refund_fees(day):
    rule = equal_rule(refund={"first_from": "Equity:Fund:Refund", "then": "same_shares", "fee_recovery": "keep"})
    rule["steps"].insert(0, {"id": "refund", "kind": "fixed", "to": "Equity:Fund:Refund", "amount": 500})
    day.in_force(rule)
    invoice = day.paid(10000)
    day.post_run(day.open_run())
    day.trust.sql("SELECT payout.post_hold(NULL, 'test_spent', 'Equity:Fund:Solidarity', 'Liabilities:Creditor:x', 500, '{}')")
    _, _, minor, from_fund, uncovered, unpaid = credit(day, invoice, 10000)
    # the refund fund gives all it has first; its own line cannot be carried by it any more, nor can the spent fund's
    assert (minor, from_fund) == (10000, 500) and day.balance("Equity:Fund:Refund") == 0 and day.balance("Equity:Fund:Solidarity") == 0
    assert day.balance("Expenses:Fees:Refund") == uncovered + unpaid and unpaid > 500
    assert day.trust.sql("SELECT sum(minor) FROM payout.balance")[0][0] == 0


def test_a_clawback_is_computed_as_offline(day):
    invoice = day.paid(70001)
    day.post_run(day.open_run())
    clawback = credit(day, invoice, 12345)[0]
    (result, stored), = day.trust.sql("SELECT convert_from(e.bytes, 'UTF8')::jsonb, c.result_hash FROM payout.clawback AS c JOIN payout.evidence AS e ON e.sha256 = c.result_sha256 "
                                      "WHERE c.id = %s", clawback)
    assert result["hash"] == stored and {line["id"]: line["amount"] for line in result["lines"]} == dict(day.trust.sql(
        "SELECT id, minor FROM payout.clawback_line WHERE clawback = %s", clawback))
    with pytest.raises(Exception) as error:
        day.trust.sql("UPDATE payout.clawback SET minor = minor + 1")
    assert error.value.pgcode == "23001"
    assert json.dumps(result["lines"]) == json.dumps(sorted(result["lines"], key=lambda line: line["id"]))
