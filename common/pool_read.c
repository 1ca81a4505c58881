/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Out of the pipeline: results to their slots, and at each Sync the verdict over the work in front of it. */
#include <stdlib.h>
#include <string.h>

#include "commonhold/log.h"
#include "pool_private.h"

static void pop_slot(struct pool_conn *conn)
{
    struct pool_slot *slot = conn->slots;
    conn->slots = slot->next;
    if (!conn->slots)
        conn->slots_last = &conn->slots;
    free(slot);
    /* The next query's results begin: the only moment at which libpq takes the mode. */
    slot = conn->slots;
    if (slot && slot->kind == POOL_SLOT_QUERY && slot->work->row)
        PQsetSingleRowMode(conn->pg);
}

/* The first refusal stays: it says why; what comes behind it only says that it was skipped. */
static void keep_result(struct pool_work *work, PGresult *result)
{
    if (work->result && ch_db_judge(work->result) != CH_DB_FINE) {
        PQclear(result);
        return;
    }
    PQclear(work->result);
    work->result = result;
}

/* A name that was not prepared after all, or whose plan is out of date, is used up: a later use takes another. */
static void forget_prepared(struct pool_conn *conn, const char *text)
{
    for (int i = 0; i < conn->prepared_count; i++)
        if (conn->prepared[i] == text)
            conn->prepared[i] = "";
}

static void take_prepare(struct pool_conn *conn, PGresult *result)
{
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
        PQclear(result);
        return;
    }
    conn->prepared[conn->slots->prepared] = "";
    keep_result(conn->slots->work, result);
}

static void take_query(struct pool_work *work, PGresult *result)
{
    if (PQresultStatus(result) != PGRES_SINGLE_TUPLE || !work->row) {
        keep_result(work, result);
        return;
    }
    if (work->statement->shape != CH_SHAPE_ROWS || PQnfields(result) == work->statement->columns)
        work->row(work->arg, result);
    PQclear(result);
}

static bool is_aborted(const struct pool_work *work)
{
    return work->result && PQresultStatus(work->result) == PGRES_PIPELINE_ABORTED;
}

/* Its own refusal, else the one said at the Sync. */
static const PGresult *refusal_of(const struct pool_conn *conn, const struct pool_work *work)
{
    if (!work->result || ch_db_judge(work->result) != CH_DB_FINE)
        return work->result;
    return conn->sync_error;
}

static enum ch_fault fault_of(const struct pool_work *work, const PGresult *refusal)
{
    switch (refusal ? ch_db_judge(refusal) : CH_DB_UNAVAILABLE) {
    case CH_DB_FINE:
        return CH_FAULT_NONE;
    case CH_DB_AGAIN:
        return CH_FAULT_BUSY;
    case CH_DB_UNAVAILABLE:
        if (refusal)
            ch_db_log_refusal(work->statement, refusal);
        return CH_FAULT_UNAVAILABLE;
    case CH_DB_PREPARE:
    case CH_DB_BUG:
        break;
    }
    ch_db_log_refusal(work->statement, refusal);
    return CH_FAULT_BUG;
}

/* Requeues what is worth another try; false when the refusal is final. */
static bool try_again(struct pool_conn *conn, struct pool_work *work, const PGresult *refusal)
{
    struct ch_pool *pool = conn->pool;
    if (is_aborted(work)) {
        /* A neighbour's error took it along: it did nothing, and goes again on its own. */
        work->alone = true;
        ch_pool_requeue(pool, work, 0);
        return true;
    }
    enum ch_db_verdict verdict = refusal ? ch_db_judge(refusal) : CH_DB_UNAVAILABLE;
    if ((verdict != CH_DB_AGAIN && verdict != CH_DB_PREPARE) || ++work->conflicts >= POOL_CONFLICTS_MAX)
        return false;
    if (verdict == CH_DB_PREPARE)
        forget_prepared(conn, work->statement->text);
    work->alone = true;
    struct timeval pause = ch_pool_jitter(INT64_C(5) << work->conflicts);
    ch_pool_requeue(pool, work, verdict == CH_DB_AGAIN ? pause.tv_usec / 1000 + 1 : 0);
    return true;
}

static void settle_run(struct pool_conn *conn, struct pool_work *work)
{
    const PGresult *refusal = refusal_of(conn, work);
    if (refusal || !work->result) {
        if (try_again(conn, work, refusal))
            return;
        conn->pool->stats.faults++;
        ch_pool_finish(work, fault_of(work, refusal), "", NULL);
        return;
    }
    bool fits = ch_db_shape_fits(work->statement, work->result);
    conn->pool->stats.faults += !fits;
    ch_pool_finish(work, fits ? CH_FAULT_NONE : CH_FAULT_BUG, "", work->result);
}

/* COMMIT of a transaction that has failed is no error to the server: it says ROLLBACK. To us it is one. */
static bool is_rolled_back(const struct pool_work *work)
{
    return strcmp(PQcmdStatus(work->result), "ROLLBACK") == 0 && strncmp(work->statement->text, "ROLLBACK", 8) != 0;
}

static void settle_statement(struct pool_conn *conn, struct pool_work *work)
{
    const PGresult *refusal = refusal_of(conn, work);
    if (!refusal && work->result && is_rolled_back(work)) {
        conn->pool->stats.faults++;
        ch_pool_finish(work, CH_FAULT_UNAVAILABLE, "25P02", NULL);
        return;
    }
    if (!refusal && work->result) {
        bool rows = work->statement->shape == CH_SHAPE_ROWS && work->row;
        bool fits = rows ? PQnfields(work->result) == work->statement->columns
                         : ch_db_shape_fits(work->statement, work->result);
        ch_pool_finish(work, fits ? CH_FAULT_NONE : CH_FAULT_BUG, fits ? "" : "XX000", work->result);
        return;
    }
    conn->pool->stats.faults++;
    if (is_aborted(work)) {
        ch_pool_finish(work, CH_FAULT_UNAVAILABLE, "25P02", NULL);
        return;
    }
    char state[6] = "";
    strncat(state, refusal ? ch_db_sqlstate(refusal) : "", sizeof(state) - 1);
    ch_pool_finish(work, fault_of(work, refusal), state, NULL);
}

/* False when the connection is of no use after it: its settings or its ROLLBACK failed. */
static bool settle_internal(struct pool_conn *conn, struct pool_work *work)
{
    bool fine = !refusal_of(conn, work) && work->result;
    ch_pool_finish(work, CH_FAULT_NONE, "", NULL);
    return fine;
}

static void after_sync(struct pool_conn *conn, bool usable)
{
    if (!conn->pg)
        return; /* a callback found it lost */
    if (!usable) {
        ch_pool_conn_lost(conn, "the session cannot be set up or cleaned");
        return;
    }
    if (conn->slots || conn->copy)
        return;
    if (conn->state == POOL_LENT)
        ch_pool_session_settled(conn);
    else if (conn->state == POOL_BUSY || conn->state == POOL_SETTING)
        ch_pool_conn_idle(conn);
}

/* Callbacks may queue more on this very connection, so the work leaves the connection before the first is called. */
static void settle(struct pool_conn *conn)
{
    struct pool_work *work;
    bool usable = true;
    for (int covers = conn->slots->covers; covers > 0; covers--)
        ch_pool_append(&conn->settling, ch_pool_take_first(&conn->group));
    pop_slot(conn);
    while ((work = ch_pool_take_first(&conn->settling))) {
        if (work->kind == POOL_RUN)
            settle_run(conn, work);
        else if (work->kind == POOL_STATEMENT)
            settle_statement(conn, work);
        else if (work->kind == POOL_SILENT)
            ch_pool_finish(work, CH_FAULT_NONE, "", NULL);
        else
            usable = settle_internal(conn, work) && usable;
    }
    PQclear(conn->sync_error);
    conn->sync_error = NULL;
    after_sync(conn, usable);
}

/* One result, or the NULL between two. False when the connection is gone. */
static bool take_one(struct pool_conn *conn)
{
    PGresult *result = PQgetResult(conn->pg);
    enum pool_slot_kind kind = conn->slots->kind;
    if (PQstatus(conn->pg) == CONNECTION_BAD || (!result && kind == POOL_SLOT_SYNC && !conn->sync_error)) {
        PQclear(result);
        ch_pool_conn_lost(conn, "lost while reading");
        return false;
    }
    if (!result) {
        if (kind != POOL_SLOT_SYNC)
            pop_slot(conn);
    } else if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        settle(conn);
    } else if (kind == POOL_SLOT_SYNC) {
        PQclear(conn->sync_error);
        conn->sync_error = result;
    } else if (kind == POOL_SLOT_PREPARE) {
        take_prepare(conn, result);
    } else {
        take_query(conn->slots->work, result);
    }
    return conn->pg != NULL;
}

void ch_pool_read(struct pool_conn *conn)
{
    if (conn->copy) {
        ch_pool_copy_go(conn);
        return;
    }
    conn->heard_at = ch_pool_now();
    if (!PQconsumeInput(conn->pg)) {
        ch_pool_conn_lost(conn, PQerrorMessage(conn->pg));
        return;
    }
    while (conn->slots && !PQisBusy(conn->pg))
        if (!take_one(conn))
            return;
    if (!ch_pool_flush(conn))
        ch_pool_conn_lost(conn, "lost while sending");
}
