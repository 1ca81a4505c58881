/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/decimal.c: texts as PostgreSQL 15 gives them, and both ways to a text compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/decimal.h"

/* A decimal text in the binary format, as numeric_send writes it. */
static size_t encode(const char *text, uint8_t *out)
{
    char digits[512] = {0};
    bool minus = *text == '-';
    text += minus;
    const char *point = strchr(text, '.');
    int whole = point ? (int)(point - text) : (int)strlen(text), scale = point ? (int)strlen(point + 1) : 0;
    int lead = (4 - whole % 4) % 4, groups = 0, first = 0, last = 0, weight = (whole + lead) / 4 - 1;
    memset(digits, '0', sizeof digits - 1);
    memcpy(digits + lead, text, (size_t)whole);
    if (point)
        memcpy(digits + lead + whole, point + 1, (size_t)scale);
    groups = weight + 1 + (scale + 3) / 4;
    while (last < groups && strspn(digits + 4 * (groups - 1 - last), "0") >= 4 &&
           strncmp(digits + 4 * (groups - 1 - last), "0000", 4) == 0)
        last++;
    while (first < groups - last && strncmp(digits + 4 * first, "0000", 4) == 0)
        first++;
    int count = groups - last - first;
    weight = count > 0 ? weight - first : 0;
    const unsigned head[] = {(unsigned)count, (unsigned)weight & 0xffff, minus && count ? 0x4000u : 0, (unsigned)scale};
    for (int i = 0; i < 4; i++) {
        out[2 * i] = (uint8_t)(head[i] >> 8);
        out[2 * i + 1] = (uint8_t)head[i];
    }
    for (int i = 0; i < count; i++) {
        char group[5] = {0};
        memcpy(group, digits + 4 * (first + i), 4);
        long value = strtol(group, NULL, 10);
        out[8 + 2 * i] = (uint8_t)(value >> 8);
        out[9 + 2 * i] = (uint8_t)value;
    }
    return 8 + 2 * (size_t)count;
}

static const char *show(const struct plan_column *column, const char *text)
{
    static char shown[1024];
    uint8_t bytes[1024];
    size_t length = encode(text, bytes);
    char *to = malloc(decimal_room(bytes, length)); /* so that a sanitizer sees one byte too many */
    size_t size = decimal_numeric(column, bytes, length, to);
    assert_true(size < sizeof shown && size <= decimal_room(bytes, length));
    memcpy(shown, to, size);
    shown[size] = '\0';
    free(to);
    return shown;
}

static void numbers_as_the_server_shows_them(void **state)
{
    (void)state;
    static const struct {
        enum plan_rule rule;
        int64_t number, origin;
        const char *value, *shown;
    } CASES[] = {{PLAN_KEEP, 0, 0, "0", "0"},
                 {PLAN_KEEP, 0, 0, "1.50", "1.50"},
                 {PLAN_KEEP, 0, 0, "-0.0001", "-0.0001"},
                 {PLAN_KEEP, 0, 0, "57.1497", "57.1497"},
                 {PLAN_KEEP, 0, 0, "123456789012345678901234567890.5", "123456789012345678901234567890.5"},
                 {PLAN_KEEP, 0, 0, "0.000000000000000000000000000000012", "0.000000000000000000000000000000012"},
                 {PLAN_ROUND, 2, 0, "57.145", "57.15"},
                 {PLAN_ROUND, 2, 0, "-57.145", "-57.15"},
                 {PLAN_ROUND, 2, 0, "-0.004", "0.00"},
                 {PLAN_ROUND, 2, 0, "1", "1.00"},
                 {PLAN_ROUND, 0, 0, "0.5", "1"},
                 {PLAN_ROUND, -1, 0, "5", "10"},
                 {PLAN_ROUND, -2, 0, "49.999", "0"},
                 {PLAN_ROUND, -6, 0, "499999.9", "0"},
                 {PLAN_ROUND, -6, 0, "-500000", "-1000000"},
                 {PLAN_ROUND, 1, 0, "99.95", "100.0"},
                 {PLAN_ROUND, 2, 0, "99999999999999999999999999.995", "100000000000000000000000000.00"},
                 {PLAN_ROUND, -3, 0, "99999999999999999999999999500", "100000000000000000000000000000"},
                 {PLAN_ROUND, 6, 0, "0.0000000000000000000000004", "0.000000"},
                 {PLAN_ROUND, 6, 0, "1234567890123456", "1234567890123456.000000"},
                 {PLAN_BIN, 10, 0, "37.9", "30"},
                 {PLAN_BIN, 10, 0, "-0.1", "-10"},
                 {PLAN_BIN, 10, -5, "4.99", "-5"},
                 {PLAN_BIN, 2, 1, "0", "-1"},
                 {PLAN_BIN, 7, 3, "-4", "-4"},
                 {PLAN_BIN, 7, 3, "-4.000001", "-11"},
                 {PLAN_BIN, 999999999999999999, -999999999999999999, "-0.5", "-999999999999999999"},
                 {PLAN_BIN, 10, 0, "0.00000000000000000000000000001", "0"},
                 {PLAN_BIN, 10, 3, "-0.00000000000000000000000000001", "-7"},
                 {PLAN_BIN, 10, 4, "123456789012345678901234567893.7", "123456789012345678901234567884"},
                 {PLAN_BIN, 10, 4, "-123456789012345678901234567893.7", "-123456789012345678901234567896"},
                 {PLAN_BIN, 1000, 0, "-99999999999999999999999999999.5", "-100000000000000000000000000000"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct plan_column column = {
            .type = PLAN_NUMBER, .rule = CASES[i].rule, .number = CASES[i].number, .origin = CASES[i].origin};
        assert_string_equal(show(&column, CASES[i].value), CASES[i].shown);
    }
}

static void integers_as_the_server_shows_them(void **state)
{
    (void)state;
    static const struct {
        enum plan_rule rule;
        int64_t number, origin, value;
        const char *shown;
    } CASES[] = {{PLAN_KEEP, 0, 0, INT64_MIN, "-9223372036854775808"},
                 {PLAN_KEEP, 0, 0, INT64_MAX, "9223372036854775807"},
                 {PLAN_ROUND, 2, 0, 7, "7.00"},
                 {PLAN_ROUND, 6, 0, INT64_MIN, "-9223372036854775808.000000"},
                 {PLAN_ROUND, -1, 0, -15, "-20"},
                 {PLAN_ROUND, -6, 0, INT64_MAX, "9223372036855000000"},
                 {PLAN_BIN, 10, 0, -1, "-10"},
                 {PLAN_BIN, 999999999999999999, 999999999999999999, INT64_MIN, "-9999999999999999990"},
                 {PLAN_BIN, 1000, 7, INT64_MAX, "9223372036854775007"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct plan_column column = {
            .type = PLAN_INTEGER, .rule = CASES[i].rule, .number = CASES[i].number, .origin = CASES[i].origin};
        char *to = malloc(DECIMAL_INTEGER_ROOM);
        size_t size = decimal_integer(&column, CASES[i].value, to);
        to[size] = '\0';
        assert_string_equal(to, CASES[i].shown);
        free(to);
    }
}

/* 10^24 farther from zero a number takes the other way, and nothing else about it changes. */
static void both_ways_give_the_same_text(void **state)
{
    (void)state;
    static const int64_t WIDTHS[] = {1, 2, 5, 8, 10, 16, 25, 50, 100, 1000};
    uint32_t seed = 4711;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 20000; round++) {
        char text[64], farther[128], kept[128], expected[128];
        struct plan_column column = {.type = PLAN_NUMBER, .rule = round % 2 ? PLAN_ROUND : PLAN_BIN};
        seed = seed * 1664525 + 1013904223;
        column.number = column.rule == PLAN_ROUND ? (int)((seed >> 8) % 13) - 6 : WIDTHS[(seed >> 8) % 10];
        column.origin = (int)((seed >> 18) % 99) - 49;
        int scale = (int)((seed >> 4) % 12);
        seed = seed * 1664525 + 1013904223;
        const char *sign = seed & 1 ? "-" : "";
        unsigned whole = 2000 + (seed >> 9) % 99999;
        snprintf(text, sizeof text, "%s%u%s%.*s", sign, whole, scale ? "." : "", scale, "504990500001");
        snprintf(farther, sizeof farther, "%s1%024u%s%.*s", sign, whole, scale ? "." : "", scale, "504990500001");
        snprintf(kept, sizeof kept, "%s", show(&column, text));
        const char *digits = kept + (*kept == '-');
        snprintf(expected, sizeof expected, "%s1%0*d%s", sign, (int)(24 - strcspn(digits, ".")), 0, digits);
        assert_string_equal(show(&column, farther), expected);
    }
}

static void special_and_malformed(void **state)
{
    (void)state;
    static const uint8_t NAN_BYTES[] = {0, 0, 0, 0, 0xC0, 0, 0, 0}, INF[] = {0, 0, 0, 0, 0xD0, 0, 0, 0x20},
                         MINUS[] = {0, 0, 0, 0, 0xF0, 0, 0, 0x20};
    static const uint8_t BAD[][10] = {{0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10},
                                      {0, 2, 0, 0, 0, 0, 0, 0, 0, 1},
                                      {0, 1, 0, 0, 0x12, 0, 0, 0, 0, 1},
                                      {0, 1, 0, 0, 0, 0, 0x40, 0, 0, 1},
                                      {0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1}};
    struct plan_column column = {.type = PLAN_NUMBER, .rule = PLAN_ROUND, .number = 1};
    char to[128];
    assert_int_equal(decimal_numeric(&column, NAN_BYTES, 8, to), 3);
    assert_int_equal(decimal_numeric(&column, INF, 8, to), 8);
    assert_int_equal(decimal_numeric(&column, MINUS, 8, to), 9);
    assert_memory_equal(to, "-Infinity", 9);
    column.rule = PLAN_BIN;
    column.number = 5;
    assert_int_equal(decimal_numeric(&column, INF, 8, to), 3);
    assert_memory_equal(to, "NaN", 3);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        assert_true(decimal_numeric(&column, BAD[i], 10, to) == DECIMAL_BAD);
    assert_true(decimal_numeric(&column, INF, 7, to) == DECIMAL_BAD);
    assert_true(decimal_room(INF, 3) == DECIMAL_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_as_the_server_shows_them), cmocka_unit_test(integers_as_the_server_shows_them),
        cmocka_unit_test(both_ways_give_the_same_text), cmocka_unit_test(special_and_malformed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
