/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Parses the column contract. What Frictionless offers and PostgreSQL would not hold exactly, or what we do not check,
 * is refused by name rather than ignored (schema_check.c has the values: bounds, enums). */
#include "schema_check.h"

#include <string.h>

static const struct ch_doc_member schema_members[] = {
    {"fields", CH_DOC_ARRAY, false, false},      {"missingValues", CH_DOC_STRINGS, true, false},
    {"primaryKey", CH_DOC_ANY, true, false},     {"$schema", CH_DOC_STRING, true, false},
    {"name", CH_DOC_STRING, true, false},        {"title", CH_DOC_STRING, true, false},
    {"description", CH_DOC_STRING, true, false},
};
static const struct ch_doc_member field_members[] = {
    {"name", CH_DOC_STRING, false, false},           {"type", CH_DOC_STRING, false, false},
    {"ch:sensitivity", CH_DOC_STRING, false, false}, {"title", CH_DOC_STRING, true, false},
    {"description", CH_DOC_STRING, true, false},     {"example", CH_DOC_ANY, true, false},
    {"format", CH_DOC_STRING, true, false},          {"constraints", CH_DOC_OBJECT, true, false},
    {"decimalChar", CH_DOC_STRING, true, false},     {"groupChar", CH_DOC_STRING, true, false},
    {"trueValues", CH_DOC_STRINGS, true, false},     {"falseValues", CH_DOC_STRINGS, true, false},
    {"ch:timezone", CH_DOC_STRING, true, false},     {"ch:unit", CH_DOC_STRING, true, false},
    {"ch:data_type", CH_DOC_STRING, true, false},
};
/* Frictionless members and types we know of and refuse. */
static const char *const unsupported_names[] = {"foreignKeys", "uniqueKeys", "fieldsMatch",      "bareNumber",
                                                "rdfType",     "pattern",    "categories",       "categoriesOrdered",
                                                "jsonSchema",  "delimiter",  "exclusiveMinimum", "exclusiveMaximum"};
static const char *const unsupported_types[] = {"time",  "year",     "yearmonth", "duration", "object",
                                                "array", "geopoint", "geojson",   "any",      "list"};

static bool is_named(const char *text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], text) == 0)
            return true;
    return false;
}
#define NAMED(text, table) is_named(text, table, sizeof(table) / sizeof *(table))

void ch_schema_unsupported(struct ch_schema_reader *r, const struct ch_at *at, const char *what)
{
    ch_fault(r->faults, at, "%s is not supported here", what);
    r->unsupported++;
}

void ch_schema_refuse_known(struct ch_schema_reader *r, const struct ch_at *at, const json_t *object)
{
    json_t *walked = (json_t *)(uintptr_t)object;
    for (void *i = json_object_iter(walked); i; i = json_object_iter_next(walked, i)) {
        const struct ch_at here = {at, json_object_iter_key(i), 0};
        if (NAMED(here.key, unsupported_names))
            ch_schema_unsupported(r, &here, here.key);
    }
}

bool ch_column_name_valid(const char *name)
{
    size_t length = strlen(name);
    return *name >= 'a' && *name <= 'z' && length <= 40 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

bool ch_zone_parse(const char *text, size_t length, int *minutes)
{
    *minutes = 0;
    if ((length == 1 && *text == 'Z') || (length == 3 && memcmp(text, "UTC", 3) == 0))
        return true;
    if (length != 3 && length != 5 && length != 6)
        return false;
    int part[2] = {0, 0};
    const char *digits = text + 1, *end = text + length;
    for (int i = 0; i < 2 && digits < end; i++) {
        digits += i == 1 && length == 6 && *digits == ':';
        if (end - digits < 2 || digits[0] < '0' || digits[0] > '9' || digits[1] < '0' || digits[1] > '9')
            return false;
        part[i] = (digits[0] - '0') * 10 + digits[1] - '0';
        digits += 2;
    }
    if (digits != end || (*text != '+' && *text != '-') || part[1] > 59 || part[0] * 60 + part[1] > 14 * 60)
        return false;
    *minutes = (*text == '-' ? -1 : 1) * (part[0] * 60 + part[1]);
    return true;
}

/* Columns every pool table has, and those every table of PostgreSQL has. */
static const char *const reserved_names[] = {"pool_id", "row_id", "contribution_id", "tableoid", "ctid", "xmin", "xmax",
                                             "cmin",    "cmax"};

static void read_type(struct ch_schema_reader *r, const struct ch_at *at, const json_t *value,
                      struct ch_table_field *field)
{
    const struct ch_at type = {at, "type", 0}, sensitivity = {at, "ch:sensitivity", 0}, format = {at, "format", 0};
    const char *text = ch_text_of(value, "type");
    field->type = (enum ch_column_type)ch_word_index(&CH_WORDS_TYPES, text);
    if (field->type == CH_TYPE_UNKNOWN && NAMED(text, unsupported_types))
        ch_schema_unsupported(r, &type, "this type");
    else if (field->type == CH_TYPE_UNKNOWN)
        ch_fault(r->faults, &type, "is not a type");
    field->sensitivity =
        (enum ch_sensitivity)ch_word_index(&CH_WORDS_SENSITIVITIES, ch_text_of(value, "ch:sensitivity"));
    if (field->sensitivity == CH_SENSITIVITY_UNKNOWN)
        ch_fault(r->faults, &sensitivity, "must be none, quasi or direct");
    if (ch_text_of(value, "format") && strcmp(ch_text_of(value, "format"), "default") != 0)
        ch_schema_unsupported(r, &format, "any format but default");
}

/* A one-character member of a number column; `otherwise` when absent. */
static char read_char(struct ch_schema_reader *r, const struct ch_at *at, const json_t *value, const char *name,
                      const struct ch_table_field *field, char otherwise)
{
    const struct ch_at here = {at, name, 0};
    const char *text = ch_text_of(value, name);
    if (!text)
        return otherwise;
    if (field->type != CH_TYPE_NUMBER)
        ch_fault(r->faults, &here, "belongs to number columns only");
    else if (strlen(text) != 1 || *text < ' ' || strchr("0123456789+-eE", *text))
        ch_fault(r->faults, &here, "must be one ASCII character that is no part of a number");
    return *text;
}

static const char **read_booleans(struct ch_schema_reader *r, const struct ch_at *at, const json_t *value,
                                  const char *name, const struct ch_table_field *field, const char **defaults,
                                  size_t *count)
{
    const struct ch_at here = {at, name, 0};
    const json_t *list = json_object_get(value, name);
    *count = 4;
    if (!list)
        return defaults;
    if (field->type != CH_TYPE_BOOLEAN)
        ch_fault(r->faults, &here, "belongs to boolean columns only");
    return ch_schema_texts(r, &here, list, count);
}

static void read_format(struct ch_schema_reader *r, const struct ch_at *at, const json_t *value,
                        struct ch_table_field *field)
{
    static const char *truths[] = {"true", "True", "TRUE", "1"}, *lies[] = {"false", "False", "FALSE", "0"};
    const struct ch_at zone = {at, "ch:timezone", 0}, group = {at, "groupChar", 0};
    const char *text = ch_text_of(value, "ch:timezone");
    field->decimal_char = read_char(r, at, value, "decimalChar", field, '.');
    field->group_char = read_char(r, at, value, "groupChar", field, '\0');
    if (field->group_char == field->decimal_char)
        ch_fault(r->faults, &group, "is the decimal character too");
    field->true_values = read_booleans(r, at, value, "trueValues", field, truths, &field->true_count);
    field->false_values = read_booleans(r, at, value, "falseValues", field, lies, &field->false_count);
    field->has_zone = text != NULL;
    if (text && field->type != CH_TYPE_DATETIME)
        ch_fault(r->faults, &zone, "belongs to datetime columns only");
    else if (text && !ch_zone_parse(text, strlen(text), &field->zone_minutes))
        ch_schema_unsupported(r, &zone, "a zone other than UTC or +HH:MM");
    field->unit = ch_text_of(value, "ch:unit");
    field->data_type = ch_text_of(value, "ch:data_type");
}

static void read_field(struct ch_schema_reader *r, const struct ch_at *at, const json_t *value,
                       struct ch_table_field *field)
{
    const struct ch_at name = {at, "name", 0};
    size_t before = ch_faults_count(r->faults);
    ch_schema_refuse_known(r, at, value);
    if (ch_faults_count(r->faults) > before || !ch_doc_object(r->faults, at, value, CH_DOC_MEMBERS(field_members)))
        return;
    field->name = ch_text_of(value, "name");
    if (!ch_column_name_valid(field->name))
        ch_fault(r->faults, &name, "must match [a-z][a-z0-9_]{0,39}");
    else if (NAMED(field->name, reserved_names))
        ch_fault(r->faults, &name, "is a column that every pool's table has");
    read_type(r, at, value, field);
    if (ch_faults_count(r->faults) > before)
        return;
    read_format(r, at, value, field);
    ch_schema_constraints(r, at, json_object_get(value, "constraints"), field);
}

/* primaryKey: one name or an array of them. */
static void read_key(struct ch_schema_reader *r, struct ch_table_schema *schema, const json_t *key)
{
    const struct ch_at at = {NULL, "primaryKey", 0};
    if (!key)
        return;
    if (!json_is_string(key) && !ch_doc_value(r->faults, &at, key, CH_DOC_STRINGS))
        return;
    ch_doc_unique(r->faults, &at, json_is_array(key) ? key : NULL, NULL);
    size_t count = json_is_array(key) ? json_array_size(key) : 1;
    schema->primary_key = ch_alloc_array(r->faults->arena, count, sizeof *schema->primary_key);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_is_array(key) ? json_array_get(key, i) : key);
        size_t field = ch_table_schema_field(schema, name, strlen(name));
        schema->primary_key[i] = field;
        if (field == schema->field_count)
            ch_fault(r->faults, &at, "names a column that is not there");
        else
            schema->fields[field].required = true; /* a key holds no NULL */
    }
    schema->primary_key_count = count;
}

static void read_fields(struct ch_schema_reader *r, struct ch_table_schema *schema, const json_t *list)
{
    const struct ch_at at = {NULL, "fields", 0};
    schema->field_count = json_array_size(list);
    if (schema->field_count == 0 || schema->field_count > CH_SCHEMA_COLUMNS) {
        ch_fault(r->faults, &at, "must have 1 to %d columns", CH_SCHEMA_COLUMNS);
        return;
    }
    schema->fields = ch_alloc_array(r->faults->arena, schema->field_count, sizeof *schema->fields);
    ch_doc_unique(r->faults, &at, list, "name");
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct ch_at element = {&at, NULL, i};
        read_field(r, &element, json_array_get(list, i), &schema->fields[i]);
    }
}

struct ch_table_schema *ch_table_schema_parse(struct ch_faults *faults, const json_t *doc, bool *unsupported)
{
    static const char *empty[] = {""};
    struct ch_schema_reader r = {faults, 0};
    struct ch_table_schema *schema = ch_alloc(faults->arena, sizeof *schema);
    size_t before = ch_faults_count(faults);
    const struct ch_at missing = {NULL, "missingValues", 0};
    *schema = (struct ch_table_schema){.doc = doc, .missing = empty, .missing_count = 1};
    ch_schema_refuse_known(&r, NULL, doc);
    if (r.unsupported == 0 && ch_doc_object(faults, NULL, doc, CH_DOC_MEMBERS(schema_members))) {
        if (json_object_get(doc, "missingValues"))
            schema->missing =
                ch_schema_texts(&r, &missing, json_object_get(doc, "missingValues"), &schema->missing_count);
        read_fields(&r, schema, json_object_get(doc, "fields"));
        if (ch_faults_count(faults) == before)
            read_key(&r, schema, json_object_get(doc, "primaryKey"));
    }
    size_t found = ch_faults_count(faults) - before;
    *unsupported = found > 0 && r.unsupported >= found;
    return found ? NULL : schema;
}

size_t ch_table_schema_field(const struct ch_table_schema *schema, const char *name, size_t length)
{
    size_t i = 0;
    while (i < schema->field_count &&
           (strncmp(schema->fields[i].name, name, length) != 0 || schema->fields[i].name[length] != '\0'))
        i++;
    return i;
}
