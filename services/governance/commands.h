/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands of governance, for services/cli to list. */
#ifndef COMMONHOLD_GOVERNANCE_COMMANDS_H
#define COMMONHOLD_GOVERNANCE_COMMANDS_H

#include "commonhold/cli.h"

/* calc decide, calc tally, found (governance.md sections 11 and 3). */
extern const struct ch_command governance_commands[];

/* Of calc_tally.c and found.c. */
int ch_command_calc_tally(int argc, char **argv);
int ch_command_found(int argc, char **argv);

int ch_command_vote(int argc, char **argv);
int ch_command_steward_key(int argc, char **argv);
int ch_command_steward_reveal(int argc, char **argv);

#endif
