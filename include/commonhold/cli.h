/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands of `commonhold`. A role offers a table of these in services/<role>/commands.c, as it offers routes;
 * services/cli only lists the tables. Offline commands (calc, verify) are plain functions over core/. */
#ifndef COMMONHOLD_CLI_H
#define COMMONHOLD_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "commonhold/arena.h"

#define CH_EXIT_OK      0
#define CH_EXIT_FAULT   1  /* the machine, the network or the database did not play along */
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

/* --name VALUE, or --name alone where `flag` is given. */
struct ch_option {
    const char *name;   /* with the dashes */
    const char **value; /* where the value goes */
    bool *flag;         /* set instead, when no value follows */
    bool required;
};

/* Reads all of argv by a table that ends with a NULL name. Words that are no options go to the front of argv in their
 * order and are counted in `words`; where `words` is NULL none may be there. Behind "--" all are words. False with a
 * message on stderr (exit with CH_EXIT_USAGE). */
bool ch_options(int argc, char **argv, const struct ch_option *options, int *words);

/* "commonhold: ..." on stderr; returns `code`. */
int ch_say(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads a whole file, "-" is stdin, at most `max` bytes. NULL with a message in `error` (256 bytes) otherwise,
 * and errno: EFBIG when it is longer. NUL behind the last byte. */
char *ch_read_file(struct ch_arena *arena, const char *path, size_t max, size_t *size, char *error);
/* On disk when it returns, whole or not at all: beside it as PATH.new, fsync, rename, fsync of the folder. False with
 * errno. */
bool ch_write_file(const char *path, const char *text);

#endif
