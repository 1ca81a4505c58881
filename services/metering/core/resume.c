/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writing and checking resume tokens. */
#include "resume.h"

#include <string.h>

#include "commonhold/crypto.h"

#define VERSION 2
#define PAYLOAD 44 /* 16 + 16 + 8 + 4 */
#define MAC     16
#define TOKEN   (1 + PAYLOAD + MAC)

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

static void derive(const uint8_t grant_key[32], const char *use, uint8_t key[32])
{
    ch_hkdf_sha256(grant_key, 32, "", 0, use, key, 32);
}

static void authenticate(const uint8_t grant_key[32], const uint8_t payload[PAYLOAD], uint8_t mac[32])
{
    uint8_t key[32], text[1 + PAYLOAD] = {VERSION};
    derive(grant_key, "commonhold-resume/2", key);
    memcpy(text + 1, payload, PAYLOAD);
    ch_hmac_sha256(key, sizeof key, text, sizeof text, mac);
}

/* To and from what nobody else can read: the key stream is HMAC of the MAC and a counter, as in SIV (RFC 5297). */
static void veil(const uint8_t grant_key[32], const uint8_t mac[MAC], uint8_t payload[PAYLOAD])
{
    uint8_t key[32], text[MAC + 1], stream[64];
    derive(grant_key, "commonhold-resume/2/veil", key);
    memcpy(text, mac, MAC);
    for (uint8_t i = 0; i < 2; i++) {
        text[MAC] = i;
        ch_hmac_sha256(key, sizeof key, text, sizeof text, stream + 32 * i);
    }
    for (size_t i = 0; i < PAYLOAD; i++)
        payload[i] ^= stream[i];
}

char *resume_write(struct ch_arena *arena, const uint8_t grant_key[32], const struct resume *at)
{
    uint8_t token[TOKEN] = {VERSION}, mac[32], *payload = token + 1;
    memcpy(payload, at->delivery, 16);
    memcpy(payload + 16, at->plan_hash, 16);
    put(payload + 32, (uint64_t)at->row_id, 8);
    put(payload + 40, (uint32_t)at->batch, 4);
    authenticate(grant_key, payload, mac);
    veil(grant_key, mac, payload);
    memcpy(payload + PAYLOAD, mac, MAC);
    return ch_base64url(arena, token, sizeof token);
}

bool resume_read(const uint8_t grant_key[32], const char *token, struct resume *out)
{
    uint8_t bytes[TOKEN], mac[32], *payload = bytes + 1;
    size_t size;
    if (!ch_unbase64url(token, strlen(token), bytes, sizeof bytes, &size) || size != sizeof bytes ||
        bytes[0] != VERSION)
        return false;
    veil(grant_key, payload + PAYLOAD, payload);
    authenticate(grant_key, payload, mac);
    if (!ch_equal_constant_time(mac, payload + PAYLOAD, MAC) || memcmp(payload + 16, out->plan_hash, 16) != 0)
        return false;
    memcpy(out->delivery, payload, 16);
    out->row_id = (int64_t)get(payload + 32, 8);
    out->batch = (int32_t)get(payload + 40, 4);
    return out->row_id >= 0 && out->batch >= 0;
}
