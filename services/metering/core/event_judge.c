/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The verdict on one event: the rules of CloudEvents and of usage on the members either reader found, in the order of
 * EVENT_REASONS. It looks nothing up: sources, pools and grants are the database's. */
#include <string.h>

#include "event_parts.h"

static bool is_text(const struct event_value *value, const char *text)
{
    return value->kind == EVENT_STRING && value->size == strlen(text) && memcmp(value->text, text, value->size) == 0;
}

static bool id_good(const struct event_value *id)
{
    ptrdiff_t count =
        id->kind == EVENT_STRING && id->size <= (size_t)4 * EVENT_ID_MOST ? event_text_count(id->text, id->size) : -1;
    return count >= 1 && count <= EVENT_ID_MOST;
}

static enum event_reason judge_head(const struct event_parts *parts)
{
    const struct event_value *source = &parts->attribute[EVENT_SOURCE];
    if (!id_good(&parts->attribute[EVENT_ID]))
        return EVENT_ID_INVALID;
    if (!is_text(&parts->attribute[EVENT_SPECVERSION], "1.0"))
        return EVENT_SPECVERSION_UNSUPPORTED;
    if (!is_text(&parts->attribute[EVENT_TYPE], "commonhold.usage.v1"))
        return EVENT_TYPE_UNKNOWN;
    if (source->kind != EVENT_STRING || source->size > EVENT_SOURCE_MOST ||
        !event_uri_good(source->text, source->size, false))
        return EVENT_SOURCE_INVALID;
    return EVENT_GOOD;
}

/* What is neither identity nor content still has to be what CloudEvents says. */
static enum event_reason judge_rest(const struct event_parts *parts)
{
    const struct event_value *schema = &parts->attribute[EVENT_DATASCHEMA];
    const struct event_value *type = &parts->attribute[EVENT_DATACONTENTTYPE];
    if (parts->attribute_bad || (schema->kind != EVENT_ABSENT && schema->kind != EVENT_STRING) ||
        (schema->kind == EVENT_STRING && !event_uri_good(schema->text, schema->size, true)))
        return EVENT_ATTRIBUTE_INVALID;
    if (type->kind != EVENT_ABSENT && (type->kind != EVENT_STRING || !event_media_is_json(type->text, type->size)))
        return EVENT_DATACONTENTTYPE_UNSUPPORTED;
    return EVENT_GOOD;
}

static enum event_reason judge_time(const struct event_value *time, int64_t now, struct usage_event *event)
{
    if (time->kind != EVENT_STRING || !event_time_read(time->text, time->size, &event->time))
        return EVENT_TIME_INVALID;
    if (event->time < now - EVENT_AGE_MOST)
        return EVENT_TIME_TOO_OLD;
    return event->time > now + EVENT_AHEAD_MOST ? EVENT_TIME_AHEAD : EVENT_GOOD;
}

/* As licensing checks the refs of pools: ^[a-z][a-z0-9-]{0,31}$. */
static bool pool_good(const struct event_value *pool)
{
    if (pool->kind != EVENT_STRING || pool->size == 0 || pool->size > 32 || pool->text[0] < 'a' || pool->text[0] > 'z')
        return false;
    for (size_t i = 1; i < pool->size; i++) {
        char c = pool->text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

static bool find_meter(const struct event_value *value, enum usage_meter *meter)
{
    for (unsigned i = 0; i < USAGE_METERS; i++)
        if (is_text(value, usage_meter_name((enum usage_meter)i))) {
            *meter = (enum usage_meter)i;
            return true;
        }
    return false;
}

static bool read_uuid(const struct event_value *value, uint8_t bytes[16])
{
    return value->kind == EVENT_STRING && event_uuid_read(value->text, value->size, false, bytes);
}

static enum event_reason judge_data(const struct event_parts *parts, struct usage_event *event)
{
    const struct event_value *pool = &parts->member[EVENT_POOL], *units = &parts->member[EVENT_UNITS];
    const struct event_value *contribution = &parts->member[EVENT_CONTRIBUTION];
    if (parts->data != EVENT_DATA_OBJECT || parts->data_twice || parts->member_unknown)
        return EVENT_DATA_INVALID;
    if (!pool_good(pool))
        return EVENT_POOL_INVALID;
    if (!find_meter(&parts->member[EVENT_METER], &event->meter))
        return EVENT_METER_UNKNOWN;
    if (units->kind != EVENT_INTEGER || units->number < 1 || units->number > EVENT_UNITS_MOST)
        return EVENT_UNITS_INVALID;
    event->has_contribution = contribution->kind != EVENT_ABSENT;
    if (event->has_contribution && !read_uuid(contribution, event->contribution))
        return EVENT_CONTRIBUTION_INVALID;
    event->pool = pool->text;
    event->pool_size = (uint8_t)pool->size;
    event->units = units->number;
    return EVENT_GOOD;
}

static enum event_reason judge(const struct event_parts *parts, int64_t now, struct usage_event *event)
{
    enum event_reason reason = judge_head(parts);
    if (reason == EVENT_GOOD)
        reason = judge_rest(parts);
    if (reason == EVENT_GOOD)
        reason = judge_time(&parts->attribute[EVENT_TIME], now, event);
    if (reason == EVENT_GOOD && !read_uuid(&parts->attribute[EVENT_SUBJECT], event->grant))
        reason = EVENT_SUBJECT_INVALID;
    return reason == EVENT_GOOD ? judge_data(parts, event) : reason;
}

void event_judge(struct event_reader *reader, const struct event_parts *parts, int64_t now, struct usage_event *event)
{
    const struct event_value *id = &parts->attribute[EVENT_ID], *source = &parts->attribute[EVENT_SOURCE];
    event->reason = judge(parts, now, event);
    if (event->reason != EVENT_ID_INVALID) {
        event->id = id->text;
        event->id_size = (uint16_t)id->size;
    }
    if (event->reason != EVENT_GOOD)
        return;
    event->source = source->text;
    event->source_size = (uint16_t)source->size;
    event_key(reader, event->source, event->source_size, event->id, event->id_size, event->event_key);
    event_content_hash(reader, event, event->content_hash);
}
