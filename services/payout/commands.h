/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* payout's commands, for services/cli to list. */
#ifndef COMMONHOLD_PAYOUT_COMMANDS_H
#define COMMONHOLD_PAYOUT_COMMANDS_H

#include "commonhold/cli.h"

/* calc distribute, calc clawback, calc price, calc check-rule (payout.md section 8), and
 * what is below. */
extern const struct ch_command payout_calc_commands[];

/* payout approve, payout register-key (approve.c): rows of the same table. */
int ch_command_payout_approve(int argc, char **argv);
int ch_command_payout_register_key(int argc, char **argv);

#endif
