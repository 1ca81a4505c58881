/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The claims of a client's assertion (RFC 7523, section 3). It knows neither keys nor clients: a payload, what it must
 * say, and the caller's clock. */
#include "assertion.h"

#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/json.h"

#define LEEWAY       60 /* seconds a client's clock may be ahead, for iat and nbf */
#define PAYLOAD_MOST ((size_t)4 * 1024)
#define CLIENT_MOST  63

static const struct ch_json_limits CLAIMS = {.bytes = PAYLOAD_MOST, .depth = 4, .integers = true};

static const json_t *parse(struct ch_arena *arena, const uint8_t *bytes, size_t size)
{
    struct ch_json_error error;
    const json_t *tree = size <= PAYLOAD_MOST ? ch_json_parse(arena, (const char *)bytes, size, &CLAIMS, &error) : NULL;
    return json_is_object(tree) ? tree : NULL;
}

static bool is_text(const json_t *value, const char *expected)
{
    return json_is_string(value) && strcmp(json_string_value(value), expected) == 0;
}

/* An assertion for several audiences could be used by one of them at another. */
static bool is_audience(const json_t *aud, const char *expected)
{
    return is_text(aud, expected) || (json_array_size(aud) == 1 && is_text(json_array_get(aud, 0), expected));
}

/* A time that may be missing and must not lie ahead. */
static bool has_passed(const json_t *claims, const char *name, int64_t now)
{
    const json_t *value = json_object_get(claims, name);
    return !value || (json_is_integer(value) && json_integer_value(value) <= now + LEEWAY);
}

static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < 0x21 || text[i] > 0x7e)
            return false;
    return true;
}

const char *ch_assertion_subject(struct ch_arena *arena, const char *token)
{
    size_t size, length = strcspn(token, ".");
    const char *payload = token[length] == '.' ? token + length + 1 : token + length;
    size_t encoded = strcspn(payload, ".");
    if (encoded == 0 || encoded > PAYLOAD_MOST / 3 * 4)
        return NULL;
    uint8_t *bytes = ch_alloc(arena, PAYLOAD_MOST);
    if (!ch_unbase64url(payload, encoded, bytes, PAYLOAD_MOST, &size))
        return NULL;
    const char *sub = json_string_value(json_object_get(parse(arena, bytes, size), "sub"));
    return sub && *sub && strlen(sub) <= CLIENT_MOST ? ch_strdup(arena, sub) : NULL;
}

const char *ch_assertion_check(struct ch_arena *arena, const uint8_t *payload, size_t size, const char *client,
                               const char *audience, int64_t now, struct ch_assertion *out)
{
    const json_t *claims = parse(arena, payload, size);
    const json_t *exp = json_object_get(claims, "exp");
    const char *jti = json_string_value(json_object_get(claims, "jti"));
    size_t length = jti ? strlen(jti) : 0;
    if (!claims)
        return "the assertion is no JSON object";
    if (!is_text(json_object_get(claims, "iss"), client) || !is_text(json_object_get(claims, "sub"), client))
        return "iss and sub are not the client";
    if (!is_audience(json_object_get(claims, "aud"), audience))
        return "aud is not the token endpoint";
    if (!json_is_integer(exp) || json_integer_value(exp) <= now)
        return "the assertion has expired";
    if (json_integer_value(exp) > now + CH_ASSERTION_SECONDS)
        return "exp is more than five minutes ahead";
    if (!has_passed(claims, "iat", now) || !has_passed(claims, "nbf", now))
        return "iat or nbf lies ahead";
    if (length == 0 || length > CH_ASSERTION_JTI || !is_printable(jti, length))
        return "jti is missing or too long";
    ch_sha256_hex(jti, length, out->jti_sha256);
    out->expires = json_integer_value(exp);
    return NULL;
}
