/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Generalisations: reading, comparing and applying them. Which of them a rule may use for which column is decided in
 * terms_check.c; delivery does in SQL what ch_general_apply does here, and tests compare the two. */
#include "generalise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/calendar.h"
#include "commonhold/utf8.h"
#include "decimal.h"
#include "zulu.h"

static const char *const unit_texts[] = {"year", "quarter", "month", "week", "day", "hour", "minute"};

/* A canonical integer: no plus, no leading zero, no -0; at most 18 digits, so that sums fit. */
static bool canonical(const char *text, size_t length, int64_t *number)
{
    bool minus = length && *text == '-';
    const char *digits = text + minus;
    size_t count = length - minus;
    if (count == 0 || count > 18 || (digits[0] == '0' && (count > 1 || minus)))
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        value = value * 10 + (digits[i] - '0');
    }
    *number = minus ? -value : value;
    return true;
}

static bool parse_bin(const char *text, struct ch_general *out)
{
    size_t width = strcspn(text, "@");
    if (!canonical(text, width, &out->number) || out->number <= 0)
        return false;
    out->origin_written = text[width] != '\0';
    return !out->origin_written || canonical(text + width + 1, strlen(text + width + 1), &out->origin);
}

static bool parse_trunc(const char *text, struct ch_general *out)
{
    for (size_t i = 0; i < sizeof unit_texts / sizeof *unit_texts; i++)
        if (strcmp(text, unit_texts[i]) == 0) {
            out->unit = (enum ch_trunc_unit)i;
            return true;
        }
    return false;
}

static bool parse_number(const char *text, int64_t low, int64_t high, struct ch_general *out)
{
    return canonical(text, strlen(text), &out->number) && out->number >= low && out->number <= high;
}

static bool parse_as(enum ch_general_kind kind, const char *rest, struct ch_general *out)
{
    *out = (struct ch_general){.kind = kind};
    switch (kind) {
    case CH_GENERAL_DROP:
    case CH_GENERAL_KEEP:
        return !*rest;
    case CH_GENERAL_ROUND:
        return parse_number(rest, -6, 6, out);
    case CH_GENERAL_TRUNC:
        return parse_trunc(rest, out);
    case CH_GENERAL_PREFIX:
        return parse_number(rest, 1, 9999, out);
    case CH_GENERAL_BIN:
        return parse_bin(rest, out);
    }
    abort();
}

bool ch_general_parse(const char *text, struct ch_general *out)
{
    static const char *const starts[] = {"drop", "keep", "round:", "trunc:", "prefix:", "bin:"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        size_t length = strlen(starts[i]);
        if (strncmp(text, starts[i], length) == 0 && parse_as((enum ch_general_kind)i, text + length, out))
            return true;
    }
    *out = (struct ch_general){.kind = CH_GENERAL_DROP};
    return false;
}

void ch_general_text(const struct ch_general *general, char text[CH_GENERAL_TEXT])
{
    long long number = general->number, origin = general->origin;
    switch (general->kind) {
    case CH_GENERAL_DROP:
        snprintf(text, CH_GENERAL_TEXT, "drop");
        return;
    case CH_GENERAL_KEEP:
        snprintf(text, CH_GENERAL_TEXT, "keep");
        return;
    case CH_GENERAL_ROUND:
        snprintf(text, CH_GENERAL_TEXT, "round:%lld", number);
        return;
    case CH_GENERAL_TRUNC:
        snprintf(text, CH_GENERAL_TEXT, "trunc:%s", unit_texts[general->unit]);
        return;
    case CH_GENERAL_PREFIX:
        snprintf(text, CH_GENERAL_TEXT, "prefix:%lld", number);
        return;
    case CH_GENERAL_BIN:
        snprintf(text, CH_GENERAL_TEXT, general->origin_written ? "bin:%lld@%lld" : "bin:%lld", number, origin);
        return;
    }
    abort();
}

bool ch_general_fits(const struct ch_general *general, enum ch_column_type type)
{
    switch (general->kind) {
    case CH_GENERAL_DROP:
    case CH_GENERAL_KEEP:
        return type != CH_TYPE_UNKNOWN;
    case CH_GENERAL_ROUND:
    case CH_GENERAL_BIN:
        return type == CH_TYPE_NUMBER || type == CH_TYPE_INTEGER;
    case CH_GENERAL_TRUNC:
        return type == CH_TYPE_DATE || type == CH_TYPE_DATETIME;
    case CH_GENERAL_PREFIX:
        return type == CH_TYPE_STRING;
    }
    abort();
}

/* year > quarter > month > day > hour > minute, and week > day. */
static bool unit_no_finer(enum ch_trunc_unit new_one, enum ch_trunc_unit old_one)
{
    if (new_one == CH_TRUNC_WEEK || old_one == CH_TRUNC_WEEK)
        return new_one == old_one || (new_one == CH_TRUNC_WEEK && old_one >= CH_TRUNC_DAY);
    return new_one <= old_one;
}

bool ch_general_no_finer(const struct ch_general *new_one, const struct ch_general *old_one)
{
    if (new_one->kind == CH_GENERAL_DROP || old_one->kind == CH_GENERAL_KEEP)
        return true;
    if (new_one->kind != old_one->kind)
        return false;
    switch (new_one->kind) {
    case CH_GENERAL_DROP:
    case CH_GENERAL_KEEP:
        return true;
    case CH_GENERAL_ROUND:
    case CH_GENERAL_PREFIX:
        return new_one->number <= old_one->number;
    case CH_GENERAL_TRUNC:
        return unit_no_finer(new_one->unit, old_one->unit);
    case CH_GENERAL_BIN:
        return new_one->number % old_one->number == 0 && new_one->origin == old_one->origin;
    }
    abort();
}

/* The start of the unit that holds this day. */
static int64_t trunc_days(enum ch_trunc_unit unit, int64_t days)
{
    int64_t year;
    int month, day;
    ch_date_of_days(days, &year, &month, &day);
    switch (unit) {
    case CH_TRUNC_YEAR:
        return ch_days_of_date(year, 1, 1);
    case CH_TRUNC_QUARTER:
        return ch_days_of_date(year, (month - 1) / 3 * 3 + 1, 1);
    case CH_TRUNC_MONTH:
        return ch_days_of_date(year, month, 1);
    case CH_TRUNC_WEEK:
        return days - ((days + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    case CH_TRUNC_DAY:
    case CH_TRUNC_HOUR:
    case CH_TRUNC_MINUTE:
        return days;
    }
    abort();
}

/* `YYYY-MM-DD`, or `YYYY-MM-DD?HH:MM:SS` of a longer text, as seconds. */
static bool read_start(const char *value, bool with_time, int64_t *seconds)
{
    char text[21] = "0000-00-00T00:00:00Z";
    size_t length = strlen(value);
    if (with_time ? length < 20 || (value[10] != ' ' && value[10] != 'T') : length != 10)
        return false;
    memcpy(text, value, with_time ? 19 : 10);
    text[10] = 'T';
    return ch_zulu_parse(text, seconds);
}

static bool in_utc(const char *value)
{
    const char *zone = value + 19;
    if (*zone == '.')
        zone += 1 + strspn(zone + 1, "0123456789");
    return strcmp(zone, "Z") == 0 || strcmp(zone, "+00") == 0 || strcmp(zone, "+00:00") == 0;
}

static bool apply_trunc(enum ch_trunc_unit unit, bool with_time, const char *value, char *out, size_t size)
{
    int64_t seconds, rest;
    char text[21];
    if (!read_start(value, with_time, &seconds) || (with_time && !in_utc(value)))
        return false;
    rest = (seconds % 86400 + 86400) % 86400;
    seconds = trunc_days(unit, (seconds - rest) / 86400) * 86400;
    if (seconds < ch_days_of_date(0, 1, 1) * 86400)
        return false; /* the week of the first day of year 0 starts before it */
    if (unit == CH_TRUNC_HOUR || unit == CH_TRUNC_MINUTE)
        seconds += rest - rest % (unit == CH_TRUNC_HOUR ? 3600 : 60);
    ch_zulu_format(seconds, text);
    int made = with_time ? snprintf(out, size, "%.10s %.8s+00", text, text + 11) : snprintf(out, size, "%.10s", text);
    return made > 0 && (size_t)made < size;
}

static bool copy(const char *value, size_t length, char *out, size_t size)
{
    if (length >= size)
        return false;
    memcpy(out, value, length);
    out[length] = '\0';
    return true;
}

bool ch_general_apply(const struct ch_general *general, enum ch_column_type type, const char *value, char *out,
                      size_t size)
{
    if (!ch_general_fits(general, type))
        return false;
    switch (general->kind) {
    case CH_GENERAL_DROP:
        return false;
    case CH_GENERAL_KEEP:
        return copy(value, strlen(value), out, size);
    case CH_GENERAL_ROUND:
        return ch_decimal_round(value, (int)general->number, out, size);
    case CH_GENERAL_BIN:
        return ch_decimal_bin(value, general->number, general->origin, out, size);
    case CH_GENERAL_PREFIX:
        return copy(value, ch_utf8_prefix(value, strlen(value), (size_t)general->number), out, size);
    case CH_GENERAL_TRUNC:
        return apply_trunc(general->unit, type == CH_TYPE_DATETIME, value, out, size);
    }
    abort();
}
