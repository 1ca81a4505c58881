# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker killed inside the jobs that keep licensees and the public informed: tombstone lists, release manifests, the catalogue, webhooks,
amendments. The cycle of test_kill.py has too little of them to be killed in. Each test stands alone."""
import json
import threading
import time

import pytest

from applying import LONG, agreed, enact_terms, prepare
from consenting import Ground
from figures import MUST_NOT_BE
from killing import DONE, LATE, LOST, Breakpoint, Worker
from stack import eventually
from test_catalogue import MEMBERS, NS, Hand, coverage, terms_of
from test_metering import CLASS, PURPOSE, uid
from test_webhooks import Receiver, announce, deliveries, make, verified
from trust import LIC

#: Kinds of jobs that are killed here; test_kill.py kills all others.
KINDS = {"write_tombstones", "make_manifests", "refresh_catalogue", "count_catalogue", "send_webhooks", "amend_agreement"}
HTTP_ROLES = ["governance", "licensing", "metering", "log", "portal"]
ELSE = "RES.ACADEMIC"  # a purpose besides that of the grants by hand


def apart(trust):
    """The API and the worker in processes of their own: the first does not end with the second."""
    trust.stop()
    trust.start(*HTTP_ROLES)
    trust.worker = Worker(trust)
    return trust


def close(stack, trust):
    trust.worker.stop()
    stack.release(trust)


@pytest.fixture(scope="module")
def trust(stack):
    made = apart(stack.trust(settings={"licensing": {"webhook_test": "yes", "webhook_delay_ppm": "50"}}))
    made.register_organisation("uni", "University of the Harbour", "DE", CLASS, "lin")
    yield made
    close(stack, made)


@pytest.fixture(scope="module")
def ground(trust, stack):
    """Eight members with forty rows each, who consent to two purposes."""
    made = Ground(trust, stack)
    for purpose in (PURPOSE, ELSE):
        made.give(purpose=purpose)
    return made


@pytest.fixture(scope="module")
def pool(trust):
    """A pool in the catalogue, with terms and seven members who consent: (hand, its id)."""
    hand = Hand(trust)
    made = hand.pool("harbour")
    hand.terms(terms_of("harbour"))
    for name in MEMBERS:
        trust.consent(name, "harbour", "PG", ["public_body", "university"])
    eventually("counts", lambda: coverage(trust, "harbour")["PG.CLIMATE"][0] == len(MEMBERS))
    return hand, made["id"]


@pytest.fixture(scope="module")
def agreeing(stack):
    """A trust in which agreements are made, on terms that stand in `doc`."""
    made = stack.trust(changes=LONG)
    made.doc = prepare(made)
    yield apart(made)
    close(stack, made)


@pytest.fixture(scope="module")
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def pause():
    """Makes breakpoints, which end with the test."""
    points = []

    def at(trust, table, event, when=None):
        settle(trust)
        points.append(Breakpoint(trust, table, event, when))
        return points[-1]
    yield at
    for point in points:
        point.release()
    for point in points:
        point.remove()


@pytest.fixture(autouse=True)
def invariants(request):
    """After every test: nothing is laid aside, and the log holds."""
    yield
    for made in [request.node.funcargs[name] for name in ("trust", "agreeing") if name in request.node.funcargs]:
        settle(made)
        wrong = {name: made.sql(statement) for name, statement in MUST_NOT_BE.items() if name.startswith("I9")}
        assert {name: rows for name, rows in wrong.items() if rows} == {}
        assert made.sql("SELECT kind, reason FROM job.job WHERE state = 'dead' AND kind = ANY (%s)", [*KINDS]) == []


def settle(trust):
    trust.wait_sql("all jobs to be done", "SELECT NOT EXISTS (SELECT FROM job.job WHERE state IN ('waiting', 'running') "
                   "AND run_at < clock_timestamp() + interval '1 hour')")


def killed(trust, kind, *kills):
    """The worker is killed at each breakpoint in turn: (breakpoint, then). All jobs end well."""
    jobs = [trust.worker.kill_at(point, kind, then) for point, then in kills]
    for job, attempt in jobs:
        trust.worker.wait_done(job, attempt)


# ---- tombstones ----

def test_tombstones(ground, pause):
    """Killed in the second grant of two, inside the list, at its mark and at its end: both lists complete, in order, nothing twice."""
    trust, names = ground.trust, ["killed one", "killed two"]
    grants = {ground.grant(name): name for name in names}
    delivered = {name: set(ground.download(name)[0]) for name in names}
    first, second = sorted(grants)
    at = f"NEW.grant_id = '{second}'"
    kills = [(pause(trust, "licensing.tombstone", "INSERT", f"{at} AND NEW.seq = 20"), LOST),
             (pause(trust, "licensing.tombstone_mark", "INSERT", at), DONE), (pause(trust, "licensing.tombstone_scan", "UPDATE", at), LATE)]
    gone = ["ada", "ben"]
    ground.withdraw(gone[0], purpose=PURPOSE)
    ground.withdraw(gone[1], purpose=PURPOSE)
    killed(trust, "write_tombstones", *kills)
    ground.idle()
    for grant, name in grants.items():
        lines, mine = ground.tombstones(name), ground.names_of(name, [ground.contributions[who] for who in gone])
        assert sorted(line["_row"] for line in lines) == sorted(mine) and set(mine) <= delivered[name] and len(mine) == 80, name
        assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1)), name
        told = trust.sql("SELECT (payload #>> '{data,from_seq}')::integer, (payload #>> '{data,to_seq}')::integer FROM log.outbox "
                         "WHERE topic = 'webhook' AND payload ->> 'type' = 'consent.tombstones' AND payload #>> '{data,grant}' = %s ORDER BY 1", grant)
        assert [seq for start, end in told for seq in range(start, end + 1)] == list(range(1, 81)), told
        assert trust.sql("SELECT count(*), sum(rows) FROM licensing.tombstone_mark WHERE grant_id = %s", grant) == [(2, 80)]
    ground.give(gone)


# ---- release manifests ----

def manifests_hold(ground):
    """One open for each purpose, class, floor and kind of consent that grants have, of today's epoch and with what is covered today."""
    wanted = ground.trust.sql("SELECT DISTINCT purpose, org_class, notice_floor, explicit_only FROM licensing.data_grant "
                              "WHERE pool_id = %s AND state = 'active' ORDER BY 1, 2, 3, 4", ground.pool_id)
    found = ground.trust.sql("SELECT purpose, recipient_class, notice_floor, explicit_only FROM licensing.release_manifest "
                             "WHERE pool_id = %s AND closed_at IS NULL ORDER BY 1, 2, 3, 4", ground.pool_id)
    assert found == wanted and len(found) >= 2
    wrong = ground.trust.sql(
        "SELECT m.* FROM licensing.release_manifest AS m WHERE m.pool_id = %s AND m.closed_at IS NULL AND ((m.consent_epoch, m.contributions) <> "
        "((SELECT epoch FROM licensing.consent_epoch AS e WHERE e.pool_id = m.pool_id), (SELECT count(*) FROM licensing.covered_contribution AS k "
        "WHERE k.pool_id = m.pool_id AND k.purpose = m.purpose AND k.recipient_class = m.recipient_class AND k.notice >= m.notice_floor "
        "AND (k.explicit OR NOT m.explicit_only))))", ground.pool_id)
    assert wrong == []
    return ground.trust.sql("SELECT purpose, contributions FROM licensing.release_manifest WHERE pool_id = %s AND closed_at IS NULL", ground.pool_id)


def test_manifests(ground, pause):
    """Each way once, at the second manifest of two; before each somebody withdraws, and all manifests close."""
    trust = ground.trust
    ground.grant("read")
    ground.force("licensing.data_grant", f"UPDATE licensing.data_grant SET purpose = '{ELSE}' WHERE id = '{ground.grant('study')}'")
    last = max(PURPOSE, ELSE)
    trust.sql("SELECT licensing.open_manifest(%s, %s)", ground.pool_id, uid("grant read"))
    for then, who in ((LOST, "cem"), (DONE, "tess"), (LATE, "eva")):
        before = trust.sql("SELECT count(*) FROM licensing.release_manifest WHERE pool_id = %s", ground.pool_id)[0][0]
        point = pause(trust, "licensing.release_manifest", "INSERT", f"NEW.purpose = '{last}'")
        ground.withdraw(who, purpose=PURPOSE)
        killed(trust, "make_manifests", (point, then))
        settle(trust)
        assert dict(manifests_hold(ground))[ELSE] == 8
        assert trust.sql("SELECT count(*) FROM licensing.release_manifest WHERE pool_id = %s", ground.pool_id)[0][0] == before + 2
    assert dict(manifests_hold(ground))[PURPOSE] == 5
    ground.give(["cem", "tess", "eva"])


# ---- the catalogue ----

STORED = ("licensing.catalogue_entry", "UPDATE", "NEW.loaded_at IS DISTINCT FROM OLD.loaded_at")


def test_an_entry_in_the_catalogue(trust, pool, pause):
    """What the trust prohibits is offered no more. While the last one that is killed waits with what it read, a prohibition ends and another begins."""
    hand, identifier = pool
    offered, standing = set(coverage(trust, "harbour")), {}
    for then, purpose in ((LOST, "COM.INSIGHT"), (DONE, "RES.ACADEMIC"), (LATE, "COM.AI")):
        point = pause(trust, *STORED)
        standing[purpose] = hand.prohibit(purpose)
        if then == LATE:
            point.wait()
            hand.lift(standing.pop("COM.AI"))
            hand.lift(standing.pop("COM.INSIGHT"))
            standing["PG.CLIMATE"] = hand.prohibit("PG.CLIMATE")
        killed(trust, "refresh_catalogue", (point, then))
        eventually("what is offered now", lambda: set(coverage(trust, "harbour")) == offered - set(standing))
    kept(trust, identifier)
    for prohibition in standing.values():
        hand.lift(prohibition)
    eventually("all is offered again", lambda: set(coverage(trust, "harbour")) == offered)


def test_what_a_dead_worker_stores_late_undoes_nothing(trust, pool, pause):
    """The other way round: what was read first is stored last, when the next worker has stored what it read after a change."""
    hand, identifier = pool
    offered = set(coverage(trust, "harbour"))
    shown = lambda: "COM.INSIGHT" not in coverage(trust, "harbour")  # noqa: E731
    prohibited = f'"isA","rightOperand":{{"@id":"{NS}COM.INSIGHT"}}'
    point = pause(trust, "licensing.catalogue_entry", "INSERT", f"NEW.doc NOT LIKE '%{prohibited}%'")
    trust.sql("SELECT licensing.refresh_catalogue(%s)", identifier)
    point.wait()
    prohibition = hand.prohibit("COM.INSIGHT")
    job, attempt = trust.worker.kill_at(point, "refresh_catalogue", LATE, meanwhile=lambda: eventually("the newer entry", shown))
    trust.worker.wait_done(job, attempt)
    settle(trust)
    assert shown()
    kept(trust, identifier)
    hand.lift(prohibition)
    eventually("all is offered again", lambda: set(coverage(trust, "harbour")) == offered)


def kept(trust, identifier):
    """What is kept is what a making without kills gives, its date aside, under the hash of its own text."""
    look = "SELECT doc::jsonb - 'dct:modified', etag = encode(sha256(convert_to(doc, 'UTF8')), 'hex') FROM licensing.catalogue_entry WHERE pool_id = %s"
    before = trust.sql(look, identifier)
    trust.sql("SELECT licensing.refresh_catalogue(%s)", identifier)
    settle(trust)
    assert trust.sql(look, identifier) == before and before[0][1]


def test_counts_in_the_catalogue(trust, pool, pause):
    """Members withdraw, one before each kill and one while the last that is killed waits with what it counted."""
    _, identifier = pool
    gone = []

    def withdraw():
        gone.append(MEMBERS[len(gone)])
        trust[gone[-1]].post(f"{LIC}/consents/withdraw-all", {"pool": "harbour"})

    for then in (LOST, LATE):
        point = pause(trust, *STORED)
        withdraw()
        trust.sql("UPDATE job.job SET run_at = clock_timestamp() WHERE kind = 'count_catalogue' AND state = 'waiting'")
        if then == LATE:
            point.wait()
            for name in gone:
                trust.consent(name, "harbour", "PG", ["public_body", "university"])
            gone.clear()
        killed(trust, "count_catalogue", (point, then))
        settle(trust)
        assert coverage(trust, "harbour")["PG.CLIMATE"][0] == len(MEMBERS) - len(gone)
    point = pause(trust, *STORED)
    withdraw()
    killed(trust, "count_catalogue", (point, DONE))
    settle(trust)
    assert coverage(trust, "harbour")["PG.CLIMATE"][0] == len(MEMBERS) - 1
    kept(trust, identifier)
    trust.consent(gone[0], "harbour", "PG", ["public_body", "university"])


# ---- webhooks ----

TAKEN = ("licensing.webhook_delivery", "UPDATE", "NEW.lease IS NOT NULL AND OLD.lease IS DISTINCT FROM NEW.lease")
RECORDED = ("licensing.webhook_delivery", "UPDATE", "NEW.state = 'delivered' AND OLD.state = 'waiting'")


def linger(handler, _):
    """An endpoint that takes long enough for a second delivery to be seen beside the first."""
    threading.Event().wait(0.1)
    handler.say(204)


@pytest.mark.parametrize("where, then, times", [(TAKEN, LOST, 1), (TAKEN, DONE, 1), (TAKEN, LATE, 1), (RECORDED, LOST, 2), (RECORDED, DONE, 1),
                                                (RECORDED, LATE, 1)], ids=lambda v: v[2].split()[0][4:] if isinstance(v, tuple) else str(v))
def test_webhooks(trust, receiver, pause, where, then, times):
    """Three events in a row to one endpoint, the worker killed at the first: all arrive, in one webhook-id each, one at a time; again only
    what arrived and was not recorded. While a dead worker's lease runs, nobody begins."""
    made, path = make(trust, receiver, receiver.path(linger))
    point, began = pause(trust, *where), time.monotonic()
    for number in range(3):
        announce(trust, "grant.activated", {"number": number})
    killed(trust, "send_webhooks", (point, then))
    settled = lambda: sorted(d["state"] for d in deliveries(trust, made))  # noqa: E731
    if (where, then) in ((TAKEN, DONE), (TAKEN, LATE), (RECORDED, LOST)):
        trust.sql("SELECT job.enqueue('send_webhooks', 'all', '{}')")
        settle(trust)
        leased = trust.sql("SELECT lease_until > clock_timestamp() FROM licensing.webhook_endpoint WHERE id = %s", made["id"]) == [(True,)]
        assert leased and len(receiver.came.get(path, [])) == times - 1 or time.monotonic() - began > 20, "begun under a lease that runs"
        trust.sql("UPDATE licensing.webhook_endpoint SET lease_until = clock_timestamp() WHERE id = %s AND lease IS NOT NULL", made["id"])
    eventually("all deliveries", lambda: settled() == ["delivered"] * 3)
    came = {}
    for _, headers, body in receiver.came[path]:
        assert verified([made["secret"]], headers, body) == 1
        came.setdefault(json.loads(body)["data"]["number"], []).append(headers["webhook-id"])
    assert sorted(came) == [0, 1, 2] and all(len(set(ids)) == 1 for ids in came.values()) and len({ids[0] for ids in came.values()}) == 3
    assert sorted(len(ids) for ids in came.values()) == [1, 1, times] and receiver.most[path] == 1
    assert {d["event_id"]: d["attempts"] for d in deliveries(trust, made)} == {ids[0]: 1 for ids in came.values()}
    trust["uni"].delete(f"/licensing/v1/webhooks/{made['id']}")


# ---- amendments ----

def next_terms(trust, max_days):
    trust.doc["version"] += 1
    trust.doc["rules"][0]["max_days"] = max_days
    return enact_terms(trust, trust.doc, 2592000)


def test_amendments(agreeing, pause):
    """Each way once, at the match or at the offer: one amendment, one offer of a new version, one event, and it can be accepted."""
    trust = agreeing
    for days, kills in ((301, [("licensing.evaluation", "NEW.subject", LOST), ("licensing.offer", "NEW.replaces", LATE)]),
                        (302, [("licensing.offer", "NEW.replaces", LOST)]), (303, [("licensing.offer", "NEW.replaces", DONE)])):
        old = agreed(trust)
        points = [(pause(trust, table, "INSERT", f"{column} = '{old['id']}'"), then) for table, column, then in kills]
        new = next_terms(trust, days)
        killed(trust, "amend_agreement", *points)
        settle(trust)
        offers = trust.sql("SELECT id::text, body ->> 'terms_sha256' FROM licensing.offer WHERE replaces = %s", old["id"])
        assert len(offers) == 1 and offers[0][1] == new, offers
        assert trust.sql("SELECT count(*) FROM licensing.amendment WHERE agreement_id = %s", old["id"]) == [(1,)]
        told = trust.sql("SELECT payload #>> '{data,terms_sha256}' FROM log.outbox WHERE topic = 'webhook' AND payload ->> 'type' = "
                         "'agreement.amendment_proposed' AND payload #>> '{data,agreement_id}' = %s", old["id"])
        assert told == [(new,)]
        assert trust["uni"].get(f"{LIC}/agreements/{old['id']}").json["amendment"]["offer_id"] == offers[0][0]
        made = trust.accept_offer("uni", offers[0][0])
        assert made["body"]["terms_sha256"] == new


# ---- all of them ----

def test_the_worker_was_killed_in_each_of_these_kinds(request):
    chosen = {item.originalname for item in request.session.items if item.path == request.node.path}
    if not {name for name in globals() if name.startswith("test_")} <= chosen:
        pytest.skip("says something behind all tests of this file only")
    trusts = [request.getfixturevalue(name) for name in ("trust", "agreeing")]
    killed_in = {kind for one in trusts for kind, in one.sql("SELECT DISTINCT kind FROM job.job WHERE attempt > 1")}
    assert KINDS - killed_in == set()
