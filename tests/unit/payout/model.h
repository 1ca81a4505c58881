/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rules and inputs that a property test draws, changes and runs: small worlds of people, contributions and steps, made
 * into the documents the calculators read. What they should weigh is worked out here once more, from the rule page. */
#ifndef TESTS_PAYOUT_MODEL_H
#define TESTS_PAYOUT_MODEL_H

#include "../../../services/payout/core/distribute.h"
#include "draws.h"

#define MODEL_PEOPLE        8
#define MODEL_CONTRIBUTIONS 6
#define MODEL_PARTS         3
#define MODEL_STEPS         5
#define MODEL_FUNDS         4
#define MODEL_FEE_FUND      MODEL_FUNDS /* fed by amount_from alone */

struct model_figures {
    int64_t units, external, window_units;
    int64_t quality_ppm, distinct_licensees;
};

struct model_person {
    int name;
    struct model_figures figures;
    int64_t tenure;
    int status, equal;
};

struct model_contribution {
    int name;
    struct model_figures figures;
    size_t contributors;
    int who[3];
    int64_t share[3];
};

struct model_part {
    int64_t share;
    enum ch_weight weight;
    bool then;
};

struct model_step {
    enum ch_step_kind kind;
    int base; /* 0 gross, 1 remaining, 2 and more: after step base - 2 */
    int64_t num, den;
    enum ch_rounding round;
    int64_t max, amount; /* -1: none */
    int fund;            /* of MODEL_FUNDS, or MODEL_FEE_FUND */
    int recipient;       /* assign */
    int64_t target, at_least;
    size_t parts;
    struct model_part part[MODEL_PARTS];
    bool eligible;
    unsigned statuses; /* bits, 0: no list */
    int64_t min_units, min_licensees;
    int64_t floor_each;
    enum ch_cap cap;
    int64_t cap_amount, cap_num, cap_den;
};

struct model {
    int run;
    int64_t pot, rail_fees, balance[MODEL_FUNDS];
    bool reverse; /* refund.fee_recovery */
    size_t people, contributions, steps;
    struct model_person person[MODEL_PEOPLE + 1]; /* room for one more */
    struct model_contribution contribution[MODEL_CONTRIBUTIONS];
    struct model_step step[MODEL_STEPS];
};

/* What a single split may have. */
enum model_limits {
    MODEL_ONE_PART = 1,
    MODEL_NO_THEN = 2,
    MODEL_NO_CLAMP = 4,
    MODEL_NO_ELIGIBLE = 8,
    MODEL_NO_EQUAL_THEN = 16
};

/* Any rule over any inputs. */
void model_draw(struct model *model, struct draws *draws);
/* One split step over the whole pot. */
void model_draw_split(struct model *model, struct draws *draws, unsigned limits);

const char *model_rule(struct ch_arena *arena, const struct model *model);
const char *model_inputs(struct ch_arena *arena, const struct model *model);
/* Rule and inputs behind a sentence: what a failed property returns. */
const char *model_failed(struct ch_arena *arena, const struct model *model, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs the model; a refusal is a broken test and aborts. */
const struct ch_distribution *model_run(struct ch_arena *arena, const struct model *model);

/* What the person of that name got. */
int64_t model_amount(const struct ch_distribution *d, int name);
const char *model_fund(int fund);

/* Whether the person passes the step's `eligible` on its own figures. */
bool model_passes(const struct model_step *step, const struct model_person *person);
/* Weight in a part without `then`. At most 2^60. */
uint64_t model_weight(const struct model_step *step, const struct model_part *part, const struct model_person *person);
/* Whether anything of a split step weighs for the person. */
bool model_weighs(const struct model *model, const struct model_step *step, const struct model_person *person);
/* v of 7.5, for floors and caps: 0 also where a weight is less than 2^-50 of its part. */
ch_u128 model_clamp_weight(const struct model *model, const struct model_step *step, const struct model_person *person);
/* Whether a part of a split step weighs anything at all. */
bool model_part_weighs(const struct model *model, const struct model_step *step, const struct model_part *part);

#endif
