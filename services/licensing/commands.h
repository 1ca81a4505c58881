/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The commands licensing offers on the command line. */
#ifndef LICENSING_COMMANDS_H
#define LICENSING_COMMANDS_H

#include "commonhold/cli.h"

/* `calc policy`, offline, and `contribute`. Ends with a row whose name is NULL. */
extern const struct ch_command licensing_commands[];

int ch_command_contribute(int argc, char **argv);

#endif
