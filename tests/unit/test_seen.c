/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sets of keys: what they hold does not depend on how much memory they have, and equal cells give equal keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/licensing/core/seen.h"
#include "licensing_files.h"

#define SHELF ((size_t)64 << 20)

struct shelf {
    char *bytes;
    size_t reads, writes;
};

static bool shelf_read(void *context, uint64_t offset, void *bytes, size_t size)
{
    struct shelf *shelf = context;
    assert_true(offset % 16 == 0 && size <= CH_SEEN_BUCKET * 16 && offset + size <= SHELF);
    memcpy(bytes, shelf->bytes + offset, size);
    shelf->reads++;
    return true;
}

static bool shelf_write(void *context, uint64_t offset, const void *bytes, size_t size)
{
    struct shelf *shelf = context;
    static const char zeros[16];
    assert_true(offset % 16 == 0 && size == 16 && offset + size <= SHELF);
    assert_memory_equal(shelf->bytes + offset, zeros, 16); /* no key is ever written over */
    memcpy(shelf->bytes + offset, bytes, size);
    shelf->writes++;
    return true;
}

static struct ch_seen_key key_of(uint64_t n)
{
    struct ch_table_field field = {.type = CH_TYPE_INTEGER};
    struct ch_table_schema schema = {.fields = &field, .field_count = 1};
    const size_t first = 0;
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    const struct ch_cell cell = {text, strlen(text)};
    return ch_seen_key(&schema, &cell, &first, 1);
}

static void test_nothing_is_forgotten_over_several_tables(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct shelf shelf = {.bytes = calloc(1, SHELF)};
    const struct ch_seen_store store = {.read = shelf_read, .write = shelf_write, .context = &shelf};
    struct ch_seen *seen = ch_seen_new(arena, 1000, &store);
    for (uint64_t n = 0; n < 100000; n++) {
        assert_false(ch_seen_has(seen, key_of(n)));
        ch_seen_add(seen, key_of(n));
        if (n % 7 == 0)
            assert_true(ch_seen_has(seen, key_of(n * n % (n + 1))));
    }
    for (uint64_t n = 0; n < 100000; n++)
        assert_true(ch_seen_has(seen, key_of(n)));
    for (uint64_t n = 100000; n < 200000; n++)
        assert_false(ch_seen_has(seen, key_of(n)));
    assert_int_equal(shelf.writes, 100000 - 768); /* three quarters of 1024 slots stay in memory */
    assert_false(ch_seen_failed(seen));
    free(shelf.bytes);
    ch_arena_free(arena);
}

static void test_a_key_with_the_store_s_free_value_is_none(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 1000; n++)
        assert_int_not_equal(key_of(n).low, 0);
}

static void test_keys_tell_cells_apart(void **state)
{
    (void)state;
    struct ch_table_field fields[2] = {{.type = CH_TYPE_STRING}, {.type = CH_TYPE_NUMBER}};
    struct ch_table_schema schema = {.fields = fields, .field_count = 2};
    const size_t both[] = {0, 1};
    const struct ch_cell ab[] = {{"ab", 2}, {"1.50", 4}}, a_b[] = {{"a", 1}, {"1.5", 3}},
                         same[] = {{"ab", 2}, {"15e-1", 5}};
    struct ch_seen_key one = ch_seen_key(&schema, ab, both, 2), other = ch_seen_key(&schema, a_b, both, 2),
                       again = ch_seen_key(&schema, same, both, 2);
    assert_true(one.high == again.high && one.low == again.low);
    assert_false(one.high == other.high && one.low == other.low);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_forgotten_over_several_tables),
        cmocka_unit_test(test_a_key_with_the_store_s_free_value_is_none),
        cmocka_unit_test(test_keys_tell_cells_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
