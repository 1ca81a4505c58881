/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads and checks a benefit-sharing rule. What the rule does to money is in distribute.c and split.c; the
 * warnings for voters are in rule_warnings.c. */
#include "benefit_rule.h"

#include <string.h>

#include "rule_warnings.h"

const char *const ch_step_kinds[] = {"fixed", "percent", "until_target", "split", "carry", "assign", "require", NULL};
const char *const ch_member_statuses[] = {"active", "lapsed", "suspended", "left", "expelled", "deceased", NULL};
const struct ch_json_limits CH_CALC_LIMITS = {
    .bytes = (size_t)1 << 30, .depth = 8, .string = 0, .integers = true, .ascii = true};

static const char *const weights[] = {"usage", "usage*quality", "equal", "tenure", "external", NULL};
static const char *const roundings[] = {"down", "up", "half_up", NULL};
static const char *const only_schema[] = {"benefit-rule/1", NULL};
static const char *const only_remainder[] = {"largest_remainder/sha256", NULL};
static const char *const only_basis[] = {"cash_received", NULL};
static const char *const only_same_shares[] = {"same_shares", NULL};
static const char *const only_contribution[] = {"contribution", NULL};
static const char *const only_rail_fees[] = {"rail_fees", NULL};
static const char *const scopes[] = {"pool", "licensee", NULL};
static const char *const fee_recoveries[] = {"keep", "reverse", NULL};

static bool is_base(const char *text)
{
    if (strcmp(text, "gross") == 0 || strcmp(text, "remaining") == 0)
        return true;
    return strncmp(text, "after:", 6) == 0 && ch_payout_is_id(text + 6);
}

#define ID(n, r)                                                                                                       \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_TEXT, .required = r, .matches = ch_payout_is_id, .must_be = "an id"                \
    }
#define FUND(n, r)                                                                                                     \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_TEXT, .required = r, .matches = ch_payout_is_fund,                                 \
        .must_be = "an account a rule may feed"                                                                        \
    }
#define CHOICE(n, r, c)                                                                                                \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_CHOICE, .required = r, .choices = c                                                \
    }
#define INTEGER(n, r, low, high)                                                                                       \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_INTEGER, .required = r, .min = low, .max = high                                    \
    }
#define ARRAY(n, r, low, high)                                                                                         \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_ARRAY, .required = r, .min = low, .max = high                                      \
    }
#define OBJECT(n, r)                                                                                                   \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_OBJECT, .required = r                                                              \
    }
#define ANY(n)                                                                                                         \
    {                                                                                                                  \
        .name = n, .type = CH_FIELD_ANY                                                                                \
    }
#define MINOR(n, r) INTEGER(n, r, 0, CH_PAYOUT_MAX)
#define HEAD        ID("id", true), CHOICE("kind", true, ch_step_kinds)
#define BASE(r)                                                                                                        \
    {                                                                                                                  \
        .name = "of", .type = CH_FIELD_TEXT, .required = r, .matches = is_base, .must_be = base_forms                  \
    }
#define SHARE(r) BASE(r), INTEGER("num", r, 0, 1000000), INTEGER("den", r, 1, 1000000)
#define TAIL     CHOICE("round", false, roundings), MINOR("max", false)
#define END                                                                                                            \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

static const char base_forms[] = "gross, remaining or after:STEP";

static const struct ch_field rule_fields[] = {
    CHOICE("schema", true, only_schema),
    ID("rule", true),
    INTEGER("version", false, 1, 1000000),
    {.name = "currency",
     .type = CH_FIELD_TEXT,
     .required = true,
     .matches = ch_payout_is_currency,
     .must_be = "three capital letters"},
    INTEGER("minor_digits", false, 0, 4),
    ID("resolution", false),
    {.name = "effective_from", .type = CH_FIELD_TEXT, .matches = ch_payout_is_date, .must_be = "a date, YYYY-MM-DD"},
    CHOICE("basis", false, only_basis),
    CHOICE("pot_scope", false, scopes),
    ARRAY("steps", true, 1, 32),
    OBJECT("hold", false),
    OBJECT("refund", false),
    CHOICE("remainder", true, only_remainder),
    END};
static const struct ch_field fixed_fields[] = {
    HEAD, FUND("to", true), MINOR("amount", false), CHOICE("amount_from", false, only_rail_fees), MINOR("max", false),
    END};
static const struct ch_field percent_fields[] = {HEAD, FUND("to", true), SHARE(true), TAIL, END};
static const struct ch_field target_fields[] = {HEAD, FUND("to", true), SHARE(true), TAIL, MINOR("target", true), END};
static const struct ch_field split_fields[] = {HEAD,
                                               SHARE(true),
                                               TAIL,
                                               ARRAY("parts", true, 1, 16),
                                               OBJECT("eligible", false),
                                               MINOR("floor_each", false),
                                               ANY("cap_each"),
                                               FUND("leftover_to", true),
                                               END};
static const struct ch_field carry_fields[] = {HEAD, SHARE(true), TAIL, END};
static const struct ch_field assign_fields[] = {
    HEAD, ID("recipient", true), ID("resolution", true), MINOR("amount", false), SHARE(false), TAIL, END};
static const struct ch_field require_fields[] = {HEAD, BASE(true), MINOR("at_least", true), END};
static const struct ch_field *const step_fields[] = {fixed_fields, percent_fields, target_fields, split_fields,
                                                     carry_fields, assign_fields,  require_fields};
static const struct ch_field part_fields[] = {INTEGER("share", true, 1, 10000), CHOICE("weight", true, weights),
                                              CHOICE("then", false, only_contribution), END};
static const struct ch_field eligible_fields[] = {ARRAY("status", false, 1, 6), MINOR("min_units", false),
                                                  INTEGER("window_days", false, 1, 3660),
                                                  INTEGER("min_distinct_licensees", false, 0, 1000000), END};
static const struct ch_field ratio_fields[] = {INTEGER("num", true, 0, 1000000), INTEGER("den", true, 1, 1000000), END};
static const struct ch_field hold_fields[] = {
    MINOR("min_payout", false), INTEGER("unclaimed_after_days", false, 365, 36500), OBJECT("netting", false), END};
static const struct ch_field refund_fields[] = {ANY("first_from"), CHOICE("then", false, only_same_shares),
                                                CHOICE("fee_recovery", false, fee_recoveries), END};

struct reading {
    struct ch_refusals *list;
    struct ch_arena *arena;
    struct ch_benefit_rule *rule;
};

static bool check_num_den(struct reading *r, const char *pointer, int64_t num, int64_t den)
{
    return num <= den || ch_refusal_add(r->list, ch_pointer_name(r->arena, pointer, "num"), "must not be above den");
}

static bool read_ratio(struct reading *r, const char *pointer, const json_t *value, int64_t *num, int64_t *den)
{
    if (!ch_fields_check(r->list, pointer, value, ratio_fields))
        return false;
    *num = ch_field_integer(value, "num", 0);
    *den = ch_field_integer(value, "den", 1);
    return check_num_den(r, pointer, *num, *den);
}

static void read_base(struct reading *r, const char *pointer, const json_t *json, size_t index)
{
    struct ch_rule_step *step = &r->rule->steps[index];
    const char *of = ch_field_text(json, "of", NULL);
    step->base = CH_BASE_REMAINING;
    if (!of)
        return;
    step->has_base = true;
    if (strcmp(of, "gross") == 0)
        step->base = CH_BASE_GROSS;
    if (strncmp(of, "after:", 6) != 0)
        return;
    step->base = CH_BASE_AFTER;
    for (size_t i = 0; i < index; i++)
        if (r->rule->steps[i].id && strcmp(r->rule->steps[i].id, of + 6) == 0) {
            step->after = i;
            return;
        }
    ch_refusal_add(r->list, ch_pointer_name(r->arena, pointer, "of"), "must name an earlier step");
}

static void read_part(struct reading *r, const char *pointer, const json_t *json, struct ch_rule_part *part)
{
    if (!ch_fields_check(r->list, pointer, json, part_fields))
        return;
    part->share = ch_field_integer(json, "share", 1);
    part->weight = (enum ch_weight)ch_field_choice(json, "weight", weights, CH_WEIGHT_USAGE);
    part->by_contribution = json_object_get(json, "then") != NULL;
    if (part->by_contribution && part->weight == CH_WEIGHT_TENURE)
        ch_refusal_add(r->list, ch_pointer_name(r->arena, pointer, "weight"), "contributions have no tenure");
}

static void read_statuses(struct reading *r, const char *pointer, const json_t *array, struct ch_rule_step *step)
{
    step->eligible_status = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *text = json_string_value(json_array_get(array, i));
        int status = text ? ch_choice_index(text, ch_member_statuses) : -1;
        const char *at = ch_pointer_index(r->arena, ch_pointer_name(r->arena, pointer, "status"), i);
        if (status < 0)
            ch_refusal_add(r->list, at, "must be a member's status");
        else if (step->eligible_status & 1u << status)
            ch_refusal_add(r->list, at, "is there twice");
        else
            step->eligible_status |= 1u << status;
    }
}

static void read_eligible(struct reading *r, const char *pointer, const json_t *json, struct ch_rule_step *step)
{
    step->has_eligible = true;
    if (!ch_fields_check(r->list, pointer, json, eligible_fields))
        return;
    if (json_object_get(json, "status"))
        read_statuses(r, pointer, json_object_get(json, "status"), step);
    step->min_units = ch_field_integer(json, "min_units", 0);
    step->min_licensees = ch_field_integer(json, "min_distinct_licensees", 0);
    step->window_days = ch_field_integer(json, "window_days", 0);
    if (!step->window_days && (json_object_get(json, "min_units") || json_object_get(json, "min_distinct_licensees")))
        ch_refusal_add(r->list, ch_pointer_name(r->arena, pointer, "window_days"), "is required with a minimum");
}

static void read_cap(struct reading *r, const char *pointer, const json_t *json, struct ch_rule_step *step)
{
    const char *at = ch_pointer_name(r->arena, pointer, "cap_each");
    if (json_is_object(json)) {
        step->cap = CH_CAP_RATIO;
        read_ratio(r, at, json, &step->cap_num, &step->cap_den);
        return;
    }
    if (!json_is_integer(json) || json_integer_value(json) < 0 || json_integer_value(json) > CH_PAYOUT_MAX) {
        ch_refusal_add(r->list, at, "must be an amount or a ratio");
        return;
    }
    step->cap = CH_CAP_AMOUNT;
    step->cap_amount = json_integer_value(json);
    if (step->floor_each > step->cap_amount)
        ch_refusal_add(r->list, ch_pointer_name(r->arena, pointer, "floor_each"), "must not be above cap_each");
}

static void read_split(struct reading *r, const char *pointer, const json_t *json, struct ch_rule_step *step)
{
    const json_t *parts = json_object_get(json, "parts");
    step->part_count = json_array_size(parts);
    step->parts = ch_alloc_array(r->arena, step->part_count, sizeof *step->parts);
    const char *at = ch_pointer_name(r->arena, pointer, "parts");
    for (size_t i = 0; i < step->part_count; i++)
        read_part(r, ch_pointer_index(r->arena, at, i), json_array_get(parts, i), &step->parts[i]);
    step->floor_each = ch_field_integer(json, "floor_each", 0);
    step->eligible_status = ~0u;
    const json_t *eligible = json_object_get(json, "eligible");
    if (eligible)
        read_eligible(r, ch_pointer_name(r->arena, pointer, "eligible"), eligible, step);
    if (json_object_get(json, "cap_each"))
        read_cap(r, pointer, json_object_get(json, "cap_each"), step);
    step->to = ch_field_text(json, "leftover_to", NULL);
    if (step->to && strcmp(step->to, CH_FEE_RECOVERY) == 0)
        ch_refusal_add(r->list, ch_pointer_name(r->arena, pointer, "leftover_to"),
                       "must not be " CH_FEE_RECOVERY ", which only amount_from feeds");
}

/* schema's oneOf of fixed and of assign */
static void check_amount_source(struct reading *r, const char *pointer, const json_t *json, struct ch_rule_step *step)
{
    bool amount = json_object_get(json, "amount") != NULL;
    if (step->kind == CH_STEP_FIXED) {
        if (amount == step->from_rail_fees)
            ch_refusal_add(r->list, pointer, "must have either amount or amount_from");
        return;
    }
    int given = (json_object_get(json, "of") != NULL) + (json_object_get(json, "num") != NULL) +
                (json_object_get(json, "den") != NULL);
    if (amount ? given || json_object_get(json, "round") : given != 3)
        ch_refusal_add(r->list, pointer, "must have either amount, or of, num and den");
}

static void check_fee_recovery(struct reading *r, const char *pointer, const struct ch_rule_step *step)
{
    if (step->kind == CH_STEP_SPLIT || step->kind == CH_STEP_ASSIGN || !step->to)
        return;
    if (strcmp(step->to, CH_FEE_RECOVERY) == 0 && !step->from_rail_fees)
        ch_refusal_add(r->list, ch_pointer_name(r->arena, pointer, "to"),
                       CH_FEE_RECOVERY " is fed only by amount_from");
}

static void read_step_values(struct reading *r, const char *pointer, const json_t *json, size_t index)
{
    struct ch_rule_step *step = &r->rule->steps[index];
    step->num = ch_field_integer(json, "num", 0);
    step->den = ch_field_integer(json, "den", 1);
    step->round = (enum ch_rounding)ch_field_choice(json, "round", roundings, CH_ROUND_DOWN);
    step->max = ch_field_integer(json, "max", -1);
    step->amount = ch_field_integer(json, "amount", -1);
    step->target = ch_field_integer(json, "target", 0);
    step->at_least = ch_field_integer(json, "at_least", 0);
    step->from_rail_fees = json_object_get(json, "amount_from") != NULL;
    step->to = ch_field_text(json, step->kind == CH_STEP_ASSIGN ? "recipient" : "to", NULL);
    read_base(r, pointer, json, index);
    check_num_den(r, pointer, step->num, step->den);
    if (step->kind == CH_STEP_SPLIT)
        read_split(r, pointer, json, step);
    if (step->kind == CH_STEP_FIXED || step->kind == CH_STEP_ASSIGN)
        check_amount_source(r, pointer, json, step);
    check_fee_recovery(r, pointer, step);
}

static void read_step(struct reading *r, const json_t *json, size_t index)
{
    struct ch_rule_step *step = &r->rule->steps[index];
    const char *pointer = ch_printf(r->arena, "/steps/%zu", index);
    if (!json_is_object(json)) {
        ch_refusal_add(r->list, pointer, "must be an object");
        return;
    }
    step->id = ch_field_text(json, "id", NULL);
    for (size_t i = 0; i < index && step->id; i++)
        if (r->rule->steps[i].id && strcmp(r->rule->steps[i].id, step->id) == 0) {
            ch_refusal_add(r->list, ch_pointer_name(r->arena, pointer, "id"), "is the id of an earlier step");
            break;
        }
    int kind = ch_field_choice(json, "kind", ch_step_kinds, -1);
    if (kind < 0) {
        ch_refusal_add(r->list, ch_pointer_name(r->arena, pointer, "kind"), "must be the kind of a step");
        return;
    }
    step->kind = (enum ch_step_kind)kind;
    if (ch_fields_check(r->list, pointer, json, step_fields[kind]))
        read_step_values(r, pointer, json, index);
}

static void read_hold(struct reading *r, const json_t *json)
{
    struct ch_benefit_rule *rule = r->rule;
    rule->min_payout = rule->unclaimed_after_days = -1;
    rule->netting_num = 1;
    rule->netting_den = 2;
    if (!json_is_object(json) || !ch_fields_check(r->list, "/hold", json, hold_fields))
        return;
    rule->min_payout = ch_field_integer(json, "min_payout", -1);
    rule->unclaimed_after_days = ch_field_integer(json, "unclaimed_after_days", -1);
    const json_t *netting = json_object_get(json, "netting");
    if (netting)
        read_ratio(r, "/hold/netting", netting, &rule->netting_num, &rule->netting_den);
}

static void read_refund(struct reading *r, const json_t *json)
{
    if (!json_is_object(json) || !ch_fields_check(r->list, "/refund", json, refund_fields))
        return;
    r->rule->fee_recovery_reverse = ch_field_choice(json, "fee_recovery", fee_recoveries, 0) == 1;
    const json_t *from = json_object_get(json, "first_from");
    if (!from || json_is_null(from))
        return;
    if (!json_is_string(from) || !ch_payout_is_fund(json_string_value(from)))
        ch_refusal_add(r->list, "/refund/first_from", "must be null or an account a rule may feed");
    r->rule->refund_first_from = json_string_value(from);
}

static void read_head(struct reading *r, const json_t *json)
{
    struct ch_benefit_rule *rule = r->rule;
    rule->id = ch_field_text(json, "rule", NULL);
    rule->currency = ch_field_text(json, "currency", NULL);
    rule->resolution = ch_field_text(json, "resolution", NULL);
    rule->effective_from = ch_field_text(json, "effective_from", NULL);
    rule->version = ch_field_integer(json, "version", 0);
    rule->minor_digits = (int)ch_field_integer(json, "minor_digits", 2);
    rule->per_licensee = ch_field_choice(json, "pot_scope", scopes, 0) == 1;
}

struct ch_benefit_rule *ch_benefit_rule_read(const json_t *document, struct ch_refusals *list,
                                             struct ch_refusals *warnings)
{
    struct reading r = {list, list->arena, ch_alloc(list->arena, sizeof(struct ch_benefit_rule))};
    ch_fields_check(list, "", document, rule_fields);
    if (!json_is_object(document))
        return NULL;
    const json_t *steps = json_object_get(document, "steps");
    read_head(&r, document);
    r.rule->step_count = json_array_size(steps) <= 32 ? json_array_size(steps) : 0;
    r.rule->steps = ch_alloc_array(r.arena, r.rule->step_count, sizeof *r.rule->steps);
    for (size_t i = 0; i < r.rule->step_count; i++)
        read_step(&r, json_array_get(steps, i), i);
    read_hold(&r, json_object_get(document, "hold"));
    read_refund(&r, json_object_get(document, "refund"));
    if (!ch_refusals_none(list))
        return NULL;
    ch_json_sha256(r.arena, document, r.rule->sha256);
    if (warnings)
        ch_rule_warn(r.rule, warnings);
    return r.rule;
}

json_t *ch_calc_parse(const char *text, size_t length, struct ch_refusals *list)
{
    struct ch_json_error error = {0};
    json_t *document = ch_json_parse(list->arena, text, length, &CH_CALC_LIMITS, &error);
    if (!document)
        ch_refusal_add(list, error.pointer, "%s (%s)", error.detail, error.slug);
    return document;
}

struct ch_benefit_rule *ch_benefit_rule_parse(const char *text, size_t length, struct ch_refusals *list,
                                              struct ch_refusals *warnings)
{
    const json_t *document = ch_calc_parse(text, length, list);
    return document ? ch_benefit_rule_read(document, list, warnings) : NULL;
}
