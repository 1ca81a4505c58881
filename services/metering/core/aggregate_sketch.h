/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is kept of an answer, so that later ones can be held against it: for each shown cell and each member with rows
 * in it the exclusive or of the hashes of these rows. Cells that do not overlap add up, the difference of two sets of
 * rows is the exclusive or of theirs, and a member whose rows are the same in both drops out: so any union and
 * difference of cells can be looked at without the rows. A member is a number that means nothing outside the grant. */
#ifndef METERING_CORE_AGGREGATE_SKETCH_H
#define METERING_CORE_AGGREGATE_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate.h"
#include "out.h"

#define SKETCH_WORDS_MOST 4
#define SKETCH_CHANNELS   (1 + AGGREGATE_MEASURES_MOST)
#define SKETCH_NAME_MOST  200

struct sketch {
    unsigned words;    /* 64-bit hashes kept of each row, with seeds 0, 1, ...: 1 to SKETCH_WORDS_MOST */
    unsigned channels; /* 0: all rows; others: rows in which a measured column has a value */
    char names[SKETCH_CHANNELS][SKETCH_NAME_MOST]; /* column and rule; [0] is empty */
    size_t cells, entries;
    size_t *first;    /* cell -> its first entry; cells + 1 of them */
    uint64_t *member; /* of each entry */
    uint32_t *rows;   /* of each entry: how many, at most UINT32_MAX */
    uint64_t *hash;   /* entry -> channels * words */
};

/* Allocates for so many cells and entries; sketch_free ends it. */
void sketch_init(struct sketch *sketch, unsigned words, unsigned channels, size_t cells, size_t entries);
void sketch_free(struct sketch *sketch);
const uint64_t *sketch_hash(const struct sketch *sketch, size_t entry, unsigned channel);

/* Compact bytes; a channel is written where it differs from that of all rows. */
void sketch_write(const struct sketch *sketch, struct out *out);
/* False when the bytes are none; then there is nothing to free. */
bool sketch_read(struct sketch *sketch, const uint8_t *bytes, size_t size);

#endif
