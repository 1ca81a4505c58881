/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The columns a grant gives and how each is made coarser, read from the plan of the grant and the schema of the pool,
 * and written as expressions of PostgreSQL. Numbers in an expression come from parsed integers alone. */
#ifndef METERING_CORE_PLAN_H
#define METERING_CORE_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

enum plan_type { PLAN_STRING, PLAN_INTEGER, PLAN_NUMBER, PLAN_BOOLEAN, PLAN_DATE, PLAN_DATETIME };

enum plan_rule {
    PLAN_KEEP,
    PLAN_ROUND,  /* number: decimals, -6 to 6 */
    PLAN_TRUNC,  /* unit */
    PLAN_PREFIX, /* number: code points, 1 to 9999 */
    PLAN_BIN     /* number: width over 0; origin */
};

struct plan_column {
    const char *name;
    enum plan_type type;
    enum plan_rule rule;
    const char *unit; /* PLAN_TRUNC: a word of date_trunc */
    int64_t number, origin;
};

struct plan {
    struct plan_column *columns;
    size_t count;
};

#define PLAN_COLUMNS_MOST 200

/* plan: array of {"name", "rule"}; schema: {"fields": [{"name", "type"}]}. A column that is dropped, has an unknown
 * rule, a rule that does not fit its type, or no field in the schema is absent. In the arena; texts live as long as the
 * JSON. */
struct plan plan_read(struct ch_arena *arena, const json_t *plan, const json_t *schema);

/* NULL when the plan has no such column. */
const struct plan_column *plan_find(const struct plan *plan, const char *name);

/* The generalised value as an SQL expression over `identifier` (quoted already): typed as it is compared. Instants are
 * timestamps without zone, in UTC. */
const char *plan_expression(struct ch_arena *arena, const struct plan_column *column, const char *identifier);

/* The rule as the terms write it ("round:2"), for the hash of a request. */
const char *plan_rule_text(struct ch_arena *arena, const struct plan_column *column);

#endif
