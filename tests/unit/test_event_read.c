/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/event_read.c, event_scan.c, event_tree.c, event_skip.c and event_judge.c: every body
 * is read by the scanner and by jansson alone, and both must say the same. */
#include "event_reading.h"

/* The one event of a structured body. */
static struct usage_event *read_one(const char *text)
{
    struct event_batch batch;
    struct event_refusal refusal;
    bool good;
    if (!event_read_both(reader, arena, EVENT_MODE_STRUCTURED, text, strlen(text), &batch, &refusal, &good))
        fail_msg("the readers differ: %s", text);
    if (!good)
        fail_msg("refused: %s: %s", refusal.detail, text);
    assert_int_equal(batch.count, 1);
    return batch.events;
}

static void expect(const char *text, enum event_reason reason)
{
    struct usage_event *event = read_one(text);
    if (event->reason != reason)
        fail_msg("%s instead of %s: %s", event_reason_slug(event->reason), event_reason_slug(reason), text);
}

static struct event_refusal refuse(enum event_mode mode, const char *text, size_t size)
{
    struct event_batch batch;
    struct event_refusal refusal;
    bool good;
    if (!event_read_both(reader, arena, mode, text, size, &batch, &refusal, &good))
        fail_msg("the readers differ: %s", text);
    if (good)
        fail_msg("not refused: %s", text);
    return refusal;
}

static void a_good_event_is_what_it_says(void **state)
{
    (void)state;
    uint8_t grant[16], giver[16];
    char hex[65];
    struct usage_event *event = read_one(event_text(arena, NULL, NULL));
    assert_int_equal(event->reason, EVENT_GOOD);
    assert_memory_equal(event->id, EVENT_V7, event->id_size);
    assert_memory_equal(event->source, EVENT_SOURCE_, event->source_size);
    assert_memory_equal(event->pool, "aberdeen", event->pool_size);
    assert_int_equal(event->id_size, 36);
    assert_int_equal(event->source_size, strlen(EVENT_SOURCE_));
    assert_int_equal(event->pool_size, 8);
    assert_int_equal(event->units, 42);
    assert_int_equal(event->meter, USAGE_ROWS);
    assert_int_equal(event->time, EVENT_NOW - INT64_C(600000000));
    assert_true(event_uuid_read(EVENT_GRANT, 36, false, grant) && event_uuid_read(EVENT_GIVER, 36, false, giver));
    assert_memory_equal(event->grant, grant, 16);
    assert_memory_equal(event->contribution, giver, 16);
    assert_true(event->has_contribution);
    static const char canonical[] =
        "{\"contribution\":\"" EVENT_GIVER "\",\"grant\":\"" EVENT_GRANT
        "\",\"meter\":\"rows\",\"pool\":\"aberdeen\",\"time\":1772365800000000,\"units\":42}";
    ch_sha256_hex(canonical, sizeof canonical - 1, hex);
    char found[65];
    ch_hex(event->content_hash, 32, found);
    assert_string_equal(found, hex);
}

/* {attribute, JSON text, verdict} */
struct one {
    const char *name, *value;
    enum event_reason reason;
};

#define LONG_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct one attributes[] = {
    {"specversion", NULL, EVENT_SPECVERSION_UNSUPPORTED},
    {"specversion", "null", EVENT_SPECVERSION_UNSUPPORTED},
    {"specversion", "1.0", EVENT_SPECVERSION_UNSUPPORTED},
    {"specversion", "\"\"", EVENT_SPECVERSION_UNSUPPORTED},
    {"specversion", "\"0.3\"", EVENT_SPECVERSION_UNSUPPORTED},
    {"specversion", "\"1.0.2\"", EVENT_SPECVERSION_UNSUPPORTED},
    {"specversion", "\"1\\u002e0\"", EVENT_GOOD},
    {"id", NULL, EVENT_ID_INVALID},
    {"id", "null", EVENT_ID_INVALID},
    {"id", "\"\"", EVENT_ID_INVALID},
    {"id", "7", EVENT_ID_INVALID},
    {"id", "true", EVENT_ID_INVALID},
    {"id", "[\"a\"]", EVENT_ID_INVALID},
    {"id", "1e400", EVENT_ID_INVALID},
    {"id", "\"a\"", EVENT_GOOD},
    {"id", "\" \"", EVENT_GOOD},
    {"id", "\"" LONG_64 LONG_64 "\"", EVENT_GOOD},
    {"id", "\"" LONG_64 LONG_64 "x\"", EVENT_ID_INVALID},
    {"id", "\"\xe2\x82\xac \xf0\x9f\x98\x80\"", EVENT_GOOD},
    {"id", "\"\\u20ac \\ud83d\\ude00\"", EVENT_GOOD},
    {"id", "\"a\\u0000\"", EVENT_ID_INVALID},
    {"id", "\"a\\n\"", EVENT_ID_INVALID},
    {"id", "\"a\x7f\"", EVENT_ID_INVALID},
    {"id", "\"\xc2\x85\"", EVENT_ID_INVALID},
    {"id", "\"\\ud800\"", EVENT_ID_INVALID},
    {"id", "\"\\udc00\\ud800\"", EVENT_ID_INVALID},
    {"id", "\"\xef\xbf\xbe\"", EVENT_ID_INVALID},
    {"id", "\"\xef\xb7\x90\"", EVENT_ID_INVALID},
    {"source", NULL, EVENT_SOURCE_INVALID},
    {"source", "\"\"", EVENT_SOURCE_INVALID},
    {"source", "5", EVENT_SOURCE_INVALID},
    {"source", "\"/sensors/1\"", EVENT_GOOD},
    {"source", "\"urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66\"", EVENT_GOOD},
    {"source", "\"mailto:a@b.example\"", EVENT_GOOD},
    {"source", "\"a b\"", EVENT_SOURCE_INVALID},
    {"source", "\"http://x/%zz\"", EVENT_SOURCE_INVALID},
    {"source", "\"http://\xc3\xa9.example\"", EVENT_SOURCE_INVALID},
    {"source", "\"1a:b\"", EVENT_SOURCE_INVALID},
    {"source", "\"http:\\/\\/x\"", EVENT_GOOD},
    {"type", NULL, EVENT_TYPE_UNKNOWN},
    {"type", "\"\"", EVENT_TYPE_UNKNOWN},
    {"type", "\"commonhold.usage.v2\"", EVENT_TYPE_UNKNOWN},
    {"type", "\"Commonhold.usage.v1\"", EVENT_TYPE_UNKNOWN},
    {"subject", NULL, EVENT_SUBJECT_INVALID},
    {"subject", "null", EVENT_SUBJECT_INVALID},
    {"subject", "\"\"", EVENT_SUBJECT_INVALID},
    {"subject", "\"01931F00-0000-7000-8000-0000000000AA\"", EVENT_SUBJECT_INVALID},
    {"subject", "\"01931f00000070008000-0000000000aa\"", EVENT_SUBJECT_INVALID},
    {"time", NULL, EVENT_TIME_INVALID},
    {"time", "\"\"", EVENT_TIME_INVALID},
    {"time", "1772365800", EVENT_TIME_INVALID},
    {"time", "\"yesterday\"", EVENT_TIME_INVALID},
    {"time", "\"2026-03-01 11:50:00Z\"", EVENT_TIME_INVALID},
    {"time", "\"2026-03-01T11:50:00\"", EVENT_TIME_INVALID},
    {"time", "\"2026-02-29T11:50:00Z\"", EVENT_TIME_INVALID},
    {"time", "\"2026-03-01T12:05:00Z\"", EVENT_GOOD},
    {"time", "\"2026-03-01T12:05:00.000001Z\"", EVENT_TIME_AHEAD},
    {"time", "\"2026-03-01T12:05:00.0000009Z\"", EVENT_GOOD},
    {"time", "\"2025-12-29T12:00:00Z\"", EVENT_GOOD},
    {"time", "\"2025-12-29T11:59:59.999999Z\"", EVENT_TIME_TOO_OLD},
    {"time", "\"2025-12-31T23:59:60Z\"", EVENT_GOOD},
    {"time", "\"2026-01-15T23:59:60Z\"", EVENT_TIME_INVALID},
    {"datacontenttype", "\"application/json\"", EVENT_GOOD},
    {"datacontenttype", "\"application/vnd.x+json; charset=UTF-8\"", EVENT_GOOD},
    {"datacontenttype", "\"text/json\"", EVENT_GOOD},
    {"datacontenttype", "null", EVENT_GOOD},
    {"datacontenttype", "\"\"", EVENT_DATACONTENTTYPE_UNSUPPORTED},
    {"datacontenttype", "\"text/plain\"", EVENT_DATACONTENTTYPE_UNSUPPORTED},
    {"datacontenttype", "\"application/xml\"", EVENT_DATACONTENTTYPE_UNSUPPORTED},
    {"datacontenttype", "\"application/json; charset=iso-8859-1\"", EVENT_DATACONTENTTYPE_UNSUPPORTED},
    {"datacontenttype", "3", EVENT_DATACONTENTTYPE_UNSUPPORTED},
    {"dataschema", "\"https://x.example/schema#1\"", EVENT_GOOD},
    {"dataschema", "null", EVENT_GOOD},
    {"dataschema", "\"/relative\"", EVENT_ATTRIBUTE_INVALID},
    {"dataschema", "\"\"", EVENT_ATTRIBUTE_INVALID},
    {"dataschema", "1", EVENT_ATTRIBUTE_INVALID},
    {"traceparent", "\"00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01\"", EVENT_GOOD},
    {"sequence", "2147483647", EVENT_GOOD},
    {"sequence", "-2147483648", EVENT_GOOD},
    {"sequence", "2147483648", EVENT_ATTRIBUTE_INVALID},
    {"sequence", "-2147483649", EVENT_ATTRIBUTE_INVALID},
    {"sequence", "99999999999999999999999", EVENT_ATTRIBUTE_INVALID},
    {"sequence", "1e999", EVENT_ATTRIBUTE_INVALID},
    {"sequence", "-0", EVENT_GOOD},
    {"sequence", "1.0", EVENT_ATTRIBUTE_INVALID},
    {"sequence", "1e2", EVENT_ATTRIBUTE_INVALID},
    {"sampled", "true", EVENT_GOOD},
    {"sampled", "false", EVENT_GOOD},
    {"sampled", "null", EVENT_GOOD},
    {"empty", "\"\"", EVENT_GOOD},
    {"broken", "\"\\u0007\"", EVENT_ATTRIBUTE_INVALID},
    {"nested", "{\"a\":1}", EVENT_ATTRIBUTE_INVALID},
    {"nested", "[]", EVENT_ATTRIBUTE_INVALID},
    {"Upper", "1", EVENT_ATTRIBUTE_INVALID},
    {"with_line", "1", EVENT_ATTRIBUTE_INVALID},
    {"", "1", EVENT_ATTRIBUTE_INVALID},
    {"a\\u0000", "1", EVENT_ATTRIBUTE_INVALID},
    {"\xc3\xa9", "1", EVENT_ATTRIBUTE_INVALID},
    {"averyveryveryverylongname", "1", EVENT_GOOD},
};

static void attributes_are_judged_one_by_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < EVENT_COUNT(attributes); i++)
        expect(event_text(arena, attributes[i].name, attributes[i].value), attributes[i].reason);
}

static const struct one members[] = {
    {"pool", NULL, EVENT_POOL_INVALID},
    {"pool", "\"\"", EVENT_POOL_INVALID},
    {"pool", "\"Aberdeen\"", EVENT_POOL_INVALID},
    {"pool", "\"1a\"", EVENT_POOL_INVALID},
    {"pool", "\"a-1\"", EVENT_GOOD},
    {"pool", "\"abcdefghijklmnopqrstuvwxyz012345\"", EVENT_GOOD},
    {"pool", "\"abcdefghijklmnopqrstuvwxyz0123456\"", EVENT_POOL_INVALID},
    {"pool", "7", EVENT_POOL_INVALID},
    {"meter", NULL, EVENT_METER_UNKNOWN},
    {"meter", "\"Rows\"", EVENT_METER_UNKNOWN},
    {"meter", "\"joules\"", EVENT_METER_UNKNOWN},
    {"meter", "\"bytes\"", EVENT_GOOD},
    {"meter", "\"requests\"", EVENT_GOOD},
    {"meter", "\"queries\"", EVENT_GOOD},
    {"meter", "\"seconds\"", EVENT_GOOD},
    {"meter", "\"tokens\"", EVENT_GOOD},
    {"units", NULL, EVENT_UNITS_INVALID},
    {"units", "null", EVENT_UNITS_INVALID},
    {"units", "0", EVENT_UNITS_INVALID},
    {"units", "-0", EVENT_UNITS_INVALID},
    {"units", "-1", EVENT_UNITS_INVALID},
    {"units", "1", EVENT_GOOD},
    {"units", "1099511627776", EVENT_GOOD},
    {"units", "1099511627777", EVENT_UNITS_INVALID},
    {"units", "999999999999999999", EVENT_UNITS_INVALID},
    {"units", "9223372036854775807", EVENT_UNITS_INVALID},
    {"units", "9223372036854775808", EVENT_UNITS_INVALID},
    {"units", "18446744073709551617", EVENT_UNITS_INVALID},
    {"units", "1e400", EVENT_UNITS_INVALID},
    {"units", "1.0", EVENT_UNITS_INVALID},
    {"units", "1e2", EVENT_UNITS_INVALID},
    {"units", "\"42\"", EVENT_UNITS_INVALID},
    {"units", "true", EVENT_UNITS_INVALID},
    {"units", "[42]", EVENT_UNITS_INVALID},
    {"contribution", NULL, EVENT_GOOD},
    {"contribution", "null", EVENT_GOOD},
    {"contribution", "\"\"", EVENT_CONTRIBUTION_INVALID},
    {"contribution", "\"01931f00-0000-7000-8000-0000000000CC\"", EVENT_CONTRIBUTION_INVALID},
    {"contribution", "5", EVENT_CONTRIBUTION_INVALID},
    {"contributions", "null", EVENT_DATA_INVALID},
    {"note", "\"x\"", EVENT_DATA_INVALID},
    {"", "{}", EVENT_DATA_INVALID},
};

static void members_of_data_are_judged_one_by_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < EVENT_COUNT(members); i++)
        expect(event_text_of_data(arena, members[i].name, members[i].value), members[i].reason);
    const char *const none[] = {NULL, "null", "{}", "[]", "\"{}\"", "5", "true", "[{\"pool\":\"a\"}]"};
    const enum event_reason why[] = {EVENT_DATA_INVALID, EVENT_DATA_INVALID, EVENT_POOL_INVALID, EVENT_DATA_INVALID,
                                     EVENT_DATA_INVALID, EVENT_DATA_INVALID, EVENT_DATA_INVALID, EVENT_DATA_INVALID};
    for (size_t i = 0; i < EVENT_COUNT(none); i++)
        expect(event_text(arena, "data", none[i]), why[i]);
}

static void a_contribution_may_be_absent(void **state)
{
    (void)state;
    static const uint8_t zero[16];
    struct usage_event *without = read_one(event_text_of_data(arena, "contribution", NULL));
    struct usage_event *null = read_one(event_text_of_data(arena, "contribution", "null"));
    assert_false(without->has_contribution || null->has_contribution);
    assert_memory_equal(without->contribution, zero, 16);
    assert_memory_equal(without->content_hash, null->content_hash, 32);
}

static char *with_member(const char *more)
{
    char *text = event_text(arena, NULL, NULL);
    text[strlen(text) - 1] = '\0';
    return ch_printf(arena, "%s,%s}", text, more);
}

static void a_name_stands_once(void **state)
{
    (void)state;
    const char *const twice[] = {
        "\"id\":\"b\"",          "\"id\":null",        "\"\\u0069d\":\"b\"",      "\"data\":{}",   "\"x\":1,\"x\":1",
        "\"x\":1,\"\\u0078\":1", "\"x\":null,\"x\":2", "\"x\":{\"y\":1,\"y\":2}", "\"time\":\"x\""};
    for (size_t i = 0; i < EVENT_COUNT(twice); i++)
        expect(with_member(twice[i]), EVENT_DUPLICATE_MEMBER);
    expect(event_text(arena, "data", "{\"units\":1,\"units\":1}"), EVENT_DUPLICATE_MEMBER);
    expect(event_text(arena, "data", "{\"other\":1,\"other\":1}"), EVENT_DUPLICATE_MEMBER);
    expect(event_text(arena, "data", "{\"un\\u0069ts\":1,\"units\":1}"), EVENT_DUPLICATE_MEMBER);
    expect(with_member("\"pool\":\"x\""), EVENT_GOOD); /* an extension attribute of that name */
    assert_null(read_one(with_member("\"id\":\"b\""))->id);
}

static void many_extensions_are_no_trouble(void **state)
{
    (void)state;
    for (unsigned count = 15; count <= 40; count++) {
        char *more = ch_strdup(arena, "\"x\":1");
        for (unsigned i = 1; i < count; i++)
            more = ch_printf(arena, "%s,\"x%u\":%u", more, i, i);
        expect(with_member(more), EVENT_GOOD);
        expect(with_member(ch_printf(arena, "%s,\"x%u\":0", more, count - 1)), EVENT_DUPLICATE_MEMBER);
    }
}

static void names_values_and_order_are_written_in_any_way(void **state)
{
    (void)state;
    struct usage_event *plain = read_one(event_text(arena, NULL, NULL));
    struct usage_event *other = read_one("\r\n{ \"data\" :\t{\"units\":42 , \"contribution\" : \"" EVENT_GIVER
                                         "\",\n\"pool\":\"\\u0061berdeen\",\"meter\":"
                                         "\"ro\\u0077s\"},\"subject\":\"" EVENT_GRANT
                                         "\", \"comexampleext\":\"\\\"\\\\\\/\\u00e9\",\"time\":\"2026-03-01t13"
                                         ":50:00.000000+02:00\",\"id\":\"" EVENT_V7 "\",\"source\":\"" EVENT_SOURCE_
                                         "\",\"t\\u0079pe\":\"commonhold.usage.v1\",\"specversion\":\"1.0\","
                                         "\"datacontenttype\":\"Application/JSON\"} \n");
    assert_int_equal(other->reason, EVENT_GOOD);
    assert_true(event_same(plain, other));
    struct usage_event *escaped = read_one(event_text(arena, "id", "\"a\\u0062\\n\""));
    assert_int_equal(escaped->reason, EVENT_ID_INVALID);
    escaped = read_one(event_text(arena, "id", "\"a\\u0062\\/\\u20ac\\ud83d\\ude00\\\"\\\\\""));
    assert_int_equal(escaped->id_size, 2 + 1 + 3 + 4 + 2);
    assert_memory_equal(escaped->id, "ab/\xe2\x82\xac\xf0\x9f\x98\x80\"\\", escaped->id_size);
}

static void binary_data_is_read(void **state)
{
    (void)state;
    char *data = ch_printf(arena, "{%s}", event_text_members(arena, event_text_data, 4, NULL, NULL));
    char *base64 = ch_base64(arena, data, strlen(data));
    char *bare = event_text(arena, "data", NULL);
    bare[strlen(bare) - 1] = '\0';
    struct usage_event *plain = read_one(event_text(arena, NULL, NULL));
    struct usage_event *binary = read_one(ch_printf(arena, "%s,\"data_base64\":\"%s\"}", bare, base64));
    assert_true(event_same(plain, binary));
    expect(ch_printf(arena, "%s,\"data_base64\":\"%s\",\"datacontenttype\":\"application/json\"}", bare, base64),
           EVENT_GOOD);
    expect(ch_printf(arena, "%s,\"data_base64\":\"%s\",\"datacontenttype\":\"text/csv\"}", bare, base64),
           EVENT_DATACONTENTTYPE_UNSUPPORTED);
    expect(ch_printf(arena, "%s,\"data_base64\":\"%s\",\"data\":{}}", bare, base64), EVENT_DATA_INVALID);
    expect(ch_printf(arena, "%s,\"data_base64\":\"%s\",\"data\":null}", bare, base64), EVENT_DATA_INVALID);
    expect(with_member("\"data_base64\":null"), EVENT_GOOD);
    expect(ch_printf(arena, "%s,\"data_base64\":null}", bare), EVENT_DATA_INVALID);
    const char *const bad[] = {"\"\"", "\"e30\"", "\"!!\"", "\"eA==\"", "5", "{}", "\"W10=\"", "\"e30KfQ==\""};
    for (size_t i = 0; i < EVENT_COUNT(bad); i++)
        expect(ch_printf(arena, "%s,\"data_base64\":%s}", bare, bad[i]), EVENT_DATA_INVALID);
    expect(ch_printf(arena, "%s,\"data_base64\":\"e30=\"}", bare), EVENT_POOL_INVALID);
    base64 = ch_base64(arena, "{\"a\":1,\"a\":1}", 13);
    expect(ch_printf(arena, "%s,\"data_base64\":\"%s\"}", bare, base64), EVENT_DUPLICATE_MEMBER);
}

/* A batch of the elements, read both ways. */
static struct event_batch read_batch(const char *text)
{
    struct event_batch batch;
    struct event_refusal refusal;
    bool good;
    if (!event_read_both(reader, arena, EVENT_MODE_BATCH, text, strlen(text), &batch, &refusal, &good))
        fail_msg("the readers differ: %s", text);
    if (!good)
        fail_msg("refused: %s", refusal.detail);
    return batch;
}

static void one_bad_event_refuses_no_batch(void **state)
{
    (void)state;
    const char *good = event_text(arena, NULL, NULL);
    struct event_batch batch = read_batch(
        ch_printf(arena, "[%s,5,%s , null,\"x\",[[]],{},%s,%s,%s]", good, event_text(arena, "id", "\"\""),
                  event_text(arena, "id", "\"\\ud800\""), event_text_of_data(arena, "units", "1e999"), good));
    const enum event_reason reasons[] = {
        EVENT_GOOD,          EVENT_NOT_AN_OBJECT, EVENT_ID_INVALID, EVENT_NOT_AN_OBJECT, EVENT_NOT_AN_OBJECT,
        EVENT_NOT_AN_OBJECT, EVENT_ID_INVALID,    EVENT_ID_INVALID, EVENT_UNITS_INVALID, EVENT_GOOD};
    assert_int_equal(batch.count, EVENT_COUNT(reasons));
    for (size_t i = 0; i < batch.count; i++) {
        assert_int_equal(batch.events[i].reason, reasons[i]);
        assert_int_equal(batch.events[i].index, i);
        assert_int_equal(batch.events[i].id != NULL, reasons[i] == EVENT_GOOD || reasons[i] == EVENT_UNITS_INVALID);
    }
    assert_int_equal(read_batch(" [ ] ").count, 0);
}

static void a_long_event_is_refused_alone(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++)
        for (int nested = 0; nested < 2; nested++) {
            const char *good = event_text(arena, NULL, NULL);
            size_t rest = strlen(with_member(nested ? "\"x\":[\"\"]" : "\"x\":\"\""));
            char *filler = ch_alloc(arena, EVENT_MOST + 2);
            memset(filler, 'x', EVENT_MOST - rest + over);
            const char *text = with_member(ch_printf(arena, nested ? "\"x\":[\"%s\"]" : "\"x\":\"%s\"", filler));
            assert_int_equal(strlen(text), EVENT_MOST + over);
            struct event_batch batch = read_batch(ch_printf(arena, "[%s,%s]", text, good));
            assert_int_equal(batch.events[0].reason, over     ? EVENT_TOO_LARGE
                                                     : nested ? EVENT_ATTRIBUTE_INVALID
                                                              : EVENT_GOOD);
            assert_int_equal(batch.events[1].reason, EVENT_GOOD);
        }
}

static void a_body_that_is_no_batch_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        enum event_mode mode;
        const char *text;
        enum event_refusal_kind kind;
        unsigned line, column;
    } bodies[] = {
        {EVENT_MODE_BATCH, "", EVENTS_NOT_JSON, 1, 1},
        {EVENT_MODE_BATCH, " \n", EVENTS_NOT_JSON, 2, 1},
        {EVENT_MODE_BATCH, "{}", EVENTS_NOT_BATCH, 1, 1},
        {EVENT_MODE_BATCH, "\n  \"x\"", EVENTS_NOT_BATCH, 2, 3},
        {EVENT_MODE_BATCH, "{]", EVENTS_NOT_JSON, 1, 2},
        {EVENT_MODE_BATCH, "hello", EVENTS_NOT_JSON, 1, 1},
        {EVENT_MODE_BATCH, "[", EVENTS_NOT_JSON, 1, 2},
        {EVENT_MODE_BATCH, "[{}", EVENTS_NOT_JSON, 1, 4},
        {EVENT_MODE_BATCH, "[{},]", EVENTS_NOT_JSON, 1, 5},
        {EVENT_MODE_BATCH, "[{}\n {}]", EVENTS_NOT_JSON, 2, 2},
        {EVENT_MODE_BATCH, "[{}]]", EVENTS_NOT_JSON, 1, 5},
        {EVENT_MODE_BATCH, "[{}],", EVENTS_NOT_JSON, 1, 5},
        {EVENT_MODE_BATCH, "[{\"id\":\"a}]", EVENTS_NOT_JSON, 1, 12},
        {EVENT_MODE_BATCH, "[{\"id\":\"a\n\"}]", EVENTS_NOT_JSON, 1, 10},
        {EVENT_MODE_BATCH, "[{\"id\":\"\\x\"}]", EVENTS_NOT_JSON, 1, 9},
        {EVENT_MODE_BATCH, "[{\"id\":\"\\u12g4\"}]", EVENTS_NOT_JSON, 1, 9},
        {EVENT_MODE_BATCH, "[{\"id\":\"\xff\"}]", EVENTS_NOT_JSON, 1, 9},
        {EVENT_MODE_BATCH, "[{\"id\":\"\xc0\xa0\"}]", EVENTS_NOT_JSON, 1, 9},
        {EVENT_MODE_BATCH, "[{\"id\":\"\xed\xa0\x80\"}]", EVENTS_NOT_JSON, 1, 9},
        {EVENT_MODE_BATCH, "[{\"a\":01}]", EVENTS_NOT_JSON, 1, 8},
        {EVENT_MODE_BATCH, "[{\"a\":1.}]", EVENTS_NOT_JSON, 1, 9},
        {EVENT_MODE_BATCH, "[{\"a\":-}]", EVENTS_NOT_JSON, 1, 8},
        {EVENT_MODE_BATCH, "[{\"a\":+1}]", EVENTS_NOT_JSON, 1, 7},
        {EVENT_MODE_BATCH, "[{\"a\":1e}]", EVENTS_NOT_JSON, 1, 9},
        {EVENT_MODE_BATCH, "[{\"a\":tru}]", EVENTS_NOT_JSON, 1, 7},
        {EVENT_MODE_BATCH, "[{\"a\" 1}]", EVENTS_NOT_JSON, 1, 7},
        {EVENT_MODE_BATCH, "[{a:1}]", EVENTS_NOT_JSON, 1, 3},
        {EVENT_MODE_BATCH, "[{\"a\":1,}]", EVENTS_NOT_JSON, 1, 9},
        {EVENT_MODE_BATCH, "[{\"a\":1}}", EVENTS_NOT_JSON, 1, 9},
        {EVENT_MODE_BATCH, "[{\"a\":[1}]", EVENTS_NOT_JSON, 1, 9},
        {EVENT_MODE_BATCH, "[{'a':1}]", EVENTS_NOT_JSON, 1, 3},
        {EVENT_MODE_BATCH, "\xef\xbb\xbf[]", EVENTS_NOT_JSON, 1, 1},
        {EVENT_MODE_STRUCTURED, "[]", EVENTS_NOT_BATCH, 1, 1},
        {EVENT_MODE_STRUCTURED, "5", EVENTS_NOT_BATCH, 1, 1},
        {EVENT_MODE_STRUCTURED, "{} {}", EVENTS_NOT_JSON, 1, 4},
        {EVENT_MODE_STRUCTURED, "{", EVENTS_NOT_JSON, 1, 2},
    };
    for (size_t i = 0; i < EVENT_COUNT(bodies); i++) {
        struct event_refusal refusal = refuse(bodies[i].mode, bodies[i].text, strlen(bodies[i].text));
        if (refusal.kind != bodies[i].kind || refusal.line != bodies[i].line || refusal.column != bodies[i].column)
            fail_msg("%s: kind %d, %s", bodies[i].text, (int)refusal.kind, refusal.detail);
        assert_non_null(strstr(refusal.detail, ch_printf(arena, "Line %u, column %u: ", refusal.line, refusal.column)));
    }
    assert_int_equal(refuse(EVENT_MODE_BATCH, "[\0]", 3).offset, 1);
}

static void limits_hold_to_the_unit(void **state)
{
    (void)state;
    struct event_batch batch;
    char *many = ch_alloc(arena, 2 * EVENTS_MOST + 8);
    many[0] = '[';
    for (size_t i = 0; i < EVENTS_MOST; i++)
        memcpy(many + 1 + 2 * i, "1,", 2);
    many[2 * EVENTS_MOST] = ']';
    batch = read_batch(many);
    assert_int_equal(batch.count, EVENTS_MOST);
    assert_int_equal(batch.events[EVENTS_MOST - 1].index, EVENTS_MOST - 1);
    memcpy(many + 2 * EVENTS_MOST, ",1]", 4);
    struct event_refusal refusal = refuse(EVENT_MODE_BATCH, many, strlen(many));
    assert_int_equal(refusal.kind, EVENTS_TOO_MANY);
    assert_int_equal(refusal.offset, 2 * EVENTS_MOST + 1);
    char *large = ch_alloc(arena, EVENTS_BODY_MOST + 1);
    memset(large, ' ', EVENTS_BODY_MOST + 1);
    memcpy(large, "[]", 2);
    bool good;
    assert_true(event_read_both(reader, arena, EVENT_MODE_BATCH, large, EVENTS_BODY_MOST, &batch, &refusal, &good) &&
                good);
    assert_int_equal(refuse(EVENT_MODE_BATCH, large, EVENTS_BODY_MOST + 1).kind, EVENTS_TOO_LARGE);
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    for (int over = 0; over < 2; over++) {
        char *text = ch_alloc(arena, 1200);
        memset(text, '[', 512 + over);
        memset(text + 512 + over, ']', 512 + over);
        if (over) {
            assert_int_equal(refuse(EVENT_MODE_BATCH, ch_printf(arena, "[%s]", text), strlen(text) + 2).offset, 513);
        } else {
            struct event_batch batch = read_batch(ch_printf(arena, "[%s]", text));
            assert_int_equal(batch.events[0].reason, EVENT_NOT_AN_OBJECT);
        }
    }
    char *deep = ch_alloc(arena, 1200);
    memset(deep, '[', 511);
    memset(deep + 511, ']', 511);
    expect(with_member(ch_printf(arena, "\"x\":%s", deep)), EVENT_ATTRIBUTE_INVALID);
}

/* Every prefix of a good batch is refused, and every changed byte is judged alike by both readers. */
static void no_cut_and_no_changed_byte_parts_the_readers(void **state)
{
    (void)state;
    const char *text = ch_printf(arena, "[%s]", with_member("\"x\":\"\\u00e9\xc3\xa9\",\"y\":-1,\"z\":true"));
    size_t size = strlen(text);
    static const char bytes[] = "\"\\{}[]:,0 9.-eutn\n\xc3\xa9\x7f\x01";
    for (size_t i = 0; i < size; i++) {
        refuse(EVENT_MODE_BATCH, ch_memdup(arena, text, i), i);
        for (size_t j = 0; j < sizeof bytes; j++) {
            struct event_batch batch;
            struct event_refusal refusal;
            bool good;
            char *changed = ch_memdup(arena, text, size);
            changed[i] = bytes[j];
            if (!event_read_both(reader, arena, EVENT_MODE_BATCH, changed, size, &batch, &refusal, &good))
                fail_msg("the readers differ: %s", changed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_event_is_what_it_says),
        cmocka_unit_test(attributes_are_judged_one_by_one),
        cmocka_unit_test(members_of_data_are_judged_one_by_one),
        cmocka_unit_test(a_contribution_may_be_absent),
        cmocka_unit_test(a_name_stands_once),
        cmocka_unit_test(many_extensions_are_no_trouble),
        cmocka_unit_test(names_values_and_order_are_written_in_any_way),
        cmocka_unit_test(binary_data_is_read),
        cmocka_unit_test(one_bad_event_refuses_no_batch),
        cmocka_unit_test(a_long_event_is_refused_alone),
        cmocka_unit_test(a_body_that_is_no_batch_is_refused_with_its_place),
        cmocka_unit_test(limits_hold_to_the_unit),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(no_cut_and_no_changed_byte_parts_the_readers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
