/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* RFC 3339 instants with offsets, fractions and leap seconds. No clock: the reader's caller says what time it is. */
#include <string.h>

#include "commonhold/calendar.h"
#include "event_parts.h"

#define SECOND INT64_C(1000000)

struct instant {
    int year, month, day, hour, minute, second;
    int64_t micros;
    int offset; /* minutes east */
};

static int two(const char *digits)
{
    return (digits[0] - '0') * 10 + digits[1] - '0';
}

static bool has_form(const char *text, const char *form)
{
    for (; *form; text++, form++)
        if (*form == '0' ? *text < '0' || *text > '9' : *text != *form && !(*form == 'T' && *text == 't'))
            return false;
    return true;
}

/* time-secfrac: at least one digit; those behind the sixth only have to be digits. Bytes taken, 0: it is none. */
static size_t read_fraction(const char *text, size_t size, int64_t *micros)
{
    int64_t worth = SECOND;
    size_t i = 1;
    for (; i < size && text[i] >= '0' && text[i] <= '9'; i++) {
        worth /= 10;
        *micros += worth * (text[i] - '0');
    }
    return i > 1 ? i : 0;
}

/* time-offset, all that is left. */
static bool read_offset(const char *text, size_t size, int *minutes)
{
    *minutes = 0;
    if (size == 1)
        return text[0] == 'Z' || text[0] == 'z';
    if (size != 6 || (text[0] != '+' && text[0] != '-') || !has_form(text + 1, "00:00"))
        return false;
    int hour = two(text + 1), minute = two(text + 4);
    *minutes = (text[0] == '-' ? -1 : 1) * (hour * 60 + minute);
    return hour <= 23 && minute <= 59;
}

static bool read_instant(const char *text, size_t size, struct instant *at)
{
    if (size < 20 || !has_form(text, "0000-00-00T00:00:00"))
        return false;
    *at = (struct instant){.year = two(text) * 100 + two(text + 2), .month = two(text + 5), .day = two(text + 8)};
    at->hour = two(text + 11);
    at->minute = two(text + 14);
    at->second = two(text + 17);
    size_t fraction = text[19] == '.' ? read_fraction(text + 19, size - 19, &at->micros) : 0;
    if (text[19] == '.' && fraction == 0)
        return false;
    return read_offset(text + 19 + fraction, size - 19 - fraction, &at->offset);
}

/* The first second of a month, in UTC. A leap second is the one before it, 23:59:60 (RFC 3339, 5.7 and appendix D: at
 * the end of a month). `seconds` counts it as the first of the next month. */
static bool ends_month(int64_t seconds)
{
    if (seconds % 86400 != 0)
        return false;
    for (int64_t year = 1970 + seconds / 31556952 - 1, until = year + 3; year < until; year++)
        for (int month = 1; month <= 12; month++)
            if (ch_days_of_date(year, month, 1) == seconds / 86400)
                return true;
    return false;
}

bool event_time_read(const char *text, size_t size, int64_t *time)
{
    struct instant at;
    if (!read_instant(text, size, &at) || at.month < 1 || at.month > 12 || at.day < 1 ||
        at.day > ch_days_of_month(at.year, at.month) || at.hour > 23 || at.minute > 59 || at.second > 60)
        return false;
    int64_t seconds = ch_days_of_date(at.year, at.month, at.day) * 86400 + at.hour * 3600 + at.minute * 60 + at.second -
                      (int64_t)at.offset * 60;
    if (at.second == 60) {
        *time = seconds * SECOND - 1;
        return ends_month(seconds);
    }
    *time = seconds * SECOND + at.micros;
    return true;
}
