/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Usage as the treasurer and the members see it, and the sealing of a month. */
#include "metering.h"

CH_FUNCTION(seal_month, "metering.seal_month", "$1::uuid, $2::jsonb");
CH_FUNCTION(list_usage_fn, "metering.list_usage", "$1::uuid, $2::text, $3::text");
CH_FUNCTION(list_own_usage_fn, "metering.list_own_usage", "$1::uuid");

struct seal_request {
    const char *pool, *month;
};

static const struct ch_field SEAL[] = {
    CH_FIELD(CH_FIELD_TEXT, seal_request, pool, true, .min = 1, .max = 32),
    CH_FIELD(CH_FIELD_TEXT, seal_request, month, true, .min = 7, .max = 7),
    {.name = NULL},
};

struct ch_done *post_seal(struct ch_request *request)
{
    struct seal_request in = {0};
    struct ch_done *refused = ch_decode(request, SEAL, &in);
    if (refused)
        return refused;
    return ch_call(request, &seal_month, CH_ARGS(ch_actor(request)->member, ch_body_json(request)));
}

struct ch_done *list_usage(struct ch_request *request)
{
    return ch_call(request, &list_usage_fn,
                   CH_ARGS(ch_actor(request)->member, ch_query(request, "pool"), ch_query(request, "month")));
}

struct ch_done *list_own_usage(struct ch_request *request)
{
    return ch_call(request, &list_own_usage_fn, CH_ARGS(ch_actor(request)->member));
}
