/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether a later version of a column contract may follow an earlier one: rows that are stored must stay valid, and no
 * column may become less protected. */
#include "table_schema.h"

#include <string.h>

static int compare_bounds(const struct ch_table_field *field, const struct ch_bound *a, const struct ch_bound *b)
{
    if (field->type == CH_TYPE_NUMBER)
        return ch_decimal_compare(&a->decimal, &b->decimal);
    return a->integer < b->integer ? -1 : a->integer > b->integer;
}

static bool has_text(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

/* `next` has all texts of `before`. */
static bool holds_all(const char *const *next, size_t next_count, const char *const *before, size_t before_count)
{
    for (size_t i = 0; i < before_count; i++)
        if (!has_text(next, next_count, before[i]))
            return false;
    return true;
}

static bool has_number(const struct ch_table_field *field, const struct ch_decimal *number)
{
    for (size_t i = 0; i < field->value_count; i++)
        if (ch_decimal_compare(&field->decimals[i], number) == 0)
            return true;
    return false;
}

/* The enum of `next` holds all values of `before` (or there is none any more). Numbers are compared by value. */
static bool enum_relaxed(const struct ch_table_field *before, const struct ch_table_field *next)
{
    if (!next->values)
        return true;
    if (next->type != CH_TYPE_NUMBER)
        return before->values && holds_all(next->values, next->value_count, before->values, before->value_count);
    for (size_t i = 0; i < before->value_count; i++)
        if (!has_number(next, &before->decimals[i]))
            return false;
    return before->values != NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* A unit or kind of data may be named where none was; what is named stays. */
static void check_reading(struct ch_faults *faults, const struct ch_at *at, const struct ch_table_field *before,
                          const struct ch_table_field *next)
{
    const struct ch_at unit = {at, "ch:unit", 0}, data = {at, "ch:data_type", 0};
    if (before->unit && !same_text(before->unit, next->unit))
        ch_fault(faults, &unit, "changes the unit of a column");
    if (before->data_type && !same_text(before->data_type, next->data_type))
        ch_fault(faults, &data, "changes the kind of data of a column");
    if (before->decimal_char != next->decimal_char || (before->group_char && before->group_char != next->group_char))
        ch_fault(faults, at, "reads its numbers otherwise");
    if (before->has_zone && (!next->has_zone || before->zone_minutes != next->zone_minutes))
        ch_fault(faults, at, "reads its times in another zone");
    if (!holds_all(next->true_values, next->true_count, before->true_values, before->true_count) ||
        !holds_all(next->false_values, next->false_count, before->false_values, before->false_count))
        ch_fault(faults, at, "takes away a text for true or false");
}

static void check_constraints(struct ch_faults *faults, const struct ch_at *at, const struct ch_table_field *before,
                              const struct ch_table_field *next)
{
    const struct ch_at here = {at, "constraints", 0};
    if (next->required && !before->required)
        ch_fault(faults, &here, "makes a column required that was not");
    if (next->unique && !before->unique)
        ch_fault(faults, &here, "makes a column unique that was not");
    if (next->minimum.set && (!before->minimum.set || compare_bounds(next, &next->minimum, &before->minimum) > 0))
        ch_fault(faults, &here, "raises the minimum");
    if (next->maximum.set && (!before->maximum.set || compare_bounds(next, &next->maximum, &before->maximum) < 0))
        ch_fault(faults, &here, "lowers the maximum");
    if (next->min_length > before->min_length)
        ch_fault(faults, &here, "raises minLength");
    if (next->max_length < before->max_length)
        ch_fault(faults, &here, "lowers maxLength");
    if (!enum_relaxed(before, next))
        ch_fault(faults, &here, "takes a value out of the enum");
}

static void check_field(struct ch_faults *faults, const struct ch_at *at, const struct ch_table_field *before,
                        const struct ch_table_field *next)
{
    const struct ch_at type = {at, "type", 0}, sensitivity = {at, "ch:sensitivity", 0};
    if (next->type != before->type) {
        ch_fault(faults, &type, "changes the type of a column");
        return;
    }
    if (next->sensitivity < before->sensitivity)
        ch_fault(faults, &sensitivity, "lowers a sensitivity");
    check_reading(faults, at, before, next);
    check_constraints(faults, at, before, next);
}

static bool same_key(const struct ch_table_schema *before, const struct ch_table_schema *next)
{
    if (next->primary_key_count != before->primary_key_count)
        return next->primary_key_count == 0;
    for (size_t i = 0; i < next->primary_key_count; i++)
        if (strcmp(next->fields[next->primary_key[i]].name, before->fields[before->primary_key[i]].name) != 0)
            return false;
    return true;
}

void ch_table_schema_growth(struct ch_faults *faults, const struct ch_table_schema *before,
                            const struct ch_table_schema *next, bool *new_notice)
{
    const struct ch_at fields = {NULL, "fields", 0}, key = {NULL, "primaryKey", 0},
                       missing = {NULL, "missingValues", 0};
    *new_notice = false;
    for (size_t i = 0; i < before->field_count; i++)
        if (ch_table_schema_field(next, before->fields[i].name, strlen(before->fields[i].name)) == next->field_count)
            ch_fault(faults, &fields, "drops the column %s", before->fields[i].name);
    for (size_t i = 0; i < next->field_count; i++) {
        const struct ch_at at = {&fields, NULL, i};
        const struct ch_table_field *field = &next->fields[i];
        size_t old = ch_table_schema_field(before, field->name, strlen(field->name));
        if (old < before->field_count) {
            check_field(faults, &at, &before->fields[old], field);
            continue;
        }
        if (field->required)
            ch_fault(faults, &at, "is a new column and must be nullable");
        *new_notice |= field->sensitivity != CH_SENSITIVITY_NONE;
    }
    if (!holds_all(next->missing, next->missing_count, before->missing, before->missing_count))
        ch_fault(faults, &missing, "takes away a text for a missing value");
    if (!same_key(before, next))
        ch_fault(faults, &key, "may only be dropped");
}
