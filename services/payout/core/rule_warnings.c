/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The warnings of a benefit-sharing rule, and how the verdict on a rule is printed. None of them refuses. */
#include "rule_warnings.h"

#include <string.h>

/* A whole of any base is at least what remains, so such a step ends with nothing, unless `max` cuts it. */
static bool takes_everything(const struct ch_rule_step *step)
{
    switch (step->kind) {
    case CH_STEP_PERCENT:
    case CH_STEP_SPLIT:
    case CH_STEP_CARRY:
    case CH_STEP_ASSIGN:
        return step->has_base && step->num == step->den && step->max < 0;
    case CH_STEP_FIXED:
    case CH_STEP_UNTIL_TARGET:
    case CH_STEP_REQUIRE:
        return false;
    }
    return false;
}

static void warn_last_step(const struct ch_benefit_rule *rule, struct ch_refusals *warnings)
{
    size_t last = rule->step_count - 1;
    while (last > 0 && rule->steps[last].kind == CH_STEP_REQUIRE)
        last--;
    if (!takes_everything(&rule->steps[last]))
        ch_refusal_add(warnings, ch_printf(warnings->arena, "/steps/%zu", last),
                       "the last step may leave money, which is then carried to the next run");
}

static void warn_reserve(const struct ch_rule_step *step, size_t index, struct ch_refusals *warnings)
{
    bool rounded = step->kind == CH_STEP_PERCENT || step->kind == CH_STEP_UNTIL_TARGET;
    if (rounded && strcmp(step->to, CH_LEGAL_RESERVE) == 0 && step->round == CH_ROUND_DOWN)
        ch_refusal_add(warnings, ch_printf(warnings->arena, "/steps/%zu/round", index),
                       "the reserve rounds down; a statutory minimum needs up");
}

static void warn_statuses(const struct ch_rule_step *step, size_t index, struct ch_refusals *warnings)
{
    static const enum ch_member_status expected[] = {CH_MEMBER_LEFT, CH_MEMBER_DECEASED};
    for (size_t i = 0; step->kind == CH_STEP_SPLIT && i < 2; i++)
        if (!(step->eligible_status & 1u << expected[i]))
            ch_refusal_add(warnings, ch_printf(warnings->arena, "/steps/%zu/eligible/status", index),
                           "%s is not listed: what they earned before goes to others", ch_member_statuses[expected[i]]);
}

void ch_rule_warn(const struct ch_benefit_rule *rule, struct ch_refusals *warnings)
{
    for (size_t i = 0; i < rule->step_count; i++) {
        warn_reserve(&rule->steps[i], i, warnings);
        warn_statuses(&rule->steps[i], i, warnings);
    }
    warn_last_step(rule, warnings);
}

char *ch_benefit_rule_verdict(const struct ch_refusals *warnings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < warnings->count; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "pointer", warnings->item[i].pointer, "detail", warnings->item[i].detail));
    json_t *verdict = ch_json_pack(warnings->arena, "{s:b, s:o}", "valid", 1, "warnings", list);
    return ch_json_canonical(warnings->arena, verdict, NULL);
}
