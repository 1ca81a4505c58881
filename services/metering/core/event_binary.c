/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Binary mode (HTTP binding, 3.1): attributes from headers, data from the body. */
#include <string.h>
#include <strings.h>

#include "commonhold/utf8.h"
#include "event_parts.h"

struct binary {
    struct ch_arena *arena;
    struct event_parts parts;
    const char **names; /* of the attributes so far, in lower case */
    size_t count;
    bool twice;
};

static char *lower(struct ch_arena *arena, const char *text)
{
    char *copy = ch_strdup(arena, text);
    for (char *at = copy; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
    return copy;
}

/* First step of 3.1.3.2: double-quoted strings lose their quotes and backslashes. In place; false where one does not
 * end. */
static bool unquote(char *text)
{
    bool quoted = false;
    char *out = text;
    for (; *text; text++) {
        if (*text == '"') {
            quoted = !quoted;
            continue;
        }
        if (quoted && *text == '\\' && *++text == '\0')
            return false;
        *out++ = *text;
    }
    *out = '\0';
    return !quoted;
}

/* Second step: one round of percent-decoding. In place; false where a byte may not stand in a header, an escape is
 * none, or no UTF-8 comes out ("%C0%A0" must be rejected). U+0000 is rejected with the other control characters. */
static bool percent_decode(char *text, size_t *size)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        if (*in < 0x20 || *in > 0x7e)
            return false;
        if (*in != '%') {
            *out++ = *in;
            continue;
        }
        char digits[4] = {'0', '0', in[1], in[1] ? in[2] : '\0'};
        int byte = event_hex4(digits);
        if (byte < 0)
            return false;
        *out++ = (char)byte;
        in += 2;
    }
    *size = (size_t)(out - text);
    return ch_utf8_valid(text, *size);
}

/* A value that cannot be decoded is one of no type. */
static struct event_value decode(struct ch_arena *arena, const char *text)
{
    struct event_value value = {.kind = EVENT_OTHER};
    char *copy = ch_strdup(arena, text);
    if (!unquote(copy) || !percent_decode(copy, &value.size))
        return value;
    value.kind = EVENT_STRING;
    value.text = copy;
    return value;
}

/* ce-datacontenttype must not be there (3.1.1), and data is no attribute. */
static bool has_no_header(enum event_attribute which)
{
    return which == EVENT_DATACONTENTTYPE || which == EVENT_DATA || which == EVENT_DATA_BASE64;
}

static void take_header(struct binary *binary, const struct event_header *header)
{
    const char *name = lower(binary->arena, header->name + 3);
    struct event_value value = decode(binary->arena, header->value);
    enum event_attribute which = event_attribute_of(name, strlen(name));
    for (size_t i = 0; i < binary->count; i++)
        binary->twice = binary->twice || strcmp(binary->names[i], name) == 0;
    binary->names[binary->count++] = name;
    if (has_no_header(which) || (which == EVENT_EXTENSION && !event_extension_good(name, strlen(name), &value)))
        binary->parts.attribute_bad = true;
    else if (which != EVENT_EXTENSION)
        binary->parts.attribute[which] = value;
}

bool events_read_binary(struct event_reader *reader, struct ch_arena *arena, const struct event_header *headers,
                        size_t count, const char *content_type, const char *body, size_t size, int64_t now,
                        struct event_batch *batch, struct event_refusal *refusal)
{
    struct binary binary = {.arena = arena, .names = ch_alloc_array(arena, count, sizeof(char *))};
    for (size_t i = 0; i < count; i++)
        if (strncasecmp(headers[i].name, "ce-", 3) == 0)
            take_header(&binary, &headers[i]);
    if (size > EVENTS_BODY_MOST)
        return event_refuse(refusal, EVENTS_TOO_LARGE, "The body is longer than 8 MiB.");
    if (binary.count == 0)
        return event_refuse(refusal, EVENTS_NOT_BATCH, "No header begins with ce-, so this is no CloudEvent.");
    if (content_type)
        binary.parts.attribute[EVENT_DATACONTENTTYPE] =
            (struct event_value){.kind = EVENT_STRING, .text = content_type, .size = strlen(content_type)};
    *batch = (struct event_batch){.events = ch_alloc(arena, sizeof(struct usage_event)), .count = 1};
    batch->events->reason = EVENT_DUPLICATE_MEMBER;
    if (!binary.twice)
        event_tree_data(reader, arena, body, size, &binary.parts, now, batch->events);
    return true;
}
