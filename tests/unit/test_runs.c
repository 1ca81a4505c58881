/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/runs.c: what is written is read again, row for row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/runs.h"

#define MANY 20000

struct rows {
    int64_t ids[MANY], contributions[MANY];
    size_t count;
};

static void take(void *arg, int64_t first, int64_t last, int64_t contribution)
{
    struct rows *rows = arg;
    for (int64_t id = first; id <= last; id++) {
        assert_true(rows->count < MANY);
        rows->ids[rows->count] = id;
        rows->contributions[rows->count++] = contribution;
    }
}

static void rows_are_read_as_written(void **state)
{
    (void)state;
    static struct rows wrote, read;
    struct runs runs = {0};
    uint32_t seed = 20261123;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 50; round++) {
        int64_t id = round == 0 ? 1 : (int64_t)(seed >> 4) * round * 100000;
        runs_reset(&runs);
        wrote.count = read.count = 0;
        for (int i = 0; i < 2000; i++) {
            seed = seed * 1664525 + 1013904223;
            id += seed >> 24 < 200 ? 1 : (int64_t)(seed >> 8) % 100000 + 1;
            wrote.ids[wrote.count] = id;
            wrote.contributions[wrote.count] = 1 + (seed >> 16) % 3 / 2 * 70000;
            runs_add(&runs, id, wrote.contributions[wrote.count++]);
        }
        runs_end(&runs);
        assert_true(runs_read((const uint8_t *)runs.bytes.bytes, runs.bytes.size, take, &read));
        assert_int_equal(read.count, wrote.count);
        assert_memory_equal(read.ids, wrote.ids, wrote.count * sizeof *wrote.ids);
        assert_memory_equal(read.contributions, wrote.contributions, wrote.count * sizeof *wrote.ids);
    }
    runs_free(&runs);
}

static void neighbours_take_three_bytes(void **state)
{
    (void)state;
    static struct rows read;
    struct runs runs = {0};
    read.count = 0;
    for (int64_t id = 5; id < 105; id++)
        runs_add(&runs, id, 7);
    runs_end(&runs);
    static const uint8_t expected[] = {5, 99, 7};
    assert_int_equal(runs.bytes.size, sizeof expected);
    assert_memory_equal(runs.bytes.bytes, expected, sizeof expected);
    runs_end(&runs); /* once more changes nothing */
    assert_int_equal(runs.bytes.size, sizeof expected);
    assert_true(runs_read(expected, sizeof expected, take, &read));
    assert_int_equal(read.count, 100);
    runs_free(&runs);
}

static void broken_bytes_are_refused(void **state)
{
    (void)state;
    static struct rows read;
    static const uint8_t cut[] = {5, 0, 7, 1, 0}, endless[] = {0x80, 0x80, 0x80},
                         high[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 1};
    read.count = 0;
    assert_false(runs_read(cut, sizeof cut, take, &read));
    assert_int_equal(read.count, 1);
    assert_false(runs_read(endless, sizeof endless, take, &read));
    assert_false(runs_read(high, sizeof high, take, &read)); /* the last row's end does not fit */
    assert_true(runs_read(NULL, 0, take, &read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_are_read_as_written),
                                       cmocka_unit_test(neighbours_take_three_bytes),
                                       cmocka_unit_test(broken_bytes_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
