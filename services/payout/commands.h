/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* payout's offline commands, for services/cli to list. */
#ifndef COMMONHOLD_PAYOUT_COMMANDS_H
#define COMMONHOLD_PAYOUT_COMMANDS_H

#include "commonhold/cli.h"

/* calc distribute, calc clawback, calc price, calc check-rule (payout.md section 8). */
extern const struct ch_command payout_calc_commands[];

#endif
