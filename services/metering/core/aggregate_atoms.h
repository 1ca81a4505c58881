/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From sets of rows to columns of a cover: in which sets the rows of each member are. */
#ifndef METERING_CORE_AGGREGATE_ATOMS_H
#define METERING_CORE_AGGREGATE_ATOMS_H

#include "aggregate_cover.h"
#include "aggregate_sets.h"

/* Where all answers are kept as rows: rows that are in the same sets become one column. To each of them, as a column of
 * no member, the row that might be beside it: in the same cells, but with the conditions of one answer alone met.
 * Initialises the cover. *work counts down; at 0 the cover is not complete. */
void atoms_of_rows(const struct sets *sets, uint32_t prime, struct cover *cover, int64_t *work);
/* Else: a column for each member and lane; and rows that might be, of cells with the same values. */
void atoms_of_lanes(const struct sets *sets, uint32_t prime, struct cover *cover, int64_t *work);

#endif
