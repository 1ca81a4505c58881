/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where `commonhold found` finds the database and the secrets. */
#ifndef GOVERNANCE_FOUND_DATABASE_H
#define GOVERNANCE_FOUND_DATABASE_H

#include "commonhold/arena.h"

struct found_options {
    const char *config;   /* the trust's commonhold.ini */
    const char *database; /* administrator's connection string, NULL: that of [common] as user commonhold */
};

/* The administrator's connection string; NULL with a message in `error` (512 bytes). */
const char *found_database(struct ch_arena *arena, const struct found_options *options, char *error);

/* The folder the configuration lies in: its secrets are below. */
const char *found_folder(struct ch_arena *arena, const char *config);

#endif
