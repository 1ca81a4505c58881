/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The line tree of a run of so many lines: seconds of processor for all its hashes, and for reading each line's path
 * out of them as payout.line_path does. Outside of the time measured, what the paths lead to is held against the root.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../services/payout/core/line_tree.h"
#include "commonhold/crypto.h"

#define EACH 9973 /* every so manieth path is verified */

static double cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void hash_lines(const uint8_t *salts, size_t count, uint8_t *leaves)
{
    struct ch_sha256 *hash = ch_sha256_begin();
    uint8_t unused[32];
    for (size_t i = 0; i < count; i++) {
        char line[160];
        int length = snprintf(line, sizeof line,
                              "{\"amount\":%zu,\"id\":\"01900000-0000-7000-8000-%012zx\",\"steps\":[{\"amount\":%zu,"
                              "\"id\":\"people\"}]}",
                              i + 1000, i, i + 1000);
        ch_line_leaf_next(hash, salts + i * 32, line, (size_t)length, leaves + i * 32);
    }
    ch_sha256_end(hash, unused);
}

/* The sibling on each level, where there is one: their number. */
static size_t read_path(const uint8_t *tree, size_t count, size_t index, uint8_t *path)
{
    size_t length = 0;
    for (size_t width = count; width > 1; width = (width + 1) / 2, index /= 2) {
        if ((index ^ 1) < width)
            memcpy(path + 32 * length++, tree + (index ^ 1) * 32, 32);
        tree += width * 32;
    }
    return length;
}

/* Whether the hashes lead from a leaf to the root. */
static int leads(const uint8_t *leaf, const uint8_t *path, size_t count, size_t index, const uint8_t *root)
{
    uint8_t pair[65] = {1}, hash[32];
    memcpy(hash, leaf, 32);
    for (size_t width = count; width > 1; width = (width + 1) / 2, index /= 2) {
        if ((index ^ 1) >= width)
            continue;
        memcpy(pair + (index & 1 ? 1 : 33), path, 32);
        memcpy(pair + (index & 1 ? 33 : 1), hash, 32);
        ch_sha256(pair, sizeof pair, hash);
        path += 32;
    }
    return memcmp(hash, root, 32) == 0;
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000, size, wrong = 0;
    struct ch_arena *arena = ch_arena_new();
    uint8_t *salts = ch_alloc_array(arena, count, 32), *leaves = ch_alloc_array(arena, count, 32), path[64 * 32];
    ch_random(salts, count * 32);
    double begun = cpu_seconds();
    hash_lines(salts, count, leaves);
    const uint8_t *tree = ch_line_tree(arena, leaves, count, &size);
    double made = cpu_seconds();
    size_t hashes = 0;
    for (size_t i = 0; i < count; i++)
        hashes += read_path(tree, count, i, path);
    double read = cpu_seconds();
    for (size_t i = 0; i < count; i += EACH) {
        read_path(tree, count, i, path);
        wrong += !leads(leaves + i * 32, path, count, i, tree + size - 32);
    }
    printf("%zu %.3f %.3f %zu\n", count, made - begun, read - made, hashes);
    ch_arena_free(arena);
    return wrong ? 1 : 0;
}
