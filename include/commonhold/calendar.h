/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The proleptic Gregorian calendar (ISO 8601; year 0 is 1 BC) in whole days. Pure: no clock and no time zones. */
#ifndef COMMONHOLD_CALENDAR_H
#define COMMONHOLD_CALENDAR_H

#include <stdint.h>

/* Days since 1970-01-01 of a date, and back. Month 1 to 12, day 1 to 31; all days that 32 bits can count. */
int64_t ch_days_of_date(int64_t year, int month, int day);
void ch_date_of_days(int64_t days, int64_t *year, int *month, int *day);
/* Days in a month of a year. */
int ch_days_of_month(int64_t year, int month);

#endif
