/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The migration engine: applies sql/migrations in order, each once and in a transaction of its own, then loads
 * functions and grants. What was applied it keeps in schema `migrate`, which belongs to the administrator alone and is
 * there before any migration ran. Numbers may leave gaps (each part has its range), but nothing is ever slipped in
 * below the newest one applied. It is not a tool for going back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/log.h"
#include "migrate_internal.h"

/* Migrations up to this one make roles, schemas, the log's tables and the queue: functions of log and job can load
 * behind them, and every later migration may use those. */
#define GROUND_LAST 9

static const char MAKE_TABLES[] =
    "DO $$ BEGIN IF pg_catalog.to_regnamespace('migrate') IS NULL THEN CREATE SCHEMA migrate; "
    "CREATE TABLE migrate.applied (number integer PRIMARY KEY, name text NOT NULL UNIQUE, sha256 text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), by text NOT NULL DEFAULT session_user, leaf "
    "bigint); "
    "COMMENT ON TABLE migrate.applied IS 'migrations of this database, in order; leaf: id in log.outbox'; "
    "CREATE TABLE migrate.loaded (one boolean PRIMARY KEY CHECK (one), sha256 text NOT NULL, "
    "at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()); "
    "COMMENT ON TABLE migrate.loaded IS 'hash of the functions, grants and reference tables loaded last'; "
    "END IF; "
    "IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = 'migrate.loaded'::regclass AND attname = "
    "'xact') THEN "
    "ALTER TABLE migrate.applied ADD COLUMN xact xid8; "
    "ALTER TABLE migrate.loaded DROP COLUMN one, ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
    "ADD COLUMN by text NOT NULL DEFAULT session_user, ADD COLUMN leaf bigint, ADD COLUMN xact xid8; "
    "COMMENT ON TABLE migrate.loaded IS 'hashes of the functions, grants and reference tables, each time they were "
    "loaded; the newest is what is there'; "
    "COMMENT ON COLUMN migrate.loaded.xact IS 'the transaction that loaded them: in it alone schema governance may be "
    "changed'; "
    "COMMENT ON COLUMN migrate.applied.xact IS 'the transaction that applied it: in it alone schema governance may be "
    "changed'; "
    "END IF; "
    "CREATE TABLE IF NOT EXISTS migrate.routine (signature text PRIMARY KEY); "
    "COMMENT ON TABLE migrate.routine IS 'routines loaded from sql/functions: what leaves the tree is dropped; those "
    "of "
    "migrations are not among them'; END $$";

/* Number in front of a migration's file name, 0 when there is none. */
static int number_of(const struct ch_sql_file *file)
{
    const char *name = file->path + strlen("migrations/");
    char *end;
    long number = strtol(name, &end, 10);
    return end == name + 4 && *end == '_' && number > 0 ? (int)number : 0;
}

static const struct ch_sql_file *find_migration(int number)
{
    for (const struct ch_sql_file *file = CH_SQL_FILES; file->path; file++)
        if (ch_migrate_is_below(file, "migrations/") && number_of(file) == number)
            return file;
    return NULL;
}

/* The tree itself: every migration numbered, no number twice. */
static bool check_tree(struct ch_migrator *m, int *newest)
{
    int last = 0;
    for (const struct ch_sql_file *file = CH_SQL_FILES; file->path; file++) {
        if (!ch_migrate_is_below(file, "migrations/"))
            continue;
        int number = number_of(file);
        if (number == 0)
            return ch_migrate_fail(m, "sql/%s: a migration is named NNNN_name.sql", file->path);
        if (number == last)
            return ch_migrate_fail(m, "sql/%s: number %04d is taken: rename one of the two", file->path, number);
        last = number;
    }
    *newest = last;
    return true;
}

static bool check_applied(struct ch_migrator *m, int newest, int number, const char *name, const char *sha256)
{
    const struct ch_sql_file *file = find_migration(number);
    if (number > newest)
        return ch_migrate_fail(
            m,
            "the database has migration %s, this program ends at %04d: it is older than the database. "
            "Use the program that migrated it last",
            name, newest);
    if (!file)
        return ch_migrate_fail(m,
                               "the database has migration %s, and this program does not know it: it was built from "
                               "another tree",
                               name);
    char hex[65];
    ch_sha256_hex(file->text, file->size, hex);
    if (strcmp(hex, sha256) != 0)
        return ch_migrate_fail(m,
                               "sql/%s was changed after it was applied (%s then, %s now). Migrations are append-only: "
                               "restore it and write a new one",
                               file->path, sha256, hex);
    return true;
}

/* Compares what was applied with the tree; *version is the newest applied, 0 for a fresh database. */
static bool check_history(struct ch_migrator *m, int newest, int *version)
{
    PGresult *rows = ch_migrate_query(m, "reading migrate.applied",
                                      "SELECT number, name, sha256 FROM migrate.applied ORDER BY number", 0, NULL);
    bool fine = rows != NULL;
    *version = 0;
    for (int i = 0; fine && i < PQntuples(rows); i++) {
        *version = (int)strtol(PQgetvalue(rows, i, 0), NULL, 10);
        fine = check_applied(m, newest, *version, PQgetvalue(rows, i, 1), PQgetvalue(rows, i, 2));
    }
    for (const struct ch_sql_file *file = CH_SQL_FILES; fine && file->path; file++) {
        if (!ch_migrate_is_below(file, "migrations/") || number_of(file) >= *version)
            continue;
        bool known = false;
        for (int i = 0; i < PQntuples(rows) && !known; i++)
            known = strtol(PQgetvalue(rows, i, 0), NULL, 10) == number_of(file);
        if (!known)
            fine = ch_migrate_fail(
                m,
                "sql/%s was never applied, but %04d was: a migration cannot be slipped in below. Give it "
                "a number above %04d (a database without worth: make it anew)",
                file->path, *version, *version);
    }
    PQclear(rows);
    return fine;
}

/* A line `-- needs: functions/log/new_id.sql` in a migration loads that function first, for its defaults, triggers and
 * views. */
static bool load_needs(struct ch_migrator *m, const struct ch_sql_file *file)
{
    static const char mark[] = "-- needs: ";
    for (const char *at = strstr(file->text, mark); at; at = strstr(at, mark)) {
        at += strlen(mark);
        size_t size = strcspn(at, " \t\r\n");
        const char *path = ch_memdup(m->arena, at, size);
        const struct ch_sql_file *needed = ch_migrate_find_file(path);
        if (!needed)
            return ch_migrate_fail(m, "sql/%s needs sql/%s, which is not there", file->path, path);
        if (!ch_migrate_load_function(m, needed))
            return false;
    }
    return true;
}

static bool record(struct ch_migrator *m, const struct ch_sql_file *file)
{
    char hex[65];
    ch_sha256_hex(file->text, file->size, hex);
    const char *number = ch_printf(m->arena, "%d", number_of(file));
    PGresult *result = ch_migrate_query(m, "writing migrate.applied",
                                        "INSERT INTO migrate.applied (number, name, sha256, xact) VALUES ($1, $2, $3, "
                                        "pg_catalog.pg_current_xact_id())",
                                        3, (const char *const[]){number, file->path + strlen("migrations/"), hex});
    PQclear(result);
    return result != NULL;
}

/* The log learns of a script before the script runs, since the event triggers let nothing else change schema
 * governance. Before there are any, the log's own functions may not fit its tables yet: those leaves are queued
 * together, by the first load of functions. */
static bool announce(struct ch_migrator *m)
{
    bool guarded;
    return ch_migrate_exists(m, "migrate.is_migrating()", &guarded) && (!guarded || ch_migrate_queue_leaves(m));
}

static bool apply(struct ch_migrator *m, const struct ch_sql_file *file)
{
    if (!ch_migrate_exec(m, "begin", "BEGIN") ||
        !ch_migrate_exec(m, "setting", "SET LOCAL check_function_bodies = off") || !record(m, file) || !announce(m) ||
        !load_needs(m, file) || !ch_migrate_script(m, file) || !ch_migrate_exec(m, "role", "RESET ROLE") ||
        !ch_migrate_exec(m, ch_printf(m->arena, "sql/%s: its end", file->path), "COMMIT"))
        return false;
    m->report->migrations_applied++;
    m->report->version = number_of(file);
    ch_log(CH_LOG_INFO, "migration applied", "name", file->path + strlen("migrations/"), NULL);
    return true;
}

static bool is_fresh(struct ch_migrator *m, bool *fresh)
{
    PGresult *result = ch_migrate_query(m, "reading migrate.loaded", "SELECT FROM migrate.loaded", 0, NULL);
    *fresh = result && PQntuples(result) == 0;
    PQclear(result);
    return result != NULL;
}

static bool apply_missing(struct ch_migrator *m, int version)
{
    bool fresh;
    if (!is_fresh(m, &fresh))
        return false;
    for (const struct ch_sql_file *file = CH_SQL_FILES; file->path; file++) {
        if (!ch_migrate_is_below(file, "migrations/") || number_of(file) <= version)
            continue;
        if (fresh && number_of(file) > GROUND_LAST) {
            if (!ch_migrate_load_ground(m))
                return false;
            fresh = false;
        }
        if (!apply(m, file))
            return false;
    }
    return true;
}

static bool prepare_session(struct ch_migrator *m)
{
    return ch_migrate_exec(m, "setting", "SET client_min_messages = warning") &&
           ch_migrate_exec(m, "setting", "SET search_path = pg_catalog, pg_temp") &&
           ch_migrate_exec(m, "setting", "SET statement_timeout = 0") &&
           ch_migrate_exec(m, "setting", "SET idle_in_transaction_session_timeout = 0") &&
           ch_migrate_exec(
               m, "waiting for another migrate",
               "SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended('commonhold migrate', 0))") &&
           ch_migrate_exec(m, "making schema migrate (the administrator must own the database)", MAKE_TABLES);
}

static bool check_server(struct ch_migrator *m)
{
    if (PQstatus(m->conn) != CONNECTION_OK)
        return ch_migrate_fail(m, "no connection to the database: %s", PQerrorMessage(m->conn));
    if (PQserverVersion(m->conn) < 150000)
        return ch_migrate_fail(m, "PostgreSQL %d is too old: 15 or newer is needed", PQserverVersion(m->conn) / 10000);
    return true;
}

/* Names of the event triggers that do not stand guard over schema governance, "" when all do; NULL after a failure. */
static const char *missing_guards(struct ch_migrator *m)
{
    PGresult *result = ch_migrate_query(m, "looking at the event triggers",
                                        "SELECT pg_catalog.array_to_string(migrate.missing_guards(), ', ')", 0, NULL);
    const char *missing = result ? ch_strdup(m->arena, PQgetvalue(result, 0, 0)) : NULL;
    PQclear(result);
    return missing;
}

/* Makes what is missing of them. They need a superuser: a house without one runs, and is told. */
static bool restore_guards(struct ch_migrator *m)
{
    const char *missing = missing_guards(m);
    if (!missing || *missing == '\0')
        return missing != NULL;
    if (!ch_migrate_exec(m, "begin", "BEGIN") || !ch_migrate_script(m, ch_migrate_find_file("event_triggers.sql")) ||
        !ch_migrate_exec(m, "commit", "COMMIT"))
        return false;
    missing = missing_guards(m);
    if (missing && *missing != '\0')
        ch_log(CH_LOG_WARN, CH_MIGRATE_UNGUARDED, "missing", missing, NULL);
    return missing != NULL;
}

static bool migrate(struct ch_migrator *m, const char *passfile)
{
    int newest = 0, version = 0;
    if (!check_server(m) || !check_tree(m, &newest) || !prepare_session(m) || !check_history(m, newest, &version))
        return false;
    m->report->version = version;
    return apply_missing(m, version) && ch_migrate_load_all(m) && restore_guards(m) &&
           (!passfile || ch_migrate_passwords(m, passfile));
}

int ch_migrate(const char *conninfo, const char *passfile, struct ch_migrate_report *report)
{
    *report = (struct ch_migrate_report){0};
    struct ch_migrator m = {.conn = PQconnectdb(conninfo), .arena = ch_arena_new(), .report = report};
    bool fine = migrate(&m, passfile);
    PQfinish(m.conn); /* an open transaction goes with it, and so does the advisory lock */
    ch_arena_free(m.arena);
    return fine ? 0 : 1;
}
