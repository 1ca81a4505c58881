/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A benefit-sharing rule, `benefit-rule/1`: the voted document, checked and as a struct. */
#ifndef COMMONHOLD_PAYOUT_BENEFIT_RULE_H
#define COMMONHOLD_PAYOUT_BENEFIT_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "commonhold/money.h"
#include "fields.h"

#define CH_FEE_RECOVERY  "Income:FeeRecovery"
#define CH_LEGAL_RESERVE "Equity:Reserve:Legal"

enum ch_step_kind {
    CH_STEP_FIXED,
    CH_STEP_PERCENT,
    CH_STEP_UNTIL_TARGET,
    CH_STEP_SPLIT,
    CH_STEP_CARRY,
    CH_STEP_ASSIGN,
    CH_STEP_REQUIRE
};
extern const char *const ch_step_kinds[]; /* their names, ended by NULL */

enum ch_step_base { CH_BASE_GROSS, CH_BASE_REMAINING, CH_BASE_AFTER };

enum ch_weight { CH_WEIGHT_USAGE, CH_WEIGHT_QUALITY, CH_WEIGHT_EQUAL, CH_WEIGHT_TENURE, CH_WEIGHT_EXTERNAL };

/* Order of the schema; also the bit of eligible_status and the value in inputs. */
enum ch_member_status {
    CH_MEMBER_ACTIVE,
    CH_MEMBER_LAPSED,
    CH_MEMBER_SUSPENDED,
    CH_MEMBER_LEFT,
    CH_MEMBER_EXPELLED,
    CH_MEMBER_DECEASED
};
extern const char *const ch_member_statuses[]; /* ended by NULL */

enum ch_cap { CH_CAP_NONE, CH_CAP_AMOUNT, CH_CAP_RATIO };

struct ch_rule_part {
    int64_t share; /* 1 to 10,000 */
    enum ch_weight weight;
    bool by_contribution; /* `then` */
};

struct ch_rule_step {
    const char *id;
    enum ch_step_kind kind;
    const char *to; /* account, for a split leftover_to, for assign the recipient's id; NULL for carry and require */
    bool has_base;  /* of, num, den are given */
    enum ch_step_base base;
    size_t after; /* index of the step `after:` names */
    int64_t num, den;
    enum ch_rounding round;
    int64_t max;         /* -1: none */
    int64_t amount;      /* fixed and assign; -1: none */
    bool from_rail_fees; /* fixed */
    int64_t target;      /* until_target */
    int64_t at_least;    /* require */
    struct ch_rule_part *parts;
    size_t part_count;
    bool has_eligible;
    unsigned eligible_status; /* bit set over ch_member_status; all bits where the rule names none */
    int64_t min_units, min_licensees, window_days;
    int64_t floor_each; /* 0: none */
    enum ch_cap cap;
    int64_t cap_amount, cap_num, cap_den;
};

struct ch_benefit_rule {
    const char *id, *currency, *resolution, *effective_from; /* the last two may be NULL */
    int64_t version;                                         /* 0: none given */
    int minor_digits;
    bool per_licensee; /* pot_scope */
    struct ch_rule_step *steps;
    size_t step_count;
    int64_t min_payout, unclaimed_after_days; /* -1: the charter's */
    int64_t netting_num, netting_den;
    const char *refund_first_from; /* NULL: none */
    bool fee_recovery_reverse;
    char sha256[65]; /* of the canonical document as given */
};

/* Checks the document by schema and beyond it (payout.md 7.1, 7.8). NULL and `list` filled when refused. The rule
 * lives in the list's arena and points into the document, which must live as long. `warnings`, if not NULL,
 * gets what voters should know. */
struct ch_benefit_rule *ch_benefit_rule_read(const json_t *document, struct ch_refusals *list,
                                             struct ch_refusals *warnings);

/* The same from text: at most 1 GiB, depth 8. */
struct ch_benefit_rule *ch_benefit_rule_parse(const char *text, size_t length, struct ch_refusals *list,
                                              struct ch_refusals *warnings);

/* {"valid":true,"warnings":[...]}, canonical, in the arena of `warnings`. */
char *ch_benefit_rule_verdict(const struct ch_refusals *warnings);

/* Limits of every offline document: 1 GiB, depth 8, integers, printable ASCII. */
extern const struct ch_json_limits CH_CALC_LIMITS;

/* ch_json_parse with CH_CALC_LIMITS, its error put into the list. NULL when refused. */
json_t *ch_calc_parse(const char *text, size_t length, struct ch_refusals *list);

/* How many of num/den of base: floor, ceiling or half up. 0 <= base <= 2^53 - 1, num, den <= 10^6. */
int64_t ch_fraction(int64_t base, int64_t num, int64_t den, enum ch_rounding round);

#endif
