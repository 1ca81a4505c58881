/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bundle of a tallied vote over HTTP: three parts that the database makes at once, and between them, page by page
 * as the client takes them, the opened choices and the records, of which there may be a hundred thousand. Where a page
 * fails the bundle ends there: what came is no JSON, and nobody takes it for whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>

#include "governance.h"

enum { PAGE = 1000, PARTS = 3 }; /* a page of ballots is a megabyte */

CH_READ(bundle_fn, "governance.get_bundle", "$1::uuid, $2::uuid, $3::integer");
static const struct ch_statement page_fn = {
    .name = "governance.bundle_page",
    .text = "SELECT key, item FROM governance.bundle_page($1::uuid, $2::uuid, $3::integer, $4::text, $5::text, "
            "$6::integer)",
    .shape = CH_SHAPE_ROWS,
    .columns = 2,
    .read_only = true};
static const char *const LISTS[] = {"opened", "records"};

/* Lives until the last of stream and statement is over; not in the request's arena, which a client that leaves takes
 * with it. */
struct bundle {
    struct ch_pool *pool;
    struct ch_stream *stream; /* NULL: the client left */
    bool asking;              /* a page is under way */
    char actor[37], id[37], reading[12];
    char *parts[PARTS];
    size_t list;  /* of LISTS, the one that is given */
    char *after;  /* where its next page begins: the key of the last ballot; "" at its beginning */
    bool is_open; /* the part in front of it was given */
    struct evbuffer *body;
};

static char *copy(const char *text)
{
    char *own = strdup(text);
    if (!own)
        abort();
    return own;
}

static void free_bundle(struct bundle *b)
{
    for (size_t i = 0; i < PARTS; i++)
        free(b->parts[i]);
    free(b->after);
    evbuffer_free(b->body);
    free(b);
}

static void add(struct bundle *b, const char *text)
{
    evbuffer_add(b->body, text, strlen(text));
}

static void begin_after(struct bundle *b, const char *key)
{
    char *own = copy(key);
    free(b->after);
    b->after = own;
}

static void end(struct bundle *b)
{
    struct ch_stream *stream = b->stream;
    if (evbuffer_get_length(b->body) > 0)
        ch_stream_write(stream, b->body);
    ch_stream_end(stream);
    free_bundle(b);
}

/* Adds the ballots of a page, and behind the last page of a list the part that follows it. */
static void add_page(struct bundle *b, const PGresult *rows)
{
    int count = PQntuples(rows);
    for (int row = 0; row < count; row++) {
        if (row > 0 || b->after[0] != '\0')
            add(b, ",");
        add(b, PQgetvalue(rows, row, 1));
    }
    if (count == PAGE) {
        begin_after(b, PQgetvalue(rows, count - 1, 0));
        return;
    }
    add(b, b->parts[++b->list]);
    begin_after(b, "");
}

static void page_is_here(void *arg, enum ch_fault fault, const PGresult *rows)
{
    struct bundle *b = arg;
    b->asking = false;
    if (!b->stream) {
        free_bundle(b);
        return;
    }
    if (fault == CH_FAULT_NONE)
        add_page(b, rows);
    if (fault != CH_FAULT_NONE || b->list == PARTS - 1)
        end(b);
    else
        ch_stream_write(b->stream, b->body);
}

static void want(struct ch_stream *stream, void *state)
{
    struct bundle *b = state;
    char limit[12];
    snprintf(limit, sizeof limit, "%d", PAGE);
    b->stream = stream;
    if (b->asking)
        return;
    if (!b->is_open)
        add(b, b->parts[0]);
    b->is_open = b->asking = true;
    ch_pool_run(b->pool, &page_fn,
                CH_ARGS(b->actor[0] ? b->actor : NULL, b->id, b->reading, LISTS[b->list], b->after, limit),
                page_is_here, b);
}

static void gone(struct ch_stream *stream, void *state)
{
    struct bundle *b = state;
    (void)stream;
    b->stream = NULL;
    if (!b->asking)
        free_bundle(b);
}

static struct ch_done *start(struct ch_request *request, const struct ch_answer *answer)
{
    static const struct ch_stream_calls CALLS = {want, gone};
    static const struct ch_json_limits LIMITS = {.bytes = (size_t)64 * 1024 * 1024, .depth = 4};
    struct ch_json_error error;
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const json_t *found = ch_json_parse(ch_arena_of(request), answer->body, strlen(answer->body), &LIMITS, &error);
    struct bundle *b = calloc(1, sizeof *b);
    if (!b || !(b->body = evbuffer_new()))
        abort();
    for (size_t i = 0; i < PARTS; i++)
        b->parts[i] = copy(json_string_value(json_array_get(json_object_get(found, "parts"), i)) ?: "");
    b->after = copy("");
    b->pool = ch_pool_of(request);
    snprintf(b->actor, sizeof b->actor, "%s", actor_argument(request) ?: "");
    snprintf(b->id, sizeof b->id, "%s", ch_path(request, "id"));
    snprintf(b->reading, sizeof b->reading, "%lld", (long long)json_integer_value(json_object_get(found, "reading")));
    return ch_stream_start(request, 200, "application/json", &CALLS, b);
}

struct ch_done *get_bundle(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused),
               *reading = refused ? NULL : reading_argument(request, &refused);
    return refused ? refused : ch_call_then(request, &bundle_fn, CH_ARGS(actor_argument(request), id, reading), start);
}
