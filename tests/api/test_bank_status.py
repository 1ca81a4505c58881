# SPDX-License-Identifier: AGPL-3.0-or-later
"""Status reports of a bank (pain.002): group, payment and transaction level, late, twice and out of order, and what each reason code does."""
import uuid

import pytest

from banking import Bank, Batch, balances, detail, entry, pain002
from test_bank import IBAN, holder, kinds, moved, refused


@pytest.fixture(scope="module")
def treasurer(trust):
    return holder(trust, "treasurer")


@pytest.fixture(scope="module")
def bank(treasurer):
    return Bank(treasurer, "main", IBAN, 1_000_000)


def report(treasurer, batch, *args, **more):
    return treasurer.send("POST", f"/payout/v1/batches/{batch.id}/read-status", raw=pain002(*args, **more), headers={"Content-Type": "application/xml"})


def states(trust, batch):
    return [row[0] for row in trust.sql("SELECT state FROM payout.payment WHERE batch_id = %s ORDER BY id", batch.id)]


def state_of(trust, batch):
    return trust.sql("SELECT state FROM payout.batch WHERE id = %s", batch.id)[0][0]


@pytest.mark.parametrize("version", ["001.03", "001.10"])
def test_a_group_rejection_rejects_all(trust, bank, treasurer, version):
    batch = Batch(trust, treasurer, bank, [100, 200], state="unknown")
    before = balances(trust)
    answer = report(treasurer, batch, batch.message, ("RJCT", "AM05"), version=version)
    assert answer.status == 200 and (answer["rejected"], answer["noted"], answer["absent"]) == (2, 0, 0), answer.raw
    assert states(trust, batch) == ["rejected", "rejected"] and state_of(trust, batch) == "closed"
    assert moved(trust, before) == {f"Liabilities:PayoutInFlight:{batch.id}": 300, **{f"Liabilities:Member:{p['member']}:Held:Rejected": -p["minor"] for p in batch.payments}}
    assert trust.sql("SELECT count(*) FROM payout.batch_event WHERE batch_id = %s AND state = 'refused'", batch.id) == [(1,)]


def test_the_lowest_level_wins_and_absence_says_nothing(trust, bank, treasurer):
    batch = Batch(trust, treasurer, bank, [10, 20, 30, 40, 50], block=2)
    a, b, c, d, e = batch.payments
    lines = [(batch.message + "-1", "RJCT", "MS03", [({"e2e": b["e2e"]}, "ACSC", None, "BANKREF-B")]), (batch.message + "-2", "ACCP", None, [({"uetr": d["uetr"].upper()}, "RJCT", "AC01")])]
    answer = report(treasurer, batch, batch.message, ("PART", None), lines)
    assert (answer["rejected"], answer["noted"], answer["absent"]) == (2, 3, 0), answer.raw
    assert states(trust, batch) == ["rejected", "in_flight", "in_flight", "rejected", "in_flight"] and state_of(trust, batch) == "sent"
    blocked = {row[0] for row in trust.sql("SELECT id::text FROM payout.payee_account_event WHERE kind = 'blocked'")}
    assert d["account"] in blocked and a["account"] not in blocked
    assert {(p["id"], s, r) for p in batch.payments for s, r in trust.sql("SELECT state, reason FROM payout.payment WHERE id = %s AND state = 'rejected'", p["id"])} == {
        (a["id"], "rejected", "MS03"), (d["id"], "rejected", "AC01")}
    silent = Batch(trust, treasurer, bank, [60, 70])
    answer = report(treasurer, silent, silent.message, None, [(silent.message + "-1", None, None, [({"e2e": silent.payments[0]["e2e"]}, "ACSC", None)])])
    assert (answer["noted"], answer["absent"]) == (1, 1) and states(trust, silent) == ["in_flight", "in_flight"]
    # Only the statement proves that money moved, and the bank's reference, learnt here, is one way to find it.
    got = bank.book(entry(-20, "BANKREF-B"), total=-20)
    assert kinds(got) == [("payment", "servicer_ref")] and states(trust, batch)[1] == "booked"


@pytest.mark.parametrize("status", ["ACTC", "ACCP", "ACSP", "ACSC", "ACWC", "PDNG", "PART"])
def test_other_statuses_are_notes(trust, bank, treasurer, status):
    batch = Batch(trust, treasurer, bank, [77], state="unknown")
    before = balances(trust)
    assert report(treasurer, batch, batch.message, (status, None)).status == 200
    assert balances(trust) == before and states(trust, batch) == ["in_flight"] and state_of(trust, batch) == "sent"


def test_late_twice_and_out_of_order_never_goes_back(trust, bank, treasurer):
    batch = Batch(trust, treasurer, bank, [500, 600])
    a, b = batch.payments
    bank.book(entry(-500, "l1", detail(e2e=a["e2e"])), total=-500)
    raw = pain002(batch.message, None, [(batch.message + "-1", None, None, [({"e2e": a["e2e"]}, "RJCT", "AC04"), ({"e2e": b["e2e"]}, "RJCT", "AC04")])])
    path = f"/payout/v1/batches/{batch.id}/read-status"
    first = treasurer.send("POST", path, raw=raw, headers={"Content-Type": "application/xml"})
    assert (first["rejected"], first["late"]) == (1, 1) and states(trust, batch) == ["booked", "rejected"] and state_of(trust, batch) == "closed"
    after = balances(trust)
    again = treasurer.send("POST", path, raw=raw, headers={"Content-Type": "application/xml"})
    assert again.status == 200 and again["id"] == first["id"] and again["rejected"] == 1
    for late in (("ACSC", None), ("RJCT", "AM05"), ("ACTC", None)):
        assert report(treasurer, batch, batch.message, late)["rejected"] == 0
    assert balances(trust) == after and states(trust, batch) == ["booked", "rejected"]
    assert trust.sql("SELECT count(*) FROM log.outbox WHERE payload->>'kind' = 'payment.rejected_late' AND payload->>'subject' = %s", "payment " + a["id"])[0][0] == 1
    assert trust.sql("SELECT count(*) FROM payout.hold WHERE member_id = %s", b["member"]) == [(1,)]


@pytest.mark.parametrize("code, blocked, alert", [(c, True, False) for c in ("AC01", "AC04", "AC06", "AG01", "CNOR", "MD07", "RC01")] +
                         [(c, False, True) for c in ("RR01", "RR02", "RR03", "RR04", "MS03", "AM05", "DUPL", "FF01", "BE04", "XXXX")])
def test_reason_codes(trust, bank, treasurer, code, blocked, alert):
    batch = Batch(trust, treasurer, bank, [900])
    pay, = batch.payments
    report(treasurer, batch, batch.message, ("RJCT", code))
    assert bool(trust.sql("SELECT 1 FROM payout.payee_account_event WHERE id = %s AND kind = 'blocked'", pay["account"])) == blocked
    said = {row[0] for row in trust.sql("SELECT payload->>'kind' FROM log.outbox WHERE topic = 'notice' AND payload->>'subject' = %s", "payment " + pay["id"])}
    assert ("payment.look" in said) == alert and "payment.rejected" in said
    assert trust.sql("SELECT reason, minor FROM payout.hold WHERE member_id = %s", pay["member"]) == [("Rejected", 900)]


def test_what_is_refused(trust, bank, treasurer):
    batch, other = Batch(trust, treasurer, bank, [1, 2]), Batch(trust, treasurer, bank, [3])
    early = Batch(trust, treasurer, bank, [4], state="frozen")
    a, b = batch.payments
    stranger = next(trust[f["ref"]] for f in trust.charter["founders"] if "treasurer" not in f["offices"])
    before = balances(trust)
    refused(report(stranger, batch, batch.message, ("RJCT", None)), 403, "forbidden")
    refused(report(treasurer, batch, other.message, ("RJCT", None)), 422, "unknown_reference")
    for ids in ({"e2e": other.payments[0]["e2e"]}, {"e2e": "E" + "0" * 26}, {"uetr": str(uuid.uuid4())}, {"uetr": a["uetr"], "e2e": b["e2e"]}):
        refused(report(treasurer, batch, batch.message, None, [(batch.message + "-1", None, None, [(ids, "RJCT", "AC01")])]), 422, "unknown_reference")
    for block in (batch.message + "-2", batch.message + "-0", other.message + "-1", "nothing"):
        refused(report(treasurer, batch, batch.message, None, [(block, "RJCT", None, [])]), 422, "unknown_reference")
    refused(report(treasurer, early, early.message, ("RJCT", None)), 409, "not_allowed_here")
    path = f"/payout/v1/batches/{batch.id}/read-status"
    good = pain002(batch.message, ("ACCP", None))
    for raw in (b"", b"<a/>", good[:-9], good.replace(b"001.10", b"001.02"), good.replace(b"ACCP", b"nope"), good.replace(b"OrgnlMsgId", b"OrgnlMsgIx"),
                b'<!DOCTYPE a [<!ENTITY b "c">]>' + good[38:]):
        refused(treasurer.send("POST", path, raw=raw, headers={"Content-Type": "application/xml"}), 422, "invalid")
    refused(treasurer.send("POST", f"/payout/v1/batches/{uuid.uuid4()}/read-status", raw=good, headers={"Content-Type": "application/xml"}), 404, "not_found")
    assert balances(trust) == before and states(trust, batch) == ["in_flight", "in_flight"]
