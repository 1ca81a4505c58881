/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of common/arena.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "commonhold/arena.h"

static void allocations_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 2047, 2048, 2049, 5000, 300000, 3};
    enum { ROUNDS = 40, KINDS = sizeof sizes / sizeof *sizes };
    unsigned char *places[ROUNDS * KINDS];
    struct ch_arena *arena = ch_arena_new();
    for (size_t i = 0; i < ROUNDS * KINDS; i++) {
        size_t size = sizes[i % KINDS];
        places[i] = ch_alloc(arena, size);
        assert_int_equal((uintptr_t)places[i] % 16, 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(places[i][j], 0);
        memset(places[i], (int)(i % 251) + 1, size);
    }
    for (size_t i = 0; i < ROUNDS * KINDS; i++)
        for (size_t j = 0; j < sizes[i % KINDS]; j++)
            assert_int_equal(places[i][j], i % 251 + 1);
    ch_arena_free(arena);
}

static void empty_allocations_are_unique(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    const void *first = ch_alloc(arena, 0), *second = ch_alloc_array(arena, 0, 8);
    assert_non_null(first);
    assert_ptr_not_equal(first, second);
    assert_int_equal(ch_arena_used(arena), 0);
    ch_arena_free(arena);
}

static void copies_end_with_nul(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    assert_null(ch_strdup(arena, NULL));
    assert_string_equal(ch_strdup(arena, "pool"), "pool");
    assert_memory_equal(ch_memdup(arena, "a\0b", 3), "a\0b", 4);
    assert_string_equal(ch_memdup(arena, NULL, 0), "");
    assert_string_equal(ch_printf(arena, "%s-%d", "box", 7), "box-7");
    size_t before = ch_arena_used(arena);
    assert_int_equal(strlen(ch_printf(arena, "%5000s", "x")), 5000);
    assert_int_equal(ch_arena_used(arena) - before, 5001);
    ch_arena_free(arena);
}

static char order[8];

static void note(void *thing)
{
    size_t used = strlen(order);
    order[used] = *(char *)thing;
}

static void cleanups_run_latest_first(void **state)
{
    (void)state;
    char a = 'a', b = 'b', c = 'c';
    struct ch_arena *arena = ch_arena_new();
    memset(order, 0, sizeof order);
    ch_arena_on_free(arena, note, &a);
    ch_arena_on_free(arena, note, &b);
    ch_arena_on_free(arena, note, &c);
    assert_string_equal(order, "");
    ch_arena_free(arena);
    assert_string_equal(order, "cba");
    ch_arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_zeroed_aligned_and_apart),
        cmocka_unit_test(empty_allocations_are_unique),
        cmocka_unit_test(copies_end_with_nul),
        cmocka_unit_test(cleanups_run_latest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
