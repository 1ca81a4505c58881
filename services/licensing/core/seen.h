/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which keys a contribution has shown already, for `unique` and `primaryKey`: a set of 128-bit hashes of bounded size.
 * Not constant memory: 16 bytes a key up to the limit; beyond it the set stops taking keys and says so, and the caller
 * has to find duplicates where the rows are stored. */
#ifndef LICENSING_CORE_SEEN_H
#define LICENSING_CORE_SEEN_H

#include "cell.h"

struct ch_seen_key {
    uint64_t high, low;
};
struct ch_seen;

/* At most `limit` keys (rounded to three quarters of a power of two). Its memory goes with the arena. */
struct ch_seen *ch_seen_new(struct ch_arena *arena, size_t limit);
/* The key of some cells of a row, in the given order; equal numbers give equal keys however they are written. */
struct ch_seen_key ch_seen_key(const struct ch_table_schema *schema, const struct ch_cell *cells, const size_t *fields,
                               size_t count);
bool ch_seen_has(const struct ch_seen *seen, struct ch_seen_key key);
/* False when the set is full. */
bool ch_seen_add(struct ch_seen *seen, struct ch_seen_key key);

#endif
