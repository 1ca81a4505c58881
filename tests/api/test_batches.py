# SPDX-License-Identifier: AGPL-3.0-or-later
"""Batches over HTTP: payee accounts, who may make, approve and release, what a file is, limits, and the ways a release ends."""
import base64
import concurrent.futures
import hashlib
import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree

import psycopg2
import pytest

from cycled import SHARED
from paying import PAY, House, minor, refused, slug
from stack import BIN, Client, Problem

NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


@pytest.fixture(scope="module")
def house(trust):
    return House(trust)


def outbox(trust):
    return trust.stack.folder / f"outbox-{trust.name}"


# -- payee accounts -------------------------------------------------------

def test_a_member_confirms_with_the_second_factor(house, trust):
    body = {"iban": "DE89370400440532013000", "name": "Eva Lund"}
    made = trust["eva"].post(f"{PAY}/payee-accounts", body)
    path = f"{PAY}/payee-accounts/{made['id']}/confirm-account"
    refused(trust["eva"].send("POST", path), 403, "fresh_sign_in_required")
    trust["eva"].enable_totp()
    assert trust["eva"].post(path)["state"] in ("cooling_down", "usable")
    salt, commitment = trust.sql("SELECT s.salt, a.commitment FROM payout.payee_account AS a JOIN payout.payee_salt AS s USING (id) WHERE a.id = %s", made["id"])[0]
    assert commitment == hashlib.sha256(bytes(salt) + body["iban"].encode()).hexdigest() == made["commitment"]
    assert trust.sql("SELECT payload ->> 'sha256' FROM log.outbox WHERE payload ->> 'type' = 'payee_account' AND payload ->> 'id' = %s", commitment)


@pytest.mark.parametrize("changed, pointer", [
    ({"iban": "DE89370400440532013001"}, "/iban"), ({"iban": "US64SVBKUS6S3300958879"}, "/iban"), ({"name": "a\u0001b"}, "/name"),
    ({"name": "漢字"}, "/name"), ({"bic": "NOPENOPE1"}, "/bic"), ({"iban": "CH9300762011623852957"}, "/address"),
    ({"address": {"town": "x"}}, "/address/country"), ({"address": {"town": "x", "country": "de"}}, "/address/country"),
    ({"address": {"town": "x" * 36, "country": "DE"}}, "/address/town"), ({"address": {"town": "x", "country": "DE", "planet": "y"}}, "/address")])
def test_an_account_that_no_file_could_pay_is_refused(trust, changed, pointer):
    answer = trust["eva"].send("POST", f"{PAY}/payee-accounts", body={"iban": "DE89370400440532013000", "name": "Eva Lund", **changed})
    refused(answer, 422, "invalid")
    assert pointer in [e["pointer"] for e in answer["errors"]], answer.raw


def test_an_account_supersedes_and_is_blocked(house, trust):
    first = house.account_of("gil")
    second = trust["gil"].post(f"{PAY}/payee-accounts", {"iban": "AT611904300234573201", "name": "Gil Pane"})
    path = f"{PAY}/payee-accounts/{second['id']}/confirm-account"
    trust["gil"].post(path)
    refused(trust["gil"].send("POST", path), 409, "same_person")
    refused(trust["eva"].send("POST", path), 404, "not_found")
    assert trust["mo"].post(path)["state"] == "cooling_down"
    refused(trust["mo"].send("POST", path), 409, "cooling_down")
    states = lambda: {a["id"]: a["state"] for a in trust["gil"].get(f"{PAY}/payee-accounts").json["items"]}  # noqa: E731
    assert states()[first] == "usable"
    trust.wait_sql("the cool-down of the change", "SELECT payout.account_state(%s, clock_timestamp()) = 'usable'", second["id"])
    assert states() == {first: "superseded", second["id"]: "usable"}
    blocked = trust["gil"].post(f"{PAY}/payee-accounts/{second['id']}/block-account", {"reason": "card lost"})
    assert blocked["state"] == "blocked" and states()[first] == "superseded"
    assert trust.sql("SELECT payout.usable_account(%s)", trust["gil"].subject) == [(None,)]


# -- one life -------------------------------------------------------------

def validated(content, tmp_path):
    schema = SHARED / "xsd" / "pain.001.001.09.xsd"
    if schema.is_file():
        (tmp_path / "batch.xml").write_bytes(content)
        checked = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, tmp_path / "batch.xml"], capture_output=True, text=True, timeout=60)
        assert checked.returncode == 0, checked.stderr


def base32(identifier):
    number = int(identifier.replace("-", ""), 16)
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * i & 31] for i in range(25, -1, -1))


def uetr(identifier):
    digest = bytearray(hashlib.sha256(bytes.fromhex(identifier.replace("-", ""))).digest()[:16])
    digest[6], digest[8] = digest[6] & 15 | 64, digest[8] & 63 | 128
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def test_a_batch_from_draft_to_the_rail(house, trust, tmp_path):
    house.owe("hal", 4150)
    house.owe("fay", 50)
    house.owe("ida", 2000)
    draft = house.make()
    assert (draft["state"], draft["count"], draft["total"]["minor"], draft["next"]) == ("draft", 2, 6150, "freeze")
    assert draft["listed"] == [{"member_id": trust["fay"].subject, "minor": 50, "reason": "below_minimum"}]
    refused(house.act(draft, "release"), 409, "not_approved")
    frozen = house.act(draft, "freeze").json
    assert frozen["message_id"] == "CH" + base32(frozen["id"]) and frozen["state"] == "frozen"
    refused(house.act(draft, "freeze"), 409, "not_allowed_here")
    content = house.tess.get(f"{PAY}/batches/{draft['id']}/file").raw
    assert hashlib.sha256(content).hexdigest() == frozen["file_sha256"]
    validated(content, tmp_path)
    root = ElementTree.fromstring(content)
    assert root.findtext(".//p:GrpHdr/p:CreDtTm", namespaces=NS) == frozen["frozen_at"]
    assert root.findtext(".//p:PmtInfId", namespaces=NS) == frozen["message_id"] + "-1"
    found = {(t.findtext(".//p:EndToEndId", namespaces=NS), t.findtext(".//p:UETR", namespaces=NS), t.findtext(".//p:InstdAmt", namespaces=NS))
             for t in root.findall(".//p:CdtTrfTxInf", NS)}
    assert found == {("E" + base32(p["id"]), uetr(p["id"]), f"{p['minor'] / 100:.2f}") for p in house.payments(draft)}
    house.approver("ada", "board").approve(frozen)
    refused(house.act(draft, "release"), 409, "not_approved")
    assert house.approver("ben", "board").approve(frozen)["state"] == "approved"
    assert house.act(draft, "release")["state"] == "releasing"
    sent = house.wait(draft, "sent")
    assert [s["step"] for s in sent["submission"]] == ["begun", "accepted"] and sent["payments"] == {"in_flight": 2}
    assert (outbox(trust) / f"{frozen['message_id']}.xml").read_bytes() == content
    assert minor(trust, f"Liabilities:PayoutInFlight:{draft['id']}") == -6150 and minor(trust, house.payable("hal")) == 0
    for verb, body in (("release", None), ("freeze", None), ("cancel", {"reason": "too late"})):
        refused(house.act(draft, verb, body), 409, "not_allowed_here")
    assert trust.sql("SELECT count(*) FROM log.outbox WHERE payload ->> 'type' IN ('batch', 'approval', 'batch_event') AND payload ->> 'id' IN "
                     "(SELECT %s UNION SELECT id::text FROM payout.approval WHERE batch_id = %s)", draft["id"], draft["id"])[0][0] >= 6


def test_payments_of_a_batch_page_by_page(fresh_trust):
    """Those that need somebody first; for officers alone."""
    trust, house = fresh_trust, House(fresh_trust)
    for name in ("hal", "ida", "gil"):
        house.owe(name, 2500)
    batch = house.make()
    path, due = f"{PAY}/batches/{batch['id']}/payments", {p["id"] for p in house.payments(batch)}
    last = max(due)
    trust.unguarded("ALTER TABLE payout.payment DISABLE TRIGGER payment_forward", f"UPDATE payout.payment SET state = 'rejected' WHERE id = '{last}'",
                    "ALTER TABLE payout.payment ENABLE ALWAYS TRIGGER payment_forward")
    seen, after = [], ""
    while after is not None:
        page = house.tess.get(f"{path}?limit=2{after and '&after=' + after}").json
        seen, after = seen + page["items"], page["next"]
    assert [one["id"] for one in seen] == [last, *sorted(due - {last})] and {one["amount"]["minor"] for one in seen} == {2500}
    trust.join("una", "U", "Una Ulm", "mo")
    refused(trust["una"].send("GET", path), 403, "forbidden")
    refused(trust.public.send("GET", path), 401, "not_signed_in")
    refused(house.tess.send("GET", f"{PAY}/batches/{last}/payments"), 404, "not_found")
    refused(house.tess.send("GET", f"{path}?limit=0"), 400, "bad_request")


def test_an_approval_is_of_another_person_over_these_bytes(house, trust):
    house.owe("hal", 3000)
    batch = house.frozen()
    ada, ben, tess = house.approver("ada", "board"), house.approver("ben", "board"), house.approver("tess", "treasurer")

    def tried(approver, **changed):
        try:
            approver.approve(batch, **changed)
        except Problem as problem:
            return problem.slug
        return "approved"
    assert tried(tess) == "same_person"
    for changed in ({"file_sha256": "0" * 64}, {"total": {"minor": 1, "currency": "EUR"}}, {"count": 2}, {"id": "00000000-0000-7000-8000-000000000000"}):
        assert tried(ada, **changed) in ("invalid", "not_found")
    assert tried(ada) == "approved" and tried(ada) == "same_person"
    trust["ben"].post(f"{PAY}/approver-keys/{ben.key_id}/revoke-key")
    assert tried(ben) == "invalid"
    del house.approvers["ben", "board"]
    other = ben.key_id
    ben = house.approver("ben", "board")
    assert {k["id"]: k["revoked_at"] is None for k in trust["ben"].get(f"{PAY}/approver-keys").json["items"]} == {other: False, ben.key_id: True}
    mine, ben.key_id = ben.key_id, ada.key_id
    assert tried(ben) == "invalid"
    ben.key_id, mine_office, ben.office = mine, ben.office, ada.office
    assert tried(ben) == "forbidden"
    ben.office = mine_office
    assert tried(ben) == "approved"
    assert house.act(batch, "cancel", {"reason": "only a test"})["state"] == "cancelled"


def test_nobody_approves_what_pays_them_over_the_voted_amount(house, trust):
    house.owe("cem", 10001)
    cem = house.approver("cem", "board")
    batch = house.frozen()
    with pytest.raises(Problem) as problem:
        cem.approve(batch)
    assert problem.value.slug == "approver_is_payee"
    house.act(batch, "cancel", {"reason": "only a test"})


def test_keys_are_registered_with_the_second_factor(trust):
    key = base64.b64encode(os.urandom(32)).decode()
    refused(trust["lin"].send("POST", f"{PAY}/approver-keys", body={"public_key": key}), 403, "fresh_sign_in_required")
    refused(trust["hal"].send("POST", f"{PAY}/approver-keys", body={"public_key": base64.b64encode(bytes(32)).decode()}), 422, "invalid")


def test_two_treasurers_at_once(house, trust):
    """Every command that two people, or one twice, send at the same moment is done once."""
    house.owe("ida", 5000)
    batch = house.make()

    clients = [Client(trust.base, house.tess.cookies["ch_token"]) for _ in range(4)]

    def together(verb):
        with concurrent.futures.ThreadPoolExecutor(len(clients)) as threads:
            return sorted(threads.map(lambda client: slug(house.act(batch, verb, by=client)), clients))
    assert together("freeze") == ["frozen"] + ["not_allowed_here"] * 3
    house.approver("ada", "board").approve(house.get(batch))
    house.approver("ben", "board").approve(house.get(batch))
    assert together("release") == ["accepted"] + ["not_allowed_here"] * 3
    house.wait(batch, "sent")
    assert trust.sql("SELECT count(*) FROM payout.txn_ref WHERE kind = 'batch_release' AND external_ref = %s", batch["id"]) == [(1,)]
    assert len([p for p in outbox(trust).iterdir() if p.name == f"{house.get(batch)['message_id']}.xml"]) == 1


def test_the_payee_moves_between_freeze_and_release(house, trust):
    house.account_of("mo")
    house.owe("mo", 2500)
    batch = house.approved()
    trust["mo"].post(f"{PAY}/payee-accounts/{house.accounts['mo']}/block-account", {"reason": "account closed"})
    refused(house.act(batch, "release"), 409, "payee_changed")
    assert house.get(batch)["state"] == "approved"
    house.act(batch, "cancel", {"reason": "payee moved"})
    assert minor(trust, house.payable("mo")) == -2500


# -- approving from a terminal --------------------------------------------

@pytest.fixture
def terminal(trust, tmp_path):
    """The command line of a person, with a home of their own."""
    def run(*arguments, code=0, **more):
        done = subprocess.run([BIN / "commonhold", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}, **more)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def sign_in(name):
        client = trust[name].enable_totp()
        (tmp_path / "password").write_text(client.credentials[1] + "\n")
        run("sign-in", "--origin", trust.base, "--email", client.credentials[0], "--password-file", tmp_path / "password", "--code",
            client._code()["code"])
        return run
    return sign_in


def test_an_approver_signs_what_was_read(house, trust, terminal, tmp_path):
    house.owe("hal", 3300)
    batch, key = house.frozen(), tmp_path / "ida.key"
    run = terminal("cem")
    run("payout", "approve", batch["id"], code=64)
    assert "No such file" in run("payout", "approve", batch["id"], "--key", key, code=2)
    registered = run("payout", "register-key", "--key", key).strip()
    assert key.stat().st_mode & 0o777 == 0o400 and registered in [k["id"] for k in trust["cem"].get(f"{PAY}/approver-keys").json["items"]]
    run("payout", "register-key", "--key", key, code=2)
    # a file that is not what the batch says is not signed, whoever edited it
    kept = trust.sql("SELECT bytes FROM payout.evidence WHERE sha256 = %s", batch["file_sha256"])[0][0]
    edit = "ALTER TABLE payout.evidence DROP CONSTRAINT IF EXISTS evidence_hash; UPDATE payout.evidence SET bytes = '\\x{}' WHERE sha256 = '{}'"
    trust.unguarded("ALTER TABLE payout.evidence DISABLE TRIGGER USER", edit.format(bytes(kept).replace(b"33.00", b"34.00").hex(), batch["file_sha256"]))
    assert "do not approve it" in run("payout", "approve", batch["id"], "--key", key, code=2)
    trust.unguarded(edit.format(bytes(kept).hex(), batch["file_sha256"]), "ALTER TABLE payout.evidence ENABLE TRIGGER USER")
    said = run("payout", "approve", batch["id"], "--key", key)
    assert said.startswith(f"commonhold-approval/1\nbatch {batch['id']}\nfile {batch['file_sha256']}\ntotal 3300 EUR\ncount 1\n") and "batch is frozen" in said
    assert "three people" in run("payout", "approve", batch["id"], "--key", key, code=2)
    stored, = trust.sql("SELECT text, body FROM payout.approval WHERE batch_id = %s", batch["id"])
    assert said.startswith(stored[0]) and stored[1] == "board"
    assert house.approver("ada", "board").approve(batch)["state"] == "approved"
    house.act(batch, "cancel", {"reason": "only a test"})


# -- attacks --------------------------------------------------------------

ROLES = ("ch_payout", "ch_worker", "ch_governance", "ch_licensing", "ch_metering", "ch_log", "ch_portal", "ch_audit")
TABLES = ("approval", "batch", "payment", "payee_account", "payee_account_event", "batch_event", "submission", "bill", "commitment")


def sqlstate(run, statement):
    try:
        run(statement)
    except psycopg2.Error as error:
        return error.pgcode
    return None


@pytest.mark.parametrize("role", ROLES)
def test_no_role_writes_past_the_functions(trust, role):
    for table in TABLES:
        for statement in (f"UPDATE payout.{table} SET {'batch_id = batch_id' if table in ('batch_event', 'submission') else 'id = id'}", f"DELETE FROM payout.{table}", f"TRUNCATE payout.{table}", f"INSERT INTO payout.{table} DEFAULT VALUES"):
            assert sqlstate(lambda s: trust.sql_as(role, s), statement) == "42501", statement


def test_even_the_owner_does_not_rewrite_what_was_approved(house, trust):
    """Each with its SQLSTATE: 23001 for what never changes, 23514 for what is no approval."""
    house.owe("hal", 2600)
    batch = house.approved()
    approval = "INSERT INTO payout.approval (id, batch_id, member_id, office_id, body, key_id, text, signature) SELECT log.new_id(), "
    ada = house.approver("ada", "board").key_id
    for statement, expected in (
            ("UPDATE payout.approval SET signature = signature", "23001"), ("DELETE FROM payout.approval", "23001"), ("TRUNCATE payout.approval", "23001"),
            (f"UPDATE payout.batch SET total = total + 1 WHERE id = '{batch['id']}'", "23001"),
            (f"UPDATE payout.batch SET file_sha256 = (SELECT sha256 FROM payout.evidence WHERE sha256 <> file_sha256 LIMIT 1) WHERE id = '{batch['id']}'", "23001"),
            (f"UPDATE payout.batch SET state = 'draft' WHERE id = '{batch['id']}'", "23001"), (f"UPDATE payout.batch SET state = 'sent' WHERE id = '{batch['id']}'", "23001"),
            (f"UPDATE payout.payment SET minor = minor + 1 WHERE batch_id = '{batch['id']}'", "23001"),
            (f"UPDATE payout.payment SET payee_account_id = (SELECT min(id::text)::uuid FROM payout.payee_account) WHERE batch_id = '{batch['id']}'", "23001"),
            (f"UPDATE payout.payment SET state = 'booked' WHERE batch_id = '{batch['id']}'", "23001"), ("DELETE FROM payout.payment", "23001"),
            ("DELETE FROM payout.batch", "23001"), ("TRUNCATE payout.batch CASCADE", "23001"), ("UPDATE payout.payee_account SET version = version + 1", "23001"),
            (approval + f"id, made_by, id, 'board', '{ada}', 'x', decode(repeat('00', 64), 'hex') FROM payout.batch WHERE id = '{batch['id']}'", "23514")):
        assert sqlstate(trust.sql, statement) == expected, statement
    house.act(batch, "cancel", {"reason": "only a test"})
    refused(house.act(batch, "release"), 409, "not_allowed_here")


def test_an_edited_file_is_not_released(house, trust):
    """Somebody with the server's files changes an amount behind the approvals."""
    house.owe("hal", 2700)
    batch = house.approved()
    off, on = ("ALTER TABLE payout.evidence DROP CONSTRAINT IF EXISTS evidence_hash, DISABLE TRIGGER USER", "ALTER TABLE payout.evidence ENABLE ALWAYS TRIGGER append_only")
    edit = f"UPDATE payout.evidence SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), '%s', '%s'), 'UTF8') WHERE sha256 = '{batch['file_sha256']}'"
    trust.unguarded(off, edit % ("<InstdAmt Ccy=\"EUR\">", "<InstdAmt Ccy=\"EUR\">9"), on)
    refused(house.act(batch, "release"), 409, "not_approved")
    assert house.get(batch)["state"] == "approved" and minor(trust, f"Liabilities:PayoutInFlight:{batch['id']}") == 0
    house.act(batch, "cancel", {"reason": "the file was edited"})


def test_limits_of_person_batch_and_day(fresh_trust):
    """Of this moment, whatever they were when the batch was made: at the level of the functions, which the configuration reaches as a parameter."""
    house, trust = House(fresh_trust), fresh_trust
    house.owe("hal", 5000)
    house.owe("ida", 4000)

    def answer(statement, *args):
        row, = trust.sql(f"SELECT (a).outcome, (a).body FROM (SELECT {statement} AS a) AS x", *args)
        return row

    def made(limits):
        outcome, body = answer("payout.create_batch(%s, NULL, '{\"account\": \"main\"}', %s)", house.tess.subject, json.dumps(limits))
        if outcome == "created":
            house.act(body, "cancel", {"reason": "only a test"})
            return body["total"]["minor"], sorted((x["minor"], x["reason"]) for x in body["listed"] if x["reason"] == "over_limit")
        return outcome
    assert made({"person": 4500, "batch": 10 ** 9, "day": 10 ** 9}) == (4000, [(5000, "over_limit")])
    assert made({"person": 10 ** 9, "batch": 5500, "day": 10 ** 9})[1] in ([(4000, "over_limit")], [(5000, "over_limit")])
    assert made({"person": 1, "batch": 1, "day": 1}) == "nothing_to_pay"
    batch = house.approved()
    for limits in ({"person": 4999}, {"batch": 8999}, {"day": 8999}):
        assert answer("payout.release_batch(%s, %s, %s)", house.tess.subject, batch["id"], json.dumps(limits))[0] == "over_limit", limits
    assert answer("payout.release_batch(%s, %s, %s)", house.tess.subject, batch["id"],
                  json.dumps({"person": 5000, "batch": 9000, "day": 9000}))[0] == "accepted"
    house.owe("hal", 1000)
    batch = house.approved()
    assert answer("payout.release_batch(%s, %s, %s)", house.tess.subject, batch["id"], '{"day": 9999}')[0] == "over_limit"
    assert answer("payout.release_batch(%s, %s, %s)", house.tess.subject, batch["id"], '{"day": 10000}')[0] == "accepted"


@pytest.mark.parametrize("name, written", [("A <b>&\"c\"' ;", "A .b.+.c.' ,"), ("=HYPERLINK(1)", ".HYPERLINK(1)"), ("Łukasz Żółć", "Lukasz Zolc"),
                                           ("Jo\u0308rg", "Jorg"), ("]]><x/>", "))..x/.")])
def test_markup_in_a_name_is_text_in_the_file(house, trust, tmp_path, name, written):
    house.account_of("fay", name=name)
    house.owe("fay", 1000)
    batch = house.frozen()
    content = house.tess.get(f"{PAY}/batches/{batch['id']}/file").raw
    validated(content, tmp_path)
    names = [n.text for n in ElementTree.fromstring(content).findall(".//p:Cdtr/p:Nm", NS)]
    assert written in names, names
    house.act(batch, "cancel", {"reason": "only a test"})


def test_execution_dates_are_business_days(house, trust):
    days = dict(trust.sql("SELECT d::text, payout.is_business_day(d) FROM unnest('{2026-04-03,2026-04-06,2026-04-04,2026-05-01,2025-12-26,2027-01-01,2024-03-29,"
                          "2024-04-01,2026-04-02,2026-04-07,2026-12-24}'::date[]) AS d"))
    assert [d for d, open_ in sorted(days.items()) if open_] == ["2026-04-02", "2026-04-07", "2026-12-24"]
    assert trust.sql("SELECT payout.next_business_day('2026-04-02')::text") == [("2026-04-07",)]
    for wrong in ("2020-01-02", "2099-01-05"):
        answer = house.tess.send("POST", f"{PAY}/batches", body={"account": "main", "execution_on": wrong})
        refused(answer, 422, "invalid")
        assert answer["errors"][0]["pointer"] == "/execution_on"
