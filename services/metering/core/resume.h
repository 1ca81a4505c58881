/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Resume tokens: the position behind a batch, sealed with keys derived from the grant's, and bound to the question that
 * was asked (columns, generalisation, filters). A licensee cannot make one, nor use one for another question, nor read
 * in it which row it stands for: rows of two grants must not be told to be the same. */
#ifndef METERING_CORE_RESUME_H
#define METERING_CORE_RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include "commonhold/arena.h"

struct resume {
    uint8_t delivery[16];
    uint8_t plan_hash[32]; /* only its first half travels */
    int64_t row_id;        /* the next row is one behind it */
    int32_t batch;         /* number of the batch that ended there; 0: in front of the first */
};

/* base64url of 2 || sealed(delivery || plan_hash[0..16) || row_id || batch) || HMAC-SHA-256[0..16), 61 bytes: the same
 * token for the same position (SIV, RFC 5297). In the arena. */
char *resume_write(struct ch_arena *arena, const uint8_t grant_key[32], const struct resume *at);
/* False unless the token was made with this key for this question (`out->plan_hash`, given). */
bool resume_read(const uint8_t grant_key[32], const char *token, struct resume *out);

#endif
