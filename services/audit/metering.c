/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checks of metering: which parts of its books each one takes one by one. What is compared stands in the queries of
 * sql/functions/audit; the trees of the hours are made here. What a seal's tree holds is M1's. */
#include <string.h>

#include "audit.h"
#include "commonhold/crypto.h"

#define FINDINGS(function)                                                                                             \
    "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, NULL, NULL, f.about FROM audit." function       \
    "($1) AS f ORDER BY f.object_type, f.object_id, f.aspect"

#define UNITS(function)                                                                                                \
    "SELECT u.unit, u.month, u.digest FROM audit." function "($1::date[]) AS u ORDER BY u.month, u.unit"

/* All quotas, every time: they are few, and what they are compared with lies in many months. */
static const char QUOTAS[] =
    "SELECT 'quotas', 'none', pg_catalog.clock_timestamp()::text WHERE $1::date[] IS NULL OR true";

static const char LINES[] = "SELECT l.line COLLATE \"C\" FROM audit.hour_lines($1, $2) AS l (line, units) ORDER BY 1";

static const char ROOT[] = "SELECT h.root FROM metering.usage_hour AS h WHERE h.pool_id = $1::uuid AND "
                           "pg_catalog.to_char(pg_catalog.timezone('UTC', h.hour), 'YYYY-MM-DD\"T\"HH24') = $2";

#define JUDGE(name, function)                                                                                          \
    static bool name(struct audit *a, const char *unit)                                                                \
    {                                                                                                                  \
        return audit_collect(a, a->source, FINDINGS(function), AUDIT_ARGS(unit));                                      \
    }

JUDGE(judge_usage, "check_usage")
JUDGE(judge_spread, "check_spread")
JUDGE(judge_deliveries, "check_deliveries")
JUDGE(judge_quotas, "check_quotas")
JUDGE(judge_figures, "check_leaf")
JUDGE(judge_quarantine, "check_quarantine")

/* The root of an hour's tree from what was acknowledged in it. */
static bool judge_root(struct audit *a, const char *pool, const char *hour)
{
    PGresult *lines = audit_query(a, a->source, LINES, AUDIT_ARGS(pool, hour));
    PGresult *stored = lines ? audit_query(a, a->source, ROOT, AUDIT_ARGS(pool, hour)) : NULL;
    if (!stored)
        return false;
    if (PQntuples(stored) == 0)
        return true;
    size_t count = (size_t)PQntuples(lines);
    uint8_t *leaves = ch_alloc_array(a->arena, count + 1, 32), root[32];
    for (size_t i = 0; i < count; i++)
        audit_merkle_leaf(PQgetvalue(lines, (int)i, 0), (size_t)PQgetlength(lines, (int)i, 0), leaves + i * 32);
    audit_merkle_root(leaves, count, root);
    char hex[65];
    ch_hex(root, 32, hex);
    if (strcmp(hex, PQgetvalue(stored, 0, 0)) != 0)
        audit_add(a, &(struct audit_finding){.object_type = "hour",
                                             .object_id = ch_printf(a->arena, "%s %s", pool, hour),
                                             .aspect = "root",
                                             .expected = hex,
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
    return audit_each_unit(a, UNITS("units_usage"), judge_usage);
}

bool audit_spread(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_usage"), judge_spread);
}

bool audit_deliveries(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_deliveries"), judge_deliveries);
}

bool audit_quotas(struct audit *a)
{
    return audit_each_unit(a, QUOTAS, judge_quotas);
}

bool audit_quarantine(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_quarantine"), judge_quarantine);
}

bool audit_leaves(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_leaves"), judge_leaf);
}
