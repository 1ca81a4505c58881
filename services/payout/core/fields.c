/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Table-driven checks of JSON objects, and the patterns that rules, inputs and plans share. Not a JSON
 * Schema processor: exactly the forms this folder's documents need. */
#include "fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/calendar.h"

static bool is_alnum(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool ch_payout_is_id_n(const char *text, size_t length)
{
    if (length < 1 || length > 64 || !is_alnum(text[0]))
        return false;
    for (size_t i = 1; i < length; i++)
        if (!is_alnum(text[i]) && text[i] != '.' && text[i] != '_' && text[i] != '-')
            return false;
    return true;
}

bool ch_payout_is_id(const char *text)
{
    return ch_payout_is_id_n(text, strlen(text));
}

bool ch_payout_is_currency(const char *text)
{
    return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

bool ch_payout_is_date(const char *text)
{
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    int part[3] = {0, 0, 0};
    for (int i = 0, p = 0; i < 10; i++) {
        if (i == 4 || i == 7) {
            p++;
            continue;
        }
        if (text[i] < '0' || text[i] > '9')
            return false;
        part[p] = part[p] * 10 + (text[i] - '0');
    }
    if (part[0] < 1 || part[1] < 1 || part[1] > 12)
        return false;
    return part[2] >= 1 && part[2] <= ch_days_of_month(part[0], part[1]);
}

void ch_payout_split_date(const char *date, int *year, int *month, int *day)
{
    *year = (int)strtol(date, NULL, 10);
    *month = (int)strtol(date + 5, NULL, 10);
    *day = (int)strtol(date + 8, NULL, 10);
}

bool ch_payout_is_fund(const char *text)
{
    static const char prefix[] = "Equity:Fund:";
    if (strcmp(text, "Income:OperationsShare") == 0 || strcmp(text, "Income:FeeRecovery") == 0 ||
        strcmp(text, "Equity:Reserve:Legal") == 0)
        return true;
    if (strncmp(text, prefix, sizeof prefix - 1) != 0)
        return false;
    text += sizeof prefix - 1;
    size_t length = strlen(text);
    if (length < 1 || length > 32 || text[0] < 'A' || text[0] > 'Z')
        return false;
    for (size_t i = 1; i < length; i++)
        if (!is_alnum(text[i]))
            return false;
    return true;
}

int ch_choice_index(const char *text, const char *const *choices)
{
    for (int i = 0; choices[i]; i++)
        if (strcmp(text, choices[i]) == 0)
            return i;
    return -1;
}

static const char *list_choices(struct ch_arena *arena, const char *const *choices)
{
    const char *text = choices[0];
    for (int i = 1; choices[i]; i++)
        text = ch_printf(arena, "%s, %s", text, choices[i]);
    return text;
}

static bool check_integer(struct ch_refusals *list, const char *at, const json_t *value, const struct ch_field *field)
{
    if (!json_is_integer(value))
        return ch_refusal_add(list, at, "must be an integer");
    if (json_integer_value(value) < field->min || json_integer_value(value) > field->max)
        return ch_refusal_add(list, at, "must lie between %" PRId64 " and %" PRId64, field->min, field->max);
    return true;
}

static bool check_string(struct ch_refusals *list, const char *at, const json_t *value, const struct ch_field *field)
{
    if (!json_is_string(value))
        return ch_refusal_add(list, at, "must be a string");
    const char *text = json_string_value(value);
    if (field->type == CH_FIELD_CHOICE && ch_choice_index(text, field->choices) < 0)
        return ch_refusal_add(list, at, "must be one of: %s", list_choices(list->arena, field->choices));
    if (field->type == CH_FIELD_TEXT && !field->matches(text))
        return ch_refusal_add(list, at, "must be %s", field->must_be);
    return true;
}

static bool check_array(struct ch_refusals *list, const char *at, const json_t *value, const struct ch_field *field)
{
    if (!json_is_array(value))
        return ch_refusal_add(list, at, "must be an array");
    int64_t size = (int64_t)json_array_size(value);
    if (size < field->min || size > field->max)
        return ch_refusal_add(list, at, "must have %" PRId64 " to %" PRId64 " items", field->min, field->max);
    return true;
}

static bool check_member(struct ch_refusals *list, const char *at, const json_t *value, const struct ch_field *field)
{
    switch (field->type) {
    case CH_FIELD_INTEGER:
        return check_integer(list, at, value, field);
    case CH_FIELD_TEXT:
    case CH_FIELD_CHOICE:
        return check_string(list, at, value, field);
    case CH_FIELD_ARRAY:
        return check_array(list, at, value, field);
    case CH_FIELD_OBJECT:
        return json_is_object(value) || ch_refusal_add(list, at, "must be an object");
    case CH_FIELD_ANY:
        return true;
    }
    return true;
}

static const struct ch_field *find_field(const struct ch_field *fields, const char *name)
{
    for (; fields->name; fields++)
        if (strcmp(fields->name, name) == 0)
            return fields;
    return NULL;
}

bool ch_fields_check(struct ch_refusals *list, const char *pointer, const json_t *value, const struct ch_field *fields)
{
    if (!json_is_object(value))
        return ch_refusal_add(list, pointer, "must be an object");
    bool good = true;
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        const struct ch_field *field = find_field(fields, name);
        const char *at = ch_pointer_name(list->arena, pointer, name);
        if (!field)
            good = ch_refusal_add(list, at, "is not a known member");
        else
            good = check_member(list, at, member, field) && good;
    }
    for (; fields->name; fields++)
        if (fields->required && !json_object_get(value, fields->name))
            good = ch_refusal_add(list, ch_pointer_name(list->arena, pointer, fields->name), "is required");
    return good;
}

int64_t ch_field_integer(const json_t *object, const char *name, int64_t absent)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : absent;
}

const char *ch_field_text(const json_t *object, const char *name, const char *absent)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? json_string_value(value) : absent;
}

int ch_field_choice(const json_t *object, const char *name, const char *const *choices, int absent)
{
    const char *text = ch_field_text(object, name, NULL);
    int index = text ? ch_choice_index(text, choices) : -1;
    return index < 0 ? absent : index;
}
