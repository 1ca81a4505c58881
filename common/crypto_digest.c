/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Random bytes, SHA-256, HMAC (RFC 2104) and HKDF (RFC 5869), through OpenSSL's EVP.
 *
 * Passwords are in crypto_password.c: nothing here is slow on purpose. */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "commonhold/crypto.h"
#include "crypto_check.h"

struct ch_sha256 {
    EVP_MD_CTX *context;
};

/* Looked up once: fetching an algorithm by name costs more than hashing a log leaf. Kept until the process ends. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    ch_crypto_check(sha256 != NULL, "SHA-256");
}

static const EVP_MD *sha256_method(void)
{
    pthread_once(&sha256_once, fetch_sha256);
    return sha256;
}

void ch_crypto_check(bool held, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "commonhold: %s failed\n", what);
    ERR_print_errors_fp(stderr);
    abort();
}

void ch_random(void *bytes, size_t size)
{
    unsigned char *at = bytes;
    while (size > 0) {
        int part = size < INT_MAX ? (int)size : INT_MAX;
        ch_crypto_check(RAND_bytes(at, part) == 1, "the random number generator");
        at += part;
        size -= (size_t)part;
    }
}

bool ch_equal_constant_time(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}

void ch_sha256(const void *bytes, size_t size, uint8_t digest[32])
{
    ch_crypto_check(EVP_Digest(bytes, size, digest, NULL, sha256_method(), NULL) == 1, "SHA-256");
}

void ch_sha256_hex(const void *bytes, size_t size, char hex[65])
{
    uint8_t digest[32];
    ch_sha256(bytes, size, digest);
    ch_hex(digest, sizeof digest, hex);
}

struct ch_sha256 *ch_sha256_begin(void)
{
    struct ch_sha256 *hash = malloc(sizeof *hash);
    ch_crypto_check(hash != NULL, "memory for SHA-256");
    hash->context = EVP_MD_CTX_new();
    ch_crypto_check(hash->context && EVP_DigestInit_ex2(hash->context, sha256_method(), NULL) == 1, "SHA-256");
    return hash;
}

void ch_sha256_add(struct ch_sha256 *hash, const void *bytes, size_t size)
{
    ch_crypto_check(EVP_DigestUpdate(hash->context, bytes, size) == 1, "SHA-256");
}

void ch_sha256_next(struct ch_sha256 *hash, uint8_t digest[32])
{
    ch_crypto_check(EVP_DigestFinal_ex(hash->context, digest, NULL) == 1 &&
                        EVP_DigestInit_ex2(hash->context, sha256_method(), NULL) == 1,
                    "SHA-256");
}

void ch_sha256_end(struct ch_sha256 *hash, uint8_t digest[32])
{
    ch_crypto_check(EVP_DigestFinal_ex(hash->context, digest, NULL) == 1, "SHA-256");
    EVP_MD_CTX_free(hash->context);
    free(hash);
}

void ch_hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size, uint8_t mac[32])
{
    size_t written = 0;
    /* OpenSSL takes a NULL key for "keep the last one". */
    const void *some_key = key_size > 0 ? key : "";
    ch_crypto_check(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, some_key, key_size, bytes, size, mac, 32, &written) &&
                        written == 32,
                    "HMAC");
}

/* OpenSSL's parameters are not const, but it only reads these. */
static OSSL_PARAM octets(const char *name, const void *bytes, size_t size)
{
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes, size);
}

void ch_hkdf_sha256(const void *secret, size_t secret_size, const void *salt, size_t salt_size, const char *info,
                    uint8_t *out, size_t out_size)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[5], *next = params;
    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    *next++ = octets(OSSL_KDF_PARAM_KEY, secret_size > 0 ? secret : "", secret_size);
    if (salt_size > 0)
        *next++ = octets(OSSL_KDF_PARAM_SALT, salt, salt_size);
    if (info && info[0])
        *next++ = octets(OSSL_KDF_PARAM_INFO, info, strlen(info));
    *next = OSSL_PARAM_construct_end();

    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    ch_crypto_check(context && EVP_KDF_derive(context, out, out_size, params) == 1, "HKDF");
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
}
