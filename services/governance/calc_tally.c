/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold calc tally`: counts a ballot file by STV, or the ballots of a budget round, without configuration,
 * database or clock: anybody can repeat a count. Exit 0 with any result, 2 for refused input, 64 for wrong arguments.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "commonhold/crypto.h"
#include "commonhold/utf8.h"
#include "core/blt.h"
#include "core/knapsack.h"

/* Over the 64 MiB that the parsers take, so that it is they who refuse. */
#define FILE_MAX (2 * CH_BLT_SIZE_MAX)

struct input {
    const char *text;
    size_t size;
    uint8_t lot_seed[32]; /* zeros where none is given */
};

/* The result's line, NULL when refused. */
static const char *count_stv(struct ch_arena *arena, const struct input *input, struct ch_calc_refusal *refusal)
{
    struct ch_stv_election election;
    if (!ch_blt_parse(arena, input->text, input->size, &election, refusal))
        return NULL;
    memcpy(election.lot_seed, input->lot_seed, sizeof election.lot_seed);
    return ch_stv_text(arena, ch_stv_count(arena, &election));
}

static const char *count_knapsack(struct ch_arena *arena, const struct input *input, struct ch_calc_refusal *refusal)
{
    struct ch_knapsack_round round;
    if (!ch_knapsack_parse(arena, input->text, input->size, &round, refusal))
        return NULL;
    return ch_knapsack_text(arena, ch_knapsack_count(arena, &round));
}

static const struct method {
    const char *name;
    bool draws_lots;
    const char *(*count)(struct ch_arena *arena, const struct input *input, struct ch_calc_refusal *refusal);
} METHODS[] = {{"scottish-stv", true, count_stv}, {"knapsack", false, count_knapsack}};

static const struct method *find_method(const char *name)
{
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        if (strcmp(METHODS[i].name, name) == 0)
            return &METHODS[i];
    }
    return NULL;
}

static int tally(struct ch_arena *arena, const struct method *method, const char *path, struct input *input)
{
    struct ch_calc_refusal refusal;
    char error[256], shown[4 * sizeof error + 1]; /* a file's name may be any bytes */
    const char *result = NULL;
    input->text = ch_read_file(arena, path, FILE_MAX, &input->size, error);
    if (input->text)
        result = method->count(arena, input, &refusal);
    else {
        const char *slug = errno == EFBIG ? "too_large" : "not_readable";
        ch_utf8_show(error, strlen(error), sizeof error, shown);
        ch_calc_refuse(&refusal, slug, NULL, shown);
    }
    if (!result) {
        fprintf(stderr, "%s\n", ch_calc_refusal_text(arena, &refusal));
        return CH_EXIT_REFUSED;
    }
    puts(result);
    return CH_EXIT_OK;
}

int ch_command_calc_tally(int argc, char **argv)
{
    const char *name = NULL, *seed = NULL;
    const struct ch_option options[] = {
        {"--method", &name, NULL, true}, {"--lot-seed", &seed, NULL, false}, {NULL, NULL, NULL, false}};
    struct input input = {0};
    int words;
    if (!ch_options(argc, argv, options, &words))
        return CH_EXIT_USAGE;
    const struct method *method = find_method(name);
    if (!method)
        return ch_say(CH_EXIT_USAGE, "there is no method %s", name);
    if (words != 1)
        return ch_say(CH_EXIT_USAGE, "one FILE is needed, or - for standard input");
    if (seed && (!method->draws_lots || !ch_unhex(seed, input.lot_seed, sizeof input.lot_seed)))
        return ch_say(CH_EXIT_USAGE, "--lot-seed takes 64 lower-case hex digits, and scottish-stv alone draws lots");
    struct ch_arena *arena = ch_arena_new();
    int code = tally(arena, method, argv[0], &input);
    ch_arena_free(arena);
    return code;
}
