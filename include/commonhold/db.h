/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PostgreSQL, twice: an asynchronous pool in pipeline mode on the event loop for the HTTP roles, and its blocking
 * twin for the worker, the auditor and the command line. Both speak in statements that say which shape they expect.
 *
 * A write is one SQL function that answers one row (outcome text, body jsonb). An error from the server is never
 * an outcome. SQLSTATE classes 08, 53, 57 (statement_timeout among them), 58 and 55P03 are faults (logged, 503); 40001
 * and 40P01 are retried, five tries in all, then a fault; every other is a bug of ours (logged, 500). The whole table
 * is in docs/architecture.md, section 10; the lists in common/db_judge.c. */
#ifndef COMMONHOLD_DB_H
#define COMMONHOLD_DB_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

enum ch_shape {
    CH_SHAPE_ANSWER, /* exactly one row (outcome text, body jsonb) */
    CH_SHAPE_ROWS,   /* any number of rows, `columns` columns */
    CH_SHAPE_NONE    /* a command without rows */
};

struct ch_statement {
    const char *name; /* unique; NULL: prepared without a name, for text made at run time */
    const char *text;
    enum ch_shape shape;
    int columns;    /* CH_SHAPE_ROWS */
    bool read_only; /* may share a Sync with other reads, is repeated after a lost connection */
    bool binary;    /* the asynchronous pool and ch_db_stream alone: results in PostgreSQL's binary format */
};

/* A write or a check by SQL function: CH_FUNCTION(submit_application, "licensing.submit_application",
 * "$1::uuid, $2::text, $3::jsonb") declares `static const struct ch_statement submit_application`. */
#define CH_FUNCTION(ident, function, args)                                                                             \
    static const struct ch_statement ident = {                                                                         \
        .name = function, .text = "SELECT outcome, body FROM " function "(" args ")", .shape = CH_SHAPE_ANSWER}
/* A read by SQL function: as CH_FUNCTION, and may share a Sync. */
#define CH_READ(ident, function, args)                                                                                 \
    static const struct ch_statement ident = {.name = function,                                                        \
                                              .text = "SELECT outcome, body FROM " function "(" args ")",              \
                                              .shape = CH_SHAPE_ANSWER,                                                \
                                              .read_only = true}
/* Plain queries live in sql/queries/<role>/<name>.sql and become `extern const struct ch_statement
 * ch_sql_<role>_<name>` in gen/sql.h. Their first line is `-- shape: answer` or `-- shape: rows N`. */

/* Arguments: text format, NULL is SQL NULL: ch_call(req, &stmt, CH_ARGS(a, b)). At most 32. */
#define CH_ARGS(...)                                                                                                   \
    ((const char *const[]){__VA_ARGS__}), (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
#define CH_NO_ARGS NULL, 0

/* What came back for CH_SHAPE_ANSWER; texts live in the arena given with the call. */
struct ch_answer {
    const char *outcome; /* slug */
    const char *body;    /* JSON text, NULL when SQL NULL */
};

/* ---- asynchronous pool: HTTP roles only; every callback runs on the loop that owns the pool ---- */

struct event_base;
struct ch_pool;

enum ch_fault {
    CH_FAULT_NONE,
    CH_FAULT_BUSY,        /* wait queue full, or deadline passed while waiting: 503 with Retry-After */
    CH_FAULT_UNAVAILABLE, /* no connection */
    CH_FAULT_UNKNOWN,     /* the connection was lost behind a write: it may or may not have happened (repeat is safe) */
    CH_FAULT_BUG          /* the server refused the statement, or the shape was wrong: 500, logged */
};

struct ch_pool_options {
    const char *conninfo;      /* with user, dbname, passfile */
    int connections;           /* 1 to 32 */
    int queue_max;             /* waiting requests, over it CH_FAULT_BUSY at once */
    int64_t wait_ms;           /* longest wait in the queue */
    int64_t statement_ms;      /* statement_timeout of the session */
    const char *const *listen; /* channels, NULL-ended, may be NULL */
    void (*notified)(void *arg, const char *channel, const char *payload);
    void (*connected)(void *arg, bool up); /* listener state: caches keyed on NOTIFY must know. May be NULL */
    void *arg;
};

struct ch_pool *ch_pool_new(struct event_base *base, const struct ch_pool_options *options);
void ch_pool_free(struct ch_pool *pool);
/* True when at least one connection is usable: for /readyz. */
bool ch_pool_ready(const struct ch_pool *pool);
struct ch_pool_stats {
    uint64_t statements, faults, retries, reconnects;
    int connections, idle, waiting;
};
void ch_pool_stats(const struct ch_pool *pool, struct ch_pool_stats *stats);

/* One statement, one transaction. `done` is called exactly once, never from inside ch_pool_run. `result` is valid
 * during the call only; NULL with a fault. Arguments are copied. */
typedef void ch_pool_done(void *arg, enum ch_fault fault, const PGresult *result);
void ch_pool_run(struct ch_pool *pool, const struct ch_statement *statement, const char *const *args, int nargs,
                 ch_pool_done *done, void *arg);
/* As ch_pool_run, for a statement that may run twice though it is not marked read_only (what a GET asks for): it too is
 * repeated, at most twice, after a lost connection. A write is not: it ends in CH_FAULT_UNKNOWN, and whether to repeat
 * it is for the client. */
void ch_pool_run_repeatable(struct ch_pool *pool, const struct ch_statement *statement, const char *const *args,
                            int nargs, ch_pool_done *done, void *arg);

/* A connection of one's own for a transaction of several statements (deliveries). Between ch_session_begin's callback
 * and ch_session_end the session must always have a statement under way: it is never held while waiting for a
 * client. Ending inside a failed or open transaction rolls back first. No callback comes after ch_session_end; the pool
 * outlives its sessions. */
struct ch_session;
typedef void ch_session_ready(void *arg, enum ch_fault fault, struct ch_session *session);
void ch_session_begin(struct ch_pool *pool, ch_session_ready *ready, void *arg);
/* Queues a statement; several may be queued one behind another (pipeline), each with its own Sync unless `more`, in
 * which case it shares the Sync of the next one. `row` (may be NULL) is called per row in single-row mode;
 * `done` once, in order, with the SQLSTATE ("" when fine). */
typedef void ch_session_row(void *arg, const PGresult *row);
typedef void ch_session_done(void *arg, enum ch_fault fault, const char *sqlstate, const PGresult *last);
void ch_session_send(struct ch_session *session, const struct ch_statement *statement, const char *const *args,
                     int nargs, bool more, ch_session_row *row, ch_session_done *done, void *arg);
/* COPY ... FROM STDIN: sends the statement's text, without parameters and not prepared (so BEGIN may stand in front of
 * it), and then `bytes`, which belong to the caller and live until `done` or ch_session_end. Only where nothing is
 * under way, and nothing may be sent before `done`, which comes once and never from inside. A refusal of class 23 (a
 * constraint) is CH_FAULT_BUG with its SQLSTATE and is not logged: the caller knows what it means. */
void ch_session_copy(struct ch_session *session, const struct ch_statement *statement, const void *bytes, size_t size,
                     ch_session_done *done, void *arg);
void ch_session_end(struct ch_session *session);

/* ---- blocking twin ---- */

struct ch_db;
/* NULL with a message in `error` (512 bytes). */
struct ch_db *ch_db_open(const char *conninfo, char *error);
void ch_db_close(struct ch_db *db);
PGconn *ch_db_raw(struct ch_db *db);

/* Runs a CH_SHAPE_ANSWER statement, retrying 40001 and 40P01 up to five times when outside an explicit transaction. */
enum ch_fault ch_db_call(struct ch_db *db, struct ch_arena *arena, const struct ch_statement *statement,
                         const char *const *args, int nargs, struct ch_answer *answer);
/* Any shape; the caller PQclears. NULL with *fault. */
PGresult *ch_db_run(struct ch_db *db, const struct ch_statement *statement, const char *const *args, int nargs,
                    enum ch_fault *fault);
/* Row by row in constant memory; `each` returning false stops reading (the rest is drained). */
typedef bool ch_db_each(void *arg, const PGresult *row);
enum ch_fault ch_db_stream(struct ch_db *db, const struct ch_statement *statement, const char *const *args, int nargs,
                           ch_db_each *each, void *arg);
enum ch_fault ch_db_begin(struct ch_db *db);
enum ch_fault ch_db_commit(struct ch_db *db);
void ch_db_rollback(struct ch_db *db);
/* Message of the last fault on this connection, for operators. */
const char *ch_db_error(const struct ch_db *db);

/* ---- the one place that builds identifiers ---- */

/* `name` when it matches [a-z][a-z0-9_]{0,62}, in double quotes; NULL otherwise. In the arena. */
const char *ch_sql_identifier(struct ch_arena *arena, const char *name);
/* pooldata."p_<26 base32 lower-case>" of a pool's UUID text; NULL when it is no UUID. */
const char *ch_sql_pool_table(struct ch_arena *arena, const char *pool_id);

#endif
