# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker killed while it stores what a witness or a timestamp authority answered: asked again, each checkpoint has one line and one token."""
import pytest

from killing import HTTP_ROLES, LATE, LOST, Breakpoint, Worker
from test_timestamps import Authority
from witnessing import Witness

#: The kinds of job that are killed here.
KINDS = {"ask_witnesses", "take_timestamp"}


@pytest.fixture
def anchored(stack, tmp_path):
    """A trust with a witness and an authority, its worker not begun yet."""
    authority, policy = Authority(tmp_path / "tsa"), tmp_path / "trust.policy"
    policy.write_text("quorum none\n")
    trust = stack.trust(sign_in=False, start=False, settings={"log": {"policy": str(policy), "timestamp_url": authority.url,
                                                                     "timestamp_ca": str(authority.folder / "ca.pem")}})
    vkey, = trust.sql("SELECT vkey FROM log.key WHERE until_at IS NULL")[0]
    witness = Witness(tmp_path / "w1", "witness.example/w1", vkey).start()
    policy.write_text(f"witness w1 {witness.vkey} {witness.url}\nquorum w1\n")
    trust.start(*HTTP_ROLES)
    yield trust
    witness.stop()
    authority.server.shutdown()
    stack.release(trust)


@pytest.mark.parametrize("kind, table", [("ask_witnesses", "log.cosignature"), ("take_timestamp", "log.timestamp")])
def test_an_answer_is_stored_once(anchored, kind, table):
    points = [Breakpoint(anchored, table, "INSERT") for _ in (LOST, LATE)]
    worker = Worker(anchored)
    try:
        jobs = [worker.kill_at(point, kind, then) for point, then in zip(points, (LOST, LATE))]
        for job, attempt in jobs:
            worker.wait_done(job, attempt)
        anchored.wait_sql("an answer", f"SELECT count(*) > 0 FROM {table}")
        assert anchored.sql(f"SELECT size FROM {table} GROUP BY size HAVING count(*) > 1") == []
    finally:
        for point in points:
            point.release()
            point.remove()
        worker.stop()
