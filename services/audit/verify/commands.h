/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold verify ...`: proofs checked without database and network, by code of their own. */
#ifndef COMMONHOLD_VERIFY_COMMANDS_H
#define COMMONHOLD_VERIFY_COMMANDS_H

#include "commonhold/cli.h"

extern const struct ch_command verify_commands[];

#endif
