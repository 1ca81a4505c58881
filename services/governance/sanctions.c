/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sanctions: the public list, proposing one, and proposing to lift one early. A council case confirms either. */
#include "gen/sql.h"
#include "governance.h"

CH_FUNCTION(propose_fn, "governance.propose_sanction", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(lift_fn, "governance.lift_sanction", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_READ(get_fn, "governance.get_sanction", "$1::uuid");

struct ch_done *list_sanctions(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_list_sanctions, CH_NO_ARGS);
}

struct ch_done *get_sanction(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &get_fn, CH_ARGS(id));
}

struct sanction {
    const char *organisation_id, *person_id, *purpose, *pool, *from, *until, *reason;
};

static const struct ch_field SANCTION[] = {
    CH_FIELD(CH_FIELD_UUID, sanction, organisation_id, false, 0, 0, NULL),
    CH_FIELD(CH_FIELD_UUID, sanction, person_id, false, 0, 0, NULL),
    CH_FIELD(CH_FIELD_TEXT, sanction, purpose, false, 1, 64, NULL),
    CH_FIELD(CH_FIELD_TEXT, sanction, pool, false, 1, 64, NULL),
    CH_FIELD(CH_FIELD_TIME, sanction, from, false, 0, 0, NULL),
    CH_FIELD(CH_FIELD_TIME, sanction, until, false, 0, 0, NULL),
    CH_FIELD(CH_FIELD_TEXT, sanction, reason, true, 1, 4000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *post_sanction(struct ch_request *request)
{
    struct sanction *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, SANCTION, body);
    if (refused)
        return refused;
    if ((body->organisation_id != NULL) == (body->person_id != NULL))
        return ch_refuse(request, "invalid", "a sanction is against an organisation or a person, one of both");
    return ch_call(request, &propose_fn,
                   CH_ARGS(actor_argument(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct lift {
    const char *reason;
};

static const struct ch_field LIFT[] = {
    CH_FIELD(CH_FIELD_TEXT, lift, reason, true, 1, 4000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *lift_sanction(struct ch_request *request)
{
    struct lift *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, LIFT, body);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused
                   : ch_call(request, &lift_fn,
                             CH_ARGS(actor_argument(request), ch_idempotency_key(request), id, ch_body_json(request)));
}
