/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a browser is signed in: the three cookies of portal.md section 1 and the signed token inside one of them. Nothing
 * here asks the database. */
#include <string.h>
#include <time.h>

#include "commonhold/json.h"
#include "commonhold/secret.h"
#include "portal.h"

enum { TOKEN_SECONDS = 300, SIGNIN_SECONDS = 12 * 3600 };

struct portal *portal_of(const struct ch_request *request)
{
    return ch_context(request)->state;
}

const char *portal_bytea(struct ch_request *request, const void *bytes, size_t size)
{
    char *text = ch_alloc(ch_arena_of(request), 2 * size + 3);
    text[0] = '\\';
    text[1] = 'x';
    ch_hex(bytes, size, text + 2);
    return text;
}

const char *portal_email_argument(struct ch_request *request, const char *email)
{
    char hex[65];
    if (!ch_email_hash(portal_of(request)->email_secret, email, hex))
        return NULL;
    return ch_printf(ch_arena_of(request), "\\x%s", hex);
}

const char *portal_cookie(struct ch_request *request, const char *name)
{
    const char *header = ch_header(request, "Cookie");
    size_t length = strlen(name);
    while (header != NULL && *header != '\0') {
        header += strspn(header, "; ");
        size_t pair = strcspn(header, ";");
        if (pair > length && strncmp(header, name, length) == 0 && header[length] == '=')
            return ch_memdup(ch_arena_of(request), header + length + 1, pair - length - 1);
        header += pair;
    }
    return NULL;
}

const char *portal_signin_argument(struct ch_request *request)
{
    const char *opaque = portal_cookie(request, "ch_signin");
    if (opaque == NULL)
        return NULL;
    uint8_t digest[32];
    ch_sha256(opaque, strlen(opaque), digest);
    return portal_bytea(request, digest, sizeof digest);
}

static void set_cookie(struct ch_request *request, const char *name, const char *value, const char *path, int seconds,
                       bool scripts_may_read)
{
    ch_set_header(request, "Set-Cookie",
                  ch_printf(ch_arena_of(request), "%s=%s; Path=%s; Max-Age=%d; SameSite=Lax%s%s", name, value, path,
                            seconds, scripts_may_read ? "" : "; HttpOnly",
                            portal_of(request)->secure_cookies ? "; Secure" : ""));
}

void portal_clear_cookies(struct ch_request *request)
{
    set_cookie(request, "ch_signin", "", "/portal", 0, false);
    set_cookie(request, "ch_token", "", "/", 0, false);
    set_cookie(request, "ch_csrf", "", "/", 0, true);
    set_cookie(request, "ch_grant", "", "/metering/v1/pools", 0, false); /* licensing's: reading ends too */
}

static const char *text_of(const json_t *claims, const char *name)
{
    const char *text = json_string_value(json_object_get(claims, name));
    return text != NULL ? text : "";
}

static const char *signed_token(struct ch_request *request, const json_t *claims)
{
    bool member = strcmp(text_of(claims, "kind"), "member") == 0;
    json_int_t now = time(NULL);
    json_t *token =
        ch_json_pack(ch_arena_of(request), "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I}", "iss",
                     ch_context(request)->issuer, "aud", "commonhold", "sub", text_of(claims, "subject"), "kind",
                     text_of(claims, "kind"), "member", member ? text_of(claims, "subject") : "", "org",
                     text_of(claims, "organisation"), "csrf", text_of(claims, "csrf"), "totp",
                     json_is_true(json_object_get(claims, "with_totp")), "auth_time",
                     json_integer_value(json_object_get(claims, "auth_time")), "iat", now, "exp", now + TOKEN_SECONDS);
    return ch_jwt_sign(ch_arena_of(request), portal_of(request)->person_key, "JWT", token);
}

struct ch_done *portal_reply_signed_in(struct ch_request *request, const char *outcome, const char *claims,
                                       const char *opaque)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct ch_json_error error;
    const json_t *who = ch_json_parse(arena, claims, strlen(claims), &CH_JSON_BODY, &error);
    if (who == NULL)
        return ch_reply_fault(request, CH_FAULT_BUG);
    if (opaque != NULL)
        set_cookie(request, "ch_signin", opaque, "/portal", SIGNIN_SECONDS, false);
    set_cookie(request, "ch_token", signed_token(request, who), "/", TOKEN_SECONDS, false);
    set_cookie(request, "ch_csrf", text_of(who, "csrf"), "/", SIGNIN_SECONDS, true);
    json_t *body = ch_json_pack(arena, "{s:b, s:s, s:s, s:s, s:b, s:s, s:i}", "signed_in", 1, "kind",
                                text_of(who, "kind"), "subject", text_of(who, "subject"), "organisation",
                                text_of(who, "organisation"), "totp", json_is_true(json_object_get(who, "totp")),
                                "until", text_of(who, "until"), "token_seconds", TOKEN_SECONDS);
    return ch_reply(request, outcome, ch_json_canonical(arena, body, NULL));
}
