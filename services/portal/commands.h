/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The commands portal offers on the command line: signing in and out. */
#ifndef PORTAL_COMMANDS_H
#define PORTAL_COMMANDS_H

#include "commonhold/cli.h"

/* Ends with a row whose name is NULL. */
extern const struct ch_command portal_commands[];

#endif
