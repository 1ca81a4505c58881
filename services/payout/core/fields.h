/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checking a JSON object against a table of its members: unknown ones are refused, required ones must be
 * there, each has a type and a range. What the table cannot say, the caller checks. */
#ifndef COMMONHOLD_PAYOUT_FIELDS_H
#define COMMONHOLD_PAYOUT_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "refusals.h"

#define CH_PAYOUT_MAX INT64_C(9007199254740991) /* 2^53 - 1, the largest amount */

enum ch_field_type {
    CH_FIELD_INTEGER, /* min to max */
    CH_FIELD_TEXT,    /* a string for which `matches` holds */
    CH_FIELD_CHOICE,  /* one of `choices` */
    CH_FIELD_ARRAY,   /* min to max items */
    CH_FIELD_OBJECT,
    CH_FIELD_ANY /* the caller looks */
};

struct ch_field {
    const char *name;
    enum ch_field_type type;
    bool required;
    int64_t min, max;
    const char *const *choices; /* ended by NULL */
    bool (*matches)(const char *text);
    const char *must_be; /* for people, what `matches` wants */
};

/* Tables end with a row whose name is NULL. True when the value is an object and every member passes. */
bool ch_fields_check(struct ch_refusals *list, const char *pointer, const json_t *value, const struct ch_field *fields);

/* Members of a checked object; `absent` is returned for what is not there or has another type. */
int64_t ch_field_integer(const json_t *object, const char *name, int64_t absent);
const char *ch_field_text(const json_t *object, const char *name, const char *absent);
int ch_field_choice(const json_t *object, const char *name, const char *const *choices, int absent);
/* Index of text in a NULL-ended list, or -1. */
int ch_choice_index(const char *text, const char *const *choices);

/* [A-Za-z0-9][A-Za-z0-9._-]{0,63} */
bool ch_payout_is_id(const char *text);
bool ch_payout_is_id_n(const char *text, size_t length);
/* Three capital letters. */
bool ch_payout_is_currency(const char *text);
/* YYYY-MM-DD of a day that exists (proleptic Gregorian, years 1 to 9999). */
bool ch_payout_is_date(const char *text);
/* Its numbers. */
void ch_payout_split_date(const char *date, int *year, int *month, int *day);
/* An account a rule may feed: schema's `fund`. */
bool ch_payout_is_fund(const char *text);

#endif
