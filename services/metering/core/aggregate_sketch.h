/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is kept of an answer, so that later ones can be held against it: for each shown cell whose rows are in it, and
 * which. In pools of few rows each row by itself, as a hash of 32 bits that is compared among rows of one member only.
 * In larger ones sums over the rows of a member in a cell ("lanes"): how many they are, and the sum
 * of their hashes. Both add up where rows do, so that what is left of any combination of cells can be seen for each
 * member without the rows. Lanes can be made of rows, not the other way. Members, columns and values are digests. */
#ifndef METERING_CORE_AGGREGATE_SKETCH_H
#define METERING_CORE_AGGREGATE_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aggregate.h"
#include "out.h"

#define SKETCH_LANES      2
#define SKETCH_CHANNELS   (1 + AGGREGATE_MEASURES_MOST)
#define SKETCH_CONDITIONS FILTERS_MOST

/* A filter that compares by order or says what a value is not: as a whole, and its column. */
struct sketch_condition {
    uint64_t text, column;
};

struct sketch_cell {
    uint64_t key[AGGREGATE_BY_MOST]; /* values of the columns of by */
    uint16_t counted;                /* bit c: how many rows have a value of channel c was told */
    uint16_t summed;                 /* bit c: something of these values was */
};

struct sketch {
    bool of_rows;
    uint64_t where; /* all filters; 0: none */
    unsigned by_count, condition_count, channels;
    uint64_t by[AGGREGATE_BY_MOST];
    struct sketch_condition conditions[SKETCH_CONDITIONS];
    uint64_t names[SKETCH_CHANNELS]; /* measured columns; 0: all rows */
    size_t cells, entries, rows;     /* an entry: rows of one member in one cell */
    struct sketch_cell *cell;
    size_t *first;    /* cell -> its first entry; cells + 1 of them */
    uint64_t *member; /* of each entry */
    size_t *row;      /* of_rows: entry -> its first row; entries + 1 of them */
    uint32_t *hash;   /* of_rows: of each row, */
    uint16_t *mask;   /* and bit c: it has a value of channel c; bit 0 always */
    int64_t *lanes;   /* else: entry -> channels * SKETCH_LANES */
};

/* Allocates for so many cells, entries and rows (0 unless of_rows); the rest of the head is the caller's to fill.
 * sketch_free ends it. */
void sketch_init(struct sketch *sketch, bool of_rows, unsigned channels, size_t cells, size_t entries, size_t rows);
void sketch_free(struct sketch *sketch);
/* What lane `lane` has of a row with this hash; aggregates_sql.c computes the same. */
int64_t sketch_lane(uint32_t hash, unsigned lane);
/* An entry's lanes in a channel, whether it is kept as rows or as lanes. */
void sketch_lanes(const struct sketch *sketch, size_t entry, unsigned channel, int64_t lanes[SKETCH_LANES]);

/* Compact bytes. */
void sketch_write(const struct sketch *sketch, struct out *out);
/* False when the bytes are none; then there is nothing to free. */
bool sketch_read(struct sketch *sketch, const uint8_t *bytes, size_t size);
/* Whether these are bytes of a version before, which cannot be compared. */
bool sketch_is_old(const uint8_t *bytes, size_t size);

#endif
