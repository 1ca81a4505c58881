/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Terms drafts: load what a draft is compared with, let core/ review it, store both. Which terms are in force is
 * governance's to say. */
#include <string.h>

#include "commonhold/id.h"
#include "commonhold/json.h"
#include "decide.h"
#include "licensing.h"

CH_FUNCTION(load_draft, "licensing.load_terms_draft", "$1::uuid, $2::text, $3::uuid, $4::text, $5::text");
CH_FUNCTION(save_terms, "licensing.save_terms",
            "$1::uuid, $2::text, $3::uuid, $4::bigint, $5::text, $6::jsonb, $7::jsonb");
CH_READ(read_terms, "licensing.get_terms", "$1::uuid, $2::uuid");
CH_READ(read_terms_list, "licensing.list_terms", "$1::uuid, $2::text, $3::integer, $4::uuid");
CH_READ(load_comparison, "licensing.load_comparison", "$1::uuid, $2::uuid, $3::uuid");
CH_READ(describe_comparison, "licensing.describe_comparison", "$1::uuid, $2::jsonb");

struct draft {
    const json_t *doc;
    const char *id, *version; /* NULL: a new draft */
};

static const struct ch_field FIELDS[] = {CH_FIELD(CH_FIELD_OBJECT, draft, doc, true, 0, 0, NULL), {0}};

static struct ch_done *review(struct ch_request *request, const struct ch_answer *answer)
{
    const struct draft *in = ch_state(request);
    struct ch_arena *arena = ch_arena_of(request);
    json_t *faults;
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *context = licensing_parse(arena, answer->body);
    if (json_object_get(context, "new_notice") == NULL) /* a repeat: the answer of the first time */
        return ch_reply(request, answer->outcome, answer->body);
    const char *in_force = json_string_value(json_object_get(context, "in_force"));
    int64_t notice = json_integer_value(json_object_get(context, "new_notice"));
    json_t *result = licensing_review_terms(arena, in->doc, in_force, notice, &faults);
    if (result == NULL)
        return licensing_refuse_errors(request, "invalid", faults);
    json_object_del(context, "in_force");
    json_object_del(context, "schema");
    return ch_call(request, &save_terms,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), in->id, in->version,
                           ch_json_canonical(arena, in->doc, NULL), ch_json_canonical(arena, context, NULL),
                           ch_json_canonical(arena, result, NULL)));
}

static struct ch_done *save(struct ch_request *request, struct draft *in)
{
    struct ch_done *done = ch_decode(request, FIELDS, in);
    if (done)
        return done;
    const char *pool = json_string_value(json_object_get(in->doc, "pool"));
    if (pool == NULL)
        return licensing_refuse_field(request, "/doc/pool", "the pool's ref is missing");
    int64_t version = json_integer_value(json_object_get(in->doc, "version"));
    if (version < 1 || version > INT32_MAX)
        return licensing_refuse_field(request, "/doc/version", "is no version number");
    ch_set_state(request, in);
    return ch_call_then(request, &load_draft,
                        CH_ARGS(licensing_actor(request), ch_idempotency_key(request), in->id, pool,
                                ch_json_canonical(ch_arena_of(request), in->doc, NULL)),
                        review);
}

struct ch_done *licensing_post_terms(struct ch_request *request)
{
    return save(request, ch_alloc(ch_arena_of(request), sizeof(struct draft)));
}

struct ch_done *licensing_put_terms(struct ch_request *request)
{
    struct draft *in = ch_alloc(ch_arena_of(request), sizeof *in);
    in->id = licensing_path_id(request, "id");
    if (in->id == NULL)
        return ch_reply(request, "not_found", NULL);
    struct ch_done *done = ch_if_match(request, &in->version);
    return done ? done : save(request, in);
}

struct ch_done *licensing_get_terms_list(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, true, &limit, &after);
    return done ? done
                : ch_call(request, &read_terms_list,
                          CH_ARGS(licensing_actor(request), ch_query(request, "pool"), limit, after));
}

struct ch_done *licensing_get_terms(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_terms, CH_ARGS(licensing_actor(request), id));
}

static struct ch_done *compared(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *loaded = licensing_parse(arena, answer->body);
    json_t *result = licensing_terms_difference(arena, json_string_value(json_object_get(loaded, "old")),
                                                json_string_value(json_object_get(loaded, "new")),
                                                json_integer_value(json_object_get(loaded, "new_notice")));
    if (result == NULL)
        return ch_refuse(request, "not_allowed_here", "One of the two is no complete terms document.");
    return ch_call(
        request, &describe_comparison,
        CH_ARGS(json_string_value(json_object_get(loaded, "pool_id")), ch_json_canonical(arena, result, NULL)));
}

struct ch_done *licensing_compare_terms(struct ch_request *request)
{
    uint8_t bytes[16];
    const char *id = licensing_path_id(request, "id"), *with = ch_query(request, "with");
    if (with == NULL || !ch_id_parse(with, bytes))
        return ch_refuse(request, "bad_request", "with names the terms to compare with.");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call_then(request, &load_comparison, CH_ARGS(licensing_actor(request), id, with), compared);
}
