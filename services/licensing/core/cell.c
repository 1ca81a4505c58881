/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads cells by column type. This is the inner loop of ingestion: it allocates nothing, copies only where the
 * canonical text differs from the given one, and never goes through binary fractions. */
#include "cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/calendar.h"
#include "commonhold/utf8.h"
#include "zulu.h"

const char *ch_cell_reason_text(enum ch_cell_reason reason)
{
#define CH_X(name, text) text,
    static const char *const texts[] = {"", CH_CELL_REASONS(CH_X)};
#undef CH_X
    return texts[reason];
}

static bool equals(const char *text, size_t length, const char *other)
{
    return strncmp(text, other, length) == 0 && other[length] == '\0';
}

static bool is_listed(const char *text, size_t length, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (equals(text, length, list[i]))
            return true;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum ch_cell_reason in_bounds(const struct ch_table_field *field, int64_t value)
{
    if ((field->minimum.set && value < field->minimum.integer) ||
        (field->maximum.set && value > field->maximum.integer))
        return CH_CELL_RANGE;
    return CH_CELL_GOOD;
}

static enum ch_cell_reason read_string(const struct ch_table_field *field, const char *text, size_t length,
                                       struct ch_cell *out)
{
    *out = (struct ch_cell){text, length};
    /* Bytes bound code points, so that most cells need no counting. */
    if (length < field->min_length || (length > field->max_length || field->min_length > 0)) {
        size_t points = ch_utf8_count(text, length);
        if (points < field->min_length || points > field->max_length)
            return CH_CELL_LENGTH;
    }
    return CH_CELL_GOOD;
}

static enum ch_cell_reason read_integer(const struct ch_table_field *field, const char *text, size_t length,
                                        char *scratch, struct ch_cell *out)
{
    size_t i = length && (*text == '-' || *text == '+'), start = i;
    __int128 value = 0;
    if (i == length)
        return CH_CELL_TYPE;
    for (; i < length; i++) {
        if (!is_digit(text[i]))
            return CH_CELL_TYPE;
        if (value <= INT64_MAX)
            value = value * 10 + (text[i] - '0');
    }
    if (*text == '-')
        value = -value;
    if (value > INT64_MAX || value < INT64_MIN)
        return CH_CELL_RANGE;
    *out = (struct ch_cell){text, length};
    if (*text == '+' || (text[start] == '0' && length > 1))
        *out = (struct ch_cell){scratch, (size_t)snprintf(scratch, CH_CELL_SCRATCH, "%lld", (long long)value)};
    return in_bounds(field, (int64_t)value);
}

/* Puts a number with its own decimal and group characters into plain form. 0 when it has none. */
static size_t plain_number(const struct ch_table_field *field, const char *text, size_t length, char *scratch)
{
    size_t n = 0;
    bool behind_point = false;
    for (size_t i = 0; i < length; i++) {
        bool between = i > 0 && i + 1 < length && is_digit(text[i - 1]) && is_digit(text[i + 1]);
        if (text[i] == field->decimal_char) {
            scratch[n++] = '.';
            behind_point = true;
        } else if (field->group_char && text[i] == field->group_char) {
            if (!between || behind_point)
                return 0;
        } else if (text[i] == '.') {
            return 0;
        } else {
            scratch[n++] = text[i];
        }
    }
    return n;
}

static enum ch_cell_reason read_number(const struct ch_table_field *field, const char *text, size_t length,
                                       char *scratch, struct ch_cell *out)
{
    struct ch_decimal value;
    if (length > CH_DECIMAL_LENGTH)
        return CH_CELL_RANGE;
    if (field->decimal_char != '.' || field->group_char) {
        length = plain_number(field, text, length, scratch);
        text = scratch;
    }
    if (!ch_decimal_parse(text, length, &value))
        return CH_CELL_TYPE;
    *out = (struct ch_cell){text, length};
    if ((field->minimum.set && ch_decimal_compare(&value, &field->minimum.decimal) < 0) ||
        (field->maximum.set && ch_decimal_compare(&value, &field->maximum.decimal) > 0))
        return CH_CELL_RANGE;
    return CH_CELL_GOOD;
}

static enum ch_cell_reason read_boolean(const struct ch_table_field *field, const char *text, size_t length,
                                        struct ch_cell *out)
{
    if (is_listed(text, length, field->true_values, field->true_count))
        *out = (struct ch_cell){"t", 1};
    else if (is_listed(text, length, field->false_values, field->false_count))
        *out = (struct ch_cell){"f", 1};
    else
        return CH_CELL_TYPE;
    return CH_CELL_GOOD;
}

/* `form` has a 0 for each digit. */
static bool has_form(const char *text, const char *form)
{
    for (; *form; form++, text++)
        if (*form == '0' ? !is_digit(*text) : *text != *form)
            return false;
    return true;
}

static int two(const char *digits)
{
    return (digits[0] - '0') * 10 + digits[1] - '0';
}

/* YYYY-MM-DD at `text`, ten bytes. Year 0 is none in PostgreSQL. */
static enum ch_cell_reason read_day(const char *text, int64_t *days)
{
    if (!has_form(text, "0000-00-00"))
        return CH_CELL_TYPE;
    int year = two(text) * 100 + two(text + 2), month = two(text + 5), day = two(text + 8);
    if (month < 1 || month > 12 || day < 1 || day > ch_days_of_month(year, month))
        return CH_CELL_TYPE;
    *days = ch_days_of_date(year, month, day);
    return year == 0 ? CH_CELL_RANGE : CH_CELL_GOOD;
}

static enum ch_cell_reason read_date(const struct ch_table_field *field, const char *text, size_t length,
                                     struct ch_cell *out)
{
    int64_t days;
    *out = (struct ch_cell){text, length};
    enum ch_cell_reason reason = length == 10 ? read_day(text, &days) : CH_CELL_TYPE;
    return reason ? reason : in_bounds(field, days);
}

/* HH:MM, HH:MM:SS or HH:MM:SS.f at text[*i]: microseconds of the day; -1 if it is none. */
static int64_t read_clock(const char *text, size_t length, size_t *i)
{
    if (length - *i < 5 || !has_form(text + *i, "00:00"))
        return -1;
    int hour = two(text + *i), minute = two(text + *i + 3), second = 0;
    int64_t micros = 0, unit = 100000;
    *i += 5;
    if (length - *i >= 3 && has_form(text + *i, ":00")) {
        second = two(text + *i + 1);
        *i += 3;
        if (length - *i >= 2 && text[*i] == '.' && is_digit(text[*i + 1]))
            for (++*i; *i < length && is_digit(text[*i]); ++*i, unit /= 10)
                micros += (text[*i] - '0') * unit; /* unit is 0 behind the sixth digit */
    }
    if (hour > 23 || minute > 59 || second > 59)
        return -1;
    return ((hour * 60 + minute) * INT64_C(60) + second) * 1000000 + micros;
}

/* 0001-01-01T00:00:00Z and the last microsecond of 9999: what four digits of a year can write. */
#define FIRST_INSTANT (INT64_C(-62135596800) * 1000000)
#define LAST_INSTANT  (INT64_C(253402300800) * 1000000 - 1)

/* Writes an instant in UTC; the length. */
static size_t write_instant(int64_t micros, char *scratch)
{
    int64_t fraction = (micros % 1000000 + 1000000) % 1000000;
    char text[21];
    ch_zulu_format((micros - fraction) / 1000000, text);
    int n = snprintf(scratch, CH_CELL_SCRATCH, "%.10s %.8s", text, text + 11);
    if (fraction)
        n += snprintf(scratch + n, (size_t)(CH_CELL_SCRATCH - n), ".%06lld", (long long)fraction);
    memcpy(scratch + n, "+00", 4);
    return (size_t)n + 3;
}

static enum ch_cell_reason read_datetime(const struct ch_table_field *field, const char *text, size_t length,
                                         char *scratch, struct ch_cell *out)
{
    int64_t days;
    size_t i = 11;
    if (length < 16 || (text[10] != 'T' && text[10] != ' '))
        return CH_CELL_TYPE;
    enum ch_cell_reason reason = read_day(text, &days);
    if (reason)
        return reason;
    int64_t clock = read_clock(text, length, &i);
    if (clock < 0)
        return CH_CELL_TYPE;
    int zone = field->zone_minutes;
    if (i < length ? !ch_zone_parse(text + i, length - i, &zone) : !field->has_zone)
        return i < length ? CH_CELL_TYPE : CH_CELL_TIMEZONE;
    int64_t micros = days * INT64_C(86400000000) + clock - zone * INT64_C(60000000);
    if (micros < FIRST_INSTANT || micros > LAST_INSTANT) /* in UTC it leaves the years 1 to 9999 */
        return CH_CELL_RANGE;
    if (i == 19 && zone == 0) { /* whole seconds in UTC, the common case: nothing to compute */
        memcpy(scratch, text, 19);
        scratch[10] = ' ';
        memcpy(scratch + 19, "+00", 4);
        *out = (struct ch_cell){scratch, 22};
    } else {
        *out = (struct ch_cell){scratch, write_instant(micros, scratch)};
    }
    return in_bounds(field, micros);
}

static enum ch_cell_reason read_typed(const struct ch_table_field *field, const char *text, size_t length,
                                      char *scratch, struct ch_cell *out)
{
    switch (field->type) {
    case CH_TYPE_STRING:
        return read_string(field, text, length, out);
    case CH_TYPE_INTEGER:
        return read_integer(field, text, length, scratch, out);
    case CH_TYPE_NUMBER:
        return read_number(field, text, length, scratch, out);
    case CH_TYPE_BOOLEAN:
        return read_boolean(field, text, length, out);
    case CH_TYPE_DATE:
        return read_date(field, text, length, out);
    case CH_TYPE_DATETIME:
        return read_datetime(field, text, length, scratch, out);
    case CH_TYPE_UNKNOWN:
        break;
    }
    abort();
}

/* Of numbers the value counts, of all others the canonical text. */
static bool in_enum(const struct ch_table_field *field, const struct ch_cell *cell)
{
    struct ch_decimal value;
    if (field->type != CH_TYPE_NUMBER)
        return is_listed(cell->text, cell->length, field->values, field->value_count);
    for (size_t i = 0; ch_decimal_parse(cell->text, cell->length, &value) && i < field->value_count; i++)
        if (ch_decimal_compare(&value, &field->decimals[i]) == 0)
            return true;
    return false;
}

enum ch_cell_reason ch_cell_value(const struct ch_table_field *field, const char *text, size_t length, char *scratch,
                                  struct ch_cell *out)
{
    enum ch_cell_reason reason = read_typed(field, text, length, scratch, out);
    if (reason == CH_CELL_GOOD && field->values && !in_enum(field, out))
        return CH_CELL_ENUM;
    return reason;
}

enum ch_cell_reason ch_cell_convert(const struct ch_table_schema *schema, const struct ch_table_field *field,
                                    const char *text, size_t length, char *scratch, struct ch_cell *out)
{
    if (is_listed(text, length, schema->missing, schema->missing_count)) {
        *out = (struct ch_cell){NULL, 0};
        return field->required ? CH_CELL_MISSING : CH_CELL_GOOD;
    }
    return ch_cell_value(field, text, length, scratch, out);
}

bool ch_cell_instant(enum ch_column_type type, const struct ch_cell *cell, int64_t *value)
{
    int64_t days;
    size_t i = 11;
    if (cell->length < 10 || read_day(cell->text, &days) != CH_CELL_GOOD)
        return false;
    *value = days;
    if (type != CH_TYPE_DATETIME)
        return true;
    int64_t clock = cell->length > 11 ? read_clock(cell->text, cell->length, &i) : -1;
    *value = days * INT64_C(86400000000) + clock;
    return clock >= 0;
}
