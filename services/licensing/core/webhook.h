/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Standard Webhooks 1.0.0 as licensing.md section 12 uses it: keys as people see them, the signature header, what an
 * answer means, and when the next attempt is due. Pure: no clock, no chance of its own. */
#ifndef LICENSING_WEBHOOK_H
#define LICENSING_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

#define WEBHOOK_ATTEMPTS 10 /* of one delivery, the first included */
#define WEBHOOK_KEYS     2  /* that sign at once, during a rotation */

enum webhook_scheme { WEBHOOK_V1, WEBHOOK_V1A };

struct webhook_key {
    enum webhook_scheme scheme;
    uint8_t bytes[64]; /* v1: the secret; v1a: the Ed25519 seed of 32 bytes */
    size_t size;       /* 24 to 64 (Standard Webhooks 1.0.0, "Signature scheme"); ours have 32 */
};

/* "v1" or "v1a"; false for anything else. */
bool webhook_scheme_of(const char *name, enum webhook_scheme *scheme);

/* What the licensee is given to verify with: whsec_<base64 of the secret>, or whpk_<base64 of the public key>. */
const char *webhook_key_text(struct ch_arena *arena, const struct webhook_key *key);

/* Value of webhook-signature: one signature over `id.timestamp.body` by each key, in their order, parted by a space.
 * `id` and `timestamp` hold no full stop; the body is signed as the bytes that are sent. */
const char *webhook_signature(struct ch_arena *arena, const char *id, const char *timestamp, const char *body,
                              size_t body_size, const struct webhook_key *keys, size_t count);

/* What an answer means. */
enum webhook_verdict { WEBHOOK_DELIVERED, WEBHOOK_FAILED, WEBHOOK_GONE };
/* By status; 0: there was no answer. 2xx delivered, 410 gone (the endpoint is to be disabled), all else failed. */
enum webhook_verdict webhook_judge(int status);

/* Seconds a Retry-After header asks for, by either of its forms (RFC 9110, section 10.2.3), from `now` in POSIX
 * seconds; at most 24 h; -1 when there is none or it is neither form. A date in the past is 0. */
int64_t webhook_retry_after(const char *header, int64_t now);

/* Milliseconds from the end of attempt `attempt` (1 for the first) to the next: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14
 * h, 20 h, 24 h, with up to 20 % added by `chance` (any 32 bits), and not under `retry_after_s`; all of it times
 * `scale_ppm` millionths (1,000,000 but in tests). False when that was the last. */
bool webhook_next_ms(int attempt, uint32_t chance, int64_t retry_after_s, int64_t scale_ppm, int64_t *ms);

#endif
