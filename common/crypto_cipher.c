/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* AES-256 in the three ways the system uses it: sealing (GCM), wrapping keys (RFC 3394), and single blocks for the
 * pseudonyms of rows (ECB). Nonces are made here and nowhere else; zero ones are for keys that seal once.
 *
 * Where a foreign text does not check, OpenSSL's queue of errors is emptied: TLS code on the same thread would take
 * what stands in it for its own. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "commonhold/crypto.h"
#include "crypto_check.h"

#define NONCE_SIZE  12
#define TAG_SIZE    16
#define BLOCK_SIZE  16
#define BLOCKS_MOST ((size_t)1 << 24) /* in one call of OpenSSL, whose sizes are int */

static EVP_CIPHER_CTX *new_context(void)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    ch_crypto_check(context != NULL, "memory for a cipher");
    return context;
}

/* Ciphertext and tag of `plain`. */
static void gcm_seal(const uint8_t key[32], const uint8_t nonce[NONCE_SIZE], const void *aad, size_t aad_size,
                     const void *plain, size_t size, uint8_t *cipher)
{
    ch_crypto_check(size <= INT_MAX && aad_size <= INT_MAX, "sealing more than 2 GiB");
    EVP_CIPHER_CTX *context = new_context();
    int written = 0;
    bool held = EVP_EncryptInit_ex2(context, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
                (aad_size == 0 || EVP_EncryptUpdate(context, NULL, &written, aad, (int)aad_size) == 1) &&
                (size == 0 || EVP_EncryptUpdate(context, cipher, &written, plain, (int)size) == 1) &&
                EVP_EncryptFinal_ex(context, cipher + size, &written) == 1 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, cipher + size) == 1;
    ch_crypto_check(held, "AES-256-GCM");
    EVP_CIPHER_CTX_free(context);
}

/* The `size` bytes in front of the tag. False, and zeros, when the tag does not hold. */
static bool gcm_open(const uint8_t key[32], const uint8_t nonce[NONCE_SIZE], const void *aad, size_t aad_size,
                     const uint8_t *cipher, size_t size, uint8_t *plain)
{
    uint8_t tag[TAG_SIZE];
    memcpy(tag, cipher + size, TAG_SIZE);
    EVP_CIPHER_CTX *context = new_context();
    int written = 0;
    bool ready = EVP_DecryptInit_ex2(context, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
                 (aad_size == 0 || EVP_DecryptUpdate(context, NULL, &written, aad, (int)aad_size) == 1) &&
                 (size == 0 || EVP_DecryptUpdate(context, plain, &written, cipher, (int)size) == 1) &&
                 EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1;
    ch_crypto_check(ready, "AES-256-GCM");
    bool held = EVP_DecryptFinal_ex(context, plain + size, &written) == 1;
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
    if (!held)
        OPENSSL_cleanse(plain, size);
    return held;
}

uint8_t *ch_seal(struct ch_arena *arena, const uint8_t key[32], const void *aad, size_t aad_size, const void *plain,
                 size_t size, size_t *sealed_size)
{
    uint8_t *sealed = ch_alloc(arena, NONCE_SIZE + size + TAG_SIZE);
    ch_random(sealed, NONCE_SIZE);
    gcm_seal(key, sealed, aad, aad_size, plain, size, sealed + NONCE_SIZE);
    *sealed_size = NONCE_SIZE + size + TAG_SIZE;
    return sealed;
}

uint8_t *ch_unseal(struct ch_arena *arena, const uint8_t key[32], const void *aad, size_t aad_size, const void *sealed,
                   size_t sealed_size, size_t *size)
{
    if (sealed_size < NONCE_SIZE + TAG_SIZE || sealed_size > INT_MAX || aad_size > INT_MAX)
        return NULL;
    *size = sealed_size - NONCE_SIZE - TAG_SIZE;
    const uint8_t *nonce = sealed;
    uint8_t *plain = ch_alloc(arena, *size + 1);
    return gcm_open(key, nonce, aad, aad_size, nonce + NONCE_SIZE, *size, plain) ? plain : NULL;
}

static const uint8_t NO_NONCE[NONCE_SIZE];

void ch_seal_once(const uint8_t key[32], const void *aad, size_t aad_size, const void *plain, size_t size,
                  uint8_t *sealed)
{
    gcm_seal(key, NO_NONCE, aad, aad_size, plain, size, sealed);
}

bool ch_unseal_once(const uint8_t key[32], const void *aad, size_t aad_size, const uint8_t *sealed, size_t size,
                    uint8_t *plain)
{
    return size <= INT_MAX && aad_size <= INT_MAX && gcm_open(key, NO_NONCE, aad, aad_size, sealed, size, plain);
}

void ch_key_wrap(const uint8_t kek[32], const uint8_t key[32], uint8_t wrapped[40])
{
    EVP_CIPHER_CTX *context = new_context();
    int written = 0;
    EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    ch_crypto_check(EVP_EncryptInit_ex2(context, EVP_aes_256_wrap(), kek, NULL, NULL) == 1 &&
                        EVP_EncryptUpdate(context, wrapped, &written, key, 32) == 1 && written == 40,
                    "AES-256 key wrap");
    EVP_CIPHER_CTX_free(context);
}

bool ch_key_unwrap(const uint8_t kek[32], const uint8_t wrapped[40], uint8_t key[32])
{
    EVP_CIPHER_CTX *context = new_context();
    uint8_t plain[40];
    int written = 0;
    EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    ch_crypto_check(EVP_DecryptInit_ex2(context, EVP_aes_256_wrap(), kek, NULL, NULL) == 1, "AES-256 key wrap");
    bool held = EVP_DecryptUpdate(context, plain, &written, wrapped, 40) == 1 && written == 32;
    if (held)
        memcpy(key, plain, 32);
    OPENSSL_cleanse(plain, sizeof plain);
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
    return held;
}

void ch_aes256_blocks(const uint8_t key[32], const uint8_t *in, uint8_t *out, size_t blocks)
{
    EVP_CIPHER_CTX *context = new_context();
    ch_crypto_check(EVP_EncryptInit_ex2(context, EVP_aes_256_ecb(), key, NULL, NULL) == 1 &&
                        EVP_CIPHER_CTX_set_padding(context, 0) == 1,
                    "AES-256-ECB");
    while (blocks > 0) {
        size_t part = blocks < BLOCKS_MOST ? blocks : BLOCKS_MOST;
        int written = 0;
        ch_crypto_check(EVP_EncryptUpdate(context, out, &written, in, (int)(part * BLOCK_SIZE)) == 1, "AES-256-ECB");
        in += part * BLOCK_SIZE;
        out += part * BLOCK_SIZE;
        blocks -= part;
    }
    EVP_CIPHER_CTX_free(context);
}
