/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Instants of documents: whole seconds, UTC, written YYYY-MM-DDTHH:MM:SSZ. Proleptic Gregorian, years 0000 to 9999. */
#ifndef LICENSING_CORE_ZULU_H
#define LICENSING_CORE_ZULU_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970-01-01T00:00:00Z. False for any other form, a day the month does not have, second 60, hour 24. */
bool ch_zulu_parse(const char *text, int64_t *seconds);
/* 20 characters and NUL; `seconds` within the years above. */
void ch_zulu_format(int64_t seconds, char text[21]);

/* Days since 1970-01-01 of a date, and back. Month 1 to 12, day 1 to 31. */
int64_t ch_zulu_days(int64_t year, int month, int day);
void ch_zulu_date(int64_t days, int64_t *year, int *month, int *day);
/* Days in a month of a year. */
int ch_zulu_month_days(int64_t year, int month);

#endif
