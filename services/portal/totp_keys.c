/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Setting up the second factor: the key is shown once, and counts when its first code was given back. */
#include <string.h>
#include <time.h>

#include "commonhold/json.h"
#include "core/totp.h"
#include "portal.h"

CH_FUNCTION(store_totp_key, "portal.store_totp_key", "$1::uuid, $2::bytea");
CH_FUNCTION(find_totp_key, "portal.find_totp_key", "$1::uuid");
CH_FUNCTION(confirm_totp_key_fn, "portal.confirm_totp_key", "$1::uuid, $2::bytea, $3::bigint");

static const struct ch_field NOTHING[] = {{NULL, 0, false, 0, 0, 0, NULL}};

struct confirmation {
    const char *code;
};

static const struct ch_field CONFIRMATION[] = {
    CH_FIELD(CH_FIELD_TEXT, confirmation, code, true, 6, 6, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

/* RFC 4648 base32 of the 20 bytes, as authenticator apps take it. */
static const char *base32(struct ch_request *request, const uint8_t secret[TOTP_SECRET_SIZE])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    enum { DIGITS = TOTP_SECRET_SIZE * 8 / 5 };
    char *text = ch_alloc(ch_arena_of(request), DIGITS + 1);
    for (size_t i = 0; i < DIGITS; i++) {
        size_t bit = i * 5;
        unsigned pair = (unsigned)secret[bit / 8] << 8 | (bit / 8 + 1 < TOTP_SECRET_SIZE ? secret[bit / 8 + 1] : 0);
        text[i] = alphabet[pair >> (11 - bit % 8) & 31];
    }
    return text;
}

static struct ch_done *stored(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "created") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    return ch_reply(request, "created", ch_state(request));
}

struct ch_done *post_totp_key(struct ch_request *request)
{
    struct ch_done *refused = ch_decode(request, NOTHING, NULL);
    if (refused != NULL)
        return refused;
    struct ch_arena *arena = ch_arena_of(request);
    const char *subject = ch_actor(request)->id;
    uint8_t secret[TOTP_SECRET_SIZE];
    ch_random(secret, sizeof secret);
    size_t size;
    const uint8_t *sealed =
        ch_seal(arena, portal_of(request)->totp_key, subject, strlen(subject), secret, sizeof secret, &size);
    const char *text = base32(request, secret);
    ch_set_state(request,
                 ch_printf(arena,
                           "{\"secret\":\"%s\",\"uri\":\"otpauth://totp/Commonhold?secret=%s&digits=6&period=30\"}",
                           text, text));
    return ch_call_then(request, &store_totp_key, CH_ARGS(subject, portal_bytea(request, sealed, size)), stored);
}

static struct ch_done *key_found(struct ch_request *request, const struct ch_answer *answer)
{
    const struct confirmation *in = ch_state(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_arena *arena = ch_arena_of(request);
    struct ch_json_error error;
    const json_t *row = ch_json_parse(arena, answer->body, strlen(answer->body), &CH_JSON_BODY, &error);
    const char *hex = json_string_value(json_object_get(row, "sealed"));
    const char *subject = ch_actor(request)->id;
    uint8_t sealed[128];
    size_t size = strlen(hex) / 2, secret_size = 0;
    if (size > sizeof sealed || !ch_unhex(hex, sealed, size))
        return ch_reply_fault(request, CH_FAULT_BUG);
    const uint8_t *secret =
        ch_unseal(arena, portal_of(request)->totp_key, subject, strlen(subject), sealed, size, &secret_size);
    if (secret == NULL || secret_size != TOTP_SECRET_SIZE)
        return ch_reply_fault(request, CH_FAULT_BUG);
    int64_t step = totp_check(secret, in->code, time(NULL), 0);
    if (step < 0)
        return ch_refuse(request, "sign_in_refused",
                         "the code does not belong to this key now; check the device's clock");
    return ch_call(request, &confirm_totp_key_fn,
                   CH_ARGS(subject, portal_bytea(request, sealed, size), ch_printf(arena, "%lld", (long long)step)));
}

struct ch_done *confirm_totp_key(struct ch_request *request)
{
    struct confirmation *in = ch_alloc(ch_arena_of(request), sizeof *in);
    struct ch_done *refused = ch_decode(request, CONFIRMATION, in);
    if (refused != NULL)
        return refused;
    ch_set_state(request, in);
    return ch_call_then(request, &find_totp_key, CH_ARGS(ch_actor(request)->id), key_found);
}
