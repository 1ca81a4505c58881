# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people see of usage: the licensee with receipts that stand by themselves, the contributor, the treasurer, and the public, who is told
totals that rest on enough members and nothing that could be taken apart."""
import base64
import datetime
import hashlib
import json
import random
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from reporting import OTHERS, Planes
from stack import Problem
from test_metering import SlowReader, treasurer, uid

ROWS, MEMBERS = 60000, 6
MONTH = time.strftime("%Y-%m", time.gmtime())
PURPOSES = {"g-res": "RES.HEALTH", "g-both": "RES.COM", "g-com": "COM.AI", "g-ads": "X.ADS", "g-pg": "PG.EDU", "g-mem": "MEM.INSIGHT"}
GROUPS = {"g-res": "RES", "g-both": "RES", "g-com": "COM", "g-ads": "COM", "g-pg": "PG", "g-mem": "MEM.INSIGHT"}


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(settings={"common": {"processes": 2, "requests_per_client": 64}})
    made = Planes(trust, stack)
    made.keeper, made.other = treasurer(made)
    made.me = made.other.get("/portal/v1/sign-ins/current").json["subject"]
    made.pool("long")

    def work(c):
        keys = [made.contribution(c, "long", f"long{i}", ROWS // MEMBERS) for i in range(MEMBERS)]
        c.execute(f"INSERT INTO {made.tables['long']} (contribution_id, lat, lon, at, pm10, pm25, device) SELECT (%s::uuid[])[1 + i %% 6], 57.1234, -2.1, "
                  "timestamptz '2026-01-01Z' + i * interval '7 s', i %% 500, i, 'd' FROM generate_series(0, %s - 1) AS i", (keys, ROWS))
        for column in ("contribution", "consent_current"):  # the first one is a signed-in member's
            c.execute(f"UPDATE licensing.{column} SET member_id = %s WHERE member_id = ANY (%s::uuid[])", (made.me, [uid("member long0")]))
        c.execute("INSERT INTO licensing.consent_event (id, record_id, member_id, pool_id, purpose, recipient_class, state, type, notice, language, at, until, actor) SELECT "
                  "log.new_id(), record_id, %s, pool_id, purpose, recipient_class, state, type, notice, language, at, until, actor FROM licensing.consent_event WHERE member_id = %s",
                  (made.me, uid("member long0")))
    made.write(work)
    for name in ("long", "second"):
        made.grant(name, "long", cohort=1, quotas=[{"meter": "rows", "period": "month", "limit": 1000000}] if name == "long" else ())
    made.grant_of(OTHERS, "rivals", "long")
    yield made
    stack.release(trust)


def ask(world, name="long", query=""):
    got = world.rows("?select=pm10" + query, name, "long")
    assert got.status == 200, got.body
    return got


def usage(world, query="", name="long", **more):
    return world.get(f"/metering/v1/grants/{uid('grant ' + name)}/usage{query}", name, "long", **more)


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(keys, jws, kind):
    """Claims of a receipt, with nothing but the receipt and the keys somebody kept."""
    head, payload, signature = jws.split(".")
    told = json.loads(raw(head))
    assert (told["alg"], told["typ"]) == ("EdDSA", kind)
    key = Ed25519PublicKey.from_public_bytes(raw(keys[told["kid"]]))
    key.verify(raw(signature), f"{head}.{payload}".encode())
    forged = base64.urlsafe_b64encode(raw(payload).replace(b'"pool":"long"', b'"pool":"lung"')).rstrip(b"=").decode()
    assert forged != payload
    with pytest.raises(InvalidSignature):
        key.verify(raw(signature), f"{head}.{forged}".encode())
    claims = json.loads(raw(payload))
    assert raw(payload) == json.dumps(claims, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(), "canonical JSON"
    return claims


@pytest.fixture(scope="module")
def keys(world):
    found = {key["kid"]: key["x"] for key in world.get("/.well-known/jwks.json", "long", "long").json["keys"]}
    assert found
    return found


def pages(fetch, path):
    """All items of a list, one by one; every page holds one, and the pages are the list."""
    mark, items = "&" if "?" in path else "?", []
    after = ""
    while after is not None:
        page = fetch(f"{path}{mark}limit=1{after}").json
        assert len(page["items"]) <= 1
        items += page["items"]
        after = f"&after={page['next']}" if page["next"] else None
    assert items == fetch(f"{path}{mark}limit=100").json["items"]
    return items


# -- licensee --------------------------------------------------------------------


def test_a_delivery_under_way_is_seen_from_batch_to_batch(world):
    reader = SlowReader(world, "second", "long")
    reader.wait_stalled(world)
    live = usage(world, name="second").json["live"]
    assert [d["id"] for d in live] == [reader.delivery]
    listed = world.get(f"/metering/v1/deliveries?limit=1&grant={uid('grant second')}", "second", "long").json["items"][0]
    assert (listed["id"], listed["state"], listed["rows"]) == (reader.delivery, "open", live[0]["sent_rows"])
    assert 0 < live[0]["rows"] < ROWS and live[0]["bytes"] > 0 and 0 <= live[0]["sent_rows"] < live[0]["rows"] and live[0]["last_batch_at"] >= live[0]["opened_at"]
    elapsed = time.time() - datetime.datetime.fromisoformat(live[0]["opened_at"].replace("Z", "+00:00")).timestamp()
    assert live[0]["rows"] // (elapsed + 2) <= live[0]["rows_per_second"] <= live[0]["rows"]
    got = world.get(f"/metering/v1/deliveries/{reader.delivery}/receipt", "second", "long")
    assert (got.status, got.slug) == (409, "not_allowed_here")
    reader.rest()
    world.trust.wait_sql("the delivery's end", "SELECT 1 FROM metering.delivery WHERE id = %s AND state = 'complete'", reader.delivery)
    assert usage(world, name="second").json["live"] == []


def test_usage_by_day_and_meter_in_a_period(world):
    ask(world, query="&limit=700")
    world.fold()
    today = datetime.datetime.now(datetime.timezone.utc).date()
    body = usage(world).json
    assert (body["from"], body["to"]) == (str(today - datetime.timedelta(91)), str(today))
    assert [(d["day"], d["meter"], d["late"]) for d in body["days"]] == [(str(today), "rows", 0)] and body["days"][0]["units"] >= 700
    assert body["quotas"][0]["used"] == body["days"][0]["units"] and body["quotas"][0]["left"] == 1000000 - body["quotas"][0]["used"]
    assert usage(world, f"?from=2020-01-01&to=2020-12-31").json["days"] == []
    assert usage(world, f"?from={today}&to={today}").json["days"] == body["days"]
    for query in ("?from=2026-02-30", "?to=today", "?from=2026-1-1", "?from=2026-05-02&to=2026-05-01", "?from=2025-01-01&to=2026-05-01", "?to=", "?from=1026-01-01"):
        got = usage(world, query)
        assert (got.status, got.slug) == (400, "bad_request") and got.json["detail"], query
    assert usage(world, token=world.token("long", "long", org=OTHERS)).slug == "not_found"


def test_the_receipt_of_a_delivery_stands_by_itself(world, keys):
    got = ask(world, query="&limit=321")
    delivery = got.headers["X-Commonhold-Delivery"]
    world.trust.wait_sql("the delivery's end", "SELECT 1 FROM metering.delivery WHERE id = %s AND state = 'complete'", delivery)
    answer = world.get(f"/metering/v1/deliveries/{delivery}/receipt", "long", "long")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/jose"
    assert world.get(f"/metering/v1/deliveries/{delivery}/receipt", "long", "long", headers={"Accept": "application/json"}).status == 406
    claims = verified(keys, answer.body.decode(), "commonhold-delivery+jws")
    body, _ = got.split()
    assert claims["body_sha256"] == hashlib.sha256(body).hexdigest() and claims["bytes"] == len(body)
    assert (claims["id"], claims["grant_id"], claims["pool"], claims["rows"], claims["counted_rows"]) == (delivery, uid("grant long"), "long", 321, 321)
    assert claims["terms_sha256"] == "1" * 64 and claims["opened_at"] <= claims["ended_at"] and claims["iss"] == world.trust.base
    whole = world.get("/metering/v1/deliveries/" + delivery, "long", "long").json
    assert whole["receipt"] == answer.body.decode(), "the same each time"
    for path in (f"/metering/v1/deliveries/{delivery}/receipt", "/metering/v1/deliveries/x/receipt"):
        assert world.get(path, "long", "long", token=world.token("long", "long", org=OTHERS)).slug == "not_found"


# -- contributor -------------------------------------------------------------------


def test_a_member_sees_every_use_of_the_own_rows(world):
    ask(world, query="&limit=12")
    ask(world, "second", query="&limit=6")
    world.report([{**world.event(grant="long"), "data": {"pool": "long", "meter": "tokens", "units": 3, "contribution": uid("contribution long long0")}}])
    world.fold()
    items = pages(world.other.get, "/metering/v1/contributions/usage")
    assert {(i["month"], i["pool"], i["contribution_id"], i["purpose"], i["organisation_name"]) for i in items} == {
        (MONTH, "long", uid("contribution long long0"), "RES.HEALTH", "University")}
    assert {i["meter"]: i["units"] for i in items}["tokens"] == 3, "counts under five are shown: they are the member's own"
    rows = next(i for i in items if i["meter"] == "rows")
    assert rows["units"] == world.trust.sql("SELECT sum(units)::bigint FROM metering.usage_day WHERE contribution_id = %s AND meter = 'rows'",
                                            uid("contribution long long0"))[0][0]
    assert rows["deliveries"] == world.trust.sql("SELECT count(DISTINCT delivery_id) FROM metering.batch WHERE day IS NOT NULL AND pool_id = %s", world.pools["long"])[0][0] > 1
    assert rows["last_at"][:10] >= rows["last_day"] and next(i for i in items if i["meter"] == "tokens")["last_at"] is None
    assert world.other.get("/metering/v1/contributions/usage?from=2020-01&to=2020-12").json == {"items": [], "next": None}
    for query in ("from=2026", "to=2026-13", "from=2026-05&to=2026-04", "from=2020-01&to=2026-01", "limit=0", "after=x", "after=2026-05~x~y~Z~rows"):
        with pytest.raises(Problem) as refused:
            world.other.get("/metering/v1/contributions/usage?" + query)
        assert refused.value.slug == "bad_request", query


def test_other_members_see_nothing_of_it(world):
    assert world.keeper.get("/metering/v1/contributions/usage").json == {"items": [], "next": None}
    others = [person for person in world.trust.people.values() if person.get("/portal/v1/sign-ins/current").json["subject"] != world.me]
    assert others and all(person.get("/metering/v1/contributions/usage").json["items"] == [] for person in others)
    assert world.trust.public.send("GET", "/metering/v1/contributions/usage").outcome == "not_signed_in"


def test_usage_of_an_erased_member_stays_in_the_sums(world):
    """What was used was used: totals do not change; nobody else's view shows it."""
    before = world.trust.sql("SELECT sum(units)::bigint FROM metering.usage_day WHERE pool_id = %s", world.pools["long"])
    key = uid("contribution long long1")
    world.write(lambda c: c.execute("UPDATE licensing.contribution SET state = 'erased', erased_at = now(), ended_at = now() WHERE id = %s", (key,)))
    assert world.trust.sql("SELECT sum(units)::bigint FROM metering.usage_day WHERE pool_id = %s", world.pools["long"]) == before
    assert key not in {i["contribution_id"] for i in world.other.get("/metering/v1/contributions/usage").json["items"]}
    world.write(lambda c: c.execute("UPDATE licensing.contribution SET state = 'accepted', erased_at = NULL, ended_at = NULL WHERE id = %s", (key,)))


# -- a month, sealed -----------------------------------------------------------------


def test_no_receipt_of_a_month_before_its_seal(world):
    path = f"/metering/v1/grants/{uid('grant long')}/receipts/"
    assert (world.get(path + MONTH, "long", "long").status, world.get(path + "2999-13", "long", "long").slug) == (409, "bad_request")
    assert world.keeper.get(f"/metering/v1/usage?month={MONTH}").json["items"][0]["sealed"] is None


def test_the_receipt_of_a_month_is_what_was_sealed(world, keys):
    sealed = world.keeper.post("/metering/v1/seals", {"pool": "long", "month": MONTH})
    path = f"/metering/v1/grants/{uid('grant long')}/receipts/{MONTH}"
    body = world.get(path, "long", "long").json
    claims = verified(keys, body["receipt"], "commonhold-usage+jws")
    assert claims == {key: value for key, value in body.items() if key != "receipt"}
    assert claims["meters"] == dict(world.trust.sql("SELECT meter, sum(units)::bigint FROM metering.sealed_usage WHERE grant_id = %s GROUP BY 1", uid("grant long")))
    assert claims["meters"]["tokens"] == 3 and claims["late"] == {} and claims["terms_sha256"] == "1" * 64 and claims["month"] == MONTH
    assert claims["seal"] == {key: sealed[key] for key in ("root", "sha256", "lines", "units", "sealed_at")}
    alone = world.get(path, "long", "long", headers={"Accept": "application/jose"})
    assert alone.headers["Content-Type"] == "application/jose" and alone.body.decode() == body["receipt"]
    assert world.get(path, "long", "long", headers={"Accept": "text/csv"}).status == 406
    assert world.get(path, "long", "long", token=world.token("long", "long", org=OTHERS)).slug == "not_found"
    theirs = world.get(f"/metering/v1/grants/{uid('grant rivals')}/receipts/{MONTH}", token=world.token("rivals", "long", org=OTHERS)).json
    assert theirs["meters"] == {} and theirs["seal"] == claims["seal"], "a month without usage"


# -- treasurer -----------------------------------------------------------------------


def test_the_treasurer_holds_the_rollup_against_the_seals(world):
    later = time.strftime("%Y-%m", time.gmtime(time.mktime(time.strptime(MONTH + "-15", "%Y-%m-%d")) + 31 * 86400))
    ask(world, query="&limit=70")
    world.fold()
    world.report([{**world.event(grant="sea"), "data": {"pool": "sea", "meter": "seconds", "units": 9}}])
    items = pages(world.keeper.get, f"/metering/v1/usage?from={MONTH}&to={later}")
    assert [(i["month"], i["pool"]) for i in items] == sorted(((i["month"], i["pool"]) for i in items), key=lambda k: (-int(k[0].replace("-", "")), k[1]))
    by = {(i["month"], i["grant_id"], i["meter"]): i for i in items}
    sealed = by[MONTH, uid("grant long"), "rows"]
    assert sealed["sealed"] == sealed["units"] > 0 and sealed["difference"] == 0
    late = by[later, uid("grant long"), "rows"]
    assert (late["units"], late["late"], late["sealed"], late["difference"]) == (70, 70, None, None)
    assert by[MONTH, uid("grant sea"), "seconds"]["units"] == 9
    assert {(s["pool"], s["month"]) for s in world.keeper.get(f"/metering/v1/usage?month={MONTH}").json["seals"]} == {("long", MONTH)}
    assert {i["pool"] for i in world.keeper.get("/metering/v1/usage?pool=sea").json["items"]} == {"sea"}
    assert world.keeper.get("/metering/v1/usage?pool=none").json["items"] == []


def test_a_difference_is_named(world):
    """Somebody with a way around every guard takes five units out of a sealed month."""
    where = "pool_id = %s AND grant_id = %s AND meter = 'rows' AND contribution_id = %s AND late IS NULL"
    key = (world.pools["long"], uid("grant long"), uid("contribution long long0"))
    shown = lambda: {(i["grant_id"], i["meter"]): i["difference"] for i in world.keeper.get(f"/metering/v1/usage?pool=long&month={MONTH}").json["items"]}
    world.write(lambda c: c.execute(f"UPDATE metering.usage_day SET units = units - 5 WHERE {where}", key))
    assert shown()[uid("grant long"), "rows"] == 5 and shown()[uid("grant second"), "rows"] == 0
    world.write(lambda c: c.execute(f"UPDATE metering.usage_day SET units = units + 5 WHERE {where}", key))
    # a line that only the seal has
    kept = world.write(lambda c: (c.execute("DELETE FROM metering.usage_day WHERE grant_id = %s AND meter = 'tokens' RETURNING pool_id, day, grant_id, meter, "
                                            "contribution_id, units", (uid("grant long"),)), c.fetchall())[1])
    assert shown()[uid("grant long"), "tokens"] == 3
    world.write(lambda c: [c.execute("INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, contribution_id, units) VALUES (%s, %s, %s, %s, %s, %s)", k)
                           for k in kept])
    assert set(shown().values()) == {0}


def test_quarantine_stands_beside_the_line_it_is_missing_from(world):
    world.move_grant("sea", "suspend", "suspended")
    world.report([{**world.event(grant="sea"), "data": {"pool": "sea", "meter": "seconds", "units": 11}}])
    line = world.keeper.get("/metering/v1/usage?pool=sea").json["items"][0]
    assert (line["units"], line["quarantined"]) == (9, 11)
    assert [q["units"] for q in world.keeper.get(f"/metering/v1/quarantine?grant={uid('grant sea')}").json["items"]] == [11]


def test_who_may_not_and_what_is_no_question(world):
    with pytest.raises(Problem) as refused:
        world.other.get("/metering/v1/usage")
    assert refused.value.slug == "forbidden"
    for query in ("month=2026-5", "from=2026-05&to=2026-01", "from=2020-01&to=2026-01", "limit=101", "after=zz", f"after={MONTH}~long~x~rows"):
        with pytest.raises(Problem) as refused:
            world.keeper.get("/metering/v1/usage?" + query)
        assert refused.value.slug == "bad_request", query


# -- public --------------------------------------------------------------------------


def months(count):
    return [f"{2001 + n // 12}-{n % 12 + 1:02}" for n in range(count)]


@pytest.fixture(scope="module")
def public(world):
    """A pool of twelve members with grants of several purposes; `cells` is what to use in which month: {(grant, meter): {member: units}}."""
    world.pool("pub")
    world.write(lambda c: [world.contribution(c, "pub", f"pub{i}", 10) for i in range(12)])
    for name, purpose in PURPOSES.items():
        world.grant(name, "pub", cohort=1)
        world.set_grant(name, purpose=f"'{purpose}'")
    return world


def publish(world, month, cells):
    lines = [(world.pools["pub"], month + "-10", uid("grant " + grant), meter, member if member is None else uid(f"contribution pub pub{member}"), units)
             for (grant, meter), members in cells.items() for member, units in members.items()]
    world.write(lambda c: c.executemany("INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, contribution_id, units) VALUES (%s, %s, %s, %s, %s, %s)", lines))
    world.trust.sql("SELECT (metering.seal_usage(%s, 'pub', %s, NULL)).outcome", world.pools["pub"], month + "-01")
    while world.trust.sql("SELECT (metering.publish_due()).body ->> 'done'")[0][0] != "true":
        pass


def told(world, month):
    item = world.trust.public.get(f"/metering/v1/totals?pool=pub&from={month}&to={month}").json["items"][0]
    return {(t["purpose_group"], t["meter"]): t["units"] for t in item["totals"]}, item


def folded(cells):
    """(group, meter) -> units, members; of the pool's contributions, one each."""
    sums = {}
    for (grant, meter), members in cells.items():
        units, who = sums.get((GROUPS[grant], meter), (0, frozenset()))
        sums[GROUPS[grant], meter] = units + sum(members.values()), who | frozenset(members)
    return sums


def of(*members, units=10):
    return {member: units for member in members}


def test_totals_by_purpose_group_without_signing_in(public):
    cells = {("g-res", "rows"): of(*range(6)), ("g-both", "rows"): of(*range(4, 10)), ("g-ads", "rows"): of(*range(5)), ("g-pg", "queries"): of(*range(12), units=1)}
    publish(public, "2000-06", cells)
    totals, item = told(public, "2000-06")
    assert totals == {("RES", "rows"): 120, ("COM", "rows"): 50, ("PG", "queries"): 12}, "a purpose of two parents is in the first one's group"
    assert (item["k"], item["withheld"]) == (5, False)


def test_a_small_total_takes_the_next_smallest_with_it(public):
    """Four members of COM: with the month's units from the log and all other totals it could be had by subtraction."""
    cells = {("g-res", "rows"): of(*range(9)), ("g-com", "rows"): of(*range(4)), ("g-pg", "rows"): of(*range(2, 9))}
    publish(public, "2000-07", cells)
    totals, item = told(public, "2000-07")
    assert totals == {("RES", "rows"): 90} and item["withheld"]


def test_small_totals_that_are_many_together_need_no_other(public):
    cells = {("g-res", "rows"): of(*range(9)), ("g-com", "rows"): of(0, 1, 2), ("g-pg", "rows"): of(3, 4, 5)}
    publish(public, "2000-08", cells)
    assert told(public, "2000-08")[0] == {("RES", "rows"): 90}
    cells = {("g-res", "rows"): of(0, 1, 2), ("g-com", "rows"): of(0, 1, 2), ("g-pg", "rows"): of(1, 2, 3)}
    publish(public, "2000-09", cells)
    totals, item = told(public, "2000-09")
    assert totals == {} and item["withheld"], "four members in all"


def test_meters_are_summed_in_the_log_so_they_protect_each_other(public):
    cells = {("g-res", "rows"): of(*range(9)), ("g-res", "tokens"): of(7)}
    publish(public, "2000-10", cells)
    assert told(public, "2000-10")[0] == {}


def test_units_of_nobody_are_not_shown(public):
    publish(public, "2000-11", {("g-res", "rows"): of(*range(9)), ("g-pg", "rows"): of(*range(9))})
    assert len(told(public, "2000-11")[0]) == 2


def test_k_is_the_largest_of_the_grants_that_were_used(public):
    public.set_grant("g-mem", min_cohort=8)
    publish(public, "2000-12", {("g-mem", "rows"): of(*range(9)), ("g-res", "rows"): of(*range(7)), ("g-pg", "rows"): of(*range(1, 12))})
    totals, item = told(public, "2000-12")
    assert item["k"] == 8 and set(totals) == {("PG", "rows")}
    public.set_grant("g-mem", min_cohort=1)


def test_what_is_public_stays_as_it_is(public):
    """A larger k afterwards, a second publishing, more usage: late usage is another month's."""
    before = told(public, "2000-06")
    public.set_grant("g-res", min_cohort=100)
    public.trust.sql("SELECT metering.publish_month(%s, '2000-06-01')", public.pools["pub"])
    assert told(public, "2000-06") == before
    public.set_grant("g-res", min_cohort=1)
    with pytest.raises(Exception, match="append-only"):
        public.trust.sql("UPDATE metering.public_total SET units = units + 1")


def test_nothing_of_fewer_than_k_can_be_had_from_any_month(public):
    """Random months against the attacker: what is shown rests on k members each; all that can be computed besides is the sum of what is not."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng, k, shown_at_all = random.Random(seed), 5, 0
    for month in months(40):
        cells = {}
        for _ in range(rng.randrange(1, 7)):
            cells[rng.choice(list(PURPOSES)), rng.choice(["rows", "queries"])] = of(*rng.sample(range(12), rng.randrange(1, 12)), units=rng.randrange(1, 50))
        publish(public, month, cells)
        totals, item = told(public, month)
        truth = folded(cells)
        hidden = [truth[cell][1] for cell in truth if cell not in totals]
        assert {cell: truth[cell][0] for cell in totals} == totals
        assert all(len(truth[cell][1]) >= k for cell in totals), (month, cells)
        assert not hidden or not totals or len(frozenset().union(*hidden)) >= k, (month, cells)
        assert item["withheld"] == bool(hidden)
        assert hidden == [] or any(len(members) < k for members in hidden), "nothing is withheld without need"
        units = public.trust.sql("SELECT body ->> 'units' FROM (SELECT payload -> 'body' AS body, payload ->> 'object' AS object FROM log.outbox "
                                 "WHERE payload ->> 'type' = 'usage') AS l WHERE object = %s", "pub:" + month)
        assert not units or units[0][0] is None or int(units[0][0]) == sum(u for u, _ in truth.values()), "the log's sum is the line through all cells"
        shown_at_all += len(totals)
    assert shown_at_all > 10  # of some 120 cells


def test_months_that_grow_are_not_public(public):
    assert public.trust.sql("SELECT count(*) FROM metering.public_month AS m LEFT JOIN metering.seal AS s USING (pool_id, month) WHERE s.month IS NULL") == [(0,)]
    items = public.trust.public.get("/metering/v1/totals?pool=air").json["items"]
    assert items == []


def test_pages_and_periods_of_totals(public):
    items = pages(public.trust.public.get, "/metering/v1/totals?pool=pub&from=2000-06&to=2001-03")
    assert [i["month"] for i in items] == ["2001-03", "2001-02", "2001-01", "2000-12", "2000-11", "2000-10", "2000-09", "2000-08", "2000-07", "2000-06"]
    for query in ("from=2026", "from=2026-05&to=2026-04", "limit=x", "after=2026-05"):
        assert public.trust.public.send("GET", "/metering/v1/totals?" + query).outcome == "bad_request", query


def test_totals_are_cached_by_their_tag(public):
    import http.client
    answers = []
    for headers in ({}, None):
        connection = http.client.HTTPConnection("127.0.0.1", public.trust.port, timeout=20)
        connection.request("GET", "/metering/v1/totals", headers=headers if headers is not None else {"If-None-Match": answers[0].getheader("ETag")})
        answers.append(connection.getresponse())
        answers[-1].read()
        connection.close()
    assert [a.status for a in answers] == [200, 304] and answers[0].getheader("Cache-Control") == answers[1].getheader("Cache-Control") == "public, max-age=300"


def test_the_worker_publishes_what_is_sealed(public):
    public.trust.sql("UPDATE metering.clock SET at = '-infinity' WHERE name = 'fold_usage'")
    month = "2000-05"
    lines = [(public.pools["pub"], month + "-10", uid("grant g-res"), uid(f"contribution pub pub{i}")) for i in range(7)]
    public.write(lambda c: c.executemany("INSERT INTO metering.usage_day (pool_id, day, grant_id, meter, contribution_id, units) VALUES (%s, %s, %s, 'rows', %s, 3)", lines))
    public.trust.sql("SELECT metering.seal_usage(%s, 'pub', '2000-05-01', NULL)", public.pools["pub"])
    public.trust.sql("UPDATE metering.clock SET at = '-infinity' WHERE name = 'fold_usage'")
    public.trust.wait_sql("the totals", "SELECT 1 FROM metering.public_total WHERE month = '2000-05-01' AND units = 21")
