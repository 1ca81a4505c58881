/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* All connections of one process: accepting, the second's tick that minds every deadline, and the drain at the end.
 * Processes, signals and sockets are serve_*.c's. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "commonhold/log.h"
#include "http_private.h"

#define BACKLOG 1024

static const struct timeval SECOND = {.tv_sec = 1};
static const struct timeval GRACE = {.tv_usec = 250000}; /* for requests under way to us when the drain begins */

static int64_t monotonic_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Over the limit there is no room to read a request, but still for a word. */
static void turn_away(int fd)
{
    static const char ANSWER[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\n"
        "X-Commonhold-Outcome: unavailable\r\nConnection: close\r\nContent-Length: 111\r\n\r\n"
        "{\"type\":\"/problems/unavailable\",\"title\":\"The service cannot answer at the moment\",\"status\":503,"
        "\"detail\":\"full\"}";
    if (send(fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        shutdown(fd, SHUT_WR);
    close(fd);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int size,
                      void *arg)
{
    struct ch_server *server = arg;
    (void)listener, (void)size;
    if (server->connections >= server->options.connections && !server->tls)
        turn_away(fd);
    else if (server->connections >= server->options.connections)
        close(fd);
    else
        ch_conn_new(server, fd, address);
}

/* EMFILE and the like: wait a moment instead of spinning on a listener that is always readable. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct ch_server *server = arg;
    (void)server;
    ch_log(CH_LOG_ERROR, "accepting failed", "error", strerror(errno), NULL);
    evconnlistener_disable(listener);
}

static void sweep(evutil_socket_t fd, short what, void *arg)
{
    struct ch_server *server = arg;
    (void)fd, (void)what;
    server->now = monotonic_seconds();
    for (struct ch_conn *conn = TAILQ_FIRST(&server->conns), *next; conn; conn = next) {
        next = TAILQ_NEXT(conn, entry);
        ch_conn_tick(conn);
    }
    if (server->listener && !server->draining)
        evconnlistener_enable(server->listener);
    struct ch_metrics_slot *slot = ch_metrics_mine(server->metrics);
    slot->connections = server->connections;
    slot->in_flight = server->in_flight;
    if (server->draining)
        ch_server_check_drained(server);
}

static void flush_log(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
    ch_log_flush();
}

/* Behind what is active in this turn of the loop already: one write for all its lines. */
static void flush_soon(void *arg)
{
    event_active(arg, EV_TIMEOUT, 0);
}

static void end_grace(evutil_socket_t fd, short what, void *arg)
{
    struct ch_server *server = arg;
    (void)fd, (void)what;
    server->grace_over = true;
    ch_server_check_drained(server);
}

struct ch_server *ch_server_new(struct event_base *base, const struct ch_router *router,
                                const struct ch_server_options *options)
{
    struct ch_server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
    server->base = base;
    server->router = router;
    server->options = *options;
    server->now = monotonic_seconds();
    TAILQ_INIT(&server->conns);
    TAILQ_INIT(&server->requests);
    server->clients = ch_clients_new(options->requests_per_client);
    server->offload = ch_offload_new(base, options->helper_threads, options->helper_queue);
    server->file_offload = ch_offload_new(base, options->helper_threads, UINT_MAX / 2);
    server->log = event_new(base, -1, 0, flush_log, NULL);
    if (!server->log)
        abort();
    ch_log_batch(flush_soon, server->log);
    server->sweep = event_new(base, -1, EV_PERSIST, sweep, server);
    if (!server->sweep || event_add(server->sweep, &SECOND) != 0)
        abort();
    return server;
}

void ch_server_close(struct ch_server *server)
{
    if (server->listener)
        evconnlistener_free(server->listener);
    server->listener = NULL;
    server->drained = NULL;
    for (struct ch_conn *conn = TAILQ_FIRST(&server->conns), *next; conn; conn = next) {
        next = TAILQ_NEXT(conn, entry);
        ch_conn_lose(conn);
    }
    ch_offload_free(server->offload);
    ch_offload_free(server->file_offload);
}

void ch_server_free(struct ch_server *server)
{
    event_free(server->sweep);
    for (struct ch_request *request = TAILQ_FIRST(&server->requests), *next; request; request = next) {
        next = TAILQ_NEXT(request, entry);
        ch_request_let_go(request);
        ch_arena_free(request->arena);
    }
    ch_clients_free(server->clients);
    ch_log_batch(NULL, NULL);
    event_free(server->log);
    free(server);
}

bool ch_server_listen(struct ch_server *server, int fd)
{
    server->listener = evconnlistener_new(server->base, on_accept, server, LEV_OPT_CLOSE_ON_FREE, BACKLOG, fd);
    if (!server->listener) {
        ch_log(CH_LOG_ERROR, "cannot listen", "error", strerror(errno), NULL);
        return false;
    }
    evconnlistener_set_error_cb(server->listener, on_accept_error);
    return true;
}

/* Who is in the kernel's queue has been connected and deserves a word. */
static void accept_queued(struct ch_server *server)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int listening = evconnlistener_get_fd(server->listener);
    int fd;
    while ((fd = accept4(listening, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        ch_conn_new(server, fd, (struct sockaddr *)&address);
        size = sizeof address;
    }
}

void ch_server_drain(struct ch_server *server, void (*drained)(void *arg), void *arg)
{
    server->draining = true;
    server->drain_at = server->now;
    server->drained = drained;
    server->drained_arg = arg;
    if (server->listener) {
        accept_queued(server);
        evconnlistener_free(server->listener);
        server->listener = NULL;
    }
    if (event_base_once(server->base, -1, EV_TIMEOUT, end_grace, server, &GRACE) != 0)
        end_grace(-1, 0, server);
}

void ch_server_check_drained(struct ch_server *server)
{
    if (!server->drained || !server->grace_over || server->in_flight > 0)
        return;
    const struct ch_conn *conn;
    TAILQ_FOREACH(conn, &server->conns, entry)
    if (conn->state == CH_CONN_FLUSH || conn->processing)
        return;
    void (*drained)(void *) = server->drained;
    server->drained = NULL;
    drained(server->drained_arg);
}
