/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cases of the ethics council, and of the board where the council cannot decide; and who is staff of an organisation,
 * since staff does not vote on it. */
#include "governance.h"

CH_FUNCTION(conflict_fn, "governance.declare_conflict", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(vote_fn, "governance.vote_council_case", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(propose_fn, "governance.propose_condition", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(condition_fn, "governance.vote_condition", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(affiliation_fn, "governance.declare_affiliation", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_FUNCTION(end_fn, "governance.end_affiliation", "$1::uuid, $2::uuid");
CH_READ(list_fn, "governance.list_council_cases", "$1::uuid, $2::text, $3::uuid, $4::integer");
CH_READ(get_fn, "governance.get_council_case", "$1::uuid, $2::uuid");
CH_READ(decisions_fn, "governance.list_council_decisions", "$1::text, $2::uuid, $3::integer");
CH_READ(affiliations_fn, "governance.list_affiliations", "$1::uuid, $2::uuid");

struct ch_done *list_council_cases(struct ch_request *request)
{
    struct page page;
    struct ch_done *refused;
    if (!read_page(request, &page, &refused))
        return refused;
    return ch_call_then(request, &list_fn,
                        CH_ARGS(actor_argument(request), ch_query(request, "state"), page.after, page.limit),
                        reply_opened);
}

struct ch_done *list_council_decisions(struct ch_request *request)
{
    struct page page;
    struct ch_done *refused;
    if (!read_page(request, &page, &refused))
        return refused;
    return ch_call_then(request, &decisions_fn, CH_ARGS(ch_query(request, "kind"), page.after, page.limit),
                        reply_opened);
}

struct ch_done *get_council_case(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call_then(request, &get_fn, CH_ARGS(actor_argument(request), id), reply_opened);
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
    return act_on_id(request, &conflict_fn, ch_decode(request, CONFLICT, body));
}

struct case_vote {
    const char *choice, *reason_code, *reason_text;
    const json_t *conditions;
};

static const struct ch_field CASE_VOTE[] = {
    CH_FIELD(CH_FIELD_CODE, case_vote, choice, true, 0, 0, "yes no"),
    CH_FIELD(CH_FIELD_CODE, case_vote, reason_code, true, 0, 0, CASE_REASONS),
    CH_FIELD(CH_FIELD_TEXT, case_vote, reason_text, true, 1, 10000, NULL),
    CH_FIELD(CH_FIELD_ARRAY, case_vote, conditions, false, 0, 100, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *vote_council_case(struct ch_request *request)
{
    struct case_vote *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &vote_fn, ch_decode(request, CASE_VOTE, body));
}

struct proposed_condition {
    const json_t *condition;
};

static const struct ch_field PROPOSED_CONDITION[] = {
    CH_FIELD(CH_FIELD_OBJECT, proposed_condition, condition, true, 0, 0, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *propose_condition(struct ch_request *request)
{
    struct proposed_condition *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &propose_fn, ch_decode(request, PROPOSED_CONDITION, body));
}

struct condition_vote {
    const char *condition;
    bool accept;
};

static const struct ch_field CONDITION_VOTE[] = {
    CH_FIELD(CH_FIELD_TEXT, condition_vote, condition, true, 1, 64, NULL),
    CH_FIELD(CH_FIELD_BOOL, condition_vote, accept, true, 0, 0, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *vote_condition(struct ch_request *request)
{
    struct condition_vote *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &condition_fn, ch_decode(request, CONDITION_VOTE, body));
}

struct affiliation {
    const char *organisation_id;
};

static const struct ch_field AFFILIATION[] = {
    CH_FIELD(CH_FIELD_UUID, affiliation, organisation_id, true, 0, 0, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *post_affiliation(struct ch_request *request)
{
    struct affiliation *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, AFFILIATION, body);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused
                   : ch_call(request, &affiliation_fn,
                             CH_ARGS(actor_argument(request), ch_idempotency_key(request), id, ch_body_json(request)));
}

struct ch_done *list_affiliations(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &affiliations_fn, CH_ARGS(actor_argument(request), id));
}

struct ch_done *end_affiliation(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &end_fn, CH_ARGS(actor_argument(request), id));
}
