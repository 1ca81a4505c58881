/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hashes of the line tree; paths are read out of the stored levels by payout.line_path. */
#include "line_tree.h"

#include <string.h>

#include "commonhold/crypto.h"

#define HASH 32

void ch_line_leaf_next(struct ch_sha256 *sha, const uint8_t salt[32], const char *line, size_t length, uint8_t hash[32])
{
    uint8_t front[1 + HASH] = {0};
    memcpy(front + 1, salt, HASH);
    ch_sha256_add(sha, front, sizeof front);
    ch_sha256_add(sha, line, length);
    ch_sha256_next(sha, hash);
}

void ch_line_leaf(const uint8_t salt[32], const char *line, size_t length, uint8_t hash[32])
{
    uint8_t unused[HASH];
    struct ch_sha256 *sha = ch_sha256_begin();
    ch_line_leaf_next(sha, salt, line, length, hash);
    ch_sha256_end(sha, unused);
}

static void node(struct ch_sha256 *sha, const uint8_t *pair, uint8_t hash[32])
{
    uint8_t bytes[1 + 2 * HASH] = {1};
    memcpy(bytes + 1, pair, 2 * HASH);
    ch_sha256_add(sha, bytes, sizeof bytes);
    ch_sha256_next(sha, hash);
}

uint8_t *ch_line_tree(struct ch_arena *arena, const uint8_t *leaves, size_t count, size_t *size)
{
    size_t nodes = 0;
    for (size_t width = count; width > 0; width = width > 1 ? (width + 1) / 2 : 0)
        nodes += width;
    uint8_t *tree = ch_alloc(arena, nodes * HASH);
    *size = nodes * HASH;
    memcpy(tree, leaves, count * HASH);
    uint8_t *level = tree, unused[HASH];
    struct ch_sha256 *sha = ch_sha256_begin();
    for (size_t width = count; width > 1; width = (width + 1) / 2) {
        uint8_t *upper = level + width * HASH;
        for (size_t i = 0; i + 1 < width; i += 2)
            node(sha, level + i * HASH, upper + i / 2 * HASH);
        if (width % 2 == 1)
            memcpy(upper + width / 2 * HASH, level + (width - 1) * HASH, HASH);
        level = upper;
    }
    ch_sha256_end(sha, unused);
    return tree;
}
