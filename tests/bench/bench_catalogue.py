# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_catalogue.sh: measures, prints one line a figure, exits 1 when a bar is missed."""
import http.client
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
import psycopg2  # noqa: E402
from stack import Stack  # noqa: E402
from test_catalogue import Hand, dataset_of, eventually, listed, terms_of  # noqa: E402

FEW, MANY, PAGES = (int(os.environ[name]) for name in ("FEW", "MANY", "PAGES"))
SEED, BAR_MS, FLAT = 20260701, 50, 1.5


def p99(values):
    return sorted(values)[int(len(values) * 0.99)]


def median(values):
    return sorted(values)[len(values) // 2]


def fill(trust, count):
    """Copies of the pool `air` and of its entry, with their own ids and refs, up to `count`; nobody makes them again meanwhile."""
    trust.unguarded(
        "INSERT INTO licensing.pool (pool_id, ref, title, state, schema, schema_canonical, schema_sha256, created_by, opened_at) "
        "SELECT log.new_id(), 'p' || lpad(i::text, 6, '0'), p.title, p.state, p.schema, p.schema_canonical, p.schema_sha256, p.created_by, p.opened_at "
        "FROM licensing.pool AS p, generate_series((SELECT count(*) FROM licensing.catalogue_entry), "
        f"{count - 1}) AS i WHERE p.ref = 'air'",
        "INSERT INTO licensing.catalogue_entry (pool_id, sort_key, doc, etag, offered, loaded_at, look_at) "
        "SELECT p.pool_id, p.ref, replace(replace(e.doc, e.pool_id::text, p.pool_id::text), '/pools/air/', '/pools/' || p.ref || '/'), "
        "encode(sha256(p.ref::bytea), 'hex'), e.offered, e.loaded_at, 'infinity' "
        "FROM licensing.pool AS p, licensing.catalogue_entry AS e WHERE e.sort_key = 'air' AND p.ref LIKE 'p0%' "
        "AND NOT EXISTS (SELECT FROM licensing.catalogue_entry AS x WHERE x.pool_id = p.pool_id)",
        "UPDATE licensing.catalogue_entry SET look_at = 'infinity'")
    trust.sql("VACUUM ANALYZE licensing.catalogue_entry")
    assert trust.sql("SELECT count(*) FROM licensing.catalogue_entry WHERE doc IS NOT NULL")[0][0] == count


def pages(trust, count, headers):
    """Milliseconds of PAGES pages of 100 from random places, and the bytes of the last."""
    random_ = random.Random(SEED)
    connection = http.client.HTTPConnection("127.0.0.1", trust.port, timeout=60)
    took, size = [], 0
    for turn in range(PAGES + 20):
        after = "p%06d" % random_.randrange(1, count - 200)
        start = time.perf_counter()
        connection.request("GET", f"/licensing/v1/catalogue?limit=100&after={after}", headers=headers)
        answer = connection.getresponse()
        size = len(answer.read())
        if turn >= 20:
            took.append(1000 * (time.perf_counter() - start))
        assert answer.status == 200, answer.status
    connection.close()
    return took, size


def covered(trust):
    """Milliseconds in which the facts of an evaluation are loaded where 100,000 members consent, and those of counting for the catalogue."""
    for classes in ("university", "public_body"):
        trust.unguarded(
            "INSERT INTO licensing.consent_current (pool_id, purpose, recipient_class, member_id, event_id, permits, explicit, notice, at) "
            f"SELECT p.pool_id, q.purpose, '{classes}', m.id, m.id, true, false, 1, now() FROM licensing.pool AS p, "
            "(VALUES ('PG.CLIMATE'), ('RES.ACADEMIC')) AS q (purpose), "
            "(SELECT md5(i::text)::uuid AS id FROM generate_series(1, 100000) AS i) AS m WHERE p.ref = 'air'")
    trust.sql("VACUUM ANALYZE licensing.consent_current")
    connection = psycopg2.connect(trust.database)
    connection.autocommit = True
    took = []
    with connection.cursor() as cursor:
        for _ in range(60):
            start = time.perf_counter()
            cursor.execute("SELECT licensing.policy_facts(p, NULL, 'PG.CLIMATE', 'university') -> 'covered' FROM licensing.pool AS p WHERE p.ref = 'air'")
            took.append(1000 * (time.perf_counter() - start))
            assert cursor.fetchone()[0] == {"1": 100000}
        start = time.perf_counter()
        cursor.execute("SELECT (licensing.count_coverage(p.pool_id, %s, false)).body FROM licensing.pool AS p WHERE p.ref = 'air'", (
            '[{"purpose":"PG.CLIMATE","org_class":"university","floor":1},{"purpose":"PG.CLIMATE","org_class":"public_body","floor":1},'
            '{"purpose":"RES.ACADEMIC","org_class":"university","floor":1},{"purpose":"RES.ACADEMIC","org_class":"public_body","floor":1}]',))
        assert [c["members"] for c in cursor.fetchone()[0]] == [100000, 100000]
        counting = 1000 * (time.perf_counter() - start)
    connection.close()
    return took, counting


def main(folder):
    stack = Stack(folder)
    try:
        trust = stack.trust()
        hand = Hand(trust)
        hand.pool("air")
        hand.terms(terms_of("air"))
        eventually("air in the catalogue", lambda: listed(trust, "air"))
        assert len(dataset_of(trust, "air")["hasPolicy"]) == 3
        figures = []
        for count in (FEW, MANY):
            fill(trust, count)
            plain, size = pages(trust, count, {})
            packed, small = pages(trust, count, {"Accept-Encoding": "gzip"})
            print(f"bench_catalogue: {count} datasets: page of 100, {size} bytes: median {median(plain):.1f} ms, p99 {p99(plain):.1f} ms; gzip, {small} "
                  f"bytes: median {median(packed):.1f} ms, p99 {p99(packed):.1f} ms")
            figures.append((plain, packed))
        print(f"bench_catalogue: {MANY} against {FEW}: {median(figures[1][0]) / median(figures[0][0]):.2f} of the median")
        took, counting = covered(trust)
        print(f"bench_catalogue: covered members of 100,000: median {median(took):.1f} ms, p99 {p99(took):.1f} ms; counting 2 purposes of 2 classes for the "
              f"catalogue {counting:.0f} ms")
        print(f"result: catalogue page of 100 out of {FEW}, p99 | {p99(figures[0][0]):.1f} ms | - | <= {BAR_MS}")
        print(f"result: the same, gzip, p99 | {p99(figures[0][1]):.1f} ms | - | <= {BAR_MS}")
        print(f"result: catalogue page, {MANY} against {FEW} | {median(figures[1][0]):.2f} ms | {median(figures[0][0]):.2f} few | <= {FLAT}")
        print(f"result: covered members of 100,000, p99 | {p99(took):.1f} ms | - | <= {BAR_MS}")
        return 0 if max(p99(figures[0][0]), p99(figures[0][1]), p99(took)) <= BAR_MS else 1
    finally:
        stack.close()


if __name__ == "__main__":
    made = tempfile.mkdtemp(prefix="bench_catalogue.")
    try:
        code = main(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    sys.exit(code)
