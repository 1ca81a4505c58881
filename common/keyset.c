/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The public keys a role verifies with, by kid (RFC 7638), and their public document (RFC 7517).
 *
 * A plain array: a trust has a handful of keys. It belongs to one thread and holds no private key. */
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "crypto_check.h"
#include "keyset.h"

/* Between the database's clock, which dates keys, and the caller's. */
#define LEEWAY 60

struct key {
    char kid[44];
    uint8_t public_key[32];
    char use[32];
    int64_t from, until; /* POSIX seconds; until 0: no end */
};

#define HELD_MOST 1024 /* a power of two; each digest has one place, the latest wins */

struct ch_keyset {
    struct key *keys;
    size_t count;
    uint8_t (*held)[32]; /* all zero: none */
};

static char *public_text(struct ch_arena *arena, const uint8_t public_key[32])
{
    return ch_base64url(arena, public_key, 32);
}

void ch_jwk_thumbprint(const uint8_t public_key[32], char kid[44])
{
    uint8_t digest[32];
    struct ch_arena *arena = ch_arena_new();
    /* RFC 8037, section 2 and appendix A.3: these three members, in this order. */
    const char *jwk =
        ch_printf(arena, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", public_text(arena, public_key));
    ch_sha256(jwk, strlen(jwk), digest);
    memcpy(kid, public_text(arena, digest), 44);
    ch_arena_free(arena);
}

struct ch_keyset *ch_keyset_new(void)
{
    struct ch_keyset *keys = calloc(1, sizeof *keys);
    ch_crypto_check(keys != NULL, "memory for keys");
    keys->held = calloc(HELD_MOST, sizeof *keys->held);
    ch_crypto_check(keys->held != NULL, "memory for keys");
    return keys;
}

void ch_keyset_free(struct ch_keyset *keys)
{
    if (!keys)
        return;
    free(keys->keys);
    free(keys->held);
    free(keys);
}

void ch_keyset_clear(struct ch_keyset *keys)
{
    free(keys->keys);
    keys->keys = NULL;
    keys->count = 0;
}

void ch_keyset_add(struct ch_keyset *keys, const uint8_t public_key[32], const char *use, int64_t from, int64_t until)
{
    struct key *grown = reallocarray(keys->keys, keys->count + 1, sizeof *grown);
    ch_crypto_check(grown && strlen(use) < sizeof grown->use, "adding a key");
    keys->keys = grown;
    struct key *key = &grown[keys->count++];
    *key = (struct key){.from = from, .until = until};
    memcpy(key->public_key, public_key, sizeof key->public_key);
    memcpy(key->use, use, strlen(use));
    ch_jwk_thumbprint(public_key, key->kid);
}

static bool in_time(const struct key *key, struct ch_key_time time)
{
    return time.always || (time.now >= key->from - LEEWAY && (key->until == 0 || time.now < key->until));
}

const uint8_t *ch_keyset_find(const struct ch_keyset *keys, const char *kid, const char *use, struct ch_key_time time)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->keys[i];
        if (strcmp(key->kid, kid) == 0 && (!use || strcmp(key->use, use) == 0) && in_time(key, time))
            return key->public_key;
    }
    return NULL;
}

static uint8_t *place_of(const struct ch_keyset *keys, const uint8_t digest[32])
{
    return keys->held[((unsigned)digest[0] << 8 | digest[1]) % HELD_MOST];
}

bool ch_keyset_has_held(const struct ch_keyset *keys, const uint8_t digest[32])
{
    return memcmp(place_of(keys, digest), digest, 32) == 0;
}

void ch_keyset_held(const struct ch_keyset *keys, const uint8_t digest[32])
{
    memcpy(place_of(keys, digest), digest, 32);
}

/* The same key may be there for several uses. */
static bool is_first(const struct ch_keyset *keys, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(keys->keys[i].kid, keys->keys[index].kid) == 0)
            return false;
    return true;
}

json_t *ch_keyset_jwks(const struct ch_keyset *keys)
{
    struct ch_arena *arena = ch_arena_new();
    json_t *list = json_array();
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->keys[i];
        if (is_first(keys, i))
            json_array_append_new(list,
                                  json_pack("{ss ss ss ss ss ss}", "kty", "OKP", "crv", "Ed25519", "use", "sig", "alg",
                                            "EdDSA", "kid", key->kid, "x", public_text(arena, key->public_key)));
    }
    ch_arena_free(arena);
    return json_pack("{so}", "keys", list);
}
