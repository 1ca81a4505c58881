/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Events that were acknowledged and are never billed, as the treasurer and the licensee see them. */
#include "commonhold/id.h"
#include "metering.h"

CH_FUNCTION(list_quarantine_fn, "metering.list_quarantine", "$1::uuid, $2::uuid, $3::integer, $4::uuid");

static bool is_id(const char *text)
{
    uint8_t bytes[16];
    return !text || ch_id_parse(text, bytes);
}

struct ch_done *list_quarantine(struct ch_request *request)
{
    const char *grant = ch_query(request, "grant"), *after = ch_query(request, "after"),
               *limit = metering_limit(request);
    if (!limit || !is_id(grant) || !is_id(after))
        return ch_refuse(request, "bad_request", "limit is 1 to 100, grant and after are ids.");
    return ch_call(request, &list_quarantine_fn, CH_ARGS(ch_actor(request)->id, grant, limit, after));
}
