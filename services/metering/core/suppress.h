/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which cells of a table may be shown (statistical disclosure control): primary suppression of what rests on too few
 * members, and secondary suppression of what could be told from totals. It sees numbers of members, never who they are.
 *
 * A table has up to three dimensions; a cell its coordinates, and the members whose rows it holds. Beside its rows a
 * cell has channels: the rows in which a measured column has a value, those in which it has none, and so on, of the
 * same members or fewer. What is said of members holds in every channel by itself. */
#ifndef METERING_CORE_SUPPRESS_H
#define METERING_CORE_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUPPRESS_DIMENSIONS 3

struct suppress_member {
    uint32_t member;   /* 0 ... members - 1 */
    uint64_t channels; /* bit c: has rows in channel c; bit 0 is always there */
};

struct suppress_cell {
    uint32_t key[SUPPRESS_DIMENSIONS]; /* value in each dimension; 0 in those the table does not have */
    uint64_t rows;
    const struct suppress_member *members; /* each once */
    size_t member_count;
    bool hidden; /* set by suppress */
};

/* Sets `hidden` of each cell for a threshold of k distinct members, in the channels whose bits are set. Promise: take
 * the cells shown here, all cells that the same function shows for the same rows grouped by fewer of the dimensions,
 * and the total. Whatever can be computed exactly from them as a linear combination rests on no rows, or on rows of at
 * least k members, in each of these channels. Where that cannot be had (or would take too long), everything here is
 * hidden; what the margins then say among themselves is for whoever compares answers (aggregate_differ.h). The order of
 * the cells does not matter, but for ties among equals. `members`: how many there are. */
void suppress(struct suppress_cell *cells, size_t count, unsigned dimensions, uint64_t channels, uint32_t members,
              uint32_t k);

#endif
