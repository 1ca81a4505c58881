# SPDX-License-Identifier: AGPL-3.0-or-later
"""Killing processes at a known statement, from outside. Nothing in the services helps with it: the test, as the cluster's superuser, puts
a trigger on a table that waits for a lock the test holds; when a session waits there, its process gets SIGKILL.

What the server then does with the session of a dead client is a fault of its own, so the test chooses:
    LOST  the session ends before its statement does: nothing of it is stored
    DONE  the statement ends although nobody is there to hear of it: what commits by itself is stored
    LATE  the job is taken over while the dead worker's session still waits: both go on at once
"""
import os
import signal
import threading
import traceback

import psycopg2

from stack import BIN, DEADLINE, Daemon, lifted, wait_for

LOST, DONE, LATE = "lost", "done", "late"
HTTP_ROLES = ["governance", "licensing", "metering", "payout", "log", "portal"]
LOCK_CLASS = 7390
PAUSE = """
CREATE SCHEMA IF NOT EXISTS breakpoints;
CREATE OR REPLACE FUNCTION breakpoints.pause() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared({0}, TG_ARGV[0]::integer);
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$""".format(LOCK_CLASS)
WAITING = """
SELECT a.pid FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.classid = {0} AND l.objid = %s AND NOT l.granted AND l.database = (SELECT oid FROM pg_database
      WHERE datname = current_database()) AND a.application_name LIKE %s ORDER BY a.query_start""".format(LOCK_CLASS)


class Breakpoint:
    """From its making until `release`, whoever makes this change of a row waits. `when` speaks of NEW and OLD."""
    count = 0

    def __init__(self, trust, table, event, when=None, by="commonhold-worker"):
        Breakpoint.count += 1
        self.trust, self.table, self.by, self.number = trust, table, by, Breakpoint.count
        self.name = f"a_pause_{self.number:03d}"  # triggers fire in the order of their names
        self.session = psycopg2.connect(trust.database)
        self.session.autocommit = True
        self._run("SELECT pg_advisory_lock(%s, %s)", LOCK_CLASS, self.number)
        self._run(PAUSE)
        self._define(f"CREATE TRIGGER {self.name} BEFORE {event} ON {table} FOR EACH ROW " + (f"WHEN ({when}) " if when else "")
                     + f"EXECUTE FUNCTION breakpoints.pause({self.number})")

    def _define(self, statement):
        with self.session.cursor() as cursor, lifted(cursor):
            cursor.execute(statement)

    def _run(self, statement, *args):
        with self.session.cursor() as cursor:
            cursor.execute(statement, args or None)
            return cursor.fetchall() if cursor.description else None

    def sessions(self):
        """Backends that wait here."""
        return [row[0] for row in self._run(WAITING, self.number, self.by)]

    def wait(self, count=1):
        what = f"{count} session(s) of {self.by} at {self.table}"
        try:
            return wait_for(what, lambda: len(self.sessions()) >= count and self.sessions(), DEADLINE, 0.02)
        except TimeoutError as error:
            jobs = self._run("SELECT id, kind, state, attempt, reason FROM job.job WHERE state <> 'done' ORDER BY id")
            raise TimeoutError(f"{error}; jobs: {jobs}"[:3000]) from None

    def wait_behind(self, sessions):
        """Waits until somebody else stands behind the sessions that wait here, at the breakpoint or at a lock of theirs."""
        wait_for(f"a second session at {self.table}", lambda: set(self.sessions()) - set(sessions) or self._run(
            "SELECT 1 FROM pg_stat_activity WHERE pg_blocking_pids(pid) && %s::integer[]", sessions), DEADLINE, 0.02)

    def end_sessions(self):
        """The server notices that these clients are gone."""
        pids = self.sessions()
        for pid in pids:
            self._run("SELECT pg_terminate_backend(%s)", pid)
        self.wait_gone(pids)

    def wait_gone(self, pids):
        wait_for("the dead client's session to end", lambda: not self._run("SELECT 1 FROM pg_stat_activity WHERE pid = ANY(%s)", pids),
                 DEADLINE, 0.02)

    def release(self):
        self._run("SELECT pg_advisory_unlock(%s, %s)", LOCK_CLASS, self.number)

    def remove(self):
        if not self.session.closed:
            self.release()
            self._define(f"DROP TRIGGER {self.name} ON {self.table}")
            self.session.close()


def children(pid):
    return [int(child) for child in open(f"/proc/{pid}/task/{pid}/children").read().split()]


def kind_of(trust, pid):
    """What a process says of itself in the log: `http` or `worker`; empty before it has said anything."""
    line = next((line for line in trust.log_text().splitlines() if f" pid={pid} " in line), "")
    return next((word.removeprefix("role=") for word in line.split() if word.startswith("role=")), "")


def processes(trust, kind):
    return [pid for pid in children(trust.daemon.process.pid) if kind_of(trust, pid) == kind]


def kill_http_at(trust, point, then):
    """Kills the HTTP processes while a write of one waits at the breakpoint; the parent starts others."""
    sessions, pids = point.wait(), processes(trust, "http")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    if then == LOST:
        point.end_sessions()
    elif then == DONE:
        point.release()
        point.wait_gone(sessions)
    wait_for("other HTTP processes", lambda: len(set(processes(trust, "http")) - set(pids)) == len(pids), DEADLINE, 0.02)
    if then == LATE:
        point.wait_behind(sessions)
    point.release()


class Worker:
    """The role worker as a daemon of its own, which the test starts, kills and starts again."""

    def __init__(self, trust):
        self.trust, self.daemon, self.kills = trust, None, 0
        self.log_path = trust.log_path.with_suffix(".worker.log")
        self.start()

    def start(self):
        self.daemon = Daemon(self.trust.config, self.trust.port, self.log_path, ["worker"])

    def kill(self):
        """The whole role at once, as when the machine fails: child and parent get SIGKILL."""
        daemon, self.daemon = self.daemon, None
        for pid in [*children(daemon.process.pid), daemon.process.pid]:
            os.kill(pid, signal.SIGKILL)
        daemon.process.wait()
        daemon.output.close()
        self.kills += 1

    def stop(self):
        return self.daemon.stop() if self.daemon else 0

    def running(self, kind):
        """(id, attempt) of the job under way in this worker."""
        pid, = children(self.daemon.process.pid)
        rows = self.trust.sql("SELECT id, attempt FROM job.job WHERE kind = %s AND state = 'running' AND split_part(worker, ':', 2) = %s", kind, str(pid))
        assert len(rows) == 1, f"{kind}: {rows}"
        return rows[0]

    def kill_at(self, point, kind, then=LOST, patient=False, meanwhile=None):
        """Kills the worker while its job waits at the breakpoint, and starts another. `patient`: the heartbeat grows old by itself. With LATE,
        `meanwhile` is done while the dead worker's session still waits."""
        sessions = point.wait()
        job, attempt = self.running(kind)
        self.kill()
        if then == LOST:
            point.end_sessions()
        elif then == DONE:
            point.release()
            point.wait_gone(sessions)
        if not patient:
            self.time_passes(job)
        self.start()
        if then == LATE:
            wait_for("the job to be taken over", lambda: self.trust.sql("SELECT attempt FROM job.job WHERE id = %s", job)[0][0] > attempt,
                     DEADLINE, 0.02)
            if meanwhile:
                meanwhile()
        point.release()
        point.wait_gone(sessions)
        return job, attempt

    def time_passes(self, job):
        """The dead worker's heartbeat grows old; the longest time-out of a kind is minutes, which nobody wants to sleep."""
        self.trust.sql("UPDATE job.job SET heartbeat_at = heartbeat_at - interval '1 hour' WHERE id = %s AND state = 'running'", job)

    def wait_done(self, job, attempt):
        row = self.trust.wait_sql(f"job {job} to be done", "SELECT state IN ('done', 'dead'), state, attempt, reason FROM job.job WHERE id = %s", job)
        assert row[1] == "done" and row[2] > attempt, row


class Deed(threading.Thread):
    """A step that goes on while its processes are killed; its error is the test's."""

    def __init__(self, deed, *args):
        super().__init__(daemon=True)
        self.deed, self.args, self.error, self.result = deed, args, None, None
        self.start()

    def run(self):
        try:
            self.result = self.deed(*self.args)
        except BaseException as error:  # handed to the test, which may wait for something else at the time
            traceback.print_exc()
            self.error = error

    def finish(self):
        self.join(DEADLINE * 3)
        assert not self.is_alive(), f"{self.deed} does not end"
        if self.error:
            raise self.error
        return self.result
