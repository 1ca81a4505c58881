/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tree against the vectors of the log's specification, against plain recursion, and its proofs against a checker
 * written here from RFC 9162, sections 2.1.3.2 and 2.1.4.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/log/core/merkle.h"
#include "commonhold/crypto.h"

enum { LEAVES = 70000 };

static struct {
    struct merkle_edge edge;
    uint8_t *leaves;
    uint8_t *tiles[3]; /* full tiles of the lowest levels */
} tree;

static void keep_tile(void *arg, unsigned level, uint64_t number, const uint8_t hashes[MERKLE_TILE * MERKLE_HASH])
{
    (void)arg;
    assert_true(level < 3);
    memcpy(tree.tiles[level] + number * MERKLE_TILE * MERKLE_HASH, hashes, MERKLE_TILE * MERKLE_HASH);
}

static void grow(unsigned count)
{
    memset(&tree.edge, 0, sizeof tree.edge);
    for (unsigned i = 0; i < count; i++) {
        char entry[32];
        int size = snprintf(entry, sizeof entry, "leaf-%u", i);
        merkle_leaf(entry, (size_t)size, tree.leaves + i * MERKLE_HASH);
        merkle_append(&tree.edge, tree.leaves + i * MERKLE_HASH, keep_tile, NULL);
    }
}

static int allocate(void **state)
{
    (void)state;
    tree.leaves = calloc(LEAVES, MERKLE_HASH);
    for (int i = 0; i < 3; i++)
        tree.tiles[i] = calloc(LEAVES + MERKLE_TILE, MERKLE_HASH);
    return 0;
}

static int release(void **state)
{
    (void)state;
    free(tree.leaves);
    for (int i = 0; i < 3; i++)
        free(tree.tiles[i]);
    return 0;
}

static const uint8_t *read_tile(void *arg, unsigned level, uint64_t number, unsigned width)
{
    (void)arg;
    if (number == merkle_edge_number(&tree.edge, level)) {
        assert_true(width <= merkle_edge_width(&tree.edge, level));
        return tree.edge.tiles[level];
    }
    assert_true(number < merkle_edge_number(&tree.edge, level) && level < 3);
    return tree.tiles[level] + number * MERKLE_TILE * MERKLE_HASH;
}

static void assert_hex(const uint8_t hash[32], const char *expected)
{
    char hex[65];
    ch_hex(hash, 32, hex);
    assert_string_equal(hex, expected);
}

static void vectors_of_the_specification(void **state)
{
    (void)state;
    uint8_t root[32], path[MERKLE_PATH_MAX * 32];
    grow(7);
    assert_hex(tree.leaves, "305df59f9590c3c9ac63d2b2743c388e3792449078cebf7fb3dbe6471643b2b7");
    merkle_edge_root(&tree.edge, root);
    assert_hex(root, "0b007fb915eb9b2a146f54b1c86ec53b664f8e455b7660b0b6ee13edc0d921c0");
    merkle_root(tree.leaves, 3, root);
    assert_hex(root, "cf763a041c81ceef1578a6083f75c61bef2e0014f2a3e683a97fcfca5be7f19a");
    assert_int_equal(merkle_inclusion(3, 7, read_tile, NULL, path), 3);
    assert_hex(path, "fca89f57c9f8c8eb4047a7ff9d333acf9e0f3384b20b255bceab0f216dcca267");
    assert_hex(path + 32, "60a53eed0de87a90c8e59427c59c46253c33a76a09502a51801300927b7e6bdc");
    assert_hex(path + 64, "8eae6bd3b3a07f1f75ee72a531629e6eb31e42e62f760e47de52a53c3641ef23");
    assert_int_equal(merkle_consistency(3, 7, read_tile, NULL, path), 4);
    assert_hex(path, "fca89f57c9f8c8eb4047a7ff9d333acf9e0f3384b20b255bceab0f216dcca267");
    assert_hex(path + 32, "f76836325aec5699d8d71f8e42e9d47c5c29b08059ba296384f7ca40ad3a40ae");
    assert_hex(path + 64, "60a53eed0de87a90c8e59427c59c46253c33a76a09502a51801300927b7e6bdc");
    assert_hex(path + 96, "8eae6bd3b3a07f1f75ee72a531629e6eb31e42e62f760e47de52a53c3641ef23");
}

static void the_edge_has_the_root_of_plain_recursion(void **state)
{
    (void)state;
    static const unsigned sizes[] = {0, 1, 2, 3, 255, 256, 257, 511, 512, 65535, 65536, 65537, 66000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t plain[32], edge[32];
        grow(sizes[i]);
        merkle_root(tree.leaves, sizes[i], plain);
        merkle_edge_root(&tree.edge, edge);
        assert_memory_equal(plain, edge, 32);
    }
}

/* RFC 9162, section 2.1.3.2. */
static bool inclusion_holds(uint64_t index, uint64_t size, const uint8_t *path, int count, const uint8_t *root)
{
    uint64_t fn = index, sn = size - 1;
    uint8_t r[32];
    memcpy(r, tree.leaves + index * 32, 32);
    for (int i = 0; i < count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            merkle_node(path + i * 32, r, r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(r, path + i * 32, r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(r, root, 32) == 0;
}

static void inclusion_proofs_hold(void **state)
{
    (void)state;
    static const unsigned sizes[] = {1, 2, 5, 256, 300, 65536, 65537, 66000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        uint8_t root[32], path[MERKLE_PATH_MAX * 32];
        grow(sizes[s]);
        merkle_edge_root(&tree.edge, root);
        for (uint64_t index = 0; index < sizes[s]; index += 1 + sizes[s] / 37) {
            int count = merkle_inclusion(index, sizes[s], read_tile, NULL, path);
            assert_true(count >= 0 && inclusion_holds(index, sizes[s], path, count, root));
            root[0] ^= 1;
            assert_false(inclusion_holds(index, sizes[s], path, count, root));
            root[0] ^= 1;
        }
    }
}

/* RFC 9162, section 2.1.4.2. */
static bool consistency_holds(uint64_t old, uint64_t size, const uint8_t *path, int count, const uint8_t *old_root,
                              const uint8_t *root)
{
    if (old == size)
        return count == 0 && memcmp(old_root, root, 32) == 0;
    bool power = (old & (old - 1)) == 0;
    uint64_t fn = old - 1, sn = size - 1;
    uint8_t fr[32], sr[32];
    int next = power ? 0 : 1;
    memcpy(fr, power ? old_root : path, 32);
    memcpy(sr, fr, 32);
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    for (; next < count; next++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            merkle_node(path + next * 32, fr, fr);
            merkle_node(path + next * 32, sr, sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(sr, path + next * 32, sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(fr, old_root, 32) == 0 && memcmp(sr, root, 32) == 0;
}

static void consistency_proofs_hold(void **state)
{
    (void)state;
    static const unsigned sizes[] = {1, 2, 3, 7, 8, 300, 65537};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        uint8_t root[32], old_root[32], path[MERKLE_PATH_MAX * 32];
        grow(sizes[s]);
        merkle_edge_root(&tree.edge, root);
        for (uint64_t old = 1; old <= sizes[s]; old += 1 + sizes[s] / 41) {
            merkle_root(tree.leaves, old, old_root);
            int count = merkle_consistency(old, sizes[s], read_tile, NULL, path);
            assert_true(count >= 0 && consistency_holds(old, sizes[s], path, count, old_root, root));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_specification),
        cmocka_unit_test(the_edge_has_the_root_of_plain_recursion),
        cmocka_unit_test(inclusion_proofs_hold),
        cmocka_unit_test(consistency_proofs_hold),
    };
    return cmocka_run_group_tests_name("merkle", tests, allocate, release);
}
