/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Batches over HTTP: made, approved by signature, released; freezing them into bytes is in freeze.c. Separation of
 * people and offices is decided in SQL, signatures here, because the database does not verify Ed25519. */
#include <string.h>

#include "commonhold/crypto.h"
#include "payout_role.h"

#define FILE_MOST "1073741823" /* what the database keeps in one row */

PAYOUT_READ(list_batches, "payout.list_batches", "$1::uuid, $2::integer, $3::uuid");
PAYOUT_READ(show_batch, "payout.show_batch", "$1::uuid, $2::uuid");
PAYOUT_READ(list_payments, "payout.list_payments", "$1::uuid, $2::uuid, $3::integer, $4::uuid");
PAYOUT_READ(load_file, "payout.load_file", "$1::uuid, $2::uuid");
PAYOUT_READ(read_file, "payout.read_batch_file", "$1::uuid, $2::bigint, $3::integer");
PAYOUT_READ(list_keys, "payout.list_keys", "$1::uuid");
PAYOUT_READ(load_approval, "payout.load_approval", "$1::uuid, $2::uuid, $3::jsonb");
PAYOUT_READ(show_payment, "payout.show_payment", "$1::uuid, $2::uuid");
CH_FUNCTION(create_batch, "payout.create_batch", "$1::uuid, $2::text, $3::jsonb, $4::jsonb");
CH_FUNCTION(approve, "payout.approve_batch", "$1::uuid, $2::uuid, $3::jsonb, $4::text");
CH_FUNCTION(release, "payout.release_batch", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(cancel, "payout.cancel_batch", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(register_key, "payout.register_key", "$1::uuid, $2::text, $3::jsonb, $4::boolean");
CH_FUNCTION(retry, "payout.retry_payment", "$1::uuid, $2::text, $3::uuid");
CH_FUNCTION(take_back_key, "payout.revoke_key", "$1::uuid, $2::uuid");

struct batch_body {
    const char *account, *execution_on;
};

static const struct ch_field BATCH_FIELDS[] = {
    CH_FIELD(CH_FIELD_TEXT, batch_body, account, true, 1, 64),
    CH_FIELD(CH_FIELD_DATE, batch_body, execution_on, false),
    {0},
};

struct approval_body {
    const char *office_id, *key_id, *at, *signature;
    uint8_t signature_bytes[64];
};

static const struct ch_field APPROVAL_FIELDS[] = {
    CH_FIELD(CH_FIELD_UUID, approval_body, office_id, true),
    CH_FIELD(CH_FIELD_UUID, approval_body, key_id, true),
    CH_FIELD(CH_FIELD_TIME, approval_body, at, true),
    CH_FIELD(CH_FIELD_TEXT, approval_body, signature, true, 88, 88),
    {0},
};

struct key_body {
    const char *public_key;
};

static const struct ch_field KEY_FIELDS[] = {CH_FIELD(CH_FIELD_TEXT, key_body, public_key, true, 44, 44), {0}};

struct ch_done *get_batches(struct ch_request *request)
{
    return list_by_id(request, &list_batches);
}

struct ch_done *get_batch_payments(struct ch_request *request)
{
    const char *id = path_id(request), *limit = page_limit(request), *after;
    if (!limit || !page_after(request, &after))
        return bad_page(request);
    return id ? ch_call(request, &list_payments, CH_ARGS(actor_id(request), id, limit, after)) : no_such(request);
}

struct ch_done *get_payment(struct ch_request *request)
{
    return act_on(request, &show_payment);
}

struct ch_done *retry_payment(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call(request, &retry, CH_ARGS(actor_id(request), ch_idempotency_key(request), id))
              : no_such(request);
}

struct ch_done *get_batch(struct ch_request *request)
{
    return act_on(request, &show_batch);
}

static struct ch_done *send_file(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const char *base64 = payout_text(payout_parse(ch_arena_of(request), answer->body), "base64");
    size_t length = strlen(base64), size = 0;
    uint8_t *bytes = ch_alloc(ch_arena_of(request), length + 1);
    if (!ch_unbase64(base64, length, bytes, length, &size))
        return ch_refuse(request, "internal", "The stored file cannot be read.");
    return ch_reply_bytes(request, 200, "application/xml", bytes, size);
}

static struct ch_done *with_right(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    return ch_call_then(request, &read_file, CH_ARGS(path_id(request), "0", FILE_MOST), send_file);
}

struct ch_done *get_batch_file(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call_then(request, &load_file, CH_ARGS(actor_id(request), id), with_right) : no_such(request);
}

/* What the configuration allows to leave, for the functions that judge it. */
static const char *limits_of(struct ch_request *request)
{
    struct payout_settings settings = payout_settings(ch_context(request));
    return ch_printf(ch_arena_of(request), "{\"person\":%lld,\"batch\":%lld,\"day\":%lld}",
                     (long long)settings.limit_person, (long long)settings.limit_batch, (long long)settings.limit_day);
}

struct ch_done *post_batch(struct ch_request *request)
{
    struct batch_body body = {0};
    struct ch_done *refused = ch_decode(request, BATCH_FIELDS, &body);
    if (refused)
        return refused;
    return ch_call(request, &create_batch,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request), limits_of(request)));
}

static struct ch_done *with_approval(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const struct approval_body *body = ch_state(request);
    const json_t *facts = payout_parse(ch_arena_of(request), answer->body);
    const char *text = payout_text(facts, "text");
    uint8_t key[32];
    if (!ch_unhex(payout_text(facts, "public_key"), key, sizeof key) ||
        !ch_verify(key, text, strlen(text), body->signature_bytes))
        return ch_refuse(request, "invalid", "signature: does not verify over the approval text of this batch.");
    return ch_call(request, &approve, CH_ARGS(actor_id(request), path_id(request), ch_body_json(request), text));
}

struct ch_done *approve_batch(struct ch_request *request)
{
    struct approval_body *body = ch_alloc(ch_arena_of(request), sizeof *body);
    const char *id = path_id(request);
    struct ch_done *refused = ch_decode(request, APPROVAL_FIELDS, body);
    if (refused || !id)
        return refused ? refused : no_such(request);
    size_t size;
    if (!ch_unbase64(body->signature, strlen(body->signature), body->signature_bytes, 64, &size) || size != 64)
        return ch_refuse(request, "invalid", "signature: 64 bytes in base64.");
    ch_set_state(request, body);
    return ch_call_then(request, &load_approval, CH_ARGS(actor_id(request), id, ch_body_json(request)), with_approval);
}

struct ch_done *release_batch(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call(request, &release, CH_ARGS(actor_id(request), id, limits_of(request))) : no_such(request);
}

struct ch_done *cancel_batch(struct ch_request *request)
{
    return act_with_reason(request, &cancel);
}

struct ch_done *get_approver_keys(struct ch_request *request)
{
    return ch_call(request, &list_keys, CH_ARGS(actor_id(request)));
}

struct ch_done *post_approver_key(struct ch_request *request)
{
    struct key_body body = {0};
    struct ch_done *refused = ch_decode(request, KEY_FIELDS, &body);
    uint8_t key[32];
    size_t size;
    if (refused)
        return refused;
    if (!ch_unbase64(body.public_key, strlen(body.public_key), key, sizeof key, &size) || size != 32)
        return ch_refuse(request, "invalid", "public_key: 32 bytes in base64.");
    if (ch_public_key_is_weak(key))
        return ch_refuse(request, "invalid", "public_key: is one that anybody can sign for.");
    return ch_call(request, &register_key,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request), fresh_text(request)));
}

struct ch_done *revoke_key(struct ch_request *request)
{
    return act_on(request, &take_back_key);
}
