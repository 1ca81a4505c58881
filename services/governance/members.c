/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Membership: applications, the register, leaving, erasure, class changes, dues, suspension. Names and addresses are
 * sealed here on their way in and opened on their way out. */
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "governance.h"

CH_FUNCTION(apply_for_membership, "governance.apply_for_membership", "$1::uuid, $2::text, $3::jsonb, $4::jsonb");
CH_FUNCTION(decide_application_fn, "governance.decide_application", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_FUNCTION(get_member_fn, "governance.get_member", "$1::uuid, $2::uuid");
CH_FUNCTION(list_members_fn, "governance.list_members", "$1::uuid, $2::text, $3::boolean, $4::uuid, $5::integer");
CH_FUNCTION(leave_fn, "governance.leave_membership", "$1::uuid, $2::uuid");
CH_FUNCTION(erase_fn, "governance.erase_member", "$1::uuid, $2::uuid");
CH_FUNCTION(change_class_fn, "governance.change_class", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(record_dues_fn, "governance.record_dues", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_FUNCTION(suspend_fn, "governance.change_standing", "$1::uuid, $2::text, $3::uuid, 'suspend', $4::jsonb");
CH_FUNCTION(reinstate_fn, "governance.change_standing", "$1::uuid, $2::text, $3::uuid, 'reinstate', $4::jsonb");

struct application {
    const char *class, *display_name, *email;
};

static const struct ch_field APPLICATION[] = {
    CH_FIELD(CH_FIELD_CODE, application, class, true, 0, 0, "U W C"),
    CH_FIELD(CH_FIELD_TEXT, application, display_name, true, 1, 120, NULL),
    CH_FIELD(CH_FIELD_TEXT, application, email, true, 3, 254, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *post_application(struct ch_request *request)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct application *body = ch_alloc(arena, sizeof *body);
    struct ch_done *refused = ch_decode(request, APPLICATION, body);
    if (refused)
        return refused;
    char id[37];
    ch_id_new(id);
    const struct people_secrets *secrets = &governance_of(request)->secrets;
    const json_t *sealed = people_seal(arena, secrets, id, body->display_name, body->email);
    if (!sealed)
        return ch_reply(request, "invalid",
                        "{\"errors\":[{\"pointer\":\"/email\",\"detail\":\"an e-mail address is needed here\"}]}");
    const json_t *same =
        ch_json_pack(arena, "{s:s,s:O}", "class", body->class, "email_hash", json_object_get(sealed, "email_hash"));
    return ch_call(request, &apply_for_membership,
                   CH_ARGS(actor_argument(request), ch_idempotency_key(request), ch_json_canonical(arena, same, NULL),
                           ch_json_canonical(arena, sealed, NULL)));
}

struct decision {
    bool admit;
    const char *reason;
};

static const struct ch_field DECISION[] = {
    CH_FIELD(CH_FIELD_BOOL, decision, admit, true, 0, 0, NULL),
    CH_FIELD(CH_FIELD_TEXT, decision, reason, false, 1, 1000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

/* function(actor, key, {id}, body) of somebody in office, behind the body's decoding into `size` bytes. */
static struct ch_done *record(struct ch_request *request, const struct ch_statement *statement,
                              const struct ch_field *fields, size_t size)
{
    struct ch_done *refused = ch_decode(request, fields, ch_alloc(ch_arena_of(request), size));
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused
                   : ch_call(request, statement,
                             CH_ARGS(actor_argument(request), ch_idempotency_key(request), id, ch_body_json(request)));
}

struct ch_done *decide_application(struct ch_request *request)
{
    return record(request, &decide_application_fn, DECISION, sizeof(struct decision));
}

struct ch_done *list_members(struct ch_request *request)
{
    struct page page;
    struct ch_done *refused;
    const char *changing = ch_query(request, "class_change");
    if (!read_page(request, &page, &refused))
        return refused;
    if (changing && strcmp(changing, "pending") != 0)
        return ch_refuse(request, "bad_request", "class_change is pending, or it is left out");
    return ch_call_then(request, &list_members_fn,
                        CH_ARGS(actor_argument(request), ch_query(request, "standing"), changing ? "true" : "false",
                                page.after, page.limit),
                        reply_opened);
}

struct ch_done *get_member(struct ch_request *request)
{
    const char *id = ch_path(request, "id");
    struct ch_done *refused = NULL;
    id = strcmp(id, "self") == 0 ? actor_argument(request) : id_argument(request, "id", &refused);
    return refused ? refused
                   : ch_call_then(request, &get_member_fn, CH_ARGS(actor_argument(request), id), reply_opened);
}

static const struct ch_field NOTHING[] = {{NULL, 0, false, 0, 0, 0, NULL}};

struct ch_done *leave_membership(struct ch_request *request)
{
    struct ch_done *refused = ch_decode(request, NOTHING, NULL);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &leave_fn, CH_ARGS(actor_argument(request), id));
}

struct ch_done *erase_member(struct ch_request *request)
{
    struct ch_done *refused = ch_decode(request, NOTHING, NULL);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &erase_fn, CH_ARGS(actor_argument(request), id));
}

struct class_change {
    const char *class;
};

static const struct ch_field CLASS_CHANGE[] = {
    CH_FIELD(CH_FIELD_CODE, class_change, class, true, 0, 0, "U W C"),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *change_class(struct ch_request *request)
{
    struct class_change *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, CLASS_CHANGE, body);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused
                   : ch_call(request, &change_class_fn, CH_ARGS(actor_argument(request), id, ch_body_json(request)));
}

struct dues {
    const char *kind;
};

static const struct ch_field DUES[] = {
    CH_FIELD(CH_FIELD_CODE, dues, kind, true, 0, 0, "paid waived"),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct standing_change {
    const char *reason;
};

static const struct ch_field STANDING_CHANGE[] = {
    CH_FIELD(CH_FIELD_TEXT, standing_change, reason, true, 1, 1000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *record_dues(struct ch_request *request)
{
    return record(request, &record_dues_fn, DUES, sizeof(struct dues));
}

struct ch_done *suspend_member(struct ch_request *request)
{
    return record(request, &suspend_fn, STANDING_CHANGE, sizeof(struct standing_change));
}

struct ch_done *reinstate_member(struct ch_request *request)
{
    return record(request, &reinstate_fn, STANDING_CHANGE, sizeof(struct standing_change));
}
