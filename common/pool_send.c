/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Into the pipeline: prepare on first use, query, Sync. libpq only fails here when the connection is lost or memory is
 * out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool_private.h"

static struct pool_slot *add_slot(struct pool_conn *conn, enum pool_slot_kind kind, struct pool_work *work)
{
    struct pool_slot *slot = calloc(1, sizeof(*slot));
    if (!slot)
        abort();
    slot->kind = kind;
    slot->work = work;
    /* Only when it becomes the first in the pipeline may single-row mode be chosen (pool_read.c does it for the rest).
     */
    bool first = conn->slots == NULL;
    *conn->slots_last = slot;
    conn->slots_last = &slot->next;
    if (first && kind == POOL_SLOT_QUERY && work->row)
        PQsetSingleRowMode(conn->pg);
    return slot;
}

/* Index of the statement in this session; -1: run it unprepared. *is_new: it must be prepared first. */
static int find_prepared(struct pool_conn *conn, const struct ch_statement *statement, bool *is_new)
{
    *is_new = false;
    if (!statement->name)
        return -1;
    for (int i = 0; i < conn->prepared_count; i++)
        if (conn->prepared[i] == statement->text)
            return i;
    if (conn->prepared_count == POOL_PREPARED_MAX)
        return -1;
    *is_new = true;
    conn->prepared[conn->prepared_count] = statement->text;
    return conn->prepared_count++;
}

static bool send_prepared(struct pool_conn *conn, struct pool_work *work, int index, bool is_new)
{
    char name[16];
    snprintf(name, sizeof(name), "s%d", index);
    if (is_new) {
        if (!PQsendPrepare(conn->pg, name, work->statement->text, 0, NULL))
            return false;
        add_slot(conn, POOL_SLOT_PREPARE, work)->prepared = index;
    }
    return PQsendQueryPrepared(conn->pg, name, work->nargs, (const char *const *)work->args, NULL, NULL,
                               work->statement->binary) == 1;
}

bool ch_pool_send(struct pool_conn *conn, struct pool_work *work)
{
    bool is_new;
    int index = find_prepared(conn, work->statement, &is_new);
    /* In the group from now on: if sending fails it is found there and judged as never synced. */
    ch_pool_append(&conn->group, work);
    conn->unsynced++;
    bool sent = index >= 0
                    ? send_prepared(conn, work, index, is_new)
                    : PQsendQueryParams(conn->pg, work->statement->text, work->nargs, NULL,
                                        (const char *const *)work->args, NULL, NULL, work->statement->binary) == 1;
    if (sent)
        add_slot(conn, POOL_SLOT_QUERY, work);
    return sent;
}

bool ch_pool_sync(struct pool_conn *conn)
{
    if (!PQpipelineSync(conn->pg))
        return false;
    add_slot(conn, POOL_SLOT_SYNC, NULL)->covers = conn->unsynced;
    conn->unsynced = 0;
    return true;
}

bool ch_pool_flush(struct pool_conn *conn)
{
    int left = PQflush(conn->pg);
    if (left < 0)
        return false;
    ch_pool_conn_watch(conn, left == 1);
    return true;
}
