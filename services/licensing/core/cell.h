/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One cell of an upload: text in, canonical text for COPY out, or the reason why not. No allocation. */
#ifndef LICENSING_CORE_CELL_H
#define LICENSING_CORE_CELL_H

#include "table_schema.h"

/* Reasons of licensing.md section 2.2, in the words the contributor reads. */
#define CH_CELL_REASONS(X)                                                                                             \
    X(MISSING, "missing")                                                                                              \
    X(TYPE, "type")                                                                                                    \
    X(RANGE, "range")                                                                                                  \
    X(ENUM, "enum")                                                                                                    \
    X(LENGTH, "length")                                                                                                \
    X(DUPLICATE, "duplicate")                                                                                          \
    X(UTF8, "utf8")                                                                                                    \
    X(QUOTE, "quote")                                                                                                  \
    X(FIELD_COUNT, "field_count")                                                                                      \
    X(JSON, "json")                                                                                                    \
    X(TIMEZONE, "timezone")                                                                                            \
    X(NOTICE, "notice")
#define CH_X(name, text) CH_CELL_##name,
enum ch_cell_reason { CH_CELL_GOOD, CH_CELL_REASONS(CH_X) };
#undef CH_X

/* The word of a reason; "" for CH_CELL_GOOD. */
const char *ch_cell_reason_text(enum ch_cell_reason reason);

struct ch_cell {
    const char *text; /* not ended by NUL; NULL: the cell is NULL */
    size_t length;
};

/* Room a converted value may need. */
#define CH_CELL_SCRATCH (CH_DECIMAL_LENGTH + 24)

/* Converts `text` (valid UTF-8 without NUL) for a column: missingValues give NULL (CH_CELL_MISSING if the column is
 * required); everything else the column's type and constraints decide. *out points into `text`, into `scratch` (at
 * least CH_CELL_SCRATCH bytes) or to a constant. Numbers keep all their digits; instants come out in UTC as
 * `YYYY-MM-DD HH:MM:SS[.ffffff]+00`, booleans as t and f. Digits of a second beyond the sixth are cut. */
enum ch_cell_reason ch_cell_convert(const struct ch_table_schema *schema, const struct ch_table_field *field,
                                    const char *text, size_t length, char *scratch, struct ch_cell *out);
/* The same without missingValues: what a typed value of NDJSON, an enum or a bound goes through. */
enum ch_cell_reason ch_cell_value(const struct ch_table_field *field, const char *text, size_t length, char *scratch,
                                  struct ch_cell *out);
/* The value of a converted date (days) or datetime (microseconds since 1970 UTC), for bounds. False if it is none. */
bool ch_cell_instant(enum ch_column_type type, const struct ch_cell *cell, int64_t *value);

#endif
