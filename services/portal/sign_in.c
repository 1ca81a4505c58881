/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signing in: load what the address must prove, check it beside the loop, store the sign-in. Unknown address and wrong
 * password take the same way and the same time. */
#include <string.h>
#include <time.h>

#include "commonhold/json.h"
#include "core/totp.h"
#include "portal.h"

CH_FUNCTION(find_account, "portal.find_account", "$1::bytea, $2::text");
CH_FUNCTION(record_failure, "portal.record_failure", "$1::bytea, $2::text");
CH_FUNCTION(start_sign_in, "portal.start_sign_in", "$1::uuid, $2::bytea, $3::text, $4::bigint");
CH_FUNCTION(renew_sign_in, "portal.renew_sign_in", "$1::bytea");
CH_FUNCTION(end_sign_in, "portal.end_sign_in", "$1::bytea");

struct sign_in {
    const char *email, *password, *code;
    const char *email_hash;  /* bytea argument */
    const char *account;     /* NULL: unknown address */
    const char *subject;     /* seals the TOTP key to its person */
    const char *stored;      /* scrypt, NULL: unknown address */
    const char *totp_sealed; /* hex, NULL: no second factor */
    int64_t last_step;
    bool password_holds;
    const char *opaque; /* value of cookie ch_signin */
};

static const struct ch_field SIGN_IN[] = {
    CH_FIELD(CH_FIELD_TEXT, sign_in, email, true, 3, 254, NULL),
    CH_FIELD(CH_FIELD_TEXT, sign_in, password, true, 1, 128, NULL),
    CH_FIELD(CH_FIELD_TEXT, sign_in, code, false, 0, 12, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

/* 32 random bytes as base64url: the opaque cookie, and the CSRF value. */
static const char *fresh_secret(struct ch_request *request)
{
    uint8_t bytes[32];
    ch_random(bytes, sizeof bytes);
    return ch_base64url(ch_arena_of(request), bytes, sizeof bytes);
}

static struct ch_done *signed_in(struct ch_request *request, const struct ch_answer *answer)
{
    struct sign_in *in = ch_state(request);
    if (strcmp(answer->outcome, "created") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    return portal_reply_signed_in(request, "created", answer->body, in->opaque);
}

static struct ch_done *failed(struct ch_request *request, const struct sign_in *in)
{
    return ch_call(request, &record_failure, CH_ARGS(in->email_hash, ch_peer(request)));
}

static struct ch_done *store(struct ch_request *request, struct sign_in *in, const char *totp_step)
{
    in->opaque = fresh_secret(request);
    uint8_t digest[32];
    ch_sha256(in->opaque, strlen(in->opaque), digest);
    return ch_call_then(
        request, &start_sign_in,
        CH_ARGS(in->account, portal_bytea(request, digest, sizeof digest), fresh_secret(request), totp_step),
        signed_in);
}

/* The time step of the code given, or -1. */
static int64_t totp_step_of(struct ch_request *request, const struct sign_in *in)
{
    uint8_t sealed[128];
    size_t size = strlen(in->totp_sealed) / 2, secret_size = 0;
    if (in->code == NULL || size > sizeof sealed || !ch_unhex(in->totp_sealed, sealed, size))
        return -1;
    const uint8_t *secret = ch_unseal(ch_arena_of(request), portal_of(request)->totp_key, in->subject,
                                      strlen(in->subject), sealed, size, &secret_size);
    if (secret == NULL || secret_size != TOTP_SECRET_SIZE)
        return -1;
    return totp_check(secret, in->code, time(NULL), in->last_step);
}

static struct ch_done *password_checked(struct ch_request *request, void *state)
{
    struct sign_in *in = state;
    if (!in->password_holds || in->account == NULL)
        return failed(request, in);
    if (in->totp_sealed == NULL)
        return store(request, in, NULL);
    int64_t step = totp_step_of(request, in);
    if (step < 0)
        return failed(request, in);
    return store(request, in, ch_printf(ch_arena_of(request), "%lld", (long long)step));
}

static void check_password(void *state)
{
    struct sign_in *in = state;
    in->password_holds = ch_password_verify(in->password, in->stored);
}

static struct ch_done *account_found(struct ch_request *request, const struct ch_answer *answer)
{
    struct sign_in *in = ch_state(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_json_error error;
    const json_t *row = ch_json_parse(ch_arena_of(request), answer->body, strlen(answer->body), &CH_JSON_BODY, &error);
    in->account = json_string_value(json_object_get(row, "account"));
    in->subject = json_string_value(json_object_get(row, "subject"));
    in->stored = json_string_value(json_object_get(row, "password"));
    in->totp_sealed = json_string_value(json_object_get(row, "totp"));
    in->last_step = json_integer_value(json_object_get(row, "last_step"));
    return ch_offload(request, check_password, password_checked, in);
}

struct ch_done *post_sign_in(struct ch_request *request)
{
    struct sign_in *in = ch_alloc(ch_arena_of(request), sizeof *in);
    struct ch_done *refused = ch_decode(request, SIGN_IN, in);
    if (refused != NULL)
        return refused;
    in->email_hash = portal_email_argument(request, in->email);
    if (in->email_hash == NULL)
        return ch_reply(request, "invalid",
                        "{\"errors\":[{\"pointer\":\"/email\",\"detail\":\"this is no e-mail address\"}]}");
    ch_set_state(request, in);
    return ch_call_then(request, &find_account, CH_ARGS(in->email_hash, ch_peer(request)), account_found);
}

static struct ch_done *renewed(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") == 0)
        return portal_reply_signed_in(request, "ok", answer->body, portal_cookie(request, "ch_signin"));
    portal_clear_cookies(request);
    return ch_reply(request, answer->outcome, answer->body);
}

struct ch_done *get_current_sign_in(struct ch_request *request)
{
    const char *token = portal_signin_argument(request);
    if (token == NULL)
        return ch_reply(request, "not_signed_in", NULL);
    return ch_call_then(request, &renew_sign_in, CH_ARGS(token), renewed);
}

struct ch_done *delete_current_sign_in(struct ch_request *request)
{
    const char *token = portal_signin_argument(request);
    portal_clear_cookies(request);
    if (token == NULL)
        return ch_reply(request, "ok", "{\"signed_in\": false}");
    return ch_call(request, &end_sign_in, CH_ARGS(token));
}
