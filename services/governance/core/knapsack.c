/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counts a budget round: which ballots are valid, what they approve, and what of that the pot pays for. */
#include <stdlib.h>

#include "knapsack.h"

/* A project while ballots are judged; entries go by id. */
struct entry {
    struct ch_knapsack_rank *rank; /* NULL: no such project */
    size_t seen;                   /* the latest ballot with it, counted from 1 */
};

static struct entry *enter_projects(struct ch_arena *arena, struct ch_knapsack_result *result)
{
    const struct ch_knapsack_round *round = result->round;
    struct entry *entries = ch_alloc_array(arena, CH_KNAPSACK_PROJECT_MAX + 1, sizeof *entries);
    result->ranking = ch_alloc_array(arena, round->project_count, sizeof *result->ranking);
    for (size_t i = 0; i < round->project_count; i++) {
        result->ranking[i].project = round->projects[i];
        entries[round->projects[i].id].rank = &result->ranking[i];
    }
    return entries;
}

/* Ballot `number`, from 1: every project exists and stands there once, and the pot could pay for them. */
static bool is_valid(const struct ch_knapsack_round *round, struct entry *entries, size_t number)
{
    const struct ch_knapsack_ballot *ballot = &round->ballots[number - 1];
    int64_t left = round->pot;
    for (size_t i = 0; i < ballot->project_count; i++) {
        int64_t id = ballot->projects[i];
        if (id < 1 || id > CH_KNAPSACK_PROJECT_MAX || !entries[id].rank || entries[id].seen == number)
            return false;
        entries[id].seen = number;
        left -= entries[id].rank->project.cost;
        if (left < 0)
            return false;
    }
    return true;
}

static void count_approvals(struct ch_knapsack_result *result, struct entry *entries)
{
    for (size_t number = 1; number <= result->round->ballot_count; number++) {
        const struct ch_knapsack_ballot *ballot = &result->round->ballots[number - 1];
        if (!is_valid(result->round, entries, number)) {
            result->invalid += ballot->count;
            continue;
        }
        result->valid += ballot->count;
        for (size_t i = 0; i < ballot->project_count; i++)
            entries[ballot->projects[i]].rank->approvals += ballot->count;
    }
}

static int compare_ranks(const void *left, const void *right)
{
    const struct ch_knapsack_rank *a = left, *b = right;
    if (a->approvals != b->approvals)
        return a->approvals > b->approvals ? -1 : 1;
    if (a->project.cost != b->project.cost)
        return a->project.cost < b->project.cost ? -1 : 1;
    return (a->project.id > b->project.id) - (a->project.id < b->project.id);
}

static enum ch_knapsack_decision decide(const struct ch_knapsack_result *result, const struct ch_knapsack_rank *rank)
{
    const struct ch_knapsack_round *round = result->round;
    if ((__int128)rank->approvals * round->min_den < (__int128)round->min_num * result->valid)
        return CH_KNAPSACK_TOO_FEW_APPROVALS;
    return rank->project.cost <= round->pot - result->spent ? CH_KNAPSACK_SELECTED : CH_KNAPSACK_DOES_NOT_FIT;
}

struct ch_knapsack_result *ch_knapsack_count(struct ch_arena *arena, const struct ch_knapsack_round *round)
{
    struct ch_knapsack_result *result = ch_alloc(arena, sizeof *result);
    result->round = round;
    count_approvals(result, enter_projects(arena, result));
    qsort(result->ranking, round->project_count, sizeof *result->ranking, compare_ranks);
    for (size_t i = 0; i < round->project_count; i++) {
        struct ch_knapsack_rank *rank = &result->ranking[i];
        rank->decision = decide(result, rank);
        if (rank->decision == CH_KNAPSACK_SELECTED)
            result->spent += rank->project.cost;
    }
    return result;
}
