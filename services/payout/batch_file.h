/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pain.001 file of a batch, written from what payout.load_batch and payout.load_payments give, page by page: what
 * is in memory is one page and the bytes not yet taken. Pure: safe on a helper thread. */
#ifndef COMMONHOLD_PAYOUT_BATCH_FILE_H
#define COMMONHOLD_PAYOUT_BATCH_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

struct batch_file;

/* Everything lives in the arena. `head` is the JSON of payout.load_batch, `profile` the text of the bank profile's
 * file. NULL with {"errors":[...]} in *error. */
struct batch_file *batch_file_new(struct ch_arena *arena, const uint8_t kek[32], const char *head, const char *profile,
                                  const char **error);
/* How many payments go into one block of the file. */
int64_t batch_file_block(const struct batch_file *file);
/* The next page, JSON of payout.load_payments; the first one carries the blocks' sums. False with *error: then the
 * bytes are worthless. */
bool batch_file_add(struct batch_file *file, const char *page, const char **error);
/* Id of the last payment, "" before the first; and whether all have come. */
const char *batch_file_last(const struct batch_file *file);
bool batch_file_done(const struct batch_file *file);
/* The bytes written since the last call; they stay until the next page is added. */
const void *batch_file_take(struct batch_file *file, size_t *size);

#endif
