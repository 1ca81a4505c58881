/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The binary form of COPY: every cell is its length and its bytes in network order; NULL has length -1. Times count
 * from the year 2000. */
#include "copy.h"

#include <stdlib.h>
#include <string.h>

#define DAYS_TO_2000   INT64_C(10957)
#define MICROS_TO_2000 (DAYS_TO_2000 * INT64_C(86400000000))

static char *put_four(char *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *out++ = (char)(value >> shift);
    return out;
}

static char *put_eight(char *out, uint64_t value)
{
    out = put_four(out, (uint32_t)(value >> 32));
    return put_four(out, (uint32_t)value);
}

static char *put_two(char *out, unsigned value)
{
    *out++ = (char)(value >> 8);
    *out++ = (char)value;
    return out;
}

char *ch_copy_header(char *out)
{
    memcpy(out, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", CH_COPY_HEADER);
    return out + CH_COPY_HEADER;
}

char *ch_copy_row(char *out, unsigned cells)
{
    return put_two(out, cells);
}

char *ch_copy_uuid(char *out, const uint8_t bytes[16])
{
    out = put_four(out, 16);
    memcpy(out, bytes, 16);
    return out + 16;
}

char *ch_copy_trailer(char *out)
{
    return put_two(out, 0xffff);
}

/* [-]digits, known to fit. */
static int64_t integer_of(const struct ch_cell *cell)
{
    bool minus = *cell->text == '-';
    uint64_t value = 0;
    for (size_t i = minus; i < cell->length; i++)
        value = value * 10 + (uint64_t)(cell->text[i] - '0');
    return (int64_t)(minus ? 0 - value : value);
}

static char *put_number(char *out, const struct ch_cell *cell)
{
    struct ch_decimal value;
    if (!ch_decimal_parse(cell->text, cell->length, &value))
        abort(); /* ch_cell_convert took it */
    size_t size = ch_decimal_binary(&value, out + 4);
    put_four(out, (uint32_t)size);
    return out + 4 + size;
}

static char *put_instant(char *out, enum ch_column_type type, const struct ch_cell *cell)
{
    int64_t value;
    if (!ch_cell_instant(type, cell, &value))
        abort();
    if (type == CH_TYPE_DATE)
        return put_four(put_four(out, 4), (uint32_t)(value - DAYS_TO_2000));
    return put_eight(put_four(out, 8), (uint64_t)(value - MICROS_TO_2000));
}

char *ch_copy_cell(char *out, enum ch_column_type type, const struct ch_cell *cell)
{
    if (!cell->text)
        return put_four(out, UINT32_MAX);
    switch (type) {
    case CH_TYPE_STRING:
        out = put_four(out, (uint32_t)cell->length);
        memcpy(out, cell->text, cell->length);
        return out + cell->length;
    case CH_TYPE_INTEGER:
        return put_eight(put_four(out, 8), (uint64_t)integer_of(cell));
    case CH_TYPE_NUMBER:
        return put_number(out, cell);
    case CH_TYPE_BOOLEAN:
        out = put_four(out, 1);
        *out++ = *cell->text == 't';
        return out;
    case CH_TYPE_DATE:
    case CH_TYPE_DATETIME:
        return put_instant(out, type, cell);
    case CH_TYPE_UNKNOWN:
        break;
    }
    abort();
}
