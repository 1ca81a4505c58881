/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The result of a comparison as JSON: stored with the review of a draft and shown with the proposal. */
#include "narrows.h"

static const char *change_of(const struct ch_narrow_pair *pair)
{
    if (!pair->after)
        return "gone";
    if (!pair->before)
        return "new";
    return pair->wider ? "wider" : "no_wider";
}

static json_t *reasons_of(uint32_t reasons)
{
#define CH_X(name, text) text,
    static const char *const texts[] = {CH_NARROW_REASONS(CH_X)};
#undef CH_X
    json_t *list = json_array();
    for (unsigned i = 0; i < CH_NARROW_BITS; i++)
        if (reasons >> i & 1)
            json_array_append_new(list, json_string(texts[i]));
    return list;
}

json_t *ch_narrows_json(struct ch_arena *arena, const struct ch_narrows *narrows)
{
    json_t *pairs = json_array(), *rules = json_array();
    for (size_t i = 0; i < narrows->pair_count; i++) {
        const struct ch_narrow_pair *pair = &narrows->pairs[i];
        json_array_append_new(pairs, json_pack("{s:s, s:s, s:s, s:I, s:o}", "purpose", ch_purposes[pair->purpose].code,
                                               "org_class", CH_WORDS_ORG_CLASSES.texts[pair->org_class], "change",
                                               change_of(pair), "floor", (json_int_t)pair->floor, "reasons",
                                               reasons_of(pair->reasons)));
    }
    for (size_t i = 0; i < narrows->rule_count; i++) {
        const struct ch_narrow_rule *rule = &narrows->rules[i];
        json_array_append_new(rules, json_pack("{s:s, s:b, s:I}", "id", rule->rule->id, "wider", rule->wider, "floor",
                                               (json_int_t)rule->floor));
    }
    return ch_json_pack(arena, "{s:b, s:I, s:s?, s:s, s:o, s:o}", "wider", narrows->wider, "notice",
                        (json_int_t)narrows->notice, "old", narrows->old_terms ? narrows->old_terms->hash : NULL, "new",
                        narrows->new_terms->hash, "pairs", pairs, "rules", rules);
}
