/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A budget round from JSON, and its result as the published line. */
#include <inttypes.h>
#include <stddef.h>

#include "calc_out.h"
#include "knapsack.h"

#define INPUT_MAX ((size_t)64 << 20)

static const struct ch_calc_number ROUND[] = {
    {"pot", offsetof(struct ch_knapsack_round, pot), 1, CH_KNAPSACK_COST_MAX, NULL},
    {"min_num", offsetof(struct ch_knapsack_round, min_num), 0, CH_KNAPSACK_COST_MAX, "min_den"},
    {"min_den", offsetof(struct ch_knapsack_round, min_den), 1, CH_KNAPSACK_COST_MAX, NULL}};
static const struct ch_calc_number PROJECT[] = {
    {"id", offsetof(struct ch_knapsack_project, id), 1, CH_KNAPSACK_PROJECT_MAX, NULL},
    {"cost", offsetof(struct ch_knapsack_project, cost), 1, CH_KNAPSACK_COST_MAX, NULL}};
static const struct ch_calc_number BALLOT[] = {
    {"count", offsetof(struct ch_knapsack_ballot, count), 1, INT64_MAX, NULL}};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const json_t *read_array(struct ch_arena *arena, const json_t *object, const char *at, const char *name,
                                struct ch_calc_refusal *refusal)
{
    const json_t *array = json_object_get(object, name);
    if (json_is_array(array))
        return array;
    ch_calc_refuse(refusal, "missing", ch_printf(arena, "%s/%s", at, name), "A list is needed here.");
    return NULL;
}

static bool read_projects(struct ch_arena *arena, const json_t *list, struct ch_knapsack_round *round,
                          struct ch_calc_refusal *refusal)
{
    round->project_count = json_array_size(list);
    struct ch_knapsack_project *projects = ch_alloc_array(arena, round->project_count, sizeof *projects);
    bool *taken = ch_alloc_array(arena, CH_KNAPSACK_PROJECT_MAX + 1, sizeof *taken);
    round->projects = projects;
    for (size_t i = 0; i < round->project_count; i++) {
        const char *at = ch_printf(arena, "/projects/%zu", i);
        if (!ch_calc_numbers(arena, json_array_get(list, i), at, PROJECT, LENGTH(PROJECT), &projects[i], refusal))
            return false;
        if (taken[projects[i].id])
            return ch_calc_refuse(refusal, "out_of_range", ch_printf(arena, "%s/id", at),
                                  "Another project has this number.");
        taken[projects[i].id] = true;
    }
    return true;
}

static bool read_choices(struct ch_arena *arena, const json_t *object, const char *at,
                         struct ch_knapsack_ballot *ballot, struct ch_calc_refusal *refusal)
{
    const json_t *list = read_array(arena, object, at, "projects", refusal);
    ballot->project_count = json_array_size(list);
    int64_t *projects = ch_alloc_array(arena, ballot->project_count, sizeof *projects);
    ballot->projects = projects;
    for (size_t i = 0; i < ballot->project_count; i++) {
        const json_t *id = json_array_get(list, i);
        if (!json_is_integer(id))
            return ch_calc_refuse(refusal, "not_integer", ch_printf(arena, "%s/projects/%zu", at, i),
                                  "An integer is needed here.");
        projects[i] = json_integer_value(id);
    }
    return list != NULL;
}

static bool read_ballots(struct ch_arena *arena, const json_t *list, struct ch_knapsack_round *round,
                         struct ch_calc_refusal *refusal)
{
    int64_t left = INT64_MAX;
    round->ballot_count = json_array_size(list);
    struct ch_knapsack_ballot *ballots = ch_alloc_array(arena, round->ballot_count, sizeof *ballots);
    round->ballots = ballots;
    for (size_t i = 0; i < round->ballot_count; i++) {
        const char *at = ch_printf(arena, "/ballots/%zu", i);
        const json_t *object = json_array_get(list, i);
        if (!ch_calc_numbers(arena, object, at, BALLOT, LENGTH(BALLOT), &ballots[i], refusal) ||
            !read_choices(arena, object, at, &ballots[i], refusal))
            return false;
        if (ballots[i].count > left)
            return ch_calc_refuse(refusal, "out_of_range", ch_printf(arena, "%s/count", at),
                                  "All ballots together are too many.");
        left -= ballots[i].count;
    }
    return true;
}

bool ch_knapsack_parse(struct ch_arena *arena, const char *text, size_t size, struct ch_knapsack_round *round,
                       struct ch_calc_refusal *refusal)
{
    const json_t *document = ch_calc_json(arena, text, size, INPUT_MAX, refusal), *list;
    *round = (struct ch_knapsack_round){0};
    if (!document || !ch_calc_numbers(arena, document, "", ROUND, LENGTH(ROUND), round, refusal) ||
        !ch_calc_fractions(arena, document, "", ROUND, LENGTH(ROUND), refusal))
        return false;
    list = read_array(arena, document, "", "projects", refusal);
    if (!list || !read_projects(arena, list, round, refusal))
        return false;
    list = read_array(arena, document, "", "ballots", refusal);
    return list && read_ballots(arena, list, round, refusal);
}

static const char *decision_word(enum ch_knapsack_decision decision)
{
    switch (decision) {
    case CH_KNAPSACK_SELECTED:
        return "selected";
    case CH_KNAPSACK_DOES_NOT_FIT:
        return "does_not_fit";
    case CH_KNAPSACK_TOO_FEW_APPROVALS:
        return "too_few_approvals";
    }
    __builtin_unreachable();
}

char *ch_knapsack_text(struct ch_arena *arena, const struct ch_knapsack_result *result)
{
    struct ch_calc_out out = {.arena = arena};
    const struct ch_knapsack_round *round = result->round;
    const char *comma = "";
    ch_calc_put(&out,
                "{\"method\":\"knapsack\",\"pot\":%" PRId64 ",\"valid\":%" PRId64 ",\"invalid\":%" PRId64
                ",\"ranking\":[",
                round->pot, result->valid, result->invalid);
    for (size_t i = 0; i < round->project_count; i++) {
        const struct ch_knapsack_rank *rank = &result->ranking[i];
        ch_calc_put(&out,
                    "%s{\"project\":%" PRId64 ",\"cost\":%" PRId64 ",\"approvals\":%" PRId64 ",\"decision\":\"%s\"}",
                    i ? "," : "", rank->project.id, rank->project.cost, rank->approvals, decision_word(rank->decision));
    }
    ch_calc_put(&out, "],\"selected\":[");
    for (size_t i = 0; i < round->project_count; i++) {
        if (result->ranking[i].decision != CH_KNAPSACK_SELECTED)
            continue;
        ch_calc_put(&out, "%s%" PRId64, comma, result->ranking[i].project.id);
        comma = ",";
    }
    ch_calc_put(&out, "],\"spent\":%" PRId64 ",\"left\":%" PRId64 "}", result->spent, round->pot - result->spent);
    return out.text;
}
