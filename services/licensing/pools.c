/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pools: drafts by the licensing officer, and what everybody may read. A pool opens when its charter is in force
 * (licensing.apply_charters), never by a request. */
#include <string.h>

#include "commonhold/json.h"
#include "decide.h"
#include "licensing.h"

CH_FUNCTION(create_pool, "licensing.create_pool", "$1::uuid, $2::text, $3::text, $4::jsonb");
CH_FUNCTION(edit_pool, "licensing.edit_pool", "$1::uuid, $2::text, $3::bigint, $4::text, $5::jsonb");
LICENSING_READ(read_pool, "licensing.get_pool", "$1::uuid, $2::text");
LICENSING_READ(read_schema, "licensing.get_schema", "$1::uuid, $2::text");
LICENSING_READ(read_pools, "licensing.list_pools", "$1::uuid, $2::integer, $3::text");

struct pool_draft {
    const char *ref, *title;
    const json_t *schema;
};

static const struct ch_field DRAFT[] = {CH_FIELD(CH_FIELD_TEXT, pool_draft, ref, true, 1, 32, NULL),
                                        CH_FIELD(CH_FIELD_TEXT, pool_draft, title, true, 3, 200, NULL),
                                        CH_FIELD(CH_FIELD_OBJECT, pool_draft, schema, true, 0, 0, NULL),
                                        {0}};
static const struct ch_field CHANGE[] = {CH_FIELD(CH_FIELD_TEXT, pool_draft, title, false, 3, 200, NULL),
                                         CH_FIELD(CH_FIELD_OBJECT, pool_draft, schema, false, 0, 0, NULL),
                                         {0}};

static bool is_ref(const char *ref)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    return *ref >= 'a' && *ref <= 'z' && ref[strspn(ref, LETTERS)] == '\0';
}

/* NULL when the schema is one a pool can have; pointers of its faults lie below /schema. */
static struct ch_done *check_schema(struct ch_request *request, const json_t *schema)
{
    struct ch_arena *arena = ch_arena_of(request);
    bool unsupported;
    json_t *faults = licensing_check_schema(arena, schema, &unsupported);
    for (size_t i = 0; i < json_array_size(faults); i++) {
        json_t *fault = json_array_get(faults, i);
        const char *pointer = json_string_value(json_object_get(fault, "pointer"));
        json_object_set_new(fault, "pointer", json_string(ch_printf(arena, "/schema%s", pointer)));
    }
    return faults ? licensing_refuse_errors(request, unsupported ? "schema_unsupported" : "invalid", faults) : NULL;
}

struct ch_done *licensing_post_pool(struct ch_request *request)
{
    struct pool_draft in = {0};
    struct ch_done *done = ch_decode(request, DRAFT, &in);
    if (done == NULL && !is_ref(in.ref))
        done = licensing_refuse_field(request, "/ref", "does not match [a-z][a-z0-9-]{0,31}");
    if (done == NULL)
        done = check_schema(request, in.schema);
    if (done)
        return done;
    return ch_call(request, &create_pool,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request),
                           ch_json_canonical(ch_arena_of(request), in.schema, NULL), ch_body_json(request)));
}

struct ch_done *licensing_patch_pool(struct ch_request *request)
{
    struct pool_draft in = {0};
    const char *version;
    struct ch_done *done = ch_decode(request, CHANGE, &in);
    if (done == NULL)
        done = licensing_if_match(request, &version);
    if (done == NULL && in.schema)
        done = check_schema(request, in.schema);
    if (done)
        return done;
    const char *schema = in.schema ? ch_json_canonical(ch_arena_of(request), in.schema, NULL) : NULL;
    return ch_call(request, &edit_pool,
                   CH_ARGS(licensing_actor(request), ch_path(request, "id"), version, schema, ch_body_json(request)));
}

struct ch_done *licensing_get_pool(struct ch_request *request)
{
    return ch_call(request, &read_pool, CH_ARGS(licensing_actor(request), ch_path(request, "id")));
}

struct ch_done *licensing_get_pool_schema(struct ch_request *request)
{
    return ch_call(request, &read_schema, CH_ARGS(licensing_actor(request), ch_path(request, "id")));
}

struct ch_done *licensing_get_pools(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, false, &limit, &after);
    return done ? done : ch_call(request, &read_pools, CH_ARGS(licensing_actor(request), limit, after));
}
