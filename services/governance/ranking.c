/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The methods of elections and budget rounds on the choices of a box: reads them, and lets core/ count. */
#include "ranking.h"

#include <string.h>

#include "commonhold/crypto.h"
#include "core/choice.h"
#include "core/knapsack.h"
#include "core/stv.h"

#define MINIMUM_NUM 1 /* of the valid ballots a project needs one in twenty */
#define MINIMUM_DEN 20

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* One entry of `choices` into place i of a count's ballots. */
typedef void add_ballot(struct ch_arena *arena, void *ballots, size_t i, int64_t count, const struct ch_choice *choice);

/* All of them; false when the text of one is no choice of this vote. */
static bool read_choices(struct ch_arena *arena, const struct ch_question *question, const json_t *choices,
                         add_ballot *add, void *ballots)
{
    struct ch_choice *choice = ch_alloc(arena, sizeof *choice);
    const json_t *entry;
    size_t i;
    json_array_foreach(choices, i, entry)
    {
        const char *padded = text_of(entry, "choice");
        if (strlen(padded) != ch_choice_bytes(question) || !ch_choice_read(question, (const uint8_t *)padded, choice))
            return false;
        add(arena, ballots, i, number_of(entry, "count"), choice);
    }
    return true;
}

static void add_ranks(struct ch_arena *arena, void *ballots, size_t i, int64_t count, const struct ch_choice *choice)
{
    uint16_t *preferences = ch_alloc(arena, (choice->count + 1) * sizeof *preferences);
    for (size_t k = 0; k < choice->count; k++)
        preferences[k] = (uint16_t)choice->numbers[k];
    ((struct ch_stv_ballot *)ballots)[i] = (struct ch_stv_ballot){count, preferences, choice->count};
}

static const char *count_stv(struct ch_arena *arena, const json_t *loaded, const struct ch_question *question)
{
    const json_t *choices = json_object_get(loaded, "choices");
    struct ch_stv_ballot *ballots = ch_alloc(arena, (json_array_size(choices) + 1) * sizeof *ballots);
    struct ch_stv_election election = {.candidates = question->options,
                                       .seats = number_of(json_object_get(loaded, "effect"), "seats"),
                                       .ballots = ballots,
                                       .ballot_count = json_array_size(choices)};
    if (!read_choices(arena, question, choices, add_ranks, ballots) ||
        !ch_unhex(text_of(loaded, "lot_seed"), election.lot_seed, sizeof election.lot_seed))
        return NULL;
    return ch_stv_text(arena, ch_stv_count(arena, &election));
}

static const struct ch_knapsack_project *read_projects(struct ch_arena *arena, const json_t *listed)
{
    struct ch_knapsack_project *projects = ch_alloc(arena, json_array_size(listed) * sizeof *projects);
    const json_t *one;
    size_t i;
    json_array_foreach(listed, i, one) projects[i] =
        (struct ch_knapsack_project){number_of(one, "number"), number_of(one, "cost")};
    return projects;
}

static void add_projects(struct ch_arena *arena, void *ballots, size_t i, int64_t count, const struct ch_choice *choice)
{
    int64_t *projects = ch_alloc(arena, (choice->count + 1) * sizeof *projects);
    for (size_t k = 0; k < choice->count; k++)
        projects[k] = choice->numbers[k];
    ((struct ch_knapsack_ballot *)ballots)[i] = (struct ch_knapsack_ballot){count, projects, choice->count};
}

static const char *count_knapsack(struct ch_arena *arena, const json_t *loaded, const struct ch_question *question)
{
    const json_t *choices = json_object_get(loaded, "choices"), *effect = json_object_get(loaded, "effect");
    struct ch_knapsack_ballot *ballots = ch_alloc(arena, (json_array_size(choices) + 1) * sizeof *ballots);
    struct ch_knapsack_round round = {.pot = number_of(json_object_get(effect, "pot"), "minor"),
                                      .min_num = MINIMUM_NUM,
                                      .min_den = MINIMUM_DEN,
                                      .projects = read_projects(arena, json_object_get(effect, "projects")),
                                      .project_count = question->options,
                                      .ballots = ballots,
                                      .ballot_count = json_array_size(choices)};
    return read_choices(arena, question, choices, add_projects, ballots)
               ? ch_knapsack_text(arena, ch_knapsack_count(arena, &round))
               : NULL;
}

const char *rank_choices(struct ch_arena *arena, const json_t *loaded)
{
    const json_t *effect = json_object_get(loaded, "effect"), *listed = json_object_get(effect, "candidates");
    struct ch_question question;
    if (!listed)
        listed = json_object_get(effect, "projects");
    if (!ch_question_read(text_of(json_object_get(loaded, "rule"), "method"), json_array_size(listed), &question))
        return NULL;
    return question.kind == CH_CHOICE_RANKS ? count_stv(arena, loaded, &question)
                                            : count_knapsack(arena, loaded, &question);
}
