/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The gate: everything that can be decided from the head of a request is decided before its body is read, in one fixed
 * order. Standing and office are not decided here but by the SQL function that acts. */
#include <stdio.h>
#include <string.h>

#include "commonhold/id.h"
#include "commonhold/log.h"
#include "http_private.h"

#define BODY_DEFAULT ((size_t)1024 * 1024)

static bool is_id(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > 64)
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") == length;
}

/* The client's own id when it is a plain word, so that nobody writes into our log; else a new one. */
static void take_id(struct ch_request *request)
{
    char fresh[37];
    const char *given = ch_header(request, "X-Request-Id");
    if (given && is_id(given)) {
        memcpy(request->id, given, strlen(given) + 1);
        return;
    }
    ch_id_new(fresh);
    memcpy(request->id, fresh, sizeof fresh);
}

static bool is_listed(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; *at;) {
        size_t size = strcspn(at, " ");
        if (size == length && memcmp(at, word, size) == 0)
            return true;
        at += size + strspn(at + size, " ");
    }
    return false;
}

static bool is_address(const char *text)
{
    size_t length = strlen(text);
    return length > 1 && length < 46 && strspn(text, "0123456789abcdefABCDEF.:") == length;
}

/* Only the last hop counts: whatever stands before it was written by the client. */
static void take_peer(struct ch_request *request)
{
    const char *proxies = request->server->options.trusted_proxy;
    request->peer = ch_strdup(request->arena, request->peer); /* the connection may go first */
    const char *hops = proxies && is_listed(proxies, request->peer) ? ch_header(request, "X-Forwarded-For") : NULL;
    if (!hops)
        return;
    const char *comma = strrchr(hops, ',');
    const char *last = comma ? comma + 1 : hops;
    last += strspn(last, " \t");
    if (is_address(last))
        request->peer = last;
}

static void set_always(struct ch_request *request, const struct ch_route *route)
{
    for (const char *const *pair = route->always; pair && *pair; pair += 2)
        ch_set_header(request, pair[0], pair[1]);
}

/* What the address's other methods always say, a refused one says too. */
static void set_always_of_neighbour(struct ch_request *request, unsigned methods)
{
    struct ch_match match;
    for (unsigned method = CH_GET; method <= CH_OPTIONS; method++)
        if (methods & 1u << method) {
            ch_router_match(request->server->router, request->arena, (enum ch_method)method, request->head.path,
                            &match);
            set_always(request, match.routed->route);
            return;
        }
}

static uint64_t body_max(const struct ch_route *route)
{
    if (route->body_max)
        return route->body_max;
    return route->flags & CH_ROUTE_STREAM_BODY ? INT64_MAX : BODY_DEFAULT;
}

static struct ch_done *find_route(struct ch_request *request)
{
    struct ch_match match;
    enum ch_match_verdict verdict =
        ch_router_match(request->server->router, request->arena, request->method, request->head.path, &match);
    if (!request->head.method_known && verdict == CH_MATCH_FOUND)
        verdict = CH_MATCH_OTHER_METHOD;
    switch (verdict) {
    case CH_MATCH_MALFORMED:
        return ch_refuse(request, "bad_request", "The address has a bad percent-encoding.");
    case CH_MATCH_NO_ROUTE:
        return ch_reply(request, "no_route", NULL);
    case CH_MATCH_OTHER_METHOD:
        set_always_of_neighbour(request, match.methods);
        ch_set_header(request, "Allow", ch_methods_text(request->arena, match.methods | 1u << CH_OPTIONS));
        if (request->method == CH_OPTIONS && request->head.method_known)
            return ch_reply(request, "no_content", NULL);
        return ch_reply(request, "method_not_allowed", NULL);
    case CH_MATCH_FOUND:
        request->routed = match.routed;
        memcpy(request->params, match.params, match.nparams * sizeof *match.params);
        request->nparams = match.nparams;
        request->body_max = body_max(match.routed->route);
        set_always(request, match.routed->route);
        return NULL;
    }
    __builtin_unreachable();
}

static struct ch_done *limit_load(struct ch_request *request)
{
    char name[128];
    const struct ch_actor *actor = &request->actor;
    snprintf(name, sizeof name, "%s", actor->client[0] ? actor->client : actor->id[0] ? actor->id : request->peer);
    request->client = ch_client_enter(request->server->clients, name);
    if (request->client)
        return NULL;
    return ch_refuse(request, "too_many_requests", "At most %u requests of one client are worked on at a time.",
                     request->server->options.requests_per_client);
}

/* Probes must answer while everything else is refused. */
static bool is_probe(const struct ch_request *request)
{
    return request->routed && request->routed->context->service->name[0] == '_';
}

/* A second value would be passed over, and nobody be the wiser; where names are filters, all of them hold. */
static struct ch_done *check_once(struct ch_request *request)
{
    const char *once = request->routed->route->once;
    for (size_t i = 1; i < request->npairs; i++) {
        const char *name = request->pairs[i].name;
        for (size_t k = 0; k < i; k++)
            if (strcmp(request->pairs[k].name, name) == 0 && (!once || is_listed(once, name)))
                return ch_refuse(request, "bad_request", "The query names %.64s twice.", name);
    }
    return NULL;
}

struct ch_done *ch_request_admit(struct ch_request *request)
{
    take_id(request);
    take_peer(request);
    struct ch_done *done = find_route(request);
    if (done)
        return done;
    if (request->server->draining && !is_probe(request))
        return ch_refuse(request, "unavailable", "The service is being stopped.");
    if (!request->head.chunked && request->head.body_bytes > request->body_max)
        return ch_refuse(request, "too_large", "The limit here is %llu bytes.", (unsigned long long)request->body_max);
    if (!ch_request_read_query(request))
        return ch_refuse(request, "bad_request", "The query is badly encoded or has over 100 parameters.");
    done = check_once(request);
    if (!done)
        done = ch_authenticate(request);
    if (!done)
        done = ch_check_headers(request);
    return done || is_probe(request) ? done : limit_load(request);
}

struct ch_done *ch_request_refuse_head(struct ch_request *request, const char *outcome, const char *why)
{
    if (!request->id[0])
        take_id(request);
    request->keep_alive = false;
    return ch_refuse(request, outcome, "%s", why);
}

void ch_request_run(struct ch_request *request)
{
    request->routed->route->handle(request);
}
