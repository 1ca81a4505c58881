/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* COPY ... FROM STDIN on a lent connection. A pipeline takes no COPY, so the connection leaves pipeline mode for as
 * long. Nothing blocks: bytes go to libpq in pieces, the next when the kernel has taken the last, so that a COPY of any
 * length costs one piece of memory beside the caller's own. */
#include <stdlib.h>
#include <string.h>

#include "pool_private.h"

#define PIECE ((size_t)64 * 1024)

enum copy_step {
    COPY_ASKED,   /* the statement is sent, the server has not said that it takes bytes */
    COPY_SENDING, /* the server listens; what it says meanwhile is read behind the last byte */
    COPY_ENDING   /* all is sent */
};

struct pool_copy {
    enum copy_step step;
    struct pool_work *work; /* POOL_STATEMENT; POOL_SILENT once its session has ended, and then bytes are gone */
    const char *bytes;
    size_t size, sent;
};

/* The first refusal stays: it says why. */
static void keep_result(struct pool_work *work, PGresult *result)
{
    if (work->result && ch_db_judge(work->result) != CH_DB_FINE) {
        PQclear(result);
        return;
    }
    PQclear(work->result);
    work->result = result;
}

/* A row that breaks a constraint is an answer here: whoever copies knows what it means. */
static enum ch_fault judge(const struct pool_work *work)
{
    switch (ch_db_judge(work->result)) {
    case CH_DB_FINE:
        return CH_FAULT_NONE;
    case CH_DB_AGAIN:
        return CH_FAULT_BUSY;
    case CH_DB_UNAVAILABLE:
        ch_db_log_refusal(work->statement, work->result);
        return CH_FAULT_UNAVAILABLE;
    case CH_DB_PREPARE:
    case CH_DB_BUG:
        break;
    }
    if (strncmp(ch_db_sqlstate(work->result), "23", 2) != 0)
        ch_db_log_refusal(work->statement, work->result);
    return CH_FAULT_BUG;
}

/* All results are in: back into pipeline mode, and the word to the owner, who may go on at once. */
static void finish(struct pool_conn *conn)
{
    struct pool_work *work = conn->copy->work;
    if (!work->result || !PQenterPipelineMode(conn->pg)) {
        ch_pool_conn_lost(conn, "lost behind a COPY");
        return;
    }
    bool ended = conn->session->ended;
    enum ch_fault fault = judge(work);
    char state[6] = "";
    strncat(state, fault == CH_FAULT_NONE ? "" : ch_db_sqlstate(work->result), sizeof(state) - 1);
    conn->pool->stats.faults += fault != CH_FAULT_NONE;
    free(conn->copy);
    conn->copy = NULL;
    ch_pool_finish(work, fault, state, work->result);
    if (ended)
        ch_pool_session_settled(conn);
}

/* One piece, or the end, into a buffer that is empty. False when the connection is lost, or memory is out. */
static bool send_piece(struct pool_conn *conn)
{
    struct pool_copy *copy = conn->copy;
    bool given_up = copy->work->kind == POOL_SILENT;
    if (given_up || copy->sent == copy->size) {
        int ended = PQputCopyEnd(conn->pg, given_up ? "given up" : NULL);
        if (ended > 0)
            copy->step = COPY_ENDING;
        return ended > 0;
    }
    size_t size = copy->size - copy->sent < PIECE ? copy->size - copy->sent : PIECE;
    int taken = PQputCopyData(conn->pg, copy->bytes + copy->sent, (int)size);
    if (taken > 0)
        copy->sent += size;
    return taken > 0;
}

/* Pieces until the kernel takes no more; then the socket says when to go on. False when the connection is lost. */
static bool send_pieces(struct pool_conn *conn)
{
    int left;
    while ((left = PQflush(conn->pg)) == 0 && conn->copy->step == COPY_SENDING)
        if (!send_piece(conn))
            return false;
    if (left < 0)
        return false;
    ch_pool_conn_watch(conn, left == 1);
    return true;
}

/* What the server says, except while it takes bytes. True with the last of it: then `finish`. */
static bool take_results(struct pool_conn *conn)
{
    struct pool_copy *copy = conn->copy;
    while (copy->step != COPY_SENDING && PQstatus(conn->pg) != CONNECTION_BAD && !PQisBusy(conn->pg)) {
        PGresult *result = PQgetResult(conn->pg);
        if (!result)
            return true;
        if (PQresultStatus(result) == PGRES_COPY_IN) {
            PQclear(result);
            copy->step = COPY_SENDING;
        } else {
            keep_result(copy->work, result);
        }
    }
    return false;
}

void ch_pool_copy_go(struct pool_conn *conn)
{
    conn->heard_at = ch_pool_now();
    if (!PQconsumeInput(conn->pg)) {
        ch_pool_conn_lost(conn, PQerrorMessage(conn->pg));
        return;
    }
    bool over = take_results(conn);
    bool fine = PQstatus(conn->pg) != CONNECTION_BAD && send_pieces(conn);
    /* A refusal that came while bytes went is in libpq's buffer already: the socket will not say so again. */
    over = over || (fine && take_results(conn));
    if (!fine || PQstatus(conn->pg) == CONNECTION_BAD)
        ch_pool_conn_lost(conn, "lost during a COPY");
    else if (over)
        finish(conn);
}

struct pool_work *ch_pool_copy_drop(struct pool_conn *conn)
{
    struct pool_work *work = conn->copy ? conn->copy->work : NULL;
    free(conn->copy);
    conn->copy = NULL;
    return work;
}

void ch_pool_copy_silence(struct pool_conn *conn)
{
    if (!conn->copy)
        return;
    conn->copy->work->kind = POOL_SILENT;
    if (conn->copy->step == COPY_SENDING)
        ch_pool_copy_go(conn);
}

void ch_session_copy(struct ch_session *session, const struct ch_statement *statement, const void *bytes, size_t size,
                     ch_session_done *done, void *arg)
{
    struct pool_conn *conn = session->conn;
    struct pool_work *work = ch_pool_work_new(POOL_STATEMENT, statement, CH_NO_ARGS);
    work->session_done = done;
    work->arg = arg;
    work->session = session;
    session->pool->stats.statements++;
    if (!conn) {
        ch_pool_finish_later(session->pool, work, CH_FAULT_UNAVAILABLE);
        return;
    }
    if (conn->slots || conn->copy)
        abort(); /* something is under way */
    conn->copy = calloc(1, sizeof(*conn->copy));
    if (!conn->copy)
        abort();
    *conn->copy = (struct pool_copy){.work = work, .bytes = bytes, .size = size};
    conn->heard_at = ch_pool_now();
    if (!PQexitPipelineMode(conn->pg) || !PQsendQuery(conn->pg, statement->text) || !ch_pool_flush(conn))
        ch_pool_conn_lost(conn, "sending failed");
}
