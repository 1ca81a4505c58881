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

/* What commands that open the database read of a trust's configuration. All texts are the arena's. */
struct ch_settings {
    const char *dir;           /* of the configuration */
    const char *passfile;      /* secrets/pgpass below it */
    const char *administrator; /* connection string: the one given, or user commonhold of [common] database */
    const char *log_name;      /* [log] origin, or the host of [common] origin with /log */
    const char *log_key, *checkpoint_file; /* [log], as paths */
};
/* False with a message on stderr. `database` may be NULL. */
bool ch_settings_read(struct ch_arena *arena, const char *config, const char *database, struct ch_settings *settings);

/* Verifier key of the log's key file under the log's name; NULL with a message on stderr. */
const char *ch_log_vkey(struct ch_arena *arena, const struct ch_settings *settings);

/* True for ok and created; what else a function of the database answered is said on stderr. */
struct ch_answer;
bool ch_is_done(struct ch_arena *arena, const struct ch_answer *answer);

int ch_command_init(int argc, char **argv);
int ch_command_migrate(int argc, char **argv);
int ch_command_recover(int argc, char **argv);
int ch_command_serve(int argc, char **argv);

/* Registers the public halves of DIR/secrets as rows. 0, or a message on stderr and an exit code. */
int ch_register_keys(struct ch_arena *arena, const struct ch_settings *settings);

#endif
