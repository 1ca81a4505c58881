/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a client authenticates at the OAuth endpoints: by its secret (RFC 6749, section 2.3.1) or by an assertion signed
 * with a key it registered (RFC 7523, EdDSA only). Whether the client is known and its proof fresh is said by
 * licensing.authenticate_client, together with what is asked. */
#include "oauth.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "commonhold/errors.h"
#include "commonhold/json.h"
#include "core/assertion.h"
#include "licensing.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define TOKEN_PATH     "/licensing/v1/oauth/token"
#define ASSERTION_MOST 4096 /* bytes */

CH_READ(read_keys, "licensing.load_client_keys", "$1::text");

struct ch_done *oauth_error(struct ch_request *request, const char *error, const char *description)
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

/* application/x-www-form-urlencoded text decoded; NULL when malformed, no UTF-8, or with NUL in it. */
static const char *form_decode(struct ch_arena *arena, const char *text, size_t length)
{
    char *copy = ch_memdup(arena, text, length);
    return ch_percent_decode(copy, true) ? copy : NULL;
}

/* RFC 6749, 3.2: parameters must not repeat. */
static bool read_form(struct ch_arena *arena, const char *text, size_t size, struct oauth *form)
{
    const char *end = text + size;
    if (memchr(text, '\0', size))
        return false;
    while (text < end) {
        size_t length = strcspn(text, "&"), key = strcspn(text, "=&");
        struct oauth_parameter one = {form_decode(arena, text, key), ""};
        if (key < length)
            one.value = form_decode(arena, text + key + 1, length - key - 1);
        if (!one.name || !one.value || form->count == OAUTH_PARAMETERS_MOST || oauth_get(form, one.name))
            return false;
        form->parameters[form->count++] = one;
        text += length + (text[length] == '&');
    }
    return true;
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

static bool read_basic(struct ch_request *request, const char *header, const char **client, const char **secret)
{
    uint8_t pair[1024];
    size_t size;
    if (strncasecmp(header, "Basic ", 6) != 0 ||
        !ch_unbase64(header + 6, strlen(header + 6), pair, sizeof pair - 1, &size))
        return false;
    pair[size] = '\0';
    return strlen((char *)pair) == size && split_basic(ch_arena_of(request), (char *)pair, client, secret);
}

/* RFC 7521, section 4.2: client_id may be left out; where it is given it must be the assertion's subject. */
static struct ch_done *read_assertion(struct ch_request *request, struct oauth *oauth)
{
    const char *type = oauth_get(oauth, "client_assertion_type"), *named = oauth_get(oauth, "client_id");
    if (!type || strcmp(type, ASSERTION_TYPE) != 0)
        return oauth_error(request, "invalid_client", "client_assertion_type is not " ASSERTION_TYPE);
    if (strlen(oauth->assertion) > ASSERTION_MOST)
        return oauth_error(request, "invalid_client", "the assertion is too long");
    oauth->client = ch_assertion_subject(ch_arena_of(request), oauth->assertion);
    if (!oauth->client || (named && strcmp(named, oauth->client) != 0))
        return oauth_error(request, "invalid_client", "the assertion is not of this client");
    return NULL;
}

/* One way of authenticating, not two. NULL when read, else the finished error. */
static struct ch_done *read_credentials(struct ch_request *request, struct oauth *oauth)
{
    struct ch_arena *arena = ch_arena_of(request);
    const char *header = ch_header(request, "Authorization"), *secret = oauth_get(oauth, "client_secret");
    const char *named = oauth_get(oauth, "client_id");
    char sha256[65];
    oauth->assertion = oauth_get(oauth, "client_assertion");
    if ((header != NULL) + (secret != NULL) + (oauth->assertion != NULL) > 1)
        return oauth_error(request, "invalid_request", "two ways of authenticating");
    if (oauth->assertion)
        return read_assertion(request, oauth);
    oauth->client = named;
    if (header && !read_basic(request, header, &oauth->client, &secret))
        return oauth_error(request, "invalid_client", "Basic credentials are malformed");
    if (header && named && strcmp(named, oauth->client) != 0)
        return oauth_error(request, "invalid_request", "client_id is not the client that authenticates");
    if (!oauth->client || !secret)
        return oauth_error(request, "invalid_client", "client authentication is missing");
    ch_sha256_hex(secret, strlen(secret), sha256);
    oauth->proof = ch_json_canonical(arena, ch_json_pack(arena, "{s:s}", "secret", sha256), NULL);
    return NULL;
}

/* The payload when one of the keys signed it, and that key's id. Whatever kid the header claims, only registered keys
 * are tried. */
static bool verify(struct ch_arena *arena, const char *token, const json_t *keys, char kid[44], uint8_t **payload,
                   size_t *size)
{
    bool verified = false;
    for (size_t i = 0; i < json_array_size(keys) && !verified; i++) {
        const char *x = json_string_value(json_array_get(keys, i));
        struct ch_keyset *set = ch_keyset_new();
        uint8_t key[32];
        size_t length;
        if (x && ch_unbase64url(x, strlen(x), key, sizeof key, &length) && length == sizeof key) {
            ch_keyset_add(set, key, "assertion", 0, 0);
            ch_jwk_thumbprint(key, kid);
            verified = ch_jws_verify(arena, set, token, "assertion", payload, size) == CH_JWT_OK;
        }
        ch_keyset_free(set);
    }
    return verified;
}

static struct ch_done *judge_assertion(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct oauth *oauth = ch_state(request);
    struct ch_assertion kept;
    uint8_t *payload;
    size_t size;
    char kid[44];
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    if (!verify(arena, oauth->assertion, json_object_get(licensing_parse(arena, answer->body), "keys"), kid, &payload,
                &size))
        return oauth_error(request, "invalid_client", "no registered key of the client signed the assertion");
    const char *audience = ch_printf(arena, "%s" TOKEN_PATH, ch_context(request)->issuer);
    const char *fault = ch_assertion_check(arena, payload, size, oauth->client, audience, time(NULL), &kept);
    if (fault)
        return oauth_error(request, "invalid_client", fault);
    oauth->proof = ch_json_canonical(arena,
                                     ch_json_pack(arena, "{s:s,s:s,s:I}", "kid", kid, "jti_sha256", kept.jti_sha256,
                                                  "expires", (json_int_t)kept.expires),
                                     NULL);
    return oauth->next(request, oauth);
}

const char *oauth_get(const struct oauth *oauth, const char *name)
{
    for (size_t i = 0; i < oauth->count; i++)
        if (strcmp(oauth->parameters[i].name, name) == 0)
            return oauth->parameters[i].value;
    return NULL;
}

struct ch_done *oauth_begin(struct ch_request *request,
                            struct ch_done *(*next)(struct ch_request *request, struct oauth *oauth))
{
    struct ch_arena *arena = ch_arena_of(request);
    struct oauth *oauth = ch_alloc(arena, sizeof *oauth);
    size_t size;
    const char *body = ch_body(request, &size);
    *oauth = (struct oauth){.next = next};
    if (!read_form(arena, body, size, oauth))
        return oauth_error(request, "invalid_request", "the form is malformed or repeats a parameter");
    struct ch_done *done = read_credentials(request, oauth);
    if (done)
        return done;
    ch_set_state(request, oauth);
    return oauth->assertion ? ch_call_then(request, &read_keys, CH_ARGS(oauth->client), judge_assertion)
                            : next(request, oauth);
}
