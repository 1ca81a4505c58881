/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Appeals: opening one, reading them, and the votes of the panel. How the panel is drawn is in panels.c. */
#include "governance.h"

CH_FUNCTION(file_fn, "governance.file_appeal", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(decide_fn, "governance.decide_appeal", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(annul_fn, "governance.annul_proposal", "$1::uuid, $2::uuid, $3::jsonb");
CH_READ(list_fn, "governance.list_appeals", "$1::uuid, $2::text, $3::text, $4::uuid, $5::integer");
CH_READ(get_fn, "governance.get_appeal", "$1::uuid, $2::uuid");

struct appeal {
    const char *kind, *subject, *grounds;
};

static const struct ch_field APPEAL[] = {
    CH_FIELD(CH_FIELD_CODE, appeal, kind, true, 0, 0, "expulsion sanction vote"),
    CH_FIELD(CH_FIELD_UUID, appeal, subject, true, 0, 0, NULL),
    CH_FIELD(CH_FIELD_TEXT, appeal, grounds, true, 1, 10000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *post_appeal(struct ch_request *request)
{
    struct appeal *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, APPEAL, body);
    return refused ? refused
                   : ch_call_then(request, &file_fn,
                                  CH_ARGS(person_argument(request), ch_idempotency_key(request), ch_body_json(request)),
                                  reply_opened);
}

struct ch_done *list_appeals(struct ch_request *request)
{
    struct page page;
    struct ch_done *refused;
    if (!read_page(request, &page, &refused))
        return refused;
    return ch_call_then(request, &list_fn,
                        CH_ARGS(person_argument(request), ch_query(request, "kind"), ch_query(request, "state"),
                                page.after, page.limit),
                        reply_opened);
}

struct ch_done *get_appeal(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call_then(request, &get_fn, CH_ARGS(person_argument(request), id), reply_opened);
}

struct panel_vote {
    const char *choice, *reason_text;
};

static const struct ch_field PANEL_VOTE[] = {
    CH_FIELD(CH_FIELD_CODE, panel_vote, choice, true, 0, 0, "uphold reverse"),
    CH_FIELD(CH_FIELD_TEXT, panel_vote, reason_text, true, 1, 10000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *decide_appeal(struct ch_request *request)
{
    struct panel_vote *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &decide_fn, ch_decode(request, PANEL_VOTE, body));
}

struct annulment {
    const char *reason_text;
};

static const struct ch_field ANNULMENT[] = {
    CH_FIELD(CH_FIELD_TEXT, annulment, reason_text, true, 1, 10000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *annul_proposal(struct ch_request *request)
{
    struct annulment *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &annul_fn, ch_decode(request, ANNULMENT, body));
}
