/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Filters in PostgREST's notation: <column>=<op>.<value>. They name columns of the plan only and compare what the row
 * shows. Values become parameters of the statement; its text never holds one. */
#ifndef METERING_CORE_FILTER_H
#define METERING_CORE_FILTER_H

#include <stdbool.h>

#include "commonhold/arena.h"
#include "plan.h"

enum filter_op { FILTER_EQ, FILTER_NEQ, FILTER_GT, FILTER_GTE, FILTER_LT, FILTER_LTE, FILTER_IN, FILTER_IS };

struct filter {
    const struct plan_column *column;
    enum filter_op op;
    const char *value; /* FILTER_IN: an array literal; FILTER_IS: null, not_null, true, false or unknown */
};

#define FILTERS_MOST   20
#define FILTER_IN_MOST 100

/* Reads `text`, what stands behind the equals sign, for a column. NULL and *out filled, or what is wrong with it. The
 * value is checked against the column's type, so that the server need not refuse it. */
const char *filter_read(struct ch_arena *arena, const struct plan_column *column, const char *text, struct filter *out);

/* The condition over `expression` (plan_expression); the value, where it takes one (filter_has_value), is parameter
 * number `parameter`. */
const char *filter_condition(struct ch_arena *arena, const struct filter *filter, const char *expression,
                             int parameter);
bool filter_has_value(const struct filter *filter);

#endif
