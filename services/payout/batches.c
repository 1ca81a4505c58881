/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Batches over HTTP: made, frozen into bytes, approved by signature, released. Separation of people and offices is
 * decided in SQL, signatures here, because the database does not verify Ed25519. */
#include <string.h>

#include "batch_file.h"
#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "payee_seal.h"
#include "payout_role.h"

#define PROFILE_MAX 65536

PAYOUT_READ(list_batches, "payout.list_batches", "$1::uuid, $2::integer, $3::uuid");
PAYOUT_READ(show_batch, "payout.show_batch", "$1::uuid, $2::uuid, $3::boolean");
PAYOUT_READ(load_batch, "payout.load_batch", "$1::uuid, $2::uuid");
PAYOUT_READ(load_approval, "payout.load_approval", "$1::uuid, $2::uuid, $3::jsonb");
PAYOUT_READ(show_payment, "payout.show_payment", "$1::uuid, $2::uuid");
CH_FUNCTION(create_batch, "payout.create_batch", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(freeze, "payout.freeze_batch", "$1::uuid, $2::uuid, $3::bytea, $4::timestamptz");
CH_FUNCTION(approve, "payout.approve_batch", "$1::uuid, $2::uuid, $3::jsonb, $4::text");
CH_FUNCTION(release, "payout.release_batch", "$1::uuid, $2::uuid");
CH_FUNCTION(cancel, "payout.cancel_batch", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(register_key, "payout.register_key", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(take_back_key, "payout.revoke_key", "$1::uuid, $2::uuid");

struct batch_body {
    const char *account, *execution_on;
};

static const struct ch_field BATCH_FIELDS[] = {
    CH_FIELD(CH_FIELD_TEXT, batch_body, account, true, 1, 64),
    CH_FIELD(CH_FIELD_DATE, batch_body, execution_on, false),
    {0},
};

struct reason_body {
    const char *reason;
};

static const struct ch_field REASON_FIELDS[] = {CH_FIELD(CH_FIELD_TEXT, reason_body, reason, true, 3, 500), {0}};

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

struct ch_done *get_payment(struct ch_request *request)
{
    return act_on(request, &show_payment);
}

struct ch_done *get_batch(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call(request, &show_batch, CH_ARGS(actor_id(request), id, "false")) : no_such(request);
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

struct ch_done *get_batch_file(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call_then(request, &show_batch, CH_ARGS(actor_id(request), id, "true"), send_file)
              : no_such(request);
}

struct ch_done *post_batch(struct ch_request *request)
{
    struct batch_body body = {0};
    struct ch_done *refused = ch_decode(request, BATCH_FIELDS, &body);
    if (refused)
        return refused;
    return ch_call(request, &create_batch,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct freeze_work {
    struct ch_arena *arena; /* of the work alone */
    uint8_t kek[32];
    const char *id, *profile;
    const json_t *facts;
    char *file; /* made; NULL: refused */
    const char *error;
};

static void free_arena(void *arena)
{
    ch_arena_free(arena);
}

static void write_file(void *state)
{
    struct freeze_work *work = state;
    work->file = batch_file_write(work->arena, work->kek, work->facts, work->profile, &work->error);
}

static struct ch_done *after_writing(struct ch_request *request, void *state)
{
    struct freeze_work *work = state;
    if (!work->file)
        return ch_reply(request, "invalid", work->error);
    size_t size = strlen(work->file);
    char *hex = ch_alloc(ch_arena_of(request), 2 * size + 3);
    memcpy(hex, "\\x", 2);
    ch_hex(work->file, size, hex + 2);
    return ch_call(request, &freeze, CH_ARGS(actor_id(request), work->id, hex, payout_text(work->facts, "at")));
}

static struct ch_done *with_payments(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_arena *arena = ch_arena_of(request);
    struct payout_settings settings = payout_settings(ch_context(request));
    struct freeze_work *work = ch_alloc(arena, sizeof *work);
    json_t *facts = payout_parse(arena, answer->body);
    work->id = path_id(request);
    json_object_set_new(facts, "id", json_string(work->id));
    work->facts = facts;
    char error[256];
    size_t size;
    work->profile =
        ch_read_file(arena, ch_printf(arena, "%s/%s.json", settings.profiles, payout_text(facts, "profile")),
                     PROFILE_MAX, &size, error);
    if (!work->profile)
        return ch_refuse(request, "invalid", "The bank profile cannot be read: %s", error);
    if (!payee_wrapping_key(settings.member_secret, work->kek))
        return ch_refuse(request, "unavailable", "Payee accounts cannot be opened at the moment.");
    work->arena = ch_arena_new();
    ch_arena_on_free(arena, free_arena, work->arena);
    return ch_offload(request, write_file, after_writing, work);
}

struct ch_done *freeze_batch(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call_then(request, &load_batch, CH_ARGS(actor_id(request), id), with_payments) : no_such(request);
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
    return act_on(request, &release);
}

struct ch_done *cancel_batch(struct ch_request *request)
{
    struct reason_body body = {0};
    const char *id = path_id(request);
    struct ch_done *refused = ch_decode(request, REASON_FIELDS, &body);
    if (refused || !id)
        return refused ? refused : no_such(request);
    return ch_call(request, &cancel, CH_ARGS(actor_id(request), id, ch_body_json(request)));
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
    return ch_call(request, &register_key,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *revoke_key(struct ch_request *request)
{
    return act_on(request, &take_back_key);
}
