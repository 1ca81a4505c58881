/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Holds over HTTP: money of a member that is not paid for a reason, and who lets it go. */
#include "payout_role.h"

PAYOUT_READ(list_holds, "payout.list_holds", "$1::uuid, $2::integer, $3::uuid");
CH_FUNCTION(place, "payout.place_hold", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(release, "payout.release_hold", "$1::uuid, $2::uuid");
CH_FUNCTION(give_up, "payout.give_up_hold", "$1::uuid, $2::uuid, $3::jsonb");

struct hold_body {
    const char *member_id, *reason, *note;
    struct ch_money amount;
};

static const struct ch_field HOLD[] = {
    CH_FIELD(CH_FIELD_UUID, hold_body, member_id, true),
    CH_FIELD(CH_FIELD_CODE, hold_body, reason, true, .codes = "TaxForm Consent Sanctions"),
    CH_FIELD(CH_FIELD_MONEY, hold_body, amount, false),
    CH_FIELD(CH_FIELD_TEXT, hold_body, note, true, 3, 500),
    {0},
};

struct resolution_body {
    const char *resolution;
};

static const struct ch_field RESOLUTION[] = {CH_FIELD(CH_FIELD_TEXT, resolution_body, resolution, true, 1, 64), {0}};

struct ch_done *get_holds(struct ch_request *request)
{
    return list_by_id(request, &list_holds);
}

struct ch_done *post_hold(struct ch_request *request)
{
    struct hold_body body = {0};
    struct ch_done *refused = ch_decode(request, HOLD, &body);
    if (refused)
        return refused;
    return ch_call(request, &place, CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *release_hold(struct ch_request *request)
{
    return act_on(request, &release);
}

struct ch_done *give_up_hold(struct ch_request *request)
{
    struct resolution_body body = {0};
    const char *id = path_id(request);
    struct ch_done *refused = ch_decode(request, RESOLUTION, &body);
    if (refused || !id)
        return refused ? refused : no_such(request);
    return ch_call(request, &give_up, CH_ARGS(actor_id(request), id, ch_body_json(request)));
}
