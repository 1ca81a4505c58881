/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The blocking connection: worker, auditor, command line. One thread uses it at a time; HTTP roles never do. Statements
 * with a name are prepared once a session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/log.h"
#include "db_internal.h"

#define TRIES        5   /* of a statement that lost against a concurrent one */
#define PREPARED_MAX 512 /* statements of one session; over it they run unprepared */

struct ch_db {
    PGconn *conn;
    char error[512];
    const char *prepared[PREPARED_MAX]; /* texts, prepared as "s<index>" in this session */
    int prepared_count;
};

static void note(struct ch_db *db, const char *message)
{
    snprintf(db->error, sizeof(db->error), "%.*s", (int)strcspn(message, "\n"), message);
}

static bool in_transaction(const struct ch_db *db)
{
    PGTransactionStatusType status = PQtransactionStatus(db->conn);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

/* Prepared statements are the session's: a new one has none. */
static bool reconnect(struct ch_db *db)
{
    db->prepared_count = 0;
    PQreset(db->conn);
    if (PQstatus(db->conn) == CONNECTION_OK)
        return true;
    note(db, PQerrorMessage(db->conn));
    return false;
}

/* Index of the prepared statement, -1 where it runs unprepared; *failed gets the server's refusal to prepare. */
static int prepare(struct ch_db *db, const struct ch_statement *statement, PGresult **failed)
{
    *failed = NULL;
    for (int i = 0; i < db->prepared_count; i++)
        if (db->prepared[i] == statement->text)
            return i;
    if (!statement->name || db->prepared_count == PREPARED_MAX)
        return -1;
    char name[16];
    snprintf(name, sizeof(name), "s%d", db->prepared_count);
    PGresult *result = PQprepare(db->conn, name, statement->text, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        *failed = result;
        return -1;
    }
    PQclear(result);
    db->prepared[db->prepared_count] = statement->text;
    return db->prepared_count++;
}

static PGresult *execute(struct ch_db *db, const struct ch_statement *statement, const char *const *args, int nargs)
{
    PGresult *failed;
    int index = prepare(db, statement, &failed);
    if (failed)
        return failed;
    if (index < 0)
        return PQexecParams(db->conn, statement->text, nargs, NULL, args, NULL, NULL, 0);
    char name[16];
    snprintf(name, sizeof(name), "s%d", index);
    return PQexecPrepared(db->conn, name, nargs, args, NULL, NULL, 0);
}

/* Tens of milliseconds, growing and uneven, so that two losers do not meet again. */
static void wait_before(int attempt)
{
    struct timespec pause = {.tv_nsec = (5 + random() % 20) * 1000000L * (1L << attempt)};
    nanosleep(&pause, NULL);
}

/* May the statement be repeated after its connection was lost somewhere in it? */
static bool is_repeatable(const struct ch_statement *statement)
{
    return statement->read_only || statement->shape == CH_SHAPE_ANSWER;
}

static enum ch_fault fault_of(struct ch_db *db, const struct ch_statement *statement, enum ch_db_verdict verdict,
                              const PGresult *result)
{
    const char *message = PQresultErrorMessage(result);
    note(db, *message ? message : PQerrorMessage(db->conn));
    switch (verdict) {
    case CH_DB_FINE:
        return CH_FAULT_NONE;
    case CH_DB_AGAIN:
        return CH_FAULT_BUSY;
    case CH_DB_UNAVAILABLE:
        if (PQstatus(db->conn) == CONNECTION_OK)
            return CH_FAULT_UNAVAILABLE;
        return statement->read_only ? CH_FAULT_UNAVAILABLE : CH_FAULT_UNKNOWN;
    case CH_DB_PREPARE:
    case CH_DB_BUG:
        break;
    }
    ch_db_log_refusal(statement, result);
    return CH_FAULT_BUG;
}

/* True when the statement should be sent again; sees to the session first. */
static bool should_repeat(struct ch_db *db, const struct ch_statement *statement, enum ch_db_verdict verdict,
                          int attempt)
{
    if (attempt + 1 >= TRIES)
        return false;
    switch (verdict) {
    case CH_DB_AGAIN:
        wait_before(attempt);
        return true;
    case CH_DB_PREPARE:
        return attempt == 0 && reconnect(db);
    case CH_DB_UNAVAILABLE:
        return PQstatus(db->conn) != CONNECTION_OK && is_repeatable(statement) && attempt == 0 && reconnect(db);
    case CH_DB_FINE:
    case CH_DB_BUG:
        break;
    }
    return false;
}

PGresult *ch_db_run(struct ch_db *db, const struct ch_statement *statement, const char *const *args, int nargs,
                    enum ch_fault *fault)
{
    *fault = CH_FAULT_UNAVAILABLE;
    if (PQstatus(db->conn) != CONNECTION_OK && !reconnect(db))
        return NULL;
    bool alone = !in_transaction(db);
    for (int attempt = 0;; attempt++) {
        PGresult *result = execute(db, statement, args, nargs);
        enum ch_db_verdict verdict = ch_db_judge(result);
        if (verdict == CH_DB_FINE) {
            *fault = ch_db_shape_fits(statement, result) ? CH_FAULT_NONE : CH_FAULT_BUG;
            if (*fault == CH_FAULT_NONE)
                return result;
            PQclear(result);
            return NULL;
        }
        *fault = fault_of(db, statement, verdict, result);
        PQclear(result);
        if (!alone || !should_repeat(db, statement, verdict, attempt))
            return NULL;
    }
}

enum ch_fault ch_db_call(struct ch_db *db, struct ch_arena *arena, const struct ch_statement *statement,
                         const char *const *args, int nargs, struct ch_answer *answer)
{
    enum ch_fault fault;
    PGresult *result = ch_db_run(db, statement, args, nargs, &fault);
    if (!result)
        return fault;
    answer->outcome = ch_strdup(arena, PQgetvalue(result, 0, 0));
    answer->body = PQgetisnull(result, 0, 1) ? NULL : ch_strdup(arena, PQgetvalue(result, 0, 1));
    PQclear(result);
    return CH_FAULT_NONE;
}

/* Reads all results of the statement under way; rows go to `each` until it has had enough. */
static enum ch_fault drain(struct ch_db *db, const struct ch_statement *statement, ch_db_each *each, void *arg)
{
    enum ch_fault fault = CH_FAULT_NONE;
    bool wanted = true;
    for (PGresult *result = PQgetResult(db->conn); result; result = PQgetResult(db->conn)) {
        enum ch_db_verdict verdict = ch_db_judge(result);
        if (verdict != CH_DB_FINE)
            fault = fault_of(db, statement, verdict, result);
        else if (PQnfields(result) != statement->columns && !ch_db_shape_fits(statement, result))
            fault = CH_FAULT_BUG;
        else if (PQresultStatus(result) == PGRES_SINGLE_TUPLE && wanted && fault == CH_FAULT_NONE)
            wanted = each(arg, result);
        PQclear(result);
    }
    return fault;
}

enum ch_fault ch_db_stream(struct ch_db *db, const struct ch_statement *statement, const char *const *args, int nargs,
                           ch_db_each *each, void *arg)
{
    if (PQstatus(db->conn) != CONNECTION_OK && !reconnect(db))
        return CH_FAULT_UNAVAILABLE;
    if (!PQsendQueryParams(db->conn, statement->text, nargs, NULL, args, NULL, NULL, statement->binary)) {
        note(db, PQerrorMessage(db->conn));
        return CH_FAULT_UNAVAILABLE;
    }
    PQsetSingleRowMode(db->conn);
    return drain(db, statement, each, arg);
}

static enum ch_fault command(struct ch_db *db, const char *text)
{
    const struct ch_statement statement = {.text = text, .shape = CH_SHAPE_NONE};
    PGresult *result = PQexec(db->conn, text);
    enum ch_db_verdict verdict = ch_db_judge(result);
    enum ch_fault fault = fault_of(db, &statement, verdict, result);
    /* COMMIT of a failed transaction says ROLLBACK and no error. */
    if (fault == CH_FAULT_NONE && strcmp(text, "COMMIT") == 0 && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        note(db, "the transaction had failed and was rolled back");
        fault = CH_FAULT_BUG;
    }
    PQclear(result);
    return fault;
}

enum ch_fault ch_db_begin(struct ch_db *db)
{
    if (PQstatus(db->conn) != CONNECTION_OK && !reconnect(db))
        return CH_FAULT_UNAVAILABLE;
    return command(db, "BEGIN");
}

enum ch_fault ch_db_commit(struct ch_db *db)
{
    return command(db, "COMMIT");
}

void ch_db_rollback(struct ch_db *db)
{
    if (in_transaction(db))
        PQclear(PQexec(db->conn, "ROLLBACK"));
}

const char *ch_db_error(const struct ch_db *db)
{
    return db->error;
}

PGconn *ch_db_raw(struct ch_db *db)
{
    return db->conn;
}

void ch_db_close(struct ch_db *db)
{
    if (!db)
        return;
    PQfinish(db->conn);
    free(db);
}

struct ch_db *ch_db_open(const char *conninfo, char *error)
{
    struct ch_db *db = calloc(1, sizeof(*db));
    if (!db)
        abort();
    db->conn = PQconnectdb(conninfo);
    PQsetNoticeReceiver(db->conn, ch_db_notice, NULL);
    if (PQstatus(db->conn) == CONNECTION_OK)
        return db;
    note(db, PQerrorMessage(db->conn));
    snprintf(error, 512, "%s", db->error);
    ch_db_close(db);
    return NULL;
}
