/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The decision rule: what a vote of three classes came to. Integers only; no vote is ever weighted. */
#ifndef COMMONHOLD_GOVERNANCE_DECIDE_H
#define COMMONHOLD_GOVERNANCE_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "calc_input.h"
#include "commonhold/arena.h"
#include "commonhold/json.h"

enum { CH_CLASS_U, CH_CLASS_W, CH_CLASS_C, CH_CLASSES };
/* "U", "W", "C", in the order every check goes through them; the bit of a class in a mask is 1 << index. */
extern const char *const CH_CLASS_CODES[CH_CLASSES];

#define CH_COUNT_MAX INT64_C(2147483647) /* of members or votes in a class */

/* The part of a rule row that decides. Fractions: 0 <= num <= den, den 1 to 1000 (ay_den also 0: no such check). */
struct ch_decision_rule {
    int64_t q_num, q_den;   /* share of the roll that must vote */
    int64_t cq_num, cq_den; /* the same in each class that has members */
    int64_t s_num, s_den;   /* share of yes among yes and no */
    int64_t cs_num, cs_den; /* the same inside a class */
    int64_t ay_num, ay_den; /* share of yes among the whole roll */
    int64_t classes_needed; /* 0 to 3 classes must carry */
    int64_t must_carry;     /* mask of classes, 0 to 7 */
    bool s_strict, cs_strict;
    bool turnout_only; /* of elections and budget rounds: quorums are all it decides by. Nothing that is read sets it */
};

/* 0 to CH_COUNT_MAX each, and yes + no + abstain <= roll. */
struct ch_class_count {
    int64_t roll, yes, no, abstain;
};

enum ch_decision_outcome {
    CH_DECISION_CARRIED,
    CH_DECISION_NO_QUORUM,
    CH_DECISION_NO_CLASS_QUORUM,
    CH_DECISION_NOT_SUPPORTED,
    CH_DECISION_CLASS_BLOCKED,
    CH_DECISION_NOT_ENOUGH_APPROVAL
};

struct ch_decision {
    enum ch_decision_outcome outcome;
    int class_index; /* of the class that failed, -1 for none */
    int check;       /* 1 to 5 failed, 6 carried */
    int64_t left, right;
    const char *op;              /* ">=" or ">", NULL when carried */
    struct ch_class_count total; /* over the classes; up to three times CH_COUNT_MAX */
    int64_t carried;             /* mask of the classes that carry */
};

/* Decides. Arguments within their bounds (ch_decide_read checks them): every product then fits int64_t. */
void ch_decide(const struct ch_decision_rule *rule, const struct ch_class_count counts[CH_CLASSES],
               struct ch_decision *decision);

/* Slugs: carried, no_quorum, ...; and the state the proposal takes: carried, lapsed or rejected. */
const char *ch_decision_slug(enum ch_decision_outcome outcome);
const char *ch_decision_state(enum ch_decision_outcome outcome);

/* Reads {"rule":{...},"counts":{"U":{...},...}}; other keys are ignored, so that a whole rule row may be passed. False
 * with the first refusal, in document order of the definitions above: missing, not_integer, not_boolean, out_of_range,
 * votes_exceed_roll; of a text also not_json. */
bool ch_decide_read(struct ch_arena *arena, const json_t *input, struct ch_decision_rule *rule,
                    struct ch_class_count counts[CH_CLASSES], struct ch_calc_refusal *refusal);
/* The same from text. */
bool ch_decide_parse(struct ch_arena *arena, const char *text, size_t size, struct ch_decision_rule *rule,
                     struct ch_class_count counts[CH_CLASSES], struct ch_calc_refusal *refusal);
/* Only the rule, from an object at `pointer`. */
bool ch_decide_read_rule(struct ch_arena *arena, const json_t *object, const char *pointer,
                         struct ch_decision_rule *rule, struct ch_calc_refusal *refusal);

/* The one line that `commonhold calc decide` prints, without its end; keys in the published order. */
char *ch_decide_text(struct ch_arena *arena, const struct ch_decision *decision);

#endif
