/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes decisions as the JSON of licensing.md section 8. */
#include <string.h>

#include "policy.h"
#include "zulu.h"

static json_t *reasons_of(const struct ch_policy_decision *decision)
{
    json_t *list = json_array();
    for (size_t i = 0; i < decision->reason_count; i++)
        json_array_append_new(list, json_string(decision->reasons[i]));
    return list;
}

/* Requested columns under the rule, in the order of the terms. */
static json_t *columns_of(const struct ch_terms *terms, const struct ch_policy_request *request,
                          const struct ch_rule *rule)
{
    json_t *list = json_array();
    char text[CH_GENERAL_TEXT];
    for (size_t i = 0; rule && i < terms->column_count; i++) {
        if (!request->columns[i])
            continue;
        ch_general_text(&rule->columns[i], text);
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", terms->columns[i].name, "rule", text));
    }
    return list;
}

static json_t *duties_of(const struct ch_terms *terms, const struct ch_rule *rule, const struct ch_tier *tier)
{
    json_t *list = json_array();
    for (size_t i = 0; rule && i < terms->duty_count; i++)
        if (ch_policy_duty_applies(terms, rule, tier, i))
            json_array_append_new(list, json_string(terms->duties[i].id));
    return list;
}

json_t *ch_policy_json(struct ch_arena *arena, const struct ch_terms *terms, const struct ch_policy_request *request,
                       const struct ch_policy_context *context, const struct ch_policy_decision *decision, bool explain)
{
    static const char *const verdicts[] = {"permit", "deny", "council"};
    bool denied = decision->verdict == CH_VERDICT_DENY;
    const struct ch_rule *rule = denied ? NULL : decision->rule;
    char not_after[21];
    if (!denied)
        ch_zulu_format(decision->not_after, not_after);
    json_t *out = ch_json_pack(
        arena, "{s:s, s:o, s:s?, s:s?, s:o, s:o, s:s?, s:s, s:i}", "decision", verdicts[decision->verdict], "reasons",
        reasons_of(decision), "rule", rule ? rule->id : NULL, "tier", denied ? NULL : decision->tier->id, "columns",
        columns_of(terms, request, rule), "duties", duties_of(terms, rule, decision->tier), "not_after",
        denied ? NULL : not_after, "terms_hash", terms->hash, "evaluator", CH_POLICY_EVALUATOR);
    json_object_set_new(out, "covered_members", decision->covered < 0 ? json_null() : json_integer(decision->covered));
    if (explain)
        json_object_set_new(out, "explain", ch_policy_explain(terms, request, context, decision));
    return out;
}

char *ch_policy_answer(struct ch_arena *arena, const struct ch_policy_input *input, bool explain, size_t *length)
{
    struct ch_policy_decision decision;
    if (ch_policy_begin(arena, input->terms, &input->request, &input->context, &decision)) {
        int64_t covered = ch_policy_covered(arena, input->terms, &input->request, decision.rule, input->consents,
                                            input->consent_count);
        ch_policy_end(input->terms, &input->request, &input->context, covered, &decision);
    }
    json_t *out = ch_policy_json(arena, input->terms, &input->request, &input->context, &decision, explain);
    char *text = ch_json_canonical(arena, out, length);
    char *line = ch_alloc(arena, *length + 2);
    memcpy(line, text, *length);
    line[(*length)++] = '\n';
    return line;
}
