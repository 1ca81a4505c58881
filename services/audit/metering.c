/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checks of metering: which parts of its books each one takes one by one. What is compared stands in the queries of
 * sql/functions/audit; the trees of the hours are made here. What a seal's tree holds is M1's. */
#include <string.h>

#include "by_function.h"
#include "commonhold/crypto.h"

/* All quotas, every time: they are few, and what they are compared with lies in many months. */
static const char QUOTAS[] = AUDIT_ALWAYS("quotas");

static const char LINES[] =
    "SELECT l.line COLLATE \"C\", l.units FROM audit.hour_lines($1, $2) AS l (line, units) ORDER BY 1";

static const char ROOT[] = "SELECT h.root FROM metering.usage_hour AS h WHERE h.pool_id = $1::uuid AND "
                           "pg_catalog.to_char(pg_catalog.timezone('UTC', h.hour), 'YYYY-MM-DD\"T\"HH24') = $2";

AUDIT_JUDGE(judge_usage, AUDIT_FOUND_BY("check_usage"))
AUDIT_JUDGE(judge_spread, AUDIT_FOUND_BY("check_spread"))
AUDIT_JUDGE(judge_deliveries, AUDIT_FOUND_BY("check_deliveries"))
AUDIT_JUDGE(judge_quotas, AUDIT_FOUND_BY("check_quotas"))
AUDIT_JUDGE(judge_figures, AUDIT_FOUND_BY("check_leaf"))
AUDIT_JUDGE(judge_quarantine, AUDIT_FOUND_BY("check_quarantine"))

/* The root of an hour's tree from what was acknowledged in it. */
static bool judge_root(struct audit *a, const char *pool, const char *hour)
{
    PGresult *stored = audit_query(a, a->source, ROOT, AUDIT_ARGS(pool, hour));
    if (!stored || PQntuples(stored) == 0)
        return stored != NULL;
    struct audit_tree tree;
    if (!audit_tree_of(a, LINES, AUDIT_ARGS(pool, hour), &tree))
        return false;
    if (strcmp(tree.root, PQgetvalue(stored, 0, 0)) != 0)
        audit_add(a, &(struct audit_finding){.object_type = "hour",
                                             .object_id = ch_printf(a->arena, "%s %s", pool, hour),
                                             .aspect = "root",
                                             .expected = ch_strdup(a->arena, tree.root),
                                             .found = PQgetvalue(stored, 0, 0),
                                             .text = "what was acknowledged in the hour is not what the log was told: "
                                                     "something was changed later"});
    return true;
}

static bool judge_leaf(struct audit *a, const char *unit)
{
    if (!judge_figures(a, unit))
        return false;
    if (strncmp(unit, "hour ", 5) != 0)
        return true;
    const char *hour = strrchr(unit, ' ') + 1;
    return judge_root(a, ch_memdup(a->arena, unit + 5, (size_t)(hour - 1 - unit - 5)), hour);
}

bool audit_usage_days(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_usage"), judge_usage);
}

bool audit_spread(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_usage"), judge_spread);
}

bool audit_deliveries(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_deliveries"), judge_deliveries);
}

bool audit_quotas(struct audit *a)
{
    return audit_each_unit(a, QUOTAS, judge_quotas);
}

bool audit_quarantine(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_quarantine"), judge_quarantine);
}

bool audit_leaves(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_leaves"), judge_leaf);
}
