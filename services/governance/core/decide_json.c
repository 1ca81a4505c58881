/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What goes into the decision rule and comes out of it, as JSON. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"

#define INPUT_MAX     ((size_t)1024 * 1024)
#define LENGTH(array) (sizeof(array) / sizeof *(array))

#define RULE_NUMBER(member, min, max, over)                                                                            \
    {                                                                                                                  \
#member, offsetof(struct ch_decision_rule, member), min, max, over                                             \
    }
static const struct ch_calc_number RULE_NUMBERS[] = {
    RULE_NUMBER(q_num, 0, 1000, "q_den"),    RULE_NUMBER(q_den, 1, 1000, NULL),
    RULE_NUMBER(cq_num, 0, 1000, "cq_den"),  RULE_NUMBER(cq_den, 1, 1000, NULL),
    RULE_NUMBER(s_num, 0, 1000, "s_den"),    RULE_NUMBER(s_den, 1, 1000, NULL),
    RULE_NUMBER(cs_num, 0, 1000, "cs_den"),  RULE_NUMBER(cs_den, 1, 1000, NULL),
    RULE_NUMBER(classes_needed, 0, 3, NULL), RULE_NUMBER(must_carry, 0, 7, NULL),
    RULE_NUMBER(ay_num, 0, 1000, "ay_den"),  RULE_NUMBER(ay_den, 0, 1000, NULL)};

#define COUNT_NUMBER(member)                                                                                           \
    {                                                                                                                  \
#member, offsetof(struct ch_class_count, member), 0, CH_COUNT_MAX, NULL                                        \
    }
static const struct ch_calc_number COUNT_NUMBERS[] = {COUNT_NUMBER(roll), COUNT_NUMBER(yes), COUNT_NUMBER(no),
                                                      COUNT_NUMBER(abstain)};

static bool read_flag(struct ch_arena *arena, const json_t *object, const char *at, const char *name, bool *into,
                      struct ch_calc_refusal *refusal)
{
    const char *pointer = ch_printf(arena, "%s/%s", at, name);
    const json_t *value = json_object_get(object, name);
    if (!value)
        return ch_calc_refuse(refusal, "missing", pointer, "This key is needed.");
    if (!json_is_boolean(value))
        return ch_calc_refuse(refusal, "not_boolean", pointer, "true or false is needed here.");
    *into = json_is_true(value);
    return true;
}

bool ch_decide_read_rule(struct ch_arena *arena, const json_t *object, const char *pointer,
                         struct ch_decision_rule *rule, struct ch_calc_refusal *refusal)
{
    if (!json_is_object(object))
        return ch_calc_refuse(refusal, "missing", pointer, "An object with the rule is needed here.");
    if (!ch_calc_numbers(arena, object, pointer, RULE_NUMBERS, LENGTH(RULE_NUMBERS), rule, refusal))
        return false;
    rule->turnout_only = false;
    return read_flag(arena, object, pointer, "s_strict", &rule->s_strict, refusal) &&
           read_flag(arena, object, pointer, "cs_strict", &rule->cs_strict, refusal) &&
           ch_calc_fractions(arena, object, pointer, RULE_NUMBERS, LENGTH(RULE_NUMBERS), refusal);
}

static bool read_count(struct ch_arena *arena, const json_t *counts, const char *code, struct ch_class_count *count,
                       struct ch_calc_refusal *refusal)
{
    const char *pointer = ch_printf(arena, "/counts/%s", code);
    const json_t *object = json_object_get(counts, code);
    if (!json_is_object(object))
        return ch_calc_refuse(refusal, "missing", pointer, "An object with the counts of this class is needed here.");
    if (!ch_calc_numbers(arena, object, pointer, COUNT_NUMBERS, LENGTH(COUNT_NUMBERS), count, refusal))
        return false;
    if (count->yes + count->no + count->abstain > count->roll)
        return ch_calc_refuse(refusal, "votes_exceed_roll", pointer, "There are more votes than members on the roll.");
    return true;
}

bool ch_decide_read(struct ch_arena *arena, const json_t *input, struct ch_decision_rule *rule,
                    struct ch_class_count counts[CH_CLASSES], struct ch_calc_refusal *refusal)
{
    if (!ch_decide_read_rule(arena, json_object_get(input, "rule"), "/rule", rule, refusal))
        return false;
    const json_t *all = json_object_get(input, "counts");
    if (!json_is_object(all))
        return ch_calc_refuse(refusal, "missing", "/counts", "An object with the counts is needed here.");
    for (int c = 0; c < CH_CLASSES; c++) {
        if (!read_count(arena, all, CH_CLASS_CODES[c], &counts[c], refusal))
            return false;
    }
    return true;
}

bool ch_decide_parse(struct ch_arena *arena, const char *text, size_t size, struct ch_decision_rule *rule,
                     struct ch_class_count counts[CH_CLASSES], struct ch_calc_refusal *refusal)
{
    const json_t *input = ch_calc_json(arena, text, size, INPUT_MAX, refusal);
    return input && ch_decide_read(arena, input, rule, counts, refusal);
}

static json_t *reason_json(struct ch_arena *arena, const struct ch_decision *decision)
{
    if (!decision->op)
        return ch_json_pack(arena, "{s:i,s:n,s:n,s:n}", "check", decision->check, "left", "op", "right");
    return ch_json_pack(arena, "{s:i,s:I,s:s,s:I}", "check", decision->check, "left", (json_int_t)decision->left, "op",
                        decision->op, "right", (json_int_t)decision->right);
}

char *ch_decide_text(struct ch_arena *arena, const struct ch_decision *decision)
{
    json_t *carried = ch_json_pack(arena, "[]");
    for (int c = 0; c < CH_CLASSES; c++) {
        if (decision->carried >> c & 1)
            json_array_append_new(carried, json_string(CH_CLASS_CODES[c]));
    }
    const struct ch_class_count *total = &decision->total;
    json_t *whole = ch_json_pack(arena, "{s:s,s:s,s:s?,s:O,s:{s:I,s:I,s:I,s:I},s:O}", "outcome",
                                 ch_decision_slug(decision->outcome), "state", ch_decision_state(decision->outcome),
                                 "class", decision->class_index < 0 ? NULL : CH_CLASS_CODES[decision->class_index],
                                 "reason", reason_json(arena, decision), "totals", "roll", (json_int_t)total->roll,
                                 "yes", (json_int_t)total->yes, "no", (json_int_t)total->no, "abstain",
                                 (json_int_t)total->abstain, "carried_classes", carried);
    char *text = json_dumps(whole, JSON_COMPACT | JSON_PRESERVE_ORDER);
    char *kept = ch_strdup(arena, text);
    free(text);
    return kept;
}
