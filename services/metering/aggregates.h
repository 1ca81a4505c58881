/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A query for aggregates under way.
 *
 * aggregates.c reads the request and loads the grant; aggregates_run.c reads the allowed set, the cells (each by
 * aggregates_cells.c) and what is kept of earlier answers; aggregates_decide.c, on a helper thread, decides what is
 * shown and whether it may be, and aggregates_keep.c what is kept of it; aggregates_answer.c writes JSON and CSV;
 * aggregates_sql.c the statements. The pool's lock is held while the allowed
 * set is read and again while the answer is stored, not while rows are looked through: the storing statement looks
 * whether consent, grant and history are still those that the answer rests on, and where they are not all begins anew.
 */
#ifndef METERING_AGGREGATES_H
#define METERING_AGGREGATES_H

#include "core/aggregate.h"
#include "core/aggregate_sketch.h"
#include "core/suppress.h"
#include "metering.h"

#define AGGREGATE_CELLS_MOST   1200
#define AGGREGATE_ENTRIES_MOST 1000000                    /* pairs of a cell and a member */
#define AGGREGATE_HISTORY_MOST ((size_t)64 * 1024 * 1024) /* bytes kept of earlier answers */
#define AGGREGATE_ROWS_MOST    100000                     /* in a pool whose answers are kept row by row */
#define AGGREGATE_TRIES        8
#define AGGREGATE_FIXED        2 /* parameters in front of the filters' values */

/* Channels of suppression beside those of sketches: the rows without a value of channel c (1 ...), and those with a
 * value of one of the channels c > d only. */
#define AGGREGATE_WITHOUT(c)   (AGGREGATE_MEASURES_MOST + (c))
#define AGGREGATE_ONE_OF(c, d) (2 * AGGREGATE_MEASURES_MOST + ((c)-1) * ((c)-2) / 2 + (d))

/* A cell as it came: texts of its columns and measures (NULL: SQL NULL), who is in it, whose rows. */
struct aggregate_cell {
    const char *by[AGGREGATE_BY_MOST];
    const char *values[AGGREGATE_MEASURES_MOST];
    uint64_t rows;
    struct suppress_member *members;
    uint32_t *member_rows;
    uint64_t *rows_of; /* kept as rows: of one member behind another, hash * 65536 + mask of channels */
    int64_t *lanes;    /* else: member -> channels * SKETCH_LANES */
    size_t member_count;
    uint32_t *contributions; /* places in query.contributions, */
    uint64_t *counts;        /* and rows of each */
    size_t contribution_count;
};

struct aggregate_contribution {
    const char *id;
    uint32_t member;
};

struct aggregate_earlier {
    char id[37];
    uint8_t *bytes;
    size_t size;
};

struct query {
    struct ch_request *request;
    struct ch_arena *arena; /* the query's own, renewed with each try */
    struct ch_arena *request_arena;
    struct aggregate aggregate;
    struct plan plan;
    bool csv;
    bool slot; /* counted in metering.aggregates */
    const json_t *grant;
    char id[37], grant_id[37], pool_id[37], organisation_id[37];
    const char *columns; /* array literal, for check_grant */
    int64_t k, not_after_us;
    int tries, waits;

    struct ch_session *session;
    struct ch_statement statement;
    const char *failed; /* SQLSTATE of the statement that failed */
    int64_t consent_epoch, grant_epoch, answers, until_us;
    int64_t accepted, pool_rows; /* contributions of the pool and their rows, allowed or not */

    struct aggregate_contribution *contributions;
    uint64_t *member_keys; /* by ordinal */
    size_t contribution_count, contribution_room, member_count, member_room;
    struct out ids; /* array literal of the allowed contributions */
    bool of_rows;   /* what is kept of the answer is */
    unsigned channels;

    struct aggregate_cell *cells;
    size_t cell_count, cell_room, entries;
    bool too_many, broken;
    uint32_t *place; /* scratch, by member: its entry in the cell being read, and of which cell */
    uint32_t *place_cell;
    struct aggregate_earlier *earlier;
    size_t earlier_count, earlier_room, earlier_bytes;

    /* what was decided */
    const char *outcome, *detail;
    uint8_t (*shown)[AGGREGATE_MEASURES_MOST]; /* cell -> measure -> whether it is shown; all 0: the cell is not */
    bool *cell_shown;
    size_t shown_cells;
    uint64_t shown_rows;
    bool suppressed;
    const char *same_as; /* NULL: new */
    struct out sketch;   /* hex with \x in front; empty when same_as */
    struct out used_ids, used_counts;
};

/* aggregates_run.c: asks for a session and goes on to aggregates_decided. */
struct ch_done *aggregates_run(struct query *query);
/* aggregates.c: what aggregates_run ends in. */
void aggregates_read_done(struct query *query);
void aggregates_failed(struct query *query, enum ch_fault fault);

/* aggregates_cells.c: a row of the statement as another cell of the query. */
void aggregates_take_cell(void *query, const PGresult *row);
/* aggregates_decide.c: fills what was decided. Runs on a helper thread; touches the query alone. */
void aggregates_decide(void *state);
void aggregates_refuse(struct query *query, const char *outcome, const char *detail);
/* Whether a measure tells, with the sum or the number of rows, how many rows have a value. */
bool aggregates_counts(const struct measure *measure);
/* aggregates_keep.c: what is kept of the answer that was decided, held against earlier ones. */
void aggregates_hold_against(struct query *query);

/* aggregates_answer.c */
struct ch_done *aggregates_answer(struct query *query);

/* aggregates_sql.c: $1 pool, $2 allowed contributions, then the filters' values. A row for each cell: columns of by,
 * measures, rows, then arrays beside one another: places in $2, rows of each; then, where the answer is kept as rows,
 * these one behind another as bytes: 4 of hash and 2 of mask each; else arrays again: lane 1 of all rows, and
 * lanes 0 and 1 of the rows without a value of each measured column (NULL: there are none). At most
 * AGGREGATE_CELLS_MOST
 * + 1. `few`: most contributions of the pool are not allowed, so rows are picked one by one; else groups of
 * contributions that are not allowed are dropped before anything is put together. */
const char *aggregates_sql(struct ch_arena *arena, const struct aggregate *aggregate, const char *table, bool of_rows,
                           bool few);
int aggregates_sql_columns(const struct aggregate *aggregate, bool of_rows);

#endif
