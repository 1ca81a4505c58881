/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold-witness`: looks over a log's shoulder from another machine (C2SP tlog-witness, tlog-cosignature). It
 * knows of each log the newest checkpoint only, and cosigns the next one when the log has only grown since. No
 * database. */
#include <stdio.h>
#include <string.h>

#include "commonhold/cli.h"
#include "commonhold/log.h"
#include "witness.h"

static int make_key(int argc, char **argv)
{
    const char *dir = NULL, *name = NULL, *vkey = NULL;
    const struct ch_option options[] = {
        {"--dir", &dir, NULL, true}, {"--name", &name, NULL, true}, {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, NULL))
        return CH_EXIT_USAGE;
    struct ch_arena *arena = ch_arena_new();
    const char *wrong = witness_make(arena, dir, name, &vkey);
    if (wrong)
        ch_say(0, "%s", wrong);
    else
        puts(vkey);
    ch_arena_free(arena);
    return wrong ? CH_EXIT_REFUSED : CH_EXIT_OK;
}

static int serve(int argc, char **argv)
{
    const char *dir = NULL, *policy = NULL, *listen = NULL;
    const struct ch_option options[] = {{"--dir", &dir, NULL, true},
                                        {"--policy", &policy, NULL, true},
                                        {"--listen", &listen, NULL, true},
                                        {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, NULL))
        return CH_EXIT_USAGE;
    struct ch_arena *arena = ch_arena_new();
    struct witness witness;
    ch_log_role("witness");
    const char *wrong = witness_open(arena, dir, policy, &witness);
    int code = wrong ? ch_say(CH_EXIT_REFUSED, "%s", wrong) : witness_serve(&witness, listen);
    witness_close(&witness);
    ch_arena_free(arena);
    return code;
}

static const struct ch_command COMMANDS[] = {{"key", "--dir DIR --name NAME",
                                              "makes the folder and the key of a witness, and prints its verifier key",
                                              make_key},
                                             {"serve", "--dir DIR --policy FILE --listen ADDRESS:PORT",
                                              "cosigns the checkpoints of the logs that the policy file names", serve},
                                             {NULL, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    for (const struct ch_command *command = COMMANDS; argc > 1 && command->name; command++)
        if (strcmp(argv[1], command->name) == 0) {
            int code = command->run(argc - 2, argv + 2);
            if (code == CH_EXIT_USAGE)
                ch_say(0, "usage: commonhold-witness %s %s", command->name, command->usage);
            return code;
        }
    fputs("usage: commonhold-witness COMMAND [ARGUMENTS]\n\n", stderr);
    for (const struct ch_command *command = COMMANDS; command->name; command++)
        fprintf(stderr, "  %-6s %s\n         %s\n", command->name, command->help, command->usage);
    return CH_EXIT_USAGE;
}
