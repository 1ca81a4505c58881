/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A contribution's bytes in, checked rows out (licensing.md sections 2.2 and 1): pure, streaming, without an allocation
 * for each row. Memory is constant: keys of `unique` and `primaryKey` beyond `unique_limit` go to a store (seen.h). */
#ifndef LICENSING_CORE_INGEST_H
#define LICENSING_CORE_INGEST_H

#include "cell.h"
#include "seen.h"

#define CH_INGEST_ERRORS     100
#define CH_INGEST_SHOWN      40                /* code points of a bad value that are shown */
#define CH_INGEST_BAD_SHARE  5                 /* rejected all the same when more than 1 in 5 rows are bad */
#define CH_INGEST_MAX_UNIQUE ((size_t)1572864) /* keys in memory: three quarters of 2^21 slots, 32 MiB */

enum ch_ingest_format { CH_INGEST_CSV, CH_INGEST_NDJSON };

struct ch_ingest_name {
    const char *file_name, *column;
};

struct ch_ingest_options {
    const struct ch_table_schema *schema;
    enum ch_ingest_format format;
    char delimiter; /* CSV: , ; tab | */
    /* Names in the file that stand for columns. A column nobody maps is found under its own name. */
    const struct ch_ingest_name *header_map;
    size_t header_map_count;
    const char *const *ignore; /* names in the file that are passed over */
    size_t ignore_count;
    bool accept_partial;
    const bool *unanswered; /* per column: the member has not answered its notice, so it must be NULL; NULL: none */
    size_t unique_limit;    /* keys kept in memory for each unique constraint; 0: CH_INGEST_MAX_UNIQUE in all */
    const struct ch_seen_store *stores; /* one for each of ch_ingest_keys(schema), for the other keys */
    /* Called for each good row while the contribution can still be accepted: one cell per column of the schema, in its
     * order; valid during the call. */
    void (*row)(void *context, const struct ch_cell *cells, size_t count);
    void *context;
};

struct ch_ingest_error {
    uint64_t line;      /* physical, the first is 1 */
    uint64_t row;       /* the first row of data is 1; 0: the header line */
    const char *column; /* of the schema, or the name in the file, or "" when it is the whole row */
    enum ch_cell_reason reason;
    char value[4 * CH_INGEST_SHOWN + 1]; /* shown only to the contributor */
};

struct ch_ingest_result {
    uint64_t bytes, good, bad; /* so far; rows of data */
    struct ch_ingest_error errors[CH_INGEST_ERRORS];
    size_t error_count;
    bool header_bad;   /* the header line was refused: no row was read */
    bool empty;        /* not one byte */
    bool store_failed; /* a store of keys failed: the verdict is worth nothing */
    bool accepted;     /* set by ch_ingest_end */
};

struct ch_ingest;

/* How many unique constraints a schema has, the primary key among them: so many stores are needed. */
size_t ch_ingest_keys(const struct ch_table_schema *schema);

/* False with a fault where the options do not fit the schema: a delimiter that is none, a header_map to an unknown
 * column, two names for one column, a name both mapped and ignored. Pointers: /delimiter, /header_map/..., /ignore/n.
 */
bool ch_ingest_check(struct ch_faults *faults, const struct ch_ingest_options *options);
/* A reader for checked options, which must live as long as it does. It lives in the arena. */
struct ch_ingest *ch_ingest_new(struct ch_arena *arena, const struct ch_ingest_options *options);
/* The next bytes of the file, in pieces of any size. */
void ch_ingest_feed(struct ch_ingest *ingest, const char *bytes, size_t size);
/* How it stands: for progress. Lives as long as the reader. */
const struct ch_ingest_result *ch_ingest_result(const struct ch_ingest *ingest);
/* After the last byte: decides. Accepted if there is no error, or with accept_partial if at most 20 % of the rows are
 * bad and the header was good; never when empty. */
const struct ch_ingest_result *ch_ingest_end(struct ch_ingest *ingest);

#endif
