/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What anybody may read: charter, rules, bylaws, offices, assets, prohibitions, sanctions; and proposing a sanction. */
#include <string.h>

#include "core/effect.h"
#include "gen/sql.h"
#include "governance.h"

static const struct ch_statement offices = {.name = "governance.list_offices",
                                            .text = "SELECT outcome, body FROM governance.list_offices($1::text)",
                                            .shape = CH_SHAPE_ANSWER,
                                            .read_only = true};
CH_FUNCTION(propose_sanction, "governance.propose_sanction", "$1::uuid, $2::text, $3::jsonb");

struct ch_done *get_charter(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_get_charter, CH_NO_ARGS);
}

struct ch_done *list_rules(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_list_rules, CH_ARGS(ch_query(request, "type")));
}

struct ch_done *list_bylaws(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_list_bylaws, CH_ARGS(ch_query(request, "clause")));
}

struct ch_done *list_offices(struct ch_request *request)
{
    return ch_call_then(request, &offices, CH_ARGS(ch_query(request, "body")), reply_opened);
}

struct ch_done *list_assets(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_list_assets, CH_NO_ARGS);
}

struct ch_done *list_prohibitions(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_list_prohibitions, CH_NO_ARGS);
}

struct ch_done *list_sanctions(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_list_sanctions, CH_NO_ARGS);
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
    return ch_call(request, &propose_sanction,
                   CH_ARGS(actor_argument(request), ch_idempotency_key(request), ch_body_json(request)));
}
