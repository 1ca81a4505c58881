/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /metering/v1/pools/{pool}/rows: reads the request, loads what the grant says, sets the delivery up. The first
 * batch decides whether the answer is a stream or a refusal. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "delivery.h"

CH_FUNCTION(load_delivery, "metering.load_delivery", "$1::uuid, $2::text, $3::bigint, $4::text[], $5::bytea, $6::uuid");

/* What is known before the grant is. */
struct asked {
    struct question question;
    char id[37]; /* of the delivery: a request of the quota is set aside for it */
};

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int64_t integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void keep(char into[37], const char *text)
{
    if (strlen(text) == 36)
        memcpy(into, text, 37);
}

/* What lives longer than the request: the delivery goes on ending when the client has left. */
static void take_grant(struct delivery *d, const json_t *grant)
{
    keep(d->grant, member(grant, "grant_id"));
    keep(d->pool_id, member(grant, "pool_id"));
    keep(d->org, member(grant, "organisation_id"));
    d->ref = ch_strdup(d->arena, member(grant, "pool"));
    d->purpose = ch_strdup(d->arena, member(grant, "purpose"));
    d->class = ch_strdup(d->arena, member(grant, "class"));
    d->terms = ch_strdup(d->arena, member(grant, "terms_sha256"));
    d->notice_floor = integer(grant, "notice_floor");
    d->min_cohort = integer(grant, "min_cohort");
    d->not_after_us = integer(grant, "not_after_us");
    d->explicit_only = json_is_true(json_object_get(grant, "explicit_only"));
    d->known_grant = integer(grant, "epoch");
    d->known_consent = -1;
    d->until_us = d->not_after_us;
}

static void write_statements(struct delivery *d)
{
    question_write(d->arena, &d->question, ch_sql_pool_table(d->arena, d->pool_id), &d->sql);
    d->args = ch_alloc_array(d->arena, QUESTION_FIXED + FILTERS_MOST + 1, sizeof *d->args);
}

static void set_position(struct delivery *d)
{
    d->from.batch = -1;
    if (!d->question.after)
        return;
    memcpy(d->from.plan_hash, d->question.hash, 32);
    if (resume_read(d->key, d->question.after, &d->from))
        d->position = d->resume_row = d->from.row_id;
    else
        d->from.batch = -2;
}

static struct delivery *new_delivery(struct ch_request *request, const struct asked *asked)
{
    struct delivery *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    d->request = request;
    d->pool = ch_pool_of(request);
    d->base = ch_context(request)->base;
    d->arena = ch_arena_new();
    d->scratch = ch_arena_new();
    d->question = asked->question;
    d->hash = ch_sha256_begin();
    d->window = d->search_span = WINDOW_FIRST;
    d->rows_most = BATCH_ROWS;
    d->byte_want = BATCH_BYTES;
    d->spread = 1;
    d->apart = 1;
    d->wanting = true;
    memcpy(d->id, asked->id, sizeof d->id);
    delivery_list(d);
    return d;
}

static struct ch_done *give_up(struct delivery *d, struct ch_done *done)
{
    delivery_drop(d);
    return done;
}

static struct ch_done *set_up(struct ch_request *request, const json_t *grant)
{
    struct delivery *d = new_delivery(request, ch_state(request));
    take_grant(d, grant);
    json_t *own = json_deep_copy(grant);
    ch_arena_on_free(d->arena, (void (*)(void *))json_decref, own);
    d->plan = plan_read(d->arena, json_object_get(own, "plan"), json_object_get(own, "schema"));
    struct ch_done *refused = question_bind(request, d->arena, &d->plan, &d->question);
    if (refused)
        return give_up(d, refused);
    if (d->question.count == 0)
        return give_up(d, ch_refuse(request, "column_not_granted", "the grant gives no column"));
    if (!metering_unwrap(metering_of(request), member(grant, "wrapped"), d->key))
        return give_up(d, ch_reply(request, "internal", NULL));
    set_position(d);
    if (d->from.batch == -2)
        return give_up(d, ch_refuse(request, "resume_refused", "the token is not one of this grant and question"));
    d->left = d->question.limit;
    write_statements(d);
    d->working = true;
    return ch_session_then(request, delivery_session, d);
}

static struct ch_done *loaded(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return metering_refuse(request, answer->outcome, answer->body);
    const json_t *grant = metering_parse(ch_arena_of(request), answer->body);
    if (!grant)
        return ch_reply(request, "internal", NULL);
    return set_up(request, grant);
}

struct ch_done *get_rows(struct ch_request *request)
{
    struct ch_arena *arena = ch_arena_of(request);
    const json_t *claims = ch_actor(request)->claims;
    struct asked *asked = ch_alloc(arena, sizeof *asked);
    uint8_t key[32], wrapped[40];
    char hex[83] = "\\x";
    struct ch_done *refused = metering_limit_rate(request);
    if (!refused)
        refused = question_read(request, &asked->question);
    if (refused)
        return refused;
    ch_random(key, sizeof key);
    ch_key_wrap(metering_of(request)->grant_secret, key, wrapped);
    ch_hex(wrapped, sizeof wrapped, hex + 2);
    memset(key, 0, sizeof key);
    ch_id_new(asked->id);
    ch_set_state(request, asked);
    return ch_call_then(request, &load_delivery,
                        CH_ARGS(member(claims, "grant"), ch_path(request, "pool"),
                                ch_printf(arena, "%" PRId64, integer(claims, "epoch")), question_selected(request), hex,
                                asked->id),
                        loaded);
}
