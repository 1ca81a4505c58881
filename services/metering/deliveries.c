/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What became of a delivery: figures, resume tokens, and its receipt. */
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "commonhold/json.h"
#include "core/resume.h"
#include "metering.h"

CH_FUNCTION(get_delivery_fn, "metering.get_delivery", "$1::uuid, $2::uuid");
CH_FUNCTION(list_deliveries_fn, "metering.list_deliveries", "$1::uuid, $2::uuid, $3::integer, $4::uuid");

static bool is_id(const char *text)
{
    uint8_t bytes[16];
    return ch_id_parse(text, bytes);
}

/* A token behind each batch but those that did not arrive; the delivery's own is behind the last that was sent. In
 * front of the first one is a token too: who has no whole batch asks for all of it again within the chain, for what the
 * network acknowledged was counted. A resumed delivery began with such a token itself. */
static void add_tokens(struct ch_arena *arena, const uint8_t key[32], json_t *body)
{
    struct resume at = {0};
    json_t *batch;
    size_t i;
    bool fine = ch_id_parse(json_string_value(json_object_get(body, "id")), at.delivery) &&
                ch_unhex(json_string_value(json_object_get(body, "plan_hash")), at.plan_hash, 32);
    bool first = fine && json_is_null(json_object_get(body, "resumed_from"));
    json_object_set_new(body, "restart", first ? json_string(resume_write(arena, key, &at)) : json_null());
    json_object_set_new(body, "resume", json_null());
    json_array_foreach(json_object_get(body, "batches"), i, batch)
    {
        const char *state = json_string_value(json_object_get(batch, "state"));
        at.row_id = json_integer_value(json_object_get(batch, "last_row"));
        at.batch = (int32_t)json_integer_value(json_object_get(batch, "no"));
        json_object_del(batch, "last_row");
        json_object_set_new(batch, "resume", json_null());
        if (!fine || !state || strcmp(state, "unsent") == 0)
            continue;
        const char *token = resume_write(arena, key, &at);
        json_object_set_new(batch, "resume", json_string(token));
        if (strcmp(state, "sent") == 0)
            json_object_set_new(body, "resume", json_string(token));
    }
}

/* What get_delivery_fn answered, without what is the process's own; NULL: the reply is finished, see *done. */
static json_t *read_delivery(struct ch_request *request, const struct ch_answer *answer, struct ch_done **done)
{
    struct ch_arena *arena = ch_arena_of(request);
    uint8_t key[32];
    json_t *body = NULL;
    if (strcmp(answer->outcome, "ok") != 0) {
        *done = ch_reply(request, answer->outcome, answer->body);
        return NULL;
    }
    body = metering_parse(arena, answer->body);
    if (!body || !metering_unwrap(metering_of(request), json_string_value(json_object_get(body, "wrapped")), key)) {
        *done = ch_reply(request, "internal", NULL);
        return NULL;
    }
    json_object_del(body, "wrapped");
    add_tokens(arena, key, body);
    const char *receipt = receipt_of_delivery(request, body);
    json_object_set_new(body, "receipt", receipt ? json_string(receipt) : json_null());
    return body;
}

static struct ch_done *found(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_done *done = NULL;
    const json_t *body = read_delivery(request, answer, &done);
    return body ? ch_reply(request, "ok", ch_json_canonical(ch_arena_of(request), body, NULL)) : done;
}

static struct ch_done *found_receipt(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_done *done = NULL;
    const json_t *body = read_delivery(request, answer, &done);
    if (!body)
        return done;
    const char *receipt = json_string_value(json_object_get(body, "receipt"));
    if (!receipt)
        return ch_refuse(request, "not_allowed_here", "the delivery still runs: its receipt is made when it has ended");
    return ch_reply_bytes(request, 200, "application/jose", receipt, strlen(receipt));
}

static struct ch_done *ask(struct ch_request *request, ch_continue *next)
{
    if (!is_id(ch_path(request, "id")))
        return ch_reply(request, "not_found", NULL);
    return ch_call_then(request, &get_delivery_fn, CH_ARGS(ch_actor(request)->org, ch_path(request, "id")), next);
}

struct ch_done *get_delivery(struct ch_request *request)
{
    return ask(request, found);
}

struct ch_done *get_delivery_receipt(struct ch_request *request)
{
    return ask(request, found_receipt);
}

struct ch_done *list_deliveries(struct ch_request *request)
{
    const char *grant = ch_query(request, "grant"), *after = ch_query(request, "after"),
               *limit = metering_limit(request);
    if (!limit || (grant && !is_id(grant)) || (after && !is_id(after)))
        return ch_refuse(request, "bad_request", "limit is 1 to 100, grant and after are identifiers");
    return ch_call(request, &list_deliveries_fn, CH_ARGS(ch_actor(request)->org, grant, limit, after));
}
