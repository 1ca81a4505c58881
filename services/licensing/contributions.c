/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Contributions as their members announce, follow and withdraw them. Bytes come by uploads.c, rows by ingest.c. */
#include <string.h>

#include "commonhold/json.h"
#include "decide.h"
#include "licensing.h"

CH_FUNCTION(create_contribution, "licensing.create_contribution", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(end_contribution, "licensing.withdraw_contribution", "$1::uuid, $2::text, $3::uuid");
LICENSING_READ(read_schema, "licensing.get_schema", "$1::uuid, $2::text");
LICENSING_READ(read_contribution, "licensing.get_contribution", "$1::uuid, $2::uuid");
LICENSING_READ(read_contributions, "licensing.list_contributions", "$1::uuid, $2::text, $3::integer, $4::uuid");
LICENSING_READ(read_errors, "licensing.list_errors", "$1::uuid, $2::uuid");

struct contribution {
    const char *pool, *format, *replaces, *sha256;
    const json_t *dialect, *provenance, *licence;
    bool accept_partial;
};

static const struct ch_field FIELDS[] = {CH_FIELD(CH_FIELD_TEXT, contribution, pool, true, 1, 36, NULL),
                                         CH_FIELD(CH_FIELD_CODE, contribution, format, true, 0, 0, "csv ndjson"),
                                         CH_FIELD(CH_FIELD_OBJECT, contribution, dialect, false, 0, 0, NULL),
                                         CH_FIELD(CH_FIELD_OBJECT, contribution, provenance, true, 0, 0, NULL),
                                         CH_FIELD(CH_FIELD_OBJECT, contribution, licence, true, 0, 0, NULL),
                                         CH_FIELD(CH_FIELD_BOOL, contribution, accept_partial, false, 0, 0, NULL),
                                         CH_FIELD(CH_FIELD_UUID, contribution, replaces, false, 0, 0, NULL),
                                         CH_FIELD(CH_FIELD_TEXT, contribution, sha256, false, 64, 64, NULL),
                                         {0}};

static void need_code(json_t *errors, const json_t *object, const char *pointer, const char *name, const char *codes)
{
    const char *value = json_string_value(json_object_get(object, name));
    const char *at = value ? strstr(codes, value) : NULL;
    size_t length = value ? strlen(value) : 0;
    if (at && length > 0 && (at == codes || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
        return;
    json_array_append_new(errors, json_pack("{s:s,s:s+}", "pointer", pointer, "detail", "is not one of ", codes));
}

static void need_text(json_t *errors, const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    if (value == NULL || strlen(value) < 1 || strlen(value) > 4000)
        json_array_append_new(
            errors, json_pack("{s:s+,s:s}", "pointer", "/provenance/", name, "detail", "text of 1 to 4000 bytes"));
}

/* Provenance and licence statement of licensing.md section 2. */
static json_t *check_statements(struct ch_arena *arena, const struct contribution *in)
{
    static const char *const TEXTS[] = {"software", "method", "processing"};
    json_t *errors = ch_json_own(arena, json_array());
    const json_t *period = json_object_get(in->provenance, "period");
    need_code(errors, in->provenance, "/provenance/source", "source", "device export manual other");
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        need_text(errors, in->provenance, TEXTS[i]);
    if (!json_is_string(json_object_get(period, "from")) || !json_is_string(json_object_get(period, "until")))
        json_array_append_new(errors, json_pack("{s:s,s:s}", "pointer", "/provenance/period", "detail",
                                                "an object with the texts from and until"));
    need_code(errors, in->licence, "/licence/kind", "kind", "own_data owner_permission open_licence");
    if (!json_is_integer(json_object_get(in->licence, "charter_version")))
        json_array_append_new(errors, json_pack("{s:s,s:s}", "pointer", "/licence/charter_version", "detail",
                                                "the version of the charter that is accepted"));
    const char *kind = json_string_value(json_object_get(in->licence, "kind"));
    if (kind && strcmp(kind, "open_licence") == 0 && !json_is_string(json_object_get(in->licence, "spdx")))
        json_array_append_new(errors, json_pack("{s:s,s:s}", "pointer", "/licence/spdx", "detail",
                                                "the SPDX identifier of the licence, with attribution beside it"));
    if (in->sha256 && strspn(in->sha256, "0123456789abcdef") != 64)
        json_array_append_new(errors,
                              json_pack("{s:s,s:s}", "pointer", "/sha256", "detail", "64 lower-case hex digits"));
    return errors;
}

static struct ch_done *with_schema(struct ch_request *request, const struct ch_answer *answer)
{
    const struct contribution *in = ch_state(request);
    struct ch_arena *arena = ch_arena_of(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const json_t *dialect = in->dialect ? in->dialect : ch_json_own(arena, json_object());
    json_t *faults = licensing_check_dialect(arena, licensing_parse(arena, answer->body), in->format, dialect);
    for (size_t i = 0; i < json_array_size(faults); i++) {
        json_t *fault = json_array_get(faults, i);
        const char *pointer = json_string_value(json_object_get(fault, "pointer"));
        json_object_set_new(fault, "pointer", json_string(ch_printf(arena, "/dialect%s", pointer)));
    }
    if (faults)
        return licensing_refuse_errors(request, "invalid", faults);
    return ch_call(request, &create_contribution,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *licensing_post_contribution(struct ch_request *request)
{
    struct contribution *in = ch_alloc(ch_arena_of(request), sizeof *in);
    struct ch_done *done = ch_decode(request, FIELDS, in);
    if (done)
        return done;
    json_t *errors = check_statements(ch_arena_of(request), in);
    if (json_array_size(errors) > 0)
        return licensing_refuse_errors(request, "invalid", errors);
    ch_set_state(request, in);
    return ch_call_then(request, &read_schema, CH_ARGS(licensing_actor(request), in->pool), with_schema);
}

struct ch_done *licensing_get_contributions(struct ch_request *request)
{
    const char *limit, *after, *sha256 = ch_query(request, "sha256");
    struct ch_done *done = licensing_page(request, true, &limit, &after);
    return done ? done : ch_call(request, &read_contributions, CH_ARGS(licensing_actor(request), sha256, limit, after));
}

struct ch_done *licensing_get_contribution(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_contribution, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_get_contribution_errors(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_errors, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_withdraw_contribution(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    static const struct ch_field NONE[] = {{0}};
    struct ch_done *done = ch_decode(request, NONE, NULL);
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    return ch_call(request, &end_contribution, CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id));
}
