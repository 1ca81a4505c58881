/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Compares two versions of a pool's terms. Rules are never merged, so a rule of the new version is no wider exactly
 * when some one rule of the old version, for the same purpose and class, allowed all of it. Whether a rule permits or
 * asks the council makes no difference: both need the consent. */
#include "narrows.h"

#include <stdlib.h>

/* What one comparison works on. */
struct comparison {
    const struct ch_terms *old_terms, *new_terms;
    size_t *old_column;  /* per new column: index of the old one of that name, or old column_count */
    uint16_t *wider;     /* per new rule and old rule: reasons why the first is wider than the second */
    uint16_t everywhere; /* reasons that hold for every pair: acts */
    int64_t new_notice;
};

#define BIT(name) ((uint16_t)(1u << CH_NARROW_BIT_##name))

static const json_t *rule_json(const struct ch_terms *terms, const struct ch_rule *rule)
{
    return json_array_get(json_object_get(terms->doc, "rules"), (size_t)(rule - terms->rules));
}

static bool same_conditions(const struct comparison *c, const struct ch_rule *now, const struct ch_rule *then)
{
    if (now->condition_count == 0 || then->condition_count == 0)
        return now->condition_count == then->condition_count;
    return json_equal(json_object_get(rule_json(c->new_terms, now), "conditions"),
                      json_object_get(rule_json(c->old_terms, then), "conditions"));
}

/* Days until a licensee under this rule and tier must have deleted; no duty to delete: for ever. */
static int64_t tier_retention(const struct ch_terms *terms, const struct ch_rule *rule, size_t tier)
{
    int64_t days = INT64_MAX;
    for (size_t i = 0; i < terms->duty_count; i++) {
        const struct ch_duty *duty = &terms->duties[i];
        if (rule->duties[i] && duty->tiers[tier] && duty->act == CH_DUTY_DELETE && duty->within_days >= 0 &&
            duty->within_days < days)
            days = duty->within_days;
    }
    return days;
}

/* Of the rule's tiers, the one that may keep longest. */
static int64_t rule_retention(const struct ch_terms *terms, const struct ch_rule *rule)
{
    int64_t days = 0;
    for (size_t i = 0; i < rule->tier_count; i++) {
        int64_t of_tier = tier_retention(terms, rule, rule->tiers[i]);
        days = of_tier > days ? of_tier : days;
    }
    return days;
}

static bool finer_column(const struct comparison *c, const struct ch_rule *now, const struct ch_rule *then)
{
    static const struct ch_general drop = {.kind = CH_GENERAL_DROP};
    for (size_t i = 0; i < c->new_terms->column_count; i++) {
        size_t old = c->old_column[i];
        const struct ch_general *before = old < c->old_terms->column_count ? &then->columns[old] : &drop;
        if (!ch_general_no_finer(&now->columns[i], before))
            return true;
    }
    return false;
}

static uint16_t compare_rules(const struct comparison *c, const struct ch_rule *now, const struct ch_rule *then)
{
    uint16_t reasons = 0;
    if (finer_column(c, now, then))
        reasons |= BIT(COLUMN);
    if (now->min_cohort < then->min_cohort)
        reasons |= BIT(COHORT);
    if (now->max_days > then->max_days)
        reasons |= BIT(DAYS);
    if (rule_retention(c->new_terms, now) > rule_retention(c->old_terms, then))
        reasons |= BIT(RETENTION);
    if (now->actions & ~then->actions)
        reasons |= BIT(ACTIONS);
    if (!ch_region_set_within(&now->regions, &then->regions))
        reasons |= BIT(REGIONS);
    if (now->modes & ~then->modes)
        reasons |= BIT(MODES);
    if (!same_conditions(c, now, then))
        reasons |= BIT(CONDITIONS);
    return reasons;
}

static bool touches(const struct ch_rule *rule, unsigned purpose, unsigned org_class)
{
    return (rule->purposes >> purpose & 1) && (rule->org_classes >> org_class & 1);
}

static bool pair_allowed(const struct ch_terms *terms, unsigned purpose, unsigned org_class)
{
    bool allowed = false;
    for (size_t i = 0; terms && i < terms->rule_count; i++) {
        const struct ch_rule *rule = &terms->rules[i];
        if (!touches(rule, purpose, org_class))
            continue;
        if (rule->effect != CH_EFFECT_PROHIBIT)
            allowed = true;
        else if (ch_rule_is_outright(rule))
            return false;
    }
    return allowed;
}

/* Whether a new prohibition forbids, for this pair, all that the old one did. */
static bool still_forbidden(const struct comparison *c, const struct ch_rule *then, unsigned purpose,
                            unsigned org_class)
{
    for (size_t i = 0; i < c->new_terms->rule_count; i++) {
        const struct ch_rule *now = &c->new_terms->rules[i];
        if (now->effect == CH_EFFECT_PROHIBIT && touches(now, purpose, org_class) && !(then->actions & ~now->actions) &&
            !(then->modes & ~now->modes) && ch_region_set_within(&then->regions, &now->regions) &&
            (now->condition_count == 0 || same_conditions(c, now, then)))
            return true;
    }
    return false;
}

static uint16_t lost_prohibitions(const struct comparison *c, unsigned purpose, unsigned org_class)
{
    for (size_t i = 0; i < c->old_terms->rule_count; i++) {
        const struct ch_rule *then = &c->old_terms->rules[i];
        if (then->effect == CH_EFFECT_PROHIBIT && touches(then, purpose, org_class) &&
            !still_forbidden(c, then, purpose, org_class))
            return BIT(PROHIBITION);
    }
    return 0;
}

/* The old rule that comes closest to allowing all of the new one; its reasons, and the least floor of those with none.
 */
static uint16_t closest(const struct comparison *c, size_t now, unsigned purpose, unsigned org_class, int64_t *floor)
{
    uint16_t best = UINT16_MAX;
    *floor = INT64_MAX;
    for (size_t i = 0; i < c->old_terms->rule_count; i++) {
        const struct ch_rule *then = &c->old_terms->rules[i];
        if (then->effect == CH_EFFECT_PROHIBIT || !touches(then, purpose, org_class))
            continue;
        uint16_t reasons = c->wider[now * c->old_terms->rule_count + i];
        if (reasons == 0 && then->notice_floor < *floor)
            *floor = then->notice_floor;
        if (__builtin_popcount(reasons) < __builtin_popcount(best))
            best = reasons;
    }
    return best;
}

/* One pair that the new version allows: notes on each rule what it needs, and on the pair why it is wider. */
static void compare_pair(const struct comparison *c, struct ch_narrow_pair *pair, struct ch_narrows *out)
{
    uint16_t common = pair->before ? c->everywhere | lost_prohibitions(c, pair->purpose, pair->org_class) : BIT(NEW);
    for (size_t i = 0; i < out->rule_count; i++) {
        struct ch_narrow_rule *mine = &out->rules[i];
        if (!touches(mine->rule, pair->purpose, pair->org_class))
            continue;
        int64_t floor = c->new_notice;
        uint16_t reasons = common;
        if (pair->before)
            reasons |= closest(c, (size_t)(mine->rule - c->new_terms->rules), pair->purpose, pair->org_class, &floor);
        if (reasons) {
            floor = c->new_notice;
            mine->wider = pair->wider = true;
        }
        pair->reasons |= reasons;
        if (pair->floor == 0 || floor < pair->floor)
            pair->floor = floor;
        if (floor > mine->floor)
            mine->floor = floor;
    }
    out->wider |= pair->wider;
}

static void prepare(struct ch_arena *arena, struct comparison *c)
{
    size_t columns = c->new_terms->column_count, now_count = c->new_terms->rule_count;
    size_t then_count = c->old_terms ? c->old_terms->rule_count : 0;
    c->old_column = ch_alloc_array(arena, columns, sizeof *c->old_column);
    c->wider = ch_alloc_array(arena, now_count * then_count, sizeof *c->wider);
    for (size_t i = 0; c->old_terms && i < columns; i++)
        c->old_column[i] = ch_terms_column(c->old_terms, c->new_terms->columns[i].name);
    for (size_t i = 0; i < now_count; i++)
        for (size_t j = 0; j < then_count; j++)
            if (c->new_terms->rules[i].effect != CH_EFFECT_PROHIBIT &&
                c->old_terms->rules[j].effect != CH_EFFECT_PROHIBIT)
                c->wider[i * then_count + j] = compare_rules(c, &c->new_terms->rules[i], &c->old_terms->rules[j]);
}

static uint32_t known_acts(const struct ch_terms *terms)
{
    uint32_t set = 0;
    for (size_t i = 0; i < terms->act_count; i++)
        if (terms->acts[i] != CH_ACT_UNKNOWN)
            set |= UINT32_C(1) << terms->acts[i];
    return set;
}

static void list_rules(struct ch_arena *arena, const struct ch_terms *terms, struct ch_narrows *out)
{
    out->rules = ch_alloc_array(arena, terms->rule_count, sizeof *out->rules);
    for (size_t i = 0; i < terms->rule_count; i++)
        if (terms->rules[i].effect != CH_EFFECT_PROHIBIT)
            out->rules[out->rule_count++].rule = &terms->rules[i];
}

void ch_narrows(struct ch_arena *arena, const struct ch_terms *old_terms, const struct ch_terms *new_terms,
                int64_t new_notice, struct ch_narrows *out)
{
    struct comparison c = {.old_terms = old_terms, .new_terms = new_terms, .new_notice = new_notice};
    *out = (struct ch_narrows){.old_terms = old_terms, .new_terms = new_terms, .notice = new_notice};
    if (old_terms && (known_acts(old_terms) & ~known_acts(new_terms)))
        c.everywhere |= BIT(ACTS);
    prepare(arena, &c);
    list_rules(arena, new_terms, out);
    out->pairs = ch_alloc_array(arena, ch_purpose_count * CH_ORG_CLASS_UNKNOWN, sizeof *out->pairs);
    for (unsigned purpose = 0; purpose < ch_purpose_count; purpose++)
        for (unsigned org_class = 0; ch_purposes[purpose].assignable && org_class < CH_ORG_CLASS_UNKNOWN; org_class++) {
            struct ch_narrow_pair *pair = &out->pairs[out->pair_count];
            *pair = (struct ch_narrow_pair){.purpose = purpose, .org_class = (enum ch_org_class)org_class};
            pair->before = pair_allowed(old_terms, purpose, org_class);
            pair->after = pair_allowed(new_terms, purpose, org_class);
            out->pair_count += pair->before || pair->after;
            if (pair->after)
                compare_pair(&c, pair, out);
        }
}

void ch_narrows_check_floors(struct ch_faults *faults, const struct ch_narrows *narrows)
{
    const struct ch_at rules = {NULL, "rules", 0};
    for (size_t i = 0; i < narrows->rule_count; i++) {
        const struct ch_narrow_rule *mine = &narrows->rules[i];
        const struct ch_at rule = {&rules, NULL, (size_t)(mine->rule - narrows->new_terms->rules)};
        const struct ch_at floor = {&rule, "notice_floor", 0};
        if (mine->floor && mine->rule->notice_floor != mine->floor)
            ch_fault(faults, &floor, "must be %lld: the rule is %s", (long long)mine->floor,
                     mine->wider ? "wider than before" : "no wider than before");
    }
}
