/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads price plans and usage, and makes a plan of a terms price. The arithmetic is in price.c. */
#include "price.h"

#include <string.h>

#define AMOUNT_MAX INT64_C(1000000000000)
#define MICRO_MAX  INT64_C(1000000000000000)
#define UNITS_MAX  (INT64_C(1) << 40)

static const char *const plan_schemas[] = {"price-plan/1", NULL};
static const char *const usage_schemas[] = {"price-usage/1", NULL};
static const char *const models[] = {"flat", "per_unit", "graduated", "volume", "package", "percent", NULL};
/* in the order of enum ch_rounding */
static const char *const roundings[] = {"down", "up", "half_up", NULL};

static bool is_period(const char *text)
{
    char day[11] = "0000-00-01";
    if (strlen(text) != 7)
        return false;
    memcpy(day, text, 7);
    return ch_payout_is_date(day);
}

#define INTEGER(n, r, low, high)                                                                                       \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_INTEGER, .required = r, .min = low, .max = high                                    \
    }
#define TEXT(n, f, what)                                                                                               \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_TEXT, .required = true, .matches = f, .must_be = what                              \
    }
#define ID(n) TEXT(n, ch_payout_is_id, "an id")
#define CHOICE(n, r, c)                                                                                                \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_CHOICE, .required = r, .choices = c                                                \
    }
#define ARRAY(n, high)                                                                                                 \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_ARRAY, .required = true, .min = 1, .max = high                                     \
    }
#define OBJECT(n, r)                                                                                                   \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_OBJECT, .required = r                                                              \
    }
#define CURRENCY TEXT("currency", ch_payout_is_currency, "three capital letters")
#define HEAD     ID("id"), CHOICE("model", true, models)
#define FREE     INTEGER("free", false, 0, CH_PAYOUT_MAX)
#define PER      INTEGER("per", false, 1, 1000000000)
#define END                                                                                                            \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

static const struct ch_field plan_fields[] = {CHOICE("schema", true, plan_schemas),
                                              ID("plan"),
                                              INTEGER("version", true, 1, 1000000),
                                              CURRENCY,
                                              INTEGER("minor_digits", false, 0, 4),
                                              ARRAY("charges", 32),
                                              INTEGER("minimum", false, 0, AMOUNT_MAX),
                                              INTEGER("cap", false, 0, AMOUNT_MAX),
                                              OBJECT("discounts", false),
                                              CHOICE("round", false, roundings),
                                              END};
static const struct ch_field flat_fields[] = {HEAD, INTEGER("amount", true, 0, AMOUNT_MAX), END};
static const struct ch_field per_unit_fields[] = {HEAD, ID("meter"), INTEGER("unit_micro", true, 0, MICRO_MAX),
                                                  FREE, PER,         END};
static const struct ch_field tiered_fields[] = {HEAD, ID("meter"), ARRAY("tiers", INT64_MAX), FREE, PER, END};
static const struct ch_field package_fields[] = {
    HEAD, ID("meter"), INTEGER("size", true, 1, CH_PAYOUT_MAX), INTEGER("price", true, 0, AMOUNT_MAX), FREE, END};
static const struct ch_field percent_fields[] = {HEAD, INTEGER("rate_ppm", true, 0, 1000000), FREE, END};
static const struct ch_field *const charge_fields[] = {flat_fields,   per_unit_fields, tiered_fields,
                                                       tiered_fields, package_fields,  percent_fields};
static const struct ch_field tier_fields[] = {{.name = "up_to", .type = CH_FIELD_ANY, .required = true},
                                              INTEGER("unit_micro", true, 0, MICRO_MAX),
                                              INTEGER("flat", false, 0, AMOUNT_MAX),
                                              END};
static const struct ch_field usage_fields[] = {CHOICE("schema", true, usage_schemas),
                                               TEXT("period", is_period, "a month, YYYY-MM"),
                                               CURRENCY,
                                               ID("tier"),
                                               OBJECT("meters", true),
                                               INTEGER("declared_revenue", false, 0, CH_PAYOUT_MAX),
                                               END};
static const struct ch_field meter_fields[] = {INTEGER("units", true, 0, UNITS_MAX),
                                               INTEGER("sample", false, 0, UNITS_MAX), END};

static void read_tier(struct ch_refusals *list, const char *at, const json_t *json, struct ch_price_tier *tier,
                      bool last)
{
    if (!ch_fields_check(list, at, json, tier_fields))
        return;
    const json_t *up_to = json_object_get(json, "up_to");
    const char *at_up_to = ch_pointer_name(list->arena, at, "up_to");
    tier->unit_micro = ch_field_integer(json, "unit_micro", 0);
    tier->flat = ch_field_integer(json, "flat", 0);
    tier->up_to = json_is_integer(up_to) ? json_integer_value(up_to) : INT64_MAX;
    if (last && !json_is_null(up_to))
        ch_refusal_add(list, at_up_to, "must be null in the last tier");
    if (!last && (!json_is_integer(up_to) || tier->up_to < 1 || tier->up_to > CH_PAYOUT_MAX))
        ch_refusal_add(list, at_up_to, "must lie between 1 and 9007199254740991");
}

static void read_tiers(struct ch_refusals *list, const char *pointer, const json_t *array, struct ch_charge *charge)
{
    charge->tier_count = json_array_size(array);
    charge->tiers = ch_alloc_array(list->arena, charge->tier_count, sizeof *charge->tiers);
    for (size_t i = 0; i < charge->tier_count; i++) {
        const char *at = ch_printf(list->arena, "%s/tiers/%zu", pointer, i);
        read_tier(list, at, json_array_get(array, i), &charge->tiers[i], i + 1 == charge->tier_count);
        if (i > 0 && charge->tiers[i].up_to <= charge->tiers[i - 1].up_to)
            ch_refusal_add(list, ch_pointer_name(list->arena, at, "up_to"), "must rise from tier to tier");
    }
}

static void read_charge(struct ch_refusals *list, const json_t *json, struct ch_price_plan *plan, size_t index)
{
    struct ch_charge *charge = &plan->charges[index];
    const char *pointer = ch_printf(list->arena, "/charges/%zu", index);
    int model = ch_field_choice(json, "model", models, -1);
    if (model < 0) {
        ch_refusal_add(list, ch_pointer_name(list->arena, pointer, "model"), "must be a charge's model");
        return;
    }
    if (!ch_fields_check(list, pointer, json, charge_fields[model]))
        return;
    charge->model = (enum ch_charge_model)model;
    charge->id = ch_field_text(json, "id", "");
    charge->meter = ch_field_text(json, "meter", NULL);
    charge->amount = ch_field_integer(json, "amount", 0);
    charge->unit_micro = ch_field_integer(json, "unit_micro", 0);
    charge->per = ch_field_integer(json, "per", 1);
    charge->free = ch_field_integer(json, "free", 0);
    charge->size = ch_field_integer(json, "size", 1);
    charge->price = ch_field_integer(json, "price", 0);
    charge->rate_ppm = ch_field_integer(json, "rate_ppm", 0);
    if (json_object_get(json, "tiers"))
        read_tiers(list, pointer, json_object_get(json, "tiers"), charge);
    for (size_t i = 0; i < index; i++)
        if (plan->charges[i].id && strcmp(plan->charges[i].id, charge->id) == 0)
            ch_refusal_add(list, ch_pointer_name(list->arena, pointer, "id"), "is the id of an earlier charge");
}

static void check_discounts(struct ch_refusals *list, const json_t *discounts)
{
    const char *tier;
    json_t *ppm;
    json_object_foreach((json_t *)(uintptr_t)discounts, tier, ppm)
    {
        const char *at = ch_pointer_name(list->arena, "/discounts", tier);
        if (!ch_payout_is_id(tier))
            ch_refusal_add(list, at, "must be named by a tier's id");
        else if (!json_is_integer(ppm) || json_integer_value(ppm) < 0 || json_integer_value(ppm) > 1000000)
            ch_refusal_add(list, at, "must lie between 0 and 1000000");
    }
}

struct ch_price_plan *ch_price_plan_read(const json_t *document, struct ch_refusals *list)
{
    struct ch_price_plan *plan = ch_alloc(list->arena, sizeof *plan);
    if (!ch_fields_check(list, "", document, plan_fields))
        return NULL;
    plan->id = ch_field_text(document, "plan", "");
    plan->currency = ch_field_text(document, "currency", "");
    plan->version = ch_field_integer(document, "version", 0);
    plan->minimum = ch_field_integer(document, "minimum", 0);
    plan->cap = ch_field_integer(document, "cap", -1);
    plan->round = (enum ch_rounding)ch_field_choice(document, "round", roundings, CH_ROUND_HALF_UP);
    plan->discounts = json_object_get(document, "discounts");
    if (plan->discounts)
        check_discounts(list, plan->discounts);
    const json_t *charges = json_object_get(document, "charges");
    plan->charge_count = json_array_size(charges);
    for (size_t i = 0; i < plan->charge_count; i++)
        read_charge(list, json_array_get(charges, i), plan, i);
    if (!ch_refusals_none(list))
        return NULL;
    ch_json_sha256(list->arena, document, plan->sha256);
    return plan;
}

struct ch_price_usage *ch_price_usage_read(const json_t *document, struct ch_refusals *list)
{
    struct ch_price_usage *usage = ch_alloc(list->arena, sizeof *usage);
    if (!ch_fields_check(list, "", document, usage_fields))
        return NULL;
    usage->period = ch_field_text(document, "period", "");
    usage->currency = ch_field_text(document, "currency", "");
    usage->tier = ch_field_text(document, "tier", "");
    usage->declared_revenue = ch_field_integer(document, "declared_revenue", 0);
    usage->meters = json_object_get(document, "meters");
    const char *name;
    json_t *meter;
    json_object_foreach((json_t *)(uintptr_t)usage->meters, name, meter)
    {
        const char *at = ch_pointer_name(list->arena, "/meters", name);
        if (!ch_payout_is_id(name))
            ch_refusal_add(list, at, "must be named by an id");
        ch_fields_check(list, at, meter, meter_fields);
    }
    if (!ch_refusals_none(list))
        return NULL;
    ch_json_sha256(list->arena, document, usage->sha256);
    return usage;
}

json_t *ch_price_plan_from_terms(struct ch_arena *arena, const char *tier, int64_t version, const char *currency,
                                 int64_t base, int64_t unit, int64_t unit_rows, int64_t free_rows, int64_t cap)
{
    int64_t unit_micro;
    if (__builtin_mul_overflow(unit, INT64_C(1000000), &unit_micro))
        return NULL;
    json_t *plan = ch_json_pack(arena, "{s:s, s:s, s:I, s:s, s:[{s:s, s:s, s:I}, {s:s, s:s, s:s, s:I, s:I, s:I}]}",
                                "schema", "price-plan/1", "plan", tier, "version", (json_int_t)version, "currency",
                                currency, "charges", "id", "base", "model", "flat", "amount", (json_int_t)base, "id",
                                "rows", "model", "per_unit", "meter", "rows", "unit_micro", (json_int_t)unit_micro,
                                "per", (json_int_t)unit_rows, "free", (json_int_t)free_rows);
    if (cap >= 0)
        json_object_set_new(plan, "cap", json_integer(cap));
    return plan;
}
