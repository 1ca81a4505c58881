# SPDX-License-Identifier: AGPL-3.0-or-later
"""What becomes of a grant: every cell of its matrix, the causes that suspend it, orders of the board, hearings, appeals, renewal, and the guards
of its tables. The clock is called as the worker calls it; the trust's own daemon runs beside and calls it too."""
import contextlib
import itertools
import json
import threading
import uuid

import psycopg2
import pytest

from granted import Granted
from stack import DEADLINE, eventually

STATES = ("pending", "active", "suspended", "closed", "revoked", "expired")


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(sign_in=False)
    yield Granted(trust, stack)
    stack.release(trust)


def brought(world, state, **more):
    """A grant in a state, by the way that leads there."""
    if state == "pending":
        world.invoice(due_days=-1)
        grant = world.grant(**more)
        assert world.state(grant) == "pending"
        return grant
    world.trust.sql("UPDATE payout.invoice SET state = 'paid' WHERE state = 'issued'")
    grant = world.grant(**more)
    assert world.state(grant) == "active"
    if state == "suspended":
        order = world.order(grant, "suspend")
        world.trust.sql("SELECT licensing.carry_out_order(%s, %s, 'suspend', NULL)", order, grant)
    elif state == "closed":
        assert world.command("S", grant, "close")[0] == "ok"
    elif state == "revoked":
        order = world.order(grant, "revoke", "reidentify: two persons")
        world.trust.sql("SELECT licensing.carry_out_order(%s, %s, 'revoke', NULL)", order, grant)
    elif state == "expired":
        world.age("data_grant", grant, "until_at = clock_timestamp()")
        world.review(grant)
    assert world.state(grant) == state
    return grant


# ---- the matrix ----------------------------------------------------------------

#: By hand: (state, command) -> the letters that may, and the state after.
BY_HAND = {("pending", "waive_fee"): ("T", "active"), ("pending", "cancel"): ("S", "closed"),
           ("active", "suspend"): ("B", "suspended"), ("active", "report"): ("AS", "active"), ("active", "renew"): ("AS", "active"),
           ("active", "close"): ("S", "closed"), ("active", "revoke"): ("B", "revoked"),
           ("suspended", "resume"): ("B", "active"), ("suspended", "close"): ("S", "closed"), ("suspended", "revoke"): ("B", "revoked"),
           ("revoked", "appeal"): ("S", "revoked")}
COMMANDS = ("activate", "waive_fee", "cancel", "lapse", "suspend", "report", "renew", "acknowledge", "close", "revoke", "expire", "resume", "appeal",
            "reinstate")
WHO = "ASBTHCN"


@pytest.mark.parametrize("state", STATES)
def test_every_cell_of_the_matrix(world, state):
    """Each command by each person in one state, in a transaction that is undone: the listed cells do what they say, all others refuse."""
    grant = brought(world, state)
    wrong = []
    for command, letter in itertools.product(COMMANDS, WHO):
        connection = psycopg2.connect(world.trust.database)
        try:
            with connection.cursor() as c:
                body = {"statement": "it is so"} if command in ("report", "appeal") else {}
                if command in ("suspend", "resume", "revoke"):
                    body["order"] = str(uuid.uuid4())
                    c.execute("INSERT INTO governance.grant_order (id, proposal_id, n, grant_id, act, cause, at) SELECT %s, %s, 1 + coalesce(max(n), 0), "
                              "%s, %s, 'reidentify', clock_timestamp() FROM governance.grant_order WHERE proposal_id = %s",
                              (body["order"], world.decision, grant, command, world.decision))
                c.execute("SELECT outcome FROM licensing.command_grant(%s, NULL, %s, %s, %s)",
                          (world.people[letter], grant, command, json.dumps(body)))
                outcome = c.fetchone()[0]
                c.execute("SELECT state FROM licensing.data_grant WHERE id = %s", (grant,))
                after = c.fetchone()[0]
        finally:
            connection.rollback()
            connection.close()
        may, then = BY_HAND.get((state, command), ("", state))
        if letter in "HCN":
            expected = ("not_found", state)
        elif letter in may:
            expected = ("created" if command == "renew" else "ok", then)
        else:
            expected = ("not_allowed_here", state)
        if command == "renew" and (outcome, after) == ("stale", state):
            continue
        if (outcome, after) != expected:
            wrong.append((command, letter, outcome, after, expected))
    assert wrong == []


def test_the_matrix_here_is_the_matrix_of_the_database(world):
    rows = {(s, c): w for s, c, w in world.trust.sql("SELECT state, command, who FROM licensing.step WHERE object = 'grant'")}
    people = {cell: set(who) & set("ASBT") for cell, who in rows.items()}
    wanted = {cell: {"A"} if who == "AS" else set(who) for cell, (who, _) in BY_HAND.items()}
    assert {c: p for c, p in people.items() if p and c[1] != "acknowledge"} == wanted


def test_the_cells_of_the_system_are_not_done_by_hand(world):
    for command in ("activate", "lapse", "expire", "reinstate"):
        for state in ("pending", "active"):
            assert world.command("S", brought(world, state), command)[0] == "not_allowed_here"


# ---- pending -------------------------------------------------------------------

def test_a_grant_starts_at_once_where_nothing_is_due(world):
    grant = brought(world, "active")
    assert world.trust.sql("SELECT command, to_state, epoch FROM licensing.grant_event WHERE grant_id = %s ORDER BY seq", grant) == \
        [("create", "pending", 1), ("activate", "active", 2)]
    assert [d["epoch"] for d in world.said(grant, "grant.activated")] == [2]


def test_who_owes_the_trust_money_pays_first(world):
    invoice = world.invoice(due_days=-3)
    grant = world.grant()
    assert world.state(grant) == "pending"
    world.pay(invoice)
    world.tick()
    assert world.state(grant) == "active"


def test_an_invoice_that_is_not_yet_due_holds_no_new_grant(world):
    invoice = world.invoice(due_days=0)
    assert world.state(world.grant()) == "active"
    world.pay(invoice)


def test_the_treasurer_waives_and_nobody_else(world):
    grant = brought(world, "pending")
    assert world.command("B", grant, "waive_fee")[0] == "not_allowed_here"
    outcome, body = world.command("T", grant, "waive_fee", {"cause": "a charity"})
    assert (outcome, body["state"]) == ("ok", "active")
    assert [e["command"] for e in body["events"]] == ["create", "waive_fee", "activate"]


def test_a_pending_grant_lapses_after_sixty_days(world):
    grant = brought(world, "pending")
    world.age("data_grant", grant, "created_at = now() - interval '59 days 23 hours'")
    world.review(grant)
    assert world.state(grant) == "pending"
    world.age("data_grant", grant, "created_at = now() - interval '60 days'")
    world.review(grant)
    assert world.last(grant)[:3] == ("lapse", "Y", "expired")
    assert world.trust.sql("SELECT count(*) FROM licensing.duty_due WHERE grant_id = %s", grant)[0][0] == 0


def test_nothing_starts_under_a_sanction_or_a_prohibition(world):
    grant = brought(world, "pending", purpose="PG.EDU")
    sanction = world.sanction(purpose="PG")
    assert world.command("T", grant, "waive_fee")[1]["state"] == "pending"
    world.end_sanction(sanction)
    prohibition = world.prohibit("PG.EDU", old_grants="NULL")
    world.tick()
    world.review(grant)
    assert world.state(grant) == "pending"
    world.lift_prohibition(prohibition)
    world.tick()
    assert world.state(grant) == "active"


# ---- causes ----------------------------------------------------------------------

def test_each_cause_suspends_and_ends_with_itself(world):
    grant = brought(world, "active", attest_days=365, purpose="PG.CLIMATE", days=600)
    sanction, prohibition, invoice = world.sanction(), world.prohibit("PG.CLIMATE"), world.invoice(grant)
    world.age("duty_due", grant, "due_at = now()")
    world.unguarded("licensing.attestation", "UPDATE licensing.attestation SET attested_at = attested_at - interval '365 days' WHERE organisation_id = %s",
                    world.organisation)
    world.trust.sql("INSERT INTO licensing.tombstone (grant_id, seq, row_ref, kind, effective_at, ack_due) VALUES (%s, 1, '0123456789ABC', 'withdrawn', "
                    "now() - interval '31 days', now() - interval '1 day')", grant)
    world.review(grant)
    assert world.causes(grant) == ["attestation lapsed", "invoice overdue", "prohibition", "report overdue", "sanction", "tombstones overdue"]
    assert len(world.said(grant, "grant.suspended")) == 1
    world.end_sanction(sanction)
    world.lift_prohibition(prohibition)
    world.pay(invoice)
    world.trust.sql("INSERT INTO licensing.tombstone_ack (grant_id, seq, person) VALUES (%s, 1, %s)", grant, world.people["A"])
    world.review(grant)
    assert world.causes(grant) == ["attestation lapsed", "report overdue"] and world.state(grant) == "suspended"
    assert world.trust.sql("SELECT outcome FROM licensing.attest(%s, NULL, %s, %s)", world.people["A"], world.organisation,
                           json.dumps({"kind": "non_commercial", "statement": "still so"}))[0][0] == "created"
    assert world.causes(grant) == ["report overdue"]
    assert world.command("A", grant, "report", {"statement": "what we did"})[0] == "not_allowed_here"  # a cell of active alone
    met = world.trust.sql("SELECT outcome FROM licensing.declare_duty(%s, NULL, %s, %s)", world.people["A"], grant,
                          json.dumps({"duty": "core:yearly-report", "statement": "what we did"}))[0][0]
    assert met == "created" and world.state(grant) == "suspended"  # the second year's report is due as well, as the clock was turned
    world.trust.sql("SELECT outcome FROM licensing.declare_duty(%s, NULL, %s, %s)", world.people["A"], grant,
                    json.dumps({"duty": "core:yearly-report", "statement": "what we did then"}))
    assert world.causes(grant) == [] and world.state(grant) == "active"
    assert [d["state"] for d in world.said(grant, "grant.resumed")] == ["active"]


def test_a_sanction_reaches_its_own_grants_within_two_seconds(world):
    hit, spared = brought(world, "active"), world.grant(organisation=world.stranger)
    sanction = world.sanction()
    eventually("suspension", lambda: world.state(hit) == "suspended", 10)
    assert world.state(spared) == "active" and world.causes(hit) == ["sanction"]
    world.end_sanction(sanction)
    eventually("resumption", lambda: world.state(hit) == "active", 10)
    took = world.trust.sql("SELECT extract(epoch FROM s.opened_at - c.decided_at) FROM licensing.suspension s JOIN governance.sanction x ON x.id = s.subject "
                           "JOIN governance.council_case c ON c.id = x.case_id WHERE s.grant_id = %s", hit)[0][0]
    assert took < 4, took


def test_a_prohibition_spares_old_grants_until_its_date(world):
    old = brought(world, "active", purpose="RES.COM")
    prohibition = world.prohibit("RES.COM", old_grants="now() + interval '1 day'")
    world.tick()
    world.review(old)
    assert world.state(old) == "active"
    world.trust.sql("UPDATE governance.prohibition SET old_grants_at = now() WHERE id = %s", prohibition)
    world.tick()
    assert world.causes(old) == ["prohibition"]
    world.lift_prohibition(prohibition)
    world.tick()
    assert world.state(old) == "active"


def test_no_grant_is_made_against_a_prohibition_in_force(world):
    prohibition = world.prohibit("PG.HEALTH", old_grants="NULL")
    with pytest.raises(psycopg2.errors.CheckViolation, match="prohibited"):
        world.grant(purpose="PG.HEALTH")
    world.lift_prohibition(prohibition)
    assert world.state(world.grant(purpose="PG.HEALTH")) == "active"


@contextlib.contextmanager
def clock_held(world):
    """Nobody's clock runs meanwhile. A cursor, and what the server says to it."""
    connection = psycopg2.connect(world.trust.database)
    connection.autocommit = True
    try:
        with connection.cursor() as c:
            c.execute("SELECT pg_advisory_lock(hashtextextended('licensing.tick', 20))")
            yield c, connection.notices
    finally:
        connection.close()


def test_a_ruling_that_hits_many_grants_is_worked_off_in_pieces(world):
    """Without the clock, which is held off: a piece past its time tells that more is left, and lifting a ruling halfway undoes what was done."""
    grants = [world.grant(purpose="PG.MOBILITY") for _ in range(4)]
    sanctioned, spared = world.grant(purpose="PG.MOBILITY", organisation=world.stranger), world.grant(purpose="PG.EDU")
    with clock_held(world) as (c, _):
        sanction, prohibition = world.sanction(organisation=world.stranger), world.prohibit("PG.MOBILITY")
        c.execute("SELECT licensing.hold_ruled('prohibition', %s, NULL, NULL, 'PG.MOBILITY', now() - interval '1 second')", (prohibition,))
        assert c.fetchone()[0] is True
        c.execute("SELECT licensing.apply_rulings()")
        c.execute("SELECT hits, done FROM licensing.ruling WHERE id IN (%s, %s)", (prohibition, sanction))
        assert c.fetchall() == [("all", True)] * 2
        assert [world.causes(g) for g in grants] == [["prohibition"]] * 4 and world.causes(sanctioned) == ["prohibition", "sanction"]
        assert world.state(spared) == "active"
        assert world.last(grants[0]) == ("suspend", "Y", "suspended", "prohibition")
        assert [(d["epoch"], d["state"], d["cause"]) for d in world.said(grants[0], "grant.suspended")] == [(3, "suspended", "prohibition")]
        notices = world.trust.sql("SELECT payload ->> 'member' FROM log.outbox WHERE topic = 'notice' AND payload ->> 'subject' = %s AND payload ->> 'kind' = "
                                  "'grant_suspended'", f"grant {grants[0]} 3")
        assert {n for (n,) in notices} == {world.people["S"], world.people["A"]}
        assert len(world.said(sanctioned, "grant.suspended")) == 1
        world.trust.sql("UPDATE licensing.ruling SET done = false WHERE id = %s", prohibition)  # as if there had been more
        world.lift_prohibition(prohibition)
        c.execute("SELECT licensing.apply_rulings()")
        assert [world.state(g) for g in grants] == ["active"] * 4 and world.causes(sanctioned) == ["sanction"]
        assert [(d["epoch"], d["cause"]) for d in world.said(grants[0], "grant.resumed")] == [(4, "cause ended")]
        world.end_sanction(sanction)
        c.execute("SELECT licensing.apply_rulings()")
        assert world.state(sanctioned) == "active"


def test_a_batch_asks_for_rulings_itself(world):
    """The prohibition is seen by no clock yet (it is not committed); the stream's next batch is refused all the same."""
    grant, delivery = brought(world, "active", purpose="PG.EDU"), str(uuid.uuid4())
    connection = psycopg2.connect(world.trust.database)
    batch = ("SELECT outcome FROM metering.begin_batch(%s, %s, %s, NULL, NULL, %s, 9223372036854775807, 10)", (world.pool, delivery, grant, world.epoch(grant)))
    try:
        with connection.cursor() as c:
            c.execute("INSERT INTO metering.delivery (pool_id, id, pool, grant_id, organisation_id, mode, plan_hash, terms_sha256) VALUES "
                      "(%s, %s, %s, %s, %s, 'download', repeat('0', 64), repeat('1', 64))", (world.pool, delivery, world.ref, grant, world.organisation))
            c.execute(*batch)
            assert c.fetchone()[0] == "ok"
            c.execute("INSERT INTO governance.prohibition (id, purpose, from_at, old_grants_at) VALUES (%s, 'PG.EDU', now(), now())", (str(uuid.uuid4()),))
            c.execute(*batch)
            assert c.fetchone()[0] == "grant_not_active"
            c.execute("SELECT state FROM licensing.data_grant WHERE id = %s", (grant,))
            assert c.fetchone()[0] == "active", "not yet suspended"
    finally:
        connection.rollback()
        connection.close()


def suspensions_of(grant):
    return f"INSERT ON licensing.suspension FOR EACH ROW WHEN (NEW.grant_id = '{grant}')"


@contextlib.contextmanager
def failing(world, what):
    """Writing this fails, by a trigger made for that; otherwise as clock_held."""
    world.trust.sql("CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'made to fail'; END $f$")
    try:
        with clock_held(world) as (c, notices):
            c.execute(f"CREATE TRIGGER fail BEFORE {what} EXECUTE FUNCTION public.fail()")
            yield c, notices
    finally:
        world.trust.sql("DROP FUNCTION public.fail() CASCADE")


def assert_put_off(world, grant):
    assert world.state(grant) == "active"
    assert 30 < world.trust.sql("SELECT extract(epoch FROM at - now()) FROM licensing.grant_due WHERE grant_id = %s", grant)[0][0] <= 60


def test_a_grant_that_fails_is_put_off_and_the_others_go_on(world):
    """The clock's transaction stands, and a warning names the grant."""
    broken, sound = brought(world, "active"), brought(world, "active")
    with failing(world, suspensions_of(broken)) as (c, notices):
        for grant in (broken, sound):
            world.invoice(grant, due_days=-1)
        c.execute("UPDATE licensing.grant_due SET at = now() WHERE grant_id IN (%s, %s)", (broken, sound))
        c.execute("SELECT licensing.end_grants()")
        assert world.causes(sound) == ["invoice overdue"]
        assert any(broken in notice and "made to fail" in notice for notice in notices), notices
        assert_put_off(world, broken)
    world.trust.sql("UPDATE licensing.grant_due SET at = now() WHERE grant_id = %s", broken)
    world.tick()
    assert world.causes(broken) == ["invoice overdue"]
    world.trust.sql("UPDATE payout.invoice SET state = 'paid' WHERE state = 'issued'")


def test_the_clock_has_no_grants_row_while_it_waits_for_a_pool(world):
    """A command takes its pool, then its grant's row of licensing.grant_due: the clock takes them in the same order, or both would wait for ever."""
    first, changing = sorted(brought(world, "active") for _ in range(2))
    world.invoice(changing, due_days=-1)
    world.trust.sql("UPDATE licensing.grant_due SET at = now() WHERE grant_id IN (%s, %s)", first, changing)
    clock = threading.Thread(target=world.tick, daemon=True)
    with contextlib.closing(psycopg2.connect(world.trust.database)) as command, command.cursor() as c:
        c.execute("SELECT pg_advisory_xact_lock(licensing.pool_lock(%s))", (world.pool,))
        clock.start()
        world.trust.wait_sql("the clock waits for the pool", "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE '%%end_grants%%'")
        c.execute("SET LOCAL lock_timeout = '10s'")
        c.execute("UPDATE licensing.grant_due SET at = at WHERE grant_id = %s", (first,))
        command.commit()
    clock.join(DEADLINE)
    assert not clock.is_alive() and world.causes(changing) == ["invoice overdue"]
    world.trust.sql("UPDATE payout.invoice SET state = 'paid' WHERE state = 'issued'")


def test_a_grant_that_fails_does_not_shield_the_others_from_a_ruling(world):
    broken, sound = brought(world, "active", purpose="PG.STATS"), brought(world, "active", purpose="PG.STATS")
    with failing(world, suspensions_of(broken)) as (c, notices):
        prohibition = world.prohibit("PG.STATS")
        c.execute("SELECT licensing.end_grants()")
        assert world.causes(sound) == ["prohibition"]
        assert any("one by one" in notice for notice in notices) and any(broken in notice for notice in notices), notices
        assert_put_off(world, broken)
        c.execute("SELECT licensing.is_ruled_out(%s)", (broken,))
        assert c.fetchone()[0], "its streams have ended all the same"
    world.lift_prohibition(prohibition)
    world.tick()
    assert world.state(sound) == "active"


def test_an_order_that_fails_is_tried_again_and_the_others_are_carried_out(world):
    """A later order on the same grant waits for the one that failed: they act as the board decided them, one after the other."""
    broken, sound = brought(world, "active"), brought(world, "active")
    with failing(world, suspensions_of(broken)) as (c, notices):
        first, later, other = world.order(broken, "suspend"), world.order(broken, "resume"), world.order(sound, "suspend")
        c.execute("SELECT licensing.tick()")
        c.execute("SELECT licensing.tick()")
        assert world.causes(sound) == ["emergency"] and world.state(broken) == "active"
        assert [("made to fail" in notice) for notice in notices if first in notice] == [True], "once a minute"
        assert world.trust.sql("SELECT order_id::text FROM licensing.grant_order WHERE order_id IN (%s, %s, %s)", first, later, other) == [(other,)]
    world.tick()
    assert world.trust.sql("SELECT act, result FROM licensing.grant_order WHERE grant_id = %s ORDER BY at", broken) == [("suspend", "done"), ("resume", "done")]
    assert world.state(broken) == "active" and world.causes(broken) == []


def test_a_part_of_the_clock_that_fails_stops_no_other(world):
    grant = brought(world, "active")
    with failing(world, "UPDATE ON licensing.upload FOR EACH STATEMENT") as (c, notices):
        world.invoice(grant, due_days=-1)
        c.execute("UPDATE licensing.grant_due SET at = now() WHERE grant_id = %s", (grant,))
        c.execute("SELECT licensing.tick()")
        assert world.causes(grant) == ["invoice overdue"]
        assert any("licensing.tick: uploads: made to fail" in notice for notice in notices), notices
    world.trust.sql("UPDATE payout.invoice SET state = 'paid' WHERE state = 'issued'")


def test_a_part_of_the_clock_holds_no_locks_of_another(world):
    """The worker's clock stands still in its last part; what its first ones touched is free."""
    waits = ("SELECT pid, query FROM pg_stat_activity WHERE application_name = 'commonhold-worker' AND datname = current_database() AND wait_event_type = 'Lock' "
             "AND query LIKE '%%licensing.tick(%%'")
    with contextlib.closing(psycopg2.connect(world.trust.database)) as held, held.cursor() as c:
        c.execute("LOCK TABLE licensing.grant_due IN ACCESS EXCLUSIVE MODE")
        pid, query = eventually("the clock to wait", lambda: next(iter(world.trust.sql(waits)), None))
        relations = {name for name, in world.trust.sql("SELECT relation::regclass::text FROM pg_locks WHERE pid = %s AND granted AND relation IS NOT NULL", pid)}
        assert "'grants'" in query and "licensing.data_grant" in relations and "licensing.upload" not in relations, (query, relations)


def test_a_deadlock_puts_no_grant_off(world):
    """The clock holds one pool's lock and wants another's, somebody else the other way round: the clock gives way, and comes back the next second."""
    grant = brought(world, "active")
    with clock_held(world) as (c, notices), contextlib.closing(psycopg2.connect(world.trust.database)) as other:
        world.invoice(grant, due_days=-1)
        c.execute("UPDATE licensing.grant_due SET at = CASE WHEN grant_id = %s THEN now() ELSE now() + interval '1 hour' END", (grant,))
        o = other.cursor()
        o.execute("SELECT pg_advisory_xact_lock(licensing.pool_lock(%s))", (world.pool,))
        c.execute("BEGIN")
        c.execute("SELECT pg_advisory_xact_lock(4711), pg_backend_pid()")
        pid = c.fetchone()[1]

        def clock():
            c.execute("SELECT licensing.end_grants()")
            c.execute("COMMIT")
        thread = threading.Thread(target=clock)
        thread.start()
        world.trust.wait_sql("the clock to wait", "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND pid = %s", pid)
        o.execute("SELECT pg_advisory_xact_lock(4711)")
        thread.join()
        other.rollback()
        assert world.state(grant) == "active" and not any(grant in notice for notice in notices)
        assert world.trust.sql("SELECT at <= now() FROM licensing.grant_due WHERE grant_id = %s", grant) == [(True,)]
    world.tick()
    assert world.causes(grant) == ["invoice overdue"]
    world.trust.sql("UPDATE payout.invoice SET state = 'paid' WHERE state = 'issued'")


def test_an_overdue_invoice_suspends_its_grant_alone(world):
    first, second = brought(world, "active"), world.grant()
    invoice = world.invoice(first, due_days=-1)
    world.tick()
    world.review(first, second)
    assert (world.causes(first), world.state(second)) == (["invoice overdue"], "active")
    world.pay(invoice)
    world.tick()
    assert world.state(first) == "active"


def test_a_cause_opens_once_and_closes_once(world):
    grant = brought(world, "active")
    hold = "licensing.hold_grant(%s, 'emergency', 'x', NULL, now() + interval '1 hour')"
    assert world.trust.sql(f"SELECT {hold}, {hold}", grant, grant)[0] == (True, False)
    assert world.trust.sql("SELECT licensing.release_grant(%s, 'emergency'), licensing.release_grant(%s, 'emergency')", grant, grant)[0] == (True, False)
    closed = brought(world, "closed")
    assert world.trust.sql("SELECT licensing.hold_grant(%s, 'emergency', 'x', NULL, now() + interval '1 hour')", closed)[0] == (False,)


# ---- the board -------------------------------------------------------------------

def test_the_clock_carries_out_an_order_of_the_board(world):
    grant = brought(world, "active")
    world.order(grant, "suspend", "readings look re-identified")
    eventually("suspension", lambda: world.state(grant) == "suspended", 10)
    cause, reason, until = world.trust.sql("SELECT cause, reason, until_at - opened_at FROM licensing.suspension WHERE grant_id = %s", grant)[0]
    assert (cause, reason) == ("emergency", "readings look re-identified") and 55 < until.total_seconds() <= 60  # the charter's suspension_seconds
    assert world.last(grant) == ("suspend", "B", "suspended", "readings look re-identified")
    world.order(grant, "resume", "a false alarm")
    eventually("resumption", lambda: world.state(grant) == "active", 10)
    assert world.last(grant)[:2] == ("resume", "B")


def test_a_member_of_the_board_alone_decides_nothing(world):
    grant = brought(world, "active")
    for command in ("suspend", "revoke"):
        assert world.command("B", grant, command, {"order": str(uuid.uuid4())})[0] == "order_missing"
        assert world.command("B", grant, command, {})[0] == "order_missing"
    other = brought(world, "active")
    order = world.order(other, "suspend")
    assert world.command("B", grant, "suspend", {"order": order})[0] == "order_missing"
    assert world.state(grant) == "active"


def test_an_emergency_suspension_ends_by_itself_and_is_open_once(world):
    grant = brought(world, "active")
    first, second = world.order(grant, "suspend"), world.order(grant, "suspend")
    results = {world.trust.sql("SELECT licensing.carry_out_order(%s, %s, 'suspend', NULL)", o, grant)[0][0] for o in (first, second)}
    assert results <= {"done", "nothing to do", "before"} and world.causes(grant) == ["emergency"]
    assert world.trust.sql("SELECT count(*) FROM licensing.suspension WHERE grant_id = %s AND cause = 'emergency'", grant)[0][0] == 1
    with pytest.raises(psycopg2.errors.UniqueViolation):
        world.trust.sql("INSERT INTO licensing.suspension (id, grant_id, cause, reason, until_at) VALUES (%s, %s, 'emergency', 'x', now())",
                        str(uuid.uuid4()), grant)
    world.age("suspension", grant, "until_at = now()")
    world.review(grant)
    assert world.last(grant) == ("resume", "Y", "active", "its time is over")


def test_the_board_cannot_lift_what_the_system_suspends_for(world):
    grant = brought(world, "active")
    sanction = world.sanction()
    world.review(grant)
    order = world.order(grant, "resume")
    outcome = world.command("B", grant, "resume", {"order": order})[0]
    assert outcome in ("not_allowed_here", "ok") and world.causes(grant) == ["sanction"] and world.state(grant) == "suspended"
    world.end_sanction(sanction)


# ---- hearings --------------------------------------------------------------------

def heard(world, cause="the fee was passed on"):
    grant = brought(world, "active")
    order = world.order(grant, "revoke", cause)
    world.trust.sql("SELECT licensing.carry_out_order(%s, %s, 'revoke', NULL)", order, grant)
    return grant


def let_pass(world, grant):
    world.age("hearing", grant, "opened_at = opened_at - interval '14 days', closes_at = clock_timestamp()")
    world.review(grant)


def test_a_revocation_follows_a_hearing_of_fourteen_days(world):
    grant = heard(world)
    assert world.state(grant) == "active"
    told = world.said(grant, "grant.hearing")
    assert [d["cause"] for d in told] == ["the fee was passed on"]
    assert world.trust.sql("SELECT closes_at - opened_at FROM licensing.hearing WHERE grant_id = %s", grant)[0][0].total_seconds() == 14 * 86400
    notices = world.trust.sql("SELECT payload ->> 'member' FROM log.outbox WHERE topic = 'notice' AND payload ->> 'subject' LIKE %s AND payload ->> 'kind' "
                              "= 'grant_hearing'", f"grant {grant} %")
    assert {n for (n,) in notices} == {world.people["S"], world.people["A"]}
    let_pass(world, grant)
    assert world.last(grant) == ("revoke", "B", "revoked", "the fee was passed on")
    assert [d["cause"] for d in world.said(grant, "grant.revoked")] == ["the fee was passed on"]
    proposed = world.trust.sql("SELECT s.organisation_id::text, c.state FROM governance.sanction AS s JOIN governance.council_case AS c ON c.id = s.case_id "
                               "WHERE s.reason LIKE %s", f"%{grant}%")
    assert proposed == [(world.organisation, "open")]


def test_an_answered_hearing_needs_the_board_again(world):
    grant = heard(world)
    answered = world.trust.sql("SELECT outcome FROM licensing.answer_hearing(%s, NULL, %s, %s)", world.people["A"], grant,
                               json.dumps({"statement": "we did not"}))[0][0]
    again = world.trust.sql("SELECT outcome FROM licensing.answer_hearing(%s, NULL, %s, %s)", world.people["A"], grant,
                            json.dumps({"statement": "really"}))[0][0]
    assert (answered, again) == ("created", "not_allowed_here")
    let_pass(world, grant)
    assert world.state(grant) == "active"
    order = world.order(grant, "revoke", "the answer does not convince")
    assert world.command("B", grant, "revoke", {"order": order})[0] in ("ok", "not_allowed_here")
    assert world.state(grant) == "revoked"


def test_a_cured_hearing_ends_without_a_revocation(world):
    grant = heard(world)
    world.command("B", grant, "revoke", {"order": world.order(grant, "revoke")})
    order = world.order(grant, "resume", "cured")
    world.trust.sql("SELECT licensing.carry_out_order(%s, %s, 'resume', NULL)", order, grant)
    let_pass(world, grant)
    assert world.state(grant) == "active"
    assert world.trust.sql("SELECT e.result FROM licensing.hearing_end AS e JOIN licensing.hearing AS h ON h.id = e.hearing_id WHERE h.grant_id = %s",
                           grant) == [("cured",)]


@pytest.mark.parametrize("cause, sanctioned, expected", [("reidentify: the harbour sensors", False, "revoked"), ("reidentification", False, "revoked"), ("a breach", True, "revoked"),
                                                         ("reidentified maybe", False, "active")])
def test_reidentification_and_sanctions_need_no_waiting(world, cause, sanctioned, expected):
    sanction = world.sanction() if sanctioned else None
    world.tick()
    grant = world.grant(organisation=world.stranger) if not sanctioned else None
    if sanctioned:
        world.end_sanction(sanction)
        world.tick()
        grant = brought(world, "active")
        sanction = world.sanction()
    order = world.order(grant, "revoke", cause)
    world.trust.sql("SELECT licensing.carry_out_order(%s, %s, 'revoke', NULL)", order, grant)
    assert world.state(grant) == expected
    if sanctioned:
        world.end_sanction(sanction)


# ---- appeals ---------------------------------------------------------------------

def decide_appeal(world, grant, upheld):
    world.trust.sql("UPDATE governance.panel_case SET state = 'decided', closes_at = NULL, decided_at = now(), upheld = %s WHERE kind = 'revocation' AND "
                    "subject = %s AND state <> 'decided'", upheld, grant)
    world.tick()


@pytest.mark.parametrize("upheld, expected", [(True, "revoked"), (False, "active")])
def test_the_panel_decides_an_appeal(world, upheld, expected):
    grant = brought(world, "revoked", duties=[{"id": "D4", "act": "delete", "within_days": 30}])
    assert world.command("S", grant, "appeal", {})[0] == "invalid"
    assert world.command("S", grant, "appeal", {"statement": "it was somebody else"})[0] == "ok"
    assert world.command("S", grant, "appeal", {"statement": "again"})[0] == "not_allowed_here"
    decide_appeal(world, grant, upheld)
    assert world.state(grant) == expected
    duty = world.trust.sql("SELECT due_at IS NOT NULL, cancelled_at IS NOT NULL FROM licensing.duty_due WHERE grant_id = %s AND duty = 'D4'", grant)
    assert duty == [(True, not upheld)]
    if not upheld:
        assert world.last(grant)[:2] == ("reinstate", "P")
    events = world.trust.sql("SELECT e.kind, e.party, e.cause, s.over FROM licensing.agreement_event AS e JOIN licensing.agreement_state AS s USING (agreement_id) "
                             "JOIN licensing.data_grant AS g USING (agreement_id) WHERE g.id = %s ORDER BY e.seq", grant)
    assert events == [("terminated", "trust", "reidentify: two persons", upheld)] + (
        [] if upheld else [("reinstated", "trust", "the panel reversed the revocation", False)])


def test_an_appeal_comes_within_its_time(world):
    grant = brought(world, "revoked")
    world.age("grant_event", grant, "at = at - interval '61 seconds'")  # the charter's appeal_seconds are 60
    assert world.command("S", grant, "appeal", {"statement": "late"})[0] == "not_allowed_here"


# ---- the end ---------------------------------------------------------------------

@pytest.mark.parametrize("state", ("closed", "revoked", "expired"))
def test_an_end_kills_tokens_and_starts_the_duty_to_delete(world, state):
    before = world.grant(duties=[{"id": "D4", "act": "delete", "within_days": 10}])
    epoch = world.epoch(before)
    if state == "closed":
        world.command("S", before, "close", {"cause": "the study is done"})
    elif state == "revoked":
        world.trust.sql("SELECT licensing.carry_out_order(%s, %s, 'revoke', NULL)", world.order(before, "revoke", "reidentify"), before)
    else:
        world.age("data_grant", before, "until_at = clock_timestamp()")
        world.review(before)
    assert world.state(before) == state and world.epoch(before) == epoch + 1
    assert world.trust.sql("SELECT outcome FROM licensing.check_grant(%s, 'read', NULL, 'download')", before)[0][0] == "grant_not_active"
    days = world.trust.sql("SELECT extract(epoch FROM due_at - from_at) / 86400 FROM licensing.duty_due WHERE grant_id = %s AND act = 'delete'", before)
    assert days == [(10,)]
    if state == "closed":
        assert world.last(before)[3] == "the study is done"


def test_an_expiring_grant_says_so_at_thirty_and_at_seven_days(world):
    grant = brought(world, "active", days=31, started_days_ago=60)
    world.review(grant)
    assert world.said(grant, "grant.expiring") == []
    for left, said in ((30, [30]), (29, [30]), (7, [30, 7]), (6, [30, 7])):
        world.age("data_grant", grant, f"until_at = date_trunc('day', until_at)")
        world.trust.sql("SELECT 1")
        until = world.trust.sql("SELECT until_at FROM licensing.data_grant WHERE id = %s", grant)[0][0]
        shift = until - (world.trust.sql("SELECT now() + %s * interval '1 day'", left)[0][0])
        world.age("data_grant", grant, f"until_at = until_at - interval '{shift.total_seconds()} seconds'")
        world.review(grant)
        assert [d["days"] for d in world.said(grant, "grant.expiring") if d["what"] == "grant"][-1:] == said[-1:], left


def test_a_grant_is_looked_at_when_something_is_due_and_not_before(world):
    grant = brought(world, "active", days=5, started_days_ago=200, attest_days=365)
    world.review(grant)
    due, until = world.trust.sql("SELECT d.at, g.until_at FROM licensing.grant_due AS d JOIN licensing.data_grant AS g ON g.id = d.grant_id WHERE g.id = %s",
                                 grant)[0]
    assert due <= until
    world.age("data_grant", grant, "until_at = clock_timestamp() + interval '1 hour'")
    world.review(grant)
    assert world.trust.sql("SELECT d.at = g.until_at FROM licensing.grant_due AS d JOIN licensing.data_grant AS g ON g.id = d.grant_id WHERE g.id = %s",
                           grant)[0][0]
    over = brought(world, "closed")
    world.review(over)
    left = world.trust.sql("SELECT count(*) FROM licensing.grant_due WHERE grant_id = %s", over)[0][0]
    assert left == world.trust.sql("SELECT count(*) > 0 FROM licensing.duty_due WHERE grant_id = %s AND met_at IS NULL AND due_at > now()", over)[0][0]


def test_a_grant_from_before_there_were_duties_gets_them(world):
    grant = brought(world, "active", duties=[{"id": "D2", "act": "attribute"}])
    world.unguarded("licensing.duty_due", "DELETE FROM licensing.duty_due WHERE grant_id = %s", grant)
    world.review(grant)
    assert world.trust.sql("SELECT duty FROM licensing.duty_due WHERE grant_id = %s ORDER BY duty", grant) == [("D2",), ("core:yearly-report",)]
    assert world.trust.sql("SELECT at > now() FROM licensing.grant_due WHERE grant_id = %s", grant) == [(True,)]


# ---- invariants and attacks --------------------------------------------------------

def test_every_change_of_state_is_told_to_the_processes(world):
    """NOTIFY licensing_grant '<id>:<epoch>', with the epoch the change raised it to; several in one transaction too."""
    with contextlib.closing(psycopg2.connect(world.trust.database)) as listener:
        listener.autocommit = True
        listener.cursor().execute("LISTEN licensing_grant")
        grant = brought(world, "suspended")
        assert world.command("S", grant, "close")[0] == "ok"
        listener.cursor().execute("SELECT 1")
        heard_ = [n.payload for n in listener.notifies if n.payload.startswith(grant)]
        epochs = [e for (e,) in world.trust.sql("SELECT epoch FROM licensing.grant_event WHERE grant_id = %s AND to_state IS DISTINCT FROM from_state "
                                                "AND command <> 'create' ORDER BY seq", grant)]
        assert heard_ == [f"{grant}:{epoch}" for epoch in epochs] and len(heard_) == 3 and epochs[-1] == world.epoch(grant)


def test_a_replay_of_the_events_gives_state_and_epoch(world):
    for state in STATES:
        brought(world, state)
    broken = world.trust.sql("SELECT g.id FROM licensing.data_grant AS g JOIN LATERAL (SELECT * FROM licensing.grant_event AS e WHERE e.grant_id = g.id "
                             "ORDER BY e.seq DESC LIMIT 1) AS e ON true WHERE (g.state, g.epoch) IS DISTINCT FROM (e.to_state, e.epoch)")
    assert broken == []
    holes = world.trust.sql("SELECT * FROM (SELECT e.*, lag(e.to_state) OVER w AS before, lag(e.epoch) OVER w AS epoch_before FROM licensing.grant_event AS e "
                            "WINDOW w AS (PARTITION BY e.grant_id ORDER BY e.seq)) AS x WHERE x.from_state IS DISTINCT FROM x.before OR x.epoch < x.epoch_before")
    assert holes == []
    loose = world.trust.sql("SELECT g.id FROM licensing.data_grant AS g WHERE (g.state = 'suspended') <> EXISTS (SELECT FROM licensing.suspension AS s WHERE "
                            "s.grant_id = g.id AND s.closed_at IS NULL)")
    assert loose == []


ATTACKS = ("UPDATE licensing.grant_event SET cause = 'x'", "DELETE FROM licensing.grant_event", "TRUNCATE licensing.grant_event CASCADE",
           "UPDATE licensing.data_grant SET purpose = 'PG.EDU', epoch = epoch + 1", "UPDATE licensing.data_grant SET until_at = 'infinity', epoch = epoch + 1",
           "UPDATE licensing.data_grant SET epoch = epoch - 1", "DELETE FROM licensing.data_grant", "TRUNCATE licensing.data_grant CASCADE",
           "UPDATE licensing.data_grant SET state = 'active', epoch = epoch + 1 WHERE state = 'revoked'",
           "UPDATE licensing.suspension SET reason = 'x'", "DELETE FROM licensing.suspension", "TRUNCATE licensing.suspension",
           "UPDATE licensing.suspension SET closed_at = NULL, closed_reason = NULL", "UPDATE licensing.duty_due SET due_at = 'infinity'",
           "DELETE FROM licensing.duty_due", "UPDATE licensing.duty_due SET met_at = NULL", "DELETE FROM licensing.duty_proof",
           "DELETE FROM licensing.hearing", "UPDATE licensing.hearing SET closes_at = now()", "DELETE FROM licensing.hearing_answer",
           "DELETE FROM licensing.grant_order", "UPDATE licensing.grant_order SET result = 'done'", "DELETE FROM licensing.grant_appeal",
           "UPDATE licensing.attestation SET attested_at = now()", "DELETE FROM licensing.grant_reminder",
           "INSERT INTO licensing.grant_event (grant_id, seq, command, role, from_state, to_state, epoch) SELECT id, 99, 'resume', 'Y', 'revoked', 'active', "
           "epoch + 1 FROM licensing.data_grant WHERE state = 'revoked' LIMIT 1")


def test_what_happened_to_a_grant_cannot_be_rewritten(world):
    """By the database's owner, also as a replica; by the login roles, which hold no right at all."""
    revoked = brought(world, "revoked")
    assert world.command("S", revoked, "appeal", {"statement": "no"})[0] == "ok"
    answered = heard(world)
    world.trust.sql("SELECT licensing.answer_hearing(%s, NULL, %s, '{\"statement\": \"no\"}')", world.people["A"], answered)
    assert world.command("A", brought(world, "active"), "report", {"statement": "a year"})[0] == "ok"
    world.trust.sql("INSERT INTO licensing.grant_reminder (grant_id, kind, subject, days, for_at) VALUES (%s, 'expiring', '', 30, now())", revoked)
    passed = []
    for role in (None, "replica", "ch_licensing", "ch_metering", "ch_worker", "ch_payout", "ch_governance", "ch_portal", "ch_audit", "ch_log"):
        who = "user=commonhold" if role in (None, "replica") else f"user={role}"
        with contextlib.closing(psycopg2.connect(world.trust.database.replace("user=commonhold", who))) as connection:
            for attack in ATTACKS:
                with connection.cursor() as c:
                    try:
                        if role == "replica":
                            c.execute("SET LOCAL session_replication_role = replica")
                        c.execute(attack)
                        c.execute("SET CONSTRAINTS ALL IMMEDIATE")
                        passed.append((role, attack))
                    except psycopg2.errors.InsufficientPrivilege:
                        if role in (None, "replica"):
                            passed.append((role, attack, "right"))
                    except psycopg2.Error:
                        if role not in (None, "replica"):
                            passed.append((role, attack, "guard only"))
                connection.rollback()
    assert passed == []
