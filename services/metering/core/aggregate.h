/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a request for aggregates asks: by which columns, which measures, which filters. Read twice: first what can be
 * read without the grant (names, so that licensing can refuse them), then against the plan. */
#ifndef METERING_CORE_AGGREGATE_H
#define METERING_CORE_AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"
#include "plan.h"

#define AGGREGATE_BY_MOST       3
#define AGGREGATE_MEASURES_MOST 8

enum measure_kind {
    MEASURE_COUNT,
    MEASURE_SUM,
    MEASURE_AVG,
    MEASURE_MIN,
    MEASURE_MAX,
    MEASURE_STDDEV,
    MEASURE_PERCENTILE
};

struct measure {
    enum measure_kind kind;
    const char *column_name;          /* NULL: count */
    const struct plan_column *column; /* after aggregate_bind */
    int channel;                      /* 1 + index in measured; 0: count, which is of all rows */
    const char *percent;              /* MEASURE_PERCENTILE: decimal from 0 to 100, at most 6 digits behind the point */
    int64_t micro;                    /* the same in millionths of a percent */
    const char *name;                 /* as the answer shows it: avg(pm10), percentile(pm10,99.5) */
};

struct aggregate {
    const char *by_names[AGGREGATE_BY_MOST];
    const struct plan_column *by[AGGREGATE_BY_MOST];
    size_t by_count;
    struct measure measures[AGGREGATE_MEASURES_MOST];
    size_t measure_count;
    const struct plan_column *measured[AGGREGATE_MEASURES_MOST]; /* each column once */
    size_t measured_count;
    struct filter filters[FILTERS_MOST];
    size_t filter_count;
};

/* Why a request is not answered: the parameter and what is wrong with it, or (detail NULL) a column that the plan does
 * not have. */
struct aggregate_fault {
    const char *field, *detail, *column;
};

/* Reads `by` and `measure` as they stand in the query, each may be NULL: no column; count. Texts live in the arena.
 * False with *fault. */
bool aggregate_read(struct ch_arena *arena, const char *by, const char *measure, struct aggregate *out,
                    struct aggregate_fault *fault);
/* Finds the columns of by and measure in the plan and checks that each measure suits its column's type. */
bool aggregate_bind(const struct plan *plan, struct aggregate *aggregate, struct aggregate_fault *fault);
/* Adds a filter: a query parameter other than by and measure. */
bool aggregate_filter(struct ch_arena *arena, const struct plan *plan, struct aggregate *aggregate, const char *name,
                      const char *value, struct aggregate_fault *fault);
/* Canonical text of the bound question: what tells two questions apart whatever the order of filters and measures. Of
 * columns, rules, filters and measures. */
const char *aggregate_text(struct ch_arena *arena, const struct aggregate *aggregate);

/* Distinct members a cell must have for a measure to be shown, min_cohort being `k`: k; for min and max, which are one
 * row's value, 3k, and so for every percentile but the median: with the sum and the standard deviation a few of them
 * give all values of k rows. */
int64_t measure_need(const struct measure *measure, int64_t k);

#endif
