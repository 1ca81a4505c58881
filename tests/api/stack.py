# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the API tests run against: a private PostgreSQL cluster once per session, and as many founded trusts in it as tests
ask for, each with its own database, port and daemon. Nothing here knows what a test is about."""
import base64
import contextlib
import copy
import hashlib
import http.client
import json
import os
import pathlib
import re
import secrets
import socket
import subprocess
import sys
import threading
import time

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CH_BIN", ROOT / os.environ.get("BUILD", "build") / "bin"))
SANITIZED = "asan" in str(BIN) or "tsan" in str(BIN) or os.environ.get("VARIANT") in ("asan", "tsan")
#: Deadlines are for a busy machine: a test that waits this long has failed.
DEADLINE = 240 if SANITIZED else 60
#: Name of the log of every trust here: the template database registered the log's key under it.
LOG_NAME = "trust.example/log"
#: Where the auditor finds what the schema is declared to be: the newest stack's, until that stack ends.
DECLARED = "COMMONHOLD_AUDIT_DECLARED"
REPORTS = re.compile(r"(Sanitizer|runtime error:)")

sys.path.insert(0, str(ROOT / "deploy" / "demo"))
from client import Client, Problem, wait_for  # noqa: E402, F401  (tests import them from here)
from trust import PASSWORD, Trust, pool_charter  # noqa: E402

#: The hash of everybody's password here. One as the services make it takes a tenth of a second, and so does each sign-in with it.
QUICK_HASH = "scrypt$1$8$1$" + "$".join(base64.b64encode(part).decode() for part in (b"a grain of salt.", hashlib.scrypt(PASSWORD.encode(), salt=b"a grain of salt.", n=2, r=8, p=1, dklen=32)))


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=DEADLINE * 3, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def merged(base, changes):
    """`base` with the members of `changes` in place of its own, objects inside objects too."""
    result = copy.deepcopy(base)
    for key, value in (changes or {}).items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else copy.deepcopy(value)
    return result


def free_port():
    """None of those that the system gives to connections: somebody's would have it while its daemon is down."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", 15000 + secrets.randbelow(15000)))
            return probe.getsockname()[1]


def session(conninfo):
    """One in which each statement is committed on its own."""
    made = psycopg2.connect(conninfo)
    made.autocommit = True
    return made


def ask(connection, sql, args=()):
    """Rows of one statement (None when it gives none)."""
    with connection.cursor() as cursor:
        cursor.execute(sql, args or None)
        return cursor.fetchall() if cursor.description else None


def query(conninfo, sql, *args):
    """Rows of one statement (None when it gives none), committed on its own."""
    with contextlib.closing(session(conninfo)) as connection:
        return ask(connection, sql, args)


def copy_database(admin, name, template):
    """A database like another, file by file: with block by block as it is otherwise done, each of its blocks would go through the log."""
    query(admin, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")


@contextlib.contextmanager
def lifted(cursor):
    """What a superuser can: the event triggers, which keep schema governance as it is, are off in this transaction, and on again behind it."""
    cursor.execute("SELECT evtname FROM pg_event_trigger WHERE evtenabled = 'A'")
    names = [name for name, in cursor.fetchall()]
    for name in names:
        cursor.execute(f"ALTER EVENT TRIGGER {name} DISABLE")
    yield
    for name in names:
        cursor.execute(f"ALTER EVENT TRIGGER {name} ENABLE ALWAYS")


class Daemon:
    """One commonholdd: started, waited for, ended by its pid."""

    def __init__(self, config, port, log_path, roles=()):
        self.port, self.log_path, self.roles = port, log_path, list(roles)
        self.output = open(log_path, "ab")
        self.process = subprocess.Popen([BIN / "commonholdd", "--config", config, *self.roles], stdout=self.output,
                                        stderr=self.output, stdin=subprocess.DEVNULL)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"commonholdd ended with {self.process.returncode} before it was ready:\n{self.log()[-6000:]}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def wait_ready(self):
        if self.roles == ["worker"]:
            return self
        try:
            wait_for("/readyz", self._answers, DEADLINE, 0.02)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.log()[-6000:]}") from None
        return self

    def stop(self):
        """Ends it and gives its exit code; what a sanitizer found is an error."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()
        found = REPORTS.search(self.log())
        assert not found, self.log()[max(0, found.start() - 500):found.start() + 6000]
        return self.process.returncode


class RunningTrust(Trust):
    """A founded trust with its daemon: what people do (Trust), and what only a test may: SQL, files, stopping and starting."""

    def __init__(self, stack, name, charter, settings):
        self.stack, self.name, self.charter, self.settings = stack, name, charter, settings
        self.port = free_port()
        self.database = stack.conninfo(name)
        self.config = stack.folder / f"{name}.ini"
        self.log_path = stack.folder / f"{name}.log"
        self.checkpoint_file = stack.folder / "log" / f"{name}.checkpoint"
        self.daemon, self.sessions = None, threading.local()
        self._write_config()
        super().__init__(f"http://127.0.0.1:{self.port}", self._found())

    def _write_config(self):
        sections = merged({
            "common": {"origin": f"http://127.0.0.1:{self.port}", "listen": f"127.0.0.1:{self.port}",
                       "database": f"host={self.stack.socket} port=5432 dbname={self.name}", "passfile": "secrets/pgpass",
                       "api_dir": str(ROOT / "docs" / "api")},
            "licensing": {"upload_dir": f"uploads-{self.name}"},
            "payout": {"outbox": f"outbox-{self.name}", "profiles": str(ROOT / "deploy" / "bank-profiles")},
            "log": {"origin": LOG_NAME, "checkpoint_file": f"log/{self.name}.checkpoint"}}, self.settings)
        for folder in (sections["licensing"]["upload_dir"], sections["payout"]["outbox"]):
            (self.stack.folder / folder).mkdir(exist_ok=True)
        self.config.write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()) + "\n" for section, keys in sections.items()))

    def _found(self):
        path = self.stack.folder / f"{self.name}.charter.json"
        path.write_text(json.dumps(self.charter))
        lines = run(BIN / "commonhold", "found", path, "--config", self.config, "--database", self.database)
        return [json.loads(line) for line in lines.splitlines() if line.startswith("{")]

    def add(self, name, invite, email):
        """Whoever was invited accepts, and signs in."""
        accepted = self.sql("SELECT (portal.accept_invite(%s, i.email_hash, %s)).outcome FROM portal.invite AS i WHERE i.code_sha256 = sha256(convert_to(upper(%s), 'UTF8')) AND "
                            "i.email_hash IS NOT NULL", invite, QUICK_HASH, invite)
        assert accepted == [("created",)], (name, accepted)
        self.people[name] = Client(self.base).sign_in(email, PASSWORD)
        return self.people[name]

    # -- the daemon ------------------------------------------------------

    def start(self, *roles):
        self.daemon = Daemon(self.config, self.port, self.log_path, roles).wait_ready()
        return self

    def stop(self):
        daemon, self.daemon = self.daemon, None
        self.sessions = threading.local()
        for person in [self.public, *self.people.values()]:
            person.close()
        return daemon.stop() if daemon else 0

    def restart(self):
        self.stop()
        return self.start()

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_logged(self, text, since=0):
        """Waits for a line of the daemon's log that holds `text`, behind the first `since` characters."""
        return wait_for(f"log line with {text!r}", lambda: next((line for line in self.log_text()[since:].splitlines() if text in line), None),
                        DEADLINE)

    # -- the database ----------------------------------------------------

    def sql(self, statement, *args):
        """As the cluster's superuser: for looks and for attacks."""
        return ask(self._session(), statement, args) if self.daemon else query(self.database, statement, *args)

    def _session(self):
        """This thread's while the daemon runs (who copies the database finds nobody in it), each time as good as new."""
        try:
            ask(self.sessions.kept, "DISCARD ALL")
        except (AttributeError, psycopg2.Error):
            self.sessions.kept = session(self.database)
        return self.sessions.kept

    def sql_as(self, role, statement, *args):
        """As one of the login roles (`ch_payout`), with its own password."""
        return query(self.database.replace("user=commonhold", f"user={role}"), statement, *args)

    def unguarded(self, *statements):
        """What somebody with the server's files could do: statements that no trigger and no foreign key sees."""
        connection = psycopg2.connect(self.database)
        try:
            with connection, connection.cursor() as cursor, lifted(cursor):
                cursor.execute("SET LOCAL session_replication_role = replica")
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def open_pool(self, ref, title, schema):
        """A pool that is open without its vote, for tests of what is done with open pools."""
        made = self.draft_pool("lin", ref, title, schema)
        charter = json.dumps(pool_charter(ref, made["schema_sha256"]))
        self.unguarded(f"UPDATE licensing.pool SET state = 'open' WHERE ref = '{ref}'",
                       "INSERT INTO licensing.pool_version (pool_id, version, charter, schema, sha256, schema_sha256, from_at) SELECT pool_id, 1, "
                       f"$charter${charter}$charter$, schema, repeat('0', 64), schema_sha256, now() FROM licensing.pool WHERE ref = '{ref}'",
                       "INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version) SELECT pool_id, 1, 'en', 'A notice.', "
                       f"repeat('0', 64), 'charter', 1 FROM licensing.pool WHERE ref = '{ref}'")
        self.sql("SELECT pooldata.make_table(pool_id, schema -> 'fields') FROM licensing.pool WHERE ref = %s", ref)
        return ref

    def wait_sql(self, what, statement, *args):
        """Waits until the first column of the first row is true; gives that row."""
        def found():
            rows = self.sql(statement, *args)
            return rows[0] if rows and rows[0][0] else None
        return wait_for(what, found, DEADLINE, 0.05)

    def close(self):
        try:
            self.stop()
        finally:
            query(self.stack.admin, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


class Stack:
    """The cluster, the folder of keys and secrets, and a migrated database that trusts are copied from."""

    def __init__(self, folder, durable=False):
        self.folder, self.count, self.trusts = pathlib.Path(folder), 0, []
        self.declared_before = {name: value for name, value in os.environ.items() if name == DECLARED}
        self.environment = {**os.environ, "CH_PG_TEST": "" if durable else "1"}
        self.folder.chmod(0o711)
        self.start_database()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def start_database(self):
        run("sh", ROOT / "deploy" / "pg.sh", "start", self.folder, env=self.environment)

    def _prepare(self):
        self.admin = run("sh", ROOT / "deploy" / "pg.sh", "conninfo", self.folder).strip()
        self.socket = (self.folder / "pg.socket").read_text().strip()
        run(BIN / "commonhold", "init", "--dir", self.folder, "--database", self.admin, "--origin", "http://" + LOG_NAME.split("/")[0])
        # what a failed test has left open holds nobody up for longer than this
        query(self.admin, f"ALTER ROLE commonhold SET idle_in_transaction_session_timeout = '{2 * DEADLINE}s'")
        query(self.admin, "CREATE DATABASE template_trust")
        run(BIN / "commonhold", "migrate", "--config", self.folder / "commonhold.ini", "--database", self.conninfo("template_trust"))
        # loading the functions leaves their table ten times as large as it need be, and every trust is a copy
        query(self.conninfo("template_trust"), "VACUUM FULL pg_catalog.pg_proc")
        self._declare()

    def _declare(self):
        """What the auditor compares a database with is, in these tests, what the tree makes; tests/run.sh says when the committed declaration is another."""
        copy_database(self.admin, "declared", "template_trust")
        declared = self.folder / "declared.txt"
        declared.write_text(run("sh", ROOT / "services" / "audit" / "declare.sh", self.conninfo("declared"), env={**os.environ, "CH_BIN": str(BIN)}))
        query(self.admin, "DROP DATABASE declared WITH (FORCE)")
        os.environ[DECLARED] = str(declared)

    def conninfo(self, database):
        return self.admin.replace("dbname=commonhold", f"dbname={database}")

    def secret(self, name):
        """Bytes of a file below secrets/, as the services read it."""
        return (self.folder / "secrets" / name).read_bytes()

    def trust(self, changes=None, settings=None, charter=None, start=True, sign_in=True, roles=()):
        """A fresh trust. `changes` go over the demonstration's charter, `settings` ({section: {key: value}}) over its configuration."""
        if charter is None:
            charter = json.loads((ROOT / "deploy" / "demo" / "charter.json").read_text())
        charter = merged(charter, changes)
        self.count += 1
        name = f"trust_{self.count}"
        copy_database(self.admin, name, "template_trust")
        made = RunningTrust(self, name, charter, settings)
        self.trusts.append(made)
        if start:
            made.start(*roles)
            if sign_in:
                made.sign_in_founders(charter)
        return made

    def grown_up(self, **durations):
        """A trust whose bootstrap clause has ended, with these durations in its charter."""
        made = self.trust({"durations": durations})
        eventually("the bootstrap clause to end", lambda: not made.public.get("/governance/v1/charters/current").json["bootstrap"])
        return made

    def release(self, trust):
        self.trusts.remove(trust)
        trust.close()

    def close(self):
        try:
            for trust in list(self.trusts):
                self.release(trust)
        finally:
            os.environ.pop(DECLARED, None)
            os.environ.update(self.declared_before)
            run("sh", ROOT / "deploy" / "pg.sh", "stop", self.folder)


def first_page(client, path):
    """Items of a list's first page."""
    return client.get(path).json["items"]


def eventually(what, condition, seconds=None):
    """`wait_for` with this machine's deadline; refusals count as not yet."""
    def tried():
        try:
            return condition()
        except Problem:
            return None
    return wait_for(what, tried, seconds or DEADLINE, 0.05)


def together(*deeds):
    """Begins all at one instant, each in a thread of its own; what each gave. One that fails, or does not end, fails the test and hangs none."""
    barrier, given, failures = threading.Barrier(len(deeds)), [None] * len(deeds), []

    def run(n, deed):
        try:
            barrier.wait(DEADLINE)
            given[n] = deed()
        except Exception as error:  # pylint: disable=broad-except
            failures.append(error)
    threads = [threading.Thread(target=run, args=item, daemon=True) for item in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    for failure in failures:
        raise failure
    assert not any(thread.is_alive() for thread in threads), "one of them does not end"
    return given


def seconds_of(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
