/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passwords by scrypt (RFC 7914), slow and large on purpose: never called on an event loop.
 *
 * The parameters stand in every stored text, so that they can be raised and old ones still verify. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "commonhold/crypto.h"
#include "crypto_check.h"

#define SALT_SIZE 16 /* of new ones */
#define SALT_MOST 32
#define HASH_SIZE 32
/* Enough for N 2^17. Unless told, OpenSSL stops at 32 MiB, which is just too little for N 2^15. */
#define MEMORY_MOST ((uint64_t)160 * 1024 * 1024)

/* One stored password, taken apart. */
struct stored {
    unsigned log_n, r, p;
    uint8_t salt[SALT_MOST];
    size_t salt_size;
    uint8_t hash[HASH_SIZE];
};

static const struct stored TODAY = {.log_n = 15, .r = 8, .p = 1, .salt_size = SALT_SIZE};

static bool derive(const struct stored *how, const char *password, uint8_t hash[HASH_SIZE])
{
    return EVP_PBE_scrypt(password, strlen(password), how->salt, how->salt_size, UINT64_C(1) << how->log_n, how->r,
                          how->p, MEMORY_MOST, hash, HASH_SIZE) == 1;
}

static bool read_hash(const char *text, uint8_t hash[HASH_SIZE])
{
    size_t size;
    return ch_unbase64(text, strlen(text), hash, HASH_SIZE, &size) && size == HASH_SIZE;
}

/* Only parameters that RFC 7914 allows and that fit MEMORY_MOST and some tenths of a second. */
static bool bearable(const struct stored *stored)
{
    return stored->log_n >= 1 && stored->log_n <= 17 && stored->r >= 1 && stored->r <= 8 &&
           stored->log_n < 16 * stored->r && stored->p >= 1 && stored->p <= 4;
}

/* Takes "scrypt$15$8$1$<salt>$<hash>" apart. */
static bool parse(const char *text, struct stored *out)
{
    int at = 0;
    if (sscanf(text, "scrypt$%2u$%2u$%2u$%n", &out->log_n, &out->r, &out->p, &at) != 3 || at == 0)
        return false;
    const char *salt = text + at;
    const char *dollar = strchr(salt, '$');
    return dollar && bearable(out) &&
           ch_unbase64(salt, (size_t)(dollar - salt), out->salt, SALT_MOST, &out->salt_size) &&
           read_hash(dollar + 1, out->hash);
}

char *ch_password_hash(struct ch_arena *arena, const char *password)
{
    struct stored fresh = TODAY;
    ch_random(fresh.salt, fresh.salt_size);
    ch_crypto_check(derive(&fresh, password, fresh.hash), "scrypt");
    return ch_printf(arena, "scrypt$%u$%u$%u$%s$%s", fresh.log_n, fresh.r, fresh.p,
                     ch_base64(arena, fresh.salt, fresh.salt_size), ch_base64(arena, fresh.hash, sizeof fresh.hash));
}

bool ch_password_verify(const char *password, const char *stored)
{
    struct stored known = TODAY;
    uint8_t hash[HASH_SIZE];
    bool readable = stored && parse(stored, &known);
    /* An unknown user costs the same work as a known one, or the time would tell them apart. */
    if (!readable)
        known = TODAY;
    ch_crypto_check(derive(&known, password, hash), "scrypt");
    bool equal = ch_equal_constant_time(hash, known.hash, HASH_SIZE);
    OPENSSL_cleanse(hash, sizeof hash);
    return readable && equal;
}
