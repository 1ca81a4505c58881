/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which keys a contribution has shown already, for `unique` and `primaryKey`: a set of 128-bit hashes. The first ones
 * are kept in memory up to a limit, all others in a store the caller lends, so that memory is constant for any number
 * of rows and nothing is forgotten. */
#ifndef LICENSING_CORE_SEEN_H
#define LICENSING_CORE_SEEN_H

#include "cell.h"

/* Bytes outside memory, all zero until they are written. Offsets are multiples of 16, sizes at most
 * CH_SEEN_BUCKET * 16. False: it failed, and the set with it. */
struct ch_seen_store {
    bool (*read)(void *context, uint64_t offset, void *bytes, size_t size);
    bool (*write)(void *context, uint64_t offset, const void *bytes, size_t size);
    void *context;
};

#define CH_SEEN_BUCKET 16 /* keys the store is asked for at once */

struct ch_seen_key {
    uint64_t high, low;
};
struct ch_seen;

/* At most `limit` keys in memory, but 768 in any case: three quarters of a power of two of 16 bytes each. The store,
 * one per set, must live as long as the set, whose memory goes with the arena. */
struct ch_seen *ch_seen_new(struct ch_arena *arena, size_t limit, const struct ch_seen_store *store);
/* The key of some cells of a row, in the given order; equal numbers give equal keys however they are written. */
struct ch_seen_key ch_seen_key(const struct ch_table_schema *schema, const struct ch_cell *cells, const size_t *fields,
                               size_t count);
bool ch_seen_has(struct ch_seen *seen, struct ch_seen_key key);
/* Adds a key that is not there: the one ch_seen_has was asked for last. */
void ch_seen_add(struct ch_seen *seen, struct ch_seen_key key);
/* The store failed, or is full (more than 10^11 keys): what the set says since is worth nothing. */
bool ch_seen_failed(const struct ch_seen *seen);

#endif
