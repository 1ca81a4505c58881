/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What anybody may read: charter, rules, bylaws, offices, assets, prohibitions. */
#include "gen/sql.h"
#include "governance.h"

CH_READ(offices, "governance.list_offices", "$1::text");

struct ch_done *get_charter(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_get_charter, CH_NO_ARGS);
}

struct ch_done *list_rules(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_list_rules, CH_ARGS(ch_query(request, "type")));
}

struct ch_done *list_bylaws(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_list_bylaws, CH_ARGS(ch_query(request, "clause")));
}

struct ch_done *list_offices(struct ch_request *request)
{
    return ch_call_then(request, &offices, CH_ARGS(ch_query(request, "body")), reply_opened);
}

struct ch_done *list_assets(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_list_assets, CH_NO_ARGS);
}

struct ch_done *list_prohibitions(struct ch_request *request)
{
    return ch_call(request, &ch_sql_governance_list_prohibitions, CH_NO_ARGS);
}
