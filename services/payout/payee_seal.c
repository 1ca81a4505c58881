/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Envelope encryption of payee accounts: AES-256-GCM under the member's key, AES key wrap under the service's. */
#include "payee_seal.h"

#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/log.h"
#include "commonhold/secret.h"

#define WRAPPED 40

bool payee_wrapping_key(const char *path, uint8_t kek[32])
{
    static uint8_t kept[32];
    static bool known;
    if (!known) {
        char error[256];
        uint8_t secret[32];
        if (!ch_secret_load(path, secret, error, sizeof error)) {
            ch_log(CH_LOG_ERROR, "member secret cannot be read", "path", path, "reason", error, NULL);
            return false;
        }
        ch_hkdf_sha256(secret, sizeof secret, NULL, 0, "commonhold payout payee", kept, sizeof kept);
        known = true;
    }
    memcpy(kek, kept, sizeof kept);
    return true;
}

void payee_fresh_key(const uint8_t kek[32], char wrapped[81])
{
    uint8_t key[32], bytes[WRAPPED];
    ch_random(key, sizeof key);
    ch_key_wrap(kek, key, bytes);
    ch_hex(bytes, sizeof bytes, wrapped);
}

static bool unwrap(const uint8_t kek[32], const char *wrapped, uint8_t key[32])
{
    uint8_t bytes[WRAPPED];
    return wrapped && strlen(wrapped) == 2 * WRAPPED && ch_unhex(wrapped, bytes, sizeof bytes) &&
           ch_key_unwrap(kek, bytes, key);
}

char *payee_seal(struct ch_arena *arena, const uint8_t kek[32], const char *wrapped, const char *member,
                 const char *what, const char *text)
{
    uint8_t key[32];
    if (!unwrap(kek, wrapped, key))
        return NULL;
    const char *bound = ch_printf(arena, "%s %s", what, member);
    size_t size;
    uint8_t *sealed = ch_seal(arena, key, bound, strlen(bound), text, strlen(text), &size);
    char *hex = ch_alloc(arena, 2 * size + 3);
    memcpy(hex, "\\x", 2);
    ch_hex(sealed, size, hex + 2);
    return hex;
}

char *payee_unseal(struct ch_arena *arena, const uint8_t kek[32], const char *wrapped, const char *member,
                   const char *what, const char *sealed)
{
    uint8_t key[32];
    size_t size = sealed ? strlen(sealed) / 2 : 0;
    uint8_t *bytes = ch_alloc(arena, size + 1);
    if (size == 0 || !unwrap(kek, wrapped, key) || !ch_unhex(sealed, bytes, size))
        return NULL;
    const char *bound = ch_printf(arena, "%s %s", what, member);
    size_t length;
    uint8_t *plain = ch_unseal(arena, key, bound, strlen(bound), bytes, size, &length);
    return plain ? ch_memdup(arena, plain, length) : NULL;
}
