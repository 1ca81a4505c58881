/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys an organisation registered to accept agreements with: public halves only, added and ended by a signatory with a
 * fresh password and TOTP. Verifying what they signed is in offers.c. */
#include "commonhold/json.h"
#include "licensing.h"

CH_FUNCTION(add_key, "licensing.add_organisation_key", "$1::uuid, $2::text, $3::uuid, $4::boolean, $5::jsonb");
CH_FUNCTION(end_key, "licensing.end_organisation_key", "$1::uuid, $2::uuid, $3::boolean, $4::jsonb");
CH_READ(read_keys, "licensing.list_organisation_keys", "$1::uuid, $2::uuid");

struct key {
    const char *name, *kid;
    const json_t *jwk;
};

static const struct ch_field ADD[] = {
    CH_FIELD(CH_FIELD_TEXT, key, name, true, 1, 120, NULL), CH_FIELD(CH_FIELD_OBJECT, key, jwk, true, 0, 0, NULL), {0}};
static const struct ch_field END[] = {CH_FIELD(CH_FIELD_TEXT, key, kid, true, 43, 43, NULL), {0}};

struct ch_done *licensing_post_organisation_key(struct ch_request *request)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct key in = {0};
    struct licensing_jwk key;
    const char *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, ADD, &in);
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    done = licensing_read_jwk(request, in.jwk, &key);
    if (done)
        return done;
    const json_t *body = ch_json_pack(arena, "{s:s,s:s,s:s}", "name", in.name, "kid", key.kid, "x", key.x);
    return ch_call(request, &add_key,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, licensing_fresh(request),
                           ch_json_canonical(arena, body, NULL)));
}

struct ch_done *licensing_end_organisation_key(struct ch_request *request)
{
    struct key in = {0};
    const char *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, END, &in);
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    return ch_call(request, &end_key,
                   CH_ARGS(licensing_actor(request), id, licensing_fresh(request), ch_body_json(request)));
}

struct ch_done *licensing_get_organisation_keys(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_keys, CH_ARGS(licensing_actor(request), id));
}
