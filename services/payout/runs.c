/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Distribution runs over HTTP. What moves a run is the job advance_run. */
#include <string.h>

#include "payout_role.h"

PAYOUT_READ(list_runs, "payout.list_runs", "$1::integer, $2::uuid");
PAYOUT_READ(show_run, "payout.show_run", "$1::uuid");
PAYOUT_READ(show_result, "payout.show_result", "$1::uuid, $2::uuid");
CH_FUNCTION(create_run, "payout.create_run", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(confirm, "payout.confirm_run", "$1::uuid, $2::uuid");
CH_FUNCTION(abandon, "payout.abandon_run", "$1::uuid, $2::uuid, $3::jsonb");

struct run_body {
    const char *pool, *month, *licensee;
    const json_t *external;
};

static const struct ch_field RUN_FIELDS[] = {
    CH_FIELD(CH_FIELD_TEXT, run_body, pool, true, 1, 64),
    CH_FIELD(CH_FIELD_TEXT, run_body, month, true, 7, 7),
    CH_FIELD(CH_FIELD_UUID, run_body, licensee, false),
    CH_FIELD(CH_FIELD_OBJECT, run_body, external, false),
    {0},
};

struct reason_body {
    const char *reason;
};

static const struct ch_field REASON_FIELDS[] = {CH_FIELD(CH_FIELD_TEXT, reason_body, reason, true, 3, 500), {0}};

struct ch_done *get_runs(struct ch_request *request)
{
    const char *limit = page_limit(request), *after;
    if (!limit || !page_after(request, &after))
        return bad_page(request);
    return ch_call(request, &list_runs, CH_ARGS(limit, after));
}

struct ch_done *post_run(struct ch_request *request)
{
    struct run_body body = {0};
    struct ch_done *refused = ch_decode(request, RUN_FIELDS, &body);
    if (refused)
        return refused;
    if (!names_month(body.month))
        return ch_refuse(request, "invalid", "month: YYYY-MM.");
    return ch_call(request, &create_run,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *get_run(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call(request, &show_run, CH_ARGS(id)) : no_such(request);
}

struct ch_done *get_result(struct ch_request *request)
{
    return act_on(request, &show_result);
}

struct ch_done *confirm_run(struct ch_request *request)
{
    return act_on(request, &confirm);
}

struct ch_done *abandon_run(struct ch_request *request)
{
    struct reason_body body = {0};
    const char *id = path_id(request);
    struct ch_done *refused = ch_decode(request, REASON_FIELDS, &body);
    if (refused || !id)
        return refused ? refused : no_such(request);
    return ch_call(request, &abandon, CH_ARGS(actor_id(request), id, ch_body_json(request)));
}
