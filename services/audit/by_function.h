/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks whose comparing stands in functions of sql/functions/audit: the queries that ask for units and for findings.
 * No check, and nothing that is asked for in another form. */
#ifndef SERVICES_AUDIT_BY_FUNCTION_H
#define SERVICES_AUDIT_BY_FUNCTION_H

#include "audit.h"

#define AUDIT_IN_ORDER " AS f ORDER BY f.object_type, f.object_id, f.aspect"

/* Findings of audit.<call>, by their columns; $1 is the unit. `AUDIT_SUMS_BY`: of a function that tells delta and
 * direction too; `AUDIT_SUMS_GIVEN`: and has a second parameter, a document. */
#define AUDIT_FOUND_BY(call)                                                                                           \
    "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, NULL, NULL, f.about FROM audit." call           \
    "($1)" AUDIT_IN_ORDER
#define AUDIT_SUMS(call)                                                                                               \
    "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, f.delta, f.direction, f.about FROM audit." call \
        AUDIT_IN_ORDER
#define AUDIT_SUMS_BY(call)    AUDIT_SUMS(call "($1)")
#define AUDIT_SUMS_GIVEN(call) AUDIT_SUMS(call "($1, $2::jsonb)")

/* Units with their digests; $1 the months that are looked at, in `AUDIT_UNITS_GIVEN` $2 what the check gives. */
#define AUDIT_UNITS(call)                                                                                              \
    "SELECT u.unit, u.month, u.digest FROM audit." call "($1::date[]) AS u ORDER BY u.month, u.unit"
#define AUDIT_UNITS_GIVEN(call)                                                                                        \
    "SELECT u.unit, u.month, u.digest FROM audit." call "($1::date[], $2::jsonb) AS u ORDER BY u.month, u.unit"

/* A unit that is looked at every time: time alone can make a finding of it. */
#define AUDIT_ALWAYS(unit)                                                                                             \
    "SELECT '" unit "', 'none', pg_catalog.clock_timestamp()::text WHERE $1::date[] IS NULL OR true"

/* The work of one unit: the findings of one query. */
#define AUDIT_JUDGE(name, query)                                                                                       \
    static bool name(struct audit *a, const char *unit)                                                                \
    {                                                                                                                  \
        return audit_collect(a, a->source, query, AUDIT_ARGS(unit));                                                   \
    }

#endif
