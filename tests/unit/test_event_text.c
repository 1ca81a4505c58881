/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/event_text.c and event_media.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/event_parts.h"

static void uri_references_are_those_of_rfc_3986(void **state)
{
    (void)state;
    static const char *const good[] = {"https://github.com/cloudevents",
                                       "urn:a:b",
                                       "a:",
                                       "mailto:a@b.example",
                                       "http://[::1]:80/",
                                       "http://u@[v1.a]/",
                                       "tag:x,2026:y",
                                       "A+b-c.d:e",
                                       "http://x/%41%c3%a9?q=a/b?c#d/e?f",
                                       "http://x/(a)'b'!*;,=+&$~_"};
    static const char *const relative[] = {
        "/cloudevents/spec/pull/123", "1-555-123-4567", "//host/p", "a/b:c", "?q", "#f", ".", "a", "./1a:b"};
    static const char *const bad[] = {"",           " ",          "a b",         "1a:b",   ":a",       "a_b:c", "%",
                                      "%4",         "%4g",        "a%",          "<a>",    "a\"b",     "a\\b",  "a^b",
                                      "a`b",        "a{b}",       "a|b",         "a#b#c",  "\xc3\xa9", "a\x7f", "a[b]",
                                      "http://x/[", "http://x]/", "http://x?[]", "//[a]]", "//a[b]"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!event_uri_good(good[i], strlen(good[i]), false) || !event_uri_good(good[i], strlen(good[i]), true))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof relative / sizeof *relative; i++)
        if (!event_uri_good(relative[i], strlen(relative[i]), false) ||
            event_uri_good(relative[i], strlen(relative[i]), true))
            fail_msg("misjudged: %s", relative[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (event_uri_good(bad[i], strlen(bad[i]), false))
            fail_msg("taken: %s", bad[i]);
    assert_false(event_uri_good("a\0b", 3, false));
}

static void texts_are_counted_in_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ptrdiff_t count;
    } texts[] = {{"", 0},
                 {"abcdefgh", 8},
                 {"abcdefghi~ !", 12},
                 {"\xc3\xa9", 1},
                 {"abcdefg\xc3\xa9", 8},
                 {"\xf0\x9f\x98\x80\xf4\x8f\xbf\xbd", 2},
                 {"\xc2\xa0", 1},
                 {"\xc2\x9f", -1},
                 {"\xc2\x80", -1},
                 {"abcdefg\x7f", -1},
                 {"abcdefg\x1f", -1},
                 {"\n", -1},
                 {"\xef\xbf\xbd", 1},
                 {"\xef\xbf\xbe", -1},
                 {"\xef\xbf\xbf", -1},
                 {"\xf0\x9f\xbf\xbe", -1},
                 {"\xf4\x8f\xbf\xbf", -1},
                 {"\xef\xb7\x8f", 1},
                 {"\xef\xb7\x90", -1},
                 {"\xef\xb7\xaf", -1},
                 {"\xef\xb7\xb0", 1}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(event_text_count(texts[i].text, strlen(texts[i].text)), texts[i].count);
    assert_int_equal(event_text_count("a\0b", 3), -1);
    char bytes[8];
    for (int byte = 0; byte < 0x80; byte++)
        for (int place = 0; place < 8; place++) {
            memset(bytes, 'x', sizeof bytes);
            bytes[place] = (char)byte;
            assert_int_equal(event_text_count(bytes, 8), byte >= 0x20 && byte < 0x7f ? 8 : -1);
        }
}

static void uuids_are_read(void **state)
{
    (void)state;
    static const char text[] = "01931f00-aBcd-7000-8fff-0000000000fF", lower[] = "01931f00-abcd-7000-8fff-0000000000ff";
    static const uint8_t expected[] = {0x01, 0x93, 0x1f, 0, 0xab, 0xcd, 0x70, 0, 0x8f, 0xff, 0, 0, 0, 0, 0, 0xff};
    uint8_t bytes[16];
    assert_false(event_uuid_read(text, 36, false, bytes));
    assert_true(event_uuid_read(text, 36, true, bytes));
    assert_memory_equal(bytes, expected, 16);
    assert_true(event_uuid_read(lower, 36, false, bytes));
    assert_memory_equal(bytes, expected, 16);
    assert_false(event_uuid_read(lower, 35, false, bytes));
    for (int i = 0; i < 36; i++)
        for (int byte = 0; byte < 256; byte++) {
            char changed[36];
            bool dash = i == 8 || i == 13 || i == 18 || i == 23;
            bool hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
            memcpy(changed, lower, 36);
            changed[i] = (char)byte;
            assert_int_equal(event_uuid_read(changed, 36, false, bytes), dash ? byte == '-' : hex);
            assert_int_equal(event_uuid_read(changed, 36, true, bytes),
                             dash ? byte == '-' : hex || (byte >= 'A' && byte <= 'F'));
        }
}

static void content_types_name_the_mode(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        enum event_mode mode;
    } types[] = {
        {NULL, EVENT_MODE_BINARY},
        {"", EVENT_MODE_BINARY},
        {"application/json", EVENT_MODE_BINARY},
        {"application/cloud", EVENT_MODE_BINARY},
        {"application/cloudevents+json", EVENT_MODE_STRUCTURED},
        {"application/cloudevents+json; charset=UTF-8", EVENT_MODE_STRUCTURED},
        {"Application/CloudEvents+JSON;charset=\"utf-8\" ; x=y", EVENT_MODE_STRUCTURED},
        {"application/cloudevents-batch+json", EVENT_MODE_BATCH},
        {"APPLICATION/CLOUDEVENTS-BATCH+JSON ; charset=us-ascii", EVENT_MODE_BATCH},
        {"application/cloudevents", EVENT_MODE_UNSUPPORTED},
        {"application/cloudevents+avro", EVENT_MODE_UNSUPPORTED},
        {"application/cloudevents-batch", EVENT_MODE_UNSUPPORTED},
        {"application/cloudevents-batch+xml", EVENT_MODE_UNSUPPORTED},
        {"application/cloudevents+json; charset=latin1", EVENT_MODE_UNSUPPORTED},
        {"application/cloudevents+json, text/plain", EVENT_MODE_UNSUPPORTED},
        {"application/cloudevents+json;", EVENT_MODE_STRUCTURED},
        {"application/cloudevents+json;; charset=utf-8", EVENT_MODE_STRUCTURED},
        {"application/cloudevents+json; charset", EVENT_MODE_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (event_mode_of(types[i].type) != types[i].mode)
            fail_msg("%s", types[i].type);
}

static void media_types_of_json_are_known(void **state)
{
    (void)state;
    static const char *const good[] = {"application/json",
                                       "text/json",
                                       "application/x+json",
                                       "APPLICATION/JSON",
                                       "a/b+c+json",
                                       "application/json;charset=utf-8",
                                       "application/json ; a=\"b;\\\"c\"; d=e"};
    static const char *const bad[] = {"",
                                      "json",
                                      "application/",
                                      "/json",
                                      "application/xml",
                                      "application/json+xml",
                                      "application/+json",
                                      "application/json;charset=utf-16",
                                      "application/json;x",
                                      "application/json;x=",
                                      "application/json;=y",
                                      "application/json;x=\"y",
                                      "application/json x",
                                      "application/jsonx",
                                      "application//json",
                                      "application/json;x=y z"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!event_media_is_json(good[i], strlen(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (event_media_is_json(bad[i], strlen(bad[i])))
            fail_msg("taken: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(uri_references_are_those_of_rfc_3986),
                                       cmocka_unit_test(texts_are_counted_in_characters),
                                       cmocka_unit_test(uuids_are_read), cmocka_unit_test(content_types_name_the_mode),
                                       cmocka_unit_test(media_types_of_json_are_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
