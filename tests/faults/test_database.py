# SPDX-License-Identifier: AGPL-3.0-or-later
"""The migration engine against a database somebody tampered with, and the pool against a server that ends its sessions."""
import os
import pathlib
import subprocess
import tempfile

import psycopg2
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CH_BIN", ROOT / "build" / "bin"))


def run(*command, **more):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, **more)


@pytest.fixture(scope="module")
def cluster():
    """In a folder of its own: pytest closes those it makes to the server's user whenever another session of it begins."""
    with tempfile.TemporaryDirectory(prefix="commonhold-faults.", ignore_cleanup_errors=True) as name:
        pathlib.Path(name).chmod(0o711)
        yield from running_cluster(pathlib.Path(name))


def running_cluster(folder):
    environment = dict(os.environ, CH_PG_TEST="1")
    started = run("sh", ROOT / "deploy/pg.sh", "start", folder, env=environment)
    assert started.returncode == 0, started.stderr
    conninfo = run("sh", ROOT / "deploy/pg.sh", "conninfo", folder).stdout.strip()
    made = run(BIN / "commonhold", "init", "--dir", folder, "--database", conninfo)
    assert made.returncode == 0, made.stderr
    yield folder, conninfo
    run("sh", ROOT / "deploy/pg.sh", "stop", folder)


@pytest.fixture
def database(cluster, request):
    """A fresh database that was migrated; gives (migrate, query)."""
    folder, admin = cluster
    name = "t_" + request.node.name.removeprefix("test_")[:50]
    conninfo = admin.replace("dbname=commonhold", "dbname=" + name)

    def query(sql, where=conninfo):
        connection = psycopg2.connect(where)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall() if cursor.description else None
        connection.close()
        return rows

    def migrate(*more):
        return run(BIN / "commonhold", "migrate", "--config", folder / "commonhold.ini", "--database", conninfo, *more)

    query("CREATE DATABASE " + name, admin)
    done = migrate()
    assert done.returncode == 0, done.stderr
    yield migrate, query
    query("DROP DATABASE " + name + " WITH (FORCE)", admin)


def reload_functions(query):
    query("UPDATE migrate.loaded SET sha256 = 'of an older tree'")


def test_twice_changes_nothing(database):
    migrate, query = database
    before = query("SELECT * FROM migrate.applied ORDER BY 1") + query("SELECT * FROM migrate.loaded")
    keys = query("SELECT * FROM log.signing_key ORDER BY 1") + query("SELECT id, payload FROM log.outbox ORDER BY 1")
    again = migrate()
    assert again.returncode == 0 and "0 migrations applied, 0 functions loaded" in again.stdout
    assert query("SELECT * FROM migrate.applied ORDER BY 1") + query("SELECT * FROM migrate.loaded") == before
    assert query("SELECT * FROM log.signing_key ORDER BY 1") + query("SELECT id, payload FROM log.outbox ORDER BY 1") == keys


def test_every_script_is_a_leaf(database):
    _, query = database
    missing = query("SELECT name FROM migrate.applied AS a WHERE NOT EXISTS (SELECT FROM log.outbox WHERE id = a.leaf "
                    "AND payload ->> 'type' = 'schema' AND payload ->> 'id' = a.name AND payload ->> 'sha256' = a.sha256)")
    assert missing == []


def test_keys_and_passwords(cluster, database):
    folder, _ = cluster
    _, query = database
    uses = {row[0] for row in query("SELECT use FROM log.signing_key WHERE until_at IS NULL")}
    assert uses == {"person", "client", "receipt", "agreement", "delivery"}
    (vkey,) = query("SELECT vkey FROM log.key")[0]
    assert vkey.startswith("127.0.0.1:8080/log+")
    host = (folder / "pg.socket").read_text().strip()
    for login in ("governance", "licensing", "metering", "payout", "log", "portal", "worker", "audit"):
        rows = query("SELECT current_user::text", f"host={host} port=5432 dbname=commonhold user=ch_{login} "
                                                  f"passfile={folder}/secrets/pgpass")
        assert rows == [("ch_" + login,)]


def test_changed_script_is_refused(database):
    migrate, query = database
    query("UPDATE migrate.applied SET sha256 = 'x' WHERE number = 2")
    refused = migrate()
    assert refused.returncode == 1
    assert "0002_log.sql was changed after it was applied" in refused.stderr


def test_newer_database_is_refused(database):
    migrate, query = database
    query("INSERT INTO migrate.applied (number, name, sha256) VALUES (9999, '9999_future.sql', 'x')")
    refused = migrate()
    assert refused.returncode == 1
    assert "9999_future.sql" in refused.stderr and "older than the database" in refused.stderr


def test_gap_is_refused(database):
    migrate, query = database
    query("DELETE FROM migrate.applied WHERE number = 3")
    refused = migrate()
    assert refused.returncode == 1
    assert "0003_job.sql was never applied" in refused.stderr


def test_unknown_script_is_refused(database):
    migrate, query = database
    query("INSERT INTO migrate.applied (number, name, sha256) VALUES (4, '0004_other.sql', 'x')")
    refused = migrate()
    assert refused.returncode == 1
    assert "0004_other.sql" in refused.stderr and "another tree" in refused.stderr


def test_function_out_of_the_tree_is_dropped(database):
    migrate, query = database
    query("CREATE FUNCTION log.gone(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    query("CREATE FUNCTION log.needed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    query("CREATE TRIGGER needs AFTER INSERT ON log.key FOR EACH ROW EXECUTE FUNCTION log.needed()")
    query("CREATE FUNCTION log.of_a_migration() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    query("INSERT INTO migrate.routine VALUES ('log.gone(integer)'), ('log.needed()')")
    reload_functions(query)
    assert migrate().returncode == 0
    assert query("SELECT to_regprocedure('log.gone(integer)'), to_regprocedure('log.needed()'), "
                 "to_regprocedure('log.of_a_migration()')") == [(None, "log.needed()", "log.of_a_migration()")]
    assert query("SELECT count(*) FROM migrate.routine WHERE signature = 'log.new_id()'") == [(1,)]


def test_changed_result_is_replaced(database):
    migrate, query = database
    query("DROP FUNCTION job.progress_of(text, text)")
    query("SET ROLE ch_job_owner; "
          "CREATE FUNCTION job.progress_of(p_other text, p_key text) RETURNS text LANGUAGE sql AS 'SELECT p_other'")
    reload_functions(query)
    assert migrate().returncode == 0
    assert query("SELECT pg_get_function_result('job.progress_of(text, text)'::regprocedure)") == [("jsonb",)]
    assert query("SELECT has_function_privilege('public', 'job.progress_of(text, text)', 'EXECUTE')") == [(False,)]


def test_rights_are_those_of_the_tree(database):
    migrate, query = database
    query("GRANT SELECT, UPDATE ON log.entry TO ch_portal")
    reload_functions(query)
    assert migrate().returncode == 0
    assert query("SELECT has_table_privilege('ch_portal', 'log.entry', 'UPDATE')") == [(False,)]


def test_failure_names_file_and_line_and_keeps_nothing(cluster):
    folder, admin = cluster
    conninfo = admin.replace("dbname=commonhold", "dbname=t_half")

    def query(sql, where):
        connection = psycopg2.connect(where)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall() if cursor.description else None
        connection.close()
        return rows

    query("CREATE DATABASE t_half", admin)
    query("CREATE SCHEMA job", conninfo)
    failed = run(BIN / "commonhold", "migrate", "--config", folder / "commonhold.ini", "--database", conninfo)
    assert failed.returncode == 1
    assert "sql/migrations/0001_roles.sql line 4:" in failed.stderr and 'schema "job" already exists' in failed.stderr
    assert query("SELECT * FROM migrate.applied", conninfo) == []
    assert query("SELECT to_regnamespace('governance')", conninfo) == [(None,)]
    query("DROP SCHEMA job", conninfo)
    done = run(BIN / "commonhold", "migrate", "--config", folder / "commonhold.ini", "--database", conninfo)
    assert done.returncode == 0, done.stderr
    query("DROP DATABASE t_half WITH (FORCE)", admin)


def test_ended_sessions_cost_no_read_an_answer(cluster):
    """Reads under load while the server ends every session again and again: all are answered."""
    _, admin = cluster
    build = os.environ.get("BUILD", BIN.parent.name)
    made = run("make", "-s", f"BUILD={build}", f"{build}/bench/bench_db", cwd=ROOT)
    assert made.returncode == 0, made.stderr
    connection = psycopg2.connect(admin)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("CREATE SCHEMA bench; CREATE TABLE bench.item (id bigint PRIMARY KEY, name text, amount bigint); "
                   "INSERT INTO bench.item SELECT i, 'item', i FROM generate_series(1, 100) AS i")
    load = subprocess.Popen([ROOT / build / "bench" / "bench_db", admin + " application_name=load", "32", "2", "3", "100"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ended = 0
    while load.poll() is None:
        cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'load'")
        # Twice in a row for the same statement would rightly be a fault: leave it time to be answered.
        ended += cursor.fetchone()[0]
        try:
            load.wait(timeout=0.6)
        except subprocess.TimeoutExpired:
            pass
    out, errors = load.communicate()
    assert ended >= 2
    assert int(out) > 0
    assert load.returncode == 0 and "faults" not in errors, errors
