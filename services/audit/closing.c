/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* L5 to L8: outside events and keys, reversals, closed months, documents. What is compared stands in
 * sql/functions/audit. */
#include "books.h"

static const char EVENTS[] = BOOKS_FINDINGS("check_refs()", BOOKS_NO_MONEY, "unknown");
static const char REVERSALS[] = BOOKS_FINDINGS("check_reversals()", BOOKS_NO_MONEY, "unknown");
static const char NEGATIVES[] = BOOKS_FINDINGS("check_negatives()", BOOKS_NO_MONEY, "unknown");
static const char PERIOD[] = BOOKS_FINDINGS("check_period($1::date)", BOOKS_NO_MONEY, "unknown");
static const char EVIDENCE[] = BOOKS_FINDINGS("check_evidence($1::date)", BOOKS_NO_MONEY, "unknown");
static const char REFERENCES[] = BOOKS_FINDINGS("check_references()", BOOKS_NO_MONEY, "unknown");

static bool count_objects(struct audit *a, const char *sql)
{
    PGresult *rows = audit_query(a, a->source, sql, AUDIT_NO_ARGS);
    if (rows)
        a->check->objects = (uint64_t)audit_integer(rows, 0, 0);
    return rows != NULL;
}

static bool judge_period(struct audit *a, const char *month)
{
    return books_tell(a, PERIOD, AUDIT_ARGS(month));
}

static bool judge_evidence(struct audit *a, const char *month)
{
    return books_tell(a, EVIDENCE, AUDIT_ARGS(month));
}

bool audit_keys(struct audit *a)
{
    return count_objects(a, "SELECT pg_catalog.count(*) FROM payout.txn_ref") && books_tell_always(a, EVENTS);
}

bool audit_reversals(struct audit *a)
{
    return count_objects(a, "SELECT pg_catalog.count(*) FROM payout.reversal") && books_tell_always(a, REVERSALS) &&
           books_tell_always(a, NEGATIVES);
}

bool audit_periods(struct audit *a)
{
    return audit_each_unit(a, AUDIT_UNITS("units_periods"), judge_period);
}

bool audit_evidence(struct audit *a)
{
    const char *documents = audit_documents(a);
    return documents && audit_each_unit_given(a, AUDIT_UNITS_GIVEN("units_evidence"), documents, judge_evidence) &&
           books_tell_always(a, REFERENCES);
}
