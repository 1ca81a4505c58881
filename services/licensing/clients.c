/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* OAuth clients of organisations. A secret is made here, shown once, and stored as its SHA-256; of a key only the
 * public half ever comes here. */
#include <string.h>

#include "commonhold/json.h"
#include "licensing.h"

CH_FUNCTION(create_client, "licensing.create_client", "$1::uuid, $2::text, $3::text, $4::jsonb, $5::jsonb");
CH_FUNCTION(add_secret, "licensing.add_secret", "$1::uuid, $2::text, $3::text, $4::text, $5::jsonb");
CH_FUNCTION(add_key, "licensing.add_client_key", "$1::uuid, $2::text, $3::text, $4::jsonb, $5::jsonb");
CH_FUNCTION(end_client, "licensing.end_client", "$1::uuid, $2::text");
CH_READ(read_clients, "licensing.list_clients", "$1::uuid");

struct client {
    const char *name, *organisation_id;
    bool data_plane;
    int64_t ends;
    const json_t *jwk;
};

/* 256 random bits as the client gets them, and what is stored. */
struct secret {
    const char *text;
    char sha256[65];
};

static const struct ch_field CLIENT[] = {CH_FIELD(CH_FIELD_TEXT, client, name, true, 1, 120, NULL),
                                         CH_FIELD(CH_FIELD_BOOL, client, data_plane, false, 0, 0, NULL),
                                         CH_FIELD(CH_FIELD_UUID, client, organisation_id, false, 0, 0, NULL),
                                         CH_FIELD(CH_FIELD_OBJECT, client, jwk, false, 0, 0, NULL),
                                         {0}};
static const struct ch_field SECRET[] = {CH_FIELD(CH_FIELD_INT, client, ends, false, 1, 1000000, NULL), {0}};
static const struct ch_field KEY[] = {CH_FIELD(CH_FIELD_OBJECT, client, jwk, true, 0, 0, NULL),
                                      CH_FIELD(CH_FIELD_INT, client, ends, false, 1, 1000000, NULL),
                                      {0}};

static struct secret *make_secret(struct ch_request *request)
{
    uint8_t bytes[32];
    struct secret *secret = ch_alloc(ch_arena_of(request), sizeof *secret);
    ch_random(bytes, sizeof bytes);
    secret->text = ch_base64url(ch_arena_of(request), bytes, sizeof bytes);
    ch_sha256_hex(secret->text, strlen(secret->text), secret->sha256);
    ch_set_state(request, secret);
    return secret;
}

/* Adds the secret to the answer of the request that made it; a repeat of that request has none to show. */
static struct ch_done *show_secret(struct ch_request *request, const struct ch_answer *answer)
{
    const struct secret *secret = ch_state(request);
    struct ch_arena *arena = ch_arena_of(request);
    if (strcmp(answer->outcome, "created") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *body = licensing_parse(arena, answer->body);
    const char *stored = json_string_value(json_object_get(body, "secret_sha256"));
    bool ours = stored && strcmp(stored, secret->sha256) == 0;
    json_object_del(body, "secret_sha256");
    json_object_set_new(body, "client_secret", ours ? json_string(secret->text) : json_null());
    return ch_reply(request, "created", ch_json_canonical(arena, body, NULL));
}

/* {"kid","x"} of a JWK as SQL takes it, or NULL and the finished refusal in *done. */
static const char *take_jwk(struct ch_request *request, const json_t *jwk, struct ch_done **done)
{
    struct licensing_jwk key;
    *done = licensing_read_jwk(request, jwk, &key);
    return *done ? NULL
                 : ch_json_canonical(ch_arena_of(request),
                                     ch_json_pack(ch_arena_of(request), "{s:s,s:s}", "kid", key.kid, "x", key.x), NULL);
}

struct ch_done *licensing_post_client(struct ch_request *request)
{
    struct client in = {0};
    struct ch_done *done = ch_decode(request, CLIENT, &in);
    const char *jwk = done || !in.jwk ? NULL : take_jwk(request, in.jwk, &done);
    if (done)
        return done;
    const char *actor = licensing_actor(request), *key = ch_idempotency_key(request);
    if (jwk)
        return ch_call(request, &create_client, CH_ARGS(actor, key, NULL, jwk, ch_body_json(request)));
    const struct secret *secret = make_secret(request);
    return ch_call_then(request, &create_client, CH_ARGS(actor, key, secret->sha256, NULL, ch_body_json(request)),
                        show_secret);
}

struct ch_done *licensing_post_client_secret(struct ch_request *request)
{
    struct client in = {0};
    struct ch_done *done = ch_decode(request, SECRET, &in);
    if (done)
        return done;
    const struct secret *secret = make_secret(request);
    return ch_call_then(request, &add_secret,
                        CH_ARGS(licensing_actor(request), ch_idempotency_key(request), ch_path(request, "id"),
                                secret->sha256, ch_body_json(request)),
                        show_secret);
}

struct ch_done *licensing_post_client_key(struct ch_request *request)
{
    struct client in = {0};
    struct ch_done *done = ch_decode(request, KEY, &in);
    const char *jwk = done ? NULL : take_jwk(request, in.jwk, &done);
    if (done)
        return done;
    return ch_call(request, &add_key,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), ch_path(request, "id"), jwk,
                           ch_body_json(request)));
}

struct ch_done *licensing_get_clients(struct ch_request *request)
{
    return ch_call(request, &read_clients, CH_ARGS(licensing_actor(request)));
}

struct ch_done *licensing_delete_client(struct ch_request *request)
{
    return ch_call(request, &end_client, CH_ARGS(licensing_actor(request), ch_path(request, "id")));
}
