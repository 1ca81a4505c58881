/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts of usage events for tests: a good one, and the same with members changed, added or left out. */
#ifndef EVENT_TEXTS_H
#define EVENT_TEXTS_H

#include <stdio.h>
#include <string.h>

#include "../../services/metering/core/event_parts.h"

/* 2026-03-01T12:00:00Z; the good event happened 10 minutes before. */
#define EVENT_NOW     INT64_C(1772366400000000)
#define EVENT_GRANT   "01931f00-0000-7000-8000-0000000000aa"
#define EVENT_GIVER   "01931f00-0000-7000-8000-0000000000cc"
#define EVENT_V7      "019c0f3a-5e00-7abc-8def-0123456789ab"
#define EVENT_SOURCE_ "https://store.example/eu"

/* A member: name, and its value as JSON text. */
struct event_text_member {
    const char *name, *value;
};

static const struct event_text_member event_text_head[] = {
    {"specversion", "\"1.0\""}, {"type", "\"commonhold.usage.v1\""},  {"source", "\"" EVENT_SOURCE_ "\""},
    {"id", "\"" EVENT_V7 "\""}, {"time", "\"2026-03-01T11:50:00Z\""}, {"subject", "\"" EVENT_GRANT "\""}};
static const struct event_text_member event_text_data[] = {
    {"pool", "\"aberdeen\""}, {"meter", "\"rows\""}, {"units", "42"}, {"contribution", "\"" EVENT_GIVER "\""}};

/* Members of `from` with `name` changed to `value` (NULL: left out; a name that is not there is added behind). */
static inline char *event_text_members(struct ch_arena *arena, const struct event_text_member *from, size_t count,
                                       const char *name, const char *value)
{
    char *text = ch_strdup(arena, "");
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        bool same = name && strcmp(name, from[i].name) == 0;
        found = found || same;
        const char *use = same ? value : from[i].value;
        if (use)
            text = ch_printf(arena, "%s%s\"%s\":%s", text, *text ? "," : "", from[i].name, use);
    }
    return name && !found && value ? ch_printf(arena, "%s%s\"%s\":%s", text, *text ? "," : "", name, value) : text;
}

#define EVENT_COUNT(table) (sizeof(table) / sizeof *(table))

/* The good event with one member of its own changed; "data" may be it. */
static inline char *event_text(struct ch_arena *arena, const char *name, const char *value)
{
    bool data = name && strcmp(name, "data") == 0;
    char *head = event_text_members(arena, event_text_head, EVENT_COUNT(event_text_head), data ? NULL : name, value);
    if (data)
        return value ? ch_printf(arena, "{%s,\"data\":%s}", head, value) : ch_printf(arena, "{%s}", head);
    return ch_printf(arena, "{%s,\"data\":{%s}}", head,
                     event_text_members(arena, event_text_data, EVENT_COUNT(event_text_data), NULL, NULL));
}

/* The good event with one member of its data changed. */
static inline char *event_text_of_data(struct ch_arena *arena, const char *name, const char *value)
{
    return event_text(arena, "data",
                      ch_printf(arena, "{%s}",
                                event_text_members(arena, event_text_data, EVENT_COUNT(event_text_data), name, value)));
}

static inline bool event_same_text(const char *a, size_t a_size, const char *b, size_t b_size)
{
    return (a != NULL) == (b != NULL) && a_size == b_size && (!a || memcmp(a, b, a_size) == 0);
}

static inline bool event_same(const struct usage_event *a, const struct usage_event *b)
{
    if (a->reason != b->reason || a->index != b->index || !event_same_text(a->id, a->id_size, b->id, b->id_size))
        return false;
    return a->reason != EVENT_GOOD ||
           (event_same_text(a->source, a->source_size, b->source, b->source_size) &&
            event_same_text(a->pool, a->pool_size, b->pool, b->pool_size) && a->units == b->units &&
            a->time == b->time && a->meter == b->meter && a->has_contribution == b->has_contribution &&
            memcmp(a->grant, b->grant, 16) == 0 && memcmp(a->contribution, b->contribution, 16) == 0 &&
            memcmp(a->event_key, b->event_key, 16) == 0 && memcmp(a->content_hash, b->content_hash, 32) == 0);
}

/* Reads the body with the scanner and with jansson alone; false where they do not say the same. *good: what
 * events_read returned. */
static inline bool event_read_both(struct event_reader *reader, struct ch_arena *arena, enum event_mode mode,
                                   const char *body, size_t size, struct event_batch *batch,
                                   struct event_refusal *refusal, bool *good)
{
    struct event_batch other;
    struct event_refusal why;
    *good = events_read(reader, arena, mode, body, size, EVENT_NOW, batch, refusal);
    if (events_read_slowly(reader, arena, mode, body, size, EVENT_NOW, &other, &why) != *good)
        return false;
    if (!*good)
        return refusal->kind == why.kind && refusal->offset == why.offset && refusal->line == why.line &&
               refusal->column == why.column && strcmp(refusal->detail, why.detail) == 0;
    bool same = batch->count == other.count;
    for (size_t i = 0; same && i < other.count; i++)
        same = event_same(&batch->events[i], &other.events[i]);
    return same;
}

#endif
