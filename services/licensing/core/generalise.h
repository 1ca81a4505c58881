/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Generalisations of a column (terms document, member `columns` of a rule): read, compared, and applied to text.
 *
 * Delivery applies them in SQL: the parsed struct is what metering builds its expression from, by kind and integers.
 * For `bin` in SQL use exact arithmetic, for instance with f = floor(x) - O: f - mod(mod(f, W) + W, W) + O; a numeric
 * division can round up to the next bin. NULL stays NULL. */
#ifndef LICENSING_CORE_GENERALISE_H
#define LICENSING_CORE_GENERALISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

enum ch_general_kind {
    CH_GENERAL_DROP, /* the column is absent; also every text that is no generalisation */
    CH_GENERAL_KEEP,
    CH_GENERAL_ROUND,  /* `number` decimals, -6 to 6: round(numeric, int), half away from zero */
    CH_GENERAL_TRUNC,  /* start of `unit`, UTC: date_trunc */
    CH_GENERAL_PREFIX, /* first `number` code points, 1 to 9999: left(text, int) */
    CH_GENERAL_BIN     /* floor((x - origin) / number) * number + origin; number 1 to 10^18 - 1 */
};

/* From the coarsest to the finest, but week and month do not nest. */
enum ch_trunc_unit {
    CH_TRUNC_YEAR,
    CH_TRUNC_QUARTER,
    CH_TRUNC_MONTH,
    CH_TRUNC_WEEK, /* ISO: starts on Monday */
    CH_TRUNC_DAY,
    CH_TRUNC_HOUR,
    CH_TRUNC_MINUTE
};

struct ch_general {
    enum ch_general_kind kind;
    enum ch_trunc_unit unit;
    int64_t number;
    int64_t origin;
    bool origin_written; /* `@O` stood in the text, be it 0: it comes out as it went in */
};

/* Longest text a generalisation has, with NUL. */
#define CH_GENERAL_TEXT 48

/* False (and *out a drop) when the text is no generalisation. Numbers in it are canonical integers. */
bool ch_general_parse(const char *text, struct ch_general *out);
void ch_general_text(const struct ch_general *general, char text[CH_GENERAL_TEXT]);
/* Whether it means something for a column of this type. */
bool ch_general_fits(const struct ch_general *general, enum ch_column_type type);
/* Section 3.2: `new_one` is equal to `old_one` or coarser, so that it never shows more. */
bool ch_general_no_finer(const struct ch_general *new_one, const struct ch_general *old_one);

/* Applies it to a value's text (decimal numbers as digits, sign and point; dates YYYY-MM-DD; instants
 * `YYYY-MM-DD HH:MM:SS[.ffffff]+00`, T and Z are read too). Writes at most `size` bytes with the NUL. False when the
 * text is no such value, the result does not fit, or the generalisation drops or does not fit the type. */
bool ch_general_apply(const struct ch_general *general, enum ch_column_type type, const char *value, char *out,
                      size_t size);

#endif
