/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Compact JWS with EdDSA (RFC 7515, RFC 8037) and the claims of a JWT (RFC 7519).
 *
 * A verdict on a token says who signed it and for whom; what its bearer may do is asked of the database each time.
 * Times are handed in: no clock is read here. */
#include <string.h>
#include <strings.h>

#include "commonhold/json.h"
#include "commonhold/jwt.h"
#include "keyset.h"

#define TOKEN_MOST     ((size_t)8 * 1024)
#define HEADER_MOST    ((size_t)1024)
#define SIGNATURE_SIZE 64
#define LEEWAY         60 /* seconds a signer's clock may be ahead, for iat */

static const struct ch_json_limits HEADER = {.bytes = HEADER_MOST, .depth = 4, .integers = true, .ascii = true};
static const struct ch_json_limits CLAIMS = {.bytes = TOKEN_MOST, .depth = 8, .integers = true};

/* A token taken apart, signature not yet verified. */
struct parts {
    const char *signed_text; /* header, dot and payload as they were sent: what the signature is over */
    size_t signed_size;
    const char *typ, *kid; /* typ NULL when absent */
    uint8_t *payload;
    size_t payload_size;
    uint8_t signature[SIGNATURE_SIZE];
};

static uint8_t *decode(struct ch_arena *arena, const char *text, size_t length, size_t *size)
{
    size_t most = length / 4 * 3 + 3;
    uint8_t *bytes = ch_alloc(arena, most + 1);
    return ch_unbase64url(text, length, bytes, most, size) ? bytes : NULL;
}

/* RFC 7515, section 4.1: alg must be ours, kid must be there, and any "crit" names something we do not know. */
static bool read_header(struct ch_arena *arena, const char *text, size_t length, struct parts *parts)
{
    struct ch_json_error error;
    size_t size;
    const uint8_t *bytes = length > HEADER_MOST * 4 / 3 + 4 ? NULL : decode(arena, text, length, &size);
    const json_t *header = bytes ? ch_json_parse(arena, (const char *)bytes, size, &HEADER, &error) : NULL;
    const char *alg = json_string_value(json_object_get(header, "alg"));
    const json_t *typ = json_object_get(header, "typ");
    parts->kid = json_string_value(json_object_get(header, "kid"));
    parts->typ = json_string_value(typ);
    return alg && strcmp(alg, "EdDSA") == 0 && parts->kid && (!typ || parts->typ) && !json_object_get(header, "crit");
}

static bool take_apart(struct ch_arena *arena, const char *token, struct parts *parts)
{
    const char *first = strchr(token, '.');
    const char *second = first ? strchr(first + 1, '.') : NULL;
    size_t size;
    if (!second || !ch_unbase64url(second + 1, strlen(second + 1), parts->signature, SIGNATURE_SIZE, &size) ||
        size != SIGNATURE_SIZE || !read_header(arena, token, (size_t)(first - token), parts))
        return false;
    parts->signed_text = token;
    parts->signed_size = (size_t)(second - token);
    parts->payload = decode(arena, first + 1, (size_t)(second - first - 1), &parts->payload_size);
    return parts->payload != NULL;
}

static bool is_signed(struct ch_arena *arena, const struct ch_keyset *keys, const uint8_t key[32],
                      const struct parts *parts)
{
    uint8_t digest[32];
    size_t size = parts->signed_size + SIGNATURE_SIZE + 32;
    uint8_t *all = ch_alloc(arena, size);
    memcpy(all, key, 32);
    memcpy(all + 32, parts->signature, SIGNATURE_SIZE);
    memcpy(all + 32 + SIGNATURE_SIZE, parts->signed_text, parts->signed_size);
    ch_sha256(all, size, digest);
    if (ch_keyset_has_held(keys, digest))
        return true;
    if (!ch_verify(key, parts->signed_text, parts->signed_size, parts->signature))
        return false;
    ch_keyset_held(keys, digest);
    return true;
}

static enum ch_jwt_verdict verify(struct ch_arena *arena, const struct ch_keyset *keys, const char *token,
                                  const char *use, struct ch_key_time time, struct parts *parts)
{
    if (!take_apart(arena, token, parts))
        return CH_JWT_MALFORMED;
    const uint8_t *key = ch_keyset_find(keys, parts->kid, use, time);
    if (!key)
        return CH_JWT_UNKNOWN_KEY;
    return is_signed(arena, keys, key, parts) ? CH_JWT_OK : CH_JWT_BAD_SIGNATURE;
}

/* RFC 7515, section 4.1.9: a media type, whose "application/" may be left out. */
static bool is_typ(const char *typ, const char *expected)
{
    static const char prefix[] = "application/";
    if (typ && strncasecmp(typ, prefix, sizeof prefix - 1) == 0)
        typ += sizeof prefix - 1;
    return typ && strcasecmp(typ, expected) == 0;
}

static bool is_text(const json_t *value, const char *expected)
{
    return json_is_string(value) && strcmp(json_string_value(value), expected) == 0;
}

/* A member of a JWK that has the expected value, or is not there and may be missing. */
static bool is_member(const json_t *jwk, const char *name, const char *expected, bool needed)
{
    const json_t *value = json_object_get(jwk, name);
    return value ? is_text(value, expected) : !needed;
}

/* RFC 7519, section 4.1.3: one text, or an array that has it. */
static bool has_audience(const json_t *aud, const char *expected)
{
    for (size_t i = 0; i < json_array_size(aud); i++)
        if (is_text(json_array_get(aud, i), expected))
            return true;
    return is_text(aud, expected);
}

/* A time claim that may be missing; false when it is there and is no integer. */
static bool read_time(const json_t *claims, const char *name, int64_t *seconds)
{
    const json_t *value = json_object_get(claims, name);
    if (json_is_integer(value))
        *seconds = json_integer_value(value);
    return !value || json_is_integer(value);
}

static enum ch_jwt_verdict judge_times(const json_t *claims, int64_t now)
{
    int64_t exp = 0, nbf = INT64_MIN, iat = INT64_MIN;
    if (!json_object_get(claims, "exp") || !read_time(claims, "exp", &exp) || !read_time(claims, "nbf", &nbf) ||
        !read_time(claims, "iat", &iat))
        return CH_JWT_MALFORMED;
    if (now >= exp)
        return CH_JWT_EXPIRED;
    return now < nbf || now + LEEWAY < iat ? CH_JWT_NOT_YET : CH_JWT_OK;
}

const char *ch_jwk_read(const json_t *jwk, uint8_t key[32], char kid[44], const char **pointer)
{
    const json_t *x = json_object_get(jwk, "x");
    size_t size = 0;
    *pointer = "/d";
    if (json_object_get(jwk, "d"))
        return "is a private key: it must not leave its owner. Make a new pair, and send the public half only";
    *pointer = "";
    if (!is_member(jwk, "kty", "OKP", true) || !is_member(jwk, "crv", "Ed25519", true) ||
        !is_member(jwk, "use", "sig", false) || !is_member(jwk, "alg", "EdDSA", false))
        return "must be an Ed25519 key: kty OKP, crv Ed25519, use sig and alg EdDSA where they are given";
    *pointer = "/x";
    if (json_string_length(x) != 43 || !ch_unbase64url(json_string_value(x), 43, key, 32, &size) || size != 32)
        return "must be 32 bytes in base64url";
    if (ch_public_key_is_weak(key))
        return "is a point for which anybody can sign: make a new pair";
    ch_jwk_thumbprint(key, kid);
    *pointer = "/kid";
    return is_member(jwk, "kid", kid, false) ? NULL : "must be the key's thumbprint (RFC 7638) where it is given";
}

char *ch_jws_sign(struct ch_arena *arena, const struct ch_signing_key *key, const char *typ, const void *payload,
                  size_t size)
{
    uint8_t public_key[32], signature[SIGNATURE_SIZE];
    char kid[44];
    size_t header_size;
    ch_signing_key_public(key, public_key);
    ch_jwk_thumbprint(public_key, kid);
    const json_t *header = ch_json_pack(arena, "{ss ss ss}", "alg", "EdDSA", "kid", kid, "typ", typ);
    const char *header_text = ch_json_canonical(arena, header, &header_size);
    const char *text =
        ch_printf(arena, "%s.%s", ch_base64url(arena, header_text, header_size), ch_base64url(arena, payload, size));
    ch_sign(key, text, strlen(text), signature);
    return ch_printf(arena, "%s.%s", text, ch_base64url(arena, signature, sizeof signature));
}

char *ch_jwt_sign(struct ch_arena *arena, const struct ch_signing_key *key, const char *typ, const json_t *claims)
{
    size_t size;
    const char *payload = ch_json_canonical(arena, claims, &size);
    return ch_jws_sign(arena, key, typ, payload, size);
}

enum ch_jwt_verdict ch_jwt_verify(struct ch_arena *arena, const struct ch_keyset *keys, const char *token,
                                  const char *typ, const char *use, const char *iss, const char *aud, int64_t now,
                                  json_t **claims)
{
    struct parts parts;
    struct ch_json_error error;
    if (strnlen(token, TOKEN_MOST + 1) > TOKEN_MOST)
        return CH_JWT_MALFORMED;
    enum ch_jwt_verdict verdict = verify(arena, keys, token, use, (struct ch_key_time){.now = now}, &parts);
    if (verdict != CH_JWT_OK)
        return verdict;
    if (!is_typ(parts.typ, typ))
        return CH_JWT_WRONG_TYPE;
    json_t *tree = ch_json_parse(arena, (const char *)parts.payload, parts.payload_size, &CLAIMS, &error);
    if (!json_is_object(tree))
        return CH_JWT_MALFORMED;
    verdict = judge_times(tree, now);
    if (verdict != CH_JWT_OK)
        return verdict;
    if ((iss && !is_text(json_object_get(tree, "iss"), iss)) ||
        (aud && !has_audience(json_object_get(tree, "aud"), aud)))
        return CH_JWT_WRONG_AUDIENCE;
    *claims = tree;
    return CH_JWT_OK;
}

enum ch_jwt_verdict ch_jws_verify(struct ch_arena *arena, const struct ch_keyset *keys, const char *token,
                                  const char *use, uint8_t **payload, size_t *size)
{
    struct parts parts;
    enum ch_jwt_verdict verdict = verify(arena, keys, token, use, (struct ch_key_time){.always = true}, &parts);
    if (verdict == CH_JWT_OK) {
        *payload = parts.payload;
        *size = parts.payload_size;
    }
    return verdict;
}
