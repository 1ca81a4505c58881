/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tree of RFC 6962 as its definition reads, by recursion over the leaves; full subtrees are hashed once. The log
 * itself keeps a right edge and tiles, which this knows nothing of. */
#include <string.h>

#include "commonhold/crypto.h"
#include "log.h"

static void node(const uint8_t *left, const uint8_t *right, uint8_t hash[32])
{
    uint8_t bytes[65] = {0x01};
    memcpy(bytes + 1, left, 32);
    memcpy(bytes + 33, right, 32);
    ch_sha256(bytes, sizeof bytes, hash);
}

void log_tree_make(struct log_tree *tree, struct ch_arena *arena, uint8_t *leaves, uint64_t size)
{
    *tree = (struct log_tree){.size = size, .heights = {leaves}};
    for (int height = 1; size >> height > 0; height++) {
        const uint8_t *below = tree->heights[height - 1];
        uint8_t *hashes = ch_alloc_array(arena, size >> height, 32);
        for (uint64_t i = 0; i < size >> height; i++)
            node(below + 64 * i, below + 64 * i + 32, hashes + 32 * i);
        tree->heights[height] = hashes;
    }
}

/* MTH of the leaves from `start`, which is a multiple of the next power of two. */
static void subtree(const struct log_tree *tree, uint64_t start, uint64_t count, uint8_t hash[32])
{
    int height = 0;
    while (UINT64_C(1) << (height + 1) <= count)
        height++;
    uint64_t full = UINT64_C(1) << height;
    const uint8_t *left = tree->heights[height] + 32 * (start >> height);
    if (full == count) {
        memcpy(hash, left, 32);
        return;
    }
    uint8_t right[32];
    subtree(tree, start + full, count - full, right);
    node(left, right, hash);
}

void log_tree_root(const struct log_tree *tree, uint64_t size, uint8_t root[32])
{
    if (size == 0)
        ch_sha256("", 0, root);
    else
        subtree(tree, 0, size, root);
}
