/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Contributions as their members announce, follow and withdraw them. Bytes come by uploads.c, rows by ingest.c. */
#include <string.h>

#include "commonhold/json.h"
#include "decide.h"
#include "licensing.h"

CH_FUNCTION(create_contribution, "licensing.create_contribution", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(end_contribution, "licensing.withdraw_contribution", "$1::uuid, $2::text, $3::uuid");
CH_READ(read_schema, "licensing.get_schema", "$1::uuid, $2::text, NULL::integer");
CH_READ(read_contribution, "licensing.get_contribution", "$1::uuid, $2::uuid");
CH_READ(read_contributions, "licensing.list_contributions", "$1::uuid, $2::text, $3::integer, $4::uuid");
CH_READ(read_errors, "licensing.list_errors", "$1::uuid, $2::uuid");

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

static void add_error(json_t *errors, const char *pointer, const char *detail)
{
    json_array_append_new(errors, json_pack("{s:s,s:s}", "pointer", pointer, "detail", detail));
}

/* Texts of 1 to 4000 bytes, by name; those that are not required may be absent. */
static void need_texts(struct ch_arena *arena, json_t *errors, const json_t *object, const char *at,
                       const char *const *names, bool required)
{
    for (; *names; names++) {
        const json_t *given = json_object_get(object, *names);
        size_t length = json_string_length(given);
        if ((given || required) && (length < 1 || length > 4000))
            add_error(errors, ch_printf(arena, "%s/%s", at, *names), "text of 1 to 4000 bytes");
    }
}

static void need_code(struct ch_arena *arena, json_t *errors, const json_t *object, const char *at, const char *name,
                      const char *const *codes)
{
    const char *value = json_string_value(json_object_get(object, name));
    for (; value && *codes; codes++)
        if (strcmp(value, *codes) == 0)
            return;
    add_error(errors, ch_printf(arena, "%s/%s", at, name), "is none of its codes");
}

static void refuse_others(struct ch_arena *arena, json_t *errors, const json_t *object, const char *at,
                          const char *const *names)
{
    json_t *walked = (json_t *)(uintptr_t)object;
    for (void *i = json_object_iter(walked); i; i = json_object_iter_next(walked, i)) {
        const char *key = json_object_iter_key(i);
        bool known = false;
        for (size_t k = 0; names[k] && !known; k++)
            known = strcmp(names[k], key) == 0;
        if (!known)
            add_error(errors, ch_printf(arena, "%s/%s", at, key), "unknown member");
    }
}

/* {"from","until"}: calendar days, in order. */
static void check_period(json_t *errors, const json_t *period)
{
    const char *from = json_string_value(json_object_get(period, "from"));
    const char *until = json_string_value(json_object_get(period, "until"));
    bool fine = json_object_size(period) == 2 && from && until && ch_is_date(from) && ch_is_date(until);
    if (!fine || strcmp(from, until) > 0)
        add_error(errors, "/provenance/period", "an object with the days from and until, in order");
}

static void check_provenance(struct ch_arena *arena, json_t *errors, const json_t *provenance)
{
    static const char *const SOURCES[] = {"device", "export", "manual", "other", NULL};
    static const char *const MEMBERS[] = {"source", "device", "software", "method", "processing", "period", NULL};
    static const char *const REQUIRED[] = {"method", "processing", NULL}, *const TOOLS[] = {"device", "software", NULL};
    refuse_others(arena, errors, provenance, "/provenance", MEMBERS);
    need_code(arena, errors, provenance, "/provenance", "source", SOURCES);
    need_texts(arena, errors, provenance, "/provenance", REQUIRED, true);
    need_texts(arena, errors, provenance, "/provenance", TOOLS, false);
    if (!json_object_get(provenance, "device") && !json_object_get(provenance, "software"))
        add_error(errors, "/provenance/software", "the device or the software it comes from");
    check_period(errors, json_object_get(provenance, "period"));
}

static void check_licence(struct ch_arena *arena, json_t *errors, const json_t *licence)
{
    static const char *const KINDS[] = {"own_data", "owner_permission", "open_licence", NULL};
    static const char *const MEMBERS[] = {"kind", "charter_version", "spdx", "attribution", NULL};
    static const char *const OPEN[] = {"spdx", "attribution", NULL};
    const char *kind = json_string_value(json_object_get(licence, "kind"));
    refuse_others(arena, errors, licence, "/licence", MEMBERS);
    need_code(arena, errors, licence, "/licence", "kind", KINDS);
    if (!json_is_integer(json_object_get(licence, "charter_version")))
        add_error(errors, "/licence/charter_version", "the version of the charter that is accepted");
    need_texts(arena, errors, licence, "/licence", OPEN, kind && strcmp(kind, "open_licence") == 0);
}

/* Provenance and licence statement of licensing.md section 2. */
static json_t *check_statements(struct ch_arena *arena, const struct contribution *in)
{
    json_t *errors = ch_json_own(arena, json_array());
    check_provenance(arena, errors, in->provenance);
    check_licence(arena, errors, in->licence);
    if (in->sha256 && strspn(in->sha256, "0123456789abcdef") != 64)
        add_error(errors, "/sha256", "64 lower-case hex digits");
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
