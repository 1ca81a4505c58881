# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP processes and database sessions killed with SIGKILL at random while rows are delivered; the clients resume behind the last batch they hold
whole. Each of them ends with every row once, and every row is counted once (U1, U5, section 8). The server's crash of a session is a crash of
all of them. As many kills as CH_ROUNDS says (12 unless told)."""
import hashlib
import http.client
import os
import random
import signal
import threading
import time

import psycopg2
import pytest

from delivering import Reader, counted, load_plain, tables
from killing import children
from stack import DEADLINE, wait_for
from test_metering import World

ROUNDS = int(os.environ.get("CH_ROUNDS", "12"))
SEED, ROWS, CLIENTS = int(os.environ.get("CH_SEED", "20260705")), 50000, 3
#: DatabaseError: what psycopg2 says where the server dies in the midst of an answer.
AGAIN = (OSError, psycopg2.DatabaseError, psycopg2.InterfaceError)


@pytest.fixture
def world(stack):
    """Acknowledged commits survive the crash of a session, which the tests' cluster otherwise does not promise."""
    trust = stack.trust(sign_in=False, start=False, settings={"common": {"processes": 2, "pool_wait_ms": 1000}})
    trust.sql(f"ALTER DATABASE {trust.name} SET synchronous_commit = on")
    trust.start("metering")
    made = World(trust, stack)
    made.pool("flow")
    load_plain(made, "flow", ROWS)
    yield made
    wait_for("the server", lambda: answers(trust), DEADLINE)
    stack.release(trust)


def answers(trust):
    try:
        return trust.sql("SELECT 1")
    except AGAIN:
        return None


def patiently(work):
    """Repeats what the crash of the server broke off."""
    end = time.monotonic() + DEADLINE
    while True:
        try:
            return work()
        except psycopg2.errors.UniqueViolation:
            return None  # it was committed, and the answer lost
        except AGAIN:
            assert time.monotonic() < end, "the server does not come back"
            time.sleep(0.05)


class Client(threading.Thread):
    """Delivery after delivery, each under a grant of its own, until told to stop."""

    def __init__(self, world, number):
        super().__init__(daemon=True)
        self.world, self.number, self.stop, self.error, self.done, self.resumed, self.ended = world, number, False, None, [], 0, 0
        self.start()

    def run(self):
        try:
            while not self.stop:
                name = f"client{self.number}x{len(self.done)}"
                patiently(lambda: self.world.grant(name, "flow", cohort=5))
                self.deliver(name)
                self.done.append(name)
        except BaseException as error:  # handed to the test
            self.error = error

    def ask(self, name, after):
        """One answer, whole or cut; None when there was none to speak of."""
        try:
            reader = Reader(self.world, name, "flow", "?after=" + after if after else "", window=32768).rest()
            return reader if b"\r\n\r\n" in reader.raw and reader.status == 200 else None
        except OSError:
            return None

    def record(self, name, delivery):
        while True:
            try:
                got = self.world.get("/metering/v1/deliveries/" + delivery, name, "flow")
                if got.status == 200:
                    return got.json
                assert got.status == 503, got.body
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)

    def held(self, name, reader):
        """The batches of a cut answer that came whole, by their hashes, and the token behind them."""
        body, kept, token = reader.body, b"", None
        for batch in self.record(name, reader.delivery)["batches"]:
            piece = body[len(kept):len(kept) + batch["bytes"]]
            if hashlib.sha256(piece).hexdigest() != batch["sha256"]:
                assert len(piece) < batch["bytes"], "a batch that came whole has another hash than was stored"
                break
            kept, token = kept + piece, batch["resume"]
        return kept, token

    def deliver(self, name):
        rows, after, end = [], None, time.monotonic() + 3 * DEADLINE
        while True:
            assert time.monotonic() < end, f"{name} stands at {len(rows)} rows"
            reader = self.ask(name, after)
            if not reader:
                time.sleep(0.02)
                continue
            if reader.raw.endswith(b"\r\n0\r\n\r\n"):
                body, trailer = reader.got().split()
                assert hashlib.sha256(body).hexdigest() == trailer["sha256"]
                after = trailer["resume"]
                self.ended += trailer["end"] != "complete"
            else:
                trailer, (body, token) = {}, self.held(name, reader)
                after = token or after
                self.resumed += 1
            rows += [int(row["pm25"]) for row in tables(body)]
            if trailer.get("end") == "complete":
                break
        assert rows == list(range(ROWS)), f"{name} has {len(rows)} rows"
        self.prove(name, after)

    def prove(self, name, after):
        """The process may have died behind the last byte: the token says that all has arrived."""
        while not self.ask(name, after):
            time.sleep(0.02)


def is_ready(world):
    """Otherwise it would be killed while it starts, again and again."""
    try:
        return world.get("/readyz", "", "").status == 200 and answers(world.trust)
    except (OSError, http.client.HTTPException):
        return None


def kill_one(world, chance):
    if chance.random() < 0.7:
        victims = children(world.trust.daemon.process.pid)
    else:
        victims = [pid for (pid,) in patiently(lambda: world.trust.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'ch_metering' AND datname = current_database()"))]
    if not victims:
        return 0
    try:
        os.kill(chance.choice(victims), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def test_every_row_comes_once_and_counts_once(world):
    print(f"seed {SEED}")
    chance, kills = random.Random(SEED), 0
    clients = [Client(world, number) for number in range(CLIENTS)]
    try:
        while kills < ROUNDS and all(client.is_alive() for client in clients):
            wait_for("the service to be back", lambda: is_ready(world), DEADLINE, 0.02)
            time.sleep(chance.random() * 0.5)  # anywhere in a delivery
            kills += kill_one(world, chance)
    finally:
        for client in clients:
            client.stop = True
        for client in clients:
            client.join(6 * DEADLINE)
    assert not [client.error for client in clients if client.error], [client.error for client in clients]
    patiently(lambda: world.trust.sql("SELECT metering.make_partitions()"))
    world.holds()
    names = [name for client in clients for name in client.done]
    assert {name: counted(world, name) for name in names} == {name: ROWS for name in names}
    print(f"{kills} kills, {len(names)} deliveries, {sum(client.resumed for client in clients)} cut, "
          f"{sum(client.ended for client in clients)} ended early; all resumed")
