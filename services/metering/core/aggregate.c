/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading by, measure and filters. What is not in the notation is refused, not guessed. */
#include "aggregate.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MOST 63
#define MEDIAN    50000000 /* micro of percentile 50 */

static const struct {
    const char *word;
    enum measure_kind kind;
} KINDS[] = {{"sum", MEASURE_SUM}, {"avg", MEASURE_AVG},       {"min", MEASURE_MIN},
             {"max", MEASURE_MAX}, {"stddev", MEASURE_STDDEV}, {"percentile", MEASURE_PERCENTILE}};

static bool wrong(struct aggregate_fault *fault, const char *field, const char *detail)
{
    *fault = (struct aggregate_fault){.field = field, .detail = detail};
    return false;
}

static bool unknown(struct aggregate_fault *fault, const char *field, const char *column)
{
    *fault = (struct aggregate_fault){.field = field, .column = column};
    return false;
}

static const char *piece(struct ch_arena *arena, const char *at, size_t length)
{
    return ch_printf(arena, "%.*s", (int)length, at);
}

/* ---- by ---- */

static bool read_by(struct ch_arena *arena, const char *text, struct aggregate *out, struct aggregate_fault *fault)
{
    while (text) {
        size_t length = strcspn(text, ",");
        if (out->by_count == AGGREGATE_BY_MOST)
            return wrong(fault, "by", "takes at most three columns");
        if (length == 0 || length > NAME_MOST)
            return wrong(fault, "by", "is a list of columns, parted by commas");
        const char *name = piece(arena, text, length);
        for (size_t i = 0; i < out->by_count; i++)
            if (strcmp(out->by_names[i], name) == 0)
                return wrong(fault, "by", "names a column twice");
        out->by_names[out->by_count++] = name;
        text = text[length] ? text + length + 1 : NULL;
    }
    return true;
}

/* ---- measure ---- */

/* A decimal from 0 to 100 without sign; *end is where it stops. -1: none. */
static int64_t read_percent(const char *text, const char **end)
{
    int64_t value = 0;
    size_t whole = strspn(text, "0123456789"), fraction = 0;
    for (size_t i = 0; i < whole && i < 4; i++)
        value = value * 10 + (text[i] - '0');
    text += whole;
    if (*text == '.')
        fraction = strspn(text + 1, "0123456789");
    if (whole == 0 || whole > 3 || (*text == '.' && fraction == 0) || fraction > 6)
        return -1;
    for (size_t i = 0; i < 6; i++)
        value = value * 10 + (i < fraction ? text[1 + i] - '0' : 0);
    *end = text + (fraction ? fraction + 1 : 0);
    return value <= 100000000 ? value : -1;
}

static const char *percent_text(struct ch_arena *arena, int64_t micro)
{
    char *text = ch_printf(arena, "%d.%06d", (int)(micro / 1000000), (int)(micro % 1000000));
    size_t length = strlen(text);
    while (text[length - 1] == '0')
        length--;
    length -= text[length - 1] == '.';
    text[length] = '\0';
    return text;
}

static bool read_kind(const char *text, size_t length, enum measure_kind *kind)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (strlen(KINDS[i].word) == length && strncmp(KINDS[i].word, text, length) == 0) {
            *kind = KINDS[i].kind;
            return true;
        }
    return false;
}

/* One measure; returns what follows it, NULL when it is malformed. */
static const char *read_measure(struct ch_arena *arena, const char *at, struct measure *out)
{
    size_t word = strcspn(at, "(,");
    *out = (struct measure){.kind = MEASURE_COUNT, .name = "count"};
    if (at[word] != '(')
        return word == 5 && strncmp(at, "count", 5) == 0 ? at + 5 : NULL;
    if (!read_kind(at, word, &out->kind))
        return NULL;
    const char *name = at + word + 1;
    size_t length = strcspn(name, ",)(");
    if (length == 0 || length > NAME_MOST)
        return NULL;
    out->column_name = piece(arena, name, length);
    const char *end = name + length;
    if (out->kind == MEASURE_PERCENTILE) {
        if (*end != ',' || (out->micro = read_percent(end + 1, &end)) < 0)
            return NULL;
        out->percent = percent_text(arena, out->micro);
        out->name = ch_printf(arena, "percentile(%s,%s)", out->column_name, out->percent);
    } else {
        out->name = ch_printf(arena, "%s(%s)", piece(arena, at, word), out->column_name);
    }
    return *end == ')' ? end + 1 : NULL;
}

static bool is_there(const struct aggregate *out, const char *name)
{
    for (size_t i = 0; i < out->measure_count; i++)
        if (strcmp(out->measures[i].name, name) == 0)
            return true;
    return false;
}

static bool read_measures(struct ch_arena *arena, const char *text, struct aggregate *out,
                          struct aggregate_fault *fault)
{
    for (;;) {
        if (out->measure_count == AGGREGATE_MEASURES_MOST)
            return wrong(fault, "measure", "takes at most eight measures");
        struct measure *measure = &out->measures[out->measure_count];
        text = read_measure(arena, text, measure);
        if (!text || (*text && *text != ','))
            return wrong(fault, "measure",
                         "is a list of count, sum(c), avg(c), min(c), max(c), stddev(c) and percentile(c,p), p from 0 "
                         "to 100");
        if (is_there(out, measure->name))
            return wrong(fault, "measure", "names a measure twice");
        out->measure_count++;
        if (!*text)
            return true;
        text++;
    }
}

bool aggregate_read(struct ch_arena *arena, const char *by, const char *measure, struct aggregate *out,
                    struct aggregate_fault *fault)
{
    *out = (struct aggregate){0};
    if (!read_by(arena, by && *by ? by : NULL, out, fault) ||
        !read_measures(arena, measure ? measure : "count", out, fault))
        return false;
    for (size_t i = 0; i < out->by_count; i++)
        if (is_there(out, out->by_names[i]))
            return wrong(fault, "by", "has a column of the same name as a measure");
    return true;
}

/* ---- against the plan ---- */

static bool suits(const struct measure *measure)
{
    enum plan_type type = measure->column->type;
    bool number = type == PLAN_INTEGER || type == PLAN_NUMBER, time = type == PLAN_DATE || type == PLAN_DATETIME;
    return number || (time && (measure->kind == MEASURE_MIN || measure->kind == MEASURE_MAX));
}

static int channel_of(struct aggregate *aggregate, const struct plan_column *column)
{
    for (size_t i = 0; i < aggregate->measured_count; i++)
        if (aggregate->measured[i] == column)
            return (int)i + 1;
    aggregate->measured[aggregate->measured_count++] = column;
    return (int)aggregate->measured_count;
}

bool aggregate_bind(const struct plan *plan, struct aggregate *aggregate, struct aggregate_fault *fault)
{
    for (size_t i = 0; i < aggregate->by_count; i++)
        if (!(aggregate->by[i] = plan_find(plan, aggregate->by_names[i])))
            return unknown(fault, "by", aggregate->by_names[i]);
    for (size_t i = 0; i < aggregate->measure_count; i++) {
        struct measure *measure = &aggregate->measures[i];
        if (measure->kind == MEASURE_COUNT)
            continue;
        if (!(measure->column = plan_find(plan, measure->column_name)))
            return unknown(fault, "measure", measure->column_name);
        if (!suits(measure))
            return wrong(fault, "measure",
                         "takes columns of numbers; min and max take days and times too, which the others do not");
        measure->channel = channel_of(aggregate, measure->column);
    }
    return true;
}

bool aggregate_filter(struct ch_arena *arena, const struct plan *plan, struct aggregate *aggregate, const char *name,
                      const char *value, struct aggregate_fault *fault)
{
    const struct plan_column *column = plan_find(plan, name);
    if (!column)
        return unknown(fault, name, name);
    if (aggregate->filter_count == FILTERS_MOST)
        return wrong(fault, name, "there are too many filters");
    const char *why = filter_read(arena, column, value, &aggregate->filters[aggregate->filter_count]);
    if (why)
        return wrong(fault, name, why);
    aggregate->filter_count++;
    return true;
}

/* ---- the canonical text ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *joined(struct ch_arena *arena, const char *head, const char **lines, size_t count)
{
    qsort(lines, count, sizeof *lines, by_text);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
            head = ch_printf(arena, "%s\n%s", head, lines[i]);
    return head;
}

static const char *named(struct ch_arena *arena, const char *what, const struct plan_column *column)
{
    return ch_printf(arena, "%s %s %s", what, column->name, plan_rule_text(arena, column));
}

const char *aggregate_text(struct ch_arena *arena, const struct aggregate *aggregate)
{
    const char *lines[FILTERS_MOST + AGGREGATE_MEASURES_MOST + AGGREGATE_BY_MOST];
    size_t count = 0;
    for (size_t i = 0; i < aggregate->by_count; i++)
        lines[count++] = named(arena, "by", aggregate->by[i]);
    for (size_t i = 0; i < aggregate->filter_count; i++) {
        const struct filter *filter = &aggregate->filters[i];
        lines[count++] = ch_printf(arena, "%s %zu %d %s", named(arena, "where", filter->column), strlen(filter->value),
                                   (int)filter->op, filter->value);
    }
    for (size_t i = 0; i < aggregate->measure_count; i++) {
        const struct measure *measure = &aggregate->measures[i];
        lines[count++] = measure->column ? named(arena, measure->name, measure->column) : measure->name;
    }
    return joined(arena, "aggregates 1", lines, count);
}

int64_t measure_need(const struct measure *measure, int64_t k)
{
    bool median = measure->kind == MEASURE_PERCENTILE && measure->micro == MEDIAN;
    bool one_row = measure->kind == MEASURE_MIN || measure->kind == MEASURE_MAX || measure->kind == MEASURE_PERCENTILE;
    return one_row && !median ? 3 * k : k;
}
