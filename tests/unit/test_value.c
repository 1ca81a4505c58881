/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/value.c: texts as PostgreSQL 15 gives them in ISO style and UTC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../services/metering/core/value.h"

#define DAY INT64_C(86400000000)

static const char *show(const struct plan_column *column, int64_t value, size_t length)
{
    static char kept[128];
    uint8_t bytes[8];
    const char *text;
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)((uint64_t)value >> (8 * (length - 1 - i)));
    char *to = malloc(value_room(column, bytes, length));
    int size = value_show(column, bytes, length, to, &text);
    assert_true(size >= 0 && size < (int)sizeof kept);
    memcpy(kept, text, (size_t)size);
    kept[size] = '\0';
    free(to);
    return kept;
}

static void dates(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        int64_t days;
        const char *shown;
    } CASES[] = {{NULL, 0, "2000-01-01"},          {NULL, 59, "2000-02-29"},        {NULL, -1, "1999-12-31"},
                 {NULL, 2921939, "9999-12-31"},    {NULL, 2921940, "10000-01-01"},  {NULL, -730119, "0001-01-01"},
                 {NULL, -730120, "0001-12-31 BC"}, {NULL, INT32_MAX, "infinity"},   {"year", INT32_MIN, "-infinity"},
                 {"year", 9000, "2024-01-01"},     {"quarter", 9000, "2024-07-01"}, {"month", 9000, "2024-08-01"},
                 {"week", 9000, "2024-08-19"},     {"week", 0, "1999-12-27"},       {"day", 9000, "2024-08-22"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct plan_column column = {
            .type = PLAN_DATE, .rule = CASES[i].unit ? PLAN_TRUNC : PLAN_KEEP, .unit = CASES[i].unit};
        assert_string_equal(show(&column, CASES[i].days, 4), CASES[i].shown);
    }
}

static void instants(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        int64_t us;
        const char *shown;
    } CASES[] = {{NULL, 0, "2000-01-01 00:00:00"},
                 {NULL, -1, "1999-12-31 23:59:59.999999"},
                 {NULL, 100000, "2000-01-01 00:00:00.1"},
                 {NULL, INT64_MAX, "infinity"},
                 {"hour", INT64_MIN, "-infinity"},
                 {NULL, -730120 * DAY, "0001-12-31 00:00:00 BC"},
                 {"minute", -1, "1999-12-31 23:59:00"},
                 {"hour", 9000 * DAY + 3599999999, "2024-08-22 00:00:00"},
                 {"day", -1, "1999-12-31 00:00:00"},
                 {"week", -5 * DAY - 1, "1999-12-20 00:00:00"},
                 {"month", 9000 * DAY + 5, "2024-08-01 00:00:00"},
                 {"quarter", 9000 * DAY + 5, "2024-07-01 00:00:00"},
                 {"year", -730120 * DAY, "0001-01-01 00:00:00 BC"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct plan_column column = {
            .type = PLAN_DATETIME, .rule = CASES[i].unit ? PLAN_TRUNC : PLAN_KEEP, .unit = CASES[i].unit};
        assert_string_equal(show(&column, CASES[i].us, 8), CASES[i].shown);
    }
}

/* Every day of 800 years against the C library's calendar. */
static void every_day_is_the_librarys(void **state)
{
    (void)state;
    const struct plan_column column = {.type = PLAN_DATE, .rule = PLAN_KEEP};
    for (int64_t days = -146097; days < 146097; days++) {
        time_t seconds = (time_t)(days + 10957) * 86400;
        struct tm tm;
        char expected[32];
        gmtime_r(&seconds, &tm);
        strftime(expected, sizeof expected, "%Y-%m-%d", &tm);
        assert_string_equal(show(&column, days, 4), expected);
    }
}

static void truth_and_texts(void **state)
{
    (void)state;
    const struct plan_column flag = {.type = PLAN_BOOLEAN}, text = {.type = PLAN_STRING},
                             two = {.type = PLAN_STRING, .rule = PLAN_PREFIX, .number = 2}, day = {.type = PLAN_DATE},
                             time = {.type = PLAN_DATETIME}, whole = {.type = PLAN_INTEGER};
    const uint8_t *word = (const uint8_t *)"\xc3\xa4\xe2\x82\xacx";
    const char *shown;
    char to[128];
    assert_string_equal(show(&flag, 1, 1), "t");
    assert_string_equal(show(&flag, 0, 1), "f");
    assert_int_equal(value_show(&text, word, 6, to, &shown), 6);
    assert_ptr_equal(shown, word);
    assert_int_equal(value_show(&two, word, 6, to, &shown), 5); /* two code points, five bytes */
    assert_int_equal(value_show(&two, word, 2, to, &shown), 2);
    assert_int_equal(value_show(&two, word, 0, to, &shown), 0);
    assert_true(value_show(&flag, word, 2, to, &shown) < 0);
    assert_true(value_show(&day, word, 3, to, &shown) < 0);
    assert_true(value_show(&time, word, 4, to, &shown) < 0);
    assert_true(value_show(&whole, word, 4, to, &shown) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dates), cmocka_unit_test(instants),
                                       cmocka_unit_test(every_day_is_the_librarys), cmocka_unit_test(truth_and_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
