/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bodies of events in the JSON format: the array of a batch and the one event of structured mode. What an event says is
 * read by event_scan.c, and by event_tree.c where that gives up. */
#include <stdio.h>
#include <string.h>

#include "event_parts.h"

struct read {
    struct event_reader *reader;
    struct ch_arena *arena;
    const char *body, *at, *stop;
    int64_t now;
    bool slowly; /* no scanner */
    struct event_batch *batch;
    size_t room; /* events there is memory for */
    struct event_refusal *refusal;
};

bool event_refuse(struct event_refusal *refusal, enum event_refusal_kind kind, const char *detail)
{
    *refusal = (struct event_refusal){.kind = kind, .line = 1, .column = 1};
    snprintf(refusal->detail, sizeof refusal->detail, "%s", detail);
    return false;
}

/* Always false: the body breaks at `place`. */
static bool refuse_at(struct read *read, enum event_refusal_kind kind, const char *place, const char *detail)
{
    struct event_refusal *refusal = read->refusal;
    event_refuse(refusal, kind, "");
    const char *line = read->body;
    for (const char *lf; (lf = memchr(line, '\n', (size_t)(place - line))) != NULL; line = lf + 1)
        refusal->line++;
    refusal->offset = (size_t)(place - read->body);
    refusal->column = (uint32_t)(place - line) + 1;
    snprintf(refusal->detail, sizeof refusal->detail, "Line %u, column %u: %s", refusal->line, refusal->column, detail);
    return false;
}

static void skip_space(struct read *read)
{
    read->at = event_skip_space(read->at, read->stop);
}

static bool next_is(const struct read *read, char c)
{
    return read->at < read->stop && *read->at == c;
}

/* Memory for one more event: doubled until EVENTS_MOST. */
static struct usage_event *add_event(struct read *read)
{
    struct event_batch *batch = read->batch;
    if (batch->count == read->room) {
        size_t room = 2 * read->room + 1;
        struct usage_event *events = ch_alloc_array(read->arena, room, sizeof *events);
        if (batch->count > 0)
            memcpy(events, batch->events, batch->count * sizeof *events);
        batch->events = events;
        read->room = room;
    }
    struct usage_event *event = &batch->events[batch->count];
    event->index = (uint32_t)batch->count++;
    return event;
}

static bool scan_event(struct read *read, struct usage_event *event)
{
    struct event_parts parts;
    const char *end;
    if (read->slowly || !next_is(read, '{') || !event_scan(read->arena, read->at, read->stop, &parts, &end))
        return false;
    if ((size_t)(end - read->at) > EVENT_MOST)
        event->reason = EVENT_TOO_LARGE;
    else
        event_judge(read->reader, &parts, read->now, event);
    read->at = end;
    return true;
}

/* One value of the body, which becomes an event, good or bad; false when it is no JSON. */
static bool read_event(struct read *read)
{
    const char *place, *detail;
    struct usage_event *event = add_event(read);
    if (scan_event(read, event))
        return true;
    const char *end = event_skip(read->at, read->stop, &place, &detail);
    if (!end)
        return refuse_at(read, EVENTS_NOT_JSON, place, detail);
    if (!next_is(read, '{'))
        event->reason = EVENT_NOT_AN_OBJECT;
    else if ((size_t)(end - read->at) > EVENT_MOST)
        event->reason = EVENT_TOO_LARGE;
    else
        event_tree(read->reader, read->arena, read->at, (size_t)(end - read->at), read->now, event);
    read->at = end;
    return true;
}

/* The elements behind the opening bracket. */
static bool read_elements(struct read *read)
{
    read->at++;
    skip_space(read);
    if (next_is(read, ']')) {
        read->at++;
        return true;
    }
    for (;;) {
        if (read->batch->count == EVENTS_MOST)
            return refuse_at(read, EVENTS_TOO_MANY, read->at, "A batch has at most 10,000 events.");
        if (!read_event(read))
            return false;
        skip_space(read);
        if (next_is(read, ']')) {
            read->at++;
            return true;
        }
        if (!next_is(read, ','))
            return refuse_at(read, EVENTS_NOT_JSON, read->at, "A comma or the end of the batch is needed here.");
        read->at++;
        skip_space(read);
    }
}

/* The body begins with something else than it should: JSON or not? */
static bool refuse_other(struct read *read, const char *detail)
{
    const char *place, *why;
    if (!event_skip(read->at, read->stop, &place, &why))
        return refuse_at(read, EVENTS_NOT_JSON, place, why);
    return refuse_at(read, EVENTS_NOT_BATCH, read->at, detail);
}

static bool read_body(struct read *read, enum event_mode mode)
{
    bool array = mode == EVENT_MODE_BATCH;
    skip_space(read);
    if (!next_is(read, array ? '[' : '{'))
        return refuse_other(read, array ? "A batch is a JSON array." : "An event is a JSON object.");
    if (!(array ? read_elements : read_event)(read))
        return false;
    skip_space(read);
    return read->at == read->stop ||
           refuse_at(read, EVENTS_NOT_JSON, read->at, "Nothing may stand behind the end of the body.");
}

/* Events are rarely shorter than 256 bytes: mostly one block of memory is enough. */
static bool read_all(struct read read, enum event_mode mode, const char *body, size_t size)
{
    read.body = read.at = body;
    read.stop = body + size;
    *read.batch = (struct event_batch){0};
    if (size > EVENTS_BODY_MOST)
        return event_refuse(read.refusal, EVENTS_TOO_LARGE, "The body is longer than 8 MiB.");
    read.room = mode == EVENT_MODE_STRUCTURED ? 1 : size / 256 < EVENTS_MOST ? size / 256 + 1 : EVENTS_MOST;
    read.batch->events = ch_alloc_array(read.arena, read.room, sizeof *read.batch->events);
    return read_body(&read, mode);
}

bool events_read(struct event_reader *reader, struct ch_arena *arena, enum event_mode mode, const char *body,
                 size_t size, int64_t now, struct event_batch *batch, struct event_refusal *refusal)
{
    return read_all((struct read){.reader = reader, .arena = arena, .now = now, .batch = batch, .refusal = refusal},
                    mode, body, size);
}

bool events_read_slowly(struct event_reader *reader, struct ch_arena *arena, enum event_mode mode, const char *body,
                        size_t size, int64_t now, struct event_batch *batch, struct event_refusal *refusal)
{
    return read_all(
        (struct read){.reader = reader, .arena = arena, .now = now, .slowly = true, .batch = batch, .refusal = refusal},
        mode, body, size);
}
