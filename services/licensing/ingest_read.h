/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ingest job's view of core/ingest.h: bytes of an upload in, rows of binary COPY out, verdict and errors as JSON.
 * It knows neither files nor the database. */
#ifndef LICENSING_INGEST_READ_H
#define LICENSING_INGEST_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

struct ingest_reader;
struct ch_seen_store;

/* What became of the rows so far. */
struct ingest_counts {
    uint64_t bytes, good, bad;
    bool empty, header_bad, store_failed, accepted; /* accepted is known after ingest_reader_end */
};

/* `task` is what licensing.begin_ingest answered; `write` takes whole rows of COPY ... (FORMAT binary): the
 * contribution, then the columns. `stores` are CH_SCHEMA_COLUMNS + 1. NULL when schema and dialect do not go together,
 * with *faults. Lives in the arena. */
struct ingest_reader *ingest_reader_new(struct ch_arena *arena, const json_t *task, const uint8_t contribution[16],
                                        void (*write)(void *context, const char *bytes, size_t size), void *context,
                                        const struct ch_seen_store *stores, json_t **faults);
void ingest_reader_feed(struct ingest_reader *reader, const char *bytes, size_t size);
void ingest_reader_counts(const struct ingest_reader *reader, struct ingest_counts *counts);
/* After the last byte: the final counts, and the errors as [{line, row, column, reason, value}]. */
json_t *ingest_reader_end(struct ingest_reader *reader, struct ingest_counts *counts);
/* Names of the columns in the order of the rows; NULL-ended. */
const char *const *ingest_reader_columns(const struct ingest_reader *reader);

/* Whether rows cannot be equal in these columns (an array of names), because a unique constraint on some of them that
 * allows no NULL has been checked. */
bool ingest_is_key(struct ch_arena *arena, const json_t *task, const json_t *columns);
/* Weighted quality of a charter's checks with one result in ppm each; -1 when the checks do not fit the schema. */
int64_t ingest_quality(struct ch_arena *arena, const json_t *task, const int64_t *ppm, size_t count);

#endif
