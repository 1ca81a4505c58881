/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a request for rows asks: columns, filters, where to begin, how much; and the statements that answer it. Their
 * text is made of whitelisted identifiers, parsed integers and constants; values are parameters. */
#ifndef METERING_QUESTION_H
#define METERING_QUESTION_H

#include "commonhold/http.h"
#include "core/filter.h"
#include "core/plan.h"
#include "core/rows.h"

#define QUESTION_FIXED 4 /* parameters in front of the filters' values */

struct question {
    const struct plan_column **columns;
    size_t count;
    bool any_length; /* a row may be of any length: there are texts */
    struct filter filters[FILTERS_MOST];
    size_t filter_count;
    const char *after; /* resume token, may be NULL */
    int64_t limit;     /* rows; -1: all */
    bool trailer;
    const struct rows_writer *writer;
    const char *column_array; /* array literal of the names, for check_grant */
    uint8_t hash[32];         /* of columns, rules and filters: what a resume token is bound to */
};

/* Reads what can be read without the grant: Accept, limit, trailer, after. NULL, or the finished refusal. */
struct ch_done *question_read(struct ch_request *request, struct question *question);
/* Columns named in select as an array literal ("{}" without), so that licensing can refuse them by name. */
const char *question_selected(struct ch_request *request);
/* Reads select and filters against the plan, everything in `arena`. NULL, or the finished refusal. */
struct ch_done *question_bind(struct ch_request *request, struct ch_arena *arena, const struct plan *plan,
                              struct question *question);

/* question_sql.c: the statements of a question over its pool's table. */
struct question_statements {
    /* metering.begin_batch with its eight parameters, and the last row id of the pool */
    const struct ch_statement *begin;
    /* $1 pool, $2 behind this row, $3 up to this row, $4 how many, then the filters' values. Binary: row id,
     * contribution, then the columns as the pool holds them, not made coarser yet. */
    const struct ch_statement *rows;
    /* The same of some contributions alone: the last parameter. */
    const struct ch_statement *sieved;
    /* $1 pool, $2 behind this row, $3 up to this row, then the filters' values. Binary: each contribution there, its
     * last row, its last row that the filters leave. */
    const struct ch_statement *search;
};
void question_write(struct ch_arena *arena, const struct question *question, const char *table,
                    struct question_statements *out);
/* Writes the filters' values; returns how many. */
int question_args(const struct question *question, const char **args);

#endif
