# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an audit reads and whom it waits for: a streaming standby that is behind, and another audit that does not end."""
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile

import pytest

from auditing import AUDIT, Books, told_in
from faults import told
from stack import DEADLINE, Stack, eventually, query, run
from test_modes import started, stopped_at, waits_for_a_lock

BINARIES = pathlib.Path(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]).parent


@pytest.fixture(scope="module", autouse=True)
def waiting(stack):
    """An audit that waits for another one, while the tests here go on."""
    books = Books(stack.admin, "audit_waiting", "template_trust")
    with stopped_at(books):
        first = started(books, "--full", "--checks", "B3")
        waits_for_a_lock(books)
        second = started(books, "--full", "--checks", "B3")
        yield first, second
    for process in (first, second):
        process.wait(DEADLINE)
    books.drop()


def as_owner(*command):
    return run(*(["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []), *command, cwd="/")


@pytest.fixture
def primary():
    """A cluster of its own: that of the other tests writes no log that could be streamed."""
    with tempfile.TemporaryDirectory(prefix="commonhold-primary.") as folder:
        made = Stack(folder, durable=True)
        yield made
        made.close()


@contextlib.contextmanager
def standby_of(stack):
    """The connection string's host of a streaming standby."""
    folder = stack.folder / "standby"
    with open(stack.folder / "pg" / "pg_hba.conf", "a") as rules:
        rules.write("local replication all scram-sha-256\n")
    query(stack.admin, "SELECT pg_reload_conf()")
    folder.mkdir()
    folder.chmod(0o711)
    run(BINARIES / "pg_basebackup", "-d", stack.admin.replace("dbname=commonhold ", ""), "-D", folder / "pg", "-R", "-X", "stream", "-c", "fast")
    if os.geteuid() == 0:
        run("chown", "-R", "postgres", folder / "pg")
        run("install", "-o", "postgres", "-m", "0400", stack.folder / "secrets" / "pgpass", folder / "pg" / "pgpass")
        path = folder / "pg" / "postgresql.auto.conf"
        path.write_text(path.read_text().replace(str(stack.folder / "secrets" / "pgpass"), str(folder / "pg" / "pgpass")))
        (stack.folder / "pg.socket").chmod(0o644)
    run("install", "-d", "-m", "0777", folder / "run")
    control = [BINARIES / "pg_ctl", "-D", folder / "pg", "-w", "-t", "60"]
    as_owner(*control, "-l", folder / "pg" / "log.txt", "-o", f"-c unix_socket_directories='{folder / 'run'}'", "start")
    try:
        yield str(folder / "run")
    finally:
        as_owner(*control, "-m", "immediate", "stop")


def test_a_standby_is_a_source(primary):
    """It is read only, so the findings lie in the primary; what others have seen already is waited for."""
    trust = primary.trust(sign_in=False)
    grown = "SELECT max(size) FROM log.checkpoint"
    eventually("a checkpoint", lambda: trust.sql(grown)[0][0])
    with standby_of(primary) as host:
        there = trust.database.replace(f"host={primary.socket}", f"host={host}")
        source, findings = (dsn.replace("user=commonhold", "user=ch_audit") for dsn in (there, trust.database))
        command = [AUDIT, "--incremental", "--sweep", "all", "--source", source, "--findings", findings, "--report", "json", "--tiles", f"http://127.0.0.1:{trust.port}/log"]
        eventually("the standby", lambda: query(there, "SELECT pg_is_in_recovery() AND EXISTS (SELECT FROM log.checkpoint)")[0][0])
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE)
        assert done.returncode == 0 and "is a standby: the report" in done.stderr, done.stdout + done.stderr
        assert trust.sql("SELECT count(*) FROM audit.run") == [(1,)]
        query(there, "SELECT pg_wal_replay_pause()")
        before = trust.sql(grown)[0][0]
        trust.sql("SELECT log.append_leaf('dispute', 'nobody', repeat('0', 64), '{}')")
        eventually("a longer log", lambda: trust.sql(grown)[0][0] > before)
        eventually("it to be published", lambda: int(trust.public.get("/log/checkpoint").raw.split(b"\n")[1]) > before)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        eventually("the audit to wait for the standby", lambda: query(there, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ch_audit' AND query ~ 'pg_is_in_recovery'")[0][0])
        query(there, "SELECT pg_wal_replay_resume()")
        out, err = process.communicate(timeout=DEADLINE)
        assert process.returncode == 1, out + err
        assert told_in(json.loads(out)) == [told("T2", "dispute", "nobody", "object", "an object", "none")]
    primary.release(trust)


def test_a_second_audit_gives_up_after_a_minute(waiting):
    first, second = waiting
    out, err = second.communicate(timeout=60 + DEADLINE)
    assert second.returncode == 3 and out == "" and "another audit is running" in err
    assert first.poll() is None
