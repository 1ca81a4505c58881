/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sets of rows whose sums somebody knows from several answers: of each cell all rows, and those with a value of a
 * measured column. What is the same set twice gets one number. */
#ifndef METERING_CORE_AGGREGATE_SETS_H
#define METERING_CORE_AGGREGATE_SETS_H

#include "aggregate_sketch.h"

#define SET_NONE UINT32_MAX

struct set_owner {
    uint32_t answer, cell;
    unsigned channel;
};

struct sets {
    const struct sketch *const *answers; /* the one asked for last */
    size_t answer_count;
    bool of_rows;          /* all answers are */
    bool conditions;       /* some answer has some */
    bool *implied;         /* answer t, answer i: who passes the conditions of t, and is in a cell of i or would be but
                              for its conditions, passes those too */
    size_t *base;          /* answer -> where its numbers begin */
    uint32_t *ids;         /* base + cell * channels + channel -> number of the set, or SET_NONE */
    struct set_owner *own; /* of each set, the first that it was found in */
    size_t count, fresh;   /* sets; among them those that the last answer alone has */
};

/* Numbers of rows are told of the sets of all rows, and of those with a value where the cell says counted: `column` 0.
 * For a measured column the sets with a value of it of which something was told. The answers must outlive it. */
void sets_make(struct sets *sets, const struct sketch *const *answers, size_t answer_count, uint64_t column);
void sets_free(struct sets *sets);
/* Number of the set, SET_NONE when there is none; and whether it is this very one that stands for it. */
uint32_t sets_id(const struct sets *sets, size_t answer, size_t cell, unsigned channel);
bool sets_owns(const struct sets *sets, size_t answer, size_t cell, unsigned channel);
/* Digest of what the rows of a cell are in a channel; 0: there are none. */
uint64_t sets_digest(const struct sketch *sketch, size_t cell, unsigned channel, bool of_rows);
/* Channel of a measured column; 0: the answer does not have it. */
unsigned sets_channel(const struct sketch *sketch, uint64_t column);

#endif
