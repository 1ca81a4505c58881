/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys of webhook endpoints at rest: sealed under a key derived from the service secret webhook.secret. The HTTP role
 * seals, the worker opens. */
#ifndef LICENSING_WEBHOOK_SEAL_H
#define LICENSING_WEBHOOK_SEAL_H

#include "commonhold/arena.h"
#include "commonhold/config.h"
#include "core/webhook.h"

struct webhook_settings {
    uint8_t sealing_key[32];
    bool test;         /* endpoints may lie anywhere, and delays are scaled */
    int64_t scale_ppm; /* of the delays; 1,000,000 unless test */
};

/* Reads the secret file and the keys of [licensing]. False with a message for people: without the secret no endpoint
 * can be made and nothing can be sent. */
bool webhook_settings_load(const struct ch_config *config, struct webhook_settings *settings, char *error,
                           size_t error_size);

/* 32 key bytes as PostgreSQL's bytea text, bound to the endpoint's id. In the arena. */
const char *webhook_seal(struct ch_arena *arena, const struct webhook_settings *settings, const char *endpoint,
                         const uint8_t bytes[32]);
/* The other way, from hex digits; false when it was sealed by another secret or for another endpoint. */
bool webhook_unseal(struct ch_arena *arena, const struct webhook_settings *settings, const char *endpoint,
                    const char *hex, uint8_t bytes[32]);

#endif
