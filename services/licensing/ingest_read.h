/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ingest job's view of core/ingest.h: bytes of an upload in, lines of COPY text out, verdict and errors as JSON.
 * It knows neither files nor the database. */
#ifndef LICENSING_INGEST_READ_H
#define LICENSING_INGEST_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

struct ingest_reader;

/* What became of the rows so far. */
struct ingest_counts {
    uint64_t bytes, good, bad;
    bool empty, header_bad, unique_incomplete, accepted; /* accepted is known after ingest_reader_end */
};

/* `task` is what licensing.begin_ingest answered; `write` takes lines of COPY ... (FORMAT text): `prefix`, a tab, the
 * columns, LF. NULL when schema and dialect do not go together, with *faults. Lives in the arena. */
struct ingest_reader *ingest_reader_new(struct ch_arena *arena, const json_t *task, const char *prefix,
                                        void (*write)(void *context, const char *bytes, size_t size), void *context,
                                        json_t **faults);
void ingest_reader_feed(struct ingest_reader *reader, const char *bytes, size_t size);
void ingest_reader_counts(const struct ingest_reader *reader, struct ingest_counts *counts);
/* After the last byte: the final counts, and the errors as [{line, row, column, reason, value}]. */
json_t *ingest_reader_end(struct ingest_reader *reader, struct ingest_counts *counts);
/* Names of the columns in the order of the lines; NULL-ended. */
const char *const *ingest_reader_columns(const struct ingest_reader *reader);
/* Sets of columns that must be unique within the contribution ("unique", "primaryKey"), each an array of names. */
json_t *ingest_reader_keys(const struct ingest_reader *reader);

/* Weighted quality of a charter's checks with one result in ppm each; -1 when the checks do not fit the schema. */
int64_t ingest_quality(struct ch_arena *arena, const json_t *task, const int64_t *ppm, size_t count);

#endif
