/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rating: what usage costs by a price plan (payout.md 8.5). */
#ifndef COMMONHOLD_PAYOUT_PRICE_H
#define COMMONHOLD_PAYOUT_PRICE_H

#include "benefit_rule.h"
#include "out.h"

enum ch_charge_model {
    CH_CHARGE_FLAT,
    CH_CHARGE_PER_UNIT,
    CH_CHARGE_GRADUATED,
    CH_CHARGE_VOLUME,
    CH_CHARGE_PACKAGE,
    CH_CHARGE_PERCENT
};

struct ch_price_tier {
    int64_t up_to; /* inclusive; INT64_MAX for the last */
    int64_t unit_micro, flat;
};

struct ch_charge {
    const char *id, *meter; /* meter NULL: flat and percent */
    enum ch_charge_model model;
    int64_t amount, unit_micro, per, free, size, price, rate_ppm;
    struct ch_price_tier *tiers;
    size_t tier_count;
};

struct ch_price_plan {
    const char *id, *currency;
    int64_t version, minimum, cap; /* cap -1: none */
    enum ch_rounding round;
    const json_t *discounts; /* tier -> ppm, or NULL */
    struct ch_charge charges[32];
    size_t charge_count;
    char sha256[65];
};

enum ch_usage_class { CH_CLASS_SAMPLE, CH_CLASS_FIXED, CH_CLASS_GRACE, CH_CLASS_VARIABLE, CH_CLASS_CAPPED, CH_CLASSES };
extern const char *const ch_usage_classes[]; /* their names, ended by NULL */

struct ch_price_line {
    const char *charge;
    enum ch_usage_class class;
    int64_t units, amount;
};

struct ch_price_usage {
    const char *period, *currency, *tier;
    const json_t *meters;
    int64_t declared_revenue;
    char sha256[65];
};

struct ch_price {
    const struct ch_price_plan *plan;
    const struct ch_price_usage *usage;
    struct ch_price_line lines[32 * 4 + 1];
    size_t line_count;
    struct ch_price_line totals[CH_CLASSES]; /* `charge` unused */
    int64_t total;
    const char **flags; /* sorted, each once */
    size_t flag_count;
    char hash[65];
};

/* Checked documents; NULL and `list` filled when refused. They live in the list's arena and point into the JSON. */
struct ch_price_plan *ch_price_plan_read(const json_t *document, struct ch_refusals *list);
struct ch_price_usage *ch_price_usage_read(const json_t *document, struct ch_refusals *list);

/* Rates the usage. NULL when the currencies differ or a figure passes 2^53 - 1. */
struct ch_price *ch_price(const struct ch_price_plan *plan, const struct ch_price_usage *usage,
                          struct ch_refusals *list);

/* cost(b) of one charge times k/10^12, rounded: b billable units, k = 1,000,000 - discount. `at` is where a volume
 * charge looks up its tier (b itself, unless cut by a cap). False when it passes 2^53 - 1. */
bool ch_charge_amount(const struct ch_charge *charge, int64_t b, int64_t at, int64_t k, enum ch_rounding round,
                      int64_t *amount);

/* `price-result/1`, canonical, no newline; lives in the arena. */
char *ch_price_text(struct ch_arena *arena, const struct ch_price *price);

/* A terms price of licensing as a plan document: charges `base` and `rows`. cap -1: none. The caller passes it
 * through ch_price_plan_read, which refuses what breaks the bounds. unit is multiplied by 10^6; NULL when that
 * overflows. Lives in the arena. */
json_t *ch_price_plan_from_terms(struct ch_arena *arena, const char *tier, int64_t version, const char *currency,
                                 int64_t base, int64_t unit, int64_t unit_rows, int64_t free_rows, int64_t cap);

#endif
