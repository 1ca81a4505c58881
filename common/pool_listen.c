/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The connection that listens. It is nobody's to query: a notice must not wait behind a statement. While it is away
 * notices are missed, so its owner is told when it comes and goes, and reads anew what it keeps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/log.h"
#include "pool_private.h"

static void on_io(evutil_socket_t fd, short what, void *arg);

static void unwatch(struct pool_listener *listener)
{
    if (listener->io)
        event_free(listener->io);
    listener->io = NULL;
}

static void watch(struct ch_pool *pool, short what)
{
    struct pool_listener *listener = &pool->listener;
    if (listener->io && listener->watched == what && listener->fd == PQsocket(listener->pg))
        return;
    unwatch(listener);
    listener->fd = PQsocket(listener->pg);
    listener->watched = what;
    listener->io = event_new(pool->base, listener->fd, what | EV_PERSIST, on_io, pool);
    if (!listener->io || event_add(listener->io, NULL) != 0)
        abort();
}

static void tell(struct ch_pool *pool, bool up)
{
    if (pool->listener.up == up)
        return;
    pool->listener.up = up;
    if (pool->connected && !pool->closing)
        pool->connected(pool->arg, up);
}

static void drop(struct pool_listener *listener)
{
    unwatch(listener);
    PQfinish(listener->pg);
    listener->pg = NULL;
    listener->asking = false;
}

static void lost(struct ch_pool *pool)
{
    struct pool_listener *listener = &pool->listener;
    if (listener->up) /* that none can be had is told by the other connections */
        ch_log(CH_LOG_WARN, "listening connection lost; connecting again", "why", PQerrorMessage(listener->pg), NULL);
    drop(listener);
    tell(pool, false);
    const struct timeval pause = ch_pool_jitter(listener->backoff_ms);
    evtimer_add(listener->again, &pause);
    listener->backoff_ms =
        listener->backoff_ms * 2 < POOL_BACKOFF_MAX_MS ? listener->backoff_ms * 2 : POOL_BACKOFF_MAX_MS;
}

static bool ask(struct ch_pool *pool, const char *text)
{
    struct pool_listener *listener = &pool->listener;
    listener->asking = true;
    listener->heard_at = ch_pool_now();
    if (!PQsendQuery(listener->pg, text))
        return false;
    int left = PQflush(listener->pg);
    if (left >= 0)
        watch(pool, left == 1 ? EV_READ | EV_WRITE : EV_READ);
    return left >= 0;
}

static bool send_listen(struct ch_pool *pool)
{
    char text[2048] = "";
    size_t used = 0;
    PQsetnonblocking(pool->listener.pg, 1);
    PQsetNoticeReceiver(pool->listener.pg, ch_db_notice, NULL);
    for (size_t i = 0; pool->listen[i]; i++) {
        char *name = PQescapeIdentifier(pool->listener.pg, pool->listen[i], strlen(pool->listen[i]));
        int size = name ? snprintf(text + used, sizeof(text) - used, "LISTEN %s;", name) : -1;
        PQfreemem(name);
        if (size < 0 || (size_t)size >= sizeof(text) - used)
            abort(); /* more channels than any service has */
        used += (size_t)size;
    }
    return ask(pool, text);
}

static void poll_connecting(struct ch_pool *pool)
{
    struct pool_listener *listener = &pool->listener;
    unwatch(listener);
    switch (PQconnectPoll(listener->pg)) {
    case PGRES_POLLING_READING:
        watch(pool, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        watch(pool, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        if (!send_listen(pool))
            lost(pool);
        break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        lost(pool);
        break;
    }
}

/* Answers of LISTEN and of the probe. False when the server refused. */
static bool take_answers(struct ch_pool *pool)
{
    struct pool_listener *listener = &pool->listener;
    while (listener->asking && !PQisBusy(listener->pg)) {
        PGresult *result = PQgetResult(listener->pg);
        bool fine = !result || ch_db_judge(result) == CH_DB_FINE || PQresultStatus(result) == PGRES_EMPTY_QUERY;
        PQclear(result);
        if (!fine)
            return false;
        if (result)
            continue;
        listener->asking = false;
        listener->backoff_ms = POOL_BACKOFF_MIN_MS;
        tell(pool, true);
    }
    return true;
}

static void take_notices(struct ch_pool *pool)
{
    PGnotify *notice;
    while (pool->listener.pg && (notice = PQnotifies(pool->listener.pg))) {
        if (pool->notified)
            pool->notified(pool->arg, notice->relname, notice->extra);
        PQfreemem(notice);
    }
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct ch_pool *pool = arg;
    struct pool_listener *listener = &pool->listener;
    /* Until the first LISTEN was sent the connection is being made. */
    if (PQstatus(listener->pg) != CONNECTION_OK) {
        poll_connecting(pool);
        return;
    }
    listener->heard_at = ch_pool_now();
    int left = PQconsumeInput(listener->pg) ? PQflush(listener->pg) : -1;
    if (left < 0 || !take_answers(pool)) {
        lost(pool);
        return;
    }
    watch(pool, left == 1 ? EV_READ | EV_WRITE : EV_READ);
    take_notices(pool);
}

static void start(struct ch_pool *pool)
{
    struct pool_listener *listener = &pool->listener;
    listener->pg = PQconnectStart(pool->conninfo);
    if (!listener->pg)
        abort();
    listener->heard_at = ch_pool_now();
    if (PQstatus(listener->pg) == CONNECTION_BAD)
        lost(pool);
    else
        watch(pool, EV_WRITE);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    start(arg);
}

/* A connection that only listens never notices a dead peer: it asks now and then. */
void ch_pool_listen_check(struct ch_pool *pool, int64_t now)
{
    struct pool_listener *listener = &pool->listener;
    if (!listener->pg)
        return;
    int64_t silent = now - listener->heard_at;
    bool waits = listener->asking || PQstatus(listener->pg) != CONNECTION_OK;
    if (waits ? silent > POOL_CONNECT_MS : silent > POOL_LISTEN_PROBE_MS && !ask(pool, ""))
        lost(pool);
}

void ch_pool_listen_start(struct ch_pool *pool)
{
    struct pool_listener *listener = &pool->listener;
    listener->backoff_ms = POOL_BACKOFF_MIN_MS;
    if (!pool->listen)
        return;
    listener->again = evtimer_new(pool->base, on_again, pool);
    if (!listener->again)
        abort();
    start(pool);
}

void ch_pool_listen_stop(struct ch_pool *pool)
{
    if (!pool->listen)
        return;
    drop(&pool->listener);
    event_free(pool->listener.again);
}
