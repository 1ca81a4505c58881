/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of governance's commands, and `calc decide` and `calc panel`, which need no configuration, database or
 * clock. */
#include <stdio.h>

#include "commands.h"
#include "core/decide.h"
#include "core/lot.h"

#define INPUT_MAX ((size_t)1024 * 1024)

static int refuse(struct ch_arena *arena, const struct ch_calc_refusal *refusal)
{
    fprintf(stderr, "%s\n", ch_calc_refusal_text(arena, refusal));
    return CH_EXIT_REFUSED;
}

static int decide(struct ch_arena *arena)
{
    struct ch_decision_rule rule;
    struct ch_class_count counts[CH_CLASSES];
    struct ch_decision decision;
    struct ch_calc_refusal refusal;
    char error[256];
    size_t size;
    const char *text = ch_read_file(arena, "-", INPUT_MAX, &size, error);
    if (!text) {
        refusal = (struct ch_calc_refusal){.slug = "not_json", .detail = error};
        return refuse(arena, &refusal);
    }
    if (!ch_decide_parse(arena, text, size, &rule, counts, &refusal))
        return refuse(arena, &refusal);
    ch_decide(&rule, counts, &decision);
    puts(ch_decide_text(arena, &decision));
    return CH_EXIT_OK;
}

static int calc_decide(int argc, char **argv)
{
    if (argc > 0) {
        fprintf(stderr, "commonhold: calc decide takes no argument %s: it reads standard input\n", argv[0]);
        return CH_EXIT_USAGE;
    }
    struct ch_arena *arena = ch_arena_new();
    int code = decide(arena);
    ch_arena_free(arena);
    return code;
}

/* Reads a draw, or an appeal whose last draw is meant. */
static int panel(struct ch_arena *arena)
{
    struct ch_json_error error = {.slug = "not_json"};
    struct ch_calc_refusal refusal = {.slug = "not_json"};
    char text_error[256];
    const char *detail = text_error;
    size_t size;
    const char *text = ch_read_file(arena, "-", INPUT_MAX, &size, text_error);
    json_t *tree = text ? ch_json_parse(arena, text, size, &CH_JSON_BODY, &error) : NULL;
    if (text && !tree)
        detail = error.detail;
    const json_t *lots = json_object_get(tree, "lots");
    const json_t *lot = json_is_array(lots) ? json_array_get(lots, json_array_size(lots) - 1) : tree;
    json_t *result = tree ? ch_lot_recompute(arena, lot, &detail) : NULL;
    if (!result) {
        refusal = (struct ch_calc_refusal){.slug = tree ? "invalid" : error.slug, .detail = detail};
        return refuse(arena, &refusal);
    }
    puts(ch_json_canonical(arena, result, NULL));
    return CH_EXIT_OK;
}

static int calc_panel(int argc, char **argv)
{
    if (argc > 0) {
        fprintf(stderr, "commonhold: calc panel takes no argument %s: it reads standard input\n", argv[0]);
        return CH_EXIT_USAGE;
    }
    struct ch_arena *arena = ch_arena_new();
    int code = panel(arena);
    ch_arena_free(arena);
    return code;
}

const struct ch_command governance_commands[] = {
    {"calc decide", "< INPUT.json", "what a vote of three classes comes to under a rule row", calc_decide},
    {"calc panel", "< APPEAL.json", "recomputes the lot of an appeals panel from what the appeal publishes",
     calc_panel},
    {"calc tally", "--method scottish-stv [--lot-seed HEX64] FILE.blt | --method knapsack FILE.json",
     "counts an election or a budget round; - is standard input", ch_command_calc_tally},
    {"found", "CHARTER.json --config FILE [--database CONNINFO]",
     "writes the founding charter into a migrated database, once", ch_command_found},
    {"steward key", "PROPOSAL [--key FILE] [--origin URL]",
     "makes a steward's key for a sealed vote, and posts its public half", ch_command_steward_key},
    {"steward reveal", "PROPOSAL [--key FILE] [--origin URL]", "reveals the private half when voting has closed",
     ch_command_steward_reveal},
    {"vote", "PROPOSAL yes|no|abstain [--vkey V] [--policy FILE] [--origin URL]",
     "votes; a secret choice is sealed on this machine", ch_command_vote},
    {NULL, NULL, NULL, NULL}};
