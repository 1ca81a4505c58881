/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rates usage by a plan. Costs are exact fractions in 128 bits, rounded once; a product that does not fit belongs
 * to an amount far over the limit and is refused with it. Reading the documents is in price_plan.c. */
#include "price.h"

#include <stdlib.h>
#include <string.h>

#define MICRO   1000000
#define MICRO_2 INT64_C(1000000000000)

const char *const ch_usage_classes[] = {"SAMPLE", "FIXED", "GRACE", "VARIABLE", "CAPPED", NULL};

struct pricing {
    struct ch_price *price;
    const struct ch_price_plan *plan;
    const struct ch_price_usage *usage;
    struct ch_refusals *list;
    int64_t k;        /* 1,000,000 - discount */
    int64_t variable; /* so far */
};

/* A cost as a fraction of millionths of a minor unit: numerator over the charge's `per`. */
struct cost {
    ch_u128 numerator;
    bool overflow;
};

static void add_cost(struct cost *cost, ch_u128 a, ch_u128 b)
{
    ch_u128 product;
    cost->overflow = cost->overflow || __builtin_mul_overflow(a, b, &product) ||
                     __builtin_add_overflow(cost->numerator, product, &cost->numerator);
}

static void add_flat(struct cost *cost, int64_t flat, int64_t per)
{
    add_cost(cost, (ch_u128)flat * MICRO, (ch_u128)per);
}

static struct cost graduated(const struct ch_charge *charge, int64_t b)
{
    struct cost cost = {0, false};
    int64_t from = 0;
    for (size_t i = 0; i < charge->tier_count && b > from; i++) {
        const struct ch_price_tier *tier = &charge->tiers[i];
        int64_t to = b < tier->up_to ? b : tier->up_to;
        add_cost(&cost, (ch_u128)(to - from), (ch_u128)tier->unit_micro);
        add_flat(&cost, tier->flat, charge->per);
        from = to;
    }
    return cost;
}

static struct cost volume(const struct ch_charge *charge, int64_t b, int64_t at)
{
    struct cost cost = {0, false};
    size_t i = 0;
    while (charge->tiers[i].up_to < at)
        i++;
    if (b > 0) {
        add_cost(&cost, (ch_u128)b, (ch_u128)charge->tiers[i].unit_micro);
        add_flat(&cost, charge->tiers[i].flat, charge->per);
    }
    return cost;
}

static struct cost cost_of(const struct ch_charge *charge, int64_t b, int64_t at)
{
    struct cost cost = {0, false};
    switch (charge->model) {
    case CH_CHARGE_FLAT:
        add_flat(&cost, charge->amount, 1);
        break;
    case CH_CHARGE_PER_UNIT:
        add_cost(&cost, (ch_u128)b, (ch_u128)charge->unit_micro);
        break;
    case CH_CHARGE_GRADUATED:
        return graduated(charge, b);
    case CH_CHARGE_VOLUME:
        return volume(charge, b, at);
    case CH_CHARGE_PACKAGE:
        add_cost(&cost, (ch_u128)(b / charge->size + (b % charge->size != 0)), (ch_u128)charge->price * MICRO);
        break;
    case CH_CHARGE_PERCENT:
        add_cost(&cost, (ch_u128)b, (ch_u128)charge->rate_ppm);
        break;
    }
    return cost;
}

/* numerator * k / divisor, rounded; false when it passes 2^53 - 1. */
static bool round_to(ch_u128 numerator, int64_t k, ch_u128 divisor, enum ch_rounding round, int64_t *amount)
{
    ch_u128 product;
    if (__builtin_mul_overflow(numerator, (ch_u128)k, &product))
        return false;
    ch_u128 quotient = product / divisor, rest = product % divisor;
    if ((round == CH_ROUND_UP && rest > 0) || (round == CH_ROUND_HALF_UP && rest >= divisor - rest))
        quotient++;
    *amount = (int64_t)quotient;
    return quotient <= (ch_u128)CH_PAYOUT_MAX;
}

bool ch_charge_amount(const struct ch_charge *charge, int64_t b, int64_t at, int64_t k, enum ch_rounding round,
                      int64_t *amount)
{
    struct cost cost = cost_of(charge, b, at);
    return !cost.overflow && round_to(cost.numerator, k, (ch_u128)charge->per * MICRO_2, round, amount);
}

static void add_flag(struct pricing *p, const char *flag)
{
    for (size_t i = 0; i < p->price->flag_count; i++)
        if (strcmp(p->price->flags[i], flag) == 0)
            return;
    p->price->flags[p->price->flag_count++] = flag;
}

static bool over_limit(struct pricing *p, const char *charge)
{
    return ch_refusal_add(p->list, "", "the figures of charge %s pass 9007199254740991", charge);
}

static bool add_line(struct pricing *p, const char *charge, enum ch_usage_class class, int64_t units, int64_t amount)
{
    struct ch_price *price = p->price;
    struct ch_price_line *total = &price->totals[class];
    if (units == 0 && amount == 0)
        return true;
    price->lines[price->line_count++] = (struct ch_price_line){charge, class, units, amount};
    total->units += units;
    total->amount += amount;
    price->total += amount;
    if (total->units > CH_PAYOUT_MAX || price->total > CH_PAYOUT_MAX)
        return over_limit(p, charge);
    return true;
}

/* The smallest x with a(x) >= room; a(b) > room, and a never falls. */
static int64_t units_for(const struct pricing *p, const struct ch_charge *charge, int64_t b, int64_t room)
{
    int64_t low = 0, high = b;
    while (low < high) {
        int64_t middle = low + (high - low) / 2, amount;
        if (!ch_charge_amount(charge, middle, b, p->k, p->plan->round, &amount) || amount >= room)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool add_variable(struct pricing *p, const struct ch_charge *charge, int64_t b)
{
    int64_t amount, units = b;
    bool fits = ch_charge_amount(charge, b, b, p->k, p->plan->round, &amount);
    int64_t room = p->plan->cap - p->variable;
    if (!fits && p->plan->cap < 0)
        return over_limit(p, charge->id);
    if (p->plan->cap >= 0 && (!fits || amount > room)) {
        amount = room;
        units = units_for(p, charge, b, room);
        add_flag(p, "cap_reached");
    }
    p->variable += amount;
    return add_line(p, charge->id, CH_CLASS_VARIABLE, units, amount) &&
           add_line(p, charge->id, CH_CLASS_CAPPED, b - units, 0);
}

static bool run_charge(struct pricing *p, const struct ch_charge *charge)
{
    if (charge->model == CH_CHARGE_FLAT) {
        int64_t amount;
        if (!ch_charge_amount(charge, 0, 0, p->k, p->plan->round, &amount))
            return over_limit(p, charge->id);
        return add_line(p, charge->id, CH_CLASS_FIXED, 0, amount);
    }
    const json_t *meter = charge->meter ? json_object_get(p->usage->meters, charge->meter) : NULL;
    int64_t units = charge->meter ? ch_field_integer(meter, "units", 0) : p->usage->declared_revenue;
    int64_t grace = units < charge->free ? units : charge->free;
    return add_line(p, charge->id, CH_CLASS_SAMPLE, ch_field_integer(meter, "sample", 0), 0) &&
           add_line(p, charge->id, CH_CLASS_GRACE, grace, 0) && add_variable(p, charge, units - grace);
}

static bool apply_minimum(struct pricing *p)
{
    int64_t minimum = 0;
    if (!round_to((ch_u128)p->plan->minimum, p->k, MICRO, p->plan->round, &minimum))
        return over_limit(p, "minimum");
    int64_t sum = p->price->totals[CH_CLASS_FIXED].amount + p->price->totals[CH_CLASS_VARIABLE].amount;
    if (sum >= minimum)
        return true;
    add_flag(p, "minimum_applied");
    return add_line(p, "minimum", CH_CLASS_FIXED, 0, minimum - sum);
}

static void flag_unpriced(struct pricing *p)
{
    const char *name;
    json_t *meter;
    json_object_foreach((json_t *)(uintptr_t)p->usage->meters, name, meter)
    {
        bool named = false;
        for (size_t i = 0; i < p->plan->charge_count; i++)
            named = named || (p->plan->charges[i].meter && strcmp(p->plan->charges[i].meter, name) == 0);
        if (!named) /* names are unique, so the flag is new */
            p->price->flags[p->price->flag_count++] = ch_printf(p->list->arena, "unpriced:%s", name);
    }
}

static int compare_flags(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *result_json(struct ch_arena *arena, const struct ch_price *price)
{
    json_t *lines = json_array(), *totals = json_object(), *flags = json_array();
    for (size_t i = 0; i < price->line_count; i++) {
        const struct ch_price_line *line = &price->lines[i];
        json_array_append_new(lines, json_pack("{s:s, s:s, s:I, s:I}", "charge", line->charge, "class",
                                               ch_usage_classes[line->class], "units", (json_int_t)line->units,
                                               "amount", (json_int_t)line->amount));
    }
    for (int i = 0; i < CH_CLASSES; i++)
        json_object_set_new(totals, ch_usage_classes[i],
                            json_pack("{s:I, s:I}", "units", (json_int_t)price->totals[i].units, "amount",
                                      (json_int_t)price->totals[i].amount));
    for (size_t i = 0; i < price->flag_count; i++)
        json_array_append_new(flags, json_string(price->flags[i]));
    return ch_json_pack(arena, "{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:o}", "schema",
                        "price-result/1", "plan", price->plan->id, "version", (json_int_t)price->plan->version,
                        "period", price->usage->period, "currency", price->plan->currency, "tier", price->usage->tier,
                        "plan_sha256", price->plan->sha256, "usage_sha256", price->usage->sha256, "lines", lines,
                        "totals", totals, "total", (json_int_t)price->total, "flags", flags);
}

struct ch_price *ch_price(const struct ch_price_plan *plan, const struct ch_price_usage *usage,
                          struct ch_refusals *list)
{
    struct ch_price *price = ch_alloc(list->arena, sizeof *price);
    int64_t discount = ch_field_integer(plan->discounts, usage->tier, 0);
    struct pricing p = {price, plan, usage, list, MICRO - discount, 0};
    *price = (struct ch_price){.plan = plan, .usage = usage};
    price->flags = ch_alloc_array(list->arena, json_object_size(usage->meters) + 2, sizeof *price->flags);
    if (strcmp(plan->currency, usage->currency) != 0) {
        ch_refusal_add(list, "/currency", "must be the plan's, %s", plan->currency);
        return NULL;
    }
    for (size_t i = 0; i < plan->charge_count; i++)
        if (!run_charge(&p, &plan->charges[i]))
            return NULL;
    if (!apply_minimum(&p))
        return NULL;
    flag_unpriced(&p);
    qsort(price->flags, price->flag_count, sizeof *price->flags, compare_flags);
    ch_json_sha256(list->arena, result_json(list->arena, price), price->hash);
    return price;
}

char *ch_price_text(struct ch_arena *arena, const struct ch_price *price)
{
    json_t *result = result_json(arena, price);
    json_object_set_new(result, "hash", json_string(price->hash));
    return ch_json_canonical(arena, result, NULL);
}
