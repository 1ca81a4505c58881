/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Why a decision came out as it did: for every rule and tier, which of its members did not match. Shown to people;
 * it decides nothing. */
#include <stdio.h>

#include "policy.h"

static void add(json_t *list, const char *text)
{
    json_array_append_new(list, json_string(text));
}

static json_t *rule_failures(const struct ch_rule *rule, const struct ch_policy_request *request)
{
    json_t *failed = json_array();
    if (!(rule->purposes >> request->purpose & 1))
        add(failed, "purpose");
    if (!(rule->actions >> request->action & 1))
        add(failed, "action");
    if (!(rule->org_classes >> request->org_class & 1))
        add(failed, "org_class");
    if (!ch_region_set_has(&rule->regions, request->region))
        add(failed, "region");
    if (!(rule->modes >> request->mode & 1))
        add(failed, "mode");
    for (size_t i = 0; i < rule->condition_count; i++)
        if (!ch_condition_holds(&rule->conditions[i], request, rule->effect == CH_EFFECT_PROHIBIT))
            json_array_append_new(failed, json_sprintf("condition:%s", rule->conditions[i].operand_text));
    return failed;
}

static json_t *tier_failures(unsigned failures)
{
    json_t *failed = json_array();
    if (failures & CH_TIER_FAILS_CLASS)
        add(failed, "org_class");
    if (failures & CH_TIER_FAILS_PURPOSE)
        add(failed, "purpose");
    if (failures & CH_TIER_FAILS_ATTESTATION)
        add(failed, "attestation");
    return failed;
}

json_t *ch_policy_explain(const struct ch_terms *terms, const struct ch_policy_request *request,
                          const struct ch_policy_context *context, const struct ch_policy_decision *decision)
{
    static const char *const effects[] = {"permit", "council", "prohibit"};
    json_t *rules = json_array(), *tiers = json_array();
    for (size_t i = 0; i < terms->rule_count; i++) {
        const struct ch_rule *rule = &terms->rules[i];
        json_t *failed = rule_failures(rule, request);
        json_array_append_new(rules, json_pack("{s:s, s:s, s:b, s:o}", "id", rule->id, "effect", effects[rule->effect],
                                               "matched", json_array_size(failed) == 0, "failed", failed));
    }
    for (size_t i = 0; decision->tiers_reached && i < decision->rule->tier_count; i++) {
        const struct ch_tier *tier = &terms->tiers[decision->rule->tiers[i]];
        unsigned failures = ch_policy_tier_failures(tier, request, context);
        json_array_append_new(tiers, json_pack("{s:s, s:o}", "id", tier->id, "failed", tier_failures(failures)));
    }
    return json_pack("{s:o, s:o}", "rules", rules, "tiers", tiers);
}
