/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Compact JWS with EdDSA (RFC 7515, RFC 8037), JWT claims (RFC 7519), and the set of public keys every role
 * verifies with. Nothing but alg EdDSA is ever accepted. */
#ifndef COMMONHOLD_JWT_H
#define COMMONHOLD_JWT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/crypto.h"

/* kid of a key: RFC 7638 thumbprint of its OKP JWK, base64url, 43 characters. */
void ch_jwk_thumbprint(const uint8_t public_key[32], char kid[44]);

/* Reads an Ed25519 public key from a JWK (RFC 8037, section 2): kty OKP, crv Ed25519, x of 32 bytes; use sig and alg
 * EdDSA where they are given, and a kid that is given must be the thumbprint. A private key (member d) is refused.
 * Other members are ignored. Returns NULL and fills key and kid, or a sentence about member *pointer ("" for the JWK as
 * a whole, else such as "/x"); both are constants. jwk may be NULL or no object. */
const char *ch_jwk_read(const json_t *jwk, uint8_t key[32], char kid[44], const char **pointer);

/* Signs a payload of bytes: header {"alg":"EdDSA","kid":...,"typ":typ}; typ such as "JWT" or "at+jwt". */
char *ch_jws_sign(struct ch_arena *arena, const struct ch_signing_key *key, const char *typ, const void *payload,
                  size_t size);
/* Signs canonical JSON of the claims. */
char *ch_jwt_sign(struct ch_arena *arena, const struct ch_signing_key *key, const char *typ, const json_t *claims);

/* Public keys by kid. Filled from rows at start and on NOTIFY; a retired key verifies until `until`. */
struct ch_keyset;
struct ch_keyset *ch_keyset_new(void);
void ch_keyset_free(struct ch_keyset *keys);
void ch_keyset_clear(struct ch_keyset *keys);
/* `use`: what the key may sign, e.g. "person", "client", "receipt", "agreement", "delivery". until 0: no end (POSIX s).
 */
void ch_keyset_add(struct ch_keyset *keys, const uint8_t public_key[32], const char *use, int64_t from, int64_t until);
/* RFC 7517 document of all keys. */
json_t *ch_keyset_jwks(const struct ch_keyset *keys);

enum ch_jwt_verdict {
    CH_JWT_OK,
    CH_JWT_MALFORMED,
    CH_JWT_UNKNOWN_KEY,
    CH_JWT_BAD_SIGNATURE,
    CH_JWT_WRONG_TYPE,
    CH_JWT_EXPIRED,
    CH_JWT_NOT_YET,
    CH_JWT_WRONG_AUDIENCE
};

/* Verifies signature, typ, iss, aud (text or array), exp and nbf/iat (60 s of leeway for iat only) against `now`
 * (POSIX seconds, the caller's clock). Claims in *claims (arena) when CH_JWT_OK. iss or aud NULL: not compared.
 * Another iss is CH_JWT_WRONG_AUDIENCE too; exp is required. Refuses tokens over 8 KiB. */
enum ch_jwt_verdict ch_jwt_verify(struct ch_arena *arena, const struct ch_keyset *keys, const char *token,
                                  const char *typ, const char *use, const char *iss, const char *aud, int64_t now,
                                  json_t **claims);
/* Only the signature, for detached use (receipts, agreements): payload bytes in *payload. */
enum ch_jwt_verdict ch_jws_verify(struct ch_arena *arena, const struct ch_keyset *keys, const char *token,
                                  const char *use, uint8_t **payload, size_t *size);

#endif
