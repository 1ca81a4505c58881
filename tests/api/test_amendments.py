# SPDX-License-Identifier: AGPL-3.0-or-later
"""What votes do to agreements, and what two people do at the same instant. New terms do not touch an agreement unless their proposal says so; then
the licensee accepts a new version or the old one ends. The races run CH_ROUNDS rounds each, in SQL."""
import functools
import json
import os
import threading
import uuid

import psycopg2
import pytest

from applying import LONG, agreed, approved, enact_terms, prepare, rewrite
from stack import eventually, together
from test_offers import refused, verify_signatures
from trust import LIC

ROUNDS = int(os.environ.get("CH_ROUNDS", "20"))


@pytest.fixture(scope="module")
def trust(stack):
    made = stack.trust(changes=LONG)
    made.doc = prepare(made)
    made.first = agreed(made)
    yield made
    stack.release(made)


def next_terms(trust, amends_after=None, **rule):
    """The next version: rule P1 changed, nothing else."""
    trust.doc["version"] += 1
    trust.doc["rules"][0].update(rule)
    return enact_terms(trust, trust.doc, amends_after)


def announced(trust, kind, **data):
    return [r[0] for r in trust.sql("SELECT payload -> 'data' FROM log.outbox WHERE topic = 'webhook' AND payload ->> 'type' = %s AND payload -> 'data' @> %s",
                                    kind, json.dumps(data))]


# -- amendments ---------------------------------------------------------------------

def test_new_terms_do_not_touch_an_agreement(trust):
    offered = approved(trust)
    new = next_terms(trust, columns={**trust.doc["rules"][0]["columns"], "lat": "round:1", "lon": "round:1"})
    eventually("terms.superseded", lambda: announced(trust, "terms.superseded", terms_sha256=new))
    found = trust["uni"].get(f"{LIC}/agreements/{trust.first['id']}").json
    assert not found["over"] and found["amendment"] is None and found["grant_state"] == "active" and found["body"]["columns"][0]["rule"] == "round:2"
    # An offer made before stays as it was frozen, once it has been matched under the terms of today.
    eventually("matched again", lambda: trust.sql("SELECT terms_sha256 = %s FROM licensing.evaluation WHERE subject = %s ORDER BY at DESC LIMIT 1", new,
                                                  offered["id"])[0][0])
    made = eventually("acceptance", lambda: trust.accept_offer("uni", offered["offer_id"]))
    assert made["body"]["columns"][0] == {"name": "lat", "rule": "round:2"} and made["body"]["terms_sha256"] != new
    verify_signatures(trust, made)
    assert len(announced(trust, "terms.superseded", terms_sha256=new)) == 1, "once for each licensee"


def test_a_proposal_that_says_so_amends(trust):
    kept, silent = agreed(trust), agreed(trust)
    new = next_terms(trust, amends_after=2592000, max_days=300)
    amendment = lambda a: trust["uni"].get(f"{LIC}/agreements/{a['id']}").json["amendment"]
    eventually("an offer of a new version", lambda: (amendment(kept) or {}).get("offer_id") and (amendment(silent) or {}).get("offer_id"))
    told = announced(trust, "agreement.amendment_proposed", agreement_id=kept["id"])
    assert len(told) == 1 and told[0]["terms_sha256"] == new
    offer = trust["uni"].get(f"{LIC}/offers/{amendment(kept)['offer_id']}").json
    assert offer["offer"]["kind"] == "amendment" and offer["offer"]["replaces"] == kept["id"] and offer["offer"]["terms_sha256"] == new
    assert offer["offer"]["not_before"] == amendment(kept)["ends_at"] == offer["valid_until"] and offer["offer"]["not_after"] <= kept["body"]["not_after"]
    refused(trust["ann"].send("POST", f"{LIC}/offers/{offer['id']}/accept", {"agreement_hash": offer["agreement_hash"]}), 403, "forbidden")
    version = trust.accept_offer("uni", offer["id"])
    verify_signatures(trust, version)
    old = trust["uni"].get(f"{LIC}/agreements/{kept['id']}").json
    assert old["events"][0]["kind"] == "replaced" and not old["over"] and old["grant_state"] == "active", "the old one runs until the new one begins"
    refused(trust["uni"].send("POST", f"{LIC}/offers/{offer['id']}/accept", {"agreement_hash": offer["agreement_hash"]}), 409, "not_allowed_here")
    begin = trust.sql("SELECT from_at = (SELECT effective_at FROM licensing.agreement_event WHERE agreement_id = %s) FROM licensing.data_grant WHERE agreement_id = %s",
                      kept["id"], version["id"])[0][0]
    assert begin
    # The day comes: the replaced version is over, and silence ends the other one.
    rewrite(trust, "licensing.agreement_event", "append_only", f"UPDATE licensing.agreement_event SET effective_at = now() WHERE agreement_id = '{kept['id']}'")
    rewrite(trust, "licensing.amendment", "append_only", f"UPDATE licensing.amendment SET ends_at = now() WHERE agreement_id = '{silent['id']}'")
    assert trust.sql("SELECT count(*) FROM licensing.agreement_due WHERE agreement_id IN (%s, %s) AND due_at > now() + interval '29 days'", kept["id"], silent["id"])[0][0] > 1
    trust.sql("UPDATE licensing.agreement_due SET due_at = now() WHERE agreement_id IN (%s, %s)", kept["id"], silent["id"])
    for one in (kept, silent):
        eventually("the end", lambda: trust["uni"].get(f"{LIC}/agreements/{one['id']}").json["grant_state"] == "expired")
        assert trust["uni"].get(f"{LIC}/agreements/{one['id']}").json["over"]
    assert trust["uni"].get(f"{LIC}/agreements/{silent['id']}").json["events"][0]["kind"] == "ended"
    assert trust.sql("SELECT count(*) FROM licensing.agreement_due WHERE agreement_id IN (%s, %s) AND due_at <= now()", kept["id"], silent["id"])[0][0] == 0


def test_an_agreement_made_on_older_terms_is_amended_like_the_others(trust):
    """Its offer was frozen before the terms came; their consequences for the agreements of the pool were drawn before it was accepted."""
    offered = approved(trust)
    new = next_terms(trust, amends_after=2592000, max_days=299)
    trust.wait_sql("the consequences", "SELECT t.done_at IS NOT NULL FROM licensing.terms_told AS t JOIN governance.terms_version AS v ON v.version = t.version "
                   "WHERE v.sha256 = %s", new)
    eventually("matched again", lambda: trust.sql("SELECT terms_sha256 = %s FROM licensing.evaluation WHERE subject = %s ORDER BY at DESC LIMIT 1", new,
                                                  offered["id"])[0][0])
    made = eventually("acceptance", lambda: trust.accept_offer("uni", offered["offer_id"]))
    assert made["body"]["terms_sha256"] != new and made["amendment"]["terms_sha256"] == new


def test_an_agreement_that_fails_is_put_off_and_the_others_go_on(trust):
    """Two that are due; the grant of one cannot be ended, by a trigger made for that."""
    broken, sound = agreed(trust), agreed(trust)
    for one in (broken, sound):
        trust.sql("INSERT INTO licensing.amendment (id, agreement_id, cause, origin, terms_sha256, ends_at) VALUES (%s, %s, 'terms', %s, %s, now())",
                  str(uuid.uuid4()), one["id"], str(uuid.uuid4()), "1" * 64)
    trust.sql("CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'made to fail'; END $f$")
    trust.sql(f"CREATE TRIGGER fail BEFORE INSERT ON licensing.grant_event FOR EACH ROW WHEN (NEW.grant_id = '{broken['grant_id']}') EXECUTE FUNCTION public.fail()")
    try:
        trust.sql("INSERT INTO licensing.agreement_due (agreement_id, due_at) VALUES (%s, now()), (%s, now())", broken["id"], sound["id"])
        trust.wait_sql("the sound one ended", "SELECT over FROM licensing.agreement_state WHERE agreement_id = %s", sound["id"])
        trust.wait_sql("the other put off", "SELECT min(due_at) > now() + interval '30 seconds' FROM licensing.agreement_due WHERE agreement_id = %s", broken["id"])
        assert trust.sql("SELECT over FROM licensing.agreement_state WHERE agreement_id = %s", broken["id"]) == [(False,)]
    finally:
        trust.sql("DROP TRIGGER fail ON licensing.grant_event")
        trust.sql("DROP FUNCTION public.fail()")
    trust.sql("UPDATE licensing.agreement_due SET due_at = now() WHERE agreement_id = %s", broken["id"])
    trust.wait_sql("the end", "SELECT over FROM licensing.agreement_state WHERE agreement_id = %s", broken["id"])


def test_terms_that_permit_it_no_more_offer_nothing(trust):
    made = agreed(trust)
    next_terms(trust, amends_after=2592000, org_classes=["public_body"])
    found = eventually("an amendment", lambda: trust["uni"].get(f"{LIC}/agreements/{made['id']}").json["amendment"])
    trust.wait_sql("a match that denies", "SELECT decision = 'deny' FROM licensing.evaluation WHERE subject = %s", made["id"])
    assert found["offer_id"] is None
    next_terms(trust, org_classes=["public_body", "university", "non_profit"])


# -- races --------------------------------------------------------------------------

class Arena:
    """A trust without its daemon, so that the races are between those who are tested; connections that are kept, so that rounds are many."""

    def __init__(self, trust):
        self.trust, self.ids = trust, trust.ids
        self.racers = [psycopg2.connect(trust.database) for _ in range(2)]
        self.looking = psycopg2.connect(trust.database)
        self.looking.autocommit = True

    def sql(self, statement, *args):
        with self.looking.cursor() as cursor:
            cursor.execute(statement, args or None)
            return cursor.fetchall() if cursor.description else None

    def together(self, *calls):
        """Runs two statements at the same instant; what each gave (outcome), or its SQLSTATE."""
        def one(connection, statement, args):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(statement, args)
                    row = cursor.fetchone()
                connection.commit()
                return row[0]
            except psycopg2.Error as error:
                connection.rollback()
                return error.pgcode
        for connection in self.racers:  # their transactions are open before they race
            connection.cursor().execute("SELECT 1")
        return together(*[functools.partial(one, self.racers[n], *call) for n, call in enumerate(calls)])

    def close(self):
        for connection in (*self.racers, self.looking):
            connection.close()


@pytest.fixture(scope="module")
def arena(trust):
    trust.stop()
    made = Arena(trust)
    yield made
    made.close()


COMMAND = "SELECT (a).outcome FROM licensing.command_application(%s, NULL, %s, %s, %s, %s) AS a"


def test_two_handlers_on_one_application(arena):
    """One success, one stale. The application waits in screening with its match made; each round is taken back."""
    made = arena.sql("SELECT id::text FROM licensing.application WHERE state = 'agreed' LIMIT 1")[0][0]
    counts = {}
    for n in range(ROUNDS):
        one = waiting(arena, made)
        results = arena.together(*[(COMMAND, (arena.ids["lin"], one, command, 1, json.dumps({"text": "Why?"}))) for command in ("ask", "refer" if n % 2 else "ask")])
        counts[tuple(sorted(results))] = counts.get(tuple(sorted(results)), 0) + 1
    assert counts == {("ok", "stale"): ROUNDS}, counts


def waiting(arena, like, state="screening"):
    """A row of an application in a state, with events that lead there and a match that permits."""
    one = str(uuid.uuid4())
    connection = arena.racers[0]
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO licensing.application SELECT (jsonb_populate_record(x, jsonb_build_object('id', %s, 'state', 'screening', 'revision', 1, "
                       "'case_id', NULL, 'reasons', '[]'::jsonb))).* FROM licensing.application AS x WHERE x.id = %s", (one, like))
        for seq, (command, role, before, after) in enumerate((("create", "A", None, "draft"), ("submit", "A", "draft", "screening"),
                                                              ("match", "Y", "screening", "screening")), 1):
            cursor.execute("INSERT INTO licensing.application_event (application_id, seq, command, role, from_state, to_state, body) VALUES "
                           "(%s, %s, %s, %s, %s, %s, '{\"decision\": \"permit\"}')", (one, seq, command, role, before, after))
        cursor.execute("INSERT INTO licensing.evaluation SELECT (jsonb_populate_record(v, jsonb_build_object('id', log.new_id(), 'subject', %s, "
                       "'terms_sha256', (SELECT t.sha256 FROM licensing.terms_now('air') AS t), 'at', clock_timestamp()))).* FROM licensing.evaluation AS v "
                       "WHERE v.id = (SELECT e.id FROM licensing.evaluation AS e WHERE e.subject = %s ORDER BY e.at DESC LIMIT 1)", (one, like))
        if state == "offered":
            cursor.execute("SELECT licensing.make_offer(%s, 'offer', 'Y', NULL, NULL, licensing.offer_base(%s), '[]')", (one, one))
            assert cursor.fetchone()[0]
    return one


ACCEPT = "SELECT (a).outcome FROM licensing.accept_offer(%s, NULL, %s, %s, true, NULL, %s, 'x.y.z') AS a"


def acceptance(arena, one):
    """The second half of accepting, ready to be sent."""
    offer, digest = arena.sql("SELECT id::text, agreement_hash FROM licensing.offer WHERE application_id = %s", one)[0]
    answer = arena.sql("SELECT (a).outcome, (a).body FROM licensing.load_acceptance(%s, NULL, %s, %s, true, NULL) AS a", arena.ids["uni"], offer, digest)[0]
    assert answer[0] == "ok", answer
    return (ACCEPT, (arena.ids["uni"], offer, digest, json.dumps(answer[1])))


def like(arena):
    return arena.sql("SELECT o.application_id::text FROM licensing.data_grant AS g JOIN licensing.agreement AS a ON a.id = g.agreement_id JOIN licensing.offer AS o "
                     "ON o.id = a.offer_id WHERE o.kind = 'first' LIMIT 1")[0][0]


def test_accept_against_rescind(arena):
    """Either the grant or the rescission, never both."""
    source, seen = like(arena), set()
    for n in range(ROUNDS):
        one = waiting(arena, source, "offered")
        accept = acceptance(arena, one)
        rescind = ("SELECT licensing.move_application(%s, 'rescind', 'Y', NULL, '{}')::text", (one,))
        results = arena.together(*([accept, rescind] if n % 2 else [rescind, accept]))
        state, grants = arena.sql("SELECT state, (SELECT count(*) FROM licensing.data_grant AS g JOIN licensing.agreement AS a ON a.id = g.agreement_id "
                                  "JOIN licensing.offer AS o ON o.id = a.offer_id WHERE o.application_id = x.id) FROM licensing.application AS x WHERE id = %s", one)[0]
        assert (state, grants, sorted(results)) in (("agreed", 1, ["created", "false"]), ("screening", 0, ["not_allowed_here", "true"])), (state, grants, results)
        seen.add(state)
    assert seen <= {"agreed", "screening"} and seen


def test_two_signatories_accept_once(arena):
    source = like(arena)
    for _ in range(ROUNDS):
        one = waiting(arena, source, "offered")
        accept = acceptance(arena, one)
        assert sorted(arena.together(accept, accept)) == ["created", "not_allowed_here"]


@pytest.fixture
def prohibitions(arena):
    """Rows of prohibitions without their votes."""
    guards = ("enacted", "append_only")
    arena.trust.unguarded(*[f"ALTER TABLE governance.prohibition DISABLE TRIGGER {guard}" for guard in guards])
    yield
    arena.sql("DELETE FROM governance.prohibition WHERE purpose = 'PG'")
    arena.trust.unguarded(*[f"ALTER TABLE governance.prohibition ENABLE ALWAYS TRIGGER {guard}" for guard in guards])


def test_prohibition_against_acceptance(arena, prohibitions):
    """No grant is younger than a prohibition of its purpose."""
    source, seen = like(arena), set()
    for n in range(ROUNDS):
        one = waiting(arena, source, "offered")
        accept, prohibition = acceptance(arena, one), str(uuid.uuid4())
        prohibit = ("INSERT INTO governance.prohibition (id, purpose, from_at) VALUES (%s, 'PG', now()) RETURNING 'prohibited'", (prohibition,))
        results = arena.together(*([accept, prohibit] if n % 2 else [prohibit, accept]))
        late = arena.sql("SELECT count(*) FROM licensing.data_grant AS g JOIN licensing.agreement AS a ON a.id = g.agreement_id JOIN licensing.offer AS o "
                         "ON o.id = a.offer_id, governance.prohibition AS p WHERE o.application_id = %s AND p.id = %s AND g.created_at >= p.from_at", one, prohibition)[0][0]
        assert "prohibited" in results and set(results) <= {"prohibited", "created", "purpose_prohibited", "23514"}, results
        assert late == 0, results
        seen |= set(results)
        arena.sql("DELETE FROM governance.prohibition WHERE id = %s", prohibition)
    print(sorted(seen))


def test_terms_enacted_while_an_application_is_screened(arena):
    """What was decided on the old terms is stale, or was stored before the new ones came; never an offer on terms it was not matched with."""
    source = like(arena)
    for n in range(max(5, ROUNDS // 5)):
        one = waiting(arena, source)
        loaded = arena.sql("SELECT (a).body FROM licensing.load_screening(%s) AS a", one)[0][0]
        stored = arena.sql("SELECT input -> 'request', output FROM licensing.evaluation WHERE subject = %s", one)[0]
        result = {"facts": {**loaded["facts"]}, "decision": "permit", "reasons": ["P1"], "evaluations": [{"request": stored[0], "output": stored[1]}]}
        store = ("SELECT (a).outcome FROM licensing.store_screening(%s, %s, %s) AS a", (one, loaded["revision"], json.dumps(result)))
        barrier = threading.Thread(target=next_terms, args=(arena.trust,))
        barrier.start()
        outcome = arena.together(store)[0]
        barrier.join(60)
        assert outcome in ("ok", "stale"), outcome
        offered = arena.sql("SELECT o.body ->> 'terms_sha256', e.terms_sha256 FROM licensing.offer AS o JOIN licensing.evaluation AS e ON e.id = o.evaluation_id "
                            "WHERE o.application_id = %s", one)
        assert all(a == b for a, b in offered) and bool(offered) == (outcome == "ok")
        again = arena.sql("SELECT (a).outcome FROM licensing.store_screening(%s, %s, %s) AS a", one, loaded["revision"], json.dumps(result))[0][0]
        assert again == "stale"
