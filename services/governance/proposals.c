/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Proposals: writing, submitting, supporting, discussing them. The ETag of a proposal is its version; If-Match is asked
 * for where its text changes. */
#include <string.h>

#include "core/effect.h"
#include "governance.h"

#define TYPES                                                                                                          \
    "terms benefit_rule prohibit_purpose permit_purpose budget_round bylaw entrenched succession expulsion recall "    \
    "policy board_decision"

CH_FUNCTION(create_fn, "governance.create_proposal", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(edit_fn, "governance.edit_proposal", "$1::uuid, $2::integer, $3::uuid, $4::jsonb");
CH_FUNCTION(submit_fn, "governance.submit_proposal", "$1::uuid, $2::uuid");
CH_FUNCTION(withdraw_fn, "governance.withdraw_proposal", "$1::uuid, $2::uuid");
CH_FUNCTION(sponsor_fn, "governance.sponsor_proposal", "$1::uuid, $2::uuid");
CH_FUNCTION(comment_fn, "governance.comment_proposal", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_FUNCTION(refer_fn, "governance.refer_proposal", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(hear_fn, "governance.hear_accused", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_FUNCTION(opinion_fn, "governance.give_opinion", "$1::uuid, $2::uuid, $3::jsonb");
CH_READ(get_fn, "governance.get_proposal", "$1::uuid, $2::uuid");
CH_READ(list_fn, "governance.list_proposals", "$1::uuid, $2::text, $3::text, $4::uuid, $5::integer");

struct draft {
    const char *type, *title, *text;
    const json_t *effect;
};

static const struct ch_field DRAFT[] = {
    CH_FIELD(CH_FIELD_CODE, draft, type, true, 0, 0, TYPES),
    CH_FIELD(CH_FIELD_TEXT, draft, title, true, 3, 200, NULL),
    CH_FIELD(CH_FIELD_TEXT, draft, text, true, 1, 100000, NULL),
    CH_FIELD(CH_FIELD_OBJECT, draft, effect, true, 0, 0, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

/* Body of a draft, its effect well formed; NULL when all is well, else the finished refusal. */
static struct ch_done *decode_draft(struct ch_request *request)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct draft *draft = ch_alloc(arena, sizeof *draft);
    struct ch_done *refused = ch_decode(request, DRAFT, draft);
    if (refused)
        return refused;
    struct ch_complaints *list = ch_complaints_new(arena);
    if (ch_effect_check(list, draft->effect, "/effect", governance_purposes()))
        return NULL;
    return ch_reply(request, "invalid", ch_complaints_text(list));
}

/* Passes a proposal on with its version as ETag, and the names of candidates opened. */
static struct ch_done *reply_proposal(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_json_error error;
    const char *body = answer->body;
    json_t *tree =
        body ? ch_json_parse(ch_arena_of(request), body, strlen(body),
                             &(const struct ch_json_limits){.bytes = (size_t)16 * 1024 * 1024, .depth = 32}, &error)
             : NULL;
    const json_t *version = json_object_get(tree, "version");
    if (json_is_integer(version))
        ch_set_header(request, "ETag",
                      ch_printf(ch_arena_of(request), "\"%lld\"", (long long)json_integer_value(version)));
    if (!json_is_array(json_object_get(tree, "candidates")))
        return ch_reply(request, answer->outcome, body);
    people_open(ch_arena_of(request), &governance_of(request)->secrets, tree);
    return ch_reply(request, answer->outcome, ch_json_canonical(ch_arena_of(request), tree, NULL));
}

struct ch_done *list_proposals(struct ch_request *request)
{
    struct page page;
    struct ch_done *refused;
    if (!read_page(request, &page, &refused))
        return refused;
    return ch_call(request, &list_fn,
                   CH_ARGS(actor_argument(request), ch_query(request, "state"), ch_query(request, "type"), page.after,
                           page.limit));
}

struct ch_done *post_proposal(struct ch_request *request)
{
    struct ch_done *refused = decode_draft(request);
    return refused ? refused
                   : ch_call_then(request, &create_fn,
                                  CH_ARGS(actor_argument(request), ch_idempotency_key(request), ch_body_json(request)),
                                  reply_proposal);
}

struct ch_done *get_proposal(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call_then(request, &get_fn, CH_ARGS(actor_argument(request), id), reply_proposal);
}

struct ch_done *put_proposal(struct ch_request *request)
{
    const char *version;
    struct ch_done *refused = ch_if_match(request, &version);
    if (!refused)
        refused = decode_draft(request);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused
                   : ch_call_then(request, &edit_fn,
                                  CH_ARGS(actor_argument(request), version, id, ch_body_json(request)), reply_proposal);
}

/* A step without a body of its own. */
static struct ch_done *step(struct ch_request *request, const struct ch_statement *statement)
{
    static const struct ch_field NOTHING[] = {{NULL, 0, false, 0, 0, 0, NULL}};
    struct ch_done *refused = ch_decode(request, NOTHING, NULL);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused : ch_call_then(request, statement, CH_ARGS(actor_argument(request), id), reply_proposal);
}

struct ch_done *submit_proposal(struct ch_request *request)
{
    return step(request, &submit_fn);
}

struct ch_done *withdraw_proposal(struct ch_request *request)
{
    return step(request, &withdraw_fn);
}

struct ch_done *sponsor_proposal(struct ch_request *request)
{
    return step(request, &sponsor_fn);
}

struct comment {
    const char *text, *stance;
};

static const struct ch_field COMMENT[] = {
    CH_FIELD(CH_FIELD_TEXT, comment, text, true, 1, 10000, NULL),
    CH_FIELD(CH_FIELD_CODE, comment, stance, false, 0, 0, "for against"),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *comment_proposal(struct ch_request *request)
{
    struct comment *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, COMMENT, body);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused
                   : ch_call(request, &comment_fn,
                             CH_ARGS(actor_argument(request), ch_idempotency_key(request), id, ch_body_json(request)));
}

struct hearing {
    const char *text, *held_at;
};

static const struct ch_field HEARING[] = {
    CH_FIELD(CH_FIELD_TEXT, hearing, text, true, 1, 10000, NULL),
    CH_FIELD(CH_FIELD_TIME, hearing, held_at, false, 0, 0, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *hear_accused(struct ch_request *request)
{
    struct hearing *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, HEARING, body);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused
               ? refused
               : ch_call_then(request, &hear_fn,
                              CH_ARGS(actor_argument(request), ch_idempotency_key(request), id, ch_body_json(request)),
                              reply_proposal);
}

struct referral {
    const char *reason_code, *reason_text;
};

static const struct ch_field REFERRAL[] = {
    CH_FIELD(CH_FIELD_CODE, referral, reason_code, true, 0, 0, CASE_REASONS),
    CH_FIELD(CH_FIELD_TEXT, referral, reason_text, true, 1, 10000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *refer_proposal(struct ch_request *request)
{
    struct referral *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &refer_fn, ch_decode(request, REFERRAL, body));
}

struct opinion {
    const char *choice, *reason_code, *reason_text;
};

static const struct ch_field OPINION[] = {
    CH_FIELD(CH_FIELD_CODE, opinion, choice, true, 0, 0, "yes no"),
    CH_FIELD(CH_FIELD_CODE, opinion, reason_code, true, 0, 0, CASE_REASONS),
    CH_FIELD(CH_FIELD_TEXT, opinion, reason_text, true, 1, 10000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *give_opinion(struct ch_request *request)
{
    struct opinion *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &opinion_fn, ch_decode(request, OPINION, body));
}
