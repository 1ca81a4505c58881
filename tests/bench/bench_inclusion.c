/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One inclusion proof after the other, from the text to the verdict: reading, leaf hash, path, signature. Arguments:
 * PROOF ENTRY VKEY ROUNDS, of which the first is a file and the second too. Prints the median and the worst time in
 * microseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "commonhold/tlog.h"

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static bool verify(const char *text, size_t size, const char *entry, size_t entry_size, const char *vkey)
{
    struct ch_proof proof;
    struct ch_vkey key;
    uint8_t leaf[CH_TLOG_HASH];
    struct ch_sha256 *sum = ch_sha256_begin();
    ch_sha256_add(sum, "\0", 1);
    ch_sha256_add(sum, entry, entry_size);
    ch_sha256_end(sum, leaf);
    return ch_vkey_read(vkey, strlen(vkey), &key) == NULL && ch_inclusion_read(text, size, &proof) == NULL &&
           ch_path_holds(proof.at, proof.checkpoint.size, leaf, proof.path, proof.count, proof.checkpoint.root) &&
           ch_checkpoint_signed(&proof.checkpoint, &key, NULL) == CH_SIGNED_WELL;
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    struct ch_arena *arena = ch_arena_new();
    char error[256];
    size_t size, entry_size, rounds = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
    const char *text = rounds ? ch_read_file(arena, argv[1], 1 << 20, &size, error) : NULL;
    const char *entry = text ? ch_read_file(arena, argv[2], 1 << 20, &entry_size, error) : NULL;
    if (!entry)
        return CH_EXIT_USAGE;
    int64_t *taken = ch_alloc_array(arena, rounds, sizeof *taken);
    for (size_t i = 0; i < rounds; i++) {
        int64_t begun = now_ns();
        if (!verify(text, size, entry, entry_size, argv[3]))
            return ch_say(1, "the proof does not hold");
        taken[i] = now_ns() - begun;
    }
    qsort(taken, rounds, sizeof *taken, ascending);
    printf("%.1f %.1f\n", (double)taken[rounds / 2] / 1000, (double)taken[rounds - 1] / 1000);
    ch_arena_free(arena);
    return 0;
}
