/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The OAuth 2 token endpoint (RFC 6749, client credentials) and revocation (RFC 7009). Answers are those of the RFCs,
 * not problems. Access tokens are at+jwt (RFC 9068), signed with EdDSA. And the same tokens for people who are signed
 * in: as text for a program of theirs, or as a cookie for the browser they sit at, which scripts never see. */
#include <string.h>
#include <time.h>

#include "commonhold/id.h"
#include "commonhold/json.h"
#include "licensing.h"
#include "oauth.h"

CH_FUNCTION(issue_token, "licensing.issue_token", "$1::text, $2::jsonb, $3::uuid");
CH_FUNCTION(issue_person_token, "licensing.issue_person_token", "$1::uuid, $2::uuid");
CH_FUNCTION(end_token, "licensing.revoke_token", "$1::text, $2::jsonb, $3::uuid, $4::uuid, $5::bigint");

static struct ch_done *refuse(struct ch_request *request, const struct ch_answer *answer)
{
    const json_t *body = licensing_parse(ch_arena_of(request), answer->body);
    const char *detail = json_string_value(json_object_get(body, "detail"));
    return oauth_error(request, answer->outcome, detail ? detail : "not authenticated");
}

/* The answer of RFC 6749, section 5.1, for claims that SQL has made; *token is in it unless `hidden`. */
static const char *token_body(struct ch_request *request, const char *text, bool hidden, const char **token,
                              int64_t *life)
{
    struct ch_arena *arena = ch_arena_of(request);
    json_t *claims = licensing_parse(arena, text);
    json_object_set_new(claims, "iss", json_string(ch_context(request)->issuer));
    *life = json_integer_value(json_object_get(claims, "exp")) - json_integer_value(json_object_get(claims, "iat"));
    *token = ch_jwt_sign(arena, licensing_of(request)->client_key, "at+jwt", claims);
    ch_set_header(request, "Pragma", "no-cache");
    return ch_json_canonical(arena,
                             ch_json_pack(arena, "{s:s?,s:s,s:I,s:O}", "access_token", hidden ? NULL : *token,
                                          "token_type", "Bearer", "expires_in", (json_int_t)*life, "scope",
                                          json_object_get(claims, "scope")),
                             NULL);
}

static struct ch_done *sign_token(struct ch_request *request, const struct ch_answer *answer)
{
    const char *token;
    int64_t life;
    if (strcmp(answer->outcome, "ok") != 0)
        return refuse(request, answer);
    return ch_reply(request, "ok", token_body(request, answer->body, false, &token, &life));
}

/* ---- people ---- */

struct access {
    const char *as;
};

static const struct ch_field ACCESS[] = {CH_FIELD(CH_FIELD_CODE, access, as, true, 0, 0, "cookie text"), {0}};

/* Only pages of ours send it along (SameSite=Strict): a link from elsewhere cannot make anybody read, which is metered.
 */
static void set_grant_cookie(struct ch_request *request, const char *token, int64_t life)
{
    bool secure = strncmp(ch_context(request)->issuer, "https://", 8) == 0;
    ch_set_header(request, "Set-Cookie",
                  ch_printf(ch_arena_of(request),
                            "ch_grant=%s; Path=/metering/v1/pools; Max-Age=%lld; SameSite=Strict; HttpOnly%s", token,
                            (long long)life, secure ? "; Secure" : ""));
}

static struct ch_done *sign_access(struct ch_request *request, const struct ch_answer *answer)
{
    const struct access *in = ch_state(request);
    bool cookie = strcmp(in->as, "cookie") == 0;
    const char *token;
    int64_t life;
    if (strcmp(answer->outcome, "created") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const char *body = token_body(request, answer->body, cookie, &token, &life);
    if (cookie)
        set_grant_cookie(request, token, life);
    return ch_reply(request, "created", body);
}

struct ch_done *licensing_post_access_token(struct ch_request *request)
{
    struct access *in = ch_alloc(ch_arena_of(request), sizeof *in);
    const char *id = licensing_path_id(request, "id");
    *in = (struct access){0};
    struct ch_done *done = ch_decode(request, ACCESS, in);
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    ch_set_state(request, in);
    return ch_call_then(request, &issue_person_token, CH_ARGS(licensing_actor(request), id), sign_access);
}

/* ---- programs ---- */

static struct ch_done *give_token(struct ch_request *request, struct oauth *oauth)
{
    const char *type = oauth_get(oauth, "grant_type"), *scope = oauth_get(oauth, "scope");
    uint8_t bytes[16];
    if (type == NULL)
        return oauth_error(request, "invalid_request", "grant_type is missing");
    if (strcmp(type, "client_credentials") != 0)
        return oauth_error(request, "unsupported_grant_type", "only client_credentials");
    bool usage = scope && strcmp(scope, "usage") == 0;
    if (!usage && (!scope || strncmp(scope, "grant:", 6) != 0 || !ch_id_parse(scope + 6, bytes)))
        return oauth_error(request, "invalid_scope", "scope is grant:<id> or usage");
    return ch_call_then(request, &issue_token, CH_ARGS(oauth->client, oauth->proof, usage ? NULL : scope + 6),
                        sign_token);
}

static struct ch_done *revoked(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return refuse(request, answer);
    return ch_reply(request, "ok", NULL);
}

/* Only what our own key signed for metering names a grant; anything else is "already invalid" (RFC 7009, 2.2). */
static struct ch_done *take_token(struct ch_request *request, struct oauth *oauth)
{
    struct ch_service_context *context = ch_context(request);
    struct ch_arena *arena = ch_arena_of(request);
    json_t *claims = NULL;
    const char *token = oauth_get(oauth, "token");
    if (token == NULL)
        return oauth_error(request, "invalid_request", "token is missing");
    const char *jti = NULL, *grant = NULL, *expires = "0";
    if (ch_jwt_verify(arena, context->keys, token, "at+jwt", "client", context->issuer, "metering", time(NULL),
                      &claims) == CH_JWT_OK) {
        jti = json_string_value(json_object_get(claims, "jti"));
        grant = json_string_value(json_object_get(claims, "grant"));
        expires = ch_printf(arena, "%lld", (long long)json_integer_value(json_object_get(claims, "exp")));
    }
    return ch_call_then(request, &end_token, CH_ARGS(oauth->client, oauth->proof, jti, grant, expires), revoked);
}

struct ch_done *licensing_post_token(struct ch_request *request)
{
    return oauth_begin(request, give_token);
}

struct ch_done *licensing_revoke_token(struct ch_request *request)
{
    return oauth_begin(request, take_token);
}
