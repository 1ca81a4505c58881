/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A daemon with one toy role and no database, for the tests of the skeleton and of the HTTP layer (test_http.py). Its
 * worker idles until it is stopped, or dies at once when TOYD_WORKER says so. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "commonhold/crypto.h"
#include "commonhold/service.h"

struct item {
    const char *name;
    int64_t size;
    bool open;
    const char *colour;
    const char *owner;
    const char *day;
    const char *at;
    struct ch_money price;
    const json_t *tags, *extra;
};

static const struct ch_field ITEM_FIELDS[] = {CH_FIELD(CH_FIELD_TEXT, item, name, true, .min = 1, .max = 20),
                                              CH_FIELD(CH_FIELD_INT, item, size, true, .min = 1, .max = 100),
                                              CH_FIELD(CH_FIELD_BOOL, item, open, false),
                                              CH_FIELD(CH_FIELD_CODE, item, colour, false, .codes = "red green"),
                                              CH_FIELD(CH_FIELD_UUID, item, owner, false),
                                              CH_FIELD(CH_FIELD_DATE, item, day, false),
                                              CH_FIELD(CH_FIELD_TIME, item, at, false),
                                              CH_FIELD(CH_FIELD_MONEY, item, price, false),
                                              CH_FIELD(CH_FIELD_TEXTS, item, tags, false, .max = 3),
                                              CH_FIELD(CH_FIELD_OBJECT, item, extra, false),
                                              {0}};

static struct ch_done *get_hello(struct ch_request *request)
{
    return ch_reply(request, "ok", "{\"hello\":\"world\"}");
}

static struct ch_done *get_item(struct ch_request *request)
{
    const char *name = ch_query(request, "q");
    json_t *body = json_pack("{s:s,s:s*,s:i}", "id", ch_path(request, "id"), "q", name, "version", 7);
    char *text = json_dumps(body, JSON_COMPACT);
    struct ch_done *done = ch_reply(request, "ok", text);
    free(text);
    json_decref(body);
    return done;
}

static struct ch_done *put_item(struct ch_request *request)
{
    const char *version;
    struct ch_done *refused = ch_if_match(request, &version);
    return refused ? refused : ch_reply(request, strcmp(version, "7") == 0 ? "ok" : "stale", NULL);
}

static struct ch_done *post_item(struct ch_request *request)
{
    struct item item = {0};
    struct ch_done *done = ch_decode(request, ITEM_FIELDS, &item);
    return done ? done : ch_reply(request, "created", ch_body_json(request));
}

static struct ch_done *delete_item(struct ch_request *request)
{
    return ch_reply(request, "no_content", NULL);
}

static struct ch_done *post_bytes(struct ch_request *request)
{
    size_t size;
    const char *bytes = ch_body(request, &size);
    return ch_reply_bytes(request, 200, "application/octet-stream", bytes, size);
}

static struct ch_done *get_unknown(struct ch_request *request)
{
    return ch_reply(request, "no_such_slug", NULL);
}

static struct ch_done *get_me(struct ch_request *request)
{
    const struct ch_actor *actor = ch_actor(request);
    return ch_reply(request, "ok",
                    ch_printf(ch_arena_of(request), "{\"peer\":\"%s\",\"known\":%s,\"id\":\"%s\"}", ch_peer(request),
                              actor->known ? "true" : "false", actor->id));
}

static const struct ch_statement TOY_CALL = {.name = "toy", .text = "SELECT 'ok', '{}'", .shape = CH_SHAPE_ANSWER};

static struct ch_done *get_database(struct ch_request *request)
{
    return ch_call(request, &TOY_CALL, CH_NO_ARGS);
}

/* ---- slow, in two ways ---- */

static void finish_wait(evutil_socket_t fd, short what, void *arg)
{
    struct ch_request *request = arg;
    (void)fd, (void)what;
    ch_reply(request, "ok", "{\"waited\":true}");
}

/* A handler that waits for something is what a statement under way looks like. ch_offload gives the promise to answer.
 */
static void nothing(void *state)
{
    (void)state;
}

static struct ch_done *after_nothing(struct ch_request *request, void *state)
{
    struct timeval delay = {.tv_usec = *(const int *)state * 1000 % 1000000, .tv_sec = *(const int *)state / 1000};
    event_base_once(ch_context(request)->base, -1, EV_TIMEOUT, finish_wait, request, &delay);
    return NULL;
}

static struct ch_done *get_slow(struct ch_request *request)
{
    int *ms = ch_alloc(ch_arena_of(request), sizeof *ms);
    const char *text = ch_query(request, "ms");
    *ms = text ? (int)strtol(text, NULL, 10) : 300;
    return ch_offload(request, nothing, after_nothing, ms);
}

static void burn(void *state)
{
    struct timespec delay = {.tv_nsec = 200000000};
    (void)state;
    nanosleep(&delay, NULL);
}

static struct ch_done *after_burn(struct ch_request *request, void *state)
{
    (void)state;
    return ch_reply(request, "ok", "{\"burnt\":true}");
}

static struct ch_done *post_burn(struct ch_request *request)
{
    return ch_offload(request, burn, after_burn, NULL);
}

static struct ch_done *post_crash(struct ch_request *request)
{
    (void)request;
    abort();
}

/* ---- a body in pieces ---- */

struct intake {
    struct evbuffer *bytes;
    struct ch_sha256 *hash;
    uint64_t size;
    size_t largest;
    int pieces, idle, pause_ms;
    enum ch_body_end end;
};

static void hash_piece(void *state)
{
    struct intake *intake = state;
    struct timespec pause = {.tv_nsec = intake->pause_ms * 1000000L};
    size_t size = evbuffer_get_length(intake->bytes);
    ch_sha256_add(intake->hash, evbuffer_pullup(intake->bytes, -1), size);
    intake->size += size;
    intake->pieces++;
    if (size > intake->largest)
        intake->largest = size;
    if (intake->pause_ms)
        nanosleep(&pause, NULL);
}

static ch_body_piece take_piece;

static struct ch_done *after_piece(struct ch_request *request, void *state)
{
    const struct intake *intake = state;
    static const char *const ENDS[] = {"more", "idle", "last", "broken", "late", "stopped", "malformed", "too large"};
    uint8_t digest[32];
    char hex[65];
    if (intake->end == CH_BODY_MORE || intake->end == CH_BODY_IDLE)
        return ch_body_read(request, take_piece);
    ch_sha256_end(intake->hash, digest);
    ch_hex(digest, sizeof digest, hex);
    fprintf(stderr, "toyd: body %s after %llu bytes, %d idle\n", ENDS[intake->end], (unsigned long long)intake->size,
            intake->idle);
    if (intake->end != CH_BODY_LAST)
        return ch_body_refuse(request, intake->end);
    return ch_reply(request, "ok",
                    ch_printf(ch_arena_of(request), "{\"size\":%llu,\"sha256\":\"%s\",\"largest\":%zu,\"idle\":%d}",
                              (unsigned long long)intake->size, hex, intake->largest, intake->idle));
}

static struct ch_done *take_piece(struct ch_request *request, struct evbuffer *bytes, enum ch_body_end end)
{
    struct intake *intake = ch_state(request);
    intake->bytes = bytes;
    intake->end = end;
    intake->idle += end == CH_BODY_IDLE;
    return ch_offload_file(request, hash_piece, after_piece, intake);
}

static struct ch_done *post_flow(struct ch_request *request)
{
    struct intake *intake = ch_alloc(ch_arena_of(request), sizeof *intake);
    const char *limit = ch_query(request, "limit"), *pause = ch_query(request, "pause");
    if (ch_query(request, "refuse"))
        return ch_reply(request, "stale", NULL);
    if (limit)
        ch_body_limit(request, strtoull(limit, NULL, 10));
    intake->pause_ms = pause ? (int)strtol(pause, NULL, 10) : 0;
    intake->hash = ch_sha256_begin();
    ch_set_state(request, intake);
    return ch_body_read(request, take_piece);
}

/* ---- stream ---- */

struct flow {
    long lines, sent;
    bool at_once; /* all in one call of want */
};

static void flow_want(struct ch_stream *stream, void *state)
{
    struct flow *flow = state;
    struct evbuffer *bytes = evbuffer_new();
    for (int i = 0; i < 1000 && flow->sent < flow->lines; i++)
        evbuffer_add_printf(bytes, "{\"line\":%ld,\"text\":\"the quick brown fox jumps over the lazy dog\"}\n",
                            flow->sent++);
    ch_stream_write(stream, bytes);
    evbuffer_free(bytes);
    if (flow->sent == flow->lines)
        ch_stream_end(stream);
}

static void flow_gone(struct ch_stream *stream, void *state)
{
    (void)stream, (void)state;
    fprintf(stderr, "toyd: stream gone\n");
}

static struct ch_done *get_stream(struct ch_request *request)
{
    static const struct ch_stream_calls CALLS = {flow_want, flow_gone};
    struct flow *flow = ch_alloc(ch_arena_of(request), sizeof *flow);
    const char *lines = ch_query(request, "lines");
    flow->lines = lines ? strtol(lines, NULL, 10) : 10;
    return ch_stream_start(request, 200, "application/x-ndjson", &CALLS, flow);
}

static const char *const ALWAYS[] = {"X-Toy", "always", NULL};

static const struct ch_route ROUTES[] = {
    {CH_GET, "/toy/v1/hello", CH_AUTH_NONE, get_hello},
    {CH_GET, "/toy/v1/items/{id}", CH_AUTH_NONE, get_item, .flags = CH_ROUTE_ETAG},
    {CH_PUT, "/toy/v1/items/{id}", CH_AUTH_NONE, put_item},
    {CH_DELETE, "/toy/v1/items/{id}", CH_AUTH_NONE, delete_item},
    {CH_POST, "/toy/v1/items", CH_AUTH_NONE, post_item},
    {CH_POST, "/toy/v1/bytes", CH_AUTH_NONE, post_bytes, "application/octet-stream", "application/octet-stream",
     8u * 1024 * 1024, CH_ROUTE_RAW_BODY},
    {CH_POST, "/toy/v1/small", CH_AUTH_NONE, post_bytes, "application/octet-stream", "", 100, CH_ROUTE_RAW_BODY},
    {CH_POST, "/toy/v1/flow", CH_AUTH_NONE, post_flow, "*", "", 0, CH_ROUTE_STREAM_BODY, ALWAYS},
    {CH_POST, "/toy/v1/small-flow", CH_AUTH_NONE, post_flow, "*", "", 1000, CH_ROUTE_STREAM_BODY},
    {CH_POST, "/toy/v1/flow-of-members", CH_AUTH_MEMBER, post_flow, "*", "", 0, CH_ROUTE_STREAM_BODY, ALWAYS},
    {CH_GET, "/toy/v1/unknown", CH_AUTH_NONE, get_unknown},
    {CH_GET, "/toy/v1/me", CH_AUTH_NONE, get_me},
    {CH_GET, "/toy/v1/mine", CH_AUTH_PERSON, get_me},
    {CH_POST, "/toy/v1/mine", CH_AUTH_MEMBER, get_me},
    {CH_GET, "/toy/v1/licensed", CH_AUTH_LICENSEE, get_me},
    {CH_GET, "/toy/v1/granted", CH_AUTH_GRANT, get_me},
    {CH_POST, "/toy/v1/usage", CH_AUTH_USAGE, get_me},
    {CH_GET, "/toy/v1/database", CH_AUTH_NONE, get_database},
    {CH_GET, "/toy/v1/slow", CH_AUTH_NONE, get_slow},
    {CH_POST, "/toy/v1/burn", CH_AUTH_NONE, post_burn},
    {CH_POST, "/toy/v1/crash", CH_AUTH_NONE, post_crash},
    {CH_GET, "/toy/v1/stream", CH_AUTH_NONE, get_stream, .produces = "application/x-ndjson"},
    {CH_GET, "/toy/v1/files/{path...}", CH_AUTH_NONE, get_hello},
    {0}};

static const struct ch_config_key KEYS[] = {{"seed", CH_CONFIG_TEXT, "", 0, 0, "hex of the key tokens are made with"},
                                            {0}};

/* What the rows of log.signing_key are elsewhere. */
static bool start_toy(struct ch_service_context *context)
{
    uint8_t seed[32], public_key[32];
    if (!ch_unhex(ch_config_text(context->config, "toy", "seed"), seed, sizeof seed))
        return true;
    struct ch_signing_key *key = ch_signing_key_new(seed);
    ch_signing_key_public(key, public_key);
    ch_signing_key_free(key);
    ch_keyset_add(context->keys, public_key, "person", 0, 0);
    seed[0] ^= 1;
    key = ch_signing_key_new(seed);
    ch_signing_key_public(key, public_key);
    ch_signing_key_free(key);
    ch_keyset_add(context->keys, public_key, "client", 0, 0);
    return true;
}

static const struct ch_service TOY = {.name = "toy", .routes = ROUTES, .keys = KEYS, .start = start_toy};

static void stop_worker(int number)
{
    (void)number;
    _exit(0);
}

/* Stands in for common/worker.c, which needs a database. */
int ch_worker_run(const struct ch_service *const *services, const struct ch_config *config)
{
    (void)services, (void)config;
    signal(SIGTERM, stop_worker);
    if (getenv("TOYD_WORKER"))
        return 3;
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    static const struct ch_service *const SERVICES[] = {&TOY, NULL};
    return ch_serve(SERVICES, argc, argv);
}
