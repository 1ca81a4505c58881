/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading a grant's plan and writing generalisations as SQL. Which rules a grant may carry was decided by licensing;
 * what is not understood here is not delivered. */
#include "plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const UNITS[] = {"year", "quarter", "month", "week", "day", "hour", "minute", NULL};

/* A canonical integer of at most 18 digits up to `end` characters: no plus, no leading zero, no -0. */
static bool read_integer(const char *text, size_t length, int64_t *number)
{
    bool minus = length > 0 && *text == '-';
    const char *digits = text + minus;
    size_t count = length - minus;
    int64_t value = 0;
    if (count == 0 || count > 18 || (digits[0] == '0' && (count > 1 || minus)))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        value = value * 10 + (digits[i] - '0');
    }
    *number = minus ? -value : value;
    return true;
}

static bool read_bounded(const char *text, int64_t low, int64_t high, int64_t *number)
{
    return read_integer(text, strlen(text), number) && *number >= low && *number <= high;
}

static bool read_bin(const char *text, struct plan_column *column)
{
    size_t width = strcspn(text, "@");
    if (!read_integer(text, width, &column->number) || column->number <= 0)
        return false;
    return !text[width] || read_integer(text + width + 1, strlen(text + width + 1), &column->origin);
}

static bool read_unit(const char *text, struct plan_column *column)
{
    for (size_t i = 0; UNITS[i]; i++)
        if (strcmp(text, UNITS[i]) == 0)
            column->unit = UNITS[i];
    return column->unit != NULL;
}

static const char *behind(const char *text, const char *start)
{
    size_t length = strlen(start);
    return strncmp(text, start, length) == 0 ? text + length : NULL;
}

static bool is_numeric(enum plan_type type)
{
    return type == PLAN_INTEGER || type == PLAN_NUMBER;
}

static bool read_rule(const char *text, struct plan_column *column)
{
    const char *rest;
    if (strcmp(text, "keep") == 0) {
        column->rule = PLAN_KEEP;
        return true;
    }
    if ((rest = behind(text, "round:"))) {
        column->rule = PLAN_ROUND;
        return is_numeric(column->type) && read_bounded(rest, -6, 6, &column->number);
    }
    if ((rest = behind(text, "trunc:"))) {
        column->rule = PLAN_TRUNC;
        return (column->type == PLAN_DATE || column->type == PLAN_DATETIME) && read_unit(rest, column);
    }
    if ((rest = behind(text, "prefix:"))) {
        column->rule = PLAN_PREFIX;
        return column->type == PLAN_STRING && read_bounded(rest, 1, 9999, &column->number);
    }
    if ((rest = behind(text, "bin:"))) {
        column->rule = PLAN_BIN;
        return is_numeric(column->type) && read_bin(rest, column);
    }
    return false;
}

static bool read_type(const char *text, enum plan_type *type)
{
    static const char *const TYPES[] = {"string", "integer", "number", "boolean", "date", "datetime"};
    for (size_t i = 0; text && i < sizeof TYPES / sizeof *TYPES; i++)
        if (strcmp(text, TYPES[i]) == 0) {
            *type = (enum plan_type)i;
            return true;
        }
    return false;
}

static const char *type_of(const json_t *schema, const char *name)
{
    const json_t *field;
    size_t i;
    json_array_foreach(json_object_get(schema, "fields"), i, field)
    {
        const char *has = json_string_value(json_object_get(field, "name"));
        if (has && strcmp(has, name) == 0)
            return json_string_value(json_object_get(field, "type"));
    }
    return NULL;
}

struct plan plan_read(struct ch_arena *arena, const json_t *plan, const json_t *schema)
{
    struct plan out = {.columns = ch_alloc_array(arena, PLAN_COLUMNS_MOST, sizeof(struct plan_column))};
    const json_t *entry;
    size_t i;
    json_array_foreach(plan, i, entry)
    {
        struct plan_column column = {.name = json_string_value(json_object_get(entry, "name"))};
        const char *rule = json_string_value(json_object_get(entry, "rule"));
        if (out.count < PLAN_COLUMNS_MOST && column.name && rule &&
            read_type(type_of(schema, column.name), &column.type) && read_rule(rule, &column))
            out.columns[out.count++] = column;
    }
    return out;
}

const struct plan_column *plan_find(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->columns[i].name, name) == 0)
            return &plan->columns[i];
    return NULL;
}

/* floor((x - O) / W) * W + O without a division, which would round: f = floor(x) - O, then f - (f mod W) + O, the
 * remainder made positive first. */
static const char *bin_expression(struct ch_arena *arena, const struct plan_column *column, const char *identifier)
{
    const char *f =
        ch_printf(arena, "(pg_catalog.floor(%s::numeric) - (%" PRId64 ")::numeric)", identifier, column->origin);
    return ch_printf(arena,
                     "(%s - pg_catalog.mod(pg_catalog.mod(%s, %" PRId64 "::numeric) + %" PRId64 "::numeric, %" PRId64
                     "::numeric) + (%" PRId64 ")::numeric)",
                     f, f, column->number, column->number, column->number, column->origin);
}

static const char *trunc_expression(struct ch_arena *arena, const struct plan_column *column, const char *identifier)
{
    if (column->type == PLAN_DATE)
        return ch_printf(arena, "pg_catalog.date_trunc('%s', %s::timestamp)::date", column->unit, identifier);
    return ch_printf(arena, "pg_catalog.date_trunc('%s', %s AT TIME ZONE 'UTC')", column->unit, identifier);
}

const char *plan_expression(struct ch_arena *arena, const struct plan_column *column, const char *identifier)
{
    switch (column->rule) {
    case PLAN_KEEP:
        if (column->type == PLAN_DATETIME)
            return ch_printf(arena, "(%s AT TIME ZONE 'UTC')", identifier);
        return identifier;
    case PLAN_ROUND:
        return ch_printf(arena, "pg_catalog.round(%s%s, %" PRId64 ")", identifier,
                         column->type == PLAN_INTEGER ? "::numeric" : "", column->number);
    case PLAN_TRUNC:
        return trunc_expression(arena, column, identifier);
    case PLAN_PREFIX:
        return ch_printf(arena, "pg_catalog.\"left\"(%s, %" PRId64 ")", identifier, column->number);
    case PLAN_BIN:
        return bin_expression(arena, column, identifier);
    }
    abort();
}

const char *plan_rule_text(struct ch_arena *arena, const struct plan_column *column)
{
    switch (column->rule) {
    case PLAN_KEEP:
        return "keep";
    case PLAN_ROUND:
        return ch_printf(arena, "round:%" PRId64, column->number);
    case PLAN_TRUNC:
        return ch_printf(arena, "trunc:%s", column->unit);
    case PLAN_PREFIX:
        return ch_printf(arena, "prefix:%" PRId64, column->number);
    case PLAN_BIN:
        return ch_printf(arena, "bin:%" PRId64 "@%" PRId64, column->number, column->origin);
    }
    abort();
}
