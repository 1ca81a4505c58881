/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A bank file, as it streams in, cut into the pieces that payout.stage_piece takes. */
#ifndef COMMONHOLD_PAYOUT_BANK_FILE_H
#define COMMONHOLD_PAYOUT_BANK_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "commonhold/arena.h"

#define BANK_FILE_MAX ((size_t)256 << 20) /* of a whole file */

struct bank_file;

/* For a book in `currency` with `minor_digits`. Ended by bank_file_free. */
struct bank_file *bank_file_new(const char *currency, int minor_digits);
/* The next bytes, `last` with the final ones (which may be none). False once refused: nothing of it may be booked. */
bool bank_file_feed(struct bank_file *file, const void *bytes, size_t size, bool last);
/* Why it is refused: the outcome's slug, and one sentence. */
const char *bank_file_outcome(const struct bank_file *file);
const char *bank_file_error(const struct bank_file *file);
/* Whether enough has come together for a piece: then take it before feeding on. */
bool bank_file_full(const struct bank_file *file);

struct bank_piece {
    const char *bytes;    /* "\x..." */
    const char *document; /* {"statements":[...]} */
    const char *number;   /* 0, 1, ... */
};
/* What has come since the last piece; lives until the next is taken. */
struct bank_piece bank_file_take(struct bank_file *file);
/* Hex SHA-256 of all bytes, behind the last. */
const char *bank_file_sha256(struct bank_file *file);
/* NULL is allowed. */
void bank_file_free(struct bank_file *file);

#endif
