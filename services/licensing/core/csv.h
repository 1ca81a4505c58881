/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A streaming reader of CSV (RFC 4180): bytes in as they come, one call for each record. Memory is constant. */
#ifndef LICENSING_CORE_CSV_H
#define LICENSING_CORE_CSV_H

#include "cell.h"

#define CH_CSV_CELLS      1000                       /* most cells kept of one record */
#define CH_CSV_CELL_BYTES (4 * CH_STRING_LENGTH + 8) /* kept of one cell: no column takes more */
#define CH_CSV_ROW_BYTES  ((size_t)4 << 20)          /* kept of one record */

struct ch_csv_cell {
    const char *text; /* not ended by NUL; valid during the call */
    size_t length;
    bool cut; /* the cell was longer than what is kept */
};

struct ch_csv_row {
    uint64_t line;   /* physical line of its first byte; the first is 1 */
    uint64_t number; /* 0 is the header line, the first row of data is 1 */
    size_t count;    /* cells in the record; those beyond CH_CSV_CELLS are counted, not kept */
    const struct ch_csv_cell *cells;
    enum ch_cell_reason
        problem;     /* CH_CELL_QUOTE: quoting, or a bare CR; CH_CELL_LENGTH: more than is kept; else good */
    bool valid_utf8; /* of all cells; without NUL */
};

struct ch_csv;
/* `delimiter` is one of , ; tab |. A byte order mark at the start is skipped. */
struct ch_csv *ch_csv_new(struct ch_arena *arena, char delimiter, void (*row)(void *, const struct ch_csv_row *),
                          void *context);
void ch_csv_feed(struct ch_csv *csv, const char *bytes, size_t size);
/* After the last byte: a last record without a line end is a record; an open quote is a problem of it. */
void ch_csv_end(struct ch_csv *csv);

#endif
