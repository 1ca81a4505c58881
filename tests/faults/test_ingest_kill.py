# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker killed at every thousandth row of one file: each time no row is left, and the next worker begins at byte 0. Last it is let
through, and the pool holds the file, once. As many kills as CH_ROUNDS says (12 unless told; the file has a thousand rows for each)."""
import os

import pytest

from killing import LOST, Breakpoint, Worker
from pooling import QUALITY, SCHEMA, announce, open_pool, rows_of, table_of
from trust import LIC

ROUNDS = int(os.environ.get("CH_ROUNDS", "12"))


@pytest.fixture
def trust(stack):
    """The API and the worker apart: the first does not end with the second."""
    made = stack.trust()
    schema = {"primaryKey": ["n"], "fields": [*SCHEMA["fields"], {"name": "n", "type": "integer", "ch:sensitivity": "none"}]}
    open_pool(made, "killed", schema, quality=[*QUALITY])
    made.stop()
    made.start("governance", "licensing", "log", "portal")
    made.worker = Worker(made)
    yield made
    made.worker.stop()
    stack.release(made)


def test_a_worker_killed_at_every_thousandth_row_leaves_none(trust):
    rows = 1000 * ROUNDS
    file = b"device,at,n\n" + b"".join(b"d,2026-05-04T00:00:00,%d\n" % n for n in range(1, rows + 1))
    identifier = announce(trust, "ada", "killed")["id"]
    points = [Breakpoint(trust, table_of(trust, "killed"), "INSERT", f"NEW.n = {n}") for n in range(1000, rows + 1, 1000)]
    trust["ada"].upload(identifier, file, "a.csv")
    job = None
    for number, point in enumerate(points, 1):
        job, attempt = trust.worker.kill_at(point, "ingest_contribution", LOST)
        found = trust.contribution("ada", identifier)
        assert (found["state"], found["rows"]) == ("validating", None) and rows_of(trust, "killed", identifier) == []
        if number % 10 == 0:  # attempts are not what this is about
            trust.sql("UPDATE job.job SET attempt = 1 WHERE id = %s", job)
    trust.worker.wait_done(job, 0)
    found = trust.contribution("ada", identifier)
    assert (found["state"], found["rows"]) == ("accepted", rows), found
    assert trust.sql(f"SELECT count(*), count(DISTINCT n) FROM {table_of(trust, 'killed')}")[0] == (rows, rows)
    print(f"{trust.worker.kills} kills")
    for point in points:
        point.remove()
    assert trust.public.get(f"{LIC}/pools/killed")["state"] == "open"
