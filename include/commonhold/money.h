/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Money: integer minor units and an ISO 4217 code. The member `minor_` is read and written in
 * common/money.c alone (a check greps for it): everybody else goes through these functions, whose
 * results must be looked at. Amounts lie within +-(2^53 - 1) minor units, so that they survive every
 * JSON reader. */
#ifndef COMMONHOLD_MONEY_H
#define COMMONHOLD_MONEY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CH_MONEY_MAX  INT64_C(9007199254740991)
#define CH_MUST_CHECK __attribute__((warn_unused_result))

struct ch_money {
    int64_t minor_;
    char currency_[4];
};

enum ch_rounding { CH_ROUND_DOWN, CH_ROUND_UP, CH_ROUND_HALF_UP }; /* floor, ceiling, floor((2bn+d)/2d) */

/* False when minor is out of range or the code is not three capital letters. */
CH_MUST_CHECK bool ch_money_make(struct ch_money *out, int64_t minor, const char *currency);
int64_t ch_money_minor(struct ch_money amount);
/* The three letters; valid as long as *amount. */
const char *ch_money_currency(const struct ch_money *amount);

/* False on overflow or when the currencies differ; *out is then untouched. */
CH_MUST_CHECK bool ch_money_add(struct ch_money *out, struct ch_money a, struct ch_money b);
CH_MUST_CHECK bool ch_money_sub(struct ch_money *out, struct ch_money a, struct ch_money b);
/* amount * num / den with the named rounding, through a 128-bit product; 0 <= num, 0 < den, amount >= 0. */
CH_MUST_CHECK bool ch_money_fraction(struct ch_money *out, struct ch_money amount, int64_t num, int64_t den,
                                     enum ch_rounding rounding);

/* {"minor":1234,"currency":"EUR"} both ways; reading refuses unknown members. to_json gives a new reference. */
CH_MUST_CHECK bool ch_money_from_json(struct ch_money *out, const json_t *value);
json_t *ch_money_to_json(struct ch_money amount);

/* Decimals of a currency's minor unit (ISO 4217): 2 but for those that have 0, 3 or 4. */
int ch_currency_digits(const char *currency);
/* "1234.56 EUR" with `digits` decimals (0 to 4), no grouping; `size` at least 32. */
void ch_money_text(struct ch_money amount, int digits, char *text, size_t size);

#endif
