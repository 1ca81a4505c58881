/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Receipts that the trust signs, to hold against the invoice: of a delivery, and of a sealed month of a grant. Whoever
 * holds one verifies it without us, with the key of use delivery in /.well-known/jwks.json. They are made anew each
 * time from what no longer changes, and come out the same (Ed25519 signs without chance). */
#include <string.h>

#include "commonhold/id.h"
#include "commonhold/json.h"
#include "commonhold/jwt.h"
#include "core/accept.h"
#include "metering.h"

CH_FUNCTION(get_month_receipt_fn, "metering.get_month_receipt", "$1::uuid, $2::uuid, $3::date");

static const char *sign(struct ch_request *request, const char *type, json_t *claims)
{
    json_object_set_new(claims, "iss", json_string(ch_context(request)->issuer));
    return ch_jwt_sign(ch_arena_of(request), metering_of(request)->delivery_key, type, claims);
}

const char *receipt_of_delivery(struct ch_request *request, const json_t *body)
{
    static const char *const MEMBERS[] = {"id",           "grant_id",     "pool",         "state",       "opened_at",
                                          "ended_at",     "rows",         "bytes",        "body_sha256", "plan_hash",
                                          "counted_rows", "terms_sha256", "resumed_from", NULL};
    const char *state = json_string_value(json_object_get(body, "state"));
    if (!state || strcmp(state, "open") == 0)
        return NULL;
    json_t *claims = ch_json_own(ch_arena_of(request), json_object());
    for (size_t i = 0; MEMBERS[i]; i++)
        json_object_set(claims, MEMBERS[i], json_object_get(body, MEMBERS[i]));
    return sign(request, "commonhold-delivery+jws", claims);
}

/* The receipt alone where the client would rather have it. */
static struct ch_done *month_found(struct ch_request *request, const struct ch_answer *answer)
{
    static const char *const TYPES[] = {"application/json", "application/jose"};
    struct ch_arena *arena = ch_arena_of(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *claims = metering_parse(arena, answer->body);
    if (!claims)
        return ch_reply(request, "internal", NULL);
    const char *receipt = sign(request, "commonhold-usage+jws", claims);
    if (accept_choose(ch_header(request, "Accept"), TYPES, 2) == 1)
        return ch_reply_bytes(request, 200, TYPES[1], receipt, strlen(receipt));
    json_object_set_new(claims, "receipt", json_string(receipt));
    return ch_reply(request, "ok", ch_json_canonical(arena, claims, NULL));
}

struct ch_done *get_month_receipt(struct ch_request *request)
{
    uint8_t bytes[16];
    const char *month = metering_month(ch_arena_of(request), ch_path(request, "month"));
    if (!ch_id_parse(ch_path(request, "id"), bytes))
        return ch_reply(request, "not_found", NULL);
    if (!month)
        return ch_refuse(request, "bad_request", "month is YYYY-MM");
    ch_set_header(request, "Vary", "Accept");
    return ch_call_then(request, &get_month_receipt_fn, CH_ARGS(ch_actor(request)->org, ch_path(request, "id"), month),
                        month_found);
}
