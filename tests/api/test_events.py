# SPDX-License-Identifier: AGPL-3.0-or-later
"""Usage events of other data planes over HTTP: CloudEvents in three modes, each once, what is refused, what is kept apart, and attacks."""
import base64
import datetime
import json
import os
import threading

import psycopg2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reporting import BATCH, EVENTS, ONE, OTHERS, Planes, now, rfc3339, uuid7
from stack import DEADLINE, Problem, wait_for
from test_metering import CLASS, PURPOSE, b64, uid

DAY = datetime.timedelta(days=1)
ROUNDS = int(os.environ.get("CH_ROUNDS", "20"))


@pytest.fixture(scope="module")
def planes(stack):
    trust = stack.trust(settings={"common": {"processes": 2}, "metering": {"event_queue": 250}})
    made = Planes(trust, stack)
    yield made
    made.exact()
    stack.release(trust)


@pytest.fixture(autouse=True)
def exact(request):
    """After every test the rollup says what the events come to, and no event is here twice."""
    yield
    made = request.node.funcargs.get("planes")
    if made:
        made.holds_once()


class Held:
    """Whoever writes events waits, from the beginning to the end of the block."""

    def __init__(self, planes):
        self.planes = planes

    def __enter__(self):
        self.session = psycopg2.connect(self.planes.trust.database)
        self.cursor = self.session.cursor()
        self.cursor.execute("LOCK TABLE metering.usage_event IN ACCESS EXCLUSIVE MODE")
        return self

    def waiting(self):
        return [pid for pid, in self.planes.trust.sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'commonhold-metering' AND wait_event_type = 'Lock'")]

    def wait(self, count=1):
        wait_for(f"{count} group(s) to wait", lambda: len(self.waiting()) >= count, DEADLINE, 0.02)

    def __exit__(self, *_):
        self.session.rollback()
        self.session.close()


class Post(threading.Thread):
    """A request under way."""

    def __init__(self, planes, events, **more):
        super().__init__(daemon=True)
        self.planes, self.events, self.more, self.got = planes, events, more, None
        self.start()

    def run(self):
        self.got = self.planes.send(json.dumps(self.events), **self.more)

    def answer(self):
        self.join(DEADLINE)
        assert self.got is not None, "no answer"
        return self.got


def refusal(deed):
    with pytest.raises(Problem) as refused:
        deed()
    return refused.value.status, refused.value.slug


# ---- the three modes ----

def test_a_batch_is_counted(planes):
    before = planes.units()
    assert planes.report([planes.event(units=5), planes.event(units=7)]) == {"accepted": 2, "duplicates": 0, "quarantined": [], "rejected": []}
    assert planes.units() - before == 12
    assert planes.report([]) == {"accepted": 0, "duplicates": 0, "quarantined": [], "rejected": []}


def binary(planes, event, **headers):
    """The same event in binary mode."""
    sent = {"ce-" + name: value for name, value in event.items() if name != "data"}
    return planes.send(json.dumps(event["data"]), kind=headers.pop("kind", "application/json"), headers={**sent, **headers})


def test_one_event_in_each_mode_is_the_same_event(planes):
    event, before = planes.event(units=3, contribution=planes.contributions[0]), planes.units()
    assert planes.send(json.dumps(event), kind=ONE + "; charset=utf-8").json["accepted"] == 1
    assert planes.counts([event]) == (0, 1, [])
    assert binary(planes, event).json["duplicates"] == 1
    other = planes.event()
    assert binary(planes, other).json["accepted"] == 1
    assert planes.send(json.dumps(other), kind="Application/CloudEvents+JSON").json["duplicates"] == 1
    assert planes.units() - before == 4


def test_attributes_as_cloudevents_has_them(planes):
    """Extensions, optional attributes and null are let through; percent-encoding of headers is undone; names have any case."""
    event = {**planes.event(), "traceparent": "00-0af7", "sequence": 4, "sampled": True, "dataschema": None, "datacontenttype": "application/json"}
    assert planes.counts([event]) == (1, 0, [])
    plain = planes.event(identifier="umlaut \u00fc \"quoted\" 100%")
    sent = {"CE-" + name.upper(): value for name, value in plain.items() if name != "data"}
    sent["CE-ID"] = "umlaut%20%C3%BC%20%22quoted%22%20100%25"
    assert planes.send(json.dumps(plain["data"]), kind="application/json", headers=sent).json["accepted"] == 1
    assert planes.counts([plain]) == (0, 1, [])


@pytest.mark.parametrize("change, reason", [
    ({"specversion": "0.3"}, "specversion_unsupported"), ({"specversion": None}, "specversion_unsupported"), ({"type": "commonhold.usage.v2"}, "type_unknown"),
    ({"id": ""}, "id_invalid"), ({"id": None}, "id_invalid"), ({"id": "x" * 129}, "id_invalid"), ({"source": ""}, "source_invalid"),
    ({"time": "yesterday"}, "time_invalid"), ({"time": None}, "time_invalid"), ({"subject": "air"}, "subject_invalid"),
    ({"Upper": "x"}, "attribute_invalid"), ({"datacontenttype": "text/xml"}, "datacontenttype_unsupported"), ({"data": [1]}, "data_invalid"),
    ({"source": "https://nobody.example/"}, "source_unknown"), ({"subject": uid("no grant")}, "grant_unknown")])
def test_a_bad_event_harms_no_other(planes, change, reason):
    bad = {k: v for k, v in {**planes.event(), **change}.items() if v is not None}
    good, before = planes.event(), planes.units()
    answer = planes.report([planes.event(), bad, good])
    assert answer["accepted"] == 2 and [(r["index"], r["reason"]) for r in answer["rejected"]] == [(1, reason)]
    assert answer["rejected"][0]["id"] == (bad.get("id") if reason != "id_invalid" else None)
    assert planes.units() - before == 2
    assert planes.counts([good]) == (0, 1, [])


@pytest.mark.parametrize("data, reason", [
    ({"meter": "watts"}, "meter_unknown"), ({"units": 0}, "units_invalid"), ({"units": 2**40 + 1}, "units_invalid"), ({"units": 1.5}, "units_invalid"),
    ({"units": "7"}, "units_invalid"), ({"pool": "Air"}, "pool_invalid"), ({"pool": "sea"}, "pool_not_of_grant"), ({"pool": "moon"}, "pool_not_of_grant"),
    ({"contribution": "x"}, "contribution_invalid"), ({"contribution": uid("nothing")}, "contribution_unknown"),
    ({"contribution": uid("contribution sea sailor")}, "contribution_unknown"), ({"extra": 1}, "data_invalid")])
def test_bad_data_harms_no_other(planes, data, reason):
    answer = planes.counts([planes.event(**data), planes.event(units=2**40, meter="tokens")])
    assert answer == (1, 0, [(0, reason)])


# ---- each once ----

@pytest.mark.parametrize("name", ["time-ordered", "plain"])
def test_the_same_again_is_a_duplicate_and_another_content_a_conflict(planes, name):
    """Also when the time differs, so that it would belong into another month: the identity knows no time."""
    at = now() - datetime.timedelta(seconds=30)
    event = planes.event(identifier=uuid7(at) if name == "time-ordered" else f"plain-{uuid7()}", time=at, units=9)
    before = planes.units()
    assert planes.counts([event]) == (1, 0, [])
    zulu = {**event, "time": rfc3339(at).replace("Z", "+00:00")}
    assert planes.counts([zulu, {**event, "data": {**event["data"], "units": 8}}, event]) == (0, 2, [(1, "conflict")])
    moved = {**event, "time": rfc3339(at - datetime.timedelta(seconds=5))}
    assert planes.counts([moved]) == (0, 0, [(0, "conflict")])
    assert planes.counts([{**event, "subject": uid("grant sea"), "data": {**event["data"], "pool": "sea"}}]) == (0, 0, [(0, "conflict")])
    assert planes.units() - before == 9


def test_duplicates_inside_one_batch(planes):
    one, other, before = planes.event(units=2), planes.event(units=3), planes.units()
    contrary = {**one, "data": {**one["data"], "units": 4}}
    assert planes.counts([one, other, one, contrary, other]) == (2, 2, [(3, "conflict")])
    assert planes.units() - before == 5
    # now the contrary one comes first: what is stored decides, not what came first
    assert planes.counts([contrary, one, contrary, one]) == (0, 2, [(0, "conflict"), (2, "conflict")])
    assert planes.units() - before == 5


def test_two_sources_may_use_the_same_id(planes):
    planes.trust["lin"].post("/metering/v1/sources", {"client_id": planes.clients["plane"][0], "uri": "https://plane.example/second"})
    event = planes.event()
    assert planes.counts([event, {**event, "source": "https://plane.example/second"}]) == (2, 0, [])


def test_order_does_not_matter(planes):
    """Events come late and out of order, in batches that overlap: each counts once, on its day."""
    begin, before = now() - datetime.timedelta(hours=20), planes.units()
    events = [planes.event(identifier=uuid7(begin + i * datetime.timedelta(minutes=1)), time=begin + i * datetime.timedelta(minutes=1)) for i in range(60)]
    accepted = sum(planes.report(events[i:i + 30][::-1])["accepted"] for i in (30, 0, 10, 20))
    assert accepted == 60 and planes.units() - before == 60


def test_both_processes_at_once(planes):
    """The same events from many sides: accepted once among all."""
    for _ in range(max(1, ROUNDS // 5)):
        before = planes.units()
        events = [planes.event(identifier=uuid7() if i % 2 else f"n-{uuid7()}") for i in range(40)]
        posts = [Post(planes, events[i:] + events[:i]) for i in range(0, 40, 8)]
        answers = [post.answer() for post in posts]
        assert [a.status for a in answers] == [200] * 5
        assert sum(a.json["accepted"] for a in answers) == 40 and sum(a.json["duplicates"] for a in answers) == 160
        assert planes.units() - before == 40


# ---- time ----

def test_clock_skew(planes):
    ahead, old = now() + datetime.timedelta(minutes=4), now() - 63 * DAY
    assert planes.counts([planes.event(time=ahead)]) == (1, 0, [])
    assert planes.counts([planes.event(time=now() + datetime.timedelta(minutes=6)), planes.event(time=old)]) == (0, 0, [(0, "time_ahead"), (1, "time_too_old")])


@pytest.mark.parametrize("identifier", ["017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "ffffffff-ffff-7fff-bfff-ffffffffffff", "00000000-0000-7000-8000-000000000000"])
def test_any_time_in_an_id_has_a_place(planes, identifier):
    """The 48 bits are the sender's word: long ago, far ahead, none."""
    assert planes.counts([planes.event(identifier=identifier)]) == (1, 0, [])
    assert planes.counts([planes.event(identifier=identifier)])[2] == [(0, "conflict")]


def test_late_usage_goes_to_the_open_month(planes):
    """Both sides of a month's edge; then the month is sealed, and what belongs to it is late usage of the next."""
    first = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    edge, month = first - datetime.timedelta(microseconds=1), (first - DAY).strftime("%Y-%m")
    planes.write(lambda c: c.execute("UPDATE licensing.grant_event SET at = now() - interval '61 days' WHERE grant_id = %s", (uid("grant sea"),)))
    planes.set_grant("sea", from_at="now() - interval '61 days'")
    assert planes.counts([planes.event(grant="sea", time=edge, units=10), planes.event(grant="sea", time=first, units=1)]) == (2, 0, [])
    days = dict(planes.trust.sql("SELECT day, units FROM metering.usage_day WHERE grant_id = %s", uid("grant sea")))
    assert days == {edge.date(): 10, first.date(): 1}
    planes.trust["tess"].post("/metering/v1/seals", {"pool": "sea", "month": month})
    late = planes.event(grant="sea", time=edge, units=100)
    assert planes.counts([late, planes.event(grant="sea", time=edge, units=20)]) == (2, 0, [])
    assert planes.counts([late]) == (0, 1, [])
    assert planes.trust.sql("SELECT day, late, units FROM metering.usage_day WHERE grant_id = %s AND late IS NOT NULL", uid("grant sea")) == [
        (first.date(), (first - DAY).date().replace(day=1), 120)]
    assert planes.trust.sql("SELECT sum(units) FROM metering.sealed_usage WHERE grant_id = %s", uid("grant sea"))[0][0] == 10


# ---- grants that are not in force ----

def quarantine(planes, who="tess", query=""):
    return planes.trust[who].get("/metering/v1/quarantine" + query).json["items"]


def test_an_event_outside_the_grant_is_kept_and_never_billed(planes):
    planes.grant("brief", "air")
    planes.set_grant("brief", until_at="now() - interval '1 hour'")
    early = planes.event(grant="brief", time=now() - 3 * DAY, units=4)
    after = planes.event(identifier="after \"the\" end", grant="brief", time=now() - datetime.timedelta(minutes=5), units=5)
    inside = planes.event(grant="brief", time=now() - datetime.timedelta(hours=5), units=6)
    answer = planes.report([early, after, inside])
    assert answer["accepted"] == 3 and answer["rejected"] == []
    assert answer["quarantined"] == [{"index": 0, "id": early["id"], "reason": "grant_not_begun"}, {"index": 1, "id": after["id"], "reason": "grant_expired"}]
    assert planes.units("brief") == 6
    assert planes.counts([early, after, inside]) == (0, 3, [])
    assert planes.counts([{**early, "time": inside["time"]}]) == (0, 0, [(0, "conflict")])  # in force then, but another event was kept
    assert planes.counts([{**inside, "time": early["time"]}]) == (0, 0, [(0, "conflict")])  # and the other way round
    shown = quarantine(planes, query="?grant=" + uid("grant brief"))
    assert sorted((s["event_id"], s["reason"], s["units"], s["pool"], s["source"]) for s in shown) == sorted([
        (after["id"], "grant_expired", 5, "air", planes.sources["plane"]), (early["id"], "grant_not_begun", 4, "air", planes.sources["plane"])])
    page = planes.trust["tess"].get("/metering/v1/quarantine?limit=1&grant=" + uid("grant brief")).json
    assert [s["id"] for s in page["items"]] == [shown[0]["id"]] and page["next"] == shown[0]["id"]


def test_suspended_and_resumed(planes):
    """What is known of a grant in each process is held against the database's word: a suspension is heeded at once."""
    planes.grant("stop", "air")
    for _ in range(4):  # both processes know the grant
        assert planes.report([planes.event(grant="stop")])["quarantined"] == []
    planes.move_grant("stop", "suspend", "suspended")
    for _ in range(4):
        answer = planes.report([planes.event(grant="stop"), planes.event(grant="stop", time=now() - datetime.timedelta(hours=1))])
        assert [(q["index"], q["reason"]) for q in answer["quarantined"]] == [(0, "grant_suspended")]
    suspended = now()
    planes.move_grant("stop", "resume", "active")
    assert planes.report([planes.event(grant="stop")])["quarantined"] == []
    assert [q["reason"] for q in planes.report([planes.event(grant="stop", time=suspended)])["quarantined"]] == ["grant_suspended"]
    planes.move_grant("stop", "revoke", "revoked")
    assert [q["reason"] for q in planes.report([planes.event(grant="stop")])["quarantined"]] == ["grant_revoked"]
    assert planes.units("stop") == 4 + 4 + 1


def test_a_contribution_that_was_withdrawn(planes):
    key = planes.write(lambda c: planes.contribution(c, "air", "leaver", 10))
    for _ in range(4):
        assert planes.counts([planes.event(contribution=key)]) == (1, 0, [])

    def withdraw(c):
        c.execute("SELECT licensing.bump_consent_epoch(%s)", (planes.pools["air"],))
        c.execute("UPDATE licensing.contribution SET state = 'withdrawn', ended_at = clock_timestamp() WHERE id = %s", (key,))
    earlier = planes.event(contribution=key)
    planes.write(withdraw)
    for _ in range(4):
        assert [q["reason"] for q in planes.report([planes.event(contribution=key)])["quarantined"]] == ["contribution_ended"]
    assert planes.report([earlier])["quarantined"] == []


def decide(planes, c, person, state, at, purpose=PURPOSE, notice=1, kind="expressed", until=None):
    """What a member decided, as licensing writes it."""
    pool = planes.pools["air"]
    c.execute("SELECT licensing.bump_consent_epoch(%s)", (pool,))
    c.execute("INSERT INTO licensing.consent_event (id, record_id, member_id, pool_id, purpose, recipient_class, state, type, notice, language, at, until, actor) "
              "VALUES (log.new_id(), log.new_id(), %s, %s, %s, %s, %s, %s, %s, 'en', %s, %s, 'member')", (person, pool, purpose, CLASS, state, kind, notice, at, until))


def test_a_contribution_whose_member_had_not_consented(planes):
    """Consents count as they stood at the event's time, for the grant's purpose and class, on its notice."""
    key = planes.write(lambda c: planes.contribution(c, "air", "wavering", 10))
    person, hours = uid("member wavering"), lambda n: now() - datetime.timedelta(hours=n)
    planes.grant("strict", "air")
    planes.set_grant("strict", explicit_only="true")
    planes.grant("floor", "air")
    planes.set_grant("floor", notice_floor="2")

    def said(time, grant="air"):
        found = planes.report([planes.event(contribution=key, time=time, grant=grant)])["quarantined"]
        return [item["reason"] for item in found] or ["good"]
    assert said(now()) == ["good"] and said(hours(2)) == ["consent_missing"], "nobody had been asked two hours ago"
    for at, state, more in ((10, "given", {}), (8, "withdrawn", {}), (6, "requested", {}), (5, "given", {"until": hours(4)}), (3, "given", {"purpose": "PG.STATS"})):
        planes.write(lambda c, a=at, s=state, m=more: decide(planes, c, person, s, hours(a), **m))
    for at, expected in ((11, "consent_missing"), (9, "good"), (7, "consent_missing"), (5.5, "consent_missing"), (4.5, "good"), (3.5, "consent_missing"), (2, "consent_missing")):
        assert said(hours(at)) == [expected], at
    assert said(now()) == ["good"] and said(now(), "strict") == said(now(), "floor") == ["consent_missing"]
    planes.write(lambda c: decide(planes, c, person, "given", now(), kind="explicit"))
    assert said(now(), "strict") == ["good"] and said(now(), "floor") == ["consent_missing"]
    planes.write(lambda c: decide(planes, c, person, "renewed", now(), notice=2))
    assert said(now(), "floor") == ["good"] and said(now(), "strict") == ["consent_missing"]
    earlier = now()
    planes.write(lambda c: decide(planes, c, person, "withdrawn", now()))
    assert said(now()) == ["consent_missing"] and said(earlier) == ["good"], "what happened before stays usage"
    assert {item["reason"] for item in quarantine(planes, "tess", f"?grant={uid('grant strict')}")} == {"consent_missing"}
    planes.holds()


def test_who_sees_the_quarantine(planes):
    assert refusal(lambda: planes.trust["ada"].get("/metering/v1/quarantine")) == (403, "forbidden")
    assert refusal(lambda: planes.trust.public.get("/metering/v1/quarantine")) == (401, "not_signed_in")
    assert refusal(lambda: planes.trust["tess"].get("/metering/v1/quarantine?limit=0")) == (400, "bad_request")
    org = planes.trust.organisations.get("uni") or planes.trust.register_organisation("uni", "Other university", "DE", "university", "lin")
    planes.grant_of(org, "uni", "air")
    planes.plane("uniplane", org, "https://uni.example/store")
    event = planes.event(grant="uni", source="https://uni.example/store", time=now() - 5 * DAY)
    assert len(planes.report([event], name="uniplane")["quarantined"]) == 1
    assert [item["event_id"] for item in quarantine(planes, "uni")] == [event["id"]]
    assert {item["event_id"] for item in quarantine(planes)} >= {event["id"]}
    assert quarantine(planes, "uni", "?grant=" + uid("grant air")) == []
    assert [s["uri"] for s in planes.trust["uni"].get("/metering/v1/sources").json["items"]] == ["https://uni.example/store"]


@pytest.mark.parametrize("attack", ["UPDATE metering.quarantine SET units = 1", "DELETE FROM metering.quarantine", "TRUNCATE metering.quarantine",
                                    "UPDATE metering.usage_event SET units = 1", "DELETE FROM metering.usage_event", "DELETE FROM metering.source"])
def test_append_only(planes, attack):
    with pytest.raises(psycopg2.errors.CheckViolation):
        planes.trust.sql(attack)
    with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.CheckViolation)):
        planes.trust.sql_as("ch_metering", attack)


# ---- bodies that are none ----

@pytest.mark.parametrize("body, kind, status, slug", [
    (b"[1,", BATCH, 400, "not_json"), (b"", BATCH, 400, "not_json"), (b"{}", BATCH, 400, "bad_request"), (b"[]", ONE, 400, "bad_request"),
    (b"\xff", BATCH, 400, "not_json"), (b"a=1", "application/x-www-form-urlencoded", 415, "unsupported_type"), (b"{}", "application/json", 415, "unsupported_type"),
    (b"<e/>", "application/cloudevents+xml", 415, "unsupported_type"), (b"[]", BATCH + "; charset=latin1", 415, "unsupported_type"),
    (b"{}", "text/plain", 415, "unsupported_type"), (b"[" + b" " * (8 << 20) + b"]", BATCH, 413, "too_large")])
def test_a_body_that_is_no_batch(planes, body, kind, status, slug):
    got = planes.send(body, kind=kind)
    assert (got.status, got.slug) == (status, slug)


def test_ten_thousand_and_no_more(planes):
    before, events = planes.units(), [planes.event() for _ in range(10000)]
    got = planes.send(json.dumps([*events, planes.event()]))
    assert (got.status, got.slug) == (413, "too_large") and planes.units() == before
    assert planes.counts(events) == (10000, 0, [])
    assert planes.counts(events) == (0, 10000, [])
    assert planes.units() - before == 10000


# ---- load and faults ----

def test_over_the_queue_nothing_is_stored(planes):
    """One group waits for the database, its queue fills up, and what goes beyond is refused whole and at once."""
    before, turned = planes.units(), []
    events = lambda: [planes.event() for _ in range(100)]
    with Held(planes) as held:
        posts = [Post(planes, events()) for _ in range(2)]
        held.wait()
        wait_for("a refusal", lambda: (posts.append(Post(planes, events())) or posts[-1].join(0.3) or turned.extend(p for p in posts if p.got))
                 or turned, DEADLINE, 0.01)
        got = turned[0].answer()
        assert (got.status, got.slug) == (429, "too_many_requests") and int(got.headers["Retry-After"]) > 0
    answers = [post.answer() for post in posts]
    assert {a.status for a in answers} == {200, 429}
    assert planes.units() - before == 100 * sum(a.status == 200 for a in answers)
    metrics = planes.trust.public.send("GET", "/metrics").raw.decode()
    assert "commonhold_metering_event_requests_turned_away_total" in metrics


def test_a_lost_connection_is_made_good(planes):
    """The session that copies is killed: the group goes again, through the other form, and is exact."""
    before = planes.units()
    with Held(planes) as held:
        posts = [Post(planes, [planes.event() for _ in range(10)]) for _ in range(6)]
        held.wait()
        for pid in held.waiting():
            planes.trust.sql("SELECT pg_terminate_backend(%s)", pid)
    answers = [post.answer() for post in posts]
    assert [a.status for a in answers] == [200] * 6
    assert sum(a.json["accepted"] for a in answers) == 60 and planes.units() - before == 60


def test_what_the_database_refuses_is_one_requests_matter(planes):
    """A line of the rollup that is full refuses the event that would pass it, and no other of its group."""
    planes.grant("full", "air")
    day, most = now().date(), 2**63 - 1
    planes.trust.sql("INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, units) VALUES (%s, %s, %s, 'seconds', %s)", planes.pools["air"], day,
                     uid("grant full"), most)
    before = planes.units()
    try:
        with Held(planes) as held:
            first = [Post(planes, [planes.event()]) for _ in range(4)]
            held.wait()
            full = Post(planes, [planes.event(grant="full", meter="seconds")])
            others = [Post(planes, [planes.event(), planes.event()]) for _ in range(4)]
        assert full.answer().status == 500
        assert [p.answer().status for p in first + others] == [200] * 8
        assert planes.units() - before == 12
    finally:
        planes.trust.sql("DELETE FROM metering.usage_day WHERE grant_id = %s", uid("grant full"))


def test_the_quota_hears_of_it(planes):
    """What happened elsewhere counts toward the quota as far as it reaches, and is never refused for it."""
    planes.grant("metered", "air", quotas=[{"meter": "requests", "period": "month", "limit": 10}, {"meter": "bytes", "period": "day", "limit": 1000}])
    taken = lambda: dict(planes.trust.sql("SELECT meter, taken FROM metering.quota WHERE grant_id = %s", uid("grant metered")))
    assert planes.counts([planes.event(grant="metered", units=4), planes.event(grant="metered", meter="tokens")]) == (2, 0, [])
    assert taken() == {"requests": 4}
    assert planes.counts([planes.event(grant="metered", units=4), planes.event(grant="metered", units=4), planes.event(grant="metered", units=7, meter="bytes")]) == (3, 0, [])
    assert taken() == {"requests": 10, "bytes": 7} and planes.units("metered") == 12


# ---- sources ----

def test_the_licensing_officer_registers_sources(planes):
    lin, client = planes.trust["lin"], planes.clients["plane"][0]
    body = {"client_id": client, "uri": "urn:example:bucket"}
    made = lin.post("/metering/v1/sources", body, headers={"Idempotency-Key": "one"})
    assert (made.status, made.outcome, made["uri"], made["client_id"], made["live"]) == (201, "created", body["uri"], client, True)
    assert lin.post("/metering/v1/sources", body, headers={"Idempotency-Key": "one"}).json == made.json
    assert lin.post("/metering/v1/sources", body).outcome == "ok"
    assert refusal(lambda: lin.post("/metering/v1/sources", {**body, "uri": "urn:x"}, headers={"Idempotency-Key": "one"})) == (409, "idempotency_conflict")
    assert refusal(lambda: lin.post("/metering/v1/sources", {**body, "client_id": planes.clients["rival"][0]})) == (409, "source_taken")
    for bad in ({"client_id": "nobody00", "uri": "urn:x"}, {"client_id": client, "uri": "not a uri"}, {"client_id": client}, {"client_id": client, "uri": "%zz"},
                {"client_id": client, "uri": "x" * 513}):
        assert refusal(lambda bad=bad: lin.post("/metering/v1/sources", bad)) == (422, "invalid")
    for who in ("ada", "tess"):
        assert refusal(lambda who=who: planes.trust[who].post("/metering/v1/sources", {**body, "uri": "urn:other"})) == (403, "forbidden")
    first = lin.get("/metering/v1/sources?limit=1").json
    listed, after = first["items"], first["next"]
    while after:
        page = lin.get(f"/metering/v1/sources?limit=1&after={after}").json
        listed, after = listed + page["items"], page["next"]
    assert body["uri"] in {s["uri"] for s in listed} and [s["source_no"] for s in listed] == sorted({s["source_no"] for s in listed})
    assert refusal(lambda: planes.trust["ada"].get("/metering/v1/sources")) == (403, "forbidden")
    assert planes.counts([planes.event(source=body["uri"])]) == (1, 0, [])


def test_an_ended_client_reports_no_more(planes):
    """Its token lives on for minutes; its events are refused from the end on, also where a process knew the source."""
    client = planes.plane("brief", planes.mine, "urn:example:brief")
    for _ in range(4):
        assert planes.counts([planes.event(source="urn:example:brief")], name="brief") == (1, 0, [])
    planes.trust.sql("UPDATE licensing.client SET ended_at = now() WHERE id = %s", client)
    for _ in range(4):
        assert planes.counts([planes.event(source="urn:example:brief")], name="brief")[2] == [(0, "source_unknown")]


# ---- attacks (I5) ----

def test_another_clients_source(planes):
    assert planes.counts([planes.event(source=planes.sources["rival"])])[2] == [(0, "source_unknown")]
    assert planes.counts([planes.event(), planes.event(grant="theirs", source=planes.sources["rival"])], name="rival") == (1, 0, [(0, "source_unknown")])


def test_a_grant_of_another_licensee(planes):
    """Refused like a grant that does not exist, so that nobody learns what exists."""
    before = planes.units("theirs")
    answer = planes.counts([planes.event(grant="theirs"), planes.event(grant="nothing"), planes.event(grant="theirs", pool="sea")])
    assert answer == (0, 0, [(0, "grant_unknown"), (1, "grant_unknown"), (2, "grant_unknown")]) and planes.units("theirs") == before


def forged(planes, key=None, **claims):
    """A token like those of scope usage, with other claims or another key."""
    return planes.token("plane", "air", grant=None, scope="usage", client_id=planes.clients["plane"][0], sub=planes.clients["plane"][0], **claims)


def test_forged_tokens(planes):
    event = [planes.event()]
    status = lambda token: planes.send(json.dumps(event), token=token).status
    head, claims, _ = planes.usage_token().split(".")
    other = Ed25519PrivateKey.generate()
    none = b64(json.dumps({"alg": "none", "typ": "at+jwt"}).encode())
    assert status(f"{head}.{claims}.{b64(other.sign(f'{head}.{claims}'.encode()))}") == 401
    assert status(f"{none}.{claims}.") == 401
    wider = b64(json.dumps({**json.loads(base64.urlsafe_b64decode(claims + "==")), "client_id": planes.clients["rival"][0]}).encode())
    assert status(".".join((head, wider, planes.usage_token().split(".")[2]))) == 401
    assert status(planes.token("air", "air")) == 401  # for a grant, not for reporting
    assert status(forged(planes, exp=1)) == 401
    assert status(forged(planes, aud="payout")) == 401
    assert status("x") == 401
    before = planes.units()
    assert status(forged(planes)) == 200  # the same made well: what was refused above was refused for its one fault
    assert planes.units() - before == 1


def test_people_and_plain_clients_report_nothing(planes):
    assert refusal(lambda: planes.trust["lin"].post(EVENTS, {})) == (401, "token_refused")
    assert refusal(lambda: planes.trust.public.post(EVENTS, {})) == (401, "not_signed_in")
    org = planes.trust.organisations.get("uni") or planes.trust.register_organisation("uni", "Other university", "DE", "university", "lin")
    made = planes.trust["uni"].post("/licensing/v1/clients", {"name": "plain"})
    planes.clients["plain"] = (made["client_id"], made["client_secret"])
    with pytest.raises(KeyError):
        planes.usage_token("plain")
    assert refusal(lambda: planes.trust["uni"].post("/licensing/v1/clients", {"name": "x", "data_plane": True, "organisation_id": org}))[1] == "forbidden"
    assert refusal(lambda: planes.trust["lin"].post("/metering/v1/sources", {"client_id": made["client_id"], "uri": "urn:plain"})) == (422, "invalid")


def test_metrics(planes):
    text = planes.trust.public.send("GET", "/metrics").raw.decode()
    values = {line.split()[0]: int(line.split()[1]) for line in text.splitlines() if line.startswith("commonhold_metering_event")}
    assert values["commonhold_metering_events_total"] > 0 and values["commonhold_metering_event_groups_total"] > 0
    assert values["commonhold_metering_events_resent_total"] > 0 and values["commonhold_metering_events_waiting"] == 0
