/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checks of licensing: which parts of its books each one takes one by one, and in what order. What is compared
 * stands in the queries of sql/functions/audit, which the services never call; only signatures are judged in C. */
#include <string.h>

#include "audit.h"

/* Findings of a function of schema audit for one unit. */
#define FINDINGS(function)                                                                                             \
    "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, NULL, NULL, f.about FROM audit." function       \
    "($1) AS f ORDER BY f.object_type, f.object_id, f.aspect"

#define UNITS(function)                                                                                                \
    "SELECT u.unit, u.month, u.digest FROM audit." function "($1::date[]) AS u ORDER BY u.month, u.unit"

#define UNITS_GIVEN(function)                                                                                          \
    "SELECT u.unit, u.month, u.digest FROM audit." function "($1::date[], $2::jsonb) AS u ORDER BY u.month, u.unit"

/* All grants against all rulings, every time: both are few, and time alone can make a finding. */
static const char GRANTS[] =
    "SELECT 'grants', 'none', pg_catalog.clock_timestamp()::text WHERE $1::date[] IS NULL OR true";

static const char CONSENT_MONTHS[] =
    "SELECT m.month::text, m.digest FROM audit.months_of_consents($1::date[], $2::jsonb) AS m";

static const char KNOWN_MONTHS[] =
    "SELECT COALESCE(pg_catalog.jsonb_object_agg(pg_catalog.substr(p.source, 10), p.digest), '{}') FROM audit.progress "
    "AS p WHERE p.check_id = $1 AND p.source LIKE 'consents:%' AND NOT $2::boolean";

#define JUDGE(name, function)                                                                                          \
    static bool name(struct audit *a, const char *unit)                                                                \
    {                                                                                                                  \
        return audit_collect(a, a->source, FINDINGS(function), AUDIT_ARGS(unit));                                      \
    }

JUDGE(judge_rows, "check_rows")
JUDGE(judge_consents, "check_consents")
JUDGE(judge_terms, "check_terms")
JUDGE(judge_rulings, "check_rulings")
JUDGE(judge_floors, "check_floors")
JUDGE(judge_tombstones, "check_tombstones")
JUDGE(judge_events, "check_events")
JUDGE(judge_batches, "check_batches")

static bool judge_agreement(struct audit *a, const char *grant)
{
    return audit_collect(a, a->source, FINDINGS("check_agreement"), AUDIT_ARGS(grant)) && audit_signatures(a, grant);
}

static bool judge_evaluations(struct audit *a, const char *day)
{
    return audit_collect(a, a->source, FINDINGS("check_evaluations"), AUDIT_ARGS(day)) &&
           audit_collect(a, a->source, FINDINGS("check_coverage"), AUDIT_ARGS(day)) &&
           audit_collect(a, a->source, FINDINGS("check_context"), AUDIT_ARGS(day));
}

/* Digests of the consent events of every month as canonical JSON, for checks that look back on all of them: those of
 * months that are not swept come from the audit before. NULL with a->error on failure. */
static const char *consent_months(struct audit *a)
{
    PGresult *known =
        audit_query(a, a->findings, KNOWN_MONTHS, AUDIT_ARGS(a->check->id, a->options->full ? "true" : "false"));
    PGresult *rows =
        known ? audit_query(a, a->source, CONSENT_MONTHS, AUDIT_ARGS(a->months, PQgetvalue(known, 0, 0))) : NULL;
    json_t *months = ch_json_own(a->arena, json_object());
    for (int i = 0; rows && i < PQntuples(rows); i++) {
        const char *month = PQgetvalue(rows, i, 0), *digest = PQgetvalue(rows, i, 1);
        json_object_set_new(months, month, json_string(digest));
        audit_progress(a, ch_printf(a->arena, "consents:%s", month), month, digest);
    }
    return rows ? ch_json_canonical(a->arena, months, NULL) : NULL;
}

bool audit_rows(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_rows"), judge_rows);
}

bool audit_consents(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_consents"), judge_consents);
}

bool audit_terms(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_terms"), judge_terms);
}

bool audit_agreements(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_agreements"), judge_agreement);
}

bool audit_rulings(struct audit *a)
{
    return audit_each_unit(a, GRANTS, judge_rulings);
}

bool audit_floors(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_terms"), judge_floors);
}

bool audit_tombstones(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_tombstones"), judge_tombstones);
}

bool audit_events(struct audit *a)
{
    return audit_each_unit(a, UNITS("units_events"), judge_events);
}

bool audit_evaluations(struct audit *a)
{
    const char *consents = consent_months(a);
    return consents && audit_each_unit_given(a, UNITS_GIVEN("units_evaluations"), consents, judge_evaluations);
}

bool audit_coverage(struct audit *a)
{
    const char *consents = consent_months(a);
    return consents && audit_each_unit_given(a, UNITS_GIVEN("units_batches"), consents, judge_batches);
}
