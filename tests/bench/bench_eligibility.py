# SPDX-License-Identifier: AGPL-3.0-or-later
"""One member's right to vote among many: governance.ineligibility as the HTTP role asks it, and governance.electors for a roll."""
import os
import pathlib
import random
import sys
import tempfile
import time

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from stack import Stack  # noqa: E402

MEMBERS, SAMPLES = int(os.environ["MEMBERS"]), int(os.environ["SAMPLES"])
BAR_MS = 5.0
ID = "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
DUES = {"amount": {"minor": 1000, "currency": "EUR"}, "period_seconds": 31536000, "grace_seconds": 2592000}


def fill(trust):
    """Members as they join: admitted, most have paid; one in ten has changed class, one in twenty has lapsed and paid again."""
    numbers = f"generate_series(1, {MEMBERS}) AS n"
    tables = ("standing", "class_spell", "dues")
    trust.unguarded(
        *(f"ALTER TABLE governance.{table} DISABLE TRIGGER USER" for table in tables),
        f"INSERT INTO governance.member (member_id, founder, joined_at) SELECT {ID}, false, now() - interval '90 days' FROM {numbers}",
        f"INSERT INTO governance.standing SELECT {ID}, 1, 'active', now() - interval '90 days', NULL, 'joined' FROM {numbers}",
        f"INSERT INTO governance.standing SELECT {ID}, s.seq, s.standing, now() - interval '1 day', NULL, 'dues' FROM {numbers} CROSS JOIN (VALUES (2, 'lapsed'), (3, 'active')) "
        "AS s (seq, standing) WHERE n % 20 = 0",
        f"INSERT INTO governance.class_spell SELECT {ID}, 1, (ARRAY['U', 'W', 'C'])[1 + n % 3], now() - interval '90 days', now() - interval '90 days' FROM {numbers}",
        f"INSERT INTO governance.class_spell SELECT {ID}, 2, (ARRAY['U', 'W', 'C'])[1 + (n + 1) % 3], now() - interval '40 days', now() - interval '50 days' FROM {numbers} WHERE n % 10 = 0",
        f"INSERT INTO governance.dues (member_id, seq, kind, from_at, until_at, recorded_by) SELECT {ID}, 1, 'paid', now() - interval '60 days', now() + interval '300 days', "
        f"(SELECT member_id FROM governance.member WHERE ref = 'mo') FROM {numbers} WHERE n % 50 <> 0",
        f"INSERT INTO governance.dues_watch SELECT {ID}, now() + interval '330 days' FROM {numbers}")
    trust.sql("VACUUM ANALYZE governance.member, governance.standing, governance.class_spell, governance.dues, governance.dues_watch")


def measure(trust):
    """Milliseconds of each question, sorted; each of another member."""
    connection = psycopg2.connect(trust.database)
    connection.autocommit = True
    found = []
    with connection.cursor() as cursor:
        cursor.execute("PREPARE ask AS SELECT governance.ineligibility($1::uuid)")
        for n in random.Random(7).sample(range(1, MEMBERS + 1), min(SAMPLES, MEMBERS)):
            start = time.perf_counter()
            cursor.execute("EXECUTE ask (%s)", (f"00000000-0000-7000-8000-{n:012x}",))
            found.append((time.perf_counter() - start) * 1000)
            assert cursor.fetchone() == (None,), n
    connection.close()
    return sorted(found)


def main():
    with tempfile.TemporaryDirectory(prefix="commonhold-bench.") as folder:
        stack = Stack(folder)
        try:
            trust = stack.trust(changes={"dues": DUES}, start=False)
            fill(trust)
            found = measure(trust)
            start = time.perf_counter()
            roll, = trust.sql("SELECT count(*) FROM governance.member_standing WHERE eligible")[0]
            seconds = time.perf_counter() - start
        finally:
            stack.close()
    assert roll >= MEMBERS, roll
    p99 = found[len(found) * 99 // 100]
    print(f"p50 {found[len(found) // 2]:.2f} ms, slowest {found[-1]:.2f} ms; the roll of all {seconds:.1f} s")
    print(f"result: may vote, p99 of {MEMBERS} members | {p99:.2f} ms | - | <= {BAR_MS:g}")


if __name__ == "__main__":
    main()
