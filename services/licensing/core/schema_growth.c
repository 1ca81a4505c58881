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

static bool has_value(const struct ch_table_field *field, const char *text)
{
    for (size_t i = 0; i < field->value_count; i++)
        if (strcmp(field->values[i], text) == 0)
            return true;
    return false;
}

/* The enum of `next` holds all values of `before` (or there is none any more). */
static bool enum_relaxed(const struct ch_table_field *before, const struct ch_table_field *next)
{
    if (!next->values)
        return true;
    for (size_t i = 0; i < before->value_count; i++)
        if (!has_value(next, before->values[i]))
            return false;
    return before->values != NULL;
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
    const struct ch_at fields = {NULL, "fields", 0}, key = {NULL, "primaryKey", 0};
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
    if (!same_key(before, next))
        ch_fault(faults, &key, "may only be dropped");
}
