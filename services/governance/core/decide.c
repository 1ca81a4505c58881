/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The decision rule, check by check. It knows nothing of where the counts come from; governance.decide says the same in
 * SQL, and the two are compared on random tallies. */
#include <stddef.h>
#include <string.h>

#include "decide.h"

const char *const CH_CLASS_CODES[CH_CLASSES] = {"U", "W", "C"};

static int64_t votes(const struct ch_class_count *count)
{
    return count->yes + count->no + count->abstain;
}

static int64_t decided(const struct ch_class_count *count)
{
    return count->yes + count->no;
}

static void fail(struct ch_decision *decision, enum ch_decision_outcome outcome, int check, int class_index)
{
    decision->outcome = outcome;
    decision->check = check;
    decision->class_index = class_index;
}

static void compared(struct ch_decision *decision, int64_t left, bool strict, int64_t right)
{
    decision->left = left;
    decision->op = strict ? ">" : ">=";
    decision->right = right;
}

/* True when yes reaches num/den of yes and no together. Nobody voting yes or no supports nothing: that comparison is
 * reported as 0 > 0. */
static bool supported(const struct ch_class_count *count, int64_t num, int64_t den, bool strict,
                      struct ch_decision *decision)
{
    int64_t base = decided(count);
    if (base == 0) {
        compared(decision, 0, true, 0);
        return false;
    }
    int64_t left = count->yes * den, right = num * base;
    compared(decision, left, strict, right);
    return strict ? left > right : left >= right;
}

static bool class_carries(const struct ch_decision_rule *rule, const struct ch_class_count *count,
                          struct ch_decision *decision)
{
    return supported(count, rule->cs_num, rule->cs_den, rule->cs_strict, decision);
}

static bool quorum(int64_t cast, int64_t den, int64_t num, int64_t roll, struct ch_decision *decision)
{
    compared(decision, cast * den, false, num * roll);
    return decision->left >= decision->right;
}

static void sum_up(const struct ch_decision_rule *rule, const struct ch_class_count counts[CH_CLASSES],
                   struct ch_decision *decision)
{
    for (int c = 0; c < CH_CLASSES; c++) {
        decision->total.roll += counts[c].roll;
        decision->total.yes += counts[c].yes;
        decision->total.no += counts[c].no;
        decision->total.abstain += counts[c].abstain;
        if (class_carries(rule, &counts[c], decision))
            decision->carried |= INT64_C(1) << c;
    }
}

static bool class_quorums(const struct ch_decision_rule *rule, const struct ch_class_count counts[CH_CLASSES],
                          struct ch_decision *decision)
{
    for (int c = 0; c < CH_CLASSES; c++) {
        if (counts[c].roll == 0)
            continue;
        if (!quorum(votes(&counts[c]), rule->cq_den, rule->cq_num, counts[c].roll, decision)) {
            fail(decision, CH_DECISION_NO_CLASS_QUORUM, 2, c);
            return false;
        }
    }
    return true;
}

/* Check 4: first the classes that must carry, then how many do. */
static bool classes_carry(const struct ch_decision_rule *rule, const struct ch_class_count counts[CH_CLASSES],
                          struct ch_decision *decision)
{
    for (int c = 0; c < CH_CLASSES; c++) {
        if ((rule->must_carry >> c & 1) && !class_carries(rule, &counts[c], decision)) {
            fail(decision, CH_DECISION_CLASS_BLOCKED, 4, c);
            return false;
        }
    }
    compared(decision, __builtin_popcountll((unsigned long long)decision->carried), false, rule->classes_needed);
    if (decision->left < decision->right) {
        fail(decision, CH_DECISION_CLASS_BLOCKED, 4, -1);
        return false;
    }
    return true;
}

const char *ch_decision_slug(enum ch_decision_outcome outcome)
{
    switch (outcome) {
    case CH_DECISION_CARRIED:
        return "carried";
    case CH_DECISION_NO_QUORUM:
        return "no_quorum";
    case CH_DECISION_NO_CLASS_QUORUM:
        return "no_class_quorum";
    case CH_DECISION_NOT_SUPPORTED:
        return "not_supported";
    case CH_DECISION_CLASS_BLOCKED:
        return "class_blocked";
    case CH_DECISION_NOT_ENOUGH_APPROVAL:
        return "not_enough_approval";
    }
    __builtin_unreachable();
}

const char *ch_decision_state(enum ch_decision_outcome outcome)
{
    switch (outcome) {
    case CH_DECISION_CARRIED:
        return "carried";
    case CH_DECISION_NO_QUORUM:
    case CH_DECISION_NO_CLASS_QUORUM:
        return "lapsed";
    case CH_DECISION_NOT_SUPPORTED:
    case CH_DECISION_CLASS_BLOCKED:
    case CH_DECISION_NOT_ENOUGH_APPROVAL:
        return "rejected";
    }
    __builtin_unreachable();
}

/* Checks 1 and 2. */
static bool turned_out(const struct ch_decision_rule *rule, const struct ch_class_count counts[CH_CLASSES],
                       struct ch_decision *decision)
{
    if (!quorum(votes(&decision->total), rule->q_den, rule->q_num, decision->total.roll, decision)) {
        fail(decision, CH_DECISION_NO_QUORUM, 1, -1);
        return false;
    }
    return class_quorums(rule, counts, decision);
}

/* Checks 3 to 5. */
static bool approved(const struct ch_decision_rule *rule, const struct ch_class_count counts[CH_CLASSES],
                     struct ch_decision *decision)
{
    if (!supported(&decision->total, rule->s_num, rule->s_den, rule->s_strict, decision)) {
        fail(decision, CH_DECISION_NOT_SUPPORTED, 3, -1);
        return false;
    }
    if (!classes_carry(rule, counts, decision))
        return false;
    if (rule->ay_den != 0 && !quorum(decision->total.yes, rule->ay_den, rule->ay_num, decision->total.roll, decision)) {
        fail(decision, CH_DECISION_NOT_ENOUGH_APPROVAL, 5, -1);
        return false;
    }
    return true;
}

void ch_decide(const struct ch_decision_rule *rule, const struct ch_class_count counts[CH_CLASSES],
               struct ch_decision *decision)
{
    memset(decision, 0, sizeof *decision);
    decision->class_index = -1;
    sum_up(rule, counts, decision);
    if (!turned_out(rule, counts, decision) || (!rule->turnout_only && !approved(rule, counts, decision)))
        return;
    fail(decision, CH_DECISION_CARRIED, 6, -1);
    decision->left = decision->right = 0;
    decision->op = NULL;
}
