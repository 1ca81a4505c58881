/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Growing the tree and making its proofs. It verifies nothing: verifiers share no code with this file. */
#include "merkle.h"

#include <assert.h>
#include <string.h>

#include "commonhold/crypto.h"

void merkle_leaf(const void *entry, size_t size, uint8_t hash[MERKLE_HASH])
{
    static const uint8_t prefix = 0;
    struct ch_sha256 *sum = ch_sha256_begin();
    ch_sha256_add(sum, &prefix, 1);
    ch_sha256_add(sum, entry, size);
    ch_sha256_end(sum, hash);
}

void merkle_node(const uint8_t left[MERKLE_HASH], const uint8_t right[MERKLE_HASH], uint8_t hash[MERKLE_HASH])
{
    uint8_t bytes[1 + 2 * MERKLE_HASH] = {1};
    memcpy(bytes + 1, left, MERKLE_HASH);
    memcpy(bytes + 1 + MERKLE_HASH, right, MERKLE_HASH);
    ch_sha256(bytes, sizeof bytes, hash);
}

void merkle_empty(uint8_t hash[MERKLE_HASH])
{
    ch_sha256("", 0, hash);
}

/* Largest power of two smaller than count; count >= 2. */
static uint64_t split(uint64_t count)
{
    return UINT64_C(1) << (63 - __builtin_clzll(count - 1));
}

void merkle_root(const uint8_t *leaves, uint64_t count, uint8_t hash[MERKLE_HASH])
{
    if (count == 0) {
        merkle_empty(hash);
    } else if (count == 1) {
        memcpy(hash, leaves, MERKLE_HASH);
    } else {
        uint8_t left[MERKLE_HASH], right[MERKLE_HASH];
        uint64_t k = split(count);
        merkle_root(leaves, k, left);
        merkle_root(leaves + k * MERKLE_HASH, count - k, right);
        merkle_node(left, right, hash);
    }
}

unsigned merkle_edge_width(const struct merkle_edge *edge, unsigned level)
{
    return (unsigned)(edge->size >> (8 * level) & (MERKLE_TILE - 1));
}

uint64_t merkle_edge_number(const struct merkle_edge *edge, unsigned level)
{
    return level == MERKLE_LEVELS - 1 ? 0 : edge->size >> (8 * (level + 1));
}

void merkle_append(struct merkle_edge *edge, const uint8_t leaf[MERKLE_HASH], merkle_full *full, void *arg)
{
    uint8_t hash[MERKLE_HASH];
    memcpy(hash, leaf, sizeof hash);
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        unsigned width = merkle_edge_width(edge, level);
        memcpy(edge->tiles[level] + width * MERKLE_HASH, hash, sizeof hash);
        if (width + 1 < MERKLE_TILE)
            break;
        full(arg, level, merkle_edge_number(edge, level), edge->tiles[level]);
        merkle_root(edge->tiles[level], MERKLE_TILE, hash);
    }
    edge->size++;
}

unsigned merkle_frontier(const struct merkle_edge *edge, uint8_t hashes[64 * MERKLE_HASH])
{
    unsigned count = 0;
    for (int level = MERKLE_LEVELS - 1; level >= 0; level--) {
        unsigned width = merkle_edge_width(edge, (unsigned)level), start = 0;
        for (unsigned bit = MERKLE_TILE / 2; bit > 0; bit /= 2) {
            if ((width & bit) == 0)
                continue;
            merkle_root(edge->tiles[level] + start * MERKLE_HASH, bit, hashes + count++ * MERKLE_HASH);
            start += bit;
        }
    }
    return count;
}

void merkle_edge_root(const struct merkle_edge *edge, uint8_t hash[MERKLE_HASH])
{
    uint8_t hashes[64 * MERKLE_HASH];
    unsigned count = merkle_frontier(edge, hashes);
    if (count == 0) {
        merkle_empty(hash);
        return;
    }
    memcpy(hash, hashes + (count - 1) * MERKLE_HASH, MERKLE_HASH);
    for (unsigned i = count - 1; i > 0; i--)
        merkle_node(hashes + (i - 1) * MERKLE_HASH, hash, hash);
}

struct reader {
    merkle_tile_reader *read;
    void *arg;
    bool missing;
};

/* Hash of the leaves [start, start + count): a perfect, aligned subtree comes out of one tile, others are put together.
 */
static void subtree(struct reader *reader, uint64_t start, uint64_t count, uint8_t hash[MERKLE_HASH])
{
    if ((count & (count - 1)) == 0) {
        unsigned height = (unsigned)__builtin_ctzll(count), level = height / 8;
        uint64_t position = start >> (8 * level);
        unsigned first = (unsigned)(position % MERKLE_TILE), wide = 1u << (height % 8);
        const uint8_t *tile = reader->read(reader->arg, level, position / MERKLE_TILE, first + wide);
        if (tile == NULL)
            reader->missing = true;
        else
            merkle_root(tile + first * MERKLE_HASH, wide, hash);
        return;
    }
    uint8_t left[MERKLE_HASH] = {0}, right[MERKLE_HASH] = {0};
    uint64_t k = split(count);
    subtree(reader, start, k, left);
    subtree(reader, start + k, count - k, right);
    merkle_node(left, right, hash);
}

int merkle_inclusion(uint64_t index, uint64_t size, merkle_tile_reader *read, void *arg, uint8_t *path)
{
    assert(index < size);
    struct reader reader = {read, arg, false};
    int count = 0;
    uint64_t sibling[MERKLE_PATH_MAX][2]; /* start and count, root to leaf */
    for (uint64_t start = 0, left = size; left > 1; count++) {
        uint64_t k = split(left);
        bool go_left = index - start < k;
        sibling[count][0] = go_left ? start + k : start;
        sibling[count][1] = go_left ? left - k : k;
        start = go_left ? start : start + k;
        left = go_left ? k : left - k;
    }
    for (int i = 0; i < count; i++)
        subtree(&reader, sibling[count - 1 - i][0], sibling[count - 1 - i][1], path + i * MERKLE_HASH);
    return reader.missing ? -1 : count;
}

int merkle_consistency(uint64_t old, uint64_t size, merkle_tile_reader *read, void *arg, uint8_t *path)
{
    assert(old > 0 && old <= size);
    struct reader reader = {read, arg, false};
    int count = 0;
    uint64_t piece[MERKLE_PATH_MAX + 1][2];
    uint64_t start = 0, left = size, wanted = old;
    while (wanted != left) {
        uint64_t k = split(left);
        bool go_left = wanted <= k;
        piece[count][0] = go_left ? start + k : start;
        piece[count++][1] = go_left ? left - k : k;
        start = go_left ? start : start + k;
        wanted = go_left ? wanted : wanted - k;
        left = go_left ? k : left - k;
    }
    if (start > 0) { /* SUBPROOF(m, D[n], b): the old root is left out only when the old tree is a left edge */
        piece[count][0] = start;
        piece[count++][1] = left;
    }
    for (int i = 0; i < count; i++)
        subtree(&reader, piece[count - 1 - i][0], piece[count - 1 - i][1], path + i * MERKLE_HASH);
    return reader.missing ? -1 : count;
}
