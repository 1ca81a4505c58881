/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/event_key.c and event_parts.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "commonhold/id.h"
#include "event_texts.h"

static void key_of(const char *source, const char *id, uint8_t key[16])
{
    struct event_reader *reader = event_reader_new();
    event_key(reader, source, strlen(source), id, strlen(id), key);
    event_reader_free(reader);
}

/* The rule of event.h, step by step. */
static void expected_key(const char *source, const char *id, const uint8_t time[6], uint8_t key[16])
{
    uint8_t digest[32];
    char text[16 + 256];
    ch_sha256(source, strlen(source), digest);
    memcpy(text, digest, 16);
    memcpy(text + 16, id, strlen(id));
    ch_sha256(text, 16 + strlen(id), digest);
    memcpy(key, digest, 16);
    memcpy(key, time, 6);
    key[6] = (uint8_t)((key[6] & 0x0f) | 0x80);
    key[8] = (uint8_t)((key[8] & 0x3f) | 0x80);
}

static void a_version_7_id_keeps_its_time(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        uint8_t time[6];
    } ids[] = {
        {"019c0f3a-5e00-7abc-8def-0123456789ab", {0x01, 0x9c, 0x0f, 0x3a, 0x5e, 0x00}},
        {"019C0F3A-5E00-7ABC-BDEF-0123456789AB", {0x01, 0x9c, 0x0f, 0x3a, 0x5e, 0x00}},
        {"ffffffff-ffff-7fff-bfff-ffffffffffff", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
        {"019c0f3a-5e00-4abc-8def-0123456789ab", {0}}, /* version 4 */
        {"019c0f3a-5e00-7abc-cdef-0123456789ab", {0}}, /* another variant */
        {"019c0f3a-5e00-7abc-7def-0123456789ab", {0}},
        {"019c0f3a5e007abc8def0123456789ab", {0}},
        {"{019c0f3a-5e00-7abc-8def-0123456789ab}", {0}},
        {"019c0f3a-5e00-7abc-8def-0123456789ag", {0}},
        {"1", {0}},
        {"order 77 \xe2\x82\xac", {0}},
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        uint8_t key[16], expected[16];
        key_of("/a", ids[i].id, key);
        expected_key("/a", ids[i].id, ids[i].time, expected);
        assert_memory_equal(key, expected, 16);
        assert_int_equal(key[6] >> 4, 8);
        assert_int_equal(key[8] >> 6, 2);
    }
}

/* Figures anybody can make again with sha256sum: a change of the rule would store resends twice. */
static void keys_never_change(void **state)
{
    (void)state;
    static const char *const keys[][3] = {
        {"https://store.example/eu", "019c0f3a-5e00-7abc-8def-0123456789ab", "019c0f3a-5e00-831f-b7f0-c3c7ac562927"},
        {"https://store.example/eu", "1", "00000000-0000-8b35-8bea-ccb2ce67e22e"},
        {"/a", "1", "00000000-0000-825c-b9f7-183ab852e8cd"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        uint8_t key[16];
        char text[37];
        key_of(keys[i][0], keys[i][1], key);
        ch_id_format(key, text);
        assert_string_equal(text, keys[i][2]);
    }
}

static void source_and_id_are_told_apart(void **state)
{
    (void)state;
    uint8_t a[16], b[16];
    key_of("/ab", "c", a);
    key_of("/a", "bc", b);
    assert_memory_not_equal(a, b, 16);
    key_of("/a", "C", a);
    key_of("/a", "c", b);
    assert_memory_not_equal(a, b, 16);
}

static void a_remembered_source_changes_nothing(void **state)
{
    (void)state;
    struct event_reader *reader = event_reader_new();
    char longest[600];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const sources[] = {"/a", "/a", "/b", longest, longest, "/ab", "/a", ""};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        uint8_t key[16], fresh[16];
        event_key(reader, sources[i], strlen(sources[i]), "7", 1, key);
        key_of(sources[i], "7", fresh);
        assert_memory_equal(key, fresh, 16);
    }
    event_reader_free(reader);
}

static struct usage_event sample(void)
{
    struct usage_event event = {.pool = "p", .pool_size = 1, .units = 1, .time = 0, .meter = USAGE_BYTES};
    return event;
}

static void assert_content(const struct usage_event *event, const char *canonical)
{
    struct event_reader *reader = event_reader_new();
    uint8_t digest[32], expected[32];
    event_content_hash(reader, event, digest);
    event_reader_free(reader);
    ch_sha256(canonical, strlen(canonical), expected);
    assert_memory_equal(digest, expected, 32);
}

static void content_is_its_canonical_text(void **state)
{
    (void)state;
    struct usage_event event = sample();
    assert_content(&event, "{\"contribution\":null,\"grant\":\"00000000-0000-0000-0000-000000000000\",\"meter\":"
                           "\"bytes\",\"pool\":\"p\",\"time\":0,\"units\":1}");
    event.has_contribution = true;
    event.contribution[15] = 0xaf;
    event.grant[0] = 0x9e;
    event.meter = USAGE_REQUESTS;
    event.time = -1;
    event.units = EVENT_UNITS_MOST;
    assert_content(&event,
                   "{\"contribution\":\"00000000-0000-0000-0000-0000000000af\",\"grant\":\"9e000000-0000-0000-0000-"
                   "000000000000\",\"meter\":\"requests\",\"pool\":\"p\",\"time\":-1,\"units\":1099511627776}");
    /* a contribution of zeros is not none */
    event = sample();
    event.has_contribution = true;
    assert_content(&event,
                   "{\"contribution\":\"00000000-0000-0000-0000-000000000000\",\"grant\":\"00000000-0000-0000-0000-"
                   "000000000000\",\"meter\":\"bytes\",\"pool\":\"p\",\"time\":0,\"units\":1}");
    event.time = INT64_MIN;
    event.has_contribution = false;
    assert_content(&event, "{\"contribution\":null,\"grant\":\"00000000-0000-0000-0000-000000000000\",\"meter\":"
                           "\"bytes\",\"pool\":\"p\",\"time\":-9223372036854775808,\"units\":1}");
}

static void meters_rise_with_their_names(void **state)
{
    (void)state;
    for (unsigned i = 1; i < USAGE_METERS; i++)
        assert_true(strcmp(usage_meter_name((enum usage_meter)(i - 1)), usage_meter_name((enum usage_meter)i)) < 0);
    assert_string_equal(usage_meter_name(USAGE_TOKENS), "tokens");
}

static void each_verdict_has_its_slug(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= EVENT_CONFLICT; i++) {
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(event_reason_slug((enum event_reason)i), event_reason_slug((enum event_reason)j));
        assert_true(strlen(event_reason_sentence((enum event_reason)i)) > 10);
    }
    assert_string_equal(event_reason_slug(EVENT_SOURCE_UNKNOWN), "source_unknown");
    assert_string_equal(event_reason_slug(EVENT_CONFLICT), "conflict");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_7_id_keeps_its_time), cmocka_unit_test(keys_never_change),
        cmocka_unit_test(source_and_id_are_told_apart),  cmocka_unit_test(a_remembered_source_changes_nothing),
        cmocka_unit_test(content_is_its_canonical_text), cmocka_unit_test(meters_rise_with_their_names),
        cmocka_unit_test(each_verdict_has_its_slug)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
