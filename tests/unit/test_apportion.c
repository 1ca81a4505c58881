/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of apportion.c. */
#include "payout/helpers.h"

static size_t path_of(const void *context, size_t entry, char *path)
{
    (void)context;
    return (size_t)snprintf(path, CH_PATH_MAX, "e%zu", entry);
}

static bool run(struct ch_arena *arena, int64_t total, size_t count, const ch_u128 *weight, int64_t *amount)
{
    struct ch_apportionment a = {.run_id = "r", .total = total, .count = count, .weight = weight, .path = path_of};
    return ch_apportion(arena, &a, amount);
}

static void bounds(void **state)
{
    struct ch_arena *arena = *state;
    int64_t amount[2];
    const ch_u128 widest[2] = {((ch_u128)1 << 74) - 2, 1}, too_wide[2] = {((ch_u128)1 << 74) - 2, 2};
    assert_true(run(arena, CH_PAYOUT_MAX, 2, widest, amount));
    assert_int_equal(amount[0] + amount[1], CH_PAYOUT_MAX);
    assert_false(run(arena, 1, 2, too_wide, amount));
    const ch_u128 nothing[2] = {0, 0};
    assert_true(run(arena, 5, 2, nothing, amount));
    assert_int_equal(amount[0] + amount[1], 0);
    assert_true(run(arena, 5, 0, nothing, amount));
}

/* P3, P4, P7 over random weights, many of them equal. */
static void properties(void **state)
{
    (void)state;
    srand(20260301);
    print_message("seed 20260301\n");
    for (int round = 0; round < 1000; round++) {
        struct ch_arena *arena = ch_arena_new();
        ch_u128 weight[40], sum = 0;
        int64_t amount[40], total = rand() % 10000, given = 0;
        for (int i = 0; i < 40; i++)
            sum += weight[i] = (ch_u128)(rand() % (round % 7 + 2));
        assert_true(run(arena, total, 40, weight, amount));
        for (int i = 0; i < 40; i++) {
            given += amount[i];
            ch_u128 exact = (ch_u128)total * weight[i];
            assert_true((ch_u128)amount[i] * sum < exact + sum && exact < ((ch_u128)amount[i] + 1) * sum + !sum);
            assert_true(weight[i] > 0 || amount[i] == 0);
            for (int j = 0; j < i; j++)
                assert_true(weight[i] != weight[j]
                                ? (weight[i] > weight[j]) ? amount[i] >= amount[j] : amount[i] <= amount[j]
                                : llabs(amount[i] - amount[j]) <= 1);
        }
        assert_int_equal(given, sum ? total : 0);
        ch_arena_free(arena);
    }
}

static void in_order(void **state)
{
    struct ch_arena *arena = *state;
    const int64_t weight[] = {1, 1, 1}, none[] = {0, 0, 0};
    int64_t amount[3];
    ch_apportion_in_order(arena, 5, 3, weight, amount);
    assert_int_equal(amount[0], 2);
    assert_int_equal(amount[1], 2);
    assert_int_equal(amount[2], 1);
    ch_apportion_in_order(arena, 5, 3, none, amount);
    assert_int_equal(amount[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bounds, arena_setup, arena_teardown),
        cmocka_unit_test(properties),
        cmocka_unit_test_setup_teardown(in_order, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
