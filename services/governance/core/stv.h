/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Scottish STV: who is elected by ranked papers (Scottish Local Government Elections Order 2007, Schedule 1, rules 45
 * to 52). Votes are integers of 1/100,000; candidates go by their number, from 1. */
#ifndef COMMONHOLD_GOVERNANCE_STV_H
#define COMMONHOLD_GOVERNANCE_STV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

#define CH_STV_CANDIDATES_MAX 1000
#define CH_STV_PAPERS_MAX     INT64_C(2147483647) /* over all ballots together */
#define CH_STV_SEATS_MAX      INT64_C(1000000000000000000)
#define CH_STV_VOTE           INT64_C(100000) /* one vote, in the unit of all votes below */

/* Equal papers. The same preferences may stand in several of these. */
struct ch_stv_ballot {
    int64_t count;               /* how many papers: 1 or more */
    const uint16_t *preferences; /* candidates, most wanted first, none twice; the caller's */
    size_t preference_count;     /* 0: papers that say nothing; they are not valid */
};

struct ch_stv_election {
    size_t candidates;     /* 1 to CH_STV_CANDIDATES_MAX */
    int64_t seats;         /* 1 to CH_STV_SEATS_MAX */
    const bool *withdrawn; /* by candidate, `candidates` + 1 elements, [0] unused; NULL: nobody withdrew */
    const struct ch_stv_ballot *ballots; /* in any order: it changes nothing in the result */
    size_t ballot_count;
    uint8_t lot_seed[32];
};

enum ch_stv_action { CH_STV_FIRST_PREFERENCES, CH_STV_SURPLUS, CH_STV_EXCLUSION };

struct ch_stv_stage {
    enum ch_stv_action action;
    unsigned candidate;       /* whose papers moved; 0 in stage 1 */
    int64_t *votes;           /* by candidate, at the end of the stage; [0] unused, 0 for the withdrawn */
    int64_t non_transferable; /* valid papers less the sum of votes */
    const unsigned *elected;  /* in this stage, in order of election */
    size_t elected_count;
};

/* Every tie there was, in order. */
struct ch_stv_tie {
    size_t stage;               /* that this tie stood at the start of */
    enum ch_stv_action action;  /* what one had to be chosen for: CH_STV_SURPLUS or CH_STV_EXCLUSION */
    const unsigned *candidates; /* all tied, ascending */
    size_t candidate_count;
    unsigned chosen;
    size_t earlier_stage; /* the stage that told the last ones apart; 0: the lot did */
};

/* Stages count from 1: stage n is stages[n - 1]. */
struct ch_stv_result {
    const struct ch_stv_election *election;
    int64_t valid; /* papers with a candidate on them who has not withdrawn */
    int64_t quota; /* whole votes */
    struct ch_stv_stage *stages;
    size_t stage_count;
    struct ch_stv_tie *ties;
    size_t tie_count;
    unsigned *winners; /* in order of election: `seats`, or all candidates where they are fewer */
    size_t winner_count;
};

/* Counts. Never fails on an election within the bounds above; whoever fills it checks them. The result lives in the
 * arena and refers to `election`, which must live as long. */
struct ch_stv_result *ch_stv_count(struct ch_arena *arena, const struct ch_stv_election *election);

/* The one line that `commonhold calc tally --method scottish-stv` prints, without its end; keys in the published
 * order (governance.md, section 11). */
char *ch_stv_text(struct ch_arena *arena, const struct ch_stv_result *result);

#endif
