/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Differencing: whether a new answer, held against those a grant has had, would show something about fewer than k
 * members. It sees sketches, never rows. */
#ifndef METERING_CORE_AGGREGATE_DIFFER_H
#define METERING_CORE_AGGREGATE_DIFFER_H

#include "aggregate_sketch.h"

/* Whether the cells of `fresh` and those of `earlier` (newest first) can be combined, each cell taken or left, so that
 * what remains are rows of 1 to k - 1 members: the difference of two cells, of a cell and a union of others, of unions,
 * of any number of answers. In the channel of all rows, and in that of each measured column among those answers that
 * measured it.
 *
 * The search is for words of small weight in a linear code over GF(2) (information set decoding after Lee and Brickell,
 * EUROCRYPT '88): each of many rounds finds every combination that rests on one pivot alone. What it finds is always
 * true but for hash collisions; what it misses is improbable, see docs/aggregates.md. `seed` makes it repeatable. Takes
 * up to seconds: not for the event loop. */
bool differ_tells(const struct sketch *fresh, const struct sketch *const *earlier, size_t count, uint32_t k,
                  uint64_t seed);

#endif
