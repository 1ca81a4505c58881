/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The two connections of an audit: the source, read in one snapshot, and the findings, written in one transaction. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

/* What a role could write besides schema audit; nothing for the role this program is made for. */
static const char MAY_WRITE[] =
    "SELECT what FROM ("
    "SELECT 'is a superuser' AS what FROM pg_catalog.pg_roles WHERE rolname = current_user AND (rolsuper OR "
    "rolcreaterole OR "
    "rolbypassrls) "
    "UNION ALL SELECT 'is a member of ' || r.rolname FROM pg_catalog.pg_roles AS r WHERE r.rolname <> current_user AND "
    "r.rolname !~ '^pg_read_' AND pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER') "
    "UNION ALL SELECT 'may write ' || n.nspname || '.' || c.relname FROM pg_catalog.pg_class AS c JOIN "
    "pg_catalog.pg_namespace "
    "AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname NOT IN ('audit', "
    "'pg_catalog', "
    "'information_schema') AND n.nspname !~ '^pg_(temp|toast)' AND (pg_catalog.has_table_privilege(c.oid, 'DELETE') OR "
    "pg_catalog.has_table_privilege(c.oid, 'TRUNCATE') OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT') OR "
    "pg_catalog.has_any_column_privilege(c.oid, 'UPDATE')) "
    "UNION ALL SELECT 'may create in schema ' || n.nspname FROM pg_catalog.pg_namespace AS n WHERE n.nspname !~ '^pg_' "
    "AND "
    "pg_catalog.has_schema_privilege(n.oid, 'CREATE') "
    "UNION ALL SELECT 'may execute ' || p.oid::pg_catalog.regprocedure FROM pg_catalog.pg_proc AS p JOIN "
    "pg_catalog.pg_namespace AS "
    "n ON n.oid = p.pronamespace WHERE n.nspname NOT IN ('audit', 'pg_catalog', 'information_schema') AND p.prosecdef "
    "AND "
    "p.provolatile = 'v' AND (n.nspname, p.proname) NOT IN (('log', 'submit_audit_report'), ('log', 'new_id')) AND "
    "pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')) AS x "
    "ORDER BY what = 'is a superuser' DESC, what COLLATE \"C\" LIMIT 1";

bool audit_fail(struct audit *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(a->error, sizeof a->error, format, args);
    va_end(args);
    return false;
}

static void clear(void *result)
{
    PQclear(result);
}

PGresult *audit_query(struct audit *a, PGconn *conn, const char *sql, int count, const char *const *values)
{
    PGresult *rows = PQexecParams(conn, sql, count, NULL, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(rows);
    ch_arena_on_free(a->arena, clear, rows);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return rows;
    audit_fail(a, "%s%.400s", PQerrorMessage(conn), a->check ? sql : "");
    return NULL;
}

bool audit_each_row(struct audit *a, const char *sql, int count, const char *const *values,
                    bool (*take)(void *context, const PGresult *row), void *context)
{
    if (!PQsendQueryParams(a->source, sql, count, NULL, values, NULL, NULL, 0) || !PQsetSingleRowMode(a->source))
        return audit_fail(a, "%s%.400s", PQerrorMessage(a->source), sql);
    bool good = true;
    PGresult *row;
    while ((row = PQgetResult(a->source))) {
        if (PQresultStatus(row) == PGRES_SINGLE_TUPLE)
            good = good && take(context, row);
        else if (PQresultStatus(row) != PGRES_TUPLES_OK)
            good = audit_fail(a, "%s%.400s", PQerrorMessage(a->source), sql);
        PQclear(row);
    }
    return good;
}

bool audit_bytes(struct audit *a, const char *sql, const char *id, const void **bytes, size_t *size)
{
    PGresult *rows = PQexecParams(a->source, sql, 1, NULL, &id, NULL, NULL, 1);
    ch_arena_on_free(a->arena, clear, rows);
    if (PQresultStatus(rows) != PGRES_TUPLES_OK)
        return audit_fail(a, "%s%.400s", PQerrorMessage(a->source), sql);
    bool found = PQntuples(rows) > 0 && !PQgetisnull(rows, 0, 0);
    *bytes = found ? PQgetvalue(rows, 0, 0) : NULL;
    *size = found ? (size_t)PQgetlength(rows, 0, 0) : 0;
    return true;
}

const char *audit_text(const PGresult *rows, int row, int column)
{
    return PQgetisnull(rows, row, column) ? NULL : PQgetvalue(rows, row, column);
}

int64_t audit_integer(const PGresult *rows, int row, int column)
{
    return strtoll(PQgetvalue(rows, row, column), NULL, 10);
}

static bool copy_failed(struct audit *a, PGconn *conn)
{
    return audit_fail(a, "copying: %s", PQerrorMessage(conn));
}

/* The COPY's own result, and the end of the statement. */
static bool ends_well(struct audit *a, PGconn *conn)
{
    bool good = true;
    PGresult *result;
    while ((result = PQgetResult(conn))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            good = copy_failed(a, conn);
        PQclear(result);
    }
    return good;
}

static bool starts(struct audit *a, PGconn *conn, const char *sql, ExecStatusType want)
{
    PGresult *result = PQexec(conn, sql);
    bool good = PQresultStatus(result) == want;
    PQclear(result);
    return good || copy_failed(a, conn);
}

bool audit_copy_begin(struct audit *a, const char *into)
{
    return starts(a, a->findings, into, PGRES_COPY_IN);
}

bool audit_copy_end(struct audit *a, bool good)
{
    bool sent = PQputCopyEnd(a->findings, good ? NULL : "the source failed") == 1;
    return good && (sent || copy_failed(a, a->findings)) && ends_well(a, a->findings);
}

/* Carries the rows of a COPY of the source over. */
static bool carry(struct audit *a)
{
    char *piece;
    int size;
    while ((size = PQgetCopyData(a->source, &piece, 0)) > 0) {
        int sent = PQputCopyData(a->findings, piece, size);
        PQfreemem(piece);
        if (sent != 1)
            return copy_failed(a, a->findings);
    }
    return size == -2 ? copy_failed(a, a->source) : ends_well(a, a->source);
}

bool audit_pipe(struct audit *a, const char *from, const char *into)
{
    return audit_copy_begin(a, into) && audit_copy_end(a, starts(a, a->source, from, PGRES_COPY_OUT) && carry(a));
}

static PGconn *connect_to(struct audit *a, const char *dsn, const char *what)
{
    PGconn *conn = PQconnectdb(dsn);
    if (PQstatus(conn) != CONNECTION_OK) {
        audit_fail(a, "%s: %s", what, PQerrorMessage(conn));
        PQfinish(conn);
        return NULL;
    }
    static const char SETTINGS[] = "SET search_path = pg_catalog, pg_temp; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, "
                                   "YMD'; SET IntervalStyle = 'postgres'; "
                                   "SET bytea_output = 'hex'; SET extra_float_digits = 1; SET client_min_messages = "
                                   "warning; SET client_encoding = 'UTF8'; "
                                   "SET default_transaction_read_only = off; SET jit = off; SET work_mem = '64MB'";
    PGresult *result = PQexec(conn, SETTINGS);
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    if (good)
        return conn;
    audit_fail(a, "%s: %s", what, PQerrorMessage(conn));
    PQfinish(conn);
    return NULL;
}

static bool refuse_writers(struct audit *a, PGconn *conn, const char *what)
{
    PGresult *rows = audit_query(a, conn, MAY_WRITE, AUDIT_NO_ARGS);
    if (!rows)
        return false;
    return PQntuples(rows) == 0 ||
           audit_fail(a,
                      "%s: role %s %s. An auditor that can write outside schema audit proves nothing: "
                      "use the role ch_audit",
                      what, PQuser(conn), PQgetvalue(rows, 0, 0));
}

/* Two audits at once: the second waits a minute. So does whatever else should ever wait for a lock, this audit's own
 * other session included: nothing hangs. */
static bool lock_findings(struct audit *a)
{
    if (!audit_query(a, a->findings, "BEGIN", AUDIT_NO_ARGS) ||
        !audit_query(a, a->findings, "SET LOCAL lock_timeout = '60s'", AUDIT_NO_ARGS))
        return false;
    return audit_query(a, a->findings,
                       "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('audit', 0))",
                       AUDIT_NO_ARGS) ||
           audit_fail(a, "another audit is running in this findings database; this one waited a minute");
}

/* The snapshot is taken behind the lock, so that progress never runs ahead of what was read, and behind what others
 * were asked of the log: it has grown since, and never shrunk. */
static bool take_snapshot(struct audit *a)
{
    if (!audit_query(a, a->source, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", AUDIT_NO_ARGS))
        return false;
    PGresult *rows = audit_query(
        a, a->source,
        "SELECT pg_catalog.clock_timestamp()::text, pg_catalog.to_char(pg_catalog.date_trunc('second', "
        "COALESCE($1::timestamptz, "
        "pg_catalog.clock_timestamp())), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), c.size, pg_catalog.encode(c.root, 'hex'), "
        "COALESCE((SELECT currency::text FROM governance.charter_in_force LIMIT 1), 'XXX') "
        "FROM (VALUES (1)) AS one LEFT JOIN (SELECT size, root FROM log.checkpoint ORDER BY size DESC LIMIT 1) AS c ON "
        "true",
        AUDIT_ARGS(a->options->as_of));
    if (!rows)
        return false;
    a->started = ch_strdup(a->arena, PQgetvalue(rows, 0, 0));
    a->as_of = ch_strdup(a->arena, PQgetvalue(rows, 0, 1));
    a->checkpoint_size = PQgetisnull(rows, 0, 2) ? -1 : audit_integer(rows, 0, 2);
    a->checkpoint_root = ch_strdup(a->arena, audit_text(rows, 0, 3));
    a->currency = ch_strdup(a->arena, PQgetvalue(rows, 0, 4));
    return true;
}

bool audit_open(struct audit *a)
{
    const struct audit_options *o = a->options;
    a->same = !o->findings || strcmp(o->findings, o->source) == 0;
    a->source = connect_to(a, o->source, "--source");
    if (!a->source || !refuse_writers(a, a->source, "--source"))
        return false;
    a->findings = connect_to(a, a->same ? o->source : o->findings, "--findings");
    if (!a->findings || (!a->same && !refuse_writers(a, a->findings, "--findings")))
        return false;
    return lock_findings(a) && audit_see_log(a) && take_snapshot(a);
}

const char *audit_snapshot(struct audit *a)
{
    PGresult *rows = audit_query(a, a->source, "SELECT pg_catalog.pg_export_snapshot()", AUDIT_NO_ARGS);
    return rows ? PQgetvalue(rows, 0, 0) : NULL;
}

bool audit_open_again(struct audit *a, const char *snapshot)
{
    const struct audit_options *o = a->options;
    a->source = connect_to(a, o->source, "--source");
    a->findings = a->source ? connect_to(a, a->same ? o->source : o->findings, "--findings") : NULL;
    return a->findings && audit_query(a, a->source, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", AUDIT_NO_ARGS) &&
           audit_query(a, a->source, ch_printf(a->arena, "SET TRANSACTION SNAPSHOT '%s'", snapshot), AUDIT_NO_ARGS) &&
           audit_query(a, a->findings, "BEGIN READ ONLY", AUDIT_NO_ARGS);
}

void audit_close(struct audit *a)
{
    PQfinish(a->source);
    PQfinish(a->findings);
}
