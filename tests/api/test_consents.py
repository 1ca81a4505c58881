# SPDX-License-Identifier: AGPL-3.0-or-later
"""Consent: the record and its receipt, states and who writes them, the fold, expiry, withdrawal, narrowing as it is shown, manifests, the
race of a withdrawal against deliveries."""
import base64
import contextlib
import hashlib
import json
import os
import random
import threading
import time
import uuid

import psycopg2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consenting import CLASS, LIC, OWNERS, PURPOSE, Ground, connect, uid
from stack import Problem, eventually

ROUNDS = int(os.environ.get("CH_ROUNDS", "150"))
#: 27560 field -> DPV property, as licensing.md section 3.1 lists them.
PROPERTIES = ["dct:conformsTo", "dct:identifier", "dpv:hasDataSubject", "dpv:hasNotice", "dct:language", "dpv:hasPurpose", "dpv:hasPersonalData",
              "dpv:hasDataController", "dpv:hasStorageCondition", "dpv:hasJurisdiction", "dpv:hasRecipient", "dpv:hasConsentControl", "dct:date",
              "dct:valid", "dpv:isImplementedByEntity", "dpv:hasLegalBasis", "dpv:hasConsentStatus"]


@pytest.fixture(scope="module")
def ground(trust, stack):
    made = Ground(trust, stack)
    made.give()
    made.grant("reader")
    return made


def unpack(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def refused(status, slug, deed):
    with pytest.raises(Problem) as caught:
        deed()
    assert (caught.value.status, caught.value.slug) == (status, slug), caught.value
    return caught.value


# -- the record ----------------------------------------------------------


def receipt_of(ground, name, **wanted):
    item = next(i for i in ground.trust[name].get(f"{LIC}/consents?pool={ground.ref}").json["items"]
                if all(i[k] == v for k, v in wanted.items()))
    return ground.trust[name].get(f"{LIC}/consents/{item['id']}/receipt")


def test_the_receipt_is_the_whole_record(ground):
    record = receipt_of(ground, "ada", purpose=PURPOSE, recipient_class=CLASS).json["record"]
    assert [p for p in PROPERTIES if p not in record] == []
    assert record["dpv:hasDataSubject"] == ground.ids["ada"] == record["dpv:isImplementedByEntity"] and "Ada" not in json.dumps(record)
    assert record["dpv:hasNotice"] == {"number": 1, "sha256": "0" * 64, "language": "en"} and record["dpv:hasConsentStatus"] == "dpv:ConsentGiven"
    assert record["dpv:hasPurpose"]["code"] == PURPOSE and record["dpv:hasPurpose"]["iri"] == ["hea:HealthcareScientificResearch"]
    assert set(record["dpv:hasDataController"]) == {"id", "name", "address", "contact", "type"}
    assert record["dpv:hasStorageCondition"] == {"countries": ["IE"], "retention_days": 3650} and record["dpv:hasJurisdiction"] == "IE"
    assert record["dpv:hasConsentControl"] == ground.trust.base + "/me/consents" and record["dpv:hasLegalBasis"] == "expressed"
    assert record["dpv:hasLocation"] == ["IE", "DE"] and record["dpv:hasPersonalData"]["special_category"] is False
    assert record["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
    for member in ("dpv:hasProcessing", "dpv:hasRight", "dpv:hasAuthority", "dpv:hasNecessity", "legal_basis", "receipt_id", "record_id"):
        assert record[member], member


def test_the_receipt_is_signed_by_a_key_of_the_jwks(ground):
    receipt = receipt_of(ground, "ben", purpose=PURPOSE).json
    head, body, signature = receipt["jws"].split(".")
    keys = {k["kid"]: k for k in ground.trust.public.get("/.well-known/jwks.json").json["keys"]}
    key = keys[unpack(head)["kid"]]
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    public.verify(base64.urlsafe_b64decode(signature + "=="), f"{head}.{body}".encode())
    assert unpack(body) == receipt["record"] and unpack(head)["alg"] == "EdDSA"


@pytest.mark.parametrize("accept, kind", [("text/html", "text/html; charset=utf-8"), ("text/plain", "text/plain; charset=utf-8")])
def test_the_receipt_can_be_printed(ground, accept, kind):
    item = ground.trust["cem"].get(f"{LIC}/consents").json["items"][0]
    answer = ground.trust["cem"].get(f"{LIC}/consents/{item['id']}/receipt", headers={"Accept": accept})
    text = answer.raw.decode()
    assert answer.headers["Content-Type"] == kind and "<script" not in text
    for part in (ground.ids["cem"], "Air Trust", "dpv:ConsentGiven", "/me/consents", PURPOSE, "eu-gdpr:A7-3"):
        assert part in text, part
    assert answer.headers["Vary"] == "Accept" and text.count(".") > 2
    refused(406, "not_acceptable", lambda: ground.trust["cem"].get(f"{LIC}/consents/{item['id']}/receipt", headers={"Accept": "image/png"}))


def test_a_receipt_is_its_members_alone(ground):
    item = ground.trust["ada"].get(f"{LIC}/consents").json["items"][0]
    refused(404, "not_found", lambda: ground.trust["ben"].get(f"{LIC}/consents/{item['id']}/receipt"))
    refused(401, "not_signed_in", lambda: ground.trust.public.get(f"{LIC}/consents/{item['id']}/receipt"))


# -- states, and who writes them -------------------------------------------


def test_a_switch_on_an_inner_node_writes_an_event_per_code_and_class(ground):
    made = ground.switch("fay", "refused", "X", ["company", "member"])
    codes = [code for code, in ground.trust.sql("SELECT code FROM licensing.purpose_below JOIN licensing.purpose USING (code) "
                                                "WHERE ancestor = 'X' AND assignable ORDER BY 1")]
    rows = ground.trust.sql("SELECT purpose, recipient_class FROM licensing.consent_event WHERE record_id = %s", made["record_id"])
    assert made["events"] == 2 * len(codes) == len(rows) and {p for p, _ in rows} == set(codes) and "X" not in codes


def test_implied_backdated_and_foreign_consent_is_refused(ground):
    body = {"pool": ground.ref, "purpose": PURPOSE, "recipient_classes": [CLASS], "state": "given", "notice": 1}
    member = ground.trust["gil"]
    for more in ({"type": "implied"}, {"at": "2020-01-01T00:00:00Z"}, {"member": ground.ids["ada"]}, {"member_id": ground.ids["ada"]},
                 {"state": "expired"}, {"state": "requested"}, {"state": "terminated"}, {"until": "2020-01-01T00:00:00Z"}, {"purpose": "X.NONE"},
                 {"recipient_classes": ["company", "company"]}, {"recipient_classes": []}):
        refused(422, "invalid", lambda more=more: member.post(f"{LIC}/consents", {**body, **more}))
    refused(409, "stale", lambda: member.post(f"{LIC}/consents", {**body, "notice": 2}))
    refused(404, "not_found", lambda: member.post(f"{LIC}/consents", {**body, "pool": "nowhere"}))
    refused(401, "not_signed_in", lambda: ground.trust.public.post(f"{LIC}/consents", body))


COLUMNS = "(id, record_id, member_id, pool_id, purpose, recipient_class, state, type, notice, language, at, until, actor)"


@pytest.mark.parametrize("at, purpose, state, actor", [
    ("now() - interval '1 second'", PURPOSE, "given", "member"), ("now() + interval '1 hour'", PURPOSE, "given", "member"),
    ("now()", "RES", "given", "member"), ("now()", PURPOSE, "given", "trust"), ("now()", PURPOSE, "expired", "member"),
    ("now()", PURPOSE, "withdrawn", "clock"), ("now()", PURPOSE, "requested", "member")])
def test_the_table_itself_refuses_what_nobody_may_write(ground, at, purpose, state, actor):
    with pytest.raises(psycopg2.errors.CheckViolation):
        ground.trust.sql(f"INSERT INTO licensing.consent_event {COLUMNS} VALUES (log.new_id(), log.new_id(), %s, %s, %s, %s, %s, 'expressed', 1, "
                         f"'en', {at}, NULL, %s)", ground.ids["ada"], ground.pool_id, purpose, CLASS, state, actor)


def test_events_are_never_changed_whoever_tries(ground):
    for role in ("ch_licensing", "ch_metering", "ch_worker", "ch_governance", "ch_payout", "ch_portal"):
        for statement in ("UPDATE licensing.consent_event SET state = 'given'", "DELETE FROM licensing.consent_event",
                          "INSERT INTO licensing.consent_current DEFAULT VALUES", "DELETE FROM licensing.tombstone",
                          "UPDATE licensing.release_manifest SET rows = 0"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                ground.trust.sql_as(role, statement)
    for statement in ("UPDATE licensing.consent_event SET state = 'given'", "DELETE FROM licensing.consent_event",
                      "TRUNCATE licensing.consent_event CASCADE", "UPDATE licensing.consent_writer SET permits = true"):
        with pytest.raises(psycopg2.errors.CheckViolation):
            ground.trust.sql(statement)


def test_deferring_and_asking_decide_nothing(ground):
    before = ground.trust.sql("SELECT * FROM licensing.consent_current WHERE member_id = %s AND purpose = %s", ground.ids["hal"], PURPOSE)
    ground.switch("hal", "deferred")
    item = next(i for i in ground.trust["hal"].get(f"{LIC}/consents?pool={ground.ref}").json["items"] if i["purpose"] == PURPOSE)
    assert item["state"] == "deferred" and item["stands"]["state"] == "given" and item["stands"]["permits"] is True
    assert ground.trust.sql("SELECT * FROM licensing.consent_current WHERE member_id = %s AND purpose = %s", ground.ids["hal"], PURPOSE) == before
    ground.fold_holds()


def append(cursor, ground, member, purpose, state, at, kind="expressed"):
    writer = {"requested": "trust", "expired": "clock", "terminated": "trust", "invalidated": "trust", "unknown": "trust"}.get(state, "member")
    cursor.execute("SELECT licensing.append_consent(ROW(NULL, NULL, log.new_id(), %s, %s, %s, %s, %s, %s, 1, 'en', %s, NULL, %s, NULL)"
                   "::licensing.consent_event)", (member, ground.pool_id, purpose, CLASS, state, kind, at, writer))


def test_current_is_the_fold_of_any_sequence(ground):
    """N2 on random sequences: several events at one instant, instants out of order, all states."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    states = ["requested", "deferred", "given", "renewed", "refused", "withdrawn", "terminated", "expired", "invalidated", "unknown"]
    connection = psycopg2.connect(ground.trust.database)
    try:
        for _ in range(20):
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT now(), licensing.bump_consent_epoch(%s)", (ground.pool_id,))
                start = cursor.fetchone()[0]
                instants = [start] * 2
                for _ in range(30):
                    cursor.execute("SELECT clock_timestamp()")
                    instants.append(cursor.fetchone()[0])
                    append(cursor, ground, uid(f"random {dice.randrange(3)}"), dice.choice(["PG.STATS", "PG.EDU"]), dice.choice(states),
                           dice.choice(instants[-3:]), dice.choice(["expressed", "explicit"]))
                cursor.execute("SELECT * FROM licensing.check_consents()")
                assert cursor.fetchall() == []
    finally:
        connection.close()
    # and it can fail
    ground.trust.unguarded(f"UPDATE licensing.consent_current SET permits = NOT permits WHERE member_id = '{uid('random 0')}'")
    assert ground.trust.sql("SELECT DISTINCT member_id::text FROM licensing.check_consents()") == [(uid("random 0"),)]
    ground.trust.unguarded(f"UPDATE licensing.consent_current SET permits = NOT permits WHERE member_id = '{uid('random 0')}'")


def test_of_two_at_one_instant_the_refusal_counts(ground):
    connection = psycopg2.connect(ground.trust.database)
    try:
        with connection, connection.cursor() as cursor:
            for member, order in (("first", ("given", "withdrawn")), ("second", ("withdrawn", "given"))):
                cursor.execute("SELECT now()")
                at = cursor.fetchone()[0]
                for state in order:
                    append(cursor, ground, uid("instant " + member), "PG.STATS", state, at)
            cursor.execute("SELECT permits FROM licensing.consent_current WHERE member_id = ANY (%s::uuid[])", ([uid("instant first"), uid("instant second")],))
            assert cursor.fetchall() == [(False,), (False,)]
    finally:
        connection.close()


def test_a_clock_set_back_does_not_outlive_a_withdrawal(ground):
    """A row that lies in the future, as after a clock that was set back: what comes now is later all the same."""
    member = uid("future")
    ground.trust.unguarded(f"""WITH e AS (INSERT INTO licensing.consent_event {COLUMNS} VALUES (log.new_id(), log.new_id(), '{member}', '{ground.pool_id}',
        'PG.STATS', '{CLASS}', 'given', 'expressed', 1, 'en', now() + interval '2 minutes', NULL, 'member') RETURNING *)
        INSERT INTO licensing.consent_current (pool_id, purpose, recipient_class, member_id, event_id, permits, explicit, notice, at)
        SELECT pool_id, purpose, recipient_class, member_id, id, true, false, notice, at FROM e""")
    ground.trust.sql("SELECT licensing.withdraw_consents(%s, NULL, '{}')", member)
    assert ground.trust.sql("SELECT permits FROM licensing.consent_current WHERE member_id = %s", member) == [(False,)]
    ground.fold_holds()


def test_special_pools_count_explicit_only(trust, stack):
    special = Ground(trust, stack, rows=5, pool="special", special=True)
    grant = special.grant("special", cohort=3)
    trust.unguarded(f"UPDATE licensing.data_grant SET explicit_only = true WHERE id = '{grant}'")
    special.give(OWNERS[:5])
    special.give(OWNERS[5:], type="explicit")
    rows, _ = special.download("special")
    assert sorted(rows) == sorted(special.names_of("special", [special.contributions[n] for n in OWNERS[5:]]))
    special.switch("hal", "given")  # expressed over explicit ends the coverage
    special.idle()
    assert sorted(t["_row"] for t in special.tombstones("special")) == sorted(special.names_of("special", [special.contributions["hal"]]))
    special.fold_holds()


def test_consent_ends_with_its_until_and_the_clock_says_so(ground):
    covered = "SELECT count(*) FROM licensing.covered_contribution WHERE member_id = %s AND purpose = 'PG.STATS'"
    until = ground.trust.sql("SELECT log.time_text(now() + interval '3 seconds')")[0][0]
    ground.switch("gil", "given", "PG.STATS", until=until)
    assert ground.trust.sql(covered, ground.ids["gil"]) == [(1,)]
    epoch = ground.trust.sql("SELECT epoch FROM licensing.consent_epoch WHERE pool_id = %s", ground.pool_id)[0][0]
    state, actor, said = ground.trust.wait_sql("expiry", "SELECT state, actor, log.time_text(until) FROM licensing.consent_event WHERE member_id = %s "
                                               "AND purpose = 'PG.STATS' AND state = 'expired'", ground.ids["gil"])
    assert (actor, said) == ("clock", until) and ground.trust.sql(covered, ground.ids["gil"]) == [(0,)]
    assert ground.trust.sql("SELECT epoch FROM licensing.consent_epoch WHERE pool_id = %s", ground.pool_id)[0][0] > epoch
    ground.fold_holds()


def test_until_needs_no_event(ground):
    """The worker's clock held: coverage ends all the same."""
    with contextlib.closing(connect(ground.trust)) as held:
        held.autocommit = False
        held.cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended('licensing.tick', 20))")
        until = ground.trust.sql("SELECT log.time_text(now() + interval '2 seconds')")[0][0]
        ground.switch("eva", "given", "PG.STATS", until=until)
        ground.trust.wait_sql("end", "SELECT now() > %s", until)
        assert ground.trust.sql("SELECT count(*) FROM licensing.covered_contribution WHERE member_id = %s AND purpose = 'PG.STATS'",
                                ground.ids["eva"]) == [(0,)]
        assert ground.trust.sql("SELECT count(*) FROM licensing.consent_event WHERE member_id = %s AND state = 'expired'", ground.ids["eva"]) == [(0,)]
        held.rollback()


# -- withdrawal -----------------------------------------------------------


def test_one_purpose_or_all_in_one_action(ground):
    ground.switch("tess", "given", "PG", ["member", "non_profit"])
    ground.switch("tess", "given", "COM.INSIGHT", ["company"])
    one = ground.withdraw("tess", pool=ground.ref, purpose="PG")
    left = {(p, c) for p, c in ground.trust.sql("SELECT purpose, recipient_class FROM licensing.consent_current WHERE member_id = %s AND permits",
                                                ground.ids["tess"])}
    assert one["events"] == 12 and left == {("COM.INSIGHT", "company"), (PURPOSE, CLASS)}
    refused(404, "not_found", lambda: ground.trust["tess"].post(f"{LIC}/consents/withdraw-all", {"pool": "aire"}))
    refused(422, "invalid", lambda: ground.trust["tess"].post(f"{LIC}/consents/withdraw-all", {"purpose": "PGG"}))
    refused(422, "invalid", lambda: ground.trust["tess"].post(f"{LIC}/consents/withdraw-all", {"reason": "none"}))
    assert ground.withdraw("tess", pool=ground.ref)["events"] == 2 and ground.withdraw("tess", pool=ground.ref)["events"] == 0
    ground.withdraw("tess")
    assert ground.trust.sql("SELECT count(*) FROM licensing.covered_contribution WHERE member_id = %s", ground.ids["tess"]) == [(0,)]
    ground.fold_holds()
    ground.give(["tess"])


def test_a_suspended_member_withdraws_but_does_not_give(ground):
    ground.trust.sql("SELECT governance.write_standing(%s, 'suspended', NULL, 'test')", ground.ids["hal"])
    refused(403, "forbidden", lambda: ground.switch("hal", "given"))
    assert ground.withdraw("hal")["events"] >= 1
    ground.trust.sql("SELECT governance.write_standing(%s, 'active', NULL, 'test')", ground.ids["hal"])
    ground.give(["hal"])


def test_the_same_key_withdraws_once(ground):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = ground.trust["ben"].post(f"{LIC}/consents/withdraw-all", {"purpose": PURPOSE}, headers=key).json
    assert ground.trust["ben"].post(f"{LIC}/consents/withdraw-all", {"purpose": PURPOSE}, headers=key).json == first
    refused(409, "idempotency_conflict", lambda: ground.trust["ben"].post(f"{LIC}/consents/withdraw-all", {}, headers=key))
    ground.give(["ben"])


# -- release manifests ------------------------------------------------------


def digest(identifiers):
    return hashlib.sha256("".join(f"{i}\n" for i in sorted(identifiers)).encode()).hexdigest()


def test_a_delivery_names_the_manifest_it_began_under(ground):
    _, trailer = ground.download("reader")
    manifest, sha256, many, members, was_open = ground.trust.sql(
        "SELECT m.id::text, m.sha256, m.contributions, m.members, m.closed_at IS NULL OR m.closed_at > d.opened_at FROM metering.delivery AS d JOIN licensing.release_manifest AS m "
        "ON m.id = d.manifest_id WHERE d.id = %s", trailer["delivery"])[0]
    covered = [c for c, in ground.trust.sql("SELECT contribution_id::text FROM licensing.covered_contribution WHERE pool_id = %s AND purpose = %s "
                                            "AND recipient_class = %s", ground.pool_id, PURPOSE, CLASS)]
    assert (sha256, many, members, was_open) == (digest(covered), len(covered), len(OWNERS), True)
    told = ground.trust["uni"].get(f"/metering/v1/deliveries/{trailer['delivery']}").json["manifest"]
    assert told["id"] == manifest and told["sha256"] == sha256


def test_a_withdrawal_closes_the_manifest_and_queues_a_new_one(ground):
    ground.download("reader")
    before = ground.trust.sql("SELECT id FROM licensing.release_manifest WHERE pool_id = %s AND closed_at IS NULL", ground.pool_id)
    ground.withdraw("gil")
    after = ground.trust.wait_sql("manifest", "SELECT id, sha256 FROM licensing.release_manifest WHERE pool_id = %s AND closed_at IS NULL", ground.pool_id)
    assert (after[0],) not in before
    assert ground.trust.sql("SELECT count(*) FROM licensing.release_manifest WHERE id = ANY (%s::uuid[]) AND closed_at IS NOT NULL",
                            [i for i, in before]) == [(len(before),)]
    assert after[1] == digest(ground.contributions[n] for n in OWNERS if n != "gil")
    for statement in ("UPDATE licensing.release_manifest SET sha256 = repeat('0', 64)", "DELETE FROM licensing.release_manifest",
                      "UPDATE licensing.release_manifest SET closed_at = NULL", "TRUNCATE licensing.release_manifest"):
        with pytest.raises(psycopg2.errors.CheckViolation):
            ground.trust.sql(statement)
    ground.give(["gil"])


# -- the race ------------------------------------------------------------------


def deliver_batch(cursor, ground, grant, delivery):
    """What metering does in a batch's transaction: lock and epochs, the allowed set, the batch. Its epoch, and the members in it."""
    cursor.execute("SELECT outcome, consent_epoch, grant_epoch FROM metering.begin_batch(%s, %s, %s, NULL, -1, -1, 9223372036854775807, 10)",
                   (ground.pool_id, delivery, grant))
    outcome, consent, epoch = cursor.fetchone()
    assert outcome == "ok"
    cursor.execute("SELECT c.contribution_no, c.member_id::text FROM licensing.covered_contribution AS c WHERE c.pool_id = %s AND c.purpose = %s AND "
                   "c.recipient_class = %s AND c.notice >= 1", (ground.pool_id, PURPOSE, CLASS))
    rows = cursor.fetchall()
    return consent, epoch, [no for no, _ in rows], {member for _, member in rows}


def test_no_batch_behind_a_withdrawal_holds_a_withdrawn_row(ground):
    """CH_ROUNDS withdrawals against batches that are made all the time: what was committed behind t0 holds nothing withdrawn, and the
    epoch of every batch tells on which side it is."""
    grant, member, stop, seen, errors = ground.grant("race", cohort=1), ground.ids["ada"], threading.Event(), [], []
    delivery = ground.trust.sql("SELECT log.new_id()")[0][0]
    ground.trust.sql("SELECT metering.open_delivery(%s, %s, 'air', %s, %s, %s, %s, NULL, NULL, NULL)", ground.pool_id, delivery, grant, ground.organisation,
                     "3" * 64, "1" * 64)

    def read():
        try:
            with contextlib.closing(psycopg2.connect(ground.trust.database)) as connection:
                while not stop.is_set():
                    with connection, connection.cursor() as cursor:
                        consent, _, _, members = deliver_batch(cursor, ground, grant, delivery)
                    seen.append((consent, member in members))
        except Exception as error:  # pylint: disable=broad-except
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    [reader.start() for reader in readers]
    changes, slowest = [], 0.0
    try:
        with contextlib.closing(connect(ground.trust)) as connection, connection.cursor() as cursor:
            for i in range(ROUNDS):
                before, deadline = len(seen), time.monotonic() + 2
                while len(seen) == before and not errors and time.monotonic() < deadline:
                    time.sleep(0.0005)  # at least a batch on each side of every change
                began = time.perf_counter()
                if i % 2 == 0:
                    cursor.execute("SELECT licensing.withdraw_consents(%s, NULL, %s)", (member, json.dumps({"purpose": PURPOSE, "pool": ground.ref})))
                else:
                    cursor.execute("SELECT licensing.record_consent(%s, NULL, %s)", (member, json.dumps(
                        {"pool": ground.ref, "purpose": PURPOSE, "recipient_classes": [CLASS], "state": "given", "notice": 1})))
                slowest = max(slowest, time.perf_counter() - began)
                cursor.execute("SELECT epoch FROM licensing.consent_epoch WHERE pool_id = %s", (ground.pool_id,))
                changes.append((cursor.fetchone()[0], i % 2 == 1))
    finally:
        stop.set()
        [reader.join() for reader in readers]
    assert errors == []
    stands = dict(changes)
    wrong = [(epoch, inside) for epoch, inside in seen if epoch in stands and stands[epoch] != inside]
    print(f"{ROUNDS} rounds, {len(seen)} batches, slowest change {slowest:.3f} s")
    assert wrong == [] and len({epoch for epoch, _ in seen if epoch in stands}) > ROUNDS / 2
    ground.give(["ada"])


# -- terms ------------------------------------------------------------------------


def test_what_a_comparison_does_to_consents(ground):
    """kept, asked again and without effect, by the pair's floor and the notice."""
    pairs = [{"purpose": PURPOSE, "org_class": CLASS, "change": "wider", "floor": 2}]
    count = lambda narrowing: ground.trust.sql("SELECT licensing.count_terms_effect(%s, %s)", ground.pool_id, json.dumps(narrowing))[0][0]
    many = ground.trust.sql("SELECT count(*) FROM licensing.consent_current WHERE pool_id = %s AND permits", ground.pool_id)[0][0]
    wider = count({"notice": 2, "pairs": pairs})
    assert (wider["asked_again"], wider["members_asked"], wider["kept"]) == (len(OWNERS), len(OWNERS), 0)
    assert wider["without_effect"] == many - len(OWNERS)
    same = count({"notice": 2, "pairs": [{**pairs[0], "change": "no_wider", "floor": 1}]})
    assert (same["asked_again"], same["kept"]) == (0, len(OWNERS))
    first = count({"notice": 1, "pairs": [{**pairs[0], "change": "new", "floor": 1}]})
    assert (first["asked_again"], first["kept"]) == (0, len(OWNERS))
    assert count({"notice": 2, "pairs": [{**pairs[0], "change": "gone", "floor": 0}]})["without_effect"] == many


def test_wider_terms_ask_and_silence_keeps_the_old_scope(ground):
    narrowing = {"notice": 2, "pairs": [{"purpose": PURPOSE, "org_class": CLASS, "change": "wider", "floor": 2}]}
    connection = psycopg2.connect(ground.trust.database)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT licensing.bump_consent_epoch(%s)", (ground.pool_id,))
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version) VALUES "
                           "(%s, 2, 'en', 'more', %s, 'terms', 2)", (ground.pool_id, "4" * 64))
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
            cursor.execute("SELECT licensing.request_consents(%s, %s, 2)", (ground.pool_id, json.dumps(narrowing)))
            assert cursor.fetchone()[0] == len(OWNERS)
            cursor.execute("SELECT count(*) FROM licensing.consent_current WHERE pool_id = %s AND purpose = %s AND permits AND notice = 1",
                           (ground.pool_id, PURPOSE))
            assert cursor.fetchone()[0] == len(OWNERS)
            cursor.execute("SELECT * FROM licensing.check_consents()")
            assert cursor.fetchall() == []
            cursor.execute("SELECT count(*) FROM licensing.covered_contribution WHERE pool_id = %s AND purpose = %s AND recipient_class = %s AND notice >= 2",
                           (ground.pool_id, PURPOSE, CLASS))
            assert cursor.fetchone()[0] == 0
        connection.rollback()
    finally:
        connection.close()


def test_a_code_added_later_has_no_consent(ground):
    """A switch on an inner node says yes to the codes below it as they are: what the tree grows later was never asked for."""
    ground.switch("hal", "given", purpose="PG")
    ground.trust.unguarded("INSERT INTO licensing.purpose SELECT 'PG.LATER', true, default_tier, match, dpv, duo, 1000, 2 FROM licensing.purpose WHERE code = 'PG.EDU'",
                           "INSERT INTO licensing.purpose_edge (child, parent) VALUES ('PG.LATER', 'PG')",
                           "INSERT INTO licensing.purpose_closure (ancestor, code) VALUES ('PG', 'PG.LATER'), ('PG.LATER', 'PG.LATER')")
    try:
        assert ground.trust.sql("SELECT count(*) FROM licensing.purpose_below WHERE ancestor = 'PG' AND code = 'PG.LATER'") == [(1,)]
        for table in ("consent_event", "consent_current", "covered_contribution"):
            assert ground.trust.sql(f"SELECT count(*) FROM licensing.{table} WHERE purpose = 'PG.LATER'") == [(0,)], table
        assert ground.trust.sql("SELECT count(*) > 0 FROM licensing.covered_contribution WHERE purpose = 'PG.EDU' AND recipient_class = %s", CLASS) == [(True,)]
    finally:
        ground.trust.unguarded("DELETE FROM licensing.purpose_closure WHERE code = 'PG.LATER'",
                               "DELETE FROM licensing.purpose_edge WHERE child = 'PG.LATER'", "DELETE FROM licensing.purpose WHERE code = 'PG.LATER'")


def test_nothing_is_left_undone(ground):
    eventually("jobs", lambda: ground.trust.sql("SELECT count(*) FROM job.job WHERE kind IN ('write_tombstones', 'make_manifests') AND state <> 'done'")
               == [(0,)])
    ground.fold_holds()
