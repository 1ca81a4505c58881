/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cases of the ethics council, and of the board where the council cannot decide. */
#include "governance.h"

CH_FUNCTION(conflict_fn, "governance.declare_conflict", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(vote_fn, "governance.vote_council_case", "$1::uuid, $2::uuid, $3::jsonb");
static const struct ch_statement list_fn = {
    .name = "governance.list_council_cases",
    .text = "SELECT outcome, body FROM governance.list_council_cases($1::uuid, $2::text, $3::uuid, $4::integer)",
    .shape = CH_SHAPE_ANSWER,
    .read_only = true};

struct ch_done *list_council_cases(struct ch_request *request)
{
    struct page page;
    struct ch_done *refused;
    if (!read_page(request, &page, &refused))
        return refused;
    return ch_call(request, &list_fn,
                   CH_ARGS(actor_argument(request), ch_query(request, "state"), page.after, page.limit));
}

struct conflict {
    const char *reason;
};

static const struct ch_field CONFLICT[] = {
    CH_FIELD(CH_FIELD_TEXT, conflict, reason, true, 1, 4000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *declare_conflict(struct ch_request *request)
{
    struct conflict *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, CONFLICT, body);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused
                   : ch_call(request, &conflict_fn, CH_ARGS(actor_argument(request), id, ch_body_json(request)));
}

struct case_vote {
    const char *choice, *reason_code, *reason_text;
    const json_t *conditions;
};

static const struct ch_field CASE_VOTE[] = {
    CH_FIELD(CH_FIELD_CODE, case_vote, choice, true, 0, 0, "yes no"),
    CH_FIELD(CH_FIELD_TEXT, case_vote, reason_code, true, 1, 64, NULL),
    CH_FIELD(CH_FIELD_TEXT, case_vote, reason_text, true, 1, 10000, NULL),
    CH_FIELD(CH_FIELD_ARRAY, case_vote, conditions, false, 0, 100, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *vote_council_case(struct ch_request *request)
{
    struct case_vote *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, CASE_VOTE, body);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &vote_fn, CH_ARGS(actor_argument(request), id, ch_body_json(request)));
}
