/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers of PostgreSQL's binary format as the text a row shows, exactly as numeric's own functions would give it:
 * round() away from zero at a half, floor(), no minus before zero, a fixed number of decimals. Integers alone. */
#ifndef METERING_CORE_DECIMAL_H
#define METERING_CORE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"

#define DECIMAL_BAD SIZE_MAX

/* Most bytes decimal_numeric writes for this value; DECIMAL_BAD when it is no numeric. */
size_t decimal_room(const uint8_t *bytes, size_t length);
/* A numeric under PLAN_KEEP, PLAN_ROUND or PLAN_BIN; returns the bytes written, DECIMAL_BAD when it is no numeric. */
size_t decimal_numeric(const struct plan_column *column, const uint8_t *bytes, size_t length, char *to);

#define DECIMAL_INTEGER_ROOM 48
/* The same of a bigint. */
size_t decimal_integer(const struct plan_column *column, int64_t value, char *to);

#endif
