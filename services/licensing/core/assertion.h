/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The claims of an assertion by which an OAuth client authenticates: RFC 7523, section 3, private_key_jwt. Pure: the
 * signature is verified by the caller, whether the jti was used before is asked of the database. */
#ifndef LICENSING_CORE_ASSERTION_H
#define LICENSING_CORE_ASSERTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

#define CH_ASSERTION_SECONDS 300 /* an assertion may live no longer from now */
#define CH_ASSERTION_JTI     128 /* most bytes of a jti */

/* What is kept of an accepted assertion. */
struct ch_assertion {
    char jti_sha256[65]; /* hex */
    int64_t expires;     /* POSIX seconds */
};

/* Claim sub of a compact JWS, NOT verified: only to find the keys to verify it with. NULL when there is none of 1 to
 * 63 bytes. Lives in the arena. */
const char *ch_assertion_subject(struct ch_arena *arena, const char *token);

/* Judges the verified payload: iss and sub are the client, aud is `audience` alone (a text, or an array of just it),
 * exp ahead by at most CH_ASSERTION_SECONDS, iat and nbf (when there) not ahead of `now` by over 60 s, jti of 1 to 128
 * printable ASCII characters. NULL and *out filled when all is well, else what is wrong, as a static text. */
const char *ch_assertion_check(struct ch_arena *arena, const uint8_t *payload, size_t size, const char *client,
                               const char *audience, int64_t now, struct ch_assertion *out);

#endif
