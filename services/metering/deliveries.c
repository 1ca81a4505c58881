/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What became of a delivery: figures, resume tokens, and a receipt that the trust signs, to hold against the invoice.
 */
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "commonhold/json.h"
#include "commonhold/jwt.h"
#include "core/resume.h"
#include "metering.h"

CH_FUNCTION(get_delivery_fn, "metering.get_delivery", "$1::uuid, $2::uuid");
CH_FUNCTION(list_deliveries_fn, "metering.list_deliveries", "$1::uuid, $2::uuid, $3::integer, $4::uuid");
CH_FUNCTION(get_grant_usage_fn, "metering.get_grant_usage", "$1::uuid, $2::uuid");

static bool is_id(const char *text)
{
    uint8_t bytes[16];
    return ch_id_parse(text, bytes);
}

/* A token behind each batch; the delivery's own is behind the last that was sent. */
static void add_tokens(struct ch_arena *arena, const uint8_t key[32], json_t *body)
{
    struct resume at = {0};
    json_t *batch;
    size_t i;
    bool fine = ch_id_parse(json_string_value(json_object_get(body, "id")), at.delivery) &&
                ch_unhex(json_string_value(json_object_get(body, "plan_hash")), at.plan_hash, 32);
    json_object_set_new(body, "resume", json_null());
    json_array_foreach(json_object_get(body, "batches"), i, batch)
    {
        const char *state = json_string_value(json_object_get(batch, "state"));
        at.row_id = json_integer_value(json_object_get(batch, "last_row"));
        at.batch = (int32_t)json_integer_value(json_object_get(batch, "no"));
        json_object_del(batch, "last_row");
        if (!fine || !state)
            continue;
        const char *token = resume_write(arena, key, &at);
        json_object_set_new(batch, "resume", json_string(token));
        if (strcmp(state, "sent") == 0)
            json_object_set_new(body, "resume", json_string(token));
    }
}

/* JWS over the delivery's lasting members; a delivery that still runs has none. */
static void add_receipt(struct ch_request *request, json_t *body)
{
    static const char *const MEMBERS[] = {"id",   "grant_id", "pool",        "state",        "opened_at",    "ended_at",
                                          "rows", "bytes",    "body_sha256", "counted_rows", "terms_sha256", NULL};
    struct ch_arena *arena = ch_arena_of(request);
    json_object_set_new(body, "receipt", json_null());
    if (strcmp(json_string_value(json_object_get(body, "state")), "open") == 0)
        return;
    json_t *claims = ch_json_own(arena, json_object());
    json_object_set_new(claims, "iss", json_string(ch_context(request)->issuer));
    for (size_t i = 0; MEMBERS[i]; i++)
        json_object_set(claims, MEMBERS[i], json_object_get(body, MEMBERS[i]));
    const char *token = ch_jwt_sign(arena, metering_of(request)->delivery_key, "commonhold-delivery+jws", claims);
    json_object_set_new(body, "receipt", json_string(token));
}

static struct ch_done *found(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    uint8_t key[32];
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *body = metering_parse(arena, answer->body);
    if (!body || !metering_unwrap(metering_of(request), json_string_value(json_object_get(body, "wrapped")), key))
        return ch_reply(request, "internal", NULL);
    json_object_del(body, "wrapped");
    add_tokens(arena, key, body);
    add_receipt(request, body);
    return ch_reply(request, "ok", ch_json_canonical(arena, body, NULL));
}

struct ch_done *get_delivery(struct ch_request *request)
{
    if (!is_id(ch_path(request, "id")))
        return ch_reply(request, "not_found", NULL);
    return ch_call_then(request, &get_delivery_fn, CH_ARGS(ch_actor(request)->org, ch_path(request, "id")), found);
}

struct ch_done *list_deliveries(struct ch_request *request)
{
    const char *grant = ch_query(request, "grant"), *after = ch_query(request, "after"),
               *limit = ch_query(request, "limit");
    if ((grant && !is_id(grant)) || (after && !is_id(after)))
        return ch_refuse(request, "bad_request", "grant and after are identifiers");
    if (!limit)
        limit = "50";
    size_t digits = strspn(limit, "0123456789");
    if (limit[digits] || digits == 0 || digits > 3 || strtol(limit, NULL, 10) < 1 || strtol(limit, NULL, 10) > 100)
        return ch_refuse(request, "bad_request", "limit is 1 to 100");
    return ch_call(request, &list_deliveries_fn, CH_ARGS(ch_actor(request)->org, grant, limit, after));
}

struct ch_done *get_grant_usage(struct ch_request *request)
{
    if (!is_id(ch_path(request, "id")))
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &get_grant_usage_fn, CH_ARGS(ch_actor(request)->org, ch_path(request, "id")));
}
