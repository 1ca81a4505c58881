/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whose a source of usage events is: registered by the licensing officer, seen by those whom it concerns. */
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "metering.h"

CH_FUNCTION(register_source, "metering.register_source", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(list_sources_fn, "metering.list_sources", "$1::uuid, $2::integer, $3::integer");

struct source_request {
    const char *client_id, *uri;
};

static const struct ch_field SOURCE[] = {
    CH_FIELD(CH_FIELD_TEXT, source_request, client_id, true, .min = 1, .max = 63),
    CH_FIELD(CH_FIELD_TEXT, source_request, uri, true, .min = 1, .max = EVENT_SOURCE_MOST),
    {.name = NULL},
};

/* The characters of a URI reference (RFC 3986, 2), so that the one that events carry can be it. */
static bool is_uri_reference(const char *text)
{
    static const char HEX[] = "0123456789abcdefABCDEF";
    static const char PLAIN[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=";
    while (*text) {
        text += strspn(text, PLAIN);
        if (*text == '%' && strspn(text + 1, HEX) >= 2)
            text += 3;
        else if (*text)
            return false;
    }
    return true;
}

struct ch_done *post_source(struct ch_request *request)
{
    struct source_request in = {0};
    struct ch_done *refused = ch_decode(request, SOURCE, &in);
    if (refused)
        return refused;
    if (!is_uri_reference(in.uri))
        return ch_reply(request, "invalid", "{\"errors\":[{\"pointer\":\"/uri\",\"detail\":\"is no URI reference\"}]}");
    return ch_call(request, &register_source,
                   CH_ARGS(ch_actor(request)->member, ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *list_sources(struct ch_request *request)
{
    const char *after = ch_query(request, "after"), *limit = metering_limit(request);
    bool fine = !after || (strlen(after) < 10 && strspn(after, "0123456789") == strlen(after) && *after);
    if (!limit || !fine)
        return ch_refuse(request, "bad_request", "limit is 1 to 100, after a number of this list.");
    return ch_call(request, &list_sources_fn, CH_ARGS(ch_actor(request)->id, limit, after));
}
