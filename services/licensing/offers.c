/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Offers: a signatory accepts an agreement by its hash, with a fresh session or a signature of a key the organisation
 * registered; the trust counter-signs, and the same transaction makes the grant. */
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/json.h"
#include "commonhold/jwt.h"
#include "licensing.h"

#define JWS_BYTES 2048

CH_READ(read_offer, "licensing.get_offer", "$1::uuid, $2::uuid");
CH_FUNCTION(load_acceptance, "licensing.load_acceptance",
            "$1::uuid, $2::text, $3::uuid, $4::text, $5::boolean, $6::text");
CH_FUNCTION(store_acceptance, "licensing.accept_offer",
            "$1::uuid, $2::text, $3::uuid, $4::text, $5::boolean, $6::text, $7::text, $8::text");

struct acceptance {
    const char *agreement_hash, *jws;
    const char *id, *fresh;
};

static const struct ch_field FIELDS[] = {CH_FIELD(CH_FIELD_TEXT, acceptance, agreement_hash, true, 64, 64, NULL),
                                         CH_FIELD(CH_FIELD_TEXT, acceptance, jws, false, 1, JWS_BYTES, NULL),
                                         {0}};

const char *licensing_fresh(const struct ch_request *request)
{
    return ch_signed_in_freshly(request) ? "true" : "false";
}

static void add_keys(struct ch_keyset *keys, const json_t *list)
{
    uint8_t bytes[32];
    size_t size;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *x = json_string_value(json_object_get(json_array_get(list, i), "x"));
        if (x && ch_unbase64url(x, strlen(x), bytes, sizeof bytes, &size) && size == sizeof bytes)
            ch_keyset_add(keys, bytes, "agreement", 0, 0);
    }
}

/* The kid of a compact JWS whose signature has been verified. */
static const char *kid_of(struct ch_arena *arena, const char *jws)
{
    struct ch_json_error error;
    uint8_t *header = ch_alloc(arena, JWS_BYTES);
    size_t size;
    if (!ch_unbase64url(jws, strcspn(jws, "."), header, JWS_BYTES, &size))
        return NULL;
    return json_string_value(json_object_get(ch_json_parse(arena, (char *)header, size, &CH_JSON_BODY, &error), "kid"));
}

/* Whether one of `keys` signed exactly the 64 digits of the agreement's hash; its kid, else NULL. */
static const char *verify(struct ch_arena *arena, const struct acceptance *in, const json_t *list)
{
    struct ch_keyset *keys = ch_keyset_new();
    uint8_t *payload;
    size_t size;
    add_keys(keys, list);
    enum ch_jwt_verdict verdict = ch_jws_verify(arena, keys, in->jws, "agreement", &payload, &size);
    ch_keyset_free(keys);
    if (verdict != CH_JWT_OK || size != 64 || memcmp(payload, in->agreement_hash, 64) != 0)
        return NULL;
    return kid_of(arena, in->jws);
}

static struct ch_done *counter_sign(struct ch_request *request, const struct ch_answer *answer)
{
    const struct acceptance *in = ch_state(request);
    struct ch_arena *arena = ch_arena_of(request);
    size_t size;
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *to_sign = licensing_parse(arena, answer->body);
    if (in->jws) {
        const char *kid = verify(arena, in, json_object_get(to_sign, "keys"));
        if (kid == NULL)
            return licensing_refuse_field(
                request, "/jws", "must be the agreement_hash, signed with EdDSA by a live key of your organisation");
        json_object_set_new(json_object_get(to_sign, "acceptance"), "kid", json_string(kid));
    }
    json_object_del(to_sign, "keys");
    const char *signed_text = ch_json_canonical(arena, to_sign, &size);
    const char *jws = ch_jws_sign(arena, licensing_of(request)->agreement_key, "agreement+jws", signed_text, size);
    return ch_call(request, &store_acceptance,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), in->id, in->agreement_hash, in->fresh,
                           in->jws, signed_text, jws));
}

struct ch_done *licensing_accept_offer(struct ch_request *request)
{
    struct acceptance *in = ch_alloc(ch_arena_of(request), sizeof *in);
    *in = (struct acceptance){0};
    struct ch_done *done = ch_decode(request, FIELDS, in);
    if (done)
        return done;
    in->id = licensing_path_id(request, "id");
    in->fresh = licensing_fresh(request);
    if (in->id == NULL)
        return ch_reply(request, "not_found", NULL);
    ch_set_state(request, in);
    return ch_call_then(
        request, &load_acceptance,
        CH_ARGS(licensing_actor(request), ch_idempotency_key(request), in->id, in->agreement_hash, in->fresh, in->jws),
        counter_sign);
}

struct ch_done *licensing_get_offer(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_offer, CH_ARGS(licensing_actor(request), id));
}
