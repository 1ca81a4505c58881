/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The checks of licensing: which parts of its books each one takes one by one, and in what order. What is compared
 * stands in the queries of sql/functions/audit, which the services never call; only signatures are judged in C. */
#include <string.h>

#include "by_function.h"

/* All grants against all rulings, every time: both are few. */
static const char GRANTS[] = AUDIT_ALWAYS("grants");

/* Usage by months, and all who were erased, every time. */
static const char USED_AND_ERASED[] =
    "SELECT x.unit, x.month, x.digest FROM (SELECT * FROM audit.units_acknowledged($1::date[], $2::jsonb) UNION ALL "
    "SELECT 'erased', 'none', pg_catalog.clock_timestamp()::text) AS x (unit, month, digest) ORDER BY x.month, x.unit";

static const char CONSENT_MONTHS[] =
    "SELECT m.month::text, m.digest FROM audit.months_of_consents($1::date[], $2::jsonb) AS m";

static const char KNOWN_MONTHS[] =
    "SELECT COALESCE(pg_catalog.jsonb_object_agg(pg_catalog.substr(p.source, 10), p.digest), '{}') FROM audit.progress "
    "AS p WHERE p.check_id = $1 AND p.source LIKE 'consents:%' AND NOT $2::boolean";

AUDIT_JUDGE(judge_rows, AUDIT_FOUND_BY("check_rows"))
AUDIT_JUDGE(judge_consents, AUDIT_FOUND_BY("check_consents"))
AUDIT_JUDGE(judge_terms, AUDIT_FOUND_BY("check_terms"))
AUDIT_JUDGE(judge_rulings, AUDIT_FOUND_BY("check_rulings"))
AUDIT_JUDGE(judge_floors, AUDIT_FOUND_BY("check_floors"))
AUDIT_JUDGE(judge_tombstones, AUDIT_FOUND_BY("check_tombstones"))
AUDIT_JUDGE(judge_events, AUDIT_FOUND_BY("check_events"))
AUDIT_JUDGE(judge_batches, AUDIT_FOUND_BY("check_batches"))
AUDIT_JUDGE(judge_rights, AUDIT_FOUND_BY("check_usage_rights"))
AUDIT_JUDGE(judge_withdrawals, AUDIT_FOUND_BY("check_withdrawals"))

static bool judge_agreement(struct audit *a, const char *grant)
{
    return audit_collect(a, a->source, AUDIT_FOUND_BY("check_agreement"), AUDIT_ARGS(grant)) &&
           audit_signatures(a, grant);
}

static bool judge_what_ended(struct audit *a, const char *unit)
{
    return strcmp(unit, "erased") == 0
               ? audit_collect(a, a->source, AUDIT_FOUND_BY("check_erased"), AUDIT_ARGS(a->as_of))
               : judge_withdrawals(a, unit);
}

static bool judge_evaluations(struct audit *a, const char *day)
{
    return audit_collect(a, a->source, AUDIT_FOUND_BY("check_evaluations"), AUDIT_ARGS(day)) &&
           audit_collect(a, a->source, AUDIT_FOUND_BY("check_coverage"), AUDIT_ARGS(day)) &&
           audit_collect(a, a->source, AUDIT_FOUND_BY("check_context"), AUDIT_ARGS(day));
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
    return audit_each_unit(a, AUDIT_UNITS("units_rows"), judge_rows);
}

bool audit_consents(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_consents"), judge_consents);
}

bool audit_terms(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_terms"), judge_terms);
}

bool audit_agreements(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_agreements"), judge_agreement);
}

bool audit_rulings(struct audit *a)
{
    return audit_each_unit(a, GRANTS, judge_rulings);
}

bool audit_floors(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_terms"), judge_floors);
}

bool audit_tombstones(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_tombstones"), judge_tombstones);
}

bool audit_events(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_events"), judge_events);
}

bool audit_evaluations(struct audit *a)
{
    const char *consents = consent_months(a);
    return consents && audit_each_unit_given(a, AUDIT_UNITS_GIVEN("units_evaluations"), consents, judge_evaluations);
}

bool audit_coverage(struct audit *a)
{
    const char *consents = consent_months(a);
    return consents && audit_each_unit_given(a, AUDIT_UNITS_GIVEN("units_batches"), consents, judge_batches);
}

bool audit_rights(struct audit *a)
{
    const char *consents = consent_months(a);
    return consents && audit_each_unit_given(a, AUDIT_UNITS_GIVEN("units_acknowledged"), consents, judge_rights);
}

bool audit_withdrawals(struct audit *a)
{
    const char *consents = consent_months(a);
    return consents && audit_each_unit_given(a, USED_AND_ERASED, consents, judge_what_ended);
}
