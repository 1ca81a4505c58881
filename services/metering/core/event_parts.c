/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of events: names of attributes and members, of meters and of verdicts. No reading: event_scan.c and
 * event_tree.c do that. */
#include "event_parts.h"

#include <string.h>

const char *usage_meter_name(enum usage_meter meter)
{
    static const char *const names[] = {"bytes", "queries", "requests", "rows", "seconds", "tokens"};
    return names[meter];
}

const char *event_reason_slug(enum event_reason reason)
{
    static const char *const slugs[] = {
#define X(name, slug, sentence) slug,
        EVENT_REASONS(X)
#undef X
    };
    return slugs[reason];
}

const char *event_reason_sentence(enum event_reason reason)
{
    static const char *const sentences[] = {
#define X(name, slug, sentence) sentence,
        EVENT_REASONS(X)
#undef X
    };
    return sentences[reason];
}

/* `word` is a literal: the compiler makes one or two comparisons of the memcmp. */
#define IS(word) (memcmp(name, word, sizeof(word) - 1) == 0)

enum event_attribute event_attribute_of(const char *name, size_t size)
{
    switch (size) {
    case 2:
        return IS("id") ? EVENT_ID : EVENT_EXTENSION;
    case 4:
        return IS("time") ? EVENT_TIME : IS("type") ? EVENT_TYPE : IS("data") ? EVENT_DATA : EVENT_EXTENSION;
    case 6:
        return IS("source") ? EVENT_SOURCE : EVENT_EXTENSION;
    case 7:
        return IS("subject") ? EVENT_SUBJECT : EVENT_EXTENSION;
    case 10:
        return IS("dataschema") ? EVENT_DATASCHEMA : EVENT_EXTENSION;
    case 11:
        return IS("specversion") ? EVENT_SPECVERSION : IS("data_base64") ? EVENT_DATA_BASE64 : EVENT_EXTENSION;
    case 15:
        return IS("datacontenttype") ? EVENT_DATACONTENTTYPE : EVENT_EXTENSION;
    default:
        return EVENT_EXTENSION;
    }
}

enum event_member event_member_of(const char *name, size_t size)
{
    switch (size) {
    case 4:
        return IS("pool") ? EVENT_POOL : EVENT_MEMBERS;
    case 5:
        return IS("meter") ? EVENT_METER : IS("units") ? EVENT_UNITS : EVENT_MEMBERS;
    case 12:
        return IS("contribution") ? EVENT_CONTRIBUTION : EVENT_MEMBERS;
    default:
        return EVENT_MEMBERS;
    }
}

static bool name_good(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9')))
            return false;
    return size > 0;
}

bool event_extension_good(const char *name, size_t size, const struct event_value *value)
{
    if (!name_good(name, size))
        return false;
    switch (value->kind) {
    case EVENT_ABSENT:
    case EVENT_BOOLEAN:
        return true;
    case EVENT_STRING:
        return event_text_count(value->text, value->size) >= 0;
    case EVENT_INTEGER:
        return value->number >= INT32_MIN && value->number <= INT32_MAX;
    case EVENT_OTHER:
        return false;
    }
    return false;
}
