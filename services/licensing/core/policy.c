/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The evaluation of licensing.md section 7, step by step: the first step that denies ends it. It decides on parsed
 * structs alone; it reads no clock (the request says `at`), no database and no text. */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

#define DAY INT64_C(86400)

static void add_reason(struct ch_policy_decision *decision, const char *reason)
{
    decision->reasons[decision->reason_count++] = reason;
}

static void deny(struct ch_policy_decision *decision, const char *reason)
{
    decision->open = false;
    decision->verdict = CH_VERDICT_DENY;
    decision->tier = NULL;
    decision->not_after = 0;
    if (reason)
        add_reason(decision, reason);
}

static bool is_one_of(const struct ch_condition *condition, const char *text)
{
    for (size_t i = 0; i < condition->value_count; i++)
        if (strcmp(condition->values[i], text) == 0)
            return true;
    return false;
}

bool ch_condition_holds(const struct ch_condition *condition, const struct ch_policy_request *request, bool prohibit)
{
    switch (condition->op) {
    case CH_OP_EQ:
    case CH_OP_ANY_OF:
        return is_one_of(condition, request->organisation);
    case CH_OP_NEQ:
    case CH_OP_NONE_OF:
        return !is_one_of(condition, request->organisation);
    case CH_OP_GTEQ:
        return request->at >= condition->at;
    case CH_OP_LT:
        return request->at < condition->at;
    case CH_OP_UNKNOWN:
        return prohibit;
    }
    abort();
}

/* A rule matches when every member it has matches. */
static bool rule_matches(const struct ch_rule *rule, const struct ch_policy_request *request)
{
    if (!(rule->purposes >> request->purpose & 1) || !(rule->actions >> request->action & 1) ||
        !(rule->org_classes >> request->org_class & 1) || !(rule->modes >> request->mode & 1) ||
        !ch_region_set_has(&rule->regions, request->region))
        return false;
    for (size_t i = 0; i < rule->condition_count; i++)
        if (!ch_condition_holds(&rule->conditions[i], request, rule->effect == CH_EFFECT_PROHIBIT))
            return false;
    return true;
}

/* Step 2: every word known; all that fail. */
static void check_words(const struct ch_policy_request *request, struct ch_policy_decision *decision)
{
    if (request->purpose == CH_PURPOSE_UNKNOWN)
        deny(decision, "core:purpose-unknown");
    else if (!ch_purposes[request->purpose].assignable)
        deny(decision, "core:purpose-not-assignable");
    if (request->action == CH_ACTION_UNKNOWN)
        deny(decision, "core:action-unknown");
    if (request->org_class == CH_ORG_CLASS_UNKNOWN)
        deny(decision, "core:org-class-unknown");
    if (request->region == CH_REGION_UNKNOWN)
        deny(decision, "core:region-unknown");
    if (request->mode == CH_MODE_UNKNOWN)
        deny(decision, "core:mode-unknown");
    if (!request->all_known)
        deny(decision, "core:column-unknown");
}

static void check_bans(const struct ch_ban *bans, size_t count, const struct ch_policy_request *request,
                       struct ch_policy_decision *decision)
{
    for (size_t i = 0; i < count; i++) {
        const struct ch_ban *ban = &bans[i];
        if (request->at < ban->from || request->at >= ban->until || !(ban->purposes >> request->purpose & 1))
            continue;
        if (!ban->organisation || strcmp(ban->organisation, request->organisation) == 0)
            deny(decision, ban->id);
    }
}

static void check_acts(const struct ch_terms *terms, const struct ch_policy_request *request,
                       struct ch_policy_decision *decision)
{
    for (size_t i = 0; i < terms->act_count; i++) {
        if (terms->acts[i] == CH_ACT_TRANSFER_ONWARD && request->action == CH_ACTION_DISTRIBUTE)
            deny(decision, "core:act-transfer_onward");
        if (terms->acts[i] == CH_ACT_SELL_DATA && request->action == CH_ACTION_SELL)
            deny(decision, "core:act-sell_data");
    }
}

/* Step 3: what forbids, in the order sanctions, trust prohibitions, rules, acts. */
static void check_prohibitions(const struct ch_terms *terms, const struct ch_policy_request *request,
                               const struct ch_policy_context *context, struct ch_policy_decision *decision)
{
    check_bans(context->sanctions, context->sanction_count, request, decision);
    check_bans(context->prohibitions, context->prohibition_count, request, decision);
    for (size_t i = 0; i < terms->rule_count; i++)
        if (terms->rules[i].effect == CH_EFFECT_PROHIBIT && rule_matches(&terms->rules[i], request))
            deny(decision, terms->rules[i].id);
    check_acts(terms, request, decision);
}

/* Step 4: council beats permit; reasons are all council rules that match, or the one permit rule. */
static void find_rule(const struct ch_terms *terms, const struct ch_policy_request *request,
                      struct ch_policy_decision *decision)
{
    const struct ch_rule *permit = NULL;
    for (size_t i = 0; i < terms->rule_count; i++) {
        const struct ch_rule *rule = &terms->rules[i];
        if (rule->effect == CH_EFFECT_PROHIBIT || (rule->effect == CH_EFFECT_PERMIT && permit))
            continue;
        if (!rule_matches(rule, request))
            continue;
        if (rule->effect == CH_EFFECT_PERMIT) {
            permit = rule;
            continue;
        }
        if (!decision->rule)
            decision->rule = rule;
        add_reason(decision, rule->id);
    }
    if (decision->rule)
        return;
    decision->rule = permit;
    if (permit)
        add_reason(decision, permit->id);
    else
        deny(decision, "core:default-deny");
}

/* A deny behind step 4 names its own reason alone. */
static void deny_instead(struct ch_policy_decision *decision, const char *reason)
{
    decision->reason_count = 0;
    deny(decision, reason);
}

/* Step 5: some requested column survives. */
static void check_columns(const struct ch_terms *terms, const struct ch_policy_request *request,
                          struct ch_policy_decision *decision)
{
    for (size_t i = 0; i < terms->column_count; i++)
        if (request->columns[i] && decision->rule->columns[i].kind != CH_GENERAL_DROP)
            return;
    deny_instead(decision, "core:no-columns");
}

bool ch_policy_begin(struct ch_arena *arena, const struct ch_terms *terms, const struct ch_policy_request *request,
                     const struct ch_policy_context *context, struct ch_policy_decision *decision)
{
    size_t most = terms->rule_count + terms->act_count + context->sanction_count + context->prohibition_count + 8;
    *decision = (struct ch_policy_decision){.open = true, .covered = -1};
    decision->reasons = ch_alloc_array(arena, most, sizeof *decision->reasons);
    if (request->at < terms->from)
        deny(decision, "core:terms-not-yet-valid");
    else if (request->at >= terms->until)
        deny(decision, "core:terms-expired");
    if (decision->open)
        check_words(request, decision);
    if (decision->open)
        check_prohibitions(terms, request, context, decision);
    if (decision->open)
        find_rule(terms, request, decision);
    if (decision->open)
        check_columns(terms, request, decision);
    return decision->open;
}

unsigned ch_policy_tier_failures(const struct ch_tier *tier, const struct ch_policy_request *request,
                                 const struct ch_policy_context *context)
{
    unsigned failures = 0;
    if (!(tier->org_classes >> request->org_class & 1))
        failures |= CH_TIER_FAILS_CLASS;
    if (!(tier->purposes >> request->purpose & 1))
        failures |= CH_TIER_FAILS_PURPOSE;
    if (tier->attest_seconds >= 0 && (!context->attested || request->at < context->attested_at ||
                                      request->at - context->attested_at >= tier->attest_seconds))
        failures |= CH_TIER_FAILS_ATTESTATION;
    return failures;
}

/* Step 7, in the rule's order of tiers. */
static const struct ch_tier *find_tier(const struct ch_terms *terms, const struct ch_policy_request *request,
                                       const struct ch_policy_context *context, const struct ch_rule *rule)
{
    for (size_t i = 0; i < rule->tier_count; i++) {
        const struct ch_tier *tier = &terms->tiers[rule->tiers[i]];
        if (ch_policy_tier_failures(tier, request, context) == 0)
            return tier;
    }
    return NULL;
}

/* Step 8: what raises a permit to the council. */
static bool raise_to_council(const struct ch_terms *terms, struct ch_policy_decision *decision)
{
    if (terms->special_category)
        add_reason(decision, "core:special-category");
    if (decision->tier->council)
        add_reason(decision, "core:tier-review");
    return terms->special_category || decision->tier->council;
}

static int64_t end_of(const struct ch_terms *terms, const struct ch_rule *rule, int64_t at)
{
    if (rule->max_days >= (terms->until - at) / DAY + 1)
        return terms->until;
    int64_t end = at + rule->max_days * DAY;
    return end < terms->until ? end : terms->until;
}

void ch_policy_end(const struct ch_terms *terms, const struct ch_policy_request *request,
                   const struct ch_policy_context *context, int64_t covered, struct ch_policy_decision *decision)
{
    const struct ch_rule *rule = decision->rule;
    if (!decision->open || covered < 0)
        abort();
    decision->covered = covered;
    if (covered == 0) {
        deny_instead(decision, "core:no-consent");
        return;
    }
    if (covered < rule->min_cohort) {
        deny_instead(decision, "core:cohort");
        return;
    }
    decision->tiers_reached = true;
    decision->tier = find_tier(terms, request, context, rule);
    if (!decision->tier) {
        deny_instead(decision, "core:no-tier");
        return;
    }
    bool council = raise_to_council(terms, decision) || rule->effect == CH_EFFECT_COUNCIL;
    decision->open = false;
    decision->verdict = council ? CH_VERDICT_COUNCIL : CH_VERDICT_PERMIT;
    decision->not_after = end_of(terms, rule, request->at);
}

bool ch_policy_duty_applies(const struct ch_terms *terms, const struct ch_rule *rule, const struct ch_tier *tier,
                            size_t duty)
{
    return rule->duties[duty] && terms->duties[duty].tiers[tier - terms->tiers];
}

/* By member, then the latest first. */
static int by_member(const void *a, const void *b)
{
    const struct ch_consent *left = *(const struct ch_consent *const *)a;
    const struct ch_consent *right = *(const struct ch_consent *const *)b;
    int order = strcmp(left->member, right->member);
    if (order)
        return order;
    return left->at > right->at ? -1 : left->at < right->at;
}

/* One deciding event, tested for what the rule and the pool ask. */
static bool consent_passes(const struct ch_consent *event, const struct ch_terms *terms, const struct ch_rule *rule,
                           int64_t at)
{
    return event->effect == CH_CONSENT_PERMITS && at < event->until && event->notice >= rule->notice_floor &&
           event->valid_type && (event->explicit_type || !terms->special_category);
}

int64_t ch_policy_covered(struct ch_arena *arena, const struct ch_terms *terms, const struct ch_policy_request *request,
                          const struct ch_rule *rule, const struct ch_consent *events, size_t count)
{
    const struct ch_consent **found = ch_alloc_array(arena, count, sizeof *found);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (events[i].effect != CH_CONSENT_UNDECIDED && events[i].at <= request->at &&
            strcmp(events[i].purpose, request->purpose_text) == 0 &&
            strcmp(events[i].recipient_class, request->org_class_text) == 0 && strcmp(events[i].pool, terms->pool) == 0)
            found[n++] = &events[i];
    qsort(found, n, sizeof *found, by_member);
    int64_t covered = 0;
    for (size_t first = 0, next; first < n; first = next) {
        bool passes = true;
        for (next = first; next < n && strcmp(found[next]->member, found[first]->member) == 0; next++)
            if (found[next]->at == found[first]->at) /* of several at one instant all must pass */
                passes &= consent_passes(found[next], terms, rule, request->at);
        covered += passes;
    }
    return covered;
}
