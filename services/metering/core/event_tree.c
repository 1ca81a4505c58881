/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The other reader of one event: jansson's tree. Slow, and right about everything JSON may hold; it reads what the
 * scanner gives up on, and in the fuzz target everything. */
#include <jansson.h>
#include <string.h>

#include "event_parts.h"

/* U+FFFF in UTF-8, in quotes: as long as the shortest number jansson finds too large (1e309). */
#define NO_STRING "\"\xef\xbf\xbf\""

/* ---- taming ---- */

/* Bytes of an escape in valid JSON. Where it is half of a character, or none, it becomes \uFFFF. */
static size_t tame_escape(char *at, const char *stop)
{
    int high = stop - at >= 6 && at[1] == 'u' ? event_hex4(at + 2) : -1;
    if (high < 0)
        return stop - at >= 2 ? 2 : 1;
    if (high >= 0xd800 && high <= 0xdbff && stop - at >= 12 && at[6] == '\\' && at[7] == 'u') {
        int low = event_hex4(at + 8);
        if (low >= 0xdc00 && low <= 0xdfff)
            return 12;
    }
    if (high == 0 || (high >= 0xd800 && high <= 0xdfff))
        memcpy(at + 2, "FFFF", 4);
    return 6;
}

static char *tame_string(char *at, const char *stop)
{
    at++;
    while (at < stop && *at != '"')
        at += *at == '\\' ? tame_escape(at, stop) : 1;
    return at < stop ? at + 1 : at;
}

/* Whatever could be beyond int64_t or double is out of place in an event, in range or not. */
static char *tame_number(char *at, const char *stop)
{
    char *from = at;
    bool whole = true;
    for (; at < stop && *at && strchr("0123456789+-.eE", *at); at++)
        whole = whole && (*at == '-' || (*at >= '0' && *at <= '9'));
    size_t size = (size_t)(at - from);
    if (size < (whole ? 19 : sizeof NO_STRING - 1))
        return at;
    memset(from, ' ', size);
    memcpy(from, NO_STRING, sizeof NO_STRING - 1);
    return at;
}

void event_tame(char *text, size_t size)
{
    char *at = text;
    const char *stop = text + size;
    while (at < stop) {
        if (*at == '"')
            at = tame_string(at, stop);
        else if (*at == '-' || (*at >= '0' && *at <= '9'))
            at = tame_number(at, stop);
        else
            at++;
    }
}

/* ---- the tree ---- */

/* NULL with *reason: a name twice, or (of what did not pass event_skip) no JSON. The caller ends it with json_decref.
 */
static json_t *load(struct event_reader *reader, const char *text, size_t size, enum event_reason *reason)
{
    json_error_t error;
    memcpy(reader->scratch, text, size);
    event_tame(reader->scratch, size);
    json_t *tree = json_loadb(reader->scratch, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!tree)
        *reason = json_error_code(&error) == json_error_duplicate_key ? EVENT_DUPLICATE_MEMBER : EVENT_DATA_INVALID;
    return tree;
}

static struct event_value value_of(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_STRING:
        return (struct event_value){
            .kind = EVENT_STRING, .text = json_string_value(json), .size = json_string_length(json)};
    case JSON_INTEGER:
        return (struct event_value){.kind = EVENT_INTEGER, .number = json_integer_value(json)};
    case JSON_TRUE:
    case JSON_FALSE:
        return (struct event_value){.kind = EVENT_BOOLEAN};
    case JSON_NULL:
        return (struct event_value){.kind = EVENT_ABSENT};
    case JSON_REAL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return (struct event_value){.kind = EVENT_OTHER};
}

static void take_data(const json_t *data, struct event_parts *parts)
{
    const char *name;
    json_t *value;
    parts->data = json_is_object(data) ? EVENT_DATA_OBJECT : EVENT_DATA_OTHER;
    json_object_foreach((json_t *)(uintptr_t)data, name, value)
    {
        enum event_member which = event_member_of(name, strlen(name));
        if (which == EVENT_MEMBERS)
            parts->member_unknown = true;
        else
            parts->member[which] = value_of(value);
    }
}

static void take_attributes(json_t *tree, struct event_parts *parts)
{
    const char *name;
    json_t *json;
    json_object_foreach(tree, name, json)
    {
        size_t size = strlen(name);
        struct event_value value = value_of(json);
        enum event_attribute which = event_attribute_of(name, size);
        if (which == EVENT_DATA)
            take_data(json, parts);
        else if (which == EVENT_EXTENSION)
            parts->attribute_bad = parts->attribute_bad || !event_extension_good(name, size, &value);
        else
            parts->attribute[which] = value;
    }
}

/* Texts of a good event outlive the tree. */
static void keep(struct ch_arena *arena, struct usage_event *event)
{
    if (event->id)
        event->id = ch_memdup(arena, event->id, event->id_size);
    if (event->reason != EVENT_GOOD)
        return;
    event->source = ch_memdup(arena, event->source, event->source_size);
    event->pool = ch_memdup(arena, event->pool, event->pool_size);
}

void event_tree_data(struct event_reader *reader, struct ch_arena *arena, const char *text, size_t size,
                     struct event_parts *parts, int64_t now, struct usage_event *event)
{
    enum event_reason reason = EVENT_TOO_LARGE;
    const char *place, *detail, *stop = text + size;
    json_t *data = NULL;
    if (size <= EVENT_MOST) {
        const char *start = event_skip_space(text, stop), *end = event_skip(start, stop, &place, &detail);
        reason = EVENT_DATA_INVALID;
        if (end && event_skip_space(end, stop) == stop)
            data = load(reader, text, size, &reason);
    }
    if (!data && reason != EVENT_DATA_INVALID) {
        event->reason = reason;
        return;
    }
    parts->data = EVENT_DATA_OTHER;
    if (data)
        take_data(data, parts);
    event_judge(reader, parts, now, event);
    keep(arena, event);
    json_decref(data);
}

/* data_base64 instead of data: its bytes are the data (JSON format, 3.1.2). */
static void judge_base64(struct event_reader *reader, struct ch_arena *arena, struct event_parts *parts, int64_t now,
                         struct usage_event *event)
{
    const struct event_value *value = &parts->attribute[EVENT_DATA_BASE64];
    size_t size = 0;
    uint8_t *bytes = value->kind == EVENT_STRING ? ch_alloc(arena, value->size) : NULL;
    if (parts->data != EVENT_DATA_NONE)
        parts->data_twice = true;
    if (bytes && !parts->data_twice && ch_unbase64(value->text, value->size, bytes, value->size, &size)) {
        event_tree_data(reader, arena, (const char *)bytes, size, parts, now, event);
        return;
    }
    parts->data = EVENT_DATA_OTHER;
    event_judge(reader, parts, now, event);
    keep(arena, event);
}

void event_tree(struct event_reader *reader, struct ch_arena *arena, const char *text, size_t size, int64_t now,
                struct usage_event *event)
{
    struct event_parts parts = {0};
    json_t *tree = load(reader, text, size, &event->reason);
    if (!tree)
        return;
    take_attributes(tree, &parts);
    if (parts.attribute[EVENT_DATA_BASE64].kind != EVENT_ABSENT) {
        judge_base64(reader, arena, &parts, now, event);
    } else {
        event_judge(reader, &parts, now, event);
        keep(arena, event);
    }
    json_decref(tree);
}
