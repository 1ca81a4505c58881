/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Small readings of a request that all handlers of the role need. */
#include "commonhold/id.h"
#include "payout_role.h"

#include <stdlib.h>
#include <string.h>

const char *actor_id(const struct ch_request *request)
{
    const struct ch_actor *actor = ch_actor(request);
    return actor->known && actor->id[0] ? actor->id : NULL;
}

const char *actor_org(const struct ch_request *request)
{
    const struct ch_actor *actor = ch_actor(request);
    return actor->known && actor->org[0] ? actor->org : NULL;
}

static bool is_id(const char *text)
{
    uint8_t bytes[16];
    return text && ch_id_parse(text, bytes);
}

const char *path_id(const struct ch_request *request)
{
    const char *id = ch_path(request, "id");
    return is_id(id) ? id : NULL;
}

struct ch_done *no_such(struct ch_request *request)
{
    return ch_refuse(request, "not_found", "The identifier in the address is none.");
}

const char *page_limit(const struct ch_request *request)
{
    const char *limit = ch_query(request, "limit");
    if (!limit)
        return "50";
    size_t length = strspn(limit, "0123456789");
    if (length == 0 || length > 3 || limit[length] != '\0')
        return NULL;
    long value = strtol(limit, NULL, 10);
    return value >= 1 && value <= 100 ? limit : NULL;
}

bool page_after(const struct ch_request *request, const char **after)
{
    *after = ch_query(request, "after");
    return !*after || is_id(*after);
}

struct ch_done *bad_page(struct ch_request *request)
{
    return ch_refuse(request, "bad_request", "limit is 1 to 100, after the cursor of the page before.");
}

struct ch_done *act_on(struct ch_request *request, const struct ch_statement *statement)
{
    const char *id = path_id(request);
    return id ? ch_call(request, statement, CH_ARGS(actor_id(request), id)) : no_such(request);
}

struct ch_done *list_by_id(struct ch_request *request, const struct ch_statement *statement)
{
    const char *limit = page_limit(request), *after;
    if (!limit || !page_after(request, &after))
        return bad_page(request);
    return ch_call(request, statement, CH_ARGS(actor_id(request), limit, after));
}
