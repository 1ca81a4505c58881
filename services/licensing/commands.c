/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold calc policy`: the decision of core/policy.c on one JSON object from standard input. No database, network,
 * clock or configuration: anybody can repeat what the services decided. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

#include "core/policy.h"

/* Writes text and says whether it left: a full disk must not look like an answer. */
static int finish(const char *text, size_t length)
{
    if (fwrite(text, 1, length, stdout) == length && fflush(stdout) == 0)
        return CH_EXIT_OK;
    perror("standard output");
    return CH_EXIT_REFUSED;
}

/* One line {"errors":[...]} on standard error. */
static int refuse(struct ch_faults *faults)
{
    json_t *out = ch_json_pack(faults->arena, "{s:O}", "errors", faults->list);
    fprintf(stderr, "%s\n", ch_json_canonical(faults->arena, out, NULL));
    return CH_EXIT_REFUSED;
}

static int check_terms(struct ch_faults *faults, const char *text, size_t length)
{
    struct ch_terms *terms = ch_terms_read(faults, text, length);
    if (!terms)
        return refuse(faults);
    ch_terms_check(faults, terms);
    json_t *out = ch_json_pack(faults->arena, "{s:O, s:s}", "errors", faults->list, "terms_hash", terms->hash);
    size_t size;
    const char *answer = ch_json_canonical(faults->arena, out, &size);
    return finish(ch_printf(faults->arena, "%s\n", answer), size + 1);
}

static int decide(struct ch_faults *faults, const char *text, size_t length, bool explain)
{
    struct ch_policy_input input;
    if (!ch_policy_read(faults, text, length, &input))
        return refuse(faults);
    size_t size;
    const char *answer = ch_policy_answer(faults->arena, &input, explain, &size);
    return finish(answer, size);
}

static int run_policy(int argc, char **argv)
{
    bool explain = false, check = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--explain") == 0) {
            explain = true;
        } else if (strcmp(argv[i], "--check") == 0) {
            check = true;
        } else {
            fprintf(stderr, "usage: commonhold calc policy [--explain] [--check] < INPUT.json\n");
            return CH_EXIT_USAGE;
        }
    }
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    char error[256];
    size_t length;
    ch_faults_init(&faults, arena);
    const char *text = ch_read_file(arena, "-", CH_TERMS_BYTES, &length, error);
    int code;
    if (!text) {
        ch_fault_pointer(&faults, "", error);
        code = refuse(&faults);
    } else {
        code = check ? check_terms(&faults, text, length) : decide(&faults, text, length, explain);
    }
    ch_arena_free(arena);
    return code;
}

const struct ch_command licensing_commands[] = {
    {"calc policy", "[--explain] [--check] < INPUT.json", "decide a request by terms and consents, offline",
     run_policy},
    {"contribute", "FILE ... --about ABOUT.json [--pool REF] [--origin URL] [--patience SECONDS] [--again] [--no-wait]",
     "uploads files to a pool and follows them until they are decided; run again, it goes on where it broke off",
     ch_command_contribute},
    {NULL, NULL, NULL, NULL},
};
