/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Values of PostgreSQL's binary format as the text a row shows of them, made coarser by the column's rule. The result
 * is that of plan_expression, which filters and the reference use, and of the server's own output in ISO style: written
 * here because the server takes three times as long for it. */
#ifndef METERING_CORE_VALUE_H
#define METERING_CORE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"

/* Most bytes value_show writes into its buffer; texts take none, they stay where they are. */
size_t value_room(const struct plan_column *column, const uint8_t *bytes, size_t length);
/* *text: the value, in `to` or in `bytes`; returns its length, negative when the bytes are no value of the type. */
int value_show(const struct plan_column *column, const uint8_t *bytes, size_t length, char *to, const char **text);

#endif
