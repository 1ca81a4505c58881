/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The constraints of a column: bounds, lengths and enums, each value read the way a cell of that column is. */
#include "schema_check.h"

#include <stdio.h>
#include <string.h>

#include "cell.h"

static const struct ch_doc_member constraint_members[] = {
    {"required", CH_DOC_BOOLEAN, true, false},  {"unique", CH_DOC_BOOLEAN, true, false},
    {"minimum", CH_DOC_ANY, true, false},       {"maximum", CH_DOC_ANY, true, false},
    {"minLength", CH_DOC_INTEGER, true, false}, {"maxLength", CH_DOC_INTEGER, true, false},
    {"enum", CH_DOC_ARRAY, true, false},
};

const char **ch_schema_texts(struct ch_schema_reader *r, const struct ch_at *at, const json_t *list, size_t *count)
{
    *count = json_array_size(list);
    if (*count > CH_SCHEMA_VALUES) {
        ch_fault(r->faults, at, "has more than %d values", CH_SCHEMA_VALUES);
        *count = 0;
    }
    const char **texts = ch_alloc_array(r->faults->arena, *count, sizeof *texts);
    for (size_t i = 0; i < *count; i++)
        texts[i] = json_string_value(json_array_get(list, i));
    return texts;
}

/* The canonical cell text of a JSON value of a constraint; NULL with a fault when a cell could not hold it. Numbers
 * may be strings in plain decimal form: JSON fractions would pass through binary ones. */
static const char *value_text(struct ch_schema_reader *r, const struct ch_at *at, const json_t *value,
                              const struct ch_table_field *field)
{
    struct ch_table_field plain = {.type = field->type,
                                   .max_length = CH_STRING_LENGTH,
                                   .decimal_char = '.',
                                   .true_values = field->true_values,
                                   .false_values = field->false_values,
                                   .true_count = field->true_count,
                                   .false_count = field->false_count,
                                   .has_zone = field->has_zone,
                                   .zone_minutes = field->zone_minutes};
    char number[24], *scratch = ch_alloc(r->faults->arena, CH_CELL_SCRATCH);
    const char *text = json_string_value(value);
    struct ch_cell cell;
    if (json_is_integer(value) && field->type != CH_TYPE_STRING) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        text = number;
    } else if (json_is_boolean(value) && field->type == CH_TYPE_BOOLEAN) {
        return json_is_true(value) ? "t" : "f";
    }
    if (!text || ch_cell_value(&plain, text, strlen(text), scratch, &cell) != CH_CELL_GOOD) {
        ch_fault(r->faults, at, "is no value of this column (numbers with decimals are written as strings)");
        return NULL;
    }
    return ch_memdup(r->faults->arena, cell.text, cell.length);
}

static void read_bound(struct ch_schema_reader *r, const struct ch_at *at, const json_t *constraints, const char *name,
                       const struct ch_table_field *field, struct ch_bound *out)
{
    const struct ch_at here = {at, name, 0};
    const json_t *value = json_object_get(constraints, name);
    if (!value)
        return;
    if (field->type == CH_TYPE_STRING || field->type == CH_TYPE_BOOLEAN) {
        ch_fault(r->faults, &here, "does not apply to this type");
        return;
    }
    const char *text = value_text(r, &here, value, field);
    if (!text)
        return;
    out->set = true;
    const struct ch_cell cell = {text, strlen(text)};
    if (field->type == CH_TYPE_NUMBER)
        ch_decimal_parse(text, cell.length, &out->decimal);
    else if (field->type == CH_TYPE_INTEGER)
        sscanf(text, "%lld", (long long *)&out->integer);
    else
        ch_cell_instant(field->type, &cell, &out->integer);
}

static void read_lengths(struct ch_schema_reader *r, const struct ch_at *at, const json_t *constraints,
                         struct ch_table_field *field)
{
    static const char *const names[] = {"minLength", "maxLength"};
    for (size_t i = 0; i < 2; i++) {
        const struct ch_at here = {at, names[i], 0};
        const json_t *value = json_object_get(constraints, names[i]);
        if (value && field->type != CH_TYPE_STRING)
            ch_fault(r->faults, &here, "does not apply to this type");
        if (value && json_integer_value(value) > CH_STRING_LENGTH)
            ch_fault(r->faults, &here, "is more than %d", CH_STRING_LENGTH);
    }
    field->min_length = (size_t)ch_integer_of(constraints, "minLength");
    if (json_object_get(constraints, "maxLength"))
        field->max_length = (size_t)ch_integer_of(constraints, "maxLength");
}

static void read_enum(struct ch_schema_reader *r, const struct ch_at *at, const json_t *constraints,
                      struct ch_table_field *field)
{
    const struct ch_at here = {at, "enum", 0};
    const json_t *list = json_object_get(constraints, "enum");
    if (!list)
        return;
    size_t count = json_array_size(list);
    if (count == 0 || count > CH_SCHEMA_VALUES) {
        ch_fault(r->faults, &here, "must have 1 to %d values", CH_SCHEMA_VALUES);
        return;
    }
    field->values = ch_alloc_array(r->faults->arena, count, sizeof *field->values);
    field->decimals = ch_alloc_array(r->faults->arena, count, sizeof *field->decimals);
    field->value_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct ch_at element = {&here, NULL, i};
        field->values[i] = value_text(r, &element, json_array_get(list, i), field);
        if (field->values[i] && field->type == CH_TYPE_NUMBER)
            ch_decimal_parse(field->values[i], strlen(field->values[i]), &field->decimals[i]);
    }
}

void ch_schema_constraints(struct ch_schema_reader *r, const struct ch_at *at, const json_t *constraints,
                           struct ch_table_field *field)
{
    const struct ch_at here = {at, "constraints", 0};
    size_t before = ch_faults_count(r->faults);
    field->max_length = CH_STRING_LENGTH;
    if (!constraints)
        return;
    ch_schema_refuse_known(r, &here, constraints);
    if (ch_faults_count(r->faults) > before ||
        !ch_doc_object(r->faults, &here, constraints, CH_DOC_MEMBERS(constraint_members)))
        return;
    field->required = ch_true_of(constraints, "required");
    field->unique = ch_true_of(constraints, "unique");
    read_bound(r, &here, constraints, "minimum", field, &field->minimum);
    read_bound(r, &here, constraints, "maximum", field, &field->maximum);
    read_lengths(r, &here, constraints, field);
    read_enum(r, &here, constraints, field);
}
