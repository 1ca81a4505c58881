/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The life of one connection: made without blocking, set up, lost, made again with growing pauses. What was under way
 * when it was lost is repeated where that is safe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/log.h"
#include "pool_private.h"

/* A transaction of ours never waits for anybody: one that idles is a bug, and holds locks. */
static const struct ch_statement SETTINGS = {
    .text = "SELECT pg_catalog.set_config('statement_timeout', $1, false), "
            "pg_catalog.set_config('idle_in_transaction_session_timeout', $2, false)",
    .shape = CH_SHAPE_ROWS,
    .columns = 2,
    .read_only = true};

static void unwatch(struct pool_conn *conn)
{
    if (conn->io)
        event_free(conn->io);
    conn->io = NULL;
}

static void start_later(struct pool_conn *conn)
{
    const struct timeval pause = ch_pool_jitter(conn->backoff_ms);
    evtimer_add(conn->again, &pause);
    conn->backoff_ms = conn->backoff_ms * 2 < POOL_BACKOFF_MAX_MS ? conn->backoff_ms * 2 : POOL_BACKOFF_MAX_MS;
}

/* May it be sent again? Never synced: nothing was committed. Synced: it may have been, so only what may run twice.
 * Whether to repeat a write is for the client, who has an Idempotency-Key for it or looks first. */
static bool is_repeatable(const struct pool_work *work, bool synced)
{
    if (work->kind != POOL_RUN || work->losses >= POOL_LOSSES_MAX)
        return false;
    return !synced || work->repeatable;
}

static void after_loss(struct ch_pool *pool, struct pool_work *work, bool synced)
{
    if (work->kind == POOL_INTERNAL || work->kind == POOL_SILENT) {
        ch_pool_finish(work, CH_FAULT_NONE, "", NULL);
        return;
    }
    if (!pool->closing && is_repeatable(work, synced)) {
        work->losses++;
        work->alone = true; /* should it be what kills connections, it takes no others along */
        ch_pool_requeue(pool, work, 0);
        return;
    }
    bool unknown = synced && !work->repeatable;
    ch_pool_finish_later(pool, work, unknown ? CH_FAULT_UNKNOWN : CH_FAULT_UNAVAILABLE);
}

static void drop(struct pool_conn *conn)
{
    struct pool_work *work, *copy = ch_pool_copy_drop(conn);
    struct pool_list group = conn->group;
    int synced = group.count - conn->unsynced;
    if (group.count == 0)
        group.last = &group.first;
    ch_pool_list_init(&conn->group);
    conn->unsynced = 0;
    while (conn->slots) {
        struct pool_slot *slot = conn->slots;
        conn->slots = slot->next;
        free(slot);
    }
    conn->slots_last = &conn->slots;
    conn->prepared_count = 0;
    conn->state = POOL_DOWN;
    unwatch(conn);
    PQfinish(conn->pg);
    conn->pg = NULL;
    if (conn->session && conn->session->ended)
        free(conn->session);
    else if (conn->session)
        conn->session->conn = NULL;
    conn->session = NULL;
    while ((work = ch_pool_take_first(&group)))
        after_loss(conn->pool, work, synced-- > 0);
    if (copy)
        after_loss(conn->pool, copy, true);
}

void ch_pool_conn_lost(struct pool_conn *conn, const char *why)
{
    char text[256];
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(why, "\n"), why);
    if (conn->state >= POOL_IDLE)
        ch_log(CH_LOG_WARN, "database connection lost; connecting again", "why", text, NULL);
    else if (conn == conn->pool->conns &&
             conn->backoff_ms == POOL_BACKOFF_MIN_MS) /* once, not for each and every try */
        ch_log(CH_LOG_WARN, "the database cannot be reached; trying until it can", "why", text, NULL);
    drop(conn);
    start_later(conn);
}

static void set_up(struct pool_conn *conn)
{
    char statement[24], idle[24];
    snprintf(statement, sizeof(statement), "%lld", (long long)conn->pool->statement_ms);
    snprintf(idle, sizeof(idle), "%lld", (long long)(conn->pool->statement_ms + POOL_GRACE_MS));
    PQsetnonblocking(conn->pg, 1);
    PQsetNoticeReceiver(conn->pg, ch_db_notice, NULL);
    conn->state = POOL_SETTING;
    conn->heard_at = ch_pool_now();
    struct pool_work *work = ch_pool_work_new(POOL_INTERNAL, &SETTINGS, CH_ARGS(statement, idle));
    if (!PQenterPipelineMode(conn->pg) || !ch_pool_send(conn, work) || !ch_pool_sync(conn) || !ch_pool_flush(conn))
        ch_pool_conn_lost(conn, PQerrorMessage(conn->pg));
}

static void on_io(evutil_socket_t fd, short what, void *arg);

static void watch(struct pool_conn *conn, short what)
{
    unwatch(conn);
    conn->fd = PQsocket(conn->pg);
    conn->watched = what;
    conn->io = event_new(conn->pool->base, conn->fd, what | EV_PERSIST, on_io, conn);
    if (!conn->io || event_add(conn->io, NULL) != 0)
        abort();
}

/* libpq may close the socket and open another one under the same number, so it is registered again each time. */
static void poll_connecting(struct pool_conn *conn)
{
    unwatch(conn);
    switch (PQconnectPoll(conn->pg)) {
    case PGRES_POLLING_READING:
        watch(conn, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        watch(conn, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        set_up(conn);
        break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        ch_pool_conn_lost(conn, PQerrorMessage(conn->pg));
        break;
    }
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct pool_conn *conn = arg;
    if (conn->state == POOL_CONNECTING)
        poll_connecting(conn);
    else
        ch_pool_read(conn);
}

static void start(struct pool_conn *conn)
{
    conn->pg = PQconnectStart(conn->pool->conninfo);
    if (!conn->pg)
        abort();
    conn->state = POOL_CONNECTING;
    conn->heard_at = ch_pool_now();
    if (PQstatus(conn->pg) == CONNECTION_BAD)
        ch_pool_conn_lost(conn, PQerrorMessage(conn->pg));
    else
        watch(conn, EV_WRITE);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    start(arg);
}

void ch_pool_conn_watch(struct pool_conn *conn, bool write)
{
    short wanted = write ? EV_READ | EV_WRITE : EV_READ;
    if (!conn->io || conn->watched != wanted || conn->fd != PQsocket(conn->pg))
        watch(conn, wanted);
}

void ch_pool_conn_idle(struct pool_conn *conn)
{
    if (conn->state == POOL_SETTING) {
        conn->pool->stats.reconnects++;
        conn->backoff_ms = POOL_BACKOFF_MIN_MS;
    }
    conn->state = POOL_IDLE;
    ch_pool_kick(conn->pool);
}

/* The server ends statements at statement_ms; when not even that is heard, machine or network are gone. */
void ch_pool_conn_check(struct pool_conn *conn, int64_t now)
{
    int64_t silent = now - conn->heard_at;
    if (conn->state == POOL_CONNECTING && silent > POOL_CONNECT_MS)
        ch_pool_conn_lost(conn, "connecting took too long");
    else if ((conn->slots || conn->copy) && silent > conn->pool->statement_ms + POOL_GRACE_MS)
        ch_pool_conn_lost(conn, "the server fell silent");
}

void ch_pool_conn_init(struct ch_pool *pool, struct pool_conn *conn)
{
    conn->pool = pool;
    conn->slots_last = &conn->slots;
    conn->backoff_ms = POOL_BACKOFF_MIN_MS;
    ch_pool_list_init(&conn->group);
    ch_pool_list_init(&conn->settling);
    conn->again = evtimer_new(pool->base, on_again, conn);
    if (!conn->again)
        abort();
    start(conn);
}

void ch_pool_conn_free(struct pool_conn *conn)
{
    if (conn->session)
        conn->session->pool = NULL;
    drop(conn);
    event_free(conn->again);
}
