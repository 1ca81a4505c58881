/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* common/identifier.c: what may become an SQL identifier, and that nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "arena.h"
#include "commonhold/db.h"

static void test_allowed(void **state)
{
    struct ch_arena *arena = *state;
    char longest[64 + 1];
    memset(longest, 'a', sizeof(longest));
    longest[63] = '\0';
    assert_string_equal(ch_sql_identifier(arena, "a"), "\"a\"");
    assert_string_equal(ch_sql_identifier(arena, "pm2_5_ugm3"), "\"pm2_5_ugm3\"");
    assert_non_null(ch_sql_identifier(arena, longest));
    longest[63] = 'a';
    longest[64] = '\0';
    assert_null(ch_sql_identifier(arena, longest));
}

static void test_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "A",
                                        "aB",
                                        "_a",
                                        "1a",
                                        "a b",
                                        "a\"b",
                                        "a;b",
                                        "a'",
                                        "a-b",
                                        "a.b",
                                        "\xc3\xa4",
                                        "a\xc3\xa4",
                                        "a\n",
                                        "a\\",
                                        "a$b",
                                        "a\"; DROP TABLE x; --"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_null(ch_sql_identifier(*state, wrong[i]));
}

static void test_pool_table(void **state)
{
    struct ch_arena *arena = *state;
    assert_string_equal(ch_sql_pool_table(arena, "00000000-0000-0000-0000-000000000000"),
                        "pooldata.\"p_00000000000000000000000000\"");
    assert_string_equal(ch_sql_pool_table(arena, "ffffffff-ffff-ffff-ffff-ffffffffffff"),
                        "pooldata.\"p_7zzzzzzzzzzzzzzzzzzzzzzzzz\"");
    assert_string_equal(ch_sql_pool_table(arena, "00000000-0000-0000-0000-000000000020"),
                        "pooldata.\"p_00000000000000000000000010\"");
    assert_null(ch_sql_pool_table(arena, "FFFFFFFF-ffff-ffff-ffff-ffffffffffff"));
    assert_null(ch_sql_pool_table(arena, "air"));
    assert_null(ch_sql_pool_table(arena, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_pool_table),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
