/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Knapsack voting: which projects a pot pays for, by ballots that are each a set of projects the pot could pay for
 * (governance.md, section 10). */
#ifndef COMMONHOLD_GOVERNANCE_KNAPSACK_H
#define COMMONHOLD_GOVERNANCE_KNAPSACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calc_input.h"
#include "commonhold/arena.h"

#define CH_KNAPSACK_COST_MAX    INT64_C(9007199254740991) /* 2^53 - 1; also of the pot */
#define CH_KNAPSACK_PROJECT_MAX INT64_C(99999)

struct ch_knapsack_project {
    int64_t id;   /* 1 to CH_KNAPSACK_PROJECT_MAX, none twice */
    int64_t cost; /* 1 to CH_KNAPSACK_COST_MAX */
};

/* Equal ballots. A ballot that costs more than the pot, or names a project twice or one that does not exist, is invalid
 * and counted as such; one without projects is valid. */
struct ch_knapsack_ballot {
    int64_t count;           /* 1 or more; all together at most INT64_MAX */
    const int64_t *projects; /* ids, in any order; the caller's */
    size_t project_count;
};

struct ch_knapsack_round {
    int64_t pot;              /* 1 to CH_KNAPSACK_COST_MAX */
    int64_t min_num, min_den; /* share of the valid ballots a project needs: 0 <= num <= den, den 1 to 2^53 - 1 */
    const struct ch_knapsack_project *projects;
    size_t project_count;
    const struct ch_knapsack_ballot *ballots; /* in any order: it changes nothing in the result */
    size_t ballot_count;
};

enum ch_knapsack_decision {
    CH_KNAPSACK_SELECTED,
    CH_KNAPSACK_DOES_NOT_FIT,
    CH_KNAPSACK_TOO_FEW_APPROVALS,
};

struct ch_knapsack_rank {
    struct ch_knapsack_project project;
    int64_t approvals; /* valid ballots with it */
    enum ch_knapsack_decision decision;
};

struct ch_knapsack_result {
    const struct ch_knapsack_round *round;
    int64_t valid, invalid;           /* ballots */
    struct ch_knapsack_rank *ranking; /* all projects: approvals descending, cost ascending, id ascending */
    int64_t spent;                    /* cost of the selected; 0 to the pot */
};

/* Counts. Never fails on a round within the bounds above; whoever fills it checks them (ch_knapsack_parse does). The
 * result lives in the arena and refers to `round`, which must live as long. */
struct ch_knapsack_result *ch_knapsack_count(struct ch_arena *arena, const struct ch_knapsack_round *round);

/* Reads the document of `commonhold calc tally --method knapsack`; other keys are ignored. The round's arrays live in
 * the arena. False with the first refusal. */
bool ch_knapsack_parse(struct ch_arena *arena, const char *text, size_t size, struct ch_knapsack_round *round,
                       struct ch_calc_refusal *refusal);

/* The one line that command prints, without its end; keys in the published order. */
char *ch_knapsack_text(struct ch_arena *arena, const struct ch_knapsack_result *result);

#endif
