/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Differencing: whether a new answer, held against those an organisation has had, would show something about fewer than
 * k members. It sees sketches, never rows. */
#ifndef METERING_CORE_AGGREGATE_DIFFER_H
#define METERING_CORE_AGGREGATE_DIFFER_H

#include "aggregate_search.h"
#include "aggregate_sketch.h"

#define DIFFER_ANSWERS_MOST 1000
#define DIFFER_SETS_MOST    12000 /* different sets of rows whose sums were told */

/* Whether sums of the cells of `fresh` and of `earlier`, added and subtracted with any weights, can leave something
 * that rests on rows of 1 to k - 1 members. Numbers of rows in all cells are held against one another, and the numbers
 * of rows that have a value where they were told; sums of a column against sums of that column. Where of two questions
 * one sets a condition more (by order, or that a value is not something), what lies between them must rest on k members
 * too: none there is refused as few are, so that no refusal tells whether somebody is there.
 *
 * SEARCH_SAFE is proved, but for collisions of hashes; in pools that are kept as lanes (see aggregate_sketch.h) more
 * may be refused than need be. SEARCH_TOO_MUCH: so much was told that no proof was found in the time there is. `seed`
 * should be random. Takes up to seconds: not for the event loop. */
enum search_verdict differ_judge(const struct sketch *fresh, const struct sketch *const *earlier, size_t count,
                                 uint32_t k, uint64_t seed);

#endif
