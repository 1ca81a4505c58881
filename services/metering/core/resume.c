/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writing and checking resume tokens. */
#include "resume.h"

#include <string.h>

#include "commonhold/crypto.h"

#define PAYLOAD 45 /* 1 + 16 + 16 + 8 + 4 */
#define MAC     16

static void put(uint8_t *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static uint64_t get(const uint8_t *from, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

static void authenticate(const uint8_t grant_key[32], const uint8_t payload[PAYLOAD], uint8_t mac[32])
{
    uint8_t key[32];
    ch_hkdf_sha256(grant_key, 32, "", 0, "commonhold-resume/1", key, sizeof key);
    ch_hmac_sha256(key, sizeof key, payload, PAYLOAD, mac);
}

char *resume_write(struct ch_arena *arena, const uint8_t grant_key[32], const struct resume *at)
{
    uint8_t token[PAYLOAD + 32] = {1};
    memcpy(token + 1, at->delivery, 16);
    memcpy(token + 17, at->plan_hash, 16);
    put(token + 33, (uint64_t)at->row_id, 8);
    put(token + 41, (uint32_t)at->batch, 4);
    authenticate(grant_key, token, token + PAYLOAD);
    return ch_base64url(arena, token, PAYLOAD + MAC);
}

bool resume_read(const uint8_t grant_key[32], const char *token, struct resume *out)
{
    uint8_t bytes[PAYLOAD + MAC], mac[32];
    size_t size;
    if (!ch_unbase64url(token, strlen(token), bytes, sizeof bytes, &size) || size != sizeof bytes || bytes[0] != 1)
        return false;
    authenticate(grant_key, bytes, mac);
    if (!ch_equal_constant_time(mac, bytes + PAYLOAD, MAC) || memcmp(bytes + 17, out->plan_hash, 16) != 0)
        return false;
    memcpy(out->delivery, bytes + 1, 16);
    out->row_id = (int64_t)get(bytes + 33, 8);
    out->batch = (int32_t)get(bytes + 41, 4);
    return out->row_id >= 0 && out->batch >= 0;
}
