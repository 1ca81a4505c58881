/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pools: drafts and pauses by the licensing officer, and what everybody may read. A pool opens, grows and closes when a
 * charter the members enacted is in force (licensing.apply_charters), never by a request. */
#include <string.h>

#include "commonhold/json.h"
#include "decide.h"
#include "licensing.h"

CH_FUNCTION(create_pool, "licensing.create_pool", "$1::uuid, $2::text, $3::text, $4::jsonb");
CH_FUNCTION(edit_pool, "licensing.edit_pool", "$1::uuid, $2::text, $3::bigint, $4::text, $5::jsonb");
CH_READ(read_pool, "licensing.get_pool", "$1::uuid, $2::text");
CH_FUNCTION(load_growth, "licensing.load_growth", "$1::uuid, $2::text, $3::text, $4::jsonb");
CH_FUNCTION(save_growth, "licensing.save_growth",
            "$1::uuid, $2::text, $3::text, $4::text, $5::text, $6::jsonb, $7::jsonb");
CH_FUNCTION(do_command, "licensing.command_pool", "$1::uuid, $2::text, $3::text, $4::text, $5::jsonb");
CH_READ(read_schema, "licensing.get_schema", "$1::uuid, $2::text, $3::integer");
CH_READ(read_notices, "licensing.list_notices", "$1::uuid, $2::text, $3::integer, $4::integer");
CH_READ(read_quality, "licensing.get_quality", "$1::uuid, $2::text");
CH_READ(read_pools, "licensing.list_pools", "$1::uuid, $2::integer, $3::text");

struct pool_draft {
    const char *ref, *title, *reason;
    const json_t *schema;
};

static const struct ch_field DRAFT[] = {CH_FIELD(CH_FIELD_TEXT, pool_draft, ref, true, 1, 32, NULL),
                                        CH_FIELD(CH_FIELD_TEXT, pool_draft, title, true, 3, 200, NULL),
                                        CH_FIELD(CH_FIELD_OBJECT, pool_draft, schema, true, 0, 0, NULL),
                                        {0}};
static const struct ch_field CHANGE[] = {CH_FIELD(CH_FIELD_TEXT, pool_draft, title, false, 3, 200, NULL),
                                         CH_FIELD(CH_FIELD_OBJECT, pool_draft, schema, false, 0, 0, NULL),
                                         {0}};
static const struct ch_field GROWTH[] = {CH_FIELD(CH_FIELD_OBJECT, pool_draft, schema, true, 0, 0, NULL), {0}};
static const struct ch_field REASON[] = {CH_FIELD(CH_FIELD_TEXT, pool_draft, reason, true, 1, 1000, NULL), {0}};

static bool is_ref(const char *ref)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    return *ref >= 'a' && *ref <= 'z' && ref[strspn(ref, LETTERS)] == '\0';
}

static struct ch_done *refuse_schema(struct ch_request *request, const json_t *faults, bool unsupported)
{
    struct ch_arena *arena = ch_arena_of(request);
    for (size_t i = 0; i < json_array_size(faults); i++) {
        json_t *fault = json_array_get(faults, i);
        const char *pointer = json_string_value(json_object_get(fault, "pointer"));
        json_object_set_new(fault, "pointer", json_string(ch_printf(arena, "/schema%s", pointer)));
    }
    return licensing_refuse_errors(request, unsupported ? "schema_unsupported" : "invalid", faults);
}

/* NULL when the schema is one a pool can have; pointers of its faults lie below /schema. */
static struct ch_done *check_schema(struct ch_request *request, const json_t *schema)
{
    bool unsupported;
    const json_t *faults = licensing_check_schema(ch_arena_of(request), schema, &unsupported);
    return faults ? refuse_schema(request, faults, unsupported) : NULL;
}

/* A whole number of a query without leading zeros, at most nine digits, or NULL where it is absent. */
static bool read_number(const struct ch_request *request, const char *name, const char **number)
{
    *number = ch_query(request, name);
    return *number == NULL || (**number >= '1' && **number <= '9' && strlen(*number) <= 9 &&
                               (*number)[strspn(*number, "0123456789")] == '\0');
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
        done = ch_if_match(request, &version);
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
    const char *version;
    if (!read_number(request, "version", &version))
        return ch_refuse(request, "bad_request", "version is not the number of a charter version.");
    return ch_call(request, &read_schema, CH_ARGS(licensing_actor(request), ch_path(request, "id"), version));
}

static struct ch_done *with_current(struct ch_request *request, const struct ch_answer *answer)
{
    const struct pool_draft *in = ch_state(request);
    struct ch_arena *arena = ch_arena_of(request);
    const json_t *columns;
    bool unsupported;
    if (strcmp(answer->outcome, "ok") != 0) /* a refusal, or a repeat: the answer of the first time */
        return ch_reply(request, answer->outcome, answer->body);
    json_t *current = licensing_parse(arena, answer->body);
    const json_t *faults =
        licensing_check_growth(arena, json_object_get(current, "schema"), in->schema, &unsupported, &columns);
    if (faults)
        return refuse_schema(request, faults, unsupported);
    return ch_call(request, &save_growth,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), ch_path(request, "id"),
                           json_string_value(json_object_get(current, "schema_sha256")),
                           ch_json_canonical(arena, in->schema, NULL), ch_json_canonical(arena, columns, NULL),
                           ch_body_json(request)));
}

struct ch_done *licensing_post_pool_schema(struct ch_request *request)
{
    struct pool_draft *in = ch_alloc(ch_arena_of(request), sizeof *in);
    struct ch_done *done = ch_decode(request, GROWTH, in);
    if (done)
        return done;
    ch_set_state(request, in);
    return ch_call_then(
        request, &load_growth,
        CH_ARGS(licensing_actor(request), ch_idempotency_key(request), ch_path(request, "id"), ch_body_json(request)),
        with_current);
}

struct ch_done *licensing_get_pool_notices(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, false, &limit, &after);
    if (done == NULL && !read_number(request, "after", &after))
        done = ch_refuse(request, "bad_request", "after is not a cursor of this list.");
    return done ? done
                : ch_call(request, &read_notices,
                          CH_ARGS(licensing_actor(request), ch_path(request, "id"), limit, after));
}

struct ch_done *licensing_get_pool_quality(struct ch_request *request)
{
    return ch_call(request, &read_quality, CH_ARGS(licensing_actor(request), ch_path(request, "id")));
}

static struct ch_done *command(struct ch_request *request, const char *name)
{
    struct pool_draft in = {0};
    struct ch_done *done = ch_decode(request, REASON, &in);
    return done ? done
                : ch_call(request, &do_command,
                          CH_ARGS(licensing_actor(request), ch_idempotency_key(request), ch_path(request, "id"), name,
                                  ch_body_json(request)));
}

struct ch_done *licensing_pause_pool(struct ch_request *request)
{
    return command(request, "pause");
}

struct ch_done *licensing_resume_pool(struct ch_request *request)
{
    return command(request, "resume");
}

struct ch_done *licensing_get_pools(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, false, &limit, &after);
    return done ? done : ch_call(request, &read_pools, CH_ARGS(licensing_actor(request), limit, after));
}
