/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Dry runs over HTTP: what would a run, an amount or a draft of a rule give? The work is dry_run.c, on a helper thread.
 */
#include <string.h>

#include "dry_run.h"
#include "payout_role.h"

PAYOUT_READ(load_dry_run, "payout.load_dry_run", "$1::uuid, $2::jsonb");

struct dry_body {
    const char *pool, *month, *licensee;
    struct ch_money pot;
    const json_t *rule, *external;
};

static const struct ch_field FIELDS[] = {
    CH_FIELD(CH_FIELD_TEXT, dry_body, pool, true, 1, 64),
    CH_FIELD(CH_FIELD_TEXT, dry_body, month, true, 7, 7),
    CH_FIELD(CH_FIELD_UUID, dry_body, licensee, false),
    CH_FIELD(CH_FIELD_MONEY, dry_body, pot, false),
    CH_FIELD(CH_FIELD_OBJECT, dry_body, rule, false),
    CH_FIELD(CH_FIELD_OBJECT, dry_body, external, false),
    {0},
};

struct work {
    struct ch_arena *arena; /* of the work alone */
    const char *rule, *inputs, *member;
    bool all;
    json_t *made;
    const char *errors;
};

static void free_arena(void *arena)
{
    ch_arena_free(arena);
}

static void work_out(void *state)
{
    struct work *work = state;
    work->made = dry_run(work->arena, work->rule, work->inputs, work->member, work->all, &work->errors);
}

static struct ch_done *worked_out(struct ch_request *request, void *state)
{
    struct work *work = state;
    if (!work->made)
        return ch_reply(request, "invalid", work->errors);
    return ch_reply(request, "ok", ch_json_canonical(ch_arena_of(request), work->made, NULL));
}

static struct ch_done *loaded(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_arena *arena = ch_arena_of(request);
    const json_t *facts = payout_parse(arena, answer->body);
    struct work *work = ch_alloc(arena, sizeof *work);
    *work = (struct work){.arena = ch_arena_new(),
                          .rule = payout_text(facts, "rule"),
                          .inputs = payout_text(facts, "inputs"),
                          .member = actor_id(request),
                          .all = json_is_true(json_object_get(facts, "all"))};
    ch_arena_on_free(arena, free_arena, work->arena);
    return ch_offload(request, work_out, worked_out, work);
}

struct ch_done *post_dry_run(struct ch_request *request)
{
    struct dry_body body = {0};
    struct ch_done *refused = ch_decode(request, FIELDS, &body);
    if (refused)
        return refused;
    if (!names_month(body.month))
        return ch_refuse(request, "invalid", "month: YYYY-MM.");
    return ch_call_then(request, &load_dry_run, CH_ARGS(actor_id(request), ch_body_json(request)), loaded);
}
