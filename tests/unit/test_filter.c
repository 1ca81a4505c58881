/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/filter.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/filter.h"

static const struct plan_column NUMBER = {.name = "n", .type = PLAN_NUMBER}, TEXT = {.name = "s", .type = PLAN_STRING},
                                TIME = {.name = "t", .type = PLAN_DATETIME}, DAY = {.name = "d", .type = PLAN_DATE},
                                FLAG = {.name = "b", .type = PLAN_BOOLEAN};

static void filters_become_conditions(void **state)
{
    (void)state;
    static const struct {
        const struct plan_column *column;
        const char *text, *sql, *value;
    } CASES[] = {
        {&NUMBER, "eq.1.50", "(E = $6::numeric)", "1.50"},
        {&NUMBER, "neq.-3", "(E <> $6::numeric)", "-3"},
        {&NUMBER, "in.(1,2.5)", "(E = ANY ($6::numeric[]))", "{\"1\",\"2.5\"}"},
        {&TEXT, "gte.a.b", "(E COLLATE \"C\" >= $6::text)", "a.b"},
        {&TEXT, "in.(a,\"b,\\\"c)\",d e)", "(E COLLATE \"C\" = ANY ($6::text[]))", "{\"a\",\"b,\\\"c)\",\"d e\"}"},
        {&TEXT, "eq.", "(E COLLATE \"C\" = $6::text)", ""},
        {&TIME, "lt.2026-02-28T23:59:59.5Z", "(E < ($6::timestamptz AT TIME ZONE 'UTC'))", "2026-02-28T23:59:59.5Z"},
        {&TIME, "in.(2024-02-29)",
         "(E = ANY (ARRAY(SELECT u AT TIME ZONE 'UTC' FROM pg_catalog.unnest($6::timestamptz[]) AS u)))",
         "{\"2024-02-29\"}"},
        {&DAY, "gt.2024-02-29", "(E > $6::date)", "2024-02-29"},
        {&FLAG, "eq.true", "(E = $6::boolean)", "true"},
        {&FLAG, "is.false", "(E IS FALSE)", NULL},
        {&FLAG, "is.unknown", "(E IS UNKNOWN)", NULL},
        {&NUMBER, "in.()", "(E = ANY ($6::numeric[]))", "{}"},
        {&TEXT, "in.(\"\")", "(E COLLATE \"C\" = ANY ($6::text[]))", "{\"\"}"},
        {&NUMBER, "is.null", "(E IS NULL)", NULL},
        {&TEXT, "is.not_null", "(E IS NOT NULL)", NULL}};
    struct ch_arena *arena = ch_arena_new();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct filter filter;
        assert_null(filter_read(arena, CASES[i].column, CASES[i].text, &filter));
        assert_string_equal(filter_condition(arena, &filter, "E", 6), CASES[i].sql);
        assert_int_equal(filter_has_value(&filter), CASES[i].value != NULL);
        if (CASES[i].value)
            assert_string_equal(filter.value, CASES[i].value);
    }
    ch_arena_free(arena);
}

static void malformed_ones_are_refused(void **state)
{
    (void)state;
    static const struct {
        const struct plan_column *column;
        const char *text;
    } CASES[] = {{&NUMBER, ""},
                 {&NUMBER, "1"},
                 {&NUMBER, "eq"},
                 {&NUMBER, "eq."},
                 {&NUMBER, "eq.1e5"},
                 {&NUMBER, "eq.NaN"},
                 {&NUMBER, "eq.+1"},
                 {&NUMBER, "eq. 1"},
                 {&NUMBER, "eq.."},
                 {&NUMBER, "like.1"},
                 {&NUMBER, "not.eq.1"},
                 {&NUMBER, "EQ.1"},
                 {&NUMBER, "in.1"},
                 {&NUMBER, "in.(1,)"},
                 {&NUMBER, "in.(1"},
                 {&NUMBER, "in.(1)2"},
                 {&NUMBER, "is.true"},
                 {&NUMBER, "is."},
                 {&TEXT, "in.(\"a)"},
                 {&TEXT, "in.(\"a\"b)"},
                 {&TIME, "eq.now"},
                 {&TIME, "eq.2026-02-29"},
                 {&TIME, "eq.2026-01-01T24:00:00Z"},
                 {&TIME, "eq.2026-01-01T00:00:00"},
                 {&TIME, "eq.2026-01-01T00:00:00.Z"},
                 {&TIME, "eq.2026-01-01T00:00:00.1234567Z"},
                 {&TIME, "eq.2026-01-01T00:00:00+01:00"},
                 {&DAY, "eq.2026-13-01"},
                 {&DAY, "eq.0000-01-01"},
                 {&DAY, "eq.2026-1-1"},
                 {&FLAG, "eq.t"},
                 {&NUMBER, "in.() "},
                 {&NUMBER, "is.unknown"}};
    struct ch_arena *arena = ch_arena_new();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct filter filter;
        if (!filter_read(arena, CASES[i].column, CASES[i].text, &filter))
            fail_msg("%s was accepted", CASES[i].text);
    }
    ch_arena_free(arena);
}

/* Random texts: whatever is accepted, the condition holds no byte of the value. */
static void no_value_reaches_the_text(void **state)
{
    (void)state;
    static const char *const STARTS[] = {"eq.", "in.(", "gt.", "neq."};
    uint32_t seed = 20260101;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 20000; round++) {
        struct ch_arena *arena = ch_arena_new();
        char text[64];
        int at = snprintf(text, sizeof text, "%s", STARTS[round % 4]);
        for (int i = 0; i < 24; i++) {
            seed = seed * 1664525 + 1013904223;
            text[at++] = "~'\"\\{}(),;a.%$"[(seed >> 16) % 14];
        }
        text[at++] = ')';
        text[at] = '\0';
        struct filter filter;
        if (!filter_read(arena, &TEXT, text, &filter)) {
            const char *sql = filter_condition(arena, &filter, "E", 6);
            assert_null(strpbrk(sql, "~'\\{};%,."));
        }
        ch_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(filters_become_conditions),
                                       cmocka_unit_test(malformed_ones_are_refused),
                                       cmocka_unit_test(no_value_reaches_the_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
