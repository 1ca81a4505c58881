/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The request as handlers see it: its parts, decoded when asked for, and its life from the first byte to the log line.
 * Who may come in is decided in http_admit.c, what goes out in http_reply.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/log.h"
#include "http_private.h"

#define PAIRS_MAX 100 /* of a query; the rest of it is not seen, http_admit.c refuses it before */

struct ch_done CH_DONE;

static uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void log_request(const struct ch_request *request, uint64_t nanoseconds)
{
    char status[8], millis[24], bytes[24];
    snprintf(status, sizeof status, "%d", request->status);
    snprintf(millis, sizeof millis, "%llu.%03llu", (unsigned long long)(nanoseconds / 1000000),
             (unsigned long long)(nanoseconds / 1000 % 1000));
    snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)request->sent);
    const char *method = request->head.method_known ? ch_method_name(request->method) : "other";
    ch_log(CH_LOG_INFO, "request", "request", request->id, "method", method, "route", ch_request_pattern(request),
           "status", status, "outcome", request->slug, "ms", millis, "bytes", bytes, NULL);
}

const char *ch_request_pattern(const struct ch_request *request)
{
    return request->routed ? request->routed->route->path : "-";
}

bool ch_request_has_flag(const struct ch_request *request, unsigned flag)
{
    return request->routed && (request->routed->route->flags & flag) != 0;
}

struct ch_request *ch_request_new(struct ch_server *server, struct ch_conn *conn)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_request *request = ch_alloc(arena, sizeof *request);
    request->arena = arena;
    request->conn = conn;
    request->server = server;
    request->out_end = &request->out;
    request->peer = conn->peer;
    request->began = monotonic_ns();
    request->head = (struct ch_head){.path = "/", .method_text = ""};
    server->in_flight++;
    TAILQ_INSERT_TAIL(&server->requests, request, entry);
    return request;
}

void ch_request_at_end(struct ch_request *request, void (*release)(void *state), void *state)
{
    request->at_end = release;
    request->at_end_state = state;
}

void ch_request_let_go(struct ch_request *request)
{
    if (request->at_end)
        request->at_end(request->at_end_state);
    request->at_end = NULL;
    if (request->intake)
        ch_intake_free(request->intake);
    request->intake = NULL;
}

void ch_request_finish(struct ch_request *request)
{
    struct ch_server *server = request->server;
    struct ch_conn *conn = request->conn;
    uint64_t took = monotonic_ns() - request->began;
    size_t row = request->routed ? request->routed->index : ch_router_count(server->router);
    log_request(request, took);
    ch_metrics_request(server->metrics, row, request->status, took);
    ch_client_leave(server->clients, request->client);
    request->client = NULL;
    request->conn = NULL;
    ch_request_let_go(request);
    server->in_flight--;
    TAILQ_REMOVE(&server->requests, request, entry);
    ch_arena_free(request->arena);
    if (conn)
        ch_conn_next(conn);
    else if (server->draining)
        ch_server_check_drained(server);
}

/* ---- what handlers ask ---- */

struct ch_arena *ch_arena_of(struct ch_request *request)
{
    return request->arena;
}

struct ch_service_context *ch_context(const struct ch_request *request)
{
    return request->routed->context;
}

struct ch_pool *ch_pool_of(const struct ch_request *request)
{
    return request->routed->context->pool;
}

const struct ch_actor *ch_actor(const struct ch_request *request)
{
    return &request->actor;
}

const char *ch_request_id(const struct ch_request *request)
{
    return request->id;
}

const char *ch_path(const struct ch_request *request, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < request->nparams; i++)
        if (request->params[i].name_length == length && memcmp(request->params[i].name, name, length) == 0)
            return request->params[i].value;
    fprintf(stderr, "commonhold: route %s has no {%s}\n", ch_request_pattern(request), name);
    abort();
}

static size_t count_pairs(const char *query)
{
    size_t count = 1;
    for (; *query; query++)
        count += *query == '&';
    return count;
}

/* False when a name or value is badly encoded or there are too many. */
bool ch_request_read_query(struct ch_request *request)
{
    if (!request->head.query || request->pairs)
        return true;
    size_t count = count_pairs(request->head.query);
    if (count > PAIRS_MAX)
        return false;
    request->pairs = ch_alloc_array(request->arena, count, sizeof *request->pairs);
    char *rest = ch_strdup(request->arena, request->head.query);
    while (rest) {
        char *pair = strsep(&rest, "&");
        char *value = strchr(pair, '=');
        if (value)
            *value++ = '\0';
        if (!ch_percent_decode(pair, true) || (value && !ch_percent_decode(value, true)))
            return false;
        if (*pair || value)
            request->pairs[request->npairs++] = (struct ch_pair){pair, value ? value : ""};
    }
    return true;
}

const char *ch_query(const struct ch_request *request, const char *name)
{
    for (size_t i = 0; i < request->npairs; i++)
        if (strcmp(request->pairs[i].name, name) == 0)
            return request->pairs[i].value;
    return NULL;
}

bool ch_query_each(const struct ch_request *request, size_t *cursor, const char **name, const char **value)
{
    if (*cursor >= request->npairs)
        return false;
    *name = request->pairs[*cursor].name;
    *value = request->pairs[*cursor].value;
    ++*cursor;
    return true;
}

const char *ch_header(const struct ch_request *request, const char *name)
{
    return ch_head_find(&request->head, name);
}

bool ch_header_each(const struct ch_request *request, size_t *cursor, const char **name, const char **value)
{
    if (*cursor >= request->head.count)
        return false;
    *name = request->head.headers[*cursor].name;
    *value = request->head.headers[(*cursor)++].value;
    return true;
}

const char *ch_peer(const struct ch_request *request)
{
    return request->peer;
}

const char *ch_body(const struct ch_request *request, size_t *size)
{
    *size = request->body_size;
    return request->body;
}

const char *ch_body_json(const struct ch_request *request)
{
    return request->body_json ? request->body_json : "{}";
}

const char *ch_idempotency_key(const struct ch_request *request)
{
    return request->key;
}

void ch_set_state(struct ch_request *request, void *state)
{
    request->state = state;
}

void *ch_state(const struct ch_request *request)
{
    return request->state;
}
