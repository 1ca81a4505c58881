/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands of governance, for services/cli to list. */
#ifndef COMMONHOLD_GOVERNANCE_COMMANDS_H
#define COMMONHOLD_GOVERNANCE_COMMANDS_H

#include "commonhold/cli.h"

/* calc decide, found (governance.md sections 11 and 3). */
extern const struct ch_command governance_commands[];

/* Of found.c. */
int ch_command_found(int argc, char **argv);

#endif
