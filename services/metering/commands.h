/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The commands metering offers on the command line. */
#ifndef METERING_COMMANDS_H
#define METERING_COMMANDS_H

#include "commonhold/cli.h"

/* `download`. Ends with a row whose name is NULL. */
extern const struct ch_command metering_commands[];

int ch_command_download(int argc, char **argv);

#endif
