/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/event_binary.c: HTTP binding of CloudEvents 1.0.2, 3.1. */
#include <strings.h>

#include "event_reading.h"

#define DATA "{\"pool\":\"aberdeen\",\"meter\":\"rows\",\"units\":42,\"contribution\":\"" EVENT_GIVER "\"}"

static const struct event_header good[] = {
    {"ce-specversion", "1.0"},    {"Host", "x"},       {"CE-Type", "commonhold.usage.v1"},
    {"ce-source", EVENT_SOURCE_}, {"Ce-Id", EVENT_V7}, {"ce-time", "2026-03-01T11:50:00Z"},
    {"ce-subject", EVENT_GRANT}};

/* The good headers with one changed (NULL: left out) or added. */
static struct usage_event *read_with(const char *name, const char *value, const char *type, const char *body,
                                     size_t size)
{
    struct event_header headers[16];
    struct event_batch batch;
    struct event_refusal refusal;
    size_t count = 0;
    bool found = false;
    for (size_t i = 0; i < EVENT_COUNT(good); i++) {
        bool same = name && strcasecmp(good[i].name, name) == 0;
        found = found || same;
        headers[count] = good[i];
        if (same)
            headers[count].value = value;
        count += headers[count].value != NULL;
    }
    if (name && !found)
        headers[count++] = (struct event_header){name, value};
    assert_true(events_read_binary(reader, arena, headers, count, type, body, size, EVENT_NOW, &batch, &refusal));
    assert_int_equal(batch.count, 1);
    return batch.events;
}

static void a_binary_event_is_the_structured_one(void **state)
{
    (void)state;
    struct event_batch batch;
    struct event_refusal refusal;
    const char *text = event_text(arena, NULL, NULL);
    assert_true(events_read(reader, arena, EVENT_MODE_STRUCTURED, text, strlen(text), EVENT_NOW, &batch, &refusal));
    struct usage_event *event = read_with(NULL, NULL, "application/json; charset=utf-8", DATA, strlen(DATA));
    assert_int_equal(event->reason, EVENT_GOOD);
    assert_true(event_same(event, batch.events));
    event = read_with(NULL, NULL, NULL, " " DATA "\n", strlen(DATA) + 2);
    assert_true(event_same(event, batch.events));
}

static void headers_are_judged_one_by_one(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        enum event_reason reason;
    } headers[] = {
        {"ce-specversion", NULL, EVENT_SPECVERSION_UNSUPPORTED},
        {"ce-specversion", "0.3", EVENT_SPECVERSION_UNSUPPORTED},
        {"ce-specversion", "%31.0", EVENT_GOOD}, /* unnecessarily encoded: must be accepted */
        {"ce-type", NULL, EVENT_TYPE_UNKNOWN},
        {"ce-type", "", EVENT_TYPE_UNKNOWN},
        {"ce-source", NULL, EVENT_SOURCE_INVALID},
        {"ce-id", NULL, EVENT_ID_INVALID},
        {"ce-id", "", EVENT_ID_INVALID},
        {"ce-id", "\"\"", EVENT_ID_INVALID},
        {"ce-id", "Euro%20%E2%82%AC%20%F0%9F%98%80", EVENT_GOOD},
        {"ce-id", "euro%20%e2%82%ac", EVENT_GOOD},
        {"ce-id", "%C0%A0", EVENT_ID_INVALID}, /* overlong: must be rejected */
        {"ce-id", "%ED%A0%80", EVENT_ID_INVALID},
        {"ce-id", "%FF", EVENT_ID_INVALID},
        {"ce-id", "%00", EVENT_ID_INVALID},
        {"ce-id", "%0A", EVENT_ID_INVALID},
        {"ce-id", "%7F", EVENT_ID_INVALID},
        {"ce-id", "a%", EVENT_ID_INVALID},
        {"ce-id", "a%2", EVENT_ID_INVALID},
        {"ce-id", "a%zz", EVENT_ID_INVALID},
        {"ce-id", "%2525", EVENT_GOOD}, /* one round: %25 */
        {"ce-id", "a b", EVENT_GOOD},
        {"ce-id", "\xe2\x82\xac", EVENT_ID_INVALID},
        {"ce-id", "a\tb", EVENT_ID_INVALID},
        {"ce-id", "\"a\\\"b\\\\%41\"", EVENT_GOOD},
        {"ce-id", "\"a", EVENT_ID_INVALID},
        {"ce-id", "\"a\\", EVENT_ID_INVALID},
        {"ce-time", NULL, EVENT_TIME_INVALID},
        {"ce-time", "2026-03-01T11%3A50%3A00Z", EVENT_GOOD},
        {"ce-time", "2025-03-01T11:50:00Z", EVENT_TIME_TOO_OLD},
        {"ce-time", "2026-03-01T13:50:00Z", EVENT_TIME_AHEAD},
        {"ce-subject", NULL, EVENT_SUBJECT_INVALID},
        {"ce-datacontenttype", "application/json", EVENT_ATTRIBUTE_INVALID}, /* 3.1.1: must not be there */
        {"ce-data", "{}", EVENT_ATTRIBUTE_INVALID},
        {"ce-data_base64", "e30=", EVENT_ATTRIBUTE_INVALID},
        {"ce-dataschema", "https://x.example/s", EVENT_GOOD},
        {"ce-dataschema", "s", EVENT_ATTRIBUTE_INVALID},
        {"ce-traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", EVENT_GOOD},
        {"ce-Sequence", "5", EVENT_GOOD},
        {"ce-a-b", "5", EVENT_ATTRIBUTE_INVALID},
        {"ce-", "5", EVENT_ATTRIBUTE_INVALID},
        {"ce-x", "%C0%A0", EVENT_ATTRIBUTE_INVALID},
        {"ce-x", "%01", EVENT_ATTRIBUTE_INVALID},
        {"x-ce-id", "%C0", EVENT_GOOD},
    };
    for (size_t i = 0; i < EVENT_COUNT(headers); i++) {
        struct usage_event *event =
            read_with(headers[i].name, headers[i].value, "application/json", DATA, strlen(DATA));
        if (event->reason != headers[i].reason)
            fail_msg("%s: %s: %s", headers[i].name, headers[i].value ? headers[i].value : "-",
                     event_reason_slug(event->reason));
    }
}

static void values_are_decoded_once(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro \xe2\x82\xac \xf0\x9f\x98\x80"},
                                           {"%2525", "%25"},
                                           {"\"a\\\"b\\\\ %41\"", "a\"b\\ A"},
                                           {"a\"b c\"d", "ab cd"},
                                           {"a\\b", "a\\b"},
                                           {"\"%22\"", "\""}};
    for (size_t i = 0; i < EVENT_COUNT(pairs); i++) {
        struct usage_event *event = read_with("ce-id", pairs[i][0], NULL, DATA, strlen(DATA));
        assert_int_equal(event->reason, EVENT_GOOD);
        assert_int_equal(event->id_size, strlen(pairs[i][1]));
        assert_memory_equal(event->id, pairs[i][1], event->id_size);
    }
}

static void the_body_is_the_data(void **state)
{
    (void)state;
    static const struct {
        const char *type, *body;
        enum event_reason reason;
    } bodies[] = {
        {"application/json", "", EVENT_DATA_INVALID},
        {"application/json", "null", EVENT_DATA_INVALID},
        {"application/json", "[" DATA "]", EVENT_DATA_INVALID},
        {"application/json", DATA DATA, EVENT_DATA_INVALID},
        {"application/json", "{\"pool\":", EVENT_DATA_INVALID},
        {"application/json", "{}", EVENT_POOL_INVALID},
        {"application/json", "{\"pool\":\"a\",\"pool\":\"a\"}", EVENT_DUPLICATE_MEMBER},
        {"application/json", "{\"pool\":\"a\",\"meter\":\"rows\",\"units\":1e999}", EVENT_UNITS_INVALID},
        {"application/vnd.usage+json", DATA, EVENT_GOOD},
        {"text/plain", DATA, EVENT_DATACONTENTTYPE_UNSUPPORTED},
        {"application/json; charset=utf-16", DATA, EVENT_DATACONTENTTYPE_UNSUPPORTED},
        {"", DATA, EVENT_DATACONTENTTYPE_UNSUPPORTED},
    };
    for (size_t i = 0; i < EVENT_COUNT(bodies); i++) {
        struct usage_event *event = read_with(NULL, NULL, bodies[i].type, bodies[i].body, strlen(bodies[i].body));
        if (event->reason != bodies[i].reason)
            fail_msg("%s %s: %s", bodies[i].type, bodies[i].body, event_reason_slug(event->reason));
    }
    char *large = ch_alloc(arena, EVENT_MOST + 1);
    memset(large, ' ', EVENT_MOST + 1);
    memcpy(large, DATA, strlen(DATA));
    assert_int_equal(read_with(NULL, NULL, NULL, large, EVENT_MOST)->reason, EVENT_GOOD);
    assert_int_equal(read_with(NULL, NULL, NULL, large, EVENT_MOST + 1)->reason, EVENT_TOO_LARGE);
    assert_int_equal(read_with(NULL, NULL, NULL, "{\0}", 3)->reason, EVENT_DATA_INVALID);
}

static void a_header_stands_once(void **state)
{
    (void)state;
    struct event_header headers[8];
    struct event_batch batch;
    struct event_refusal refusal;
    memcpy(headers, good, sizeof good);
    headers[7] = (struct event_header){"ce-ID", EVENT_V7};
    assert_true(events_read_binary(reader, arena, headers, 8, NULL, DATA, strlen(DATA), EVENT_NOW, &batch, &refusal));
    assert_int_equal(batch.events->reason, EVENT_DUPLICATE_MEMBER);
}

static void what_is_no_event_is_refused(void **state)
{
    (void)state;
    const struct event_header other = {"content-length", "2"};
    struct event_batch batch;
    struct event_refusal refusal;
    assert_false(
        events_read_binary(reader, arena, &other, 1, "application/json", "{}", 2, EVENT_NOW, &batch, &refusal));
    assert_int_equal(refusal.kind, EVENTS_NOT_BATCH);
    assert_false(events_read_binary(reader, arena, NULL, 0, NULL, "{}", 2, EVENT_NOW, &batch, &refusal));
    char *large = ch_alloc(arena, EVENTS_BODY_MOST + 1);
    assert_false(events_read_binary(reader, arena, good, EVENT_COUNT(good), NULL, large, EVENTS_BODY_MOST + 1,
                                    EVENT_NOW, &batch, &refusal));
    assert_int_equal(refusal.kind, EVENTS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_binary_event_is_the_structured_one),
                                       cmocka_unit_test(headers_are_judged_one_by_one),
                                       cmocka_unit_test(values_are_decoded_once),
                                       cmocka_unit_test(the_body_is_the_data),
                                       cmocka_unit_test(a_header_stands_once),
                                       cmocka_unit_test(what_is_no_event_is_refused)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
