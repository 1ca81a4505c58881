/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/aggregate.c and aggregate_sketch.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/aggregate.h"

static struct plan_column COLUMNS[] = {{.name = "n", .type = PLAN_NUMBER, .rule = PLAN_ROUND, .number = 2},
                                       {.name = "s", .type = PLAN_STRING},
                                       {.name = "t", .type = PLAN_DATETIME, .rule = PLAN_TRUNC, .unit = "hour"},
                                       {.name = "i", .type = PLAN_INTEGER}};
static const struct plan PLAN = {.columns = COLUMNS, .count = 4};

static void questions_are_read(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct aggregate out;
    struct aggregate_fault fault;
    assert_true(aggregate_read(arena, NULL, NULL, &out, &fault));
    assert_int_equal(out.measure_count, 1);
    assert_string_equal(out.measures[0].name, "count");
    assert_true(aggregate_read(arena, "s,t", "count,avg(n),percentile(n,050.50),max(t),sum(i)", &out, &fault));
    assert_true(aggregate_bind(&PLAN, &out, &fault));
    assert_int_equal(out.by_count, 2);
    assert_string_equal(out.measures[2].name, "percentile(n,50.5)");
    assert_int_equal(out.measures[2].micro, 50500000);
    assert_int_equal(out.measured_count, 3);
    assert_int_equal(out.measures[1].channel, out.measures[2].channel);
    ch_arena_free(arena);
}

static void malformed_ones_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *by, *measure, *field;
    } CASES[] = {{"s,s", NULL, "by"},
                 {"a,b,c,d", NULL, "by"},
                 {"s,", NULL, "by"},
                 {",s", NULL, "by"},
                 {NULL, "", "measure"},
                 {NULL, "count,", "measure"},
                 {NULL, "count(n)", "measure"},
                 {NULL, "avg", "measure"},
                 {NULL, "avg()", "measure"},
                 {NULL, "avg(n", "measure"},
                 {NULL, "avg((n))", "measure"},
                 {NULL, "avg(n)x", "measure"},
                 {NULL, "avg(n,1)", "measure"},
                 {NULL, "AVG(n)", "measure"},
                 {NULL, "percentile(n)", "measure"},
                 {NULL, "percentile(n,)", "measure"},
                 {NULL, "percentile(n,.5)", "measure"},
                 {NULL, "percentile(n,5.)", "measure"},
                 {NULL, "percentile(n,100.000001)", "measure"},
                 {NULL, "percentile(n,1000)", "measure"},
                 {NULL, "percentile(n,0.0000001)", "measure"},
                 {NULL, "percentile(n,50),percentile(n,50.0)", "measure"},
                 {"count", "count", "by"}};
    struct ch_arena *arena = ch_arena_new();
    struct aggregate out;
    struct aggregate_fault fault;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_false(aggregate_read(arena, CASES[i].by, CASES[i].measure, &out, &fault));
        assert_string_equal(fault.field, CASES[i].field);
        assert_non_null(fault.detail);
    }
    ch_arena_free(arena);
}

static void columns_are_those_of_the_plan(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct aggregate out;
    struct aggregate_fault fault;
    assert_true(aggregate_read(arena, "x", NULL, &out, &fault));
    assert_false(aggregate_bind(&PLAN, &out, &fault));
    assert_string_equal(fault.column, "x");
    assert_true(aggregate_read(arena, NULL, "sum(y)", &out, &fault));
    assert_false(aggregate_bind(&PLAN, &out, &fault));
    assert_string_equal(fault.column, "y");
    static const char *const UNSUITED[] = {"sum(s)", "min(s)", "avg(t)", "percentile(t,50)", "stddev(s)"};
    for (size_t i = 0; i < sizeof UNSUITED / sizeof UNSUITED[0]; i++) {
        assert_true(aggregate_read(arena, NULL, UNSUITED[i], &out, &fault));
        assert_false(aggregate_bind(&PLAN, &out, &fault));
        assert_null(fault.column);
    }
    assert_true(aggregate_read(arena, NULL, "min(t)", &out, &fault));
    assert_true(aggregate_bind(&PLAN, &out, &fault));
    assert_false(aggregate_filter(arena, &PLAN, &out, "z", "eq.1", &fault));
    assert_string_equal(fault.column, "z");
    assert_false(aggregate_filter(arena, &PLAN, &out, "n", "eq.one", &fault));
    assert_string_equal(fault.field, "n");
    ch_arena_free(arena);
}

static const char *text_of(struct ch_arena *arena, const char *by, const char *measure, const char *const *filters)
{
    struct aggregate out;
    struct aggregate_fault fault;
    assert_true(aggregate_read(arena, by, measure, &out, &fault));
    assert_true(aggregate_bind(&PLAN, &out, &fault));
    for (; *filters; filters += 2)
        assert_true(aggregate_filter(arena, &PLAN, &out, filters[0], filters[1], &fault));
    return aggregate_text(arena, &out);
}

static void the_same_question_has_one_text(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    static const char *const ONE[] = {"n", "gt.1", "s", "eq.a", NULL}, *const OTHER[] = {"s", "eq.a", "n", "gt.1",
                                                                                         NULL};
    static const char *const MORE[] = {"s", "eq.a", "n", "gt.2", NULL}, *const NONE[] = {NULL};
    const char *text = text_of(arena, "s,t", "count,avg(n)", ONE);
    assert_string_equal(text, text_of(arena, "t,s", "avg(n),count", OTHER));
    assert_string_not_equal(text, text_of(arena, "t,s", "avg(n),count", MORE));
    assert_string_not_equal(text, text_of(arena, "s", "count,avg(n)", ONE));
    assert_string_not_equal(text_of(arena, "s", "count", NONE), text_of(arena, "t", "count", NONE));
    ch_arena_free(arena);
}

static void extremes_need_three_times_as_many(void **state)
{
    (void)state;
    static const struct {
        enum measure_kind kind;
        int64_t micro, need;
    } CASES[] = {{MEASURE_COUNT, 0, 5},
                 {MEASURE_STDDEV, 0, 5},
                 {MEASURE_MIN, 0, 15},
                 {MEASURE_MAX, 0, 15},
                 {MEASURE_PERCENTILE, 0, 15},
                 {MEASURE_PERCENTILE, 100000000, 15},
                 {MEASURE_PERCENTILE, 1, 15},
                 {MEASURE_PERCENTILE, 10000000, 15},
                 {MEASURE_PERCENTILE, 75000000, 15},
                 {MEASURE_PERCENTILE, 49999999, 15},
                 {MEASURE_PERCENTILE, 50000000, 5}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct measure measure = {.kind = CASES[i].kind, .micro = CASES[i].micro};
        assert_int_equal(measure_need(&measure, 5), CASES[i].need);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_are_read), cmocka_unit_test(malformed_ones_are_refused),
        cmocka_unit_test(columns_are_those_of_the_plan), cmocka_unit_test(the_same_question_has_one_text),
        cmocka_unit_test(extremes_need_three_times_as_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
