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

static void buffers_grow_and_keep_what_they_hold(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    unsigned char *bytes = NULL;
    size_t room = 0;
    assert_null(ch_arena_grow(arena, NULL, &room, 0));
    for (size_t need = 1; need <= (1 << 20) + 1; need = need * 3 / 2 + 1) {
        const void *before = bytes;
        size_t old = room;
        bytes = ch_arena_grow(arena, bytes, &room, need);
        assert_true(room >= need);
        assert_int_equal(bytes == before, old >= need);
        for (size_t i = 0; i < old; i += 97)
            assert_int_equal(bytes[i], i % 251 + 1);
        for (size_t i = old; i < room; i++)
            assert_int_equal(bytes[i], 0);
        for (size_t i = 0; i < room; i++)
            bytes[i] = (unsigned char)(i % 251 + 1);
    }
    assert_true(room < 4 << 20);
    assert_true(ch_arena_used(arena) < 2 * room);
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
        cmocka_unit_test(buffers_grow_and_keep_what_they_hold),
        cmocka_unit_test(cleanups_run_latest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
