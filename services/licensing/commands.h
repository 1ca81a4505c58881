/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The commands licensing offers on the command line. */
#ifndef LICENSING_COMMANDS_H
#define LICENSING_COMMANDS_H

#include "commonhold/cli.h"

/* Offline commands over core/: `calc policy`. Ends with a row whose name is NULL. */
extern const struct ch_command licensing_calc_commands[];

#endif
