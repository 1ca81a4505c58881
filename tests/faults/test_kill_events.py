# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data planes report without pause while HTTP processes and PostgreSQL get SIGKILL at random. Clients that repeat what was not acknowledged end with
exact totals (U1); what was acknowledged is stored exactly once, what was given up at most once (U3). CH_ROUNDS: how often something is killed."""
import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import tempfile
import threading
import time

import psycopg2
import pytest

from killing import children, processes
from reporting import Planes
from stack import DEADLINE, Stack, ask, query, session, wait_for

ROUNDS = int(os.environ.get("CH_ROUNDS", "8"))
SEED = int(os.environ.get("CH_SEED", "20260507"))
CLIENTS, BATCH = 8, 40
HTTP_ROLES = ["governance", "licensing", "metering", "payout", "log", "portal"]


class Plane(threading.Thread):
    """One client: batch after batch, each repeated until it is acknowledged; now and then one is given up after a failure."""

    def __init__(self, planes, number):
        super().__init__(daemon=True)
        self.planes, self.random, self.ending = planes, random.Random(SEED * 1000 + number), threading.Event()
        self.sure, self.unsure, self.batches, self.failures, self.wrong, self.number = 0, 0, 0, 0, [], number
        self.start()

    def make(self):
        kind = self.random.random() < 0.5  # half of them with ids that have no time
        contribution = lambda: {"contribution": self.random.choice(self.planes.contributions)} if self.random.random() < 0.5 else {}
        events = [self.planes.event(identifier=f"{self.number}-{self.batches}-{i}" if kind else None, grant=self.random.choice(["air", "air", "sea"]),
                                    units=self.random.randint(1, 1000)) for i in range(BATCH)]
        for event in events:
            if event["data"]["pool"] == "air":
                event["data"].update(contribution())
        return events

    def send(self, events):
        """The answer, or None when there was none: then nobody knows."""
        try:
            got = self.planes.send(json.dumps(events))
        except (OSError, http.client.HTTPException, KeyError, ValueError):
            return None
        if got.status == 401:
            self.planes.tokens.pop("plane", None)
        if got.status == 200:
            return got.json
        if got.status not in (401, 429, 503):
            self.wrong.append((got.status, got.body))
        return None

    def run(self):
        while not self.ending.is_set():
            events = self.make()
            units, tries, answer = sum(e["data"]["units"] for e in events), 0, None
            while answer is None:
                answer = self.send(events)
                tries += 1
                if answer is None:
                    self.failures += 1
                    time.sleep(0.02)
                    if self.random.random() < 0.1 and not self.ending.is_set():
                        break
            if answer is None:
                self.unsure += units
            else:
                self.sure += units
                # after a lost COMMIT the process itself repeats, so duplicates may come with the first answer
                if answer["rejected"] or answer["quarantined"] or answer["accepted"] + answer["duplicates"] != BATCH:
                    self.wrong.append((tries, answer))
            self.batches += 1


def ended(connection):
    try:
        return ask(connection, "SELECT 1") is None
    except psycopg2.Error:  # of whichever class: it depends on what was under way
        return True


class Victims:
    """Whom to kill, and how the machine gets well again."""

    def __init__(self, stack, trust, chance):
        self.stack, self.trust, self.random = stack, trust, chance

    def http(self):
        victim = self.random.choice(self.both())
        os.kill(victim, signal.SIGKILL)
        wait_for("another HTTP process", lambda: victim not in self.both(), DEADLINE, 0.02)

    def both(self):
        """The two HTTP processes; a new one is known once it has written to the log."""
        return wait_for("two HTTP processes", lambda: len(found := processes(self.trust, "http")) == 2 and found, DEADLINE, 0.02)

    def backend(self):
        """A session of metering, in whatever it does: the server ends all others and recovers."""
        pids = self.answer("SELECT pid FROM pg_stat_activity WHERE application_name = 'commonhold-metering' ORDER BY state = 'active' DESC, pid LIMIT 2")
        with contextlib.closing(session(self.trust.database)) as other:
            try:
                os.kill(self.random.choice(pids)[0], signal.SIGKILL)
            except ProcessLookupError:  # it ended meanwhile
                return
            wait_for("the server to end the others", lambda: ended(other), DEADLINE, 0.02)
        self.wait_answers()

    def server(self):
        """The whole server at once, as when the machine fails: all of its processes."""
        pid = int((self.stack.folder / "pg" / "postmaster.pid").read_text().split()[0])
        for victim in [pid, *children(pid)]:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_for("the server to start", self.started, DEADLINE, 0.1)
        self.wait_answers()

    def started(self):
        try:
            self.stack.start_database()
            return True
        except RuntimeError:
            return None

    def wait_answers(self):
        self.answer("SELECT 1")

    def answer(self, statement):
        """Asked until the server answers."""
        def asked():
            try:
                return self.trust.sql(statement)
            except psycopg2.Error:  # of whichever class: it depends on what was under way
                return None
        return wait_for("the database", asked, DEADLINE, 0.05)


@pytest.fixture(scope="module")
def durable():
    """A cluster that keeps its word when it is killed."""
    folder = tempfile.mkdtemp(prefix="commonhold-events.")
    made = Stack(folder, durable=True)
    query(made.admin, "ALTER SYSTEM SET recovery_init_sync_method = 'syncfs'")  # else each recovery syncs thousands of files one by one
    query(made.admin, "SELECT pg_reload_conf()")
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def test_killed_at_random_under_load(durable):
    trust = durable.trust(settings={"common": {"processes": 2}}, roles=HTTP_ROLES)  # the worker has no part in this
    planes, chance = Planes(trust, durable), random.Random(SEED)
    victims, clients = Victims(durable, trust, chance), [Plane(planes, n) for n in range(CLIENTS)]
    print(f"seed {SEED}, {ROUNDS} rounds")
    for _ in range(ROUNDS):
        goal = sum(c.batches for c in clients) + chance.randint(1, CLIENTS)
        wait_for("progress", lambda goal=goal: sum(c.batches for c in clients) >= goal, DEADLINE, 0.001)
        chance.choice([victims.http, victims.http, victims.backend, victims.backend, victims.server])()
    for client in clients:
        client.ending.set()
    for client in clients:
        client.join(DEADLINE)
    assert not any(c.is_alive() for c in clients)
    assert [c.wrong for c in clients] == [[]] * CLIENTS
    sure, unsure = sum(c.sure for c in clients), sum(c.unsure for c in clients)
    stored = trust.sql("SELECT sum(units), count(*) FROM metering.usage_event")[0]
    print(f"{sum(c.batches for c in clients)} batches, {sum(c.failures for c in clients)} failures, {stored[1]} events, given up {unsure} units")
    assert sum(c.failures for c in clients) > 0
    assert sure <= stored[0] <= sure + unsure
    if unsure == 0:
        assert stored[0] == sure
    planes.exact()
