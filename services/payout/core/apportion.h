/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Apportionment by largest remainder: the one way money is shared, at every level (payout.md 7.3). */
#ifndef COMMONHOLD_PAYOUT_APPORTION_H
#define COMMONHOLD_PAYOUT_APPORTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "out.h"

#define CH_APPORTION_ENTRIES ((size_t)1 << 24)
#define CH_PATH_MAX          192 /* longest path: two ids and what is between them */

struct ch_apportionment {
    /* given */
    const char *run_id;
    int64_t total; /* 0 to 2^53 - 1 */
    size_t count;
    const ch_u128 *weight;
    /* Writes the tie path of an entry, at most CH_PATH_MAX bytes, and returns its length. */
    size_t (*path)(const void *context, size_t entry, char *path);
    const void *context;
    bool no_cut; /* nobody asks for cut_tie: no hash where it decides nothing */
    /* made */
    ch_u128 weight_total;
    size_t extra;          /* units given to remainders */
    ch_u128 cut_remainder; /* with cut_tie: of the last entry that got one, if extra > 0 */
    uint8_t cut_tie[32];
};

/* Shares `total` by the weights into amount[0..count-1]: floor(T*w/W) each, the missing units to the largest
 * remainders, ties to the smaller SHA-256(run_id 00 path). False, and nothing written, when there are more than
 * 2^24 entries or the weights sum to 2^74 or more (`weight_overflow`). All zero when the weights sum to zero.
 * Scratch memory comes from `scratch`. */
bool ch_apportion(struct ch_arena *scratch, struct ch_apportionment *a, int64_t *amount);

/* Shares of some entries of an apportionment that was made before: its weight_total, extra, cut_remainder and cut_tie
 * are given, and `weight`, `path` and `amount` are of the `count` entries asked for. */
void ch_apportion_again(const struct ch_apportionment *a, int64_t *amount);

/* The same without ids: ties go to the lower index. For invoices, where everybody sees the order. The weights sum
 * to less than 2^74. Sum zero: all zero. */
void ch_apportion_in_order(struct ch_arena *scratch, int64_t total, size_t count, const int64_t *weight,
                           int64_t *amount);

#endif
