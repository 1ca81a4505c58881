/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/counted.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/counted.h"
#include "../../services/metering/core/runs.h"

#define ROWS 500

/* Batches of several deliveries, overlapping, in any order. */
static void exactly_the_rows_of_the_batches(void **state)
{
    (void)state;
    uint32_t seed = 77;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 200; round++) {
        bool expected[ROWS + 2] = {false};
        struct counted counted = {0};
        for (int batch = 0; batch < 6; batch++) {
            struct runs runs = {0};
            int64_t row = 1 + (seed >> 8) % ROWS;
            for (int i = 0; i < 60 && row <= ROWS; i++) {
                seed = seed * 1664525 + 1013904223;
                runs_add(&runs, row, (seed >> 20) % 3);
                expected[row] = true;
                row += 1 + ((seed >> 10) % 4 == 0) * ((seed >> 12) % 9);
            }
            runs_end(&runs);
            assert_true(counted_add_runs(&counted, (const uint8_t *)runs.bytes.bytes, runs.bytes.size));
            runs_free(&runs);
        }
        counted_ready(&counted);
        for (int pass = 0; pass < 2; pass++, counted_rewind(&counted))
            for (int64_t row = 0; row <= ROWS + 1; row++)
                assert_int_equal(counted_has(&counted, row), expected[row]);
        counted_free(&counted);
    }
}

static void malformed_runs_are_told(void **state)
{
    (void)state;
    struct counted counted = {0};
    assert_false(counted_add_runs(&counted, (const uint8_t *)"\x80", 1));
    counted_reset(&counted);
    counted_ready(&counted);
    assert_false(counted_has(&counted, 1));
    counted_add(&counted, 5, 9);
    counted_ready(&counted);
    assert_true(counted_has(&counted, 5) && counted_has(&counted, 9) && !counted_has(&counted, 10));
    counted_free(&counted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exactly_the_rows_of_the_batches),
                                       cmocka_unit_test(malformed_runs_are_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
