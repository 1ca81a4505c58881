/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of services/metering/core/cohort.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/metering/core/cohort.h"

#define ROWS    400
#define MEMBERS 9

/* Row n belongs to member owner[n] and passes the filter or not. */
struct pool {
    uint32_t owner[ROWS + 1];
    bool passes[ROWS + 1];
};

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 12;
}

static void make(struct pool *pool, uint32_t *seed)
{
    uint32_t owner = 0, rare = 1 + next(seed) % 40;
    for (int i = 1; i <= ROWS; i++) {
        if (next(seed) % 7 == 0)
            owner = next(seed) % MEMBERS;
        pool->owner[i] = owner;
        pool->passes[i] = next(seed) % rare == 0;
    }
}

static int members_behind(const struct pool *pool, int behind, bool all)
{
    bool met[MEMBERS] = {false};
    int count = 0;
    for (int i = behind + 1; i <= ROWS; i++) {
        if (!all && !pool->passes[i])
            continue;
        count += !met[pool->owner[i]];
        met[pool->owner[i]] = true;
    }
    return count;
}

/* What the statement gives of a window. */
static size_t look(const struct pool *pool, int64_t from, int64_t to, struct cohort_row rows[MEMBERS])
{
    size_t count = 0;
    for (uint32_t member = 0; member < MEMBERS; member++) {
        struct cohort_row row = {.member = member};
        for (int64_t i = from + 1; i <= to; i++) {
            if (pool->owner[i] != member)
                continue;
            row.any = i;
            row.matching = pool->passes[i] ? i : row.matching;
        }
        if (row.any)
            rows[count++] = row;
    }
    return count;
}

static void search(struct cohort *cohort, const struct pool *pool, int64_t least, int64_t span)
{
    struct cohort_row rows[MEMBERS];
    cohort_begin(cohort, MEMBERS, least, ROWS);
    while (!cohort->known) {
        int64_t from = cohort->below > span ? cohort->below - span : 0;
        cohort_add(cohort, rows, look(pool, from, cohort->below, rows), from);
    }
}

static void marks_say_what_counting_says(void **state)
{
    (void)state;
    uint32_t seed = 20260403;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 300; round++) {
        struct pool pool = {{0}, {false}};
        struct cohort cohort = {0};
        int least = 1 + (int)(next(&seed) % (MEMBERS + 1));
        make(&pool, &seed);
        search(&cohort, &pool, least, 1 + next(&seed) % ROWS);
        assert_int_equal(cohort_is_enough(&cohort), members_behind(&pool, 0, false) >= least);
        for (int behind = 0; cohort_is_enough(&cohort) && behind <= ROWS; behind++) {
            bool enough = members_behind(&pool, behind, false) >= least,
                 few = members_behind(&pool, behind, true) < least;
            assert_int_equal(cohort_lets_go(&cohort, behind), enough || few);
        }
        cohort_free(&cohort);
    }
}

static void nothing_asked_is_known_at_once(void **state)
{
    (void)state;
    struct cohort cohort = {0};
    cohort_begin(&cohort, 0, 0, 100);
    assert_true(cohort.known && cohort_is_enough(&cohort) && cohort_lets_go(&cohort, 100));
    cohort_begin(&cohort, 0, 1, 0);
    cohort_add(&cohort, NULL, 0, 0);
    assert_true(cohort.known && !cohort_is_enough(&cohort));
    cohort_free(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(marks_say_what_counting_says),
                                       cmocka_unit_test(nothing_asked_is_known_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
