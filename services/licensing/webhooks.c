/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Webhook endpoints of organisations: making, listing, rotating, testing, resending, deleting. A secret is made here,
 * shown once, and stored sealed. Sending is webhook_send.c's, in the worker. */
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "commonhold/json.h"
#include "core/address.h"
#include "licensing.h"

CH_FUNCTION(create_webhook, "licensing.create_webhook", "$1::uuid, $2::text, $3::uuid, $4::bytea, $5::text, $6::jsonb");
CH_FUNCTION(rotate_secret, "licensing.rotate_webhook_secret",
            "$1::uuid, $2::text, $3::uuid, $4::bytea, $5::text, $6::jsonb");
CH_FUNCTION(end_webhook, "licensing.end_webhook", "$1::uuid, $2::uuid");
CH_FUNCTION(enable_webhook, "licensing.enable_webhook", "$1::uuid, $2::uuid");
CH_FUNCTION(ping_webhook, "licensing.ping_webhook", "$1::uuid, $2::text, $3::uuid");
CH_FUNCTION(resend_webhook, "licensing.resend_webhook", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_READ(list_webhooks, "licensing.list_webhooks", "$1::uuid, $2::uuid");
CH_READ(list_types, "licensing.list_webhook_types", "");
CH_READ(get_webhook, "licensing.get_webhook", "$1::uuid, $2::uuid, $3::uuid");
CH_READ(list_deliveries, "licensing.list_webhook_deliveries",
        "$1::uuid, $2::uuid, $3::uuid, $4::text, $5::integer, $6::uuid");

struct webhook {
    const char *url, *description, *scheme, *event_id;
    const json_t *types;
    int64_t overlap_hours;
};

/* A fresh key, as it is shown and as it is stored. */
struct fresh {
    struct webhook_key secret, pair; /* the same 32 bytes, read as either scheme */
    const char *sealed, *public_key;
};

static const struct ch_field WEBHOOK[] = {CH_FIELD(CH_FIELD_TEXT, webhook, url, true, 8, ADDRESS_MOST, NULL),
                                          CH_FIELD(CH_FIELD_TEXTS, webhook, types, false, 1, 100, NULL),
                                          CH_FIELD(CH_FIELD_CODE, webhook, scheme, false, 0, 0, "v1 v1a"),
                                          CH_FIELD(CH_FIELD_TEXT, webhook, description, false, 1, 200, NULL),
                                          {0}};
static const struct ch_field ROTATION[] = {CH_FIELD(CH_FIELD_INT, webhook, overlap_hours, false, 0, 168, NULL),
                                           CH_FIELD(CH_FIELD_CODE, webhook, scheme, false, 0, 0, "v1 v1a"),
                                           {0}};
static const struct ch_field RESEND[] = {CH_FIELD(CH_FIELD_UUID, webhook, event_id, true, 0, 0, NULL), {0}};
static const struct ch_field NOTHING[] = {{0}};

/* A program reads for the organisation its token names; a person for the one the database knows. */
static const char *program_organisation(const struct ch_request *request)
{
    const struct ch_actor *actor = ch_actor(request);
    return actor->client[0] && actor->org[0] ? actor->org : NULL;
}

static const struct fresh *make_key(struct ch_request *request, const char *endpoint)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct fresh *fresh = ch_alloc(arena, sizeof *fresh);
    fresh->secret = (struct webhook_key){.scheme = WEBHOOK_V1, .size = 32};
    ch_random(fresh->secret.bytes, 32);
    fresh->pair = fresh->secret;
    fresh->pair.scheme = WEBHOOK_V1A;
    fresh->sealed = webhook_seal(arena, &licensing_of(request)->webhook, endpoint, fresh->secret.bytes);
    fresh->public_key = webhook_key_text(arena, &fresh->pair);
    ch_set_state(request, fresh);
    return fresh;
}

static bool is_ours(const struct fresh *fresh, const char *sealed_sha256)
{
    uint8_t sealed[60];
    char sha256[65];
    if (!ch_unhex(fresh->sealed + 2, sealed, sizeof sealed))
        return false;
    ch_sha256_hex(sealed, sizeof sealed, sha256);
    return sealed_sha256 && strcmp(sha256, sealed_sha256) == 0;
}

/* Adds the secret to the answer of the request that made it; a repeat of that request has none to show, and v1a has
 * none at all: what its endpoint needs is the public key. */
static struct ch_done *show_secret(struct ch_request *request, const struct ch_answer *answer)
{
    const struct fresh *fresh = ch_state(request);
    struct ch_arena *arena = ch_arena_of(request);
    if (strcmp(answer->outcome, "created") != 0 && strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *body = licensing_parse(arena, answer->body);
    bool ours = is_ours(fresh, json_string_value(json_object_get(body, "sealed_sha256")));
    const json_t *newest = json_array_get(json_object_get(body, "keys"), 0);
    bool symmetric = json_is_null(json_object_get(newest, "public_key"));
    json_object_del(body, "sealed_sha256");
    json_object_set_new(body, "secret",
                        ours && symmetric ? json_string(webhook_key_text(arena, &fresh->secret)) : json_null());
    return ch_reply(request, answer->outcome, ch_json_canonical(arena, body, NULL));
}

static struct ch_done *refuse_without_secret(struct ch_request *request)
{
    if (licensing_of(request)->webhook_ready)
        return NULL;
    return ch_refuse(request, "unavailable", "This trust has no webhook secret: its operators have to make one.");
}

struct ch_done *licensing_post_webhook(struct ch_request *request)
{
    struct webhook in = {0};
    struct ch_done *done = ch_decode(request, WEBHOOK, &in);
    if (!done)
        done = refuse_without_secret(request);
    if (done)
        return done;
    const char *fault = address_fault(in.url, licensing_of(request)->webhook.test);
    if (fault)
        return licensing_refuse_field(request, "/url", fault);
    char *id = ch_alloc(ch_arena_of(request), 37);
    ch_id_new(id);
    const struct fresh *fresh = make_key(request, id);
    return ch_call_then(request, &create_webhook,
                        CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, fresh->sealed,
                                fresh->public_key, ch_body_json(request)),
                        show_secret);
}

struct ch_done *licensing_rotate_webhook_secret(struct ch_request *request)
{
    struct webhook in = {0};
    const char *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, ROTATION, &in);
    if (!done)
        done = refuse_without_secret(request);
    if (done || !id)
        return done ? done : ch_reply(request, "not_found", NULL);
    const struct fresh *fresh = make_key(request, id);
    return ch_call_then(request, &rotate_secret,
                        CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, fresh->sealed,
                                fresh->public_key, ch_body_json(request)),
                        show_secret);
}

struct ch_done *licensing_get_webhook_types(struct ch_request *request)
{
    return ch_call(request, &list_types, CH_NO_ARGS);
}

struct ch_done *licensing_get_webhooks(struct ch_request *request)
{
    return ch_call(request, &list_webhooks, CH_ARGS(licensing_actor(request), program_organisation(request)));
}

struct ch_done *licensing_get_webhook(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (!id)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &get_webhook, CH_ARGS(licensing_actor(request), program_organisation(request), id));
}

static bool is_state(const char *state)
{
    return !state || strcmp(state, "waiting") == 0 || strcmp(state, "delivered") == 0 || strcmp(state, "failed") == 0;
}

struct ch_done *licensing_get_webhook_deliveries(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id"), *state = ch_query(request, "state"), *limit, *after;
    struct ch_done *done = licensing_page(request, true, &limit, &after);
    if (done || !id)
        return done ? done : ch_reply(request, "not_found", NULL);
    if (!is_state(state))
        return ch_refuse(request, "bad_request", "state is none of waiting, delivered and failed.");
    return ch_call(request, &list_deliveries,
                   CH_ARGS(licensing_actor(request), program_organisation(request), id, state, limit, after));
}

struct ch_done *licensing_delete_webhook(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (!id)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &end_webhook, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_enable_webhook(struct ch_request *request)
{
    struct webhook in = {0};
    const char *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, NOTHING, &in);
    if (done || !id)
        return done ? done : ch_reply(request, "not_found", NULL);
    return ch_call(request, &enable_webhook, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_ping_webhook(struct ch_request *request)
{
    struct webhook in = {0};
    const char *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, NOTHING, &in);
    if (done || !id)
        return done ? done : ch_reply(request, "not_found", NULL);
    return ch_call(request, &ping_webhook, CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id));
}

struct ch_done *licensing_resend_webhook(struct ch_request *request)
{
    struct webhook in = {0};
    const char *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, RESEND, &in);
    if (done || !id)
        return done ? done : ch_reply(request, "not_found", NULL);
    return ch_call(request, &resend_webhook,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, ch_body_json(request)));
}
