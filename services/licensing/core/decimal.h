/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Decimal numbers as text, exact: what a numeric column holds. Nothing passes through binary fractions. */
#ifndef LICENSING_CORE_DECIMAL_H
#define LICENSING_CORE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest text that is read as a number, and the largest exponent. */
#define CH_DECIMAL_LENGTH   1000
#define CH_DECIMAL_EXPONENT 400

/* A number in its text: the text must live as long as the struct. */
struct ch_decimal {
    const char *digits; /* the mantissa behind the sign, its point included */
    int32_t count;      /* digits in it */
    int32_t dot;        /* digits in front of its point */
    int32_t point;      /* digits in front of the point once the exponent is applied; may be negative */
    bool negative;
    bool zero;
    bool small;       /* at most 18 digits: `mantissa` holds them all, value = mantissa * 10^(point - count) */
    int64_t mantissa; /* without the sign */
};

/* [+-] digits [. digits] [e [+-] digits], at least one digit in the mantissa, within the limits above. */
bool ch_decimal_parse(const char *text, size_t length, struct ch_decimal *out);
/* Negative, 0 or positive as a < b, a = b, a > b. 1.50 equals 1.5. */
int ch_decimal_compare(const struct ch_decimal *a, const struct ch_decimal *b);

/* Bytes that are equal exactly for equal numbers; `out` has room for CH_DECIMAL_LENGTH + 8. The length. */
size_t ch_decimal_key(const struct ch_decimal *d, char *out);

/* Room for what ch_decimal_binary writes of a number whose text has `length` bytes. */
#define CH_DECIMAL_BINARY(length) ((length) / 2 + 16)
/* The number as PostgreSQL sends and receives numeric: counts and digits of base 10,000 in network order, with all its
 * decimals. The bytes written. */
size_t ch_decimal_binary(const struct ch_decimal *d, char *out);

/* round(value, places) of PostgreSQL: half away from zero, exactly `places` decimals (none when places <= 0), no
 * negative zero. places -6 to 6. False when `value` is no number or the result needs more than `size` bytes. */
bool ch_decimal_round(const char *value, int places, char *out, size_t size);
/* floor((value - origin) / width) * width + origin, exact, as an integer. width 1 to 10^18 - 1, |origin| < 10^18.
 * False also when the integer part of `value` has more than 36 digits. */
bool ch_decimal_bin(const char *value, int64_t width, int64_t origin, char *out, size_t size);

#endif
