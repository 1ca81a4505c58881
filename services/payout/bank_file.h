/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A camt file as the JSON that payout.import_statement takes. */
#ifndef COMMONHOLD_PAYOUT_BANK_FILE_H
#define COMMONHOLD_PAYOUT_BANK_FILE_H

#include <stddef.h>

#include "commonhold/arena.h"

/* {"statements":[...]} in the arena; NULL with one sentence in *error when the file is refused, and *sum set when the
 * reason is that opening, entries and closing do not add up. */
char *bank_file_read(struct ch_arena *arena, const char *bytes, size_t size, const char *currency, const char **error,
                     int *sum);

#endif
