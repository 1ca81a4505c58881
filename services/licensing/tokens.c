/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The OAuth 2 token endpoint (RFC 6749, client credentials) and revocation (RFC 7009). Answers are those of the RFCs,
 * not problems. Access tokens are at+jwt (RFC 9068), signed with EdDSA. */
#include <string.h>
#include <strings.h>
#include <time.h>

#include "commonhold/errors.h"
#include "commonhold/id.h"
#include "commonhold/json.h"
#include "licensing.h"

#define PARAMETERS_MOST 16

CH_FUNCTION(issue_token, "licensing.issue_token", "$1::text, $2::text, $3::uuid");
CH_FUNCTION(end_token, "licensing.revoke_token", "$1::text, $2::text, $3::uuid, $4::uuid, $5::bigint");

struct parameter {
    const char *name, *value;
};

struct form {
    struct parameter parameters[PARAMETERS_MOST];
    size_t count;
};

struct credentials {
    const char *client;
    char sha256[65];
};

static struct ch_done *oauth_error(struct ch_request *request, const char *error, const char *description)
{
    struct ch_arena *arena = ch_arena_of(request);
    const struct ch_outcome *outcome = ch_outcome_find(error);
    const char *body = ch_json_canonical(
        arena, ch_json_pack(arena, "{s:s,s:s}", "error", error, "error_description", description), NULL);
    if (outcome == NULL)
        return ch_reply(request, "internal", NULL);
    if (outcome->status == 401)
        ch_set_header(request, "WWW-Authenticate", "Basic realm=\"commonhold\"");
    ch_set_header(request, "Pragma", "no-cache");
    return ch_reply_bytes(request, outcome->status, "application/json", body, strlen(body));
}

static int hex_value(char c)
{
    static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(DIGITS, c) : NULL;
    return at ? (int)((at - DIGITS) % 16) : -1;
}

/* application/x-www-form-urlencoded text decoded; NULL when malformed or with NUL in it. */
static const char *form_decode(struct ch_arena *arena, const char *text, size_t length)
{
    char *out = ch_alloc(arena, length + 1), *to = out;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '%') {
            *to++ = text[i] == '+' ? ' ' : text[i];
            continue;
        }
        bool whole = length - i > 2;
        int high = whole ? hex_value(text[i + 1]) : -1, low = whole ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return NULL;
        *to++ = (char)(high * 16 + low);
        i += 2;
    }
    *to = '\0';
    return out;
}

/* RFC 6749, 3.2: parameters must not repeat. */
static bool form_read(struct ch_arena *arena, const char *text, size_t size, struct form *form)
{
    const char *end = text + size;
    if (memchr(text, '\0', size))
        return false;
    while (text < end) {
        size_t length = strcspn(text, "&"), key = strcspn(text, "=&");
        struct parameter one = {form_decode(arena, text, key), ""};
        if (key < length)
            one.value = form_decode(arena, text + key + 1, length - key - 1);
        if (!one.name || !one.value || form->count == PARAMETERS_MOST)
            return false;
        for (size_t i = 0; i < form->count; i++)
            if (strcmp(form->parameters[i].name, one.name) == 0)
                return false;
        form->parameters[form->count++] = one;
        text += length + (text[length] == '&');
    }
    return true;
}

static const char *form_get(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->parameters[i].name, name) == 0)
            return form->parameters[i].value;
    return NULL;
}

/* Splits "client:secret", both form-encoded (RFC 6749, 2.3.1). */
static bool split_basic(struct ch_arena *arena, char *pair, const char **client, const char **secret)
{
    char *colon = strchr(pair, ':');
    if (colon == NULL)
        return false;
    *client = form_decode(arena, pair, (size_t)(colon - pair));
    *secret = form_decode(arena, colon + 1, strlen(colon + 1));
    return *client && *secret;
}

/* One way of authenticating, not two. NULL when read, else the finished error. */
static struct ch_done *read_credentials(struct ch_request *request, const struct form *form, struct credentials *out)
{
    struct ch_arena *arena = ch_arena_of(request);
    const char *header = ch_header(request, "Authorization"), *secret = form_get(form, "client_secret");
    uint8_t pair[1024];
    size_t size;
    out->client = form_get(form, "client_id");
    if (header) {
        if (secret)
            return oauth_error(request, "invalid_request", "two ways of authenticating");
        if (strncasecmp(header, "Basic ", 6) != 0 ||
            !ch_unbase64(header + 6, strlen(header + 6), pair, sizeof pair - 1, &size))
            return oauth_error(request, "invalid_client", "Basic credentials are malformed");
        pair[size] = '\0';
        if (!split_basic(arena, (char *)pair, &out->client, &secret))
            return oauth_error(request, "invalid_client", "Basic credentials are malformed");
    }
    if (!out->client || !secret)
        return oauth_error(request, "invalid_client", "client authentication is missing");
    ch_sha256_hex(secret, strlen(secret), out->sha256);
    return NULL;
}

static struct ch_done *read_request(struct ch_request *request, struct form *form, struct credentials *credentials)
{
    size_t size;
    const char *body = ch_body(request, &size);
    if (!form_read(ch_arena_of(request), body, size, form))
        return oauth_error(request, "invalid_request", "the form is malformed or repeats a parameter");
    return read_credentials(request, form, credentials);
}

static struct ch_done *sign_token(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    json_t *claims = licensing_parse(arena, answer->body);
    if (strcmp(answer->outcome, "ok") != 0) {
        const char *detail = json_string_value(json_object_get(claims, "detail"));
        return oauth_error(request, answer->outcome, detail ? detail : "not authenticated");
    }
    json_object_set_new(claims, "iss", json_string(ch_context(request)->issuer));
    int64_t life =
        json_integer_value(json_object_get(claims, "exp")) - json_integer_value(json_object_get(claims, "iat"));
    const char *token = ch_jwt_sign(arena, licensing_of(request)->client_key, "at+jwt", claims);
    ch_set_header(request, "Pragma", "no-cache");
    const char *body =
        ch_json_canonical(arena,
                          ch_json_pack(arena, "{s:s,s:s,s:I,s:O}", "access_token", token, "token_type", "Bearer",
                                       "expires_in", (json_int_t)life, "scope", json_object_get(claims, "scope")),
                          NULL);
    return ch_reply(request, "ok", body);
}

struct ch_done *licensing_post_token(struct ch_request *request)
{
    struct form form = {0};
    struct credentials credentials;
    uint8_t bytes[16];
    struct ch_done *done = read_request(request, &form, &credentials);
    if (done)
        return done;
    const char *type = form_get(&form, "grant_type"), *scope = form_get(&form, "scope");
    if (type == NULL)
        return oauth_error(request, "invalid_request", "grant_type is missing");
    if (strcmp(type, "client_credentials") != 0)
        return oauth_error(request, "unsupported_grant_type", "only client_credentials");
    bool usage = scope && strcmp(scope, "usage") == 0;
    if (!usage && (!scope || strncmp(scope, "grant:", 6) != 0 || !ch_id_parse(scope + 6, bytes)))
        return oauth_error(request, "invalid_scope", "scope is grant:<id> or usage");
    return ch_call_then(request, &issue_token,
                        CH_ARGS(credentials.client, credentials.sha256, usage ? NULL : scope + 6), sign_token);
}

static struct ch_done *revoked(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return oauth_error(request, answer->outcome, "not authenticated");
    return ch_reply(request, "ok", NULL);
}

/* Only what our own key signed for metering names a grant; anything else is "already invalid" (RFC 7009, 2.2). */
struct ch_done *licensing_revoke_token(struct ch_request *request)
{
    struct ch_service_context *context = ch_context(request);
    struct ch_arena *arena = ch_arena_of(request);
    struct form form = {0};
    struct credentials credentials;
    json_t *claims = NULL;
    struct ch_done *done = read_request(request, &form, &credentials);
    if (done)
        return done;
    const char *token = form_get(&form, "token");
    if (token == NULL)
        return oauth_error(request, "invalid_request", "token is missing");
    const char *jti = NULL, *grant = NULL, *expires = "0";
    if (ch_jwt_verify(arena, context->keys, token, "at+jwt", "client", context->issuer, "metering", time(NULL),
                      &claims) == CH_JWT_OK) {
        jti = json_string_value(json_object_get(claims, "jti"));
        grant = json_string_value(json_object_get(claims, "grant"));
        expires = ch_printf(arena, "%lld", (long long)json_integer_value(json_object_get(claims, "exp")));
    }
    return ch_call_then(request, &end_token, CH_ARGS(credentials.client, credentials.sha256, jti, grant, expires),
                        revoked);
}
