# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sequencer killed at each of its steps, and two of them at once: the log never forks, every checkpoint anybody saw is the root of its
beginning, and no leaf that was committed is lost or logged twice. CH_ROUNDS says how often (the release: 200)."""
import os
import random
import threading
import time

import pytest

from killing import HTTP_ROLES, Breakpoint, Worker
from stack import DEADLINE, wait_for
from test_log import Checkpoint, leaf_hash, tree_root

ROUNDS, SEED = int(os.environ.get("CH_ROUNDS", "12")), 20261123
#: What a run of the sequencer does, a step at a time; `file` is the step behind its commit.
STEPS = [("log.entry", "INSERT"), ("log.outbox", "UPDATE"), ("log.tile", "INSERT"), ("log.tile", "DELETE"), ("log.checkpoint", "INSERT"), "file", "any"]


class Witness:
    """Keeps every checkpoint that was ever in the database or in the file, and says when two of a size differ."""

    def __init__(self, trust):
        self.trust, self.seen = trust, {}

    def look(self):
        texts = [text for text, in self.trust.sql("SELECT text FROM log.checkpoint")]
        if self.trust.checkpoint_file.exists():
            texts.append(self.trust.checkpoint_file.read_text())
        for text in texts:
            found = Checkpoint(text)
            assert self.seen.setdefault(found.size, found).root == found.root, f"two roots for size {found.size}"

    def judge(self):
        """All of them against the leaves that are there now."""
        self.look()
        vkey = self.trust.sql("SELECT vkey FROM log.key")[0][0]
        hashes = [leaf_hash(bytes(entry)) for entry, in self.trust.sql("SELECT bytes FROM log.entry ORDER BY index")]
        for size, found in self.seen.items():
            assert size <= len(hashes) and tree_root(hashes[:size]) == found.root and found.verify(vkey)
        missing = self.trust.sql("SELECT o.id, e.index FROM log.outbox AS o FULL JOIN log.entry AS e ON e.outbox_id = o.id WHERE (o.topic = 'leaf' OR o.id IS NULL) "
                                 "AND (o.done_at IS NULL OR e.index IS NULL)")
        assert missing == [], "leaves that were lost or came from nowhere"
        assert max(self.seen) == len(hashes)


@pytest.fixture
def trust(stack):
    made = stack.trust(sign_in=False, roles=HTTP_ROLES)
    yield made
    stack.release(made)


def add(trust, name, count):
    trust.sql("SELECT log.append_leaf('grant', %s || '-' || i, encode(sha256(i::text::bytea), 'hex'), '{}') FROM generate_series(1, %s) AS i", name, count)


def settle(trust):
    wait_for("all leaves to be logged", lambda: trust.sql("SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")[0][0], DEADLINE, 0.02)


def hasten(trust):
    """The dead worker's job is taken over at once."""
    trust.sql("UPDATE job.job SET heartbeat_at = heartbeat_at - interval '1 hour' WHERE kind = 'sequence_log' AND state = 'running'")


def kill_at_a_row(trust, worker, name, step):
    point = Breakpoint(trust, *step)
    try:
        add(trust, name, random.randrange(1, 300))
        point.wait()
        worker.kill()
        point.end_sessions()
    finally:
        point.remove()


def kill_before_the_file(trust, worker, name):
    """The worker cannot open what it writes beside the checkpoint file: a pipe that nobody reads. It is laid while the worker is at the checkpoint's row, so
    that it does not meet an earlier one on its way to the file."""
    pipe = trust.checkpoint_file.with_name(trust.checkpoint_file.name + ".new")
    before = trust.sql("SELECT max(size) FROM log.checkpoint")[0][0]
    point = Breakpoint(trust, "log.checkpoint", "INSERT")
    try:
        add(trust, name, random.randrange(1, 300))
        point.wait()
        os.mkfifo(pipe)
        point.release()
        wait_for("the commit", lambda: trust.sql("SELECT max(size) FROM log.checkpoint")[0][0] > before, DEADLINE, 0.02)
    finally:
        point.remove()
    worker.kill()
    pipe.unlink()


def kill_any_time(trust, worker, name):
    add(trust, name, random.randrange(1, 3000))
    time.sleep(random.random() * 1.5)
    worker.kill()


def test_killed_at_every_step(trust):
    print(f"seed {SEED}")
    random.seed(SEED)
    worker, witness = Worker(trust), Witness(trust)
    settle(trust)
    for n in range(ROUNDS):
        step = STEPS[n % len(STEPS)]
        if step == "file":
            kill_before_the_file(trust, worker, f"r{n}")
        elif step == "any":
            kill_any_time(trust, worker, f"r{n}")
        else:
            kill_at_a_row(trust, worker, f"r{n}", step)
        witness.look()
        hasten(trust)
        worker.start()
        settle(trust)
        witness.look()
    witness.judge()
    assert worker.stop() == 0


def test_two_sequencers(trust):
    """Workers of two daemons, while leaves come without a pause."""
    daemons = [Worker(trust), Worker(trust)]
    witness = Witness(trust)

    def write(who):
        for n in range(40):
            add(trust, f"w{who}-{n}", 25)
    threads = [threading.Thread(target=write, args=(who,)) for who in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        witness.look()
    for thread in threads:
        thread.join()
    settle(trust)
    witness.judge()
    assert [worker.stop() for worker in daemons] == [0, 0]
