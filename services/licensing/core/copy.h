/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows for COPY ... (FORMAT binary): what the server would parse out of text, a contribution's cells have been read as
 * already. */
#ifndef LICENSING_CORE_COPY_H
#define LICENSING_CORE_COPY_H

#include "cell.h"

#define CH_COPY_HEADER  19 /* bytes before the first row */
#define CH_COPY_ROW     2  /* before the first cell of a row */
#define CH_COPY_UUID    20 /* of a uuid cell */
#define CH_COPY_TRAILER 2  /* behind the last row */

/* Each writes its bytes at `out` and gives the end. */
char *ch_copy_header(char *out);
char *ch_copy_row(char *out, unsigned cells);
char *ch_copy_uuid(char *out, const uint8_t bytes[16]);
char *ch_copy_trailer(char *out);
/* A cell as ch_cell_convert left it, of a column of this type. `out` has room for ch_copy_room(cell). */
char *ch_copy_cell(char *out, enum ch_column_type type, const struct ch_cell *cell);
static inline size_t ch_copy_room(const struct ch_cell *cell)
{
    return cell->length + 24;
}

#endif
