/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* POST /metering/v1/events: from the bytes of a request to its post among those that wait for a group, and from what
 * became of its events to the answer. */
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "metering.h"

#define HEADERS_MOST 100 /* common/http_head.h takes no more */

static const struct ch_statement CLOCK = {
    .name = "metering.clock",
    .text = "SELECT 'ok', pg_catalog.to_jsonb((EXTRACT(EPOCH FROM pg_catalog.clock_timestamp()) * 1000000)::bigint)",
    .shape = CH_SHAPE_ANSWER,
    .read_only = true};

/* ---- the answer ---- */

static void write_events(struct out *out, const struct event_post *post, enum event_fate_kind kind)
{
    bool any = false;
    out_byte(out, '[');
    for (size_t i = 0; i < post->batch.count; i++) {
        const struct usage_event *event = &post->batch.events[i];
        if (post->fates[i].kind != kind)
            continue;
        char *at = out_reserve(out, 32);
        out->size += (size_t)snprintf(at, 32, "%s{\"index\":%u,\"id\":", any ? "," : "", event->index);
        out_text(out, event->id ? "\"" : "null");
        for (size_t k = 0; event->id && k < event->id_size; k++) {
            if (event->id[k] == '"' || event->id[k] == '\\')
                out_byte(out, '\\');
            out_byte(out, event->id[k]);
        }
        out_text(out, event->id ? "\",\"reason\":\"" : ",\"reason\":\"");
        out_text(out, post->fates[i].reason);
        out_text(out, "\"}");
        any = true;
    }
    out_byte(out, ']');
}

/* Accepted is what is stored for good; those among it that are kept and never billed are named. */
void event_answer(struct event_post *post)
{
    size_t counts[EVENT_REFUSED + 1] = {0};
    char head[128];
    struct out out = {0};
    uint64_t *counters = ch_context(post->request)->counters;
    for (size_t i = 0; i < post->batch.count; i++)
        counts[post->fates[i].kind]++;
    counters[EVENT_COUNT_EVENTS] += counts[EVENT_PENDING];
    counters[EVENT_COUNT_KEPT] += counts[EVENT_KEPT];
    counters[EVENT_COUNT_REFUSED] += counts[EVENT_REFUSED];
    snprintf(head, sizeof head,
             "{\"accepted\":%zu,\"duplicates\":%zu,\"quarantined\":", counts[EVENT_PENDING] + counts[EVENT_KEPT],
             counts[EVENT_TWICE]);
    out_text(&out, head);
    write_events(&out, post, EVENT_KEPT);
    out_text(&out, ",\"rejected\":");
    write_events(&out, post, EVENT_REFUSED);
    out_add(&out, "}", 2);
    ch_reply(post->request, "ok", out.bytes);
    out_free(&out);
}

/* ---- the request ---- */

static struct ch_done *refuse(struct ch_request *request, enum event_mode mode, const struct event_refusal *refusal)
{
    switch (refusal->kind) {
    case EVENTS_TOO_LARGE:
    case EVENTS_TOO_MANY:
        return ch_refuse(request, "too_large", "%s", refusal->detail);
    case EVENTS_NOT_JSON:
        return ch_refuse(request, "not_json", "%s", refusal->detail);
    case EVENTS_NOT_BATCH:
        break;
    }
    return ch_refuse(request, mode == EVENT_MODE_BINARY ? "unsupported_type" : "bad_request", "%s", refusal->detail);
}

static bool read_events(struct ch_request *request, enum event_mode mode, int64_t now, struct event_batch *batch,
                        struct event_refusal *refusal)
{
    struct event_reader *reader = metering_of(request)->event_reader;
    struct event_header headers[HEADERS_MOST];
    size_t size, count = 0, cursor = 0;
    const char *body = ch_body(request, &size), *type = ch_header(request, "Content-Type");
    if (mode != EVENT_MODE_BINARY)
        return events_read(reader, ch_arena_of(request), mode, body, size, now, batch, refusal);
    while (count < HEADERS_MOST && ch_header_each(request, &cursor, &headers[count].name, &headers[count].value))
        count++;
    return events_read_binary(reader, ch_arena_of(request), headers, count, type, body, size, now, batch, refusal);
}

static struct ch_done *take_events(struct ch_request *request, int64_t now)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct event_post *post = ch_alloc(arena, sizeof *post);
    struct event_refusal refusal;
    enum event_mode mode = event_mode_of(ch_header(request, "Content-Type"));
    if (!read_events(request, mode, now, &post->batch, &refusal))
        return refuse(request, mode, &refusal);
    post->request = request;
    post->client = ch_actor(request)->client;
    post->fates = ch_alloc_array(arena, post->batch.count, sizeof *post->fates);
    if (event_groups_add(metering_of(request)->event_groups, post))
        return ch_promise(request);
    return ch_refuse(request, "too_many_requests",
                     "More events wait than this process takes; nothing of this request was stored.");
}

/* Time is the database's; once it has been heard of, each group brings it along. */
static struct ch_done *heard_clock(struct ch_request *request, const struct ch_answer *answer)
{
    int64_t now = strtoll(answer->body, NULL, 10);
    event_groups_heard(metering_of(request)->event_groups, now);
    return take_events(request, now);
}

struct ch_done *post_events(struct ch_request *request)
{
    if (event_mode_of(ch_header(request, "Content-Type")) == EVENT_MODE_UNSUPPORTED)
        return ch_refuse(request, "unsupported_type",
                         "Events come as application/cloudevents-batch+json, as application/cloudevents+json, or as "
                         "application/json with ce- headers.");
    int64_t now = event_groups_now(metering_of(request)->event_groups);
    return now ? take_events(request, now) : ch_call_then(request, &CLOCK, CH_NO_ARGS, heard_clock);
}
