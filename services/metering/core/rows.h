/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writers of rows: CSV (RFC 4180: CR LF, header line; NULL is empty, an empty text is "") and NDJSON. A writer is a
 * table of functions, so that another format is another table. Every row begins with _row, whose 13 characters are left
 * open and filled in a batch at a time (row_ref.h). Instants are RFC 3339 in UTC. */
#ifndef METERING_CORE_ROWS_H
#define METERING_CORE_ROWS_H

#include <stddef.h>

#include "out.h"
#include "plan.h"

#define ROW_REF 13

struct rows_writer {
    const char *content_type;
    /* What stands before the first row. */
    void (*begin)(struct out *out, const struct plan_column *const *columns, size_t count);
    /* One row of PostgreSQL's text values, NULL for SQL NULL. Returns the offset of _row in out. */
    size_t (*row)(struct out *out, const struct plan_column *const *columns, size_t count, const char *const *values,
                  const int *lengths);
    /* The closing block: `members` is a JSON object text of one line. */
    void (*end)(struct out *out, const char *members);
};

extern const struct rows_writer ROWS_CSV, ROWS_NDJSON;

#endif
