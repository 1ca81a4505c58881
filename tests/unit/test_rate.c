/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rates: the sequence by hand, the long run, keys that share a table, processes that share it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "commonhold/rate.h"

#define SECOND INT64_C(1000000)

static void test_a_burst_and_then_the_rate(void **state)
{
    (void)state;
    const struct ch_rate rate = {.per_second = 10, .burst = 3};
    int64_t due = 0, now = 77 * SECOND;
    for (int i = 0; i < 3; i++) {
        struct ch_rate_verdict verdict = ch_rate_decide(&rate, &due, now);
        assert_true(verdict.allowed);
        assert_int_equal(verdict.left, 2 - i);
        assert_int_equal(verdict.full_us, (i + 1) * SECOND / 10);
        assert_int_equal(verdict.retry_us, 0);
    }
    struct ch_rate_verdict refused = ch_rate_decide(&rate, &due, now);
    assert_false(refused.allowed);
    assert_int_equal(refused.retry_us, SECOND / 10);
    assert_false(ch_rate_decide(&rate, &due, now + refused.retry_us - 1).allowed);
    assert_true(ch_rate_decide(&rate, &due, now + refused.retry_us).allowed);
    assert_int_equal(ch_rate_decide(&rate, &due, now + 100 * SECOND).left, 2);
}

static void test_the_long_run_is_the_rate(void **state)
{
    (void)state;
    const struct ch_rate rate = {.per_second = 1000, .burst = 50};
    int64_t due = 0, allowed = 0;
    for (int64_t now = SECOND; now < 11 * SECOND; now += 100) /* ten times too many */
        allowed += ch_rate_decide(&rate, &due, now).allowed;
    assert_in_range(allowed, 10049, 10050);
}

static void test_keys_do_not_pay_for_each_other(void **state)
{
    (void)state;
    const struct ch_rate rate = {.per_second = 1, .burst = 2};
    struct ch_rate_table *table = ch_rate_table_new(4096);
    for (uint32_t key = 0; key < 500; key++) {
        assert_true(ch_rate_take(table, &rate, &key, sizeof key, SECOND).allowed);
        assert_true(ch_rate_take(table, &rate, &key, sizeof key, SECOND).allowed);
        assert_false(ch_rate_take(table, &rate, &key, sizeof key, SECOND).allowed);
    }
    ch_rate_table_free(table);
}

static void test_a_full_table_forgets_and_never_refuses_a_newcomer(void **state)
{
    (void)state;
    const struct ch_rate rate = {.per_second = 1, .burst = 1};
    struct ch_rate_table *table = ch_rate_table_new(8);
    for (uint32_t key = 0; key < 10000; key++)
        assert_true(ch_rate_take(table, &rate, &key, sizeof key, SECOND).allowed);
    ch_rate_table_free(table);
}

static void test_processes_share_one_burst(void **state)
{
    (void)state;
    enum { PROCESSES = 4, EACH = 5000, BURST = 7000 };
    const struct ch_rate rate = {.per_second = 1, .burst = BURST};
    struct ch_rate_table *table = ch_rate_table_new(64);
    int ends[2], allowed = 0;
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() != 0)
            continue;
        int mine = 0;
        for (int n = 0; n < EACH; n++)
            mine += ch_rate_take(table, &rate, "grant", 5, SECOND).allowed;
        _exit(write(ends[1], &mine, sizeof mine) == sizeof mine ? 0 : 1);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int theirs, status;
        assert_int_equal(read(ends[0], &theirs, sizeof theirs), sizeof theirs);
        allowed += theirs;
        assert_true(wait(&status) > 0 && status == 0);
    }
    assert_int_equal(allowed, BURST);
    close(ends[0]);
    close(ends[1]);
    ch_rate_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_and_then_the_rate),
        cmocka_unit_test(test_the_long_run_is_the_rate),
        cmocka_unit_test(test_keys_do_not_pay_for_each_other),
        cmocka_unit_test(test_a_full_table_forgets_and_never_refuses_a_newcomer),
        cmocka_unit_test(test_processes_share_one_burst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
