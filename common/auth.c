/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is asking: a signed token from the Authorization header or the session cookie, verified without the database, and
 * the CSRF check where a browser attached the token by itself. Standing and office are the SQL functions' business. */
#include <string.h>
#include <strings.h>
#include <time.h>

#include "commonhold/crypto.h"
#include "commonhold/jwt.h"
#include "http_private.h"

#define FRESH_SECONDS 900 /* password and TOTP not older than this */

struct credential {
    const char *token;
    bool cookie; /* sent by the browser on its own: needs the CSRF header */
};

/* Value of a cookie, in the arena (RFC 6265, 4.2); `name` ends in "=". */
static const char *cookie_token(struct ch_request *request, const char *name)
{
    const char *at = ch_header(request, "Cookie");
    size_t size = strlen(name);
    while (at && *at) {
        at += strspn(at, " ;");
        size_t length = strcspn(at, ";");
        if (length > size && strncmp(at, name, size) == 0)
            return ch_memdup(request->arena, at + size, length - size);
        at += length;
    }
    return NULL;
}

/* A browser holds the token of the grant its person reads under beside the one of the session (licensing/tokens.c). */
static struct credential find_credential(struct ch_request *request, enum ch_auth auth)
{
    const char *header = ch_header(request, "Authorization");
    if (header && strncasecmp(header, "Bearer ", 7) == 0)
        return (struct credential){header + 7 + strspn(header + 7, " "), false};
    const char *grant = auth == CH_AUTH_GRANT ? cookie_token(request, "ch_grant=") : NULL;
    return (struct credential){grant ? grant : cookie_token(request, "ch_token="), true};
}

static const char *claim(const json_t *claims, const char *name)
{
    const char *text = json_string_value(json_object_get(claims, name));
    return text ? text : "";
}

static void copy_claim(char *into, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length < size)
        memcpy(into, text, length + 1);
}

static void fill_actor(struct ch_actor *actor, const json_t *claims, bool program)
{
    actor->known = true;
    actor->claims = claims;
    if (!program)
        copy_claim(actor->id, sizeof actor->id, claim(claims, "sub"));
    if (!program)
        copy_claim(actor->member, sizeof actor->member, claim(claims, "member"));
    copy_claim(actor->org, sizeof actor->org, claim(claims, "org"));
    if (program)
        copy_claim(actor->client, sizeof actor->client, claim(claims, "client_id"));
}

/* Whom access tokens of programs are issued for (licensing); routes for licensees take no others either. */
#define PROGRAM_AUDIENCE "metering"

/* A person's session (typ JWT) or a program's access token (typ at+jwt, RFC 9068): two uses, two sets of keys. */
static enum ch_jwt_verdict verify(struct ch_request *request, const char *token, bool *program)
{
    const struct ch_server *server = request->server;
    json_t *claims = NULL;
    int64_t now = (int64_t)time(NULL);
    *program = false;
    enum ch_jwt_verdict verdict = ch_jwt_verify(request->arena, server->keys, token, "JWT", "person",
                                                server->options.issuer, "commonhold", now, &claims);
    if (verdict == CH_JWT_WRONG_TYPE || verdict == CH_JWT_UNKNOWN_KEY) {
        *program = true;
        verdict = ch_jwt_verify(request->arena, server->keys, token, "at+jwt", "client", server->options.issuer,
                                PROGRAM_AUDIENCE, now, &claims);
    }
    if (verdict == CH_JWT_OK)
        fill_actor(&request->actor, claims, *program);
    return verdict;
}

static const char *reason(enum ch_jwt_verdict verdict)
{
    switch (verdict) {
    case CH_JWT_OK:
        return "";
    case CH_JWT_MALFORMED:
        return "It cannot be read.";
    case CH_JWT_UNKNOWN_KEY:
        return "Its key is not one of this trust, or not for this use.";
    case CH_JWT_BAD_SIGNATURE:
        return "Its signature does not hold.";
    case CH_JWT_WRONG_TYPE:
        return "It is of another type.";
    case CH_JWT_EXPIRED:
        return "It has expired.";
    case CH_JWT_NOT_YET:
        return "It is not valid yet.";
    case CH_JWT_WRONG_AUDIENCE:
        return "It was issued by or for somebody else.";
    }
    return "";
}

static struct ch_done *refuse_token(struct ch_request *request, const char *why)
{
    request->actor = (struct ch_actor){0};
    ch_set_header(request, "WWW-Authenticate", "Bearer realm=\"commonhold\", error=\"invalid_token\"");
    return ch_refuse(request, "token_refused", "%s", why);
}

static bool is_safe(const struct ch_request *request)
{
    return request->method == CH_GET || request->method == CH_HEAD || request->method == CH_OPTIONS;
}

/* The token carries what the header must say, so a page of another origin, which cannot read the cookie, cannot act. */
static struct ch_done *check_csrf(struct ch_request *request)
{
    if (is_safe(request) || ch_request_has_flag(request, CH_ROUTE_NO_CSRF))
        return NULL;
    const char *given = ch_header(request, "X-CSRF-Token");
    const char *bound = claim(request->actor.claims, "csrf");
    size_t length = strlen(bound);
    if (length > 0 && given && strlen(given) == length && ch_equal_constant_time(given, bound, length))
        return NULL;
    return ch_reply(request, "csrf_refused", NULL);
}

static bool has_scope(const json_t *claims, const char *scope)
{
    size_t length = strlen(scope);
    for (const char *at = claim(claims, "scope"); *at;) {
        size_t size = strcspn(at, " ");
        if (size == length && memcmp(at, scope, size) == 0)
            return true;
        at += size + strspn(at + size, " ");
    }
    return false;
}

static struct ch_done *check_program(struct ch_request *request, enum ch_auth auth)
{
    const json_t *claims = request->actor.claims;
    switch (auth) {
    case CH_AUTH_NONE:
        return NULL;
    case CH_AUTH_GRANT:
        return claim(claims, "grant")[0] ? NULL : refuse_token(request, "It is not for one grant.");
    case CH_AUTH_USAGE:
        return has_scope(claims, "usage") ? NULL : refuse_token(request, "It lacks scope usage.");
    case CH_AUTH_LICENSEE:
        if (has_scope(claims, "usage"))
            return refuse_token(request, "A program with scope usage only reports.");
        if (is_safe(request) && request->actor.org[0])
            return NULL;
        return refuse_token(request, "A program may only read here.");
    case CH_AUTH_PERSON:
    case CH_AUTH_MEMBER:
        return refuse_token(request, "Only people may act here.");
    }
    return NULL;
}

static struct ch_done *check_person(struct ch_request *request, enum ch_auth auth)
{
    switch (auth) {
    case CH_AUTH_NONE:
    case CH_AUTH_PERSON:
        return NULL;
    case CH_AUTH_MEMBER:
        return request->actor.member[0] ? NULL : ch_refuse(request, "forbidden", "Only members may do this.");
    case CH_AUTH_LICENSEE:
        return request->actor.org[0] ? NULL : ch_refuse(request, "forbidden", "Only people of a licensee may do this.");
    case CH_AUTH_GRANT:
    case CH_AUTH_USAGE:
        return refuse_token(request, "Here an access token of a program is needed.");
    }
    return NULL;
}

bool ch_signed_in_freshly(const struct ch_request *request)
{
    const json_t *claims = ch_actor(request)->claims;
    int64_t since = json_integer_value(json_object_get(claims, "auth_time"));
    return json_is_true(json_object_get(claims, "totp")) && since > 0 && time(NULL) - since < FRESH_SECONDS;
}

struct ch_done *ch_authenticate(struct ch_request *request)
{
    enum ch_auth auth = request->routed->route->auth;
    struct credential credential = find_credential(request, auth);
    if (!credential.token)
        return auth == CH_AUTH_NONE ? NULL : ch_reply(request, "not_signed_in", NULL);
    bool program = false;
    enum ch_jwt_verdict verdict = verify(request, credential.token, &program);
    if (verdict != CH_JWT_OK)
        return auth == CH_AUTH_NONE ? NULL : refuse_token(request, reason(verdict));
    struct ch_done *done = credential.cookie ? check_csrf(request) : NULL;
    if (done)
        return done;
    return program ? check_program(request, auth) : check_person(request, auth);
}
