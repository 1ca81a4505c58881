/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands of `commonhold`. A role offers a table of these in services/<role>/commands.c, as it offers routes;
 * services/cli only lists the tables. Offline commands (calc, verify) are plain functions over core/. */
#ifndef COMMONHOLD_CLI_H
#define COMMONHOLD_CLI_H

#include <stddef.h>

#include "commonhold/arena.h"

#define CH_EXIT_OK      0
#define CH_EXIT_REFUSED 2  /* refused or unreadable input */
#define CH_EXIT_USAGE   64 /* wrong arguments (sysexits EX_USAGE) */

struct ch_command {
    const char *name;  /* one or two words: "calc decide", "migrate" */
    const char *usage; /* arguments, e.g. "--rule RULE.json --inputs INPUTS.json" */
    const char *help;  /* one line */
    /* argv[0] is the first argument behind the name. Returns the exit code. */
    int (*run)(int argc, char **argv);
};
/* Tables end with a row whose name is NULL. */

/* Reads a whole file, "-" is stdin, at most `max` bytes. NULL with a message in `error` (256 bytes) otherwise.
 * NUL behind the last byte. */
char *ch_read_file(struct ch_arena *arena, const char *path, size_t max, size_t *size, char *error);

#endif
