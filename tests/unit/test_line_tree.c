/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of line_tree.c: the vectors of audit.md section 12 for the lines of D19, and the shape for uneven counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../services/payout/core/line_tree.h"
#include "commonhold/crypto.h"

static const char *const LINES[] = {
    "{\"amount\":23275,\"id\":\"M1\",\"steps\":[{\"amount\":23275,\"id\":\"people\"}]}",
    "{\"amount\":23276,\"id\":\"M2\",\"steps\":[{\"amount\":23276,\"id\":\"people\"}]}",
    "{\"amount\":23275,\"id\":\"M3\",\"steps\":[{\"amount\":23275,\"id\":\"people\"}]}",
};

static void leaves_of_d19(uint8_t leaves[3][32])
{
    for (int i = 0; i < 3; i++) {
        char text[24];
        uint8_t salt[32];
        snprintf(text, sizeof text, "salt %d", i + 1);
        ch_sha256(text, strlen(text), salt);
        ch_line_leaf(salt, LINES[i], strlen(LINES[i]), leaves[i]);
    }
}

static void check_hex(const uint8_t hash[32], const char *expected)
{
    char hex[65];
    ch_hex(hash, 32, hex);
    assert_string_equal(hex, expected);
}

static void lines_of_d19_have_their_root(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    uint8_t leaves[3][32];
    size_t size;
    leaves_of_d19(leaves);
    uint8_t *tree = ch_line_tree(arena, leaves[0], 3, &size);
    assert_int_equal(size, (3 + 2 + 1) * 32);
    check_hex(tree + size - 32, "3acdf057534cb74c96a0b354cbd9b8328e6aca6062cd8f3d2fe506e9fe4e88f0");
    /* M2's path: its sibling among the leaves, then the odd last leaf, which moved up unchanged. */
    check_hex(tree, "06eeabca73ee7b120d277c86d4c12248cfd6cf92fa13058e95b07a5c61d8e2dd");
    check_hex(tree + 4 * 32, "486d86d60b0c3029cf79dbbf1a5f403b9da7f25f6ceb371e764c399e6f4a53fe");
    ch_arena_free(arena);
}

static void one_line_is_its_own_root(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    uint8_t leaves[3][32];
    size_t size;
    leaves_of_d19(leaves);
    uint8_t *tree = ch_line_tree(arena, leaves[0], 1, &size);
    assert_int_equal(size, 32);
    assert_memory_equal(tree, leaves[0], 32);
    ch_line_tree(arena, leaves[0], 0, &size);
    assert_int_equal(size, 0);
    ch_arena_free(arena);
}

static void a_changed_line_changes_the_root(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    uint8_t leaves[3][32];
    size_t size;
    leaves_of_d19(leaves);
    leaves[2][31] ^= 1;
    uint8_t *tree = ch_line_tree(arena, leaves[0], 3, &size);
    char hex[65];
    ch_hex(tree + size - 32, 32, hex);
    assert_string_not_equal(hex, "3acdf057534cb74c96a0b354cbd9b8328e6aca6062cd8f3d2fe506e9fe4e88f0");
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_d19_have_their_root),
        cmocka_unit_test(one_line_is_its_own_root),
        cmocka_unit_test(a_changed_line_changes_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
