# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the auditor is proven: copies of a trust's database that somebody with the server's files changes, audits of them, and the comparison of
what was told with what had to be."""
import contextlib
import datetime
import io
import json
import pathlib
import shutil
import subprocess

import psycopg2
import pytest

import cycle
import generate
from cycled import SEED
from faults import Fault, agree, told
from stack import BIN, DEADLINE, copy_database, lifted, query

AUDIT = BIN / "commonhold-audit"


class Books:
    """A copy of a trust's database, and of the files that others than its operator keep."""

    def __init__(self, admin, name, template, folder=None):
        self.admin, self.name = admin, name
        self.database = admin.replace("dbname=commonhold", f"dbname={name}")
        self.source = self.database.replace("user=commonhold", "user=ch_audit")
        self.folder = folder and pathlib.Path(folder)
        self.kept, self.as_of = {}, None
        query(admin, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        copy_database(admin, name, template)

    def copy(self, name):
        made = Books(self.admin, name, self.name, self.folder)
        made.as_of = self.as_of
        return made

    def drop(self):
        query(self.admin, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def sql(self, statement, *args):
        return query(self.database, statement, *args)

    def one(self, statement, *args):
        return self.sql(statement, *args)[0][0]

    def stop_clock(self):
        """Audits from now on are as of this moment, so that nothing grows old while the tests run."""
        self.as_of = self.one("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
        return self

    def later(self, **passed):
        """The time of the base, and so much more, for --as-of."""
        return self.one("SELECT to_char(%s::timestamptz AT TIME ZONE 'UTC' + %s, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')", self.as_of, datetime.timedelta(**passed))

    def run(self, *options):
        """An audit as it ended: exit code, what it printed, what it complained of."""
        if self.as_of and "--as-of" not in options:
            options = (*options, "--as-of", self.as_of)
        return subprocess.run([AUDIT, "--source", self.source, *options], capture_output=True, text=True, timeout=DEADLINE)

    def audit(self, *options):
        """(exit code, report), or (exit code, complaint) of one that did not finish."""
        done = self.run("--report", "json", *options)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    # -- the change and its undoing --------------------------------------------

    @contextlib.contextmanager
    def unguarded(self, tables):
        """One transaction in which no trigger, no foreign key and no check constraint of the tables stands in the way; as they were behind it."""
        with contextlib.closing(psycopg2.connect(self.database)) as connection, connection, connection.cursor() as cursor, lifted(cursor):
            cursor.execute("SET LOCAL session_replication_role = replica")
            found = [_guards(cursor, table) for table in tables]
            for off, _ in found:
                _execute(cursor, off)
            yield cursor
            for _, on in found:
                _execute(cursor, on)

    def change(self, tables, *statements):
        """The statements, each of which must change something; what the tables held before is kept."""
        with self.unguarded(tables) as cursor:
            for table in tables:
                self.kept.setdefault(table, _rows_of(cursor, table))
            for statement in statements:
                cursor.execute(statement)
                assert cursor.rowcount != 0, statement

    def undo(self, tables, *statements):
        """The rows as they were kept."""
        with self.unguarded(tables) as cursor:
            for statement in statements:
                cursor.execute(statement)
            for table in tables:
                columns, rows = self.kept.pop(table)
                cursor.execute(f"DELETE FROM {table}")
                cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", io.StringIO(rows))


def _execute(cursor, statements):
    for statement in statements:
        cursor.execute(statement)


def _guards(cursor, table):
    """(statements that take the guards of a table off, statements that put them back)."""
    cursor.execute("SELECT relkind IN ('p') FROM pg_class WHERE oid = %s::regclass", (table,))
    tree = "pg_partition_tree(%s::regclass)" if cursor.fetchone()[0] else "(VALUES (%s::regclass)) AS v (relid)"
    cursor.execute(f"""
        SELECT t.relid::regclass::text,
            ARRAY(SELECT format('ALTER TABLE ONLY %%s %%s TRIGGER %%I', g.tgrelid::regclass, CASE g.tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA'
                ELSE 'DISABLE' END, g.tgname) FROM pg_trigger AS g WHERE g.tgrelid = t.relid AND g.tgenabled <> 'O' AND NOT g.tgisinternal),
            (SELECT json_agg(json_build_array(c.conname, pg_get_constraintdef(c.oid)) ORDER BY c.conname) FROM pg_constraint AS c
                WHERE c.conrelid = t.relid AND c.contype = 'c' AND c.coninhcount = 0 AND c.convalidated)
        FROM (SELECT relid FROM {tree}) AS t""", (table,))
    off, on = [], []
    for name, modes, checks in cursor.fetchall():
        off.append(f"ALTER TABLE ONLY {name} DISABLE TRIGGER ALL")
        on += [f"ALTER TABLE ONLY {name} ENABLE TRIGGER ALL", *modes]
        for check, definition in checks or []:
            off.append(f'ALTER TABLE {name} DROP CONSTRAINT "{check}"')
            on += [f'ALTER TABLE {name} ADD CONSTRAINT "{check}" {definition} NOT VALID', f"UPDATE pg_constraint SET convalidated = true WHERE conname = '{check}' AND NOT convalidated"]
    return off, on


def _rows_of(cursor, table):
    """(columns that can be written, all rows as COPY writes them)."""
    cursor.execute("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND "
                   "attgenerated = ''", (table,))
    columns, rows = cursor.fetchone()[0], io.StringIO()
    cursor.copy_expert(f"COPY (SELECT {columns} FROM {table}) TO STDOUT", rows)
    return columns, rows.getvalue()


# -- reports ----------------------------------------------------------------------

def told_in(report):
    """What a report says, but for times and what a person reads."""
    return [told(f["check"], f["object_type"], f["object"], f["aspect"], f["expected"], f["found"], f["delta_minor"], f["direction"]) for f in report["findings"]]


def moved(report):
    return {(t["check"], t["name"]): (t["minor"], t["count"]) for t in report["totals"] if t["count"]}


def looked_at(report, check):
    return next(c["objects"] for c in report["checks"] if c["id"] == check)


def is_clean(books, *options):
    code, report = books.audit(*options)
    assert (code, told_in(report) if isinstance(report, dict) else report, moved(report)) == (0, [], {}), report
    return report


def clean(books, checks=()):
    """The full audit finds nothing, and each of these checks had something to look at."""
    report = is_clean(books, "--full")
    idle = [check for check in checks if looked_at(report, check) == 0]
    assert idle == [], f"nothing to look at: {idle}"
    return books


# -- faults -----------------------------------------------------------------------

def spoiled_files(books, fault, folder):
    """The base's files in `folder`, but those the fault changes; gives what puts them back."""
    if not fault.files:
        return lambda: None
    shutil.copytree(books.folder, folder, dirs_exist_ok=True)
    for name, content in fault.files.items():
        (folder / name).unlink(missing_ok=True) if content is None else (folder / name).write_bytes(content)
    return lambda: [shutil.copy(books.folder / name, folder / name) if (books.folder / name).exists() else (folder / name).unlink() for name in fault.files]


def is_told(books, fault, folder=None):
    """The fault, and nothing else, is told in both modes; undone, the audit is silent again. Gives the checks that fired."""
    made = fault(books)
    made = made if isinstance(made, Fault) else Fault(*made)
    assert made.expected, "a fault that nobody is told of"
    put_back = spoiled_files(books, made, folder)
    options = [option.replace("{folder}", str(folder if made.files else books.folder)) for option in made.options]
    books.change(made.tables, *made.statements)
    code, little = books.audit("--incremental", "--sweep", "all", *options)
    assert code < 3, little
    found = told_in(little)
    assert agree(found, made.told), "\n".join(["found:", *map(str, found), "expected:", *map(str, made.told)])
    assert (code, moved(little)) == (made.exit_code, made.totals)
    code, whole = books.audit("--full", *options)
    assert (code, told_in(whole), moved(whole)) == (made.exit_code, found, made.totals)
    books.undo(made.tables, *made.undo)
    put_back()
    is_clean(books, "--incremental", "--sweep", "all", *options)
    return sorted({f.check for f in found})


def all_fired(fired, faults, checks, besides=()):
    """Each check told of at least one of the faults, none of another's but what is told `besides`; the table of who told what is printed."""
    if len(fired) < len(faults):
        pytest.skip("only some faults were run")
    for name, said in sorted(fired.items()):
        print(f"{name:40} {' '.join(said)}")
    assert {check for said in fired.values() for check in said}.difference(besides) == set(checks)


def half_a_cycle(stack, trust, folder, *more):
    """From the first member to data that was read, and what more of the cycle's steps are named."""
    generate.write_week(folder / "data", SEED, 6, 1, 900)
    made = cycle.Cycle(trust, folder / "data")
    made.charter, made.out = stack.folder / f"{trust.name}.charter.json", folder
    for step in ("people_join", "pool_opens", "files_come_in", "corrupted_file_is_refused", "consents_are_given", "terms_are_voted", "licensees_apply",
                 "data_is_read", *more):
        getattr(made, step)()
