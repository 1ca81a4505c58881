/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the auditor found and what the board keeps an eye on, for reading. Nothing here can change it: the role has
 * views of schema audit and no more. */
#include <stdlib.h>
#include <string.h>

#include "commonhold/id.h"
#include "portal.h"

CH_READ(list_runs, "portal.list_audit_runs", "$1::uuid, $2::integer");
CH_READ(oversight, "portal.read_oversight", "$1::uuid");
CH_READ(list_findings, "portal.list_audit_findings", "$1::uuid, $2::text, $3::text, $4::text, $5::uuid, $6::integer");

/* limit and after of a list's query; the finished refusal in *refused where they are none. */
static bool read_page(struct ch_request *request, const char **limit, const char **after, struct ch_done **refused)
{
    uint8_t id[16];
    *limit = ch_query(request, "limit") ?: "50";
    *after = ch_query(request, "after");
    size_t length = strspn(*limit, "0123456789");
    long most = length > 0 && length <= 3 && !(*limit)[length] ? strtol(*limit, NULL, 10) : 0;
    if (most >= 1 && most <= 100 && (!*after || ch_id_parse(*after, id)))
        return true;
    *refused = ch_refuse(request, "bad_request", "limit is a number from 1 to 100, after the next of the page before");
    return false;
}

struct ch_done *get_audit_runs(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *refused;
    if (!read_page(request, &limit, &after, &refused))
        return refused;
    return ch_call(request, &list_runs, CH_ARGS(after, limit));
}

struct ch_done *get_audit_findings(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *refused;
    if (!read_page(request, &limit, &after, &refused))
        return refused;
    return ch_call(request, &list_findings,
                   CH_ARGS(ch_actor(request)->id, ch_query(request, "check"), ch_query(request, "severity"),
                           ch_query(request, "state"), after, limit));
}

struct ch_done *get_oversight(struct ch_request *request)
{
    return ch_call(request, &oversight, CH_ARGS(ch_actor(request)->id));
}
