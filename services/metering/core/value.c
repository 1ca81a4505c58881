/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From bytes to shown texts, a type at a time. */
#include "value.h"

#include <string.h>

#include "commonhold/calendar.h"
#include "decimal.h"

#define FIXED_ROOM 64 /* of everything but numerics and texts */
#define DAY_US     INT64_C(86400000000)
#define HOUR_US    INT64_C(3600000000)
#define MINUTE_US  INT64_C(60000000)
#define FIRST_DAY  10957 /* 2000-01-01, from which the server counts, in days since 1970 */

struct civil {
    int64_t year; /* 0 is 1 BC */
    int month, day;
};

static int64_t integer_at(const uint8_t *bytes, size_t length)
{
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

static int64_t floor_to(int64_t value, int64_t unit)
{
    int64_t above = value % unit;
    return value - (above < 0 ? above + unit : above);
}

/* ---- calendar ---- */

static struct civil civil_of(int64_t days)
{
    struct civil c;
    ch_date_of_days(days + FIRST_DAY, &c.year, &c.month, &c.day);
    return c;
}

static int64_t trunc_days(const char *unit, int64_t days)
{
    if (strcmp(unit, "week") == 0)
        return floor_to(days + 5, 7) - 5; /* 2000-01-01 was a Saturday */
    if (strcmp(unit, "day") == 0 || strcmp(unit, "hour") == 0 || strcmp(unit, "minute") == 0)
        return days;
    struct civil c = civil_of(days);
    if (strcmp(unit, "year") == 0)
        c.month = 1;
    else if (strcmp(unit, "quarter") == 0)
        c.month = 3 * ((c.month - 1) / 3) + 1;
    return ch_days_of_date(c.year, c.month, 1) - FIRST_DAY;
}

static int64_t trunc_instant(const char *unit, int64_t us)
{
    if (strcmp(unit, "minute") == 0)
        return floor_to(us, MINUTE_US);
    if (strcmp(unit, "hour") == 0)
        return floor_to(us, HOUR_US);
    return trunc_days(unit, floor_to(us, DAY_US) / DAY_US) * DAY_US;
}

/* ---- texts ---- */

/* At least `width` digits. */
static char *add_digits(char *to, int64_t number, int width)
{
    char text[20];
    int size = 0;
    while (number > 0 || size < width) {
        text[size++] = (char)('0' + number % 10);
        number /= 10;
    }
    while (size > 0)
        *to++ = text[--size];
    return to;
}

static char *add_text(char *to, const char *text)
{
    size_t length = strlen(text);
    memcpy(to, text, length);
    return to + length;
}

static char *add_day(char *to, const struct civil *c)
{
    to = add_digits(to, c->year > 0 ? c->year : 1 - c->year, 4);
    *to++ = '-';
    to = add_digits(to, c->month, 2);
    *to++ = '-';
    return add_digits(to, c->day, 2);
}

static char *add_era(char *to, const struct civil *c)
{
    return c->year > 0 ? to : add_text(to, " BC");
}

static size_t show_date(const struct plan_column *column, int64_t days, char *to)
{
    if (days == INT32_MAX || days == INT32_MIN)
        return (size_t)(add_text(to, days > 0 ? "infinity" : "-infinity") - to);
    struct civil c = civil_of(column->rule == PLAN_TRUNC ? trunc_days(column->unit, days) : days);
    return (size_t)(add_era(add_day(to, &c), &c) - to);
}

static char *add_time(char *to, int64_t us)
{
    to = add_digits(to, us / HOUR_US, 2);
    *to++ = ':';
    to = add_digits(to, us / MINUTE_US % 60, 2);
    *to++ = ':';
    to = add_digits(to, us / 1000000 % 60, 2);
    if (us % 1000000 == 0)
        return to;
    *to++ = '.';
    to = add_digits(to, us % 1000000, 6);
    while (to[-1] == '0')
        to--;
    return to;
}

static size_t show_instant(const struct plan_column *column, int64_t us, char *to)
{
    if (us == INT64_MAX || us == INT64_MIN)
        return (size_t)(add_text(to, us > 0 ? "infinity" : "-infinity") - to);
    if (column->rule == PLAN_TRUNC)
        us = trunc_instant(column->unit, us);
    int64_t midnight = floor_to(us, DAY_US);
    struct civil c = civil_of(midnight / DAY_US);
    char *end = add_day(to, &c);
    *end++ = ' ';
    return (size_t)(add_era(add_time(end, us - midnight), &c) - to);
}

/* Length of the first `most` code points. */
static size_t prefix(const uint8_t *bytes, size_t length, int64_t most)
{
    if ((int64_t)length <= most)
        return length;
    for (size_t i = 0; i < length; i++)
        if ((bytes[i] & 0xC0) != 0x80 && most-- == 0)
            return i;
    return length;
}

/* ---- entry points ---- */

size_t value_room(const struct plan_column *column, const uint8_t *bytes, size_t length)
{
    if (column->type == PLAN_STRING)
        return 0;
    size_t room = column->type == PLAN_NUMBER ? decimal_room(bytes, length) : FIXED_ROOM;
    return room == DECIMAL_BAD ? 0 : room;
}

/* Bytes written into `to`, DECIMAL_BAD when these are not of the type. */
static size_t write_value(const struct plan_column *column, const uint8_t *bytes, size_t length, char *to)
{
    switch (column->type) {
    case PLAN_INTEGER:
        return length == 8 ? decimal_integer(column, integer_at(bytes, 8), to) : DECIMAL_BAD;
    case PLAN_NUMBER:
        return decimal_numeric(column, bytes, length, to);
    case PLAN_BOOLEAN:
        *to = length == 1 && *bytes ? 't' : 'f';
        return length == 1 ? 1 : DECIMAL_BAD;
    case PLAN_DATE:
        return length == 4 ? show_date(column, (int32_t)integer_at(bytes, 4), to) : DECIMAL_BAD;
    case PLAN_DATETIME:
        return length == 8 ? show_instant(column, integer_at(bytes, 8), to) : DECIMAL_BAD;
    case PLAN_STRING:
        break;
    }
    return DECIMAL_BAD;
}

int value_show(const struct plan_column *column, const uint8_t *bytes, size_t length, char *to, const char **text)
{
    if (column->type == PLAN_STRING) {
        *text = (const char *)bytes;
        return (int)(column->rule == PLAN_PREFIX ? prefix(bytes, length, column->number) : length);
    }
    size_t written = write_value(column, bytes, length, to);
    *text = to;
    return written == DECIMAL_BAD ? -1 : (int)written;
}
