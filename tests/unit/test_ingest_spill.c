/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys in files: none is forgotten, no file has a name, and a folder that is not there is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <unistd.h>

#include "../../services/licensing/ingest_spill.c"
#include "licensing_files.h"

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

static size_t names_in(const char *folder)
{
    size_t count = 0;
    DIR *open = opendir(folder);
    for (struct dirent *entry = readdir(open); entry; entry = readdir(open))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(open);
    return count;
}

static void test_keys_in_files_of_no_name(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_ingest_spill.XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct ch_arena *arena = ch_arena_new();
    const struct ch_seen_store *stores = ingest_spill_stores(arena, folder, 3);
    struct ch_seen *one = ch_seen_new(arena, 0, &stores[0]), *other = ch_seen_new(arena, 0, &stores[2]);
    for (uint64_t n = 0; n < 20000; n++) {
        assert_false(ch_seen_has(one, key_of(n)));
        ch_seen_add(one, key_of(n));
        if (n % 2) {
            assert_false(ch_seen_has(other, key_of(n)));
            ch_seen_add(other, key_of(n));
        }
    }
    assert_int_equal(names_in(folder), 0);
    for (uint64_t n = 0; n < 20000; n++) {
        assert_true(ch_seen_has(one, key_of(n)));
        assert_int_equal(ch_seen_has(other, key_of(n)), n % 2);
    }
    assert_false(ch_seen_failed(one) || ch_seen_failed(other));
    ch_arena_free(arena);
    assert_int_equal(rmdir(folder), 0);
}

static void test_a_folder_that_is_not_there(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    const struct ch_seen_store *stores = ingest_spill_stores(arena, "/tmp/test_ingest_spill.none", 1);
    struct ch_seen *seen = ch_seen_new(arena, 0, stores);
    for (uint64_t n = 0; n < 2000; n++)
        if (!ch_seen_has(seen, key_of(n)))
            ch_seen_add(seen, key_of(n));
    assert_true(ch_seen_failed(seen));
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_in_files_of_no_name),
        cmocka_unit_test(test_a_folder_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
