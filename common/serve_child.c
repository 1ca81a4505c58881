/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One HTTP process: its loop, its pools, the wait for the database, the roles' start hooks, then requests until it is
 * told to stop. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/log.h"
#include "serve_private.h"

#define START_TICK_MS 50
#define SAY_FIRST_MS  1000
#define SAY_EVERY_MS  5000

/* `common.keys`: which context the notices of a pool are for. */
struct listening {
    struct ch_daemon *daemon;
    struct ch_service_context *context;
    const char *channels[32];
};

struct child {
    struct ch_daemon *daemon;
    struct event_base *base;
    unsigned slot;
    struct event *term, *interrupt, *start, *stats;
    struct listening listening[CH_ROLES_MAX];
    int64_t waited_ms;
    int code;
    bool keys_asked;
};

static void stop_loop(struct child *child, int code)
{
    child->code = code;
    event_base_loopbreak(child->base);
}

/* ---- pools ---- */

static void on_notice(void *arg, const char *channel, const char *payload)
{
    struct listening *listening = arg;
    const struct ch_service *service = listening->context->service;
    if (strcmp(channel, "signing_key") == 0 && listening->context == &listening->daemon->contexts[0])
        ch_daemon_load_keys(listening->daemon);
    else if (service->notified)
        service->notified(listening->context, channel, payload);
}

/* Notices may have been missed while the listener was away. */
static void on_connected(void *arg, bool up)
{
    struct listening *listening = arg;
    if (up && listening->context == &listening->daemon->contexts[0])
        ch_daemon_load_keys(listening->daemon);
}

static void list_channels(struct listening *listening, const struct ch_service *service, bool keys)
{
    size_t n = 0;
    for (const char *const *channel = service->listen; channel && *channel && n < 30; channel++)
        listening->channels[n++] = *channel;
    if (keys)
        listening->channels[n++] = "signing_key";
    listening->channels[n] = NULL;
}

static char *conninfo_of(const struct ch_daemon *daemon, const char *role, char *text, size_t size)
{
    const char *passfile = ch_common_text(daemon, "passfile");
    snprintf(text, size, "%s user=ch_%s application_name=commonhold-%s%s%s%s", ch_common_text(daemon, "database"), role,
             role, *passfile ? " passfile='" : "", passfile, *passfile ? "'" : "");
    return text;
}

static struct ch_pool_options pool_options(const struct ch_daemon *daemon, const char *conninfo)
{
    return (struct ch_pool_options){
        .conninfo = conninfo,
        .connections = (int)ch_common_int(daemon, "pool_connections"),
        .queue_max = (int)ch_common_int(daemon, "pool_queue"),
        .wait_ms = ch_common_int(daemon, "pool_wait_ms"),
        .statement_ms = ch_common_int(daemon, "statement_ms"),
    };
}

struct ch_pool *ch_service_pool(struct ch_service_context *context, int connections)
{
    char conninfo[1024];
    if (!context->pool)
        return NULL;
    conninfo_of(context->daemon, context->service->name, conninfo, sizeof conninfo);
    struct ch_pool_options options = pool_options(context->daemon, conninfo);
    options.connections = connections;
    return ch_pool_new(context->base, &options);
}

static void open_pool(struct child *child, size_t i)
{
    struct ch_daemon *daemon = child->daemon;
    struct listening *listening = &child->listening[i];
    char conninfo[1024];
    listening->daemon = daemon;
    listening->context = &daemon->contexts[i];
    list_channels(listening, daemon->roles[i], i == 0);
    struct ch_pool_options options =
        pool_options(daemon, conninfo_of(daemon, daemon->roles[i]->name, conninfo, sizeof conninfo));
    options.listen = listening->channels[0] ? listening->channels : NULL;
    options.notified = on_notice;
    options.connected = on_connected;
    options.arg = listening;
    daemon->contexts[i].pool = ch_pool_new(child->base, &options);
}

static bool pools_ready(const struct ch_daemon *daemon)
{
    for (size_t i = 0; i < daemon->nroles; i++)
        if (daemon->contexts[i].pool && !ch_pool_ready(daemon->contexts[i].pool))
            return false;
    return true;
}

bool ch_daemon_ready(const struct ch_daemon *daemon)
{
    return daemon->server && !daemon->server->draining && daemon->keys_loaded && pools_ready(daemon);
}

/* ---- start ---- */

static bool run_hooks(struct ch_daemon *daemon)
{
    for (size_t i = 0; i < daemon->nroles; i++) {
        const struct ch_service *service = daemon->roles[i];
        if (service->start && !service->start(&daemon->contexts[i])) {
            ch_log(CH_LOG_ERROR, "role cannot start", "service", service->name, NULL);
            return false;
        }
    }
    return true;
}

static void open_doors(struct child *child)
{
    struct ch_daemon *daemon = child->daemon;
    struct ch_metrics_slot *slot = ch_metrics_slot(daemon->metrics, child->slot);
    event_del(child->start);
    if (!run_hooks(daemon) || !ch_server_listen(daemon->server, daemon->listeners[child->slot])) {
        stop_loop(child, CH_EXIT_CONFIG);
        return;
    }
    slot->ready = slot->ready_once = 1;
    ch_log(CH_LOG_INFO, "ready", "address", daemon->address, NULL);
}

static void wait_on(struct child *child)
{
    int64_t most = ch_common_int(child->daemon, "start_seconds") * 1000;
    child->waited_ms += START_TICK_MS;
    if (child->waited_ms >= most) {
        ch_log(CH_LOG_ERROR,
               "the database did not answer in start_seconds: look at [common] database and at the server", NULL);
        stop_loop(child, CH_EXIT_UNAVAILABLE);
    } else if (child->waited_ms == SAY_FIRST_MS || child->waited_ms % SAY_EVERY_MS == 0) {
        ch_log(CH_LOG_WARN, "waiting for the database", NULL);
    }
}

static void on_start_tick(evutil_socket_t fd, short what, void *arg)
{
    struct child *child = arg;
    struct ch_daemon *daemon = child->daemon;
    (void)fd, (void)what;
    if (!pools_ready(daemon)) {
        wait_on(child);
    } else if (!daemon->keys_loaded) {
        if (!child->keys_asked)
            ch_daemon_load_keys(daemon);
        child->keys_asked = true;
        wait_on(child);
    } else {
        open_doors(child);
    }
}

/* ---- stop ---- */

static void on_drained(void *arg)
{
    stop_loop(arg, 0);
}

static void on_drain_over(evutil_socket_t fd, short what, void *arg)
{
    struct child *child = arg;
    char left[16];
    (void)fd, (void)what;
    snprintf(left, sizeof left, "%u", child->daemon->server->in_flight);
    ch_log(CH_LOG_WARN, "requests were cut off after drain_seconds", "requests", left, NULL);
    stop_loop(child, 1);
}

static void on_term(evutil_socket_t fd, short what, void *arg)
{
    struct child *child = arg;
    struct ch_daemon *daemon = child->daemon;
    struct timeval most = {.tv_sec = ch_common_int(daemon, "drain_seconds")};
    (void)fd, (void)what;
    if (daemon->server->draining)
        return;
    ch_metrics_slot(daemon->metrics, child->slot)->ready = 0;
    if (!daemon->server->listener) { /* not ready yet: nothing to finish */
        stop_loop(child, 0);
        return;
    }
    event_base_once(child->base, -1, EV_TIMEOUT, on_drain_over, child, &most);
    ch_server_drain(daemon->server, on_drained, child);
}

/* ---- numbers ---- */

static void on_stats_tick(evutil_socket_t fd, short what, void *arg)
{
    struct child *child = arg;
    struct ch_metrics_slot *slot = ch_metrics_mine(child->daemon->metrics);
    (void)fd, (void)what;
    for (size_t i = 0; i < child->daemon->nroles; i++) {
        struct ch_pool_stats stats = {0};
        if (!child->daemon->contexts[i].pool)
            continue;
        ch_pool_stats(child->daemon->contexts[i].pool, &stats);
        slot->pools[i] = (struct ch_metrics_pool){
            stats.statements,     stats.faults,           stats.retries, stats.reconnects, (uint64_t)stats.connections,
            (uint64_t)stats.idle, (uint64_t)stats.waiting};
    }
}

/* ---- one process ---- */

static struct event *add_event(struct child *child, int fd, short what, event_callback_fn call, int64_t ms)
{
    struct timeval every = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    struct event *event = event_new(child->base, fd, (short)(what | EV_PERSIST), call, child);
    if (!event || event_add(event, ms ? &every : NULL) != 0)
        abort();
    return event;
}

static struct ch_server_options server_options(const struct ch_daemon *daemon)
{
    return (struct ch_server_options){
        .header_bytes = (size_t)ch_common_int(daemon, "header_bytes"),
        .uri_bytes = (size_t)ch_common_int(daemon, "uri_bytes"),
        .connections = (unsigned)ch_common_int(daemon, "connections"),
        .requests_per_client = (unsigned)ch_common_int(daemon, "requests_per_client"),
        .head_seconds = (unsigned)ch_common_int(daemon, "head_seconds"),
        .idle_seconds = (unsigned)ch_common_int(daemon, "idle_seconds"),
        .body_seconds = (unsigned)ch_common_int(daemon, "body_seconds"),
        .write_seconds = (unsigned)ch_common_int(daemon, "write_seconds"),
        .drain_seconds = (unsigned)ch_common_int(daemon, "drain_seconds"),
        .stream_min_bytes = (uint64_t)ch_common_int(daemon, "stream_min_bytes"),
        .stream_seconds = (unsigned)ch_common_int(daemon, "stream_seconds"),
        .helper_threads = (unsigned)ch_common_int(daemon, "helper_threads"),
        .helper_queue = (unsigned)ch_common_int(daemon, "helper_queue"),
        .trusted_proxy = ch_common_text(daemon, "trusted_proxy"),
        .issuer = ch_common_text(daemon, "origin"),
    };
}

static void set_up(struct child *child)
{
    struct ch_daemon *daemon = child->daemon;
    const struct ch_server_options options = server_options(daemon);
    daemon->server = ch_server_new(child->base, daemon->router, &options);
    daemon->server->tls = daemon->tls;
    daemon->server->keys = daemon->keys;
    daemon->server->metrics = daemon->metrics;
    daemon->probes.base = child->base;
    daemon->keys_loaded = !*ch_common_text(daemon, "database"); /* without a database there are none */
    for (size_t i = 0; i < daemon->nroles; i++) {
        daemon->contexts[i].base = child->base;
        daemon->contexts[i].daemon = daemon;
        daemon->contexts[i].counters = ch_metrics_slot(daemon->metrics, child->slot)->counters[i];
        if (!daemon->keys_loaded)
            open_pool(child, i);
    }
    child->term = add_event(child, SIGTERM, EV_SIGNAL, on_term, 0);
    child->interrupt = add_event(child, SIGINT, EV_SIGNAL, on_term, 0);
    child->start = add_event(child, -1, 0, on_start_tick, START_TICK_MS);
    child->stats = add_event(child, -1, 0, on_stats_tick, 1000);
}

static void tear_down(struct child *child)
{
    struct ch_daemon *daemon = child->daemon;
    ch_server_close(daemon->server);
    for (size_t i = 0; i < daemon->nroles; i++)
        if (daemon->roles[i]->stop && daemon->contexts[i].state)
            daemon->roles[i]->stop(&daemon->contexts[i]);
    for (size_t i = 0; i < daemon->nroles; i++)
        if (daemon->contexts[i].pool)
            ch_pool_free(daemon->contexts[i].pool);
    ch_server_free(daemon->server);
    event_free(child->term);
    event_free(child->interrupt);
    event_free(child->start);
    event_free(child->stats);
    event_base_free(child->base);
}

int ch_daemon_child(struct ch_daemon *daemon, unsigned slot)
{
    static struct child child; /* callbacks point into it for the process's whole life */
    child = (struct child){.daemon = daemon, .slot = slot, .base = event_base_new()};
    if (!child.base)
        abort();
    ch_log_role(daemon->nroles == 1 ? daemon->roles[0]->name : "http");
    ch_metrics_use(daemon->metrics, slot);
    ch_daemon_close_listeners(daemon, (int)slot);
    signal(SIGHUP, SIG_IGN);
    set_up(&child);
    event_base_dispatch(child.base);
    tear_down(&child);
    return child.code;
}
