# SPDX-License-Identifier: AGPL-3.0-or-later
"""What batches pay besides distributions: refunds, receipts sent back, bills from funds; and the funds themselves, what they promise and under which
resolution. Events 14, 19 and 22 are compared with the table of the journal."""
import concurrent.futures
import os
import uuid

import psycopg2
import pytest

from bank import iban
from paying import PAY, RATES, House, minor, post, refused, slug
from test_payout import camt
from stack import Client

LICENSEE = "aaaaaaaa-0000-7000-8000-000000000001"
PAYEE = {"iban": "AT611904300234573201", "name": "Example & Söhne GmbH", "reference": "Refund of invoice 7"}


@pytest.fixture(scope="module")
def house(trust):
    return House(trust)


def eur(amount):
    return {"minor": amount, "currency": "EUR"}


def resolution(trust, account, most, until="NULL"):
    """A resolution in force, as a carried proposal would have made it."""
    identifier = str(uuid.uuid4())
    trust.unguarded("ALTER TABLE governance.policy DISABLE TRIGGER USER", "INSERT INTO governance.policy (id, title, body_text, spend, from_at, until_at, proposal_id) VALUES (log.new_id(), 'Spending', 'As decided.', "
                    f"'[{{\"account\": \"{account}\", \"max\": {{\"minor\": {most}, \"currency\": \"EUR\"}}}}]', now() - interval '1 hour', {until}, '{identifier}')")
    return identifier


def lines(trust, txn):
    return dict(trust.sql("SELECT a.path, p.minor FROM payout.posting AS p JOIN payout.account AS a USING (owner_id, account_id) WHERE p.txn_id = %s", txn))


# -- refunds: event 14 ----------------------------------------------------

def test_a_refund_leaves_by_a_batch(house, trust):
    path = f"Liabilities:Refundable:{LICENSEE}"
    post(trust, "credit_note", [(RATES, 23800), (path, -23800)])
    body = {"kind": "refund", "licensee": LICENSEE, "amount": eur(23800), **PAYEE}
    refused(trust["ada"].send("POST", f"{PAY}/bills", body=body), 403, "forbidden")
    refused(house.tess.send("POST", f"{PAY}/bills", body=dict(body, amount=eur(23801))), 409, "bound_broken")
    refused(house.tess.send("POST", f"{PAY}/bills", body=dict(body, iban="AT611904300234573202")), 422, "invalid")
    refused(house.tess.send("POST", f"{PAY}/bills", body={k: v for k, v in body.items() if k != "amount"}), 422, "invalid")
    bill = house.tess.post(f"{PAY}/bills", body).json
    assert (bill["state"], bill["account"], bill["iban_hint"]) == ("open", path, "AT61 ... 3201")
    assert not trust.sql("SELECT 1 FROM log.idempotency WHERE body::text LIKE '%%0234573201%%'")
    refused(house.tess.send("POST", f"{PAY}/bills", body=dict(body, amount=eur(1))), 409, "bound_broken")
    batch = house.released()
    assert lines(trust, batch["txn_id"]) == {path: 23800, f"Liabilities:PayoutInFlight:{batch['id']}": -23800} and minor(trust, path) == 0
    content = house.tess.get(f"{PAY}/batches/{batch['id']}/file").raw
    assert b"<Nm>Example + Sohne GmbH</Nm>" in content and b"<Ustrd>Refund of invoice 7</Ustrd>" in content and b"AT611904300234573201" in content
    assert house.tess.get(f"{PAY}/bills?limit=1").json["items"][0]["state"] == "in_flight"
    refused(house.tess.send("POST", f"{PAY}/bills/{bill['id']}/withdraw-bill"), 409, "not_allowed_here")
    # what the bank rejects goes back where it came from, and is tried again
    payment, = house.payments(batch)
    house.wait(batch, "sent")
    rejected = trust.sql("SELECT (payout.reject_payments(NULL, %s, jsonb_build_array(jsonb_build_object('id', %s, 'reason', 'AC04')), payout.store_document('{\"test\": 14}'), '[]')).outcome",
                         batch["id"], payment["id"])
    assert rejected == [("posted",)] and minor(trust, path) == -23800 and house.get(batch)["state"] == "closed"
    refused(house.tess.send("POST", f"{PAY}/bills", body=dict(body, amount=eur(1))), 409, "bound_broken")
    again = house.tess.post(f"{PAY}/payments/{payment['id']}/retry-payment").json
    assert again["bill_id"] == bill["id"] and again["retries"] == payment["id"]
    batch = house.released()
    assert minor(trust, path) == 0 and house.payments(batch)[0]["id"] == again["id"]


# -- receipts sent back: event 19 -----------------------------------------

def test_a_receipt_goes_back_to_its_sender_once(house, trust):
    opening = minor(trust, "Assets:Bank:main")
    entry = "<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Who Ever</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties></TxDtls></NtryDtls></Ntry>"
    content = camt("S1", 1, opening, [7700]).replace(b"</Ntry>", entry.encode())
    made = house.tess.send("POST", f"{PAY}/bank-statements", raw=content, headers={"Content-Type": "application/xml"})
    assert made.status == 201, made.raw
    found, = trust.sql("SELECT id::text FROM payout.bank_entry WHERE minor = 7700")[0]
    body = {"kind": "send_back", "entry_id": found, "reference": "Not for us"}
    refused(house.tess.send("POST", f"{PAY}/bills", body=dict(body, iban="AT611904300234573201", name="Somebody Else")), 422, "invalid")
    refused(house.tess.send("POST", f"{PAY}/bills", body=dict(body, amount=eur(1))), 422, "invalid")
    refused(house.tess.send("POST", f"{PAY}/bills", body=dict(body, entry_id=str(uuid.uuid4()))), 404, "not_found")
    bill = house.tess.post(f"{PAY}/bills", body).json
    assert bill["iban_hint"] == "DE89 ... 3000" and bill["amount"] == eur(7700)
    refused(house.tess.send("POST", f"{PAY}/bills", body=body), 409, "already_matched")
    refused(house.tess.send("POST", f"{PAY}/bank-entries/{found}/assign-entry", body={"kind": "dues"}), 409, "already_matched")
    assert house.tess.post(f"{PAY}/bills/{bill['id']}/withdraw-bill")["state"] == "withdrawn"
    refused(house.tess.send("POST", f"{PAY}/bills/{bill['id']}/withdraw-bill"), 409, "not_allowed_here")
    house.tess.post(f"{PAY}/bills", body)
    before = minor(trust, RATES)
    batch = house.released()
    assert lines(trust, batch["txn_id"]) == {RATES: 7700, f"Liabilities:PayoutInFlight:{batch['id']}": -7700} and minor(trust, RATES) == before + 7700
    refused(house.tess.send("POST", f"{PAY}/bank-entries/{found}/assign-entry", body={"kind": "dues"}), 409, "already_matched")
    house.wait(batch, "sent")
    payment, = house.payments(batch)
    trust.sql("SELECT (payout.reject_payments(NULL, %s, jsonb_build_array(jsonb_build_object('id', %s, 'reason', 'AC04')), payout.store_document('{\"test\": 19}'), '[]')).outcome",
              batch["id"], payment["id"])
    assert minor(trust, RATES) == before
    assert [k for k, in trust.sql("SELECT kind FROM payout.entry_match WHERE entry_id = %s ORDER BY step", found)] == ["suspense", "send_back", "suspense"]


# -- funds: event 22 ------------------------------------------------------

def fund(trust, name):
    return next(({k: f[k]["minor"] for k in ("in", "promised", "spent", "free")} for f in trust.public.get(f"{PAY}/funds").json["items"] if f["fund"] == name), None)


def test_a_commitment_stays_within_award_and_fund(house, trust):
    post(trust, "distribution", [(RATES, 100000), ("Equity:Fund:Commons", -100000)])
    assert fund(trust, "Commons") == {"in": 100000, "promised": 0, "spent": 0, "free": 100000}
    award = resolution(trust, "Equity:Fund:Commons", 60000)
    other, over = resolution(trust, "Equity:Fund:Solidarity", 60000), resolution(trust, "Equity:Fund:Commons", 10 ** 9, "now() - interval '1 minute'")
    body = {"fund": "Commons", "amount": eur(40000), "resolution": award, "purpose": "A sensor for the school"}
    refused(trust["ada"].send("POST", f"{PAY}/commitments", body=body), 403, "forbidden")
    for changed in ({"resolution": other}, {"resolution": over}, {"resolution": "charter"}, {"amount": eur(60001)}):
        refused(house.tess.send("POST", f"{PAY}/commitments", body={**body, **changed}), 409, "over_award")
    refused(house.tess.send("POST", f"{PAY}/commitments", body=dict(body, amount={"minor": 1, "currency": "USD"})), 422, "invalid")
    made = house.tess.send("POST", f"{PAY}/commitments", body=body, headers={"Idempotency-Key": "c1"})
    assert (made.status, slug(made), made["state"]) == (201, "committed", "open")
    assert house.tess.send("POST", f"{PAY}/commitments", body=body, headers={"Idempotency-Key": "c1"}).json == made.json
    refused(house.tess.send("POST", f"{PAY}/commitments", body=dict(body, purpose="Another"), headers={"Idempotency-Key": "c1"}), 409, "idempotency_conflict")
    assert lines(trust, made["txn_id"]) == {"Equity:Fund:Commons": 40000, "Equity:Committed:Commons": -40000}
    refused(house.tess.send("POST", f"{PAY}/commitments", body=dict(body, amount=eur(20001))), 409, "over_award")
    large = resolution(trust, "Equity:Fund:Commons", 10 ** 9)
    refused(house.tess.send("POST", f"{PAY}/commitments", body=dict(body, amount=eur(60001), resolution=large)), 409, "over_fund")
    assert fund(trust, "Commons") == {"in": 100000, "promised": 40000, "spent": 0, "free": 60000}
    # spending: a creditor, paid by a batch
    spend = f"{PAY}/commitments/{made['id']}/spend-commitment"
    bill_body = {"amount": eur(25000), "iban": iban("DE", "500105175400000099"), "name": "Sensor Maker", "reference": "Invoice 4711"}
    refused(house.tess.send("POST", spend, body=dict(bill_body, amount=eur(40001))), 409, "over_award")
    bill = house.tess.post(spend, bill_body).json
    creditor = f"Liabilities:Creditor:{bill['id']}"
    assert bill["account"] == creditor and minor(trust, creditor) == -25000
    assert fund(trust, "Commons") == {"in": 100000, "promised": 15000, "spent": 25000, "free": 60000}
    second = house.tess.post(spend, dict(bill_body, amount=eur(5000))).json
    assert house.tess.post(f"{PAY}/bills/{second['id']}/withdraw-bill")["state"] == "withdrawn"
    assert fund(trust, "Commons")["promised"] == 15000 and minor(trust, f"Liabilities:Creditor:{second['id']}") == 0
    batch = house.released()
    assert minor(trust, creditor) == 0 and lines(trust, batch["txn_id"])[creditor] == 25000
    # what is not spent goes back, and the award has it again
    lapse = f"{PAY}/commitments/{made['id']}/lapse-commitment"
    ended = house.tess.post(lapse, {"reason": "the school has one"})
    assert (ended["state"], ended["lapsed"], ended["left"]) == ("lapsed", eur(15000), eur(0))
    refused(house.tess.send("POST", lapse, body={"reason": "again"}), 409, "not_allowed_here")
    refused(house.tess.send("POST", spend, body=bill_body), 409, "not_allowed_here")
    assert fund(trust, "Commons") == {"in": 100000, "promised": 0, "spent": 25000, "free": 75000}
    refused(house.tess.send("POST", f"{PAY}/commitments", body=dict(body, amount=eur(35001))), 409, "over_award")
    assert house.tess.send("POST", f"{PAY}/commitments", body=dict(body, amount=eur(35000))).status == 201
    assert {c["id"] for c in trust.public.get(f"{PAY}/commitments?fund=Commons").json["items"]} >= {made["id"]}


ROUNDS = int(os.environ.get("CH_ROUNDS", 60))


def test_commitments_in_parallel_never_pass_fund_or_award(house, trust):
    """Eight at once for a fund and an award that hold five of them."""
    post(trust, "distribution", [(RATES, 5 * 700), ("Equity:Fund:Parallel", -5 * 700)])
    both = resolution(trust, "Equity:Fund:Parallel", 10 ** 9)
    tight = resolution(trust, "Equity:Fund:Parallel", 3 * 700)
    clients = [Client(trust.base, house.tess.cookies["ch_token"]) for _ in range(8)]

    def commit(pair):
        number, client = pair
        return slug(client.send("POST", f"{PAY}/commitments", body={"fund": "Parallel", "amount": eur(700), "purpose": f"Thing {number}",
                                                                    "resolution": tight if number % 2 else both}))
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(commit, enumerate(clients)))
    assert answers.count("committed") == 5 and fund(trust, "Parallel")["free"] == 0, answers
    assert trust.sql("SELECT sum(minor) FROM payout.commitment WHERE resolution = %s", tight)[0][0] <= 3 * 700


def test_two_sessions_race_for_the_last_of_a_fund(house, trust):
    """At the level of the database, many rounds: one of two commitments gets the last of an award, whoever comes first."""
    post(trust, "distribution", [(RATES, 10 * ROUNDS), ("Equity:Fund:Race", -10 * ROUNDS)])
    sessions = [psycopg2.connect(trust.database) for _ in range(2)]
    for session in sessions:
        session.autocommit = True

    def commit(session, award):
        with session.cursor() as cursor:
            cursor.execute("SELECT outcome FROM payout.create_commitment(%s, NULL, jsonb_build_object('fund', 'Race', 'purpose', 'race', 'resolution', %s, "
                           "'amount', '{\"minor\": 10, \"currency\": \"EUR\"}'::jsonb))", (house.tess.subject, award))
            return cursor.fetchone()[0]
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        for _ in range(ROUNDS):
            award = resolution(trust, "Equity:Fund:Race", 15)
            assert sorted(threads.map(commit, sessions, [award] * 2)) == ["committed", "over_award"]
    for session in sessions:
        session.close()
    assert minor(trust, "Equity:Fund:Race") == 0
