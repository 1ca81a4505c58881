# SPDX-License-Identifier: AGPL-3.0-or-later
"""Payout through its HTTP API on a founded trust without licensees: bank accounts, statements, suspense, payee accounts, periods, and who
may do what. The whole way from usage to a paid member is tests/sql/payout_cycle.sql and the demo."""
import time

import pytest

from stack import eventually

IBAN = "DE91100000000123456789"
DAY = time.strftime("%Y-%m-%d", time.gmtime())


def camt(ref, sequence, opening, entries, iban=IBAN, closing=None):
    def amount(minor):
        return f'<Amt Ccy="EUR">{abs(minor) // 100}.{abs(minor) % 100:02d}</Amt><CdtDbtInd>{"CRDT" if minor >= 0 else "DBIT"}</CdtDbtInd>'

    def balance(kind, minor):
        return f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{amount(minor)}<Dt><Dt>{DAY}</Dt></Dt></Bal>"

    body = "".join(f"<Ntry>{amount(minor)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{DAY}</Dt></BookgDt><ValDt><Dt>{DAY}</Dt></ValDt>"
                   f"<AcctSvcrRef>{ref}-{number}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly>"
                   f"</Domn></BkTxCd></Ntry>" for number, minor in enumerate(entries))
    closing = opening + sum(entries) if closing is None else closing
    return (f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr>'
            f"<MsgId>{ref}</MsgId><CreDtTm>{DAY}T22:00:00Z</CreDtTm></GrpHdr><Stmt><Id>{ref}</Id><ElctrncSeqNb>{sequence}</ElctrncSeqNb>"
            f"<CreDtTm>{DAY}T22:00:00Z</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balance('OPBD', opening)}"
            f"{balance('CLBD', closing)}{body}</Stmt></BkToCstmrStmt></Document>").encode()


def slug(answer):
    return answer["type"].rsplit("/", 1)[1]


def refused(answer, status, expected):
    assert (answer.status, slug(answer)) == (status, expected), answer.raw


def holder(trust, office):
    return trust[next(f["ref"] for f in trust.charter["founders"] if office in f["offices"])]


@pytest.fixture(scope="module")
def treasurer(trust):
    return holder(trust, "treasurer")


@pytest.fixture(scope="module")
def other(trust, treasurer):
    return next(trust[f["ref"]] for f in trust.charter["founders"] if trust[f["ref"]] is not treasurer and "treasurer" not in f["offices"])


def send_file(client, content):
    return client.send("POST", "/payout/v1/bank-statements", raw=content, headers={"Content-Type": "application/xml"})


def test_only_the_treasurer_reads_the_ledger(trust, treasurer, other):
    assert treasurer.get("/payout/v1/accounts")["sum"] == {"minor": 0, "currency": "EUR"}
    refused(other.send("GET", "/payout/v1/accounts"), 403, "forbidden")
    refused(trust.public.send("GET", "/payout/v1/accounts"), 401, "not_signed_in")


def test_statements_come_whole_and_once(treasurer, other):
    account = {"name": "main", "iban": IBAN, "holder": "Trust", "opening": {"minor": 1250000, "currency": "EUR"}}
    refused(other.send("POST", "/payout/v1/bank-accounts", body=account), 403, "forbidden")
    refused(treasurer.send("POST", "/payout/v1/bank-accounts", body=dict(account, iban=IBAN[:-1] + "0")), 422, "invalid")
    assert treasurer.send("POST", "/payout/v1/bank-accounts", body=account).status == 201
    good = camt("S1", 61, 1250000, [50000, -450])
    refused(send_file(other, good), 403, "forbidden")
    refused(send_file(treasurer, camt("S1", 61, 1250000, [50000], closing=1)), 422, "chain_broken")
    refused(send_file(treasurer, camt("S1", 61, 7, [50000])), 422, "chain_broken")
    refused(send_file(treasurer, camt("S1", 61, 0, [], iban="DE89370400440532013000")), 422, "invalid")
    refused(send_file(treasurer, b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), 422, "invalid")
    first = send_file(treasurer, good)
    assert first.status == 201 and first["statements"][0]["matched"] == {"suspense": 1, "suspense_debit": 1}, first.raw
    again = send_file(treasurer, good)
    assert again.status == 200 and again.json == first.json
    refused(send_file(treasurer, good + b"\n"), 409, "statement_conflict")
    refused(send_file(treasurer, camt("S2", 63, 1299550, [])), 422, "chain_broken")
    assert treasurer.get("/payout/v1/bank-accounts").json["items"][0]["balance"]["minor"] == 1299550


def test_suspense_is_explained_once(treasurer, other):
    statement = treasurer.get("/payout/v1/bank-statements").json["items"][0]["id"]
    credit, debit = treasurer.get(f"/payout/v1/bank-statements/{statement}/entries").json["items"]
    path = f"/payout/v1/bank-entries/{credit['id']}/assign-entry"
    refused(other.send("POST", path, body={"kind": "dues"}), 403, "forbidden")
    refused(treasurer.send("POST", path, body={"kind": "bank_fee"}), 422, "invalid")
    assert treasurer.send("POST", path, body={"kind": "dues"}).status == 200
    refused(treasurer.send("POST", path, body={"kind": "dues"}), 409, "already_matched")
    assert treasurer.send("POST", f"/payout/v1/bank-entries/{debit['id']}/assign-entry", body={"kind": "bank_fee"}).status == 200
    balances = {a["path"]: a["balance"]["minor"] for a in treasurer.get("/payout/v1/accounts?limit=100").json["items"]}
    assert balances["Income:Dues"] == -50000 and balances["Expenses:Fees:Bank"] == 450 and balances["Assets:Suspense:Debit"] == 0


def test_a_changed_payee_account_takes_a_second_person(trust, treasurer, other):
    made = other.send("POST", "/payout/v1/payee-accounts", body={"iban": "DE89370400440532013000", "name": "Jörg Example"})
    assert made.status == 201 and made["state"] == "proposed" and "370400440532013000" not in made.raw.decode()
    assert not trust.sql("SELECT 1 FROM log.idempotency WHERE body::text LIKE '%%0532013000%%'")
    refused(other.send("POST", "/payout/v1/payee-accounts", body={"iban": "DE89370400440532013001", "name": "x"}), 422, "invalid")
    assert other.enable_totp().send("POST", f"/payout/v1/payee-accounts/{made['id']}/confirm-account").status == 200
    changed = other.send("POST", "/payout/v1/payee-accounts", body={"iban": "AT611904300234573201", "name": "Jörg Example"})
    path = f"/payout/v1/payee-accounts/{changed['id']}/confirm-account"
    refused(treasurer.send("POST", path), 409, "not_allowed_here")
    assert other.send("POST", path)["state"] == "member_confirmed"
    refused(other.send("POST", path), 409, "same_person")
    assert treasurer.send("POST", path)["state"] in ("cooling_down", "usable")


def test_rules_are_judged_for_everybody(trust):
    rule = trust.public.get("/payout/v1/rules").json["items"][0]["document"]
    assert trust.public.send("POST", "/payout/v1/rules/check-rule", body=rule).status == 200
    refused(trust.public.send("POST", "/payout/v1/rules/check-rule", body=dict(rule, remainder="luck")), 422, "rule_invalid")


def test_every_transaction_reaches_the_log(trust):
    eventually("a leaf for each transaction", lambda: trust.sql(
        "SELECT count(*) > 0 AND count(*) = count(e.index) FROM payout.txn t LEFT JOIN log.entry e ON e.type = 'txn' AND e.object_id = t.txn_id::text")[0][0])
