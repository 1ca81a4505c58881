/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pool's front: the queue, who gets the next connection, deadlines. What happens on a connection is in pool_conn.c
 * (its life), pool_send.c and pool_read.c (its pipeline), pool_session.c and pool_listen.c. */
#include <stdlib.h>
#include <string.h>

#include "pool_private.h"

#define CONNECTION_FAILURE "08006" /* SQLSTATE of what never reached, or never came back from, the server */

static bool is_shared_read(const struct pool_work *work)
{
    return work->kind == POOL_RUN && !work->alone;
}

/* Takes up to `share` reads out of the queue, wherever they stand, and sends them behind one Sync. */
static bool send_reads(struct pool_conn *conn, int share)
{
    struct pool_list rest;
    struct pool_work *work;
    bool fine = true;
    ch_pool_list_init(&rest);
    while ((work = ch_pool_take_first(&conn->pool->waiting))) {
        if (share > 0 && fine && is_shared_read(work)) {
            share--;
            fine = ch_pool_send(conn, work);
        } else {
            ch_pool_append(&rest, work);
        }
    }
    conn->pool->waiting = rest;
    if (!rest.first)
        conn->pool->waiting.last = &conn->pool->waiting.first;
    return fine && ch_pool_sync(conn);
}

static int count_reads(const struct ch_pool *pool)
{
    int count = 0;
    for (const struct pool_work *work = pool->waiting.first; work; work = work->next)
        count += is_shared_read(work);
    return count;
}

static int count_idle(const struct ch_pool *pool)
{
    int count = 0;
    for (int i = 0; i < pool->connections; i++)
        count += pool->conns[i].state == POOL_IDLE;
    return count;
}

static struct pool_conn *find_idle(struct ch_pool *pool)
{
    for (int i = 0; i < pool->connections; i++)
        if (pool->conns[i].state == POOL_IDLE)
            return &pool->conns[i];
    return NULL;
}

/* The first in the queue gets the connection; reads take along others so that all idle connections get a fair share. */
static void give_work(struct ch_pool *pool, struct pool_conn *conn)
{
    conn->heard_at = ch_pool_now();
    if (pool->waiting.first->kind == POOL_SESSION) {
        ch_pool_session_lend(conn, ch_pool_take_first(&pool->waiting));
        return;
    }
    conn->state = POOL_BUSY;
    bool fine;
    if (is_shared_read(pool->waiting.first)) {
        int idle = count_idle(pool) + 1;
        int share = (count_reads(pool) + idle - 1) / idle;
        fine = send_reads(conn, share < POOL_GROUP_MAX ? share : POOL_GROUP_MAX);
    } else {
        fine = ch_pool_send(conn, ch_pool_take_first(&pool->waiting)) && ch_pool_sync(conn);
    }
    if (!fine || !ch_pool_flush(conn))
        ch_pool_conn_lost(conn, "sending failed");
}

static void on_kick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct ch_pool *pool = arg;
    struct pool_work *work;
    /* Only those that are here now: a callback that fails again at once must not keep the loop here. */
    for (int count = pool->failed.count; count > 0 && (work = ch_pool_take_first(&pool->failed)); count--)
        ch_pool_finish(work, work->fault, CONNECTION_FAILURE, NULL);
    struct pool_conn *conn;
    while (pool->waiting.first && (conn = find_idle(pool)))
        give_work(pool, conn);
    if (pool->failed.first)
        ch_pool_kick(pool);
}

/* Deadlines hold for those that wait; with no connection at all the answer says so. */
static void expire(struct ch_pool *pool, int64_t now)
{
    struct pool_list kept;
    struct pool_work *work;
    enum ch_fault fault = ch_pool_ready(pool) ? CH_FAULT_BUSY : CH_FAULT_UNAVAILABLE;
    ch_pool_list_init(&kept);
    struct pool_list late;
    ch_pool_list_init(&late);
    while ((work = ch_pool_take_first(&pool->waiting)))
        ch_pool_append(work->deadline <= now ? &late : &kept, work);
    while ((work = ch_pool_take_first(&kept)))
        ch_pool_append(&pool->waiting, work);
    while ((work = ch_pool_take_first(&late)))
        ch_pool_finish_later(pool, work, fault);
}

static void wake_delayed(struct ch_pool *pool, int64_t now)
{
    int count = pool->delayed.count;
    while (count-- > 0) {
        struct pool_work *work = ch_pool_take_first(&pool->delayed);
        if (work->not_before > now) {
            ch_pool_append(&pool->delayed, work);
        } else {
            ch_pool_prepend(&pool->waiting, work);
            ch_pool_kick(pool);
        }
    }
}

static void arm_tick(struct ch_pool *pool)
{
    const struct timeval after = {.tv_usec = POOL_TICK_MS * 1000};
    if (!evtimer_pending(pool->tick, NULL))
        evtimer_add(pool->tick, &after);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct ch_pool *pool = arg;
    int64_t now = ch_pool_now();
    wake_delayed(pool, now);
    expire(pool, now);
    if (pool->waiting.first || pool->delayed.first)
        arm_tick(pool);
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct ch_pool *pool = arg;
    int64_t now = ch_pool_now();
    for (int i = 0; i < pool->connections; i++)
        ch_pool_conn_check(&pool->conns[i], now);
    ch_pool_listen_check(pool, now);
}

void ch_pool_kick(struct ch_pool *pool)
{
    if (!pool->closing)
        event_active(pool->kick, EV_TIMEOUT, 1);
}

void ch_pool_requeue(struct ch_pool *pool, struct pool_work *work, int64_t delay_ms)
{
    int64_t now = ch_pool_now();
    pool->stats.retries++;
    PQclear(work->result);
    work->result = NULL;
    work->deadline = now + delay_ms + pool->wait_ms;
    if (pool->closing) {
        ch_pool_finish(work, CH_FAULT_UNAVAILABLE, "", NULL);
        return;
    }
    if (delay_ms > 0) {
        work->not_before = now + delay_ms;
        ch_pool_append(&pool->delayed, work);
    } else {
        ch_pool_prepend(&pool->waiting, work);
        ch_pool_kick(pool);
    }
    arm_tick(pool);
}

void ch_pool_finish_later(struct ch_pool *pool, struct pool_work *work, enum ch_fault fault)
{
    work->fault = fault;
    pool->stats.faults++;
    ch_pool_append(&pool->failed, work);
    ch_pool_kick(pool);
}

static void enqueue(struct ch_pool *pool, struct pool_work *work)
{
    if (pool->waiting.count + pool->delayed.count >= pool->queue_max) {
        ch_pool_finish_later(pool, work, CH_FAULT_BUSY);
        return;
    }
    work->deadline = ch_pool_now() + pool->wait_ms;
    ch_pool_append(&pool->waiting, work);
    arm_tick(pool);
    ch_pool_kick(pool);
}

static void run(struct ch_pool *pool, const struct ch_statement *statement, const char *const *args, int nargs,
                bool repeatable, ch_pool_done *done, void *arg)
{
    struct pool_work *work = ch_pool_work_new(POOL_RUN, statement, args, nargs);
    work->repeatable = repeatable;
    work->done = done;
    work->arg = arg;
    work->alone = !statement->read_only;
    pool->stats.statements++;
    enqueue(pool, work);
}

void ch_pool_run(struct ch_pool *pool, const struct ch_statement *statement, const char *const *args, int nargs,
                 ch_pool_done *done, void *arg)
{
    run(pool, statement, args, nargs, statement->read_only, done, arg);
}

void ch_pool_run_repeatable(struct ch_pool *pool, const struct ch_statement *statement, const char *const *args,
                            int nargs, ch_pool_done *done, void *arg)
{
    run(pool, statement, args, nargs, true, done, arg);
}

void ch_session_begin(struct ch_pool *pool, ch_session_ready *ready, void *arg)
{
    struct pool_work *work = ch_pool_work_new(POOL_SESSION, NULL, CH_NO_ARGS);
    work->ready = ready;
    work->arg = arg;
    work->alone = true;
    enqueue(pool, work);
}

bool ch_pool_ready(const struct ch_pool *pool)
{
    for (int i = 0; i < pool->connections; i++)
        if (pool->conns[i].state >= POOL_IDLE)
            return true;
    return false;
}

void ch_pool_stats(const struct ch_pool *pool, struct ch_pool_stats *stats)
{
    *stats = pool->stats;
    stats->idle = count_idle(pool);
    stats->waiting = pool->waiting.count + pool->delayed.count;
    stats->connections = 0;
    for (int i = 0; i < pool->connections; i++)
        stats->connections += pool->conns[i].state >= POOL_IDLE;
}

static char *copy_text(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        abort();
    return copy;
}

static char **copy_channels(const char *const *channels)
{
    size_t count = 0;
    while (channels && channels[count])
        count++;
    if (count == 0)
        return NULL;
    char **copy = calloc(count + 1, sizeof(*copy));
    if (!copy)
        abort();
    for (size_t i = 0; i < count; i++)
        copy[i] = copy_text(channels[i]);
    return copy;
}

struct ch_pool *ch_pool_new(struct event_base *base, const struct ch_pool_options *options)
{
    const struct timeval second = {.tv_sec = 1};
    struct ch_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        abort();
    pool->base = base;
    pool->conninfo = copy_text(options->conninfo);
    pool->queue_max = options->queue_max;
    pool->wait_ms = options->wait_ms;
    pool->statement_ms = options->statement_ms;
    pool->listen = copy_channels(options->listen);
    pool->notified = options->notified;
    pool->connected = options->connected;
    pool->arg = options->arg;
    pool->connections = options->connections < POOL_CONNECTIONS_MAX ? options->connections : POOL_CONNECTIONS_MAX;
    ch_pool_list_init(&pool->waiting);
    ch_pool_list_init(&pool->delayed);
    ch_pool_list_init(&pool->failed);
    pool->kick = event_new(base, -1, 0, on_kick, pool);
    pool->tick = evtimer_new(base, on_tick, pool);
    pool->watch = event_new(base, -1, EV_PERSIST, on_watch, pool);
    event_add(pool->watch, &second);
    for (int i = 0; i < pool->connections; i++)
        ch_pool_conn_init(pool, &pool->conns[i]);
    ch_pool_listen_start(pool);
    return pool;
}

void ch_pool_free(struct ch_pool *pool)
{
    if (!pool)
        return;
    struct pool_work *work;
    pool->closing = true;
    ch_pool_listen_stop(pool);
    for (int i = 0; i < pool->connections; i++)
        ch_pool_conn_free(&pool->conns[i]);
    while ((work = ch_pool_take_first(&pool->failed)))
        ch_pool_finish(work, work->fault, CONNECTION_FAILURE, NULL);
    while ((work = ch_pool_take_first(&pool->waiting)) || (work = ch_pool_take_first(&pool->delayed)))
        ch_pool_finish(work, CH_FAULT_UNAVAILABLE, "", NULL);
    event_free(pool->kick);
    event_free(pool->tick);
    event_free(pool->watch);
    for (size_t i = 0; pool->listen && pool->listen[i]; i++)
        free(pool->listen[i]);
    free(pool->listen);
    free(pool->conninfo);
    free(pool);
}
