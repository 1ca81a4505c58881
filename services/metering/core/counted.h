/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows that the chain of a resumed delivery has counted already: sent again, they are not counted again. Exactly those
 * and no others: a row whose consent came later was not among them, and counts. */
#ifndef METERING_CORE_COUNTED_H
#define METERING_CORE_COUNTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counted_span {
    int64_t first, last;
};

/* All zero is empty. */
struct counted {
    struct counted_span *spans;
    size_t count, room, at;
};

void counted_reset(struct counted *counted);
/* Adds the runs of a batch (runs.h). False when they are none. */
bool counted_add_runs(struct counted *counted, const uint8_t *bytes, size_t size);
void counted_add(struct counted *counted, int64_t first, int64_t last);
/* Puts them in order: before the first counted_has. */
void counted_ready(struct counted *counted);
/* Rows are asked for in rising order; counted_rewind begins again. */
bool counted_has(struct counted *counted, int64_t row_id);
void counted_rewind(struct counted *counted);
void counted_free(struct counted *counted);

#endif
