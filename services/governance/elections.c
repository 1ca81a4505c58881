/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who stands for election and who nominates them. The clock opens elections; ballots are cast as in any sealed vote. */
#include "governance.h"

CH_FUNCTION(stand_fn, "governance.stand_for_election", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(stand_down_fn, "governance.stand_down", "$1::uuid, $2::uuid");
CH_FUNCTION(nominate_fn, "governance.nominate_candidate", "$1::uuid, $2::uuid, $3::jsonb");

struct candidacy {
    const char *statement;
};

static const struct ch_field CANDIDACY[] = {
    CH_FIELD(CH_FIELD_TEXT, candidacy, statement, false, 1, 4000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *stand_for_election(struct ch_request *request)
{
    struct candidacy *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &stand_fn, ch_decode(request, CANDIDACY, body));
}

struct ch_done *stand_down(struct ch_request *request)
{
    return step_on_id(request, &stand_down_fn);
}

struct nomination {
    const char *member_id;
};

static const struct ch_field NOMINATION[] = {
    CH_FIELD(CH_FIELD_UUID, nomination, member_id, true, 0, 0, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *nominate_candidate(struct ch_request *request)
{
    struct nomination *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &nominate_fn, ch_decode(request, NOMINATION, body));
}
