/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What goes into the decision rule and comes out of it, as JSON. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"

static const struct ch_json_limits INPUT_LIMITS = {.bytes = (size_t)1024 * 1024, .depth = 16};

/* A key that must be there, where it goes, and its bounds. */
struct number_key {
    const char *name;
    size_t offset;
    int64_t min, max;
    const char *not_over; /* key of the same object it may not exceed: num and den */
};

#define RULE_NUMBER(member, min, max, over)                                                                            \
    {                                                                                                                  \
#member, offsetof(struct ch_decision_rule, member), min, max, over                                             \
    }
static const struct number_key RULE_NUMBERS[] = {
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
static const struct number_key COUNT_NUMBERS[] = {COUNT_NUMBER(roll), COUNT_NUMBER(yes), COUNT_NUMBER(no),
                                                  COUNT_NUMBER(abstain)};

static bool refused(struct ch_decide_refusal *refusal, const char *slug, const char *pointer, const char *detail)
{
    *refusal = (struct ch_decide_refusal){.slug = slug, .pointer = pointer, .detail = detail};
    return false;
}

static bool read_number(struct ch_arena *arena, const json_t *object, const char *at, const struct number_key *key,
                        void *into, struct ch_decide_refusal *refusal)
{
    const char *pointer = ch_printf(arena, "%s/%s", at, key->name);
    const json_t *value = json_object_get(object, key->name);
    if (!value)
        return refused(refusal, "missing", pointer, "This key is needed.");
    if (!json_is_integer(value))
        return refused(refusal, "not_integer", pointer, "An integer is needed here.");
    int64_t number = json_integer_value(value);
    if (number < key->min || number > key->max)
        return refused(
            refusal, "out_of_range", pointer,
            ch_printf(arena, "A number from %lld to %lld is needed here.", (long long)key->min, (long long)key->max));
    memcpy((char *)into + key->offset, &number, sizeof number);
    return true;
}

/* Numerators against their denominators, once all are read. */
static bool check_fractions(struct ch_arena *arena, const json_t *object, const char *at,
                            struct ch_decide_refusal *refusal)
{
    for (size_t i = 0; i < sizeof RULE_NUMBERS / sizeof *RULE_NUMBERS; i++) {
        const struct number_key *key = &RULE_NUMBERS[i];
        if (key->not_over && json_integer_value(json_object_get(object, key->name)) >
                                 json_integer_value(json_object_get(object, key->not_over)))
            return refused(refusal, "out_of_range", ch_printf(arena, "%s/%s", at, key->name),
                           ch_printf(arena, "It may not be more than %s.", key->not_over));
    }
    return true;
}

static bool read_flag(struct ch_arena *arena, const json_t *object, const char *at, const char *name, bool *into,
                      struct ch_decide_refusal *refusal)
{
    const char *pointer = ch_printf(arena, "%s/%s", at, name);
    const json_t *value = json_object_get(object, name);
    if (!value)
        return refused(refusal, "missing", pointer, "This key is needed.");
    if (!json_is_boolean(value))
        return refused(refusal, "not_boolean", pointer, "true or false is needed here.");
    *into = json_is_true(value);
    return true;
}

bool ch_decide_read_rule(struct ch_arena *arena, const json_t *object, const char *pointer,
                         struct ch_decision_rule *rule, struct ch_decide_refusal *refusal)
{
    if (!json_is_object(object))
        return refused(refusal, "missing", pointer, "An object with the rule is needed here.");
    for (size_t i = 0; i < sizeof RULE_NUMBERS / sizeof *RULE_NUMBERS; i++) {
        if (!read_number(arena, object, pointer, &RULE_NUMBERS[i], rule, refusal))
            return false;
    }
    return read_flag(arena, object, pointer, "s_strict", &rule->s_strict, refusal) &&
           read_flag(arena, object, pointer, "cs_strict", &rule->cs_strict, refusal) &&
           check_fractions(arena, object, pointer, refusal);
}

static bool read_count(struct ch_arena *arena, const json_t *counts, const char *code, struct ch_class_count *count,
                       struct ch_decide_refusal *refusal)
{
    const char *pointer = ch_printf(arena, "/counts/%s", code);
    const json_t *object = json_object_get(counts, code);
    if (!json_is_object(object))
        return refused(refusal, "missing", pointer, "An object with the counts of this class is needed here.");
    for (size_t i = 0; i < sizeof COUNT_NUMBERS / sizeof *COUNT_NUMBERS; i++) {
        if (!read_number(arena, object, pointer, &COUNT_NUMBERS[i], count, refusal))
            return false;
    }
    if (count->yes + count->no + count->abstain > count->roll)
        return refused(refusal, "votes_exceed_roll", pointer, "There are more votes than members on the roll.");
    return true;
}

bool ch_decide_read(struct ch_arena *arena, const json_t *input, struct ch_decision_rule *rule,
                    struct ch_class_count counts[CH_CLASSES], struct ch_decide_refusal *refusal)
{
    if (!ch_decide_read_rule(arena, json_object_get(input, "rule"), "/rule", rule, refusal))
        return false;
    const json_t *all = json_object_get(input, "counts");
    if (!json_is_object(all))
        return refused(refusal, "missing", "/counts", "An object with the counts is needed here.");
    for (int c = 0; c < CH_CLASSES; c++) {
        if (!read_count(arena, all, CH_CLASS_CODES[c], &counts[c], refusal))
            return false;
    }
    return true;
}

bool ch_decide_parse(struct ch_arena *arena, const char *text, size_t size, struct ch_decision_rule *rule,
                     struct ch_class_count counts[CH_CLASSES], struct ch_decide_refusal *refusal)
{
    struct ch_json_error error;
    const json_t *input = ch_json_parse(arena, text, size, &INPUT_LIMITS, &error);
    if (input)
        return ch_decide_read(arena, input, rule, counts, refusal);
    /* The reader refuses an integer that does not fit 64 bits as such: here it is one out of range. */
    bool range = strcmp(error.slug, "not_integer") == 0;
    refused(refusal, range ? "out_of_range" : "not_json", range ? ch_strdup(arena, error.pointer) : NULL,
            ch_strdup(arena, error.detail));
    refusal->line = range ? 0 : error.line;
    return false;
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

char *ch_decide_refusal_text(struct ch_arena *arena, const struct ch_decide_refusal *refusal)
{
    json_t *line = refusal->line ? json_integer(refusal->line) : json_null();
    json_t *whole = ch_json_pack(arena, "{s:s,s:s?,s:o,s:s}", "error", refusal->slug, "pointer", refusal->pointer,
                                 "line", line, "detail", refusal->detail);
    char *text = json_dumps(whole, JSON_COMPACT | JSON_PRESERVE_ORDER);
    char *kept = ch_strdup(arena, text);
    free(text);
    return kept;
}
