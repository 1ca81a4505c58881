/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/tally.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/tally.h"

#define MANY 5000

static const uint8_t *id_of(int n)
{
    static uint8_t id[16];
    const uint32_t parts[] = {(uint32_t)n * 2654435761U, (uint32_t)n};
    memcpy(id, &parts[0], 4);
    memcpy(id + 12, &parts[1], 4);
    return id;
}

static struct tally *with(int contributions, int members)
{
    struct tally *tally = tally_new();
    uint8_t id[16];
    for (int i = 0; i < contributions; i++) {
        memcpy(id, id_of(i), sizeof id);
        tally_allow(tally, id, 1000 + i, id_of(1000000 + i % members));
    }
    return tally;
}

static void rows_go_to_their_contribution(void **state)
{
    (void)state;
    struct tally *tally = with(MANY, 77);
    static uint32_t expected[MANY];
    uint32_t seed = 3;
    print_message("seed %u\n", seed);
    memset(expected, 0, sizeof expected);
    assert_int_equal(tally_allowed(tally), MANY);
    assert_int_equal(tally_members_allowed(tally), 77);
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525 + 1013904223;
        int n = (int)((seed >> 8) % MANY);
        int64_t index = tally_find(tally, id_of(n));
        assert_int_equal(index, n);
        tally_count(tally, index);
        expected[n]++;
    }
    assert_int_equal(tally_rows(tally), 100000);
    assert_int_equal(tally_members(tally), 77);
    struct out numbers = {0}, counts = {0};
    tally_write(tally, &numbers, &counts);
    const char *number = numbers.bytes, *count = counts.bytes;
    for (int i = 0; i < MANY; i++) {
        if (!expected[i])
            continue;
        assert_int_equal(strtoll(number + 1, NULL, 10), 1000 + i);
        assert_int_equal(strtoll(count + 1, NULL, 10), expected[i]);
        number = strpbrk(number + 1, ",}");
        count = strpbrk(count + 1, ",}");
    }
    assert_string_equal(number, "}");
    assert_string_equal(count, "}");
    out_free(&numbers);
    out_free(&counts);
    tally_free(tally);
}

static void others_are_not_found(void **state)
{
    (void)state;
    struct tally *tally = tally_new();
    assert_int_equal(tally_find(tally, id_of(1)), -1);
    tally_free(tally);
    tally = with(10, 10);
    assert_int_equal(tally_find(tally, id_of(3)), 3);
    assert_int_equal(tally_find(tally, id_of(11)), -1);
    assert_int_equal(tally_find(tally, id_of(3)), 3); /* a miss does not disturb what was found last */
    tally_allow(tally, id_of(3), 99, id_of(3));
    assert_int_equal(tally_allowed(tally), 10);
    assert_int_equal(tally_no(tally, 3), 1003);
    tally_free(tally);
}

static void seen_rows_are_members_but_no_usage(void **state)
{
    (void)state;
    struct tally *tally = with(6, 3);
    struct out numbers = {0}, counts = {0};
    tally_see(tally, 0);
    tally_see(tally, 3); /* the same member */
    tally_count(tally, 1);
    tally_count(tally, 1);
    assert_int_equal(tally_rows(tally), 2);
    assert_int_equal(tally_members(tally), 2);
    tally_write(tally, &numbers, &counts);
    assert_string_equal(numbers.bytes, "{1001}");
    assert_string_equal(counts.bytes, "{2}");
    tally_reset(tally);
    numbers.size = counts.size = 0;
    assert_int_equal(tally_members(tally), 0);
    tally_write(tally, &numbers, &counts);
    assert_string_equal(numbers.bytes, "{}");
    numbers.size = counts.size = 0;
    tally_write_allowed(tally, &numbers);
    assert_int_equal(strlen(numbers.bytes), 1 + 6 * 37);
    assert_int_equal(tally_member(tally, 4), 1);
    out_free(&numbers);
    out_free(&counts);
    tally_free(tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_go_to_their_contribution),
                                       cmocka_unit_test(others_are_not_found),
                                       cmocka_unit_test(seen_rows_are_members_but_no_usage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
