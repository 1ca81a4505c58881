/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Exactly the rows of a batch, in few bytes: runs of neighbouring row ids that come from one contribution. What a batch
 * keeps beside its counts, so that a later withdrawal can name every row that left, whatever filter chose them and
 * though the rows are gone from the pool.
 *
 * A run is three unsigned LEB128 numbers: rows skipped since the end of the run before (the first: since 0), rows of
 * the run less one, number of the contribution. Row ids rise. */
#ifndef METERING_CORE_RUNS_H
#define METERING_CORE_RUNS_H

#include <stdbool.h>

#include "out.h"
#include <stdint.h>

/* All zero is empty. */
struct runs {
    struct out bytes;
    int64_t start, next; /* the run that is still open: start <= id < next; next 0: none */
    int64_t contribution;
    int64_t behind; /* end of the last run that is written */
};

/* A row; its id is above those before. */
void runs_add(struct runs *runs, int64_t row_id, int64_t contribution);
/* Closes the last run: bytes are complete. */
void runs_end(struct runs *runs);
void runs_reset(struct runs *runs);
void runs_free(struct runs *runs);

/* Rows first to last of a contribution. */
typedef void runs_each(void *arg, int64_t first, int64_t last, int64_t contribution);
/* False when the bytes are no runs; those before the fault were told. */
bool runs_read(const uint8_t *bytes, size_t size, runs_each *each, void *arg);

#endif
