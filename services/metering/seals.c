/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sealing of a month by the treasurer, in two transactions: the first closes the month and keeps those who add
 * usage waiting for that instant alone, the second makes lines and tree. When the second does not come, the worker does
 * it. */
#include <string.h>

#include "metering.h"

CH_FUNCTION(seal_month, "metering.seal_month", "$1::uuid, $2::jsonb, $3::boolean");

struct seal_request {
    const char *pool, *month;
};

static const struct ch_field SEAL[] = {
    CH_FIELD(CH_FIELD_TEXT, seal_request, pool, true, .min = 1, .max = 32),
    CH_FIELD(CH_FIELD_TEXT, seal_request, month, true, .min = 7, .max = 7),
    {.name = NULL},
};

static struct ch_done *closed(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    return ch_call(request, &seal_month, CH_ARGS(ch_actor(request)->member, ch_body_json(request), "f"));
}

struct ch_done *post_seal(struct ch_request *request)
{
    struct seal_request in = {0};
    struct ch_done *refused = ch_decode(request, SEAL, &in);
    if (refused)
        return refused;
    return ch_call_then(request, &seal_month, CH_ARGS(ch_actor(request)->member, ch_body_json(request), "t"), closed);
}
