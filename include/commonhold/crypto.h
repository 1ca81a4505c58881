/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The few cryptographic operations the system uses, all through OpenSSL 3. Functions that can only fail
 * when the library is broken abort with OpenSSL's message; functions that judge foreign input return
 * bool. */
#ifndef COMMONHOLD_CRYPTO_H
#define COMMONHOLD_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

void ch_random(void *bytes, size_t size);
bool ch_equal_constant_time(const void *a, const void *b, size_t size);

void ch_sha256(const void *bytes, size_t size, uint8_t digest[32]);
void ch_sha256_hex(const void *bytes, size_t size, char hex[65]);
/* Streaming. Opaque; ch_sha256_end frees it. */
struct ch_sha256;
struct ch_sha256 *ch_sha256_begin(void);
void ch_sha256_add(struct ch_sha256 *hash, const void *bytes, size_t size);
void ch_sha256_end(struct ch_sha256 *hash, uint8_t digest[32]);
/* As ch_sha256_end, but begins anew instead: one context hashes many texts. */
void ch_sha256_next(struct ch_sha256 *hash, uint8_t digest[32]);

void ch_hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size, uint8_t mac[32]);
/* RFC 5869, extract and expand. */
void ch_hkdf_sha256(const void *secret, size_t secret_size, const void *salt, size_t salt_size, const char *info,
                    uint8_t *out, size_t out_size);

/* Lower-case hex; `hex` takes 2*size+1. Reading accepts lower case only and exactly 2*size digits. */
void ch_hex(const void *bytes, size_t size, char *hex);
bool ch_unhex(const char *hex, void *bytes, size_t size);
/* RFC 4648 base64 with padding, and base64url without. Strict: no white space, no stray bits.
 * Decoding writes at most `max` bytes. */
char *ch_base64(struct ch_arena *arena, const void *bytes, size_t size);
bool ch_unbase64(const char *text, size_t length, uint8_t *bytes, size_t max, size_t *size);
char *ch_base64url(struct ch_arena *arena, const void *bytes, size_t size);
bool ch_unbase64url(const char *text, size_t length, uint8_t *bytes, size_t max, size_t *size);

/* Passwords: scrypt (RFC 7914) N 2^15, r 8, p 1, 16 bytes of salt; "scrypt$15$8$1$<salt b64>$<hash b64>".
 * About 110 ms and 32 MiB: never on an event loop (see ch_offload). Lives in the arena. */
char *ch_password_hash(struct ch_arena *arena, const char *password);
/* Constant time in the hash; `stored` NULL costs the same and is false (unknown user). */
bool ch_password_verify(const char *password, const char *stored);

/* AES-256-GCM. Sealed form: 12-byte random nonce, ciphertext, 16-byte tag. */
uint8_t *ch_seal(struct ch_arena *arena, const uint8_t key[32], const void *aad, size_t aad_size, const void *plain,
                 size_t size, size_t *sealed_size);
/* NULL when the tag does not hold. */
uint8_t *ch_unseal(struct ch_arena *arena, const uint8_t key[32], const void *aad, size_t aad_size, const void *sealed,
                   size_t sealed_size, size_t *size);
/* AES-256-GCM without a nonce of its own (12 zero bytes), for keys that seal one text in their life: `sealed` takes
 * size + 16 bytes, ciphertext and tag. Opening takes those and gives size bytes; false, and zeros, when the tag does
 * not hold. */
#define CH_SEAL_TAG 16
void ch_seal_once(const uint8_t key[32], const void *aad, size_t aad_size, const void *plain, size_t size,
                  uint8_t *sealed);
bool ch_unseal_once(const uint8_t key[32], const void *aad, size_t aad_size, const uint8_t *sealed, size_t size,
                    uint8_t *plain);
/* AES-256 key wrap (RFC 3394): 32 bytes in, 40 out, and back (false when it does not check). */
void ch_key_wrap(const uint8_t kek[32], const uint8_t key[32], uint8_t wrapped[40]);
bool ch_key_unwrap(const uint8_t kek[32], const uint8_t wrapped[40], uint8_t key[32]);
/* AES-256-ECB over `blocks` blocks of 16 bytes in one call (metering's _row). in == out is allowed. */
void ch_aes256_blocks(const uint8_t key[32], const uint8_t *in, uint8_t *out, size_t blocks);

/* Ed25519. A signing key lives in a file of its own (mode 0400): 32-byte seed, base64 and LF. */
struct ch_signing_key;
struct ch_signing_key *ch_signing_key_new(const uint8_t seed[32]);
/* Reads the file; NULL with a message for people in `error` (at least 256 bytes) otherwise. */
struct ch_signing_key *ch_signing_key_load(const char *path, char *error, size_t error_size);
/* Makes a fresh key file; refuses to overwrite. */
bool ch_signing_key_create(const char *path, char *error, size_t error_size);
void ch_signing_key_free(struct ch_signing_key *key);
void ch_signing_key_public(const struct ch_signing_key *key, uint8_t public_key[32]);
void ch_sign(const struct ch_signing_key *key, const void *bytes, size_t size, uint8_t signature[64]);
/* A point of small order, for which anybody can make signatures that verify, or one that is not written canonically. */
bool ch_public_key_is_weak(const uint8_t public_key[32]);
/* RFC 8032; never true for a weak key. */
bool ch_verify(const uint8_t public_key[32], const void *bytes, size_t size, const uint8_t signature[64]);

/* P-256 (FIPS 186-5; SEC 1). Private keys are 32 bytes big-endian, points uncompressed. */
#define CH_P256_POINT 65
struct ch_p256_key;
/* A fresh private key. */
void ch_p256_draw(uint8_t private_key[32]);
/* NULL when the 32 bytes are none: zero, or not below the order of the group. */
struct ch_p256_key *ch_p256_key_new(const uint8_t private_key[32]);
void ch_p256_key_free(struct ch_p256_key *key);
void ch_p256_key_public(const struct ch_p256_key *key, uint8_t public_key[CH_P256_POINT]);
bool ch_p256_is_point(const uint8_t point[CH_P256_POINT]);
/* ECDH: the x coordinate of what key and peer agree on. False when the peer is no point of the curve. */
bool ch_p256_agree(const struct ch_p256_key *key, const uint8_t peer[CH_P256_POINT], uint8_t z[32]);
/* ECDSA with SHA-256; signatures are r and s, 32 bytes each. */
void ch_p256_sign(const struct ch_p256_key *key, const void *bytes, size_t size, uint8_t signature[64]);
bool ch_p256_verify(const uint8_t public_key[CH_P256_POINT], const void *bytes, size_t size,
                    const uint8_t signature[64]);

#endif
