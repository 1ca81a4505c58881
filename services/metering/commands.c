/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of metering's commands. */
#include "commands.h"

const struct ch_command metering_commands[] = {
    {"download",
     "POOL [COLUMN=OP.VALUE ...] --grant ID --client ID (--secret-file FILE | --key-file FILE) [--output FILE]\n"
     "      [--format csv|ndjson] [--select COLUMNS] [--limit N] [--compressed] [--origin URL] [--patience SECONDS]",
     "reads the rows a grant gives into a file, checks their hashes; run again, it goes on where it broke off",
     ch_command_download},
    {NULL, NULL, NULL, NULL},
};
