/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pain.001 file of a batch, from what payout.load_batch gives. */
#ifndef COMMONHOLD_PAYOUT_BATCH_FILE_H
#define COMMONHOLD_PAYOUT_BATCH_FILE_H

#include <jansson.h>
#include <stdint.h>

#include "commonhold/arena.h"

/* The bytes (NUL behind the last); NULL with {"errors":[...]} or a sentence in *error. `profile` is the text of the
 * bank profile's file. Pure: safe on a helper thread. */
char *batch_file_write(struct ch_arena *arena, const uint8_t kek[32], const json_t *facts, const char *profile,
                       const char **error);

#endif
