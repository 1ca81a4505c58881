/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of services/cli share. */
#ifndef SERVICES_CLI_CLI_H
#define SERVICES_CLI_CLI_H

#include "commonhold/cli.h"

/* A connection string without user, password and passfile, keywords in libpq's quoting, then `more` behind it. NULL
 * with a message on stderr. */
const char *ch_conninfo_with(struct ch_arena *arena, const char *conninfo, const char *more);

/* A value in libpq's quoting where it needs any: 'it\'s'. */
const char *ch_conninfo_quote(struct ch_arena *arena, const char *value);

int ch_command_init(int argc, char **argv);
int ch_command_migrate(int argc, char **argv);
int ch_command_serve(int argc, char **argv);

/* Registers the public halves of DIR/secrets as rows. 0, or a message on stderr and an exit code. */
int ch_register_keys(const char *conninfo, const char *folder, const char *origin);

#endif
