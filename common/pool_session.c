/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A connection lent out for a transaction of several statements. */
#include <stdlib.h>

#include "pool_private.h"

static const struct ch_statement ROLLBACK = {.text = "ROLLBACK", .shape = CH_SHAPE_NONE};

void ch_pool_session_lend(struct pool_conn *conn, struct pool_work *work)
{
    struct ch_session *session = calloc(1, sizeof(*session));
    if (!session)
        abort();
    session->pool = conn->pool;
    session->conn = conn;
    conn->session = session;
    conn->state = POOL_LENT;
    ch_session_ready *ready = work->ready;
    void *arg = work->arg;
    free(work);
    ready(arg, CH_FAULT_NONE, session);
}

/* Nothing is under way. The owner may go on; once it has ended, the connection goes back clean. */
void ch_pool_session_settled(struct pool_conn *conn)
{
    struct ch_session *session = conn->session;
    if (!session->ended)
        return;
    if (PQtransactionStatus(conn->pg) != PQTRANS_IDLE) {
        struct pool_work *work = ch_pool_work_new(POOL_INTERNAL, &ROLLBACK, CH_NO_ARGS);
        if (!ch_pool_send(conn, work) || !ch_pool_sync(conn) || !ch_pool_flush(conn))
            ch_pool_conn_lost(conn, "sending failed");
        return;
    }
    conn->session = NULL;
    free(session);
    ch_pool_conn_idle(conn);
}

void ch_session_send(struct ch_session *session, const struct ch_statement *statement, const char *const *args,
                     int nargs, bool more, ch_session_row *row, ch_session_done *done, void *arg)
{
    struct pool_work *work = ch_pool_work_new(POOL_STATEMENT, statement, args, nargs);
    work->row = row;
    work->session_done = done;
    work->arg = arg;
    work->session = session;
    work->alone = true;
    session->pool->stats.statements++;
    struct pool_conn *conn = session->conn;
    if (!conn) {
        ch_pool_finish_later(session->pool, work, CH_FAULT_UNAVAILABLE);
        return;
    }
    if (conn->copy)
        abort(); /* its result comes first */
    if (!conn->slots)
        conn->heard_at = ch_pool_now();
    if (!ch_pool_send(conn, work) || (!more && !ch_pool_sync(conn)) || !ch_pool_flush(conn))
        ch_pool_conn_lost(conn, "sending failed");
}

/* Nobody listens any more to what is under way. */
static void silence(struct pool_list *list, const struct ch_session *session)
{
    for (struct pool_work *work = list->first; work; work = work->next) {
        if (work->session != session)
            continue;
        work->kind = POOL_SILENT;
        work->row = NULL;
    }
}

void ch_session_end(struct ch_session *session)
{
    struct pool_conn *conn = session->conn;
    session->ended = true;
    if (session->pool)
        silence(&session->pool->failed, session);
    if (!conn) {
        free(session);
        return;
    }
    silence(&conn->group, session);
    silence(&conn->settling, session);
    if (conn->copy)
        ch_pool_copy_silence(conn);
    else if (conn->unsynced > 0 && (!ch_pool_sync(conn) || !ch_pool_flush(conn)))
        ch_pool_conn_lost(conn, "sending failed");
    else if (!conn->slots)
        ch_pool_session_settled(conn);
}
