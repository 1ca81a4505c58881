/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How jwt.c looks up keys; private to common/. */
#ifndef COMMONHOLD_KEYSET_H
#define COMMONHOLD_KEYSET_H

#include "commonhold/jwt.h"

/* When a key does not count: `always` for what was signed once and is checked for ever. */
struct ch_key_time {
    bool always;
    int64_t now; /* POSIX seconds */
};

/* The 32 bytes of a public key, NULL if there is none with that kid, use (NULL: any) and time. Valid until the set
 * changes. */
const uint8_t *ch_keyset_find(const struct ch_keyset *keys, const char *kid, const char *use, struct ch_key_time time);

/* Signatures that held, by the SHA-256 of key, text and signature: a token comes with every request of its ten minutes,
 * and checking it costs more than all else in a small request. Whether key and token count now is asked each time. */
bool ch_keyset_has_held(const struct ch_keyset *keys, const uint8_t digest[32]);
void ch_keyset_held(const struct ch_keyset *keys, const uint8_t digest[32]);

#endif
