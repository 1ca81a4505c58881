/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the quality checks of a charter and weighs their results. */
#include "quality.h"

#include <stdlib.h>
#include <string.h>

static const char *const kind_texts[] = {"completeness", "in_range", "duplicates", "gaps", "cross_duplicates"};
static const struct ch_words kinds = {kind_texts, sizeof kind_texts / sizeof *kind_texts};

static const struct ch_doc_member column_members[] = {
    {"check", CH_DOC_STRING, false, false},
    {"weight", CH_DOC_INTEGER, false, false},
    {"column", CH_DOC_STRING, false, false},
};
static const struct ch_doc_member range_members[] = {
    {"check", CH_DOC_STRING, false, false},  {"weight", CH_DOC_INTEGER, false, false},
    {"column", CH_DOC_STRING, false, false}, {"min", CH_DOC_ANY, false, false},
    {"max", CH_DOC_ANY, false, false},
};
static const struct ch_doc_member gap_members[] = {
    {"check", CH_DOC_STRING, false, false},
    {"weight", CH_DOC_INTEGER, false, false},
    {"column", CH_DOC_STRING, false, false},
    {"step", CH_DOC_INTEGER, false, false},
};
static const struct ch_doc_member columns_members[] = {
    {"check", CH_DOC_STRING, false, false},
    {"weight", CH_DOC_INTEGER, false, false},
    {"columns", CH_DOC_STRINGS, false, false},
};

/* One check being read. */
struct reader {
    struct ch_faults *faults;
    const struct ch_at *at;
    const json_t *json;
    const struct ch_table_schema *schema;
    struct ch_quality_check *out;
};

static bool has_shape(const struct reader *r)
{
    switch (r->out->kind) {
    case CH_QUALITY_COMPLETENESS:
        return ch_doc_object(r->faults, r->at, r->json, CH_DOC_MEMBERS(column_members));
    case CH_QUALITY_IN_RANGE:
        return ch_doc_object(r->faults, r->at, r->json, CH_DOC_MEMBERS(range_members));
    case CH_QUALITY_GAPS:
        return ch_doc_object(r->faults, r->at, r->json, CH_DOC_MEMBERS(gap_members));
    case CH_QUALITY_DUPLICATES:
    case CH_QUALITY_CROSS_DUPLICATES:
        return ch_doc_object(r->faults, r->at, r->json, CH_DOC_MEMBERS(columns_members));
    }
    abort();
}

static void add_field(const struct reader *r, const struct ch_at *at, const char *name)
{
    size_t field = ch_table_schema_field(r->schema, name, strlen(name));
    if (field == r->schema->field_count)
        ch_fault(r->faults, at, "is no column of the pool");
    else
        r->out->fields[r->out->field_count++] = field;
}

static void read_columns(const struct reader *r)
{
    const struct ch_at one = {r->at, "column", 0}, many = {r->at, "columns", 0};
    const json_t *list = json_object_get(r->json, "columns");
    size_t count = json_array_size(list);
    r->out->fields = ch_alloc_array(r->faults->arena, count + 1, sizeof *r->out->fields);
    if (!list) {
        add_field(r, &one, ch_text_of(r->json, "column"));
        return;
    }
    if (count == 0)
        ch_fault(r->faults, &many, "names no column");
    ch_doc_unique(r->faults, &many, list, NULL);
    for (size_t i = 0; i < count; i++) {
        const struct ch_at element = {&many, NULL, i};
        add_field(r, &element, json_string_value(json_array_get(list, i)));
    }
}

/* A bound as decimal text; NULL with a fault when it is none. */
static const char *read_bound(const struct reader *r, const char *name)
{
    const struct ch_at here = {r->at, name, 0};
    const json_t *value = json_object_get(r->json, name);
    struct ch_decimal decimal;
    const char *text = json_string_value(value);
    if (json_is_integer(value))
        text = ch_printf(r->faults->arena, "%lld", (long long)json_integer_value(value));
    if (text && ch_decimal_parse(text, strlen(text), &decimal))
        return text;
    ch_fault(r->faults, &here, "must be an integer or a decimal number as a string");
    return NULL;
}

static void read_range(const struct reader *r)
{
    const struct ch_at column = {r->at, "column", 0}, max = {r->at, "max", 0};
    struct ch_decimal low, high;
    r->out->minimum = read_bound(r, "min");
    r->out->maximum = read_bound(r, "max");
    if (r->out->minimum && r->out->maximum && ch_decimal_parse(r->out->minimum, strlen(r->out->minimum), &low) &&
        ch_decimal_parse(r->out->maximum, strlen(r->out->maximum), &high) && ch_decimal_compare(&low, &high) > 0)
        ch_fault(r->faults, &max, "is below min");
    enum ch_column_type type = r->out->field_count ? r->schema->fields[r->out->fields[0]].type : CH_TYPE_NUMBER;
    if (type != CH_TYPE_NUMBER && type != CH_TYPE_INTEGER)
        ch_fault(r->faults, &column, "must be a number or integer column");
}

static void read_gaps(const struct reader *r)
{
    const struct ch_at column = {r->at, "column", 0}, step = {r->at, "step", 0};
    r->out->step = ch_integer_of(r->json, "step");
    if (r->out->step < 1 || r->out->step > 366 * INT64_C(86400))
        ch_fault(r->faults, &step, "must lie between one second and 366 days");
    if (r->out->field_count && r->schema->fields[r->out->fields[0]].type != CH_TYPE_DATETIME)
        ch_fault(r->faults, &column, "must be a datetime column");
}

static void read_check(const struct reader *r)
{
    const struct ch_at check = {r->at, "check", 0}, weight = {r->at, "weight", 0};
    const char *text = json_is_object(r->json) ? ch_text_of(r->json, "check") : NULL;
    unsigned kind = text ? ch_word_index(&kinds, text) : kinds.count;
    if (kind == kinds.count) {
        ch_fault(r->faults, &check, "must be one of the known checks");
        return;
    }
    r->out->kind = (enum ch_quality_kind)kind;
    if (!has_shape(r))
        return;
    r->out->weight = ch_integer_of(r->json, "weight");
    if (r->out->weight < 1 || r->out->weight > CH_PPM)
        ch_fault(r->faults, &weight, "must lie between 1 and 1000000");
    read_columns(r);
    if (r->out->kind == CH_QUALITY_IN_RANGE)
        read_range(r);
    if (r->out->kind == CH_QUALITY_GAPS)
        read_gaps(r);
}

struct ch_quality_check *ch_quality_parse(struct ch_faults *faults, const struct ch_at *at, const json_t *value,
                                          const struct ch_table_schema *schema, size_t *count)
{
    size_t before = ch_faults_count(faults);
    int64_t sum = 0;
    *count = 0;
    if (!ch_doc_value(faults, at, value, CH_DOC_ARRAY))
        return NULL;
    size_t n = json_array_size(value);
    if (n == 0 || n > CH_QUALITY_CHECKS) {
        ch_fault(faults, at, "must have 1 to %d checks", CH_QUALITY_CHECKS);
        return NULL;
    }
    struct ch_quality_check *checks = ch_alloc_array(faults->arena, n, sizeof *checks);
    for (size_t i = 0; i < n; i++) {
        const struct ch_at element = {at, NULL, i};
        const struct reader r = {faults, &element, json_array_get(value, i), schema, &checks[i]};
        read_check(&r);
        sum += checks[i].weight <= CH_PPM ? checks[i].weight : CH_PPM + 1;
    }
    if (ch_faults_count(faults) == before && sum != CH_PPM)
        ch_fault(faults, at, "the weights must sum to 1000000");
    if (ch_faults_count(faults) > before)
        return NULL;
    *count = n;
    return checks;
}

int64_t ch_quality_weighted(const struct ch_quality_check *checks, const int64_t *ppm, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += checks[i].weight * ppm[i]; /* at most 32 * 10^12 */
    return sum / CH_PPM;
}

int64_t ch_quality_share(int64_t good, int64_t all)
{
    return all <= 0 ? CH_PPM : (int64_t)((__int128)good * CH_PPM / all);
}
