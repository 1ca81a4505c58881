/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Offers and agreements: a signatory accepts an agreement by its hash, the trust counter-signs, and the same
 * transaction makes the grant. */
#include <string.h>
#include <time.h>

#include "commonhold/json.h"
#include "licensing.h"

#define FRESH_SECONDS 900 /* password and TOTP not older than this when signing */

LICENSING_READ(read_offer, "licensing.get_offer", "$1::uuid, $2::uuid");
CH_FUNCTION(load_acceptance, "licensing.load_acceptance", "$1::uuid, $2::text, $3::uuid, $4::text, $5::boolean");
CH_FUNCTION(store_acceptance, "licensing.accept_offer",
            "$1::uuid, $2::text, $3::uuid, $4::text, $5::boolean, $6::text, $7::text");
LICENSING_READ(read_agreement, "licensing.get_agreement", "$1::uuid, $2::uuid");

struct acceptance {
    const char *agreement_hash;
    const char *id, *fresh;
};

static const struct ch_field FIELDS[] = {CH_FIELD(CH_FIELD_TEXT, acceptance, agreement_hash, true, 64, 64, NULL), {0}};

static bool is_fresh(const struct ch_actor *actor)
{
    int64_t since = json_integer_value(json_object_get(actor->claims, "auth_time"));
    return json_is_true(json_object_get(actor->claims, "totp")) && since > 0 && time(NULL) - since < FRESH_SECONDS;
}

static struct ch_done *counter_sign(struct ch_request *request, const struct ch_answer *answer)
{
    const struct acceptance *in = ch_state(request);
    struct ch_arena *arena = ch_arena_of(request);
    size_t size;
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const char *signed_text = ch_json_canonical(arena, licensing_parse(arena, answer->body), &size);
    const char *jws = ch_jws_sign(arena, licensing_of(request)->agreement_key, "agreement+jws", signed_text, size);
    return ch_call(request, &store_acceptance,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), in->id, in->agreement_hash, in->fresh,
                           signed_text, jws));
}

struct ch_done *licensing_accept_offer(struct ch_request *request)
{
    struct acceptance *in = ch_alloc(ch_arena_of(request), sizeof *in);
    struct ch_done *done = ch_decode(request, FIELDS, in);
    if (done)
        return done;
    in->id = licensing_path_id(request, "id");
    in->fresh = is_fresh(ch_actor(request)) ? "true" : "false";
    if (in->id == NULL)
        return ch_reply(request, "not_found", NULL);
    ch_set_state(request, in);
    return ch_call_then(
        request, &load_acceptance,
        CH_ARGS(licensing_actor(request), ch_idempotency_key(request), in->id, in->agreement_hash, in->fresh),
        counter_sign);
}

struct ch_done *licensing_get_offer(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_offer, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_get_agreement(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_agreement, CH_ARGS(licensing_actor(request), id));
}
