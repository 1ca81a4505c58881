/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Projects that members want the trust to pay for: written, costed by the treasurer, supported. Budget rounds, which
 * choose among them, are proposals. */
#include <string.h>

#include "commonhold/money.h"
#include "governance.h"

CH_FUNCTION(create_fn, "governance.create_project", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(propose_fn, "governance.propose_project", "$1::uuid, $2::uuid");
CH_FUNCTION(cost_fn, "governance.cost_project", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(sponsor_fn, "governance.sponsor_project", "$1::uuid, $2::uuid");
CH_READ(get_fn, "governance.get_project", "$1::uuid, $2::uuid");
CH_READ(export_fn, "governance.export_round", "$1::uuid");
CH_READ(list_fn, "governance.list_projects", "$1::uuid, $2::text, $3::uuid, $4::integer");

struct project {
    const char *title, *text;
    bool draft;
};

static const struct ch_field PROJECT[] = {
    CH_FIELD(CH_FIELD_TEXT, project, title, true, 3, 200, NULL),
    CH_FIELD(CH_FIELD_TEXT, project, text, true, 1, 100000, NULL),
    CH_FIELD(CH_FIELD_BOOL, project, draft, false, 0, 0, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *post_project(struct ch_request *request)
{
    struct project *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, PROJECT, body);
    return refused ? refused
                   : ch_call(request, &create_fn,
                             CH_ARGS(actor_argument(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *list_projects(struct ch_request *request)
{
    struct page page;
    struct ch_done *refused;
    if (!read_page(request, &page, &refused))
        return refused;
    return ch_call(request, &list_fn,
                   CH_ARGS(actor_argument(request), ch_query(request, "state"), page.after, page.limit));
}

struct ch_done *get_project(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &get_fn, CH_ARGS(actor_argument(request), id));
}

struct ch_done *propose_project(struct ch_request *request)
{
    return step_on_id(request, &propose_fn);
}

struct ch_done *sponsor_project(struct ch_request *request)
{
    return step_on_id(request, &sponsor_fn);
}

struct cost {
    struct ch_money cost;
};

static const struct ch_field COST[] = {
    CH_FIELD(CH_FIELD_MONEY, cost, cost, true, 0, 0, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *cost_project(struct ch_request *request)
{
    struct cost *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &cost_fn, ch_decode(request, COST, body));
}

static struct ch_done *reply_export(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    return ch_reply_bytes(request, 200, "text/plain; charset=utf-8", answer->body, strlen(answer->body));
}

struct ch_done *export_round(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call_then(request, &export_fn, CH_ARGS(id), reply_export);
}
