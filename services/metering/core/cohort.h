/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From where on the rows of a filtered question still come from enough members. The rows are looked through from the
 * last to the first, a window at a time, until `least` members were met: the row at which the last of them was met is
 * the mark. Behind a row below the mark there are enough members, behind any other too few. Found for the rows that the
 * filters leave and, for comparison, for all. */
#ifndef METERING_CORE_COHORT_H
#define METERING_CORE_COHORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A contribution in a window: its last row there, and its last that the filters leave (0: none). */
struct cohort_row {
    int64_t any, matching;
    uint32_t member; /* ordinal */
};

/* All zero: nothing is known. */
struct cohort {
    uint8_t *met; /* by member: bit 0 in any row, bit 1 in a matching one */
    int64_t least;
    int64_t any, matching; /* members met */
    int64_t any_mark, matching_mark;
    int64_t below; /* rows up to here are still to be looked through */
    bool known;
};

/* Begins anew with rows up to `top`; `members` ordinals. */
void cohort_begin(struct cohort *cohort, size_t members, int64_t least, int64_t top);
/* The window behind row `from` was looked through. Sorts `rows`. */
void cohort_add(struct cohort *cohort, struct cohort_row *rows, size_t count, int64_t from);
/* Whether the matching rows are of enough members at all. Once known. */
bool cohort_is_enough(const struct cohort *cohort);
/* Whether what is left behind a row may leave: it is of enough members, or not for the filters' sake of too few. */
bool cohort_lets_go(const struct cohort *cohort, int64_t behind);
void cohort_free(struct cohort *cohort);

#endif
