/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/aggregate_search.c, and with it aggregate_cover.c and aggregate_space.c: cases known
 * by hand, and random ones against a judge who tries every set of members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/aggregate_search.h"
#include "../../services/metering/core/scratch.h"

#define PRIME   UINT32_C(2147483647)
#define SUMS    6
#define COLUMNS 40
#define MEMBERS 9

static uint64_t seed = 20261123;

static uint32_t random_below(uint32_t most)
{
    return (uint32_t)(mixed(seed++) % most);
}

/* A row of one member, or of nobody (member MEMBERS): its weight in each sum. */
struct column {
    uint32_t weight[SUMS];
    uint32_t member;
};

static enum search_verdict judged(const struct column *columns, size_t count, uint32_t k, int64_t work)
{
    struct cover cover;
    cover_init(&cover, PRIME, SUMS, MEMBERS);
    for (size_t c = 0; c < count; c++) {
        for (uint32_t s = 0; s < SUMS; s++)
            if (columns[c].weight[s])
                cover_number(&cover, s, columns[c].weight[s]);
        if (cover.first[cover.count + 1] == cover.first[cover.count])
            continue;
        if (columns[c].member < MEMBERS)
            cover_member(&cover, columns[c].member);
        cover_end(&cover);
    }
    enum search_verdict verdict = search_judge(&cover, k, seed, &work);
    cover_free(&cover);
    return verdict;
}

/* ---- the judge who tries everything ---- */

/* Rank of the columns of members outside `set`; with `nobody` those of none too. */
static size_t rank(const struct column *columns, size_t count, uint32_t set, bool nobody)
{
    int64_t work = INT64_MAX;
    struct space space;
    space_init(&space, PRIME, SUMS, &work);
    for (size_t c = 0; c < count; c++) {
        uint32_t vector[SUMS];
        memcpy(vector, columns[c].weight, sizeof vector);
        if (columns[c].member < MEMBERS ? !(set >> columns[c].member & 1) : nobody)
            space_add(&space, vector);
    }
    size_t found = space.rank;
    space_free(&space);
    return found;
}

static bool tells(const struct column *columns, size_t count, uint32_t k)
{
    size_t whole = rank(columns, count, 0, true);
    for (uint32_t set = 0; set < 1u << MEMBERS; set++)
        if ((uint32_t)__builtin_popcount(set) < k && rank(columns, count, set, false) < whole)
            return true;
    return false;
}

static void against_every_set(void **state)
{
    (void)state;
    size_t told = 0, safe = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 6000; round++) {
        struct column columns[COLUMNS] = {0};
        size_t count = 5 + random_below(COLUMNS - 5);
        uint32_t k = 1 + random_below(5), weights = 2 + random_below(2), nobody = random_below(10) == 0;
        for (size_t c = 0; c < count; c++) {
            columns[c].member = random_below(MEMBERS + (nobody && random_below(8) == 0));
            for (int s = 0; s < SUMS; s++)
                columns[c].weight[s] = random_below(weights);
        }
        bool expected = tells(columns, count, k);
        assert_int_equal(judged(columns, count, k, INT64_MAX), expected ? SEARCH_TELLS : SEARCH_SAFE);
        told += expected;
        safe += !expected;
    }
    print_message("%zu tell, %zu are safe\n", told, safe);
    assert_true(told > 500 && safe > 500);
}

/* ---- by hand ---- */

static void a_weight_of_two(void **state)
{
    (void)state;
    /* sums A+T+B, A+T+C, B+C, A; T is member 8 alone, A, B, C are of three each but share nobody with T */
    static const uint32_t in[4][SUMS] = {{1, 1, 0, 1}, {1, 0, 1, 0}, {0, 1, 1, 0}, {1, 1, 0, 0}};
    struct column columns[10] = {0};
    for (size_t c = 0; c < 10; c++) {
        memcpy(columns[c].weight, in[c / 3], sizeof in[0]);
        columns[c].member = c < 9 ? (uint32_t)(c % 8) : 8;
    }
    assert_int_equal(judged(columns, 10, 2, INT64_MAX), SEARCH_TELLS);
    columns[9].weight[0] = columns[9].weight[1] = 0; /* nobody in T */
    assert_int_equal(judged(columns, 10, 2, INT64_MAX), SEARCH_SAFE);
}

static void what_might_be_counts_as_nobody(void **state)
{
    (void)state;
    struct column columns[MEMBERS + 1] = {0};
    for (uint32_t m = 0; m <= MEMBERS; m++)
        columns[m] = (struct column){.weight = {1, 1}, .member = m};
    assert_int_equal(judged(columns, MEMBERS, 5, INT64_MAX), SEARCH_SAFE);
    columns[MEMBERS].weight[1] = 0; /* somebody could be in the first sum alone, and is not */
    assert_int_equal(judged(columns, MEMBERS + 1, 5, INT64_MAX), SEARCH_TELLS);
    for (uint32_t m = 0; m < 5; m++)
        columns[m].weight[1] = 0;
    assert_int_equal(judged(columns, MEMBERS + 1, 4, INT64_MAX), SEARCH_SAFE);
    assert_int_equal(judged(columns, MEMBERS + 1, 5, INT64_MAX), SEARCH_TELLS);
}

/* What there is no time for is never safe. */
static void given_up(void **state)
{
    (void)state;
    size_t safe = 0;
    for (int64_t work = 0; work < 4000; work += 50) {
        struct column columns[COLUMNS];
        for (size_t c = 0; c < COLUMNS; c++) {
            columns[c].member = (uint32_t)(c % MEMBERS);
            for (int s = 0; s < SUMS; s++)
                columns[c].weight[s] = (uint32_t)mixed(c * SUMS + (unsigned)s) % 1000;
        }
        enum search_verdict verdict = judged(columns, COLUMNS, 3, work);
        assert_int_not_equal(verdict, SEARCH_TELLS);
        assert_true(work > 0 || verdict == SEARCH_TOO_MUCH);
        safe += verdict == SEARCH_SAFE;
    }
    assert_true(safe > 0 && safe < 80);
}

static void primes_are_drawn(void **state)
{
    (void)state;
    for (uint64_t s = 0; s < 20; s++) {
        uint32_t prime = space_prime(mixed(s)), value = 2 + (uint32_t)(mixed(s + 99) % (prime - 2));
        assert_true(prime >> 30 == 1 && prime != space_prime(mixed(s + 1)));
        assert_int_equal(space_times(prime, value, space_inverse(prime, value)), 1);
        for (uint32_t by = 2; by < 200; by++)
            assert_true(prime % by != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_every_set), cmocka_unit_test(a_weight_of_two),
                                       cmocka_unit_test(what_might_be_counts_as_nobody), cmocka_unit_test(given_up),
                                       cmocka_unit_test(primes_are_drawn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
