/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Money as integer minor units: the only file that reads and writes the member minor_.
 *
 * It knows no exchange rates and no taxes, and of currencies only that a code is three capital letters (ISO 4217). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commonhold/money.h"

static bool in_range(__int128 minor)
{
    return minor >= -(__int128)CH_MONEY_MAX && minor <= CH_MONEY_MAX;
}

static bool is_currency(const char *text)
{
    for (int i = 0; i < 3; i++)
        if (text[i] < 'A' || text[i] > 'Z')
            return false;
    return text[3] == '\0';
}

static bool same_currency(struct ch_money a, struct ch_money b)
{
    return memcmp(a.currency_, b.currency_, sizeof a.currency_) == 0;
}

/* The result in the currency of `model`, when it is in range. */
static bool put(struct ch_money *out, __int128 minor, struct ch_money model)
{
    if (!in_range(minor))
        return false;
    model.minor_ = (int64_t)minor;
    *out = model;
    return true;
}

bool ch_money_make(struct ch_money *out, int64_t minor, const char *currency)
{
    if (!currency || !is_currency(currency) || !in_range(minor))
        return false;
    out->minor_ = minor;
    memcpy(out->currency_, currency, sizeof out->currency_);
    return true;
}

int64_t ch_money_minor(struct ch_money amount)
{
    return amount.minor_;
}

const char *ch_money_currency(const struct ch_money *amount)
{
    return amount->currency_;
}

bool ch_money_add(struct ch_money *out, struct ch_money a, struct ch_money b)
{
    return same_currency(a, b) && put(out, (__int128)a.minor_ + b.minor_, a);
}

bool ch_money_sub(struct ch_money *out, struct ch_money a, struct ch_money b)
{
    return same_currency(a, b) && put(out, (__int128)a.minor_ - b.minor_, a);
}

bool ch_money_fraction(struct ch_money *out, struct ch_money amount, int64_t num, int64_t den,
                       enum ch_rounding rounding)
{
    if (amount.minor_ < 0 || num < 0 || den <= 0)
        return false;
    /* At most 2^53 * 2^63 * 2 + 2^63, well inside 127 bits. */
    __int128 product = (__int128)amount.minor_ * num;
    switch (rounding) {
    case CH_ROUND_DOWN:
        return put(out, product / den, amount);
    case CH_ROUND_UP:
        return put(out, (product + den - 1) / den, amount);
    case CH_ROUND_HALF_UP:
        return put(out, (2 * product + den) / (2 * (__int128)den), amount);
    }
    return false;
}

bool ch_money_from_json(struct ch_money *out, const json_t *value)
{
    const json_t *minor = json_object_get(value, "minor");
    const json_t *currency = json_object_get(value, "currency");
    /* The length too: a text with a NUL in it must not pass for its first three letters. */
    return json_object_size(value) == 2 && json_is_integer(minor) && json_is_string(currency) &&
           json_string_length(currency) == 3 &&
           ch_money_make(out, json_integer_value(minor), json_string_value(currency));
}

json_t *ch_money_to_json(struct ch_money amount)
{
    return json_pack("{sI ss}", "minor", (json_int_t)amount.minor_, "currency", amount.currency_);
}

int ch_currency_digits(const char *currency)
{
    /* By decimals; each list is of three letters and a blank. */
    static const char *const LISTS[] = {"BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ", "", "",
                                        "BHD IQD JOD KWD LYD OMR TND ", "CLF UYW "};
    for (int digits = 0; digits < 5; digits++)
        for (const char *code = LISTS[digits]; *code; code += 4)
            if (strncmp(code, currency, 3) == 0)
                return digits;
    return 2;
}

void ch_money_text(struct ch_money amount, int digits, char *text, size_t size)
{
    static const int64_t powers[] = {1, 10, 100, 1000, 10000};
    int64_t unit = powers[digits < 0 ? 0 : digits > 4 ? 4 : digits];
    const char *sign = amount.minor_ < 0 ? "-" : "";
    int64_t whole = amount.minor_ < 0 ? -amount.minor_ : amount.minor_;
    if (unit == 1)
        snprintf(text, size, "%s%" PRId64 " %s", sign, whole, amount.currency_);
    else
        snprintf(text, size, "%s%" PRId64 ".%0*" PRId64 " %s", sign, whole / unit, digits > 4 ? 4 : digits,
                 whole % unit, amount.currency_);
}
