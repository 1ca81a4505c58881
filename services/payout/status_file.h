/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A bank's status report (pain.002) as the document payout.read_status takes. */
#ifndef COMMONHOLD_PAYOUT_STATUS_FILE_H
#define COMMONHOLD_PAYOUT_STATUS_FILE_H

#include <stddef.h>

#include "commonhold/arena.h"

/* {"original_id", "message_id"?, "statuses": [...]} in the arena; NULL with one sentence in *error when the file is
 * refused. */
char *status_file_read(struct ch_arena *arena, const char *bytes, size_t size, const char **error);

#endif
