/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ed25519 (RFC 8032): signing keys in files, signatures, and their verification.
 *
 * What is signed with them is decided elsewhere: tokens and receipts in jwt.c, checkpoints in the log. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "commonhold/crypto.h"
#include "crypto_check.h"

#define SEED_SIZE 32
#define SEED_TEXT 44 /* base64 characters of a seed */

struct ch_signing_key {
    EVP_PKEY *pair;
    uint8_t public_key[32];
};

struct ch_signing_key *ch_signing_key_new(const uint8_t seed[32])
{
    struct ch_signing_key *key = calloc(1, sizeof *key);
    ch_crypto_check(key != NULL, "memory for a signing key");
    size_t size = sizeof key->public_key;
    key->pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SEED_SIZE);
    ch_crypto_check(key->pair && EVP_PKEY_get_raw_public_key(key->pair, key->public_key, &size) == 1, "Ed25519");
    return key;
}

void ch_signing_key_free(struct ch_signing_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pair);
    free(key);
}

void ch_signing_key_public(const struct ch_signing_key *key, uint8_t public_key[32])
{
    memcpy(public_key, key->public_key, sizeof key->public_key);
}

/* Why an open key file must not be used; NULL when it may. */
static const char *complaint(int fd)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return "cannot be examined";
    if (!S_ISREG(facts.st_mode))
        return "is not a regular file";
    if (facts.st_mode & (S_IRWXG | S_IRWXO))
        return "can be read by others than its owner (mode 0400 is needed)";
    return NULL;
}

/* The whole of a small file: at most `size` bytes; -1 with errno. */
static ssize_t read_small(int fd, char *bytes, size_t size)
{
    size_t used = 0;
    while (used < size) {
        ssize_t count = read(fd, bytes + used, size - used);
        if (count == 0)
            break;
        if (count < 0 && errno != EINTR)
            return -1;
        used += count > 0 ? (size_t)count : 0;
    }
    return (ssize_t)used;
}

static bool read_seed(int fd, const char *path, uint8_t seed[SEED_SIZE], char *error, size_t error_size)
{
    char text[SEED_TEXT + 2];
    size_t size = 0;
    const char *why = complaint(fd);
    if (why) {
        snprintf(error, error_size, "%.180s: %s", path, why);
        return false;
    }
    ssize_t length = read_small(fd, text, sizeof text);
    bool shaped = length == SEED_TEXT || (length == SEED_TEXT + 1 && text[SEED_TEXT] == '\n');
    bool held = shaped && ch_unbase64(text, SEED_TEXT, seed, SEED_SIZE, &size) && size == SEED_SIZE;
    OPENSSL_cleanse(text, sizeof text);
    if (!held)
        snprintf(error, error_size, "%.180s: not a key file (32 bytes in base64 and a line feed)", path);
    return held;
}

struct ch_signing_key *ch_signing_key_load(const char *path, char *error, size_t error_size)
{
    uint8_t seed[SEED_SIZE];
    struct ch_signing_key *key = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        snprintf(error, error_size, "%.180s: %m", path);
        return NULL;
    }
    if (read_seed(fd, path, seed, error, error_size))
        key = ch_signing_key_new(seed);
    OPENSSL_cleanse(seed, sizeof seed);
    close(fd);
    return key;
}

static bool write_seed(int fd)
{
    uint8_t seed[SEED_SIZE];
    struct ch_arena *arena = ch_arena_new();
    ch_random(seed, sizeof seed);
    char *text = ch_base64(arena, seed, sizeof seed);
    text[SEED_TEXT] = '\n';
    /* Short writes of 45 bytes happen only when the disk is full. */
    bool written = write(fd, text, SEED_TEXT + 1) == SEED_TEXT + 1 && fsync(fd) == 0;
    OPENSSL_cleanse(seed, sizeof seed);
    OPENSSL_cleanse(text, SEED_TEXT);
    ch_arena_free(arena);
    return written;
}

bool ch_signing_key_create(const char *path, char *error, size_t error_size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR);
    if (fd < 0) {
        snprintf(error, error_size, "%.180s: %m", path);
        return false;
    }
    bool written = write_seed(fd);
    if (!written) {
        snprintf(error, error_size, "%.180s: %m", path);
        unlink(path);
    }
    close(fd);
    return written;
}

void ch_sign(const struct ch_signing_key *key, const void *bytes, size_t size, uint8_t signature[64])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t written = 64;
    ch_crypto_check(context && EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, key->pair, NULL) == 1 &&
                        EVP_DigestSign(context, signature, &written, bytes, size) == 1 && written == 64,
                    "Ed25519");
    EVP_MD_CTX_free(context);
}

/* y coordinates (sign bit cleared) of the points whose order divides 8: orders 4, 1, 8, 8 and 2. */
static const uint8_t SMALL[][32] = {
    {0},
    {1},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}};

/* y is p = 2^255 - 19 or more: a second way to write a point (RFC 8032, section 5.1.3, refuses it). */
static bool is_not_canonical(const uint8_t y[32])
{
    for (size_t i = 1; i < 31; i++)
        if (y[i] != 0xff)
            return false;
    return y[31] == 0x7f && y[0] >= 0xed;
}

bool ch_public_key_is_weak(const uint8_t public_key[32])
{
    uint8_t y[32];
    memcpy(y, public_key, sizeof y);
    y[31] &= 0x7f;
    for (size_t i = 0; i < sizeof SMALL / sizeof *SMALL; i++)
        if (memcmp(y, SMALL[i], sizeof y) == 0)
            return true;
    return is_not_canonical(y);
}

bool ch_verify(const uint8_t public_key[32], const void *bytes, size_t size, const uint8_t signature[64])
{
    if (ch_public_key_is_weak(public_key))
        return false;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool held = key && context && EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) == 1 &&
                EVP_DigestVerify(context, signature, 64, bytes, size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    /* A bad signature leaves its reason in the thread's queue, which TLS code would later take for its own. */
    ERR_clear_error();
    return held;
}
