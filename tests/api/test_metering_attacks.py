# SPDX-License-Identifier: AGPL-3.0-or-later
"""Metering attacked from outside, by somebody who has the documents alone: questions that are none, tokens that are forged, readers that cheat,
events that lie, figures that are taken from one another. What each attack must not get is worked out here a second time, from the rows that were put in."""
import base64
import csv
import datetime
import decimal
import hmac
import http.client
import io
import itertools
import json
import os
import random
import signal
import socket
import struct
import time
import uuid
from urllib.parse import quote

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

import granted
from delivering import TYPES, Reader, at_once, children, counted, load_plain, make_pool, permit, revoke, stalled, wait_settled
from granted import b64, sha
from reporting import ONE, Planes, now, rfc3339, uuid7
from stack import DEADLINE, Problem, wait_for
from test_aggregates import to_another_organisation
from test_aggregates import to_another_organisation, to_organisation_of
from test_metering import treasurer, uid

SEED = int(os.environ.get("CH_SEED", "20261123"))
SERIES = int(os.environ.get("CH_SERIES", "8"))  # of questions that are held against one another
ROWS, MEMBERS = 1200, 10
PLAN = [{"name": "n", "rule": "round:-1"}, {"name": "i", "rule": "bin:10"}, {"name": "s", "rule": "keep"}, {"name": "b", "rule": "keep"},
        {"name": "d", "rule": "trunc:month"}, {"name": "t", "rule": "trunc:day"}]
WORDS = [None, "a,b", 'q"t', "back\\slash", "ünï😀", "plain", "(x)", "# end: complete\r\n# rows: 1\r\n# delivery: x"]
CELLS = [("g", "string"), ("h", "string"), ("v", "number"), ("u", "integer"), ("z", "boolean"), ("hidden", "string")]
KEEP = [{"name": name, "rule": "keep"} for name, _ in CELLS[:-1]]


class Attacked(Planes):
    """Data planes, and beside them pools whose every row is known here."""

    def __init__(self, trust, stack):
        super().__init__(trust, stack)
        make_pool(self, "mix", TYPES + [("x", "string")])
        self.write(self.fill)
        self.pool("long")
        load_plain(self, "long", 60000)
        self.names = itertools.count()

    def fill(self, c):
        keys = [self.contribution(c, "mix", f"mix{k}", ROWS // MEMBERS) for k in range(MEMBERS)]
        start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
        c.executemany(f"INSERT INTO {self.tables['mix']} (contribution_id, n, i, s, b, d, t, x) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                      [(keys[k % MEMBERS], decimal.Decimal(k * 137) / 100, k, WORDS[k % len(WORDS)], k % 3 == 0, start.date() + datetime.timedelta(k),
                        start + k * datetime.timedelta(minutes=7), f"secret{k}") for k in range(ROWS)])

    def fresh(self, ref, plan=None, **more):
        """A grant that has asked nothing yet; gives its name."""
        name = f"fresh{next(self.names)}"
        self.grant(name, ref, plan=plan or (KEEP if ref not in ("mix", "long", "air") else PLAN if ref == "mix" else None), **more)
        return name

    def asking(self, ref, **more):
        """A fresh grant for aggregates, of an organisation that has asked nothing."""
        name = self.fresh(ref, **more)
        to_another_organisation(self, name)
        self.write(lambda c: c.execute("UPDATE licensing.data_grant SET actions = '{aggregate}', modes = '{query}' WHERE id = %s", (uid("grant " + name),)))
        return name

    def cells(self, query, name, ref, **more):
        return self.get(f"/metering/v1/pools/{ref}/aggregates{query}", name, ref, **more)

    def table(self, ref, rows):
        """A pool of these rows: (member, g, h, v, u, z)."""
        make_pool(self, ref, CELLS)

        def work(c):
            keys = {m: self.contribution(c, ref, f"{ref}{m}", sum(row[0] == m for row in rows)) for m in sorted({row[0] for row in rows})}
            c.executemany(f"INSERT INTO {self.tables[ref]} (contribution_id, g, h, v, u, z, hidden) VALUES (%s, %s, %s, %s, %s, %s, 'secret')",
                          [(keys[row[0]], *row[1:]) for row in rows])
        self.write(work)

    def used(self, name, meter):
        self.fold()
        return self.trust.sql("SELECT COALESCE(sum(units), 0)::bigint FROM metering.usage_day WHERE grant_id = %s AND meter = %s", uid("grant " + name), meter)[0][0]

    def key(self, name):
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(self.stack.secret(name + ".key")))


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(settings={"common": {"processes": 2, "requests_per_client": 512}, "metering": {"requests_per_second": 100000, "requests_burst": 100000}})
    made = Attacked(trust, stack)
    yield made
    made.holds()  # U1, and that every day made again is what is stored: after all that was done here
    stack.release(trust)


def claims_of(token):
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]]


def signed(head, body, key):
    text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(body).encode())
    return text + "." + (b64(key.sign(text.encode())) if key else "")


# ---- questions ----

@pytest.mark.parametrize("query,slug", [
    ("limit=0", "invalid"), ("limit=-1", "invalid"), ("limit=%2B1", "invalid"), ("limit=1.0", "invalid"), ("limit=1e1", "invalid"), ("limit=", "invalid"),
    ("limit=9223372036854775808", "invalid"), ("trailer=", "invalid"), ("trailer=true", "invalid"), ("select=x", "column_not_granted"),
    ("x=eq.secret1", "column_not_granted"), ("select=*", "column_not_granted"), ("select=_row", "column_not_granted"), ("select=N", "column_not_granted"),
    ("select=,n", "column_not_granted"), ("select=n,%20i", "column_not_granted"), ("_row=eq.1", "column_not_granted"), ("member_id=is.null", "column_not_granted"),
    ("or=(n.eq.1)", "column_not_granted"), ("order=n", "column_not_granted"), ("n=not.eq.1", "invalid"), ("s=like.*p*", "invalid"), ("s=cs.%7Ba%7D", "invalid"),
    ("n=EQ.1", "invalid"), ("n=eq", "invalid"), ("n=eq.", "invalid"), ("n=eq.1e2", "invalid"), ("n=eq.%2010", "invalid"), ("n=is.true", "invalid"), ("b=eq.1", "invalid"),
    ("s=in.(plain", "invalid"), ("s=in.plain", "invalid"), ("s=in.(%22a%22b)", "invalid"), ("s=is.nothing", "invalid"), ("d=eq.2026-02-30", "invalid"),
    ("d=eq.today", "invalid"), ("t=eq.now", "invalid"), ("t=eq.2026-01-01T24:00:00Z", "invalid"), ("select=%00", "bad_request"), ("select=%FF", "bad_request"),
    ("n%00=eq.1", "bad_request"), ("&".join(["n=gte.0"] * 99), "invalid"), ("&".join(["n=gte.0"] * 1000), "bad_request"), ("after=" + "A" * 9000, "uri_too_long")])
def test_questions_that_are_none(world, query, slug):
    assert world.rows("?" + query, world.fresh("mix"), "mix").slug == slug


def shown(k):
    """Row k of pool mix as the grant's rules show it."""
    month = (datetime.date(2026, 1, 1) + datetime.timedelta(k)).replace(day=1).isoformat()
    return {"n": (k * 137 + 500) // 1000 * 10, "i": k // 10 * 10, "s": WORDS[k % len(WORDS)], "b": k % 3 == 0, "d": month}


@pytest.mark.parametrize("query,matches", [
    ("s=eq.a,b", lambda r: r["s"] == "a,b"), ('s=in.("a,b",plain)', lambda r: r["s"] in ("a,b", "plain")), ('s=in.("q\\"t","(x)")', lambda r: r["s"] in ('q"t', "(x)")),
    ('s=in.("back\\\\slash")', lambda r: r["s"] == "back\\slash"), ("s=eq.back\\slash", lambda r: r["s"] == "back\\slash"), ("s=eq.ünï😀", lambda r: r["s"] == "ünï😀"),
    ("s=is.null", lambda r: r["s"] is None), ("s=is.not_null", lambda r: r["s"] is not None), ("s=neq.plain", lambda r: r["s"] not in ("plain", None)),
    ("s=gt.p", lambda r: r["s"] is not None and r["s"].encode() > b"p"), ("b=is.true", lambda r: r["b"]), ("b=neq.true", lambda r: not r["b"]),
    ("n=lte.10", lambda r: r["n"] <= 10), ("n=gt.4", lambda r: r["n"] > 4), ("n=eq.20.0", lambda r: r["n"] == 20), ("i=lt.9", lambda r: r["i"] < 9), ("i=gt.9", lambda r: r["i"] > 9),
    ("i=in.(1,10,20)", lambda r: r["i"] in (10, 20)), ("i=lt.10.5", lambda r: r["i"] <= 10), ("i=lt." + "9" * 40, lambda r: True), ("i=eq.11", lambda r: False),
    ("d=eq.2026-01-01", lambda r: r["d"] == "2026-01-01"), ("d=eq.2026-01-15", lambda r: False), ("d=gte.2026-02-01&d=lt.2026-03-01", lambda r: r["d"] == "2026-02-01"),
    ("n=gte.10&n=lte.20", lambda r: 10 <= r["n"] <= 20), ('s=eq."plain"', lambda r: False), ("s=in.(a,b)", lambda r: False), ("s=in.()", lambda r: False)])
def test_filters_compare_what_the_row_shows(world, query, matches):
    """A filter finds what a reader of the whole would find in it; an empty question says no more than one of few members."""
    expected = [(str(r["n"]), str(r["i"]), r["s"] or "") for r in map(shown, range(ROWS)) if matches(r)]
    got = world.rows("?select=n,i,s&" + quote(query, safe="=&."), world.fresh("mix"), "mix")
    if not expected:
        assert got.slug == "cohort_too_small"
    else:
        rows = list(csv.DictReader(io.StringIO(got.body[:got.body.rindex(b"# delivery: ")].decode(), newline="")))
        assert [(r["n"], r["i"], r["s"]) for r in rows] == expected


@pytest.mark.parametrize("accept,kind", [
    (None, "text/csv"), ("*/*", "text/csv"), ("text/csv;q=0", None), ("text/csv;q=0, application/x-ndjson", "application/x-ndjson"), ("TEXT/CSV", "text/csv"),
    ("application/x-ndjson;q=0.9, text/csv;q=0.5", "application/x-ndjson"), ("application/x-ndjson;q=0.5, text/csv;q=0.9", "text/csv"),
    ("*/*, text/csv;q=0", "application/x-ndjson"), ("text/*;q=0, */*", "application/x-ndjson"), ("application/json", None), ("text/html, */*;q=0.1", "text/csv"), ("garbage", None)])
def test_what_is_accepted(world, accept, kind):
    got = world.rows("?limit=1", world.fresh("mix"), "mix", headers={"Accept": accept} if accept else {})
    assert (got.headers["Content-Type"].split(";")[0] == kind and got.status == 200) if kind else got.slug == "not_acceptable"


def test_a_value_that_looks_like_a_trailer(world):
    """What a member wrote into a text cannot end the body for who reads CSV, and cannot be the last line of NDJSON."""
    name = world.fresh("mix")
    text = world.rows("?select=s", name, "mix").body.decode()
    body, trailer = text[:text.rindex("# delivery: ")], text[text.rindex("# delivery: "):]
    rows = list(csv.DictReader(io.StringIO(body, newline="")))
    assert len(rows) == ROWS and sum(row["s"] == WORDS[7] for row in rows) == ROWS // 8 and f"sha256: {sha(body)}" in trailer and f"rows: {ROWS}" in trailer
    lines = world.rows("?select=s", name, "mix", headers={"Accept": "application/x-ndjson"}).body.splitlines()
    assert len(lines) == ROWS + 1 and sum(json.loads(line).get("s") == WORDS[7] for line in lines) == ROWS // 8 and json.loads(lines[-1])["_end"]["rows"] == ROWS


# ---- readers ----

def test_a_head_is_no_usage(world):
    name = world.fresh("long", cohort=1, quotas=[{"meter": "rows", "period": "day", "limit": 20000}])
    answer = head(world, f"HEAD /metering/v1/pools/long/rows HTTP/1.1\r\nAuthorization: Bearer {world.token(name, 'long')}")
    status, body = answer.split(b"\r\n\r\n", 1)
    assert b" 200 " in status and body == b""
    wait_settled(world, status.split(b"X-Commonhold-Delivery: ")[1][:36].decode())
    assert world.used(name, "rows") == 0 and quota_used(world, name, "long") == [0]


def head(world, request):
    with socket.create_connection(("127.0.0.1", world.trust.port), timeout=DEADLINE) as line:
        line.sendall(f"{request}\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: line.recv(65536), b""))


def quota_used(world, name, ref):
    return [quota["used"] for quota in world.get(f"/metering/v1/grants/{uid('grant ' + name)}/usage", name, ref).json["quotas"]]


def test_a_client_that_only_listens_any_more(world):
    """One that has closed its side of the line gets all of it, and it counts."""
    name = world.fresh("long", cohort=1)
    reader = Reader(world, name, "long", "?limit=20000", window=None)
    reader.socket.shutdown(socket.SHUT_WR)
    got = reader.rest().got()
    assert len(got.table()[0]) == 20000 and got.split()[1]["end"] == "complete"
    wait_settled(world, reader.delivery)
    assert world.used(name, "rows") == 20000


def test_one_token_used_by_many_at_once(world):
    """Whoever wins, what the chain has counted it has counted once."""
    name = world.fresh("long", cohort=1)
    first = world.rows("?limit=10000", name, "long").split()[1]["resume"]
    answers = at_once(6, lambda i: world.rows(f"?limit=20000&after={first}", name, "long"))
    assert all(answer.status == 200 for answer in answers)
    ends = [answer.split()[1]["end"] for answer in answers]
    assert "complete" in ends and set(ends) <= {"complete", "not_allowed_here"}  # who comes when another is through gets all of it again
    world.trust.wait_sql("the batches", "SELECT count(*) = 0 FROM metering.batch WHERE grant_id = %s AND state = 'committed'", uid("grant " + name))
    assert world.used(name, "rows") == 30000
    branch = world.rows(f"?limit=3333&after={first}", name, "long").split()[1]["resume"]
    world.rows(f"?limit=5000&after={branch}", name, "long")
    assert world.used(name, "rows") == 30000
    assert len(world.rows(f"?after={first}", name, "long").table()[0]) == 50000 and world.used(name, "rows") == 60000


def test_members_are_counted_not_contributions(world):
    """Two members with ten contributions are two; and no token of theirs opens what is left of too few."""
    world.table("twin", [(k % 2, "g", "h", k, k, True) for k in range(40)])

    def more(c):
        for k in range(8):
            key = str(uuid.uuid4())
            c.execute("INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, accept_partial, rows, "
                      "quality_ppm, decided_at) VALUES (%s, %s, %s, %s, 'accepted', 'csv', '{}', '{}', '{}', 1, false, 5, 1000000, now() - interval '1 hour')",
                      (key, world.pools["twin"], uid(f"member twin{k % 2}"), k + 2))
            c.executemany(f"INSERT INTO {world.tables['twin']} (contribution_id, g, h, v) VALUES (%s, 'g', 'h', %s)", [(key, n) for n in range(5)])
    world.write(more)
    three, two = {"cohort": 3}, {"cohort": 2}
    assert world.rows("", world.fresh("twin", **three), "twin").slug == world.cells("", world.asking("twin", **three), "twin").slug == "cohort_too_small"
    assert len(world.rows("", world.fresh("twin", **two), "twin").table()[0]) == 80 == world.cells("", world.asking("twin", **two), "twin").json["cells"][0]["count"]


def test_no_token_brings_back_who_has_withdrawn(world):
    rows = [(k % 5, "g", "h", k, k, True) for k in range(20000)]
    world.table("leave", rows)
    few, one = world.fresh("leave", cohort=5), world.fresh("leave", cohort=1)
    first = {name: world.rows("?limit=10000", name, "leave").split()[1]["resume"] for name in (few, one)}
    assert len(world.rows(f"?after={first[one]}", one, "leave").table()[0]) == 10000
    permit(world, "leave", "leave0", False)
    for query in ("", "?limit=5", "?v=gt.10000", f"?after={first[few]}", f"?after={first[few]}&limit=5"):
        assert world.rows(query, few, "leave").slug == "cohort_too_small"
    again = world.rows(f"?after={first[one]}", one, "leave").table()[0]
    assert len(again) == 8000 and not [row for row in again if int(row["v"]) % 5 == 0]
    assert world.used(one, "rows") == 20000
    permit(world, "leave", "leave0", True)


@pytest.mark.parametrize("meter,limit,query", [("rows", 7, "select=n&limit=2"), ("rows", 50, "select=n"), ("bytes", 5000, "select=n"), ("requests", 5, "limit=1")])
def test_a_limit_is_not_passed_by_a_single_unit(world, meter, limit, query):
    """Ten at once on two processes; rows and requests come out to the unit, bytes to the row."""
    name = world.fresh("mix", quotas=[{"meter": meter, "period": "day", "limit": limit}])
    answers = at_once(10, lambda i: world.rows("?" + query, name, "mix"))
    answers += [world.rows("?" + query, name, "mix") for _ in range(8)]  # what those who were refused have left
    given = [answer for answer in answers if answer.status == 200]
    sum_of = {"rows": lambda a: int(a.split()[1]["rows"]), "bytes": lambda a: len(a.split()[0]), "requests": lambda a: 1}[meter]
    assert limit - (30 if meter == "bytes" else 0) <= sum(map(sum_of, given)) <= limit
    refused = answers[-1]
    assert refused.slug == "quota_reached" and int(refused.headers["Retry-After"]) > 0


def test_the_narrowest_limit_binds(world):
    name = world.fresh("mix", quotas=[{"meter": "rows", "period": period, "limit": limit} for period, limit in (("day", 10), ("month", 4), ("grant", 1000))])
    got = world.rows("?select=n", name, "mix").split()[1]
    assert got["rows"] == "4" and got["end"] == "quota_reached"
    refused = world.rows("?select=n", name, "mix")
    assert refused.slug == "quota_reached" and refused.json["quota"]["period"] == "month"
    assert quota_used(world, name, "mix") == [4, 4, 4]


# ---- tokens ----

def forgeries(world, name):
    good = world.token(name, "mix")
    head, body = claims_of(good)
    key, other, person = world.key("client"), Ed25519PrivateKey.generate(), world.key("person")
    x = granted.public_x(other)
    return {
        "alg none": signed({**head, "alg": "none"}, body, None), "no signature": good.rsplit(".", 1)[0] + ".", "another key": signed(head, body, other),
        "a key it brings": signed({**head, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": x}}, body, other), "a key that signs people": signed({**head, "kid": granted.thumbprint(granted.public_x(person))}, body, person),
        "typ": signed({**head, "typ": "JWT"}, body, key), "crit": signed({**head, "crit": ["x"], "x": 1}, body, key), "expired": signed(head, {**body, "exp": int(time.time()) - 5}, key),
        "no exp": signed(head, {k: v for k, v in body.items() if k != "exp"}, key), "not yet": signed(head, {**body, "nbf": int(time.time()) + 600}, key),
        "another aud": signed(head, {**body, "aud": "payout"}, key), "another iss": signed(head, {**body, "iss": "https://evil.example"}, key), "no grant": signed(head, {**body, "grant": None}, key),
        "epoch before": signed(head, {**body, "epoch": 0}, key), "epoch behind": signed(head, {**body, "epoch": 2}, key), "epoch text": signed(head, {**body, "epoch": "1"}, key),
        "epoch beyond": signed(head, {**body, "epoch": 2 ** 70}, key), "one bit": good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1], "dots": "..", "padded": good + "="}


def test_forged_tokens_open_nothing(world):
    name = world.fresh("mix")
    world.write(lambda c: c.execute("UPDATE licensing.data_grant SET actions = '{aggregate,read}', modes = '{download,query}' WHERE id = %s", (uid("grant " + name),)))
    for what, token in forgeries(world, name).items():
        for path in ("rows", "aggregates"):
            assert world.get("/metering/v1/pools/mix/" + path, token=token).status == 401, (what, path)
        assert world.send("[]", token=token).status == 401, what
        if "epoch" not in what and what != "no grant":  # what an organisation sees of itself asks for neither
            assert world.get("/metering/v1/deliveries", token=token).status == 401, what
    assert world.rows("?limit=1", name, "mix").status == world.cells("", name, "mix").status == 200
    assert world.rows(token=world.usage_token()).status == 401 and world.send("[]", token=world.token("air", "air")).status == 401


def test_what_belongs_to_another_licensee(world):
    name = world.fresh("long", cohort=1)
    delivery = world.rows("?limit=10", name, "long").headers["X-Commonhold-Delivery"]
    stranger = world.token(name, "long", org=uid("a stranger"))
    month = time.strftime("%Y-%m", time.gmtime())
    for path in (f"deliveries/{delivery}", f"deliveries/{delivery}/receipt", f"grants/{uid('grant ' + name)}/usage", f"grants/{uid('grant ' + name)}/receipts/{month}"):
        assert world.get("/metering/v1/" + path, token=stranger).slug == "not_found"
    assert world.get("/metering/v1/deliveries", token=stranger).json["items"] == []
    assert world.get(f"/metering/v1/deliveries?grant={uid('grant theirs')}", name, "long").json["items"] == []


# ---- events ----

@pytest.mark.parametrize("text,stored", [("1", True), ("1099511627776", True), ("1099511627777", False), ("0", False), ("-1", False), ("-0", False), ("1.0", False), ("1e3", False),
                                         ("1e400", False), ('"5"', False), ("null", False), ("true", False), ("[1]", False), ("9" * 30, False)])
def test_units(world, text, stored):
    event = json.dumps(world.event()).replace('"units": 1', f'"units": {text}')
    answer = world.send(f"[{event}]").json
    assert (answer["accepted"], [r["reason"] for r in answer["rejected"]]) == ((1, []) if stored else (0, ["units_invalid"]))


@pytest.mark.parametrize("time_,reason", [
    (lambda at: rfc3339(at - datetime.timedelta(days=62) + datetime.timedelta(seconds=30)), "grant_not_begun"), (lambda at: rfc3339(at - datetime.timedelta(days=62, seconds=5)), "time_too_old"),
    (lambda at: rfc3339(at + datetime.timedelta(minutes=4, seconds=30)), None), (lambda at: rfc3339(at + datetime.timedelta(minutes=6)), "time_ahead"),
    (lambda at: (at + datetime.timedelta(hours=14)).strftime("%Y-%m-%dT%H:%M:%S+14:00"), None), (lambda at: (at + datetime.timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%S+24:00"), "time_invalid"),
    (lambda at: at.strftime("%Y-%m-%dT%H:%M:%S"), "time_invalid"), (lambda at: at.strftime("%Y-%m-%d %H:%M:%SZ"), "time_invalid"), (lambda at: at.strftime("%Y-%m-%dT%H:00:60Z"), "time_invalid"),
    (lambda at: "2026-02-30T00:00:00Z", "time_invalid"), (lambda at: "0000-01-01T00:00:00Z", "time_too_old"), (lambda at: "9999-12-31T23:59:59Z", "time_ahead"), (lambda at: 0, "time_invalid"),
    (lambda at: (at.replace(day=1) - datetime.timedelta(days=1)).strftime("%Y-%m-%dT23:59:60Z"), "grant_not_begun"), (lambda at: at.strftime("%Y-%m-%dt%H:%M:%S.123456789z"), None)])
def test_times(world, time_, reason):
    answer = world.report([{**world.event(), "time": time_(now())}])
    if reason == "grant_not_begun" and not answer["quarantined"]:  # the last second of a month, asked on the first day of the next
        reason = None
    assert [r["reason"] for r in answer["rejected"] + answer["quarantined"]] == ([reason] if reason else [])


def test_the_bounds_of_a_grant(world):
    """In force from its first instant, and not at its last: to the microsecond, and what lies outside is never billed."""
    name = world.fresh("air")
    world.set_grant(name, until_at="date_trunc('second', clock_timestamp()) - interval '1 hour'")
    begin, end = world.trust.sql("SELECT from_at, until_at FROM licensing.data_grant WHERE id = %s", uid("grant " + name))[0]
    tick = datetime.timedelta(microseconds=1)
    events = [world.event(grant=name, time=at, units=units, pool="air") for units, at in ((1, begin - tick), (2, begin), (4, end - tick), (8, end), (16, end + tick))]
    answer = world.report(events)
    assert (answer["accepted"], [q["index"] for q in answer["quarantined"]]) == (5, [0, 3, 4])
    assert world.units(name) == 6
    assert world.counts(events) == (0, 5, []) and world.units(name) == 6
    moved = [{**event, "time": rfc3339(begin + tick)} for event in events]
    assert world.counts(moved)[:2] == (0, 0) and world.units(name) == 6


def test_an_event_has_one_identity(world):
    """Modes, escapes and spellings of an instant are the same event; letters of another case, and the other way to write an accent, are not."""
    stem, start = uuid.uuid4().hex, world.units()
    event = world.event(f"{stem} é/😀")
    binary = {"ce-" + key: str(value) for key, value in event.items() if key != "data"} | {"ce-id": quote(event["id"], safe=""), "Content-Type": "application/json"}
    assert world.send(json.dumps(event["data"]), kind=None, headers=binary).json["accepted"] == 1
    quoted = {**binary, "ce-id": '"' + quote(event["id"]) + '"'}
    assert world.send(json.dumps(event["data"]), kind=None, headers=quoted).json["duplicates"] == 1
    text = json.dumps(event).replace('"id"', '"\\u0069d"').replace("/", "\\/").replace('"units"', '"un\\u0069ts"')
    assert world.send(text, kind=ONE).json["duplicates"] == 1
    again = {**event, "time": event["time"].replace("Z", "+00:00"), "note": "an extension", "data": {**event["data"], "contribution": None}}
    assert world.counts([again, event]) == (0, 2, [])
    for change in ({"time": rfc3339(now() - datetime.timedelta(minutes=3))}, {"data": {**event["data"], "units": 2}}, {"data": {**event["data"], "contribution": world.contributions[0]}}):
        assert world.counts([{**event, **change}]) == (0, 0, [(0, "conflict")])
    others = [world.event(event["id"].upper()), world.event(event["id"].replace("é", "e\u0301")), world.event(event["id"] + " ")]
    assert world.counts(others) == (3, 0, []) and world.units() == start + 4


def test_a_race_of_contents(world):
    """Eight contents for one identity at once: one stands, and the others are told."""
    identifier, at, start = uuid7(), now(), world.units()
    answers = at_once(8, lambda i: world.report([world.event(identifier, time=at, units=i + 1)]))
    assert sum(a["accepted"] for a in answers) == 1 and sum(len(a["rejected"]) for a in answers) == 7
    won = next(i for i, a in enumerate(answers) if a["accepted"])
    assert world.units() == start + won + 1


def test_retries_over_killed_processes(world):
    """Serving processes are killed while batches come; each is sent again until it is answered. All is counted once."""
    start, batches = world.units(), [[world.event(units=2) for _ in range(40)] for _ in range(24)]
    name = f"{world.trust.name}.ini"

    def insist(events):
        def tried():
            try:
                got = world.send(json.dumps(events))
                return got.status == 200 and got.json
            except (OSError, http.client.HTTPException):  # a line that broke, in whichever way it broke
                return None
        return wait_for("an answer", tried, DEADLINE)

    def serve(i):
        if i < 3:
            return [insist(events) for events in batches[i::3]]
        for child in list(children(world.trust.daemon.process.pid)):
            if name in open(f"/proc/{child}/cmdline").read():
                os.kill(child, signal.SIGKILL)
        return []
    answers = at_once(4, serve)
    assert [r for part in answers for a in part for r in a["rejected"]] == []
    assert world.units() == start + 24 * 40 * 2
    assert world.trust.sql("SELECT * FROM metering.check_usage()") == []


@pytest.mark.parametrize("body,kind,status", [
    (b"", "batch", 400), (b"null", "batch", 400), (b"[1,]", "batch", 400), (b"[NaN]", "batch", 400), (b"\xef\xbb\xbf[]", "batch", 400), (b"[" * 100000, "batch", 400), (b"[] x", "batch", 400),
    (b'["\xff"]', "batch", 400), (b"[]", "one", 400), (b"[" + b" " * (8 << 20) + b"]", "batch", 413), (b"[" + b"1," * 10000 + b"1]", "batch", 413), (b"[]", "text/plain", 415),
    (b"[]", "application/cloudevents-batch+json; charset=utf-16", 415), (b"[" + b" " * ((8 << 20) - 2) + b"]", "batch", 200)])
def test_bodies(world, body, kind, status):
    kinds = {"batch": "application/cloudevents-batch+json", "one": ONE}
    assert world.send(body, kind=kinds.get(kind, kind)).status == status


# ---- aggregates ----

@pytest.fixture(scope="module")
def small(world):
    """Pools of a few rows of nine members, with and without missing values, whose every cell is known here."""
    print(f"seed {SEED}")
    chance, made = random.Random(SEED), {}
    for ref, nulls in (("full", 0), ("holed", 0.15)):
        made[ref] = [(m, f"g{chance.randrange(3)}", f"h{chance.randrange(2)}", None if chance.random() < nulls else chance.randrange(20), chance.randrange(6), chance.random() < 0.5)
                     for m in range(9) for _ in range(chance.randrange(1, 5))]
        world.table(ref, made[ref])
    return made


@pytest.mark.parametrize("query,slug", [
    ("by=g,g", "invalid"), ("by=g,h,z,u", "invalid"), ("by=g,", "invalid"), ("by=hidden", "column_not_granted"), ("by=_row", "column_not_granted"), ("by=contribution_id", "column_not_granted"),
    ("hidden=eq.secret", "column_not_granted"), ("measure=sum(hidden)", "column_not_granted"), ("measure=min(hidden)", "column_not_granted"), ("measure=sum(g)", "invalid"),
    ("measure=min(g)", "invalid"), ("measure=avg(z)", "invalid"), ("measure=percentile(v,101)", "invalid"), ("measure=percentile(v,-1)", "invalid"), ("measure=percentile(v)", "invalid"),
    ("measure=count,count", "invalid"), ("measure=count(*)", "invalid"), ("measure=sum(v)%3B--", "invalid"), ("measure=", "invalid"), ("measure=sum(v", "invalid"),
    ("measure=" + ",".join(f"percentile(v,{p})" for p in range(50, 59)), "invalid"), ("limit=1", "column_not_granted"), ("g=eq.nobody", "cohort_too_small")])
def test_hostile_aggregates(world, small, query, slug):
    assert world.cells("?" + query, world.asking("full", cohort=3), "full").slug == slug


MOD = (1 << 61) - 1


def rank(rows):
    rows, found = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        inverse = pow(rows[found][column], MOD - 2, MOD)
        for i in range(found + 1, len(rows)):
            if factor := rows[i][column] * inverse % MOD:
                rows[i] = [(a - factor * b) % MOD for a, b in zip(rows[i], rows[found])]
        found += 1
    return found


def told_of_few(cells, owners, k):
    """Sets of fewer than k members about whose rows alone some sum of the cells speaks, whatever its weights."""
    cells = [list(cell) for cell in {tuple(cell) for cell in cells} if any(cell)]
    full = rank(cells)
    return [few for few in itertools.combinations(sorted(set(owners)), k - 1)
            if rank([[value for value, owner in zip(cell, owners) if owner not in few] for cell in cells]) < full]


def random_question(chance, rows):
    """A question, and which rows it is about."""
    columns, parts, tests = {"g": 1, "h": 2, "v": 3, "u": 4}, [], []
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        column = chance.choice(sorted(columns))
        at, value = columns[column], chance.choice([row[columns[column]] for row in rows if row[columns[column]] is not None])
        word, test = chance.choice([("eq", lambda a, b: a == b), ("neq", lambda a, b: a != b)] if column in "gh" else
                                   [("lt", lambda a, b: a < b), ("lte", lambda a, b: a <= b), ("gt", lambda a, b: a > b), ("gte", lambda a, b: a >= b)])
        parts.append(f"{column}={word}.{value}")
        tests.append(lambda row, at=at, value=value, test=test: row[at] is not None and test(row[at], value))
    by = chance.sample(["g", "h", "z"], chance.choice([0, 0, 1, 1, 2]))
    query = "?" + "&".join([chance.choice(["measure=count,sum(v)", "measure=count,sum(v),avg(v)"]), *(["by=" + ",".join(by)] if by else []), *parts])
    return query, by, lambda row: all(test(row) for test in tests)


@pytest.mark.parametrize("ref", ["full", "holed"])
def test_no_sum_of_answers_tells_of_few(world, small, ref):
    """Series of random questions to two grants of one organisation. Cells are right; none rests on fewer than k members, and no linear combination of what a series
    was answered does. Where an average is shown, so is the number of rows with a value."""
    chance, rows, k, shown = random.Random(f"{SEED} {ref}"), small[ref], 3, 0
    owners, at = [row[0] for row in rows], {"g": 1, "h": 2, "z": 5}
    for _ in range(SERIES):
        names, counts, sums, asked = [world.asking(ref, cohort=k), world.asking(ref, cohort=k)], [], [], []
        to_organisation_of(world, names[0], names[1])
        for _ in range(10):
            query, by, test = random_question(chance, rows)
            got = world.cells(query, chance.choice(names), ref)
            asked.append((query, got.slug))
            assert got.slug in ("ok", "differencing", "cohort_too_small"), (query, got.body)
            for cell in got.json["cells"] if got.status == 200 else []:
                inside = [int(test(row) and all(row[at[b]] == cell[b] for b in by)) for row in rows]
                valued = [mark if row[3] is not None else 0 for mark, row in zip(inside, rows)]
                assert cell["count"] == sum(inside) and (cell["sum(v)"] or 0) == sum(row[3] for mark, row in zip(valued, rows) if mark), query
                assert len({owner for mark, owner in zip(inside, owners) if mark}) >= k and len({owner for mark, owner in zip(valued, owners) if mark}) not in range(1, k), query
                counts.append(inside)
                counts.append(valued if cell.get("avg(v)") is not None else inside)
                sums.append(valued)
                shown += 1
        assert told_of_few(counts, owners, k) == [] == told_of_few(sums, owners, k), asked
    assert shown > SERIES  # that nothing is told is no merit of an empty answer


def test_the_attacker_finds_what_is_there():
    """That the judge of these series would see it: a total and all but one; and what only three answers tell."""
    total, without = [1, 1, 1, 1], [0, 1, 1, 1]
    assert told_of_few([total], [0, 1, 2, 3], 2) == [] and told_of_few([total, without], [0, 1, 2, 3], 2) == [(0,)]
    assert (0,) in told_of_few([[1, 1, 0], [0, 1, 1], [1, 0, 1]], [0, 1, 2], 2)


def test_two_questions_at_one_instant(world, small):
    """All, and all but the rows of few members, asked together of two processes: never both are answered."""
    rows = [(m, "g", "h", m, 7 if m == 0 else m % 3, True) for m in range(8) for _ in range(2)]
    world.table("race", rows)
    for _ in range(4):
        name = world.asking("race", cohort=3)
        answers = at_once(2, lambda i: world.cells(["", "?u=neq.7"][i], name, "race"))  # pylint: disable=cell-var-from-loop
        assert sorted(answer.slug for answer in answers) == ["differencing", "ok"]


def test_a_question_across_a_withdrawal(world, small):
    rows = [(m, "g%d" % (n % 2), "h", m * 10 + n, n, True) for m in range(9) for n in range(3)]
    world.table("gone", rows)
    name = world.asking("gone", cohort=3)
    assert world.cells("?measure=sum(v)", name, "gone").status == 200
    for m in range(2):
        permit(world, "gone", f"gone{m}", False)
        for query in ("?measure=sum(v)", "?measure=count", "?by=h&measure=avg(v)"):
            assert world.cells(query, name, "gone").slug == "differencing"
    permit(world, "gone", "gone2", False)
    assert world.cells("?measure=sum(v)", name, "gone").json["cells"] == [{"sum(v)": sum(row[3] for row in rows if row[0] > 2)}]
    for m in range(3):
        permit(world, "gone", f"gone{m}", True)
    other = world.asking("gone", cohort=3)
    revoke(world, other, "gone")
    assert world.cells("", other, "gone", token=world.token(other, "gone", epoch=2)).slug == "grant_not_active"


def sums(world, ref, questions, names):
    """What these questions were answered, None from the first refusal on; the grants take turns."""
    found = []
    for question, name in zip(questions, itertools.cycle(names)):
        got = world.cells("?measure=sum(v)&u=" + question, name, ref)
        found.append(got.json["cells"][0]["sum(v)"] if got.status == 200 else None)
    return found if None not in found else None


@pytest.mark.parametrize("grants", [1, 2])
def test_four_answers_with_a_weight_of_two(world, grants):
    """(A+T+B) + (A+T+C) - (B+C) - 2 A = 2 T: the value of one member of sixteen, k = 5; asked under one grant, and under two."""
    ref = f"weights{grants}"
    world.table(ref, [(m, "g", "h", 10 + m, 1 + m % 3, True) for m in range(15)] + [(15, "g", "h", 1234, 4, True)])
    names = [world.asking(ref, cohort=5) for _ in range(grants)]
    to_organisation_of(world, names[0], names[-1])
    got = sums(world, ref, ("in.(1,4,2)", "in.(1,4,3)", "in.(2,3)", "eq.1"), names)
    assert got is None or (got[0] + got[1] - got[2] - 2 * got[3]) / 2 != 1234


def test_three_answers_in_the_channel_of_a_column(world):
    """(A+B) + (A+C) - (B+C) = 2 A, where one member of A alone has a value."""
    world.table("channel", [(m, "g", "h", None, 1, True) for m in range(4)] + [(4, "g", "h", 1234, 1, True)] + [(m, "g", "h", m, 2 + m % 2, True) for m in range(5, 15)])
    got = sums(world, "channel", ("in.(1,2)", "in.(1,3)", "in.(2,3)"), [world.asking("channel", cohort=3)])
    assert got is None or (got[0] + got[1] - got[2]) / 2 != 1234


def test_refusals_tell_no_greatest_value(world):
    """Withheld for want of 3k members, it is not found by bisection either, looking for where refusals end."""
    world.table("oracle", [(m, "g%d" % (n % 2), "h", 10 * n + m, m, True) for m in range(12) for n in range(5)] + [(7, "g1", "h", 13742, 7, True)])
    name, low, high = world.asking("oracle", cohort=5), 0, 1 << 17
    assert world.cells("?measure=count,max(v)", name, "oracle").json["withheld"] == ["max(v)"]
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if world.cells(f"?v=lte.{middle}", name, "oracle").status == 200 else (middle + 1, high)
    assert low != 13742


def test_one_missing_value(world):
    """count less sum / avg is the number of rows without a value: of one member here."""
    world.table("missing", [(m, "g", "h", None if (m, n) == (3, 0) else m + n, m, True) for m in range(12) for n in range(4)])
    cell = world.cells("?measure=count,sum(v),avg(v)", world.asking("missing", cohort=5), "missing").json["cells"][0]
    assert None in (cell["sum(v)"], cell["avg(v)"]) or round(cell["sum(v)"] / cell["avg(v)"]) == cell["count"]


def test_queries_are_counted_to_the_unit(world, small):
    """Twelve at once where five may: five answers, five queries, their rows; a limit of rows that does not reach refuses the whole."""
    name = world.asking("full", cohort=3, quotas=[{"meter": "queries", "period": "day", "limit": 5}])
    answers = at_once(12, lambda i: world.cells("", name, "full"))
    assert sorted(answer.status for answer in answers) == [200] * 5 + [429] * 7
    size = len(small["full"])
    assert world.used(name, "queries") == 5 and world.used(name, "rows") == 5 * size
    name = world.asking("full", cohort=3, quotas=[{"meter": "rows", "period": "day", "limit": 2 * size - 1}])
    assert [world.cells("", name, "full").slug for _ in range(3)] == ["ok", "quota_reached", "quota_reached"] and world.used(name, "rows") == size
    name = world.asking("full", cohort=9)
    world.cells("", name, "full")
    assert world.cells("?g=eq.g0&h=eq.h0", name, "full").status == 403 and world.used(name, "queries") == 1


@pytest.mark.parametrize("actions,modes,path,slug", [
    ("{read}", "{download}", "aggregates", "action_not_granted"), ("{aggregate}", "{query}", "rows", "action_not_granted"), ("{aggregate}", "{download}", "aggregates", "mode_not_granted"),
    ("{read}", "{query}", "rows", "mode_not_granted")])
def test_neither_door_is_the_other(world, small, actions, modes, path, slug):
    name = world.fresh("full", cohort=3)
    world.write(lambda c: c.execute("UPDATE licensing.data_grant SET actions = %s, modes = %s WHERE id = %s", (actions, modes, uid("grant " + name))))
    assert world.get(f"/metering/v1/pools/full/{path}", name, "full").slug == slug


# ---- seals and receipts ----

def verified(world, jws):
    """Its payload, when the signature is of a key that the trust publishes for it."""
    head, payload, signature = jws.split(".")
    raw = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    keys = {key["kid"]: key for key in world.get("/.well-known/jwks.json").json["keys"]}
    Ed25519PublicKey.from_public_bytes(raw(keys[json.loads(raw(head))["kid"]]["x"])).verify(raw(signature), f"{head}.{payload}".encode())
    return json.loads(raw(payload))


def test_receipts_hold_and_no_byte_of_them_may_change(world):
    name = world.fresh("long", cohort=1)
    got = world.rows("?limit=321&select=pm25", name, "long")
    delivery = got.headers["X-Commonhold-Delivery"]
    jws = world.get(f"/metering/v1/deliveries/{delivery}/receipt", name, "long").body.decode()
    payload = verified(world, jws)
    assert payload["rows"] == payload["counted_rows"] == 321 and payload["body_sha256"] == got.split()[1]["sha256"] and payload["id"] == delivery
    for at in range(jws.index(".") + 1, len(jws) - 1, 37):
        if jws[at] != ".":
            with pytest.raises((InvalidSignature, ValueError)):
                verified(world, jws[:at] + ("A" if jws[at] != "A" else "B") + jws[at + 1:])
    reader = Reader(world, name, "long")
    stalled(world, reader.delivery)
    assert world.get(f"/metering/v1/deliveries/{reader.delivery}/receipt", name, "long").slug == "not_allowed_here"
    reader.close()
    wait_settled(world, reader.delivery)


def test_a_month_is_sealed_once_while_usage_comes(world):
    """Four senders, and the treasurer four times: one seal, whose receipt is its lines; what came behind is late usage, and nothing is lost between."""
    keeper, other = treasurer(world)
    name, month, start = world.fresh("sea"), time.strftime("%Y-%m", time.gmtime()), world.units("sea")
    assert start == 0
    with pytest.raises(Problem) as refused:
        other.post("/metering/v1/seals", {"pool": "sea", "month": month})
    assert refused.value.slug == "forbidden"

    def work(i):
        if i < 4:
            return sum(world.report([world.event(grant="sea", units=3) for _ in range(20)])["accepted"] for _ in range(6)), None
        return 0, keeper.post("/metering/v1/seals", {"pool": "sea", "month": month}).json
    begun = at_once(2, lambda i: work(0) if i == 0 else (0, None))
    done = begun + at_once(5, work)
    again = [keeper.post("/metering/v1/seals", {"pool": "sea", "month": month}).json for _ in range(2)]
    sealed = next(seal for _, seal in done if seal)
    assert {seal["root"] for seal in again} == {sealed["root"]}
    accepted = sum(count for count, _ in done)
    lines = world.trust.sql("SELECT COALESCE(sum(units), 0)::bigint FROM metering.sealed_usage_overview WHERE pool = 'sea'")[0][0]
    late = world.trust.sql("SELECT COALESCE(sum(units), 0)::bigint FROM metering.usage_day WHERE pool_id = %s AND late IS NOT NULL", world.pools["sea"])[0][0]
    assert sealed["units"] == lines and lines + late == 3 * accepted == world.units("sea")
    receipt = world.get(f"/metering/v1/grants/{uid('grant sea')}/receipts/{month}", "sea", "sea").json
    payload = verified(world, receipt["receipt"])
    assert payload == {key: value for key, value in receipt.items() if key != "receipt"} and payload["meters"] == {"requests": lines} and payload["seal"]["root"] == sealed["root"]
    assert world.get(f"/metering/v1/grants/{uid('grant ' + name)}/receipts/{month}", name, "sea").json["meters"] == {}
    for wrong in ("2026-13", "2026-1", "2999-01", "", month + "-01"):
        with pytest.raises(Problem) as refused:
            keeper.post("/metering/v1/seals", {"pool": "sea", "month": wrong})
        assert refused.value.slug == "invalid"


# ---- what was found once ----

def cheat(world, name, query, size):
    """Reads `size` bytes of an answer, and breaks the line; gives the delivery and what it has."""
    line = socket.socket()
    with line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.settimeout(DEADLINE)
        line.connect(("127.0.0.1", world.trust.port))
        line.sendall(f"GET /metering/v1/pools/long/rows{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.token(name, 'long')}\r\n\r\n".encode())
        raw = b""
        while len(raw) < size and (part := line.recv(size - len(raw))):
            raw += part
    return raw.split(b"X-Commonhold-Delivery: ")[1][:36].decode(), raw


def token_behind(world, name, delivery, batch):
    """The resume token of a batch, made with the grant's key as the service makes it."""
    wrapped = bytes(world.trust.sql("SELECT wrapped FROM metering.grant_key WHERE grant_id = %s", uid("grant " + name))[0][0])
    key = aes_key_unwrap(base64.b64decode(world.stack.secret("grant.secret")), wrapped)

    def derive(use):
        return HKDF(hashes.SHA256(), 32, b"", use).derive(key)
    row, plan = world.trust.sql("SELECT b.last_row, d.plan_hash FROM metering.batch AS b JOIN metering.delivery AS d ON d.id = b.delivery_id "
                                "WHERE d.id = %s AND b.no = %s", delivery, batch)[0]
    payload = uuid.UUID(delivery).bytes + bytes.fromhex(plan)[:16] + row.to_bytes(8, "big") + batch.to_bytes(4, "big")
    mac = hmac.digest(derive(b"commonhold-resume/2"), b"\2" + payload, "sha256")[:16]
    stream = b"".join(hmac.digest(derive(b"commonhold-resume/2/veil"), mac + bytes([i]), "sha256") for i in range(2))
    return base64.urlsafe_b64encode(b"\2" + bytes(x ^ y for x, y in zip(payload, stream)) + mac).rstrip(b"=").decode()


def test_nobody_goes_on_behind_a_batch_that_was_not_counted(world):
    """Nearly all of a batch is read, then the line breaks: the batch has not arrived, its record gives no token, and one made all the same opens nothing."""
    name = world.fresh("long", cohort=1)
    arrived = world.rows("?limit=10000", name, "long")
    whole = arrived.headers["X-Commonhold-Delivery"]
    assert token_behind(world, name, whole, 1) == world.get(f"/metering/v1/deliveries/{whole}", name, "long").json["batches"][0]["resume"]
    delivery, _ = cheat(world, name, "?limit=10000", len(arrived.split()[0]) - 8000)
    wait_settled(world, delivery)
    batches = world.get(f"/metering/v1/deliveries/{delivery}", name, "long").json["batches"]
    assert [b["state"] for b in batches] == ["unsent"] and batches[0]["resume"] is None
    assert world.rows("?limit=1&after=" + token_behind(world, name, delivery, 1), name, "long").slug == "resume_refused"
    assert world.rows("?limit=1&after=" + token_behind(world, name, whole, 1), name, "long").status == 200


def test_a_resume_token_does_not_show_the_row_id(world):
    """_row is the row id under the grant's key, so that rows of two grants cannot be told to be the same; the token must not say it in clear."""
    token = world.rows("?limit=1", world.fresh("mix"), "mix").split()[1]["resume"]
    row_id = world.trust.sql(f"SELECT min(row_id) FROM {world.tables['mix']}")[0][0]
    assert row_id.to_bytes(8, "big") not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_a_usage_token_reports_and_does_nothing_else(world):
    delivery = world.rows("?limit=1", world.fresh("air", cohort=1), "air").headers["X-Commonhold-Delivery"]
    for path in ("deliveries", f"deliveries/{delivery}", f"deliveries/{delivery}/receipt"):
        assert world.get("/metering/v1/" + path, token=world.usage_token()).status == 401


def test_percentiles_do_not_give_the_values_of_a_small_cell(world):
    """Of five members' values three percentiles, the sum and the deviation would give all."""
    world.table("five", [(m, "g", "h", value, m, True) for m, value in enumerate((3, 88, 41, 17, 60))])
    cell = world.cells("?measure=sum(v),stddev(v),percentile(v,34),percentile(v,50),percentile(v,66)", world.asking("five", cohort=5), "five").json["cells"][0]
    assert cell["percentile(v,34)"] is None and cell["percentile(v,66)"] is None and cell["percentile(v,50)"] == 41
