# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP processes killed under load, the PostgreSQL server cut off during work, and a daemon that starts while it is down. Clients that ask again
with the same key end with exact answers, and nothing is done twice or by half."""
import http.client
import json
import os
import signal
import threading
import time
import uuid

import pytest

from figures import broken
from killing import DONE, LATE, LOST, Breakpoint, children, kill_http_at, kind_of, processes
from stack import DEADLINE, ROOT, Daemon, run, wait_for
from trust import GOV

LOAD_THREADS, LOAD_EACH = 4, 40
DRAFT = {"type": "policy", "title": "A draft", "text": "A text.", "effect": {"schema": "policy_text", "text": "x", "spend": []}}
POSTGRES = next(path for path in sorted(ROOT.__class__("/usr/lib/postgresql").iterdir(), key=lambda p: -int(p.name)) if (path / "bin/pg_ctl").exists()) / "bin"


def cut_off(stack):
    """The server at once, without farewell to anybody."""
    command = [POSTGRES / "pg_ctl", "-D", stack.folder / "pg", "-m", "immediate", "-w", "stop"]
    run(*(["runuser", "-u", "postgres", "--", *command] if os.getuid() == 0 else command), cwd="/")


def bring_back(stack):
    run("sh", ROOT / "deploy" / "pg.sh", "start", stack.folder, env={**os.environ, "CH_PG_TEST": "1"})


@pytest.fixture
def durable(stack):
    """A trust whose acknowledged commits survive a server that is cut off, which the tests' cluster otherwise does not promise; the server
    runs again afterwards."""
    made = stack.trust(settings={"common": {"processes": 2, "pool_wait_ms": 1000}}, sign_in=False, start=False)
    made.sql(f"ALTER DATABASE {made.name} SET synchronous_commit = on")
    made.start()
    made.sign_in_founders(made.charter)
    yield made
    bring_back(stack)
    stack.release(made)


class Writers:
    """Threads that create drafts, each with a key of its own, and ask again until they are answered."""

    def __init__(self, trust, person):
        self.trust, self.answers, self.unanswered, self.refusals, self.errors = trust, {}, 0, [], []
        self.cookies = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
        self.csrf = person.cookies["ch_csrf"]
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._write, daemon=True) for _ in range(LOAD_THREADS)]
        for thread in self.threads:
            thread.start()

    def ask(self, key):
        """(status, headers, body) of one attempt, or None when the connection ended without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.trust.port, timeout=DEADLINE)
        body = json.dumps({**DRAFT, "title": f"Draft {key}"})
        try:
            connection.request("POST", f"{GOV}/proposals", body, {"Content-Type": "application/json", "Cookie": self.cookies, "X-CSRF-Token": self.csrf,
                                                                  "Idempotency-Key": key})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (http.client.HTTPException, ConnectionError):
            return None
        finally:
            connection.close()

    def _write(self):
        try:
            for _ in range(LOAD_EACH):
                key, end = str(uuid.uuid4()), time.monotonic() + DEADLINE
                while (answer := self.ask(key)) is None or answer[0] != 201:
                    assert time.monotonic() < end, answer
                    with self.lock:
                        self.unanswered += answer is None
                        self.refusals += [answer] if answer else []
                    time.sleep(0.02)
                with self.lock:
                    self.answers[key] = answer[2]
        except BaseException as error:  # handed to the test
            self.errors.append(error)

    def wait(self, count):
        wait_for(f"{count} answers", lambda: len(self.answers) >= count or self.errors, DEADLINE, 0.002)

    def finish(self):
        """Everything was answered; each key has one draft, and gives the same answer again."""
        for thread in self.threads:
            thread.join(DEADLINE * 2)
        assert not self.errors, self.errors
        assert len(self.answers) == LOAD_THREADS * LOAD_EACH
        assert self.trust.sql("SELECT count(*), count(DISTINCT v.title) FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id "
                              "WHERE v.title LIKE 'Draft %'") == [(len(self.answers), len(self.answers))]
        for key, body in list(self.answers.items())[::10]:
            status, headers, again = self.ask(key)
            assert (status, again) == (201, body)


def get(trust, path):
    connection = http.client.HTTPConnection("127.0.0.1", trust.port, timeout=DEADLINE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except (http.client.HTTPException, ConnectionError):
        return None
    finally:
        connection.close()


def is_unavailable(answer):
    status, headers, body = answer
    return status == 503 and int(headers["Retry-After"]) > 0 and json.loads(body)["type"] == "/problems/unavailable"


def test_http_processes_killed_under_load(durable):
    """Each kill costs at worst the connections of that process; the parent starts another, and the worker is not touched."""
    before = set(children(durable.daemon.process.pid))
    writers, total = Writers(durable, durable["eva"]), LOAD_THREADS * LOAD_EACH
    for number in range(4):
        writers.wait(total * (number + 1) // 6)
        victim = processes(durable, "http")[0]
        os.kill(victim, signal.SIGKILL)
        wait_for("its end", lambda: victim not in children(durable.daemon.process.pid), DEADLINE, 0.002)
    writers.finish()
    assert not writers.refusals, writers.refusals[:3]
    wait_for("as many processes as before", lambda: len(children(durable.daemon.process.pid)) == len(before), DEADLINE)
    worker = {pid for pid in before if kind_of(durable, pid) == "worker"}
    assert worker and worker <= set(children(durable.daemon.process.pid))
    assert durable.log_text().count('msg="process ended" kind=http') == 4


@pytest.mark.parametrize("then", [LOST, DONE, LATE])
def test_a_write_whose_process_was_killed(fresh_trust, then):
    """Whether the server stored it or not, and also while it is still at it: the repeat with the same key gives the one answer."""
    person = fresh_trust["eva"]
    point = Breakpoint(fresh_trust, "governance.proposal", "INSERT", by="commonhold-governance")
    made = []
    asking = threading.Thread(target=lambda: made.append(person.post(f"{GOV}/proposals", DRAFT, headers={"Idempotency-Key": "once"}).json), daemon=True)
    asking.start()
    kill_http_at(fresh_trust, point, then)
    asking.join(DEADLINE)
    point.remove()
    again = person.post(f"{GOV}/proposals", DRAFT, headers={"Idempotency-Key": "once"}).json
    assert made == [again] and fresh_trust.sql("SELECT id::text FROM governance.proposal WHERE author IS NOT NULL") == [(again["id"],)]


def test_a_killed_worker_is_started_again(durable):
    worker, = processes(durable, "worker")
    since = len(durable.log_text())
    os.kill(worker, signal.SIGKILL)
    durable.wait_logged('msg="worker is ready"', since)
    assert 'kind=worker' in durable.log_text()[since:]
    durable.sql("SELECT job.enqueue('sequence_log', 'log')")
    durable.wait_sql("the new worker to work", "SELECT bool_and(state = 'done') FROM job.job WHERE kind = 'sequence_log' AND heartbeat_at < clock_timestamp()")


def test_a_killed_parent_takes_its_processes_with_it(durable):
    parent, pids = durable.daemon.process, children(durable.daemon.process.pid)
    parent.kill()
    parent.wait()
    wait_for("no process to be left", lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), DEADLINE)
    durable.start()


def test_server_cut_off_during_work(stack, durable):
    """503 with Retry-After and not ready meanwhile; afterwards everything goes on by itself and every key was answered once."""
    writers, daemon = Writers(durable, durable["eva"]), durable.daemon.process.pid
    pids = sorted(children(daemon))
    for part in (1, 2):
        writers.wait(LOAD_THREADS * LOAD_EACH * part // 3)
        cut_off(stack)
        wait_for("not ready", lambda: (answer := get(durable, "/readyz")) and is_unavailable(answer), DEADLINE, 0.02)
        assert get(durable, "/healthz")[0] == 200
        wait_for("a refusal of a read", lambda: is_unavailable(get(durable, f"{GOV}/charters/current")), DEADLINE, 0.02)
        bring_back(stack)
        wait_for("ready again", lambda: get(durable, "/readyz")[0] == 200, DEADLINE, 0.02)
    writers.finish()
    assert writers.refusals and all(is_unavailable(answer) for answer in writers.refusals), writers.refusals[:3]
    assert sorted(children(daemon)) == pids, "no process has to be started again"
    durable.wait_sql("the worker to work again", "SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL) "
                     "AND NOT EXISTS (SELECT FROM job.job WHERE state = 'running')")
    assert broken(durable) == {}


def test_server_down_at_start(stack, durable):
    """Waits with a message; goes on when the server comes, else ends with a code of its own."""
    durable.stop()
    cut_off(stack)
    settings = durable.config.read_text()
    durable.config.write_text(settings.replace("[common]\n", "[common]\nstart_seconds = 6\n"))
    since = len(durable.log_text())
    daemon = Daemon(durable.config, durable.port, durable.log_path)
    assert daemon.process.wait(DEADLINE) == os.EX_UNAVAILABLE
    daemon.stop()
    said = durable.log_text()[since:]
    assert 'msg="waiting for the database"' in said and "the database did not answer in start_seconds" in said, said
    durable.config.write_text(settings)
    since = len(durable.log_text())
    daemon = Daemon(durable.config, durable.port, durable.log_path)
    durable.wait_logged('msg="waiting for the database"', since)
    bring_back(stack)
    durable.daemon = daemon.wait_ready()
