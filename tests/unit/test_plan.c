/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/plan.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/plan.h"
#include "commonhold/json.h"

static const char SCHEMA[] = "{\"fields\":[{\"name\":\"n\",\"type\":\"number\"},{\"name\":\"i\",\"type\":\"integer\"},"
                             "{\"name\":\"s\",\"type\":\"string\"},{\"name\":\"d\",\"type\":\"date\"},"
                             "{\"name\":\"t\",\"type\":\"datetime\"},{\"name\":\"b\",\"type\":\"boolean\"}]}";

static struct plan read_one(struct ch_arena *arena, const char *name, const char *rule)
{
    struct ch_json_error error;
    const char *text = ch_printf(arena, "[{\"name\":\"%s\",\"rule\":\"%s\"}]", name, rule);
    return plan_read(arena, ch_json_parse(arena, text, strlen(text), &CH_JSON_BODY, &error),
                     ch_json_parse(arena, SCHEMA, sizeof SCHEMA - 1, &CH_JSON_BODY, &error));
}

static void rules_become_expressions(void **state)
{
    (void)state;
    static const char *const CASES[][3] = {
        {"n", "keep", "t.\"x\""},
        {"t", "keep", "(t.\"x\" AT TIME ZONE 'UTC')"},
        {"n", "round:2", "pg_catalog.round(t.\"x\", 2)"},
        {"i", "round:-3", "pg_catalog.round(t.\"x\"::numeric, -3)"},
        {"t", "trunc:week", "pg_catalog.date_trunc('week', t.\"x\" AT TIME ZONE 'UTC')"},
        {"d", "trunc:quarter", "pg_catalog.date_trunc('quarter', t.\"x\"::timestamp)::date"},
        {"s", "prefix:3", "pg_catalog.\"left\"(t.\"x\", 3)"},
        {"n", "bin:10@-5",
         "((pg_catalog.floor(t.\"x\"::numeric) - (-5)::numeric) - "
         "pg_catalog.mod(pg_catalog.mod((pg_catalog.floor(t.\"x\""
         "::numeric) - (-5)::numeric), 10::numeric) + 10::numeric, 10::numeric) + (-5)::numeric)"}};
    struct ch_arena *arena = ch_arena_new();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct plan plan = read_one(arena, CASES[i][0], CASES[i][1]);
        assert_int_equal(plan.count, 1);
        assert_string_equal(plan_expression(arena, &plan.columns[0], "t.\"x\""), CASES[i][2]);
    }
    ch_arena_free(arena);
}

/* What is not understood is not delivered. */
static void everything_else_drops_the_column(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"n", "drop"},         {"n", "round:7"},      {"n", "round:02"},
        {"n", "round:+1"},     {"n", "round:"},       {"n", "round:1;x"},
        {"s", "round:1"},      {"n", "prefix:2"},     {"s", "prefix:0"},
        {"s", "prefix:10000"}, {"t", "trunc:second"}, {"t", "trunc:day'"},
        {"s", "trunc:day"},    {"n", "bin:0"},        {"n", "bin:-1"},
        {"n", "bin:1@"},       {"n", "bin:1@01"},     {"n", "bin:1000000000000000000"},
        {"n", "Keep"},         {"n", " keep"},        {"n", ""},
        {"gone", "keep"},      {"b", "round:1"}};
    struct ch_arena *arena = ch_arena_new();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        assert_int_equal(read_one(arena, CASES[i][0], CASES[i][1]).count, 0);
    assert_int_equal(plan_read(arena, NULL, NULL).count, 0);
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rules_become_expressions),
                                       cmocka_unit_test(everything_else_drops_the_column)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
