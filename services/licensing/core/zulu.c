/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Instants of documents, read and written. No clock: the database tells the time. */
#include "zulu.h"

#include <stdio.h>
#include <string.h>

#include "commonhold/calendar.h"

static int two(const char *digits)
{
    return (digits[0] - '0') * 10 + digits[1] - '0';
}

bool ch_zulu_parse(const char *text, int64_t *seconds)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    int year = two(text) * 100 + two(text + 2), month = two(text + 5), day = two(text + 8);
    int hour = two(text + 11), minute = two(text + 14), second = two(text + 17);
    if (month < 1 || month > 12 || day < 1 || day > ch_days_of_month(year, month))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *seconds = ch_days_of_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

void ch_zulu_format(int64_t seconds, char text[21])
{
    int64_t days = seconds / 86400, rest = seconds % 86400, year;
    int month, day;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    ch_date_of_days(days, &year, &month, &day);
    snprintf(text, 21, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year % 10000, (unsigned)month % 100,
             (unsigned)day % 100, (unsigned)(rest / 3600) % 100, (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}
