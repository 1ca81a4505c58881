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

#endif
