/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/event_rollup.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/event_rollup.h"

#define MANY 20000

static uint32_t seed = 7;

static uint32_t next(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static struct usage_event usage(uint8_t pool, int32_t day, uint8_t grant, enum usage_meter meter, int contribution,
                                int64_t units)
{
    struct usage_event event = {.time = day * INT64_C(86400000000) + next() % 86400 * INT64_C(1000000),
                                .meter = meter,
                                .has_contribution = contribution >= 0,
                                .units = units};
    event.pool_id[3] = pool;
    event.grant[15] = grant;
    event.contribution[0] = (uint8_t)(contribution >= 0 ? contribution : 0);
    return event;
}

static void units_of_a_line_are_added(void **state)
{
    (void)state;
    struct usage_rollup *rollup = usage_rollup_new(3);
    struct usage_event events[] = {usage(1, 5, 1, USAGE_ROWS, 3, 10), usage(1, 5, 1, USAGE_ROWS, 3, 32),
                                   usage(1, 5, 1, USAGE_ROWS, 0, 1), usage(1, 5, 1, USAGE_ROWS, -1, 2)};
    size_t count;
    for (size_t i = 0; i < 4; i++)
        assert_true(usage_rollup_add(rollup, &events[i]));
    const struct usage_line *lines = usage_rollup_lines(rollup, &count);
    assert_int_equal(count, 3);
    assert_true(lines[0].has_contribution && lines[0].contribution[0] == 0 && lines[0].units == 1);
    assert_true(lines[1].has_contribution && lines[1].contribution[0] == 3 && lines[1].units == 42);
    assert_true(!lines[2].has_contribution && lines[2].units == 2 && lines[2].day == 5); /* none is last, as in SQL */
    assert_true(usage_rollup_add(rollup, &events[0])); /* also when they were sorted */
    lines = usage_rollup_lines(rollup, &count);
    assert_int_equal(count, 3);
    assert_int_equal(lines[1].units, 52);
    usage_rollup_reset(rollup);
    usage_rollup_lines(rollup, &count);
    assert_int_equal(count, 0);
    usage_rollup_free(rollup);
    usage_rollup_free(NULL);
}

static void a_sum_beyond_64_bits_is_not_made(void **state)
{
    (void)state;
    struct usage_rollup *rollup = usage_rollup_new(3);
    struct usage_event event = usage(1, 5, 1, USAGE_ROWS, 3, INT64_MAX - 1);
    size_t count;
    assert_true(usage_rollup_add(rollup, &event));
    event.units = 2;
    assert_false(usage_rollup_add(rollup, &event));
    event.units = 1;
    assert_true(usage_rollup_add(rollup, &event));
    assert_false(usage_rollup_add(rollup, &event));
    assert_int_equal(usage_rollup_lines(rollup, &count)->units, INT64_MAX);
    assert_int_equal(count, 1);
    usage_rollup_free(rollup);
}

static int order_of(const struct usage_line *a, const struct usage_line *b)
{
    int order = memcmp(a->pool, b->pool, 16);
    order = order ? order : a->day - b->day;
    order = order ? order : memcmp(a->grant, b->grant, 16);
    order = order ? order : strcmp(usage_meter_name(a->meter), usage_meter_name(b->meter));
    order = order ? order : b->has_contribution - a->has_contribution;
    return order ? order : memcmp(a->contribution, b->contribution, 16);
}

static void lines_are_sorted_and_lose_nothing(void **state)
{
    (void)state;
    static int64_t sums[3][4][3][USAGE_METERS][41];
    struct usage_rollup *rollup = usage_rollup_new(next());
    size_t count, expected = 0;
    print_message("seed %u\n", seed);
    for (unsigned i = 0; i < MANY; i++) {
        unsigned pool = next() % 3, day = next() % 4, grant = next() % 3, meter = next() % USAGE_METERS;
        int contribution = (int)(next() % 41) - 1;
        struct usage_event event = usage((uint8_t)pool, (int32_t)day - 2, (uint8_t)grant, (enum usage_meter)meter,
                                         contribution, 1 + next() % 1000);
        assert_true(usage_rollup_add(rollup, &event));
        int64_t *sum = &sums[pool][day][grant][meter][contribution + 1];
        expected += *sum == 0;
        *sum += event.units;
        if (i % 5000 == 4999)
            usage_rollup_lines(rollup, &count); /* a look in between changes nothing */
    }
    const struct usage_line *lines = usage_rollup_lines(rollup, &count);
    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++) {
        int contribution = lines[i].has_contribution ? lines[i].contribution[0] : -1;
        assert_int_equal(
            lines[i].units,
            sums[lines[i].pool[3]][lines[i].day + 2][lines[i].grant[15]][lines[i].meter][contribution + 1]);
        assert_true(i == 0 || order_of(&lines[i - 1], &lines[i]) < 0);
    }
    usage_rollup_free(rollup);
}

static void days_are_those_of_utc(void **state)
{
    (void)state;
    assert_int_equal(usage_day_of(0), 0);
    assert_int_equal(usage_day_of(INT64_C(86399999999)), 0);
    assert_int_equal(usage_day_of(INT64_C(86400000000)), 1);
    assert_int_equal(usage_day_of(-1), -1);
    assert_int_equal(usage_day_of(INT64_C(-86400000000)), -1);
    assert_int_equal(usage_day_of(INT64_C(-86400000001)), -2);
    assert_int_equal(usage_day_of(INT64_C(1772366400000000)), 20513);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_of_a_line_are_added), cmocka_unit_test(a_sum_beyond_64_bits_is_not_made),
        cmocka_unit_test(lines_are_sorted_and_lose_nothing), cmocka_unit_test(days_are_those_of_utc)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
