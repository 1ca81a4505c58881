/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Quality checks of a charter: what is checked, with which weight, and the weighted result. The counting itself is done
 * over stored rows; everything is integers in parts per million. */
#ifndef LICENSING_CORE_QUALITY_H
#define LICENSING_CORE_QUALITY_H

#include "table_schema.h"

#define CH_PPM            INT64_C(1000000)
#define CH_QUALITY_CHECKS 32

enum ch_quality_kind {
    CH_QUALITY_COMPLETENESS,    /* share of rows whose column is not NULL */
    CH_QUALITY_IN_RANGE,        /* share of values between minimum and maximum */
    CH_QUALITY_DUPLICATES,      /* share of rows that repeat no earlier one in these columns */
    CH_QUALITY_GAPS,            /* share of expected steps of a time column that are there */
    CH_QUALITY_CROSS_DUPLICATES /* as duplicates, over the accepted contributions of the pool */
};

struct ch_quality_check {
    enum ch_quality_kind kind;
    size_t *fields; /* indexes into the schema: the column, or the columns */
    size_t field_count;
    const char *minimum, *maximum; /* in_range: decimal texts */
    int64_t step;                  /* gaps: seconds */
    int64_t weight;                /* ppm */
};

/* Parses `quality`: an array of {"check", "weight" and "column" | "columns", "min", "max", "step"}, with names and
 * members as in licensing.md section 1: completeness(column), in_range(column,min,max), duplicates(columns),
 * gaps(column,step), cross_duplicates(columns). min and max are integers or decimal strings; step is in seconds.
 * Weights are 1 to 1,000,000 and sum to 1,000,000. NULL with faults (pointers under `at`) otherwise. */
struct ch_quality_check *ch_quality_parse(struct ch_faults *faults, const struct ch_at *at, const json_t *value,
                                          const struct ch_table_schema *schema, size_t *count);
/* floor(sum of weight * ppm / 1,000,000): 0 to 1,000,000. `ppm` has one result, 0 to 1,000,000, per check. */
int64_t ch_quality_weighted(const struct ch_quality_check *checks, const int64_t *ppm, size_t count);
/* floor(good * 1,000,000 / all); 1,000,000 when there is nothing to fail. 0 <= good <= all. */
int64_t ch_quality_share(int64_t good, int64_t all);

#endif
