/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How an incremental audit knows what to look at: units of the books (a run, a batch, a statement), each with a digest
 * of every row its check reads. A unit that is new, or whose digest moved, is looked at in full; digests of closed
 * months are recomputed in rotation. A full audit is the same with nothing known. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

/* Months in use, those not closed and the last closed one first, then the rotation behind the month of last time. A
 * month in which nothing was billed or paid has no close: it counts as closed once it is over. */
static const char MONTHS[] =
    "WITH paid AS (SELECT t.month FROM payout.txn AS t UNION SELECT s.month FROM metering.seal AS s UNION SELECT "
    "r.service_month FROM payout.run AS r UNION SELECT p.month FROM payout.posting AS p WHERE NOT EXISTS (SELECT FROM "
    "payout.txn AS t WHERE t.month = p.month)), "
    "used AS (SELECT d.month FROM paid AS d UNION SELECT m.month::date FROM (SELECT pg_catalog.min(l.created_at) AS "
    "first FROM licensing.pool AS l) AS f CROSS JOIN LATERAL "
    "pg_catalog.generate_series(audit.month_of(f.first)::timestamp, audit.month_of(pg_catalog.now())::timestamp, '1 "
    "month'::interval) AS m (month)), "
    "closed AS (SELECT u.month FROM used AS u WHERE EXISTS (SELECT FROM payout.period AS p WHERE p.month = u.month AND "
    "p.state = 'closed') OR u.month < audit.month_of(pg_catalog.now()) AND NOT EXISTS (SELECT FROM paid AS d WHERE "
    "d.month = u.month)), "
    "always AS (SELECT u.month FROM used AS u WHERE u.month NOT IN (SELECT month FROM closed) UNION SELECT "
    "pg_catalog.max(month) FROM "
    "closed HAVING pg_catalog.max(month) IS NOT NULL), "
    "turn AS (SELECT c.month, c.month <= $2::date AS behind FROM closed AS c WHERE c.month NOT IN (SELECT month FROM "
    "always) "
    "ORDER BY 2, 1 LIMIT $1::bigint) "
    "SELECT COALESCE((SELECT pg_catalog.array_agg(month ORDER BY month) FROM (SELECT month FROM always UNION SELECT "
    "month FROM turn) AS "
    "x), '{}')::text, (SELECT month FROM turn ORDER BY behind DESC, month DESC LIMIT 1)::text";

/* A unit with a finding that stands is looked at again, whatever its digest: it may hold by now. */
static const char KNOWN[] =
    "SELECT p.source, CASE WHEN EXISTS (SELECT FROM audit.finding AS f WHERE f.check_id = p.check_id AND f.state <> "
    "'gone' AND 'unit:' || f.unit = p.source) THEN '' ELSE p.digest END FROM audit.progress AS p WHERE p.check_id = $1 "
    "AND p.source LIKE 'unit:%'";

bool audit_choose_months(struct audit *a)
{
    const char *sweep = a->options->sweep ? a->options->sweep : "1";
    a->swept_to = "";
    if (a->options->full || strcmp(sweep, "all") == 0)
        return true;
    PGresult *last = audit_query(
        a, a->findings, "SELECT upto FROM audit.progress WHERE check_id = '*' AND source = 'sweep'", AUDIT_NO_ARGS);
    if (!last)
        return false;
    PGresult *rows =
        audit_query(a, a->source, MONTHS, AUDIT_ARGS(sweep, PQntuples(last) ? PQgetvalue(last, 0, 0) : "0001-01-01"));
    if (!rows)
        return false;
    a->months = ch_strdup(a->arena, PQgetvalue(rows, 0, 0));
    a->swept_to = audit_text(rows, 0, 1);
    if (a->swept_to)
        json_array_append_new(a->progress, json_pack("{s:s, s:s, s:s, s:s}", "check_id", "*", "source", "sweep", "upto",
                                                     a->swept_to, "digest", ""));
    return true;
}

void audit_look(struct audit *a, const char *unit)
{
    a->unit = unit;
    json_array_append_new(a->looked, json_pack("{s:s, s:s}", "check_id", a->check->id, "unit", unit));
}

void audit_progress(struct audit *a, const char *source, const char *upto, const char *digest)
{
    json_array_append_new(a->progress, json_pack("{s:s, s:s, s:s, s:s}", "check_id", a->check->id, "source", source,
                                                 "upto", upto, "digest", digest));
}

/* The units known from earlier audits: source to digest. */
static json_t *known_units(struct audit *a)
{
    json_t *known = ch_json_own(a->arena, json_object());
    if (a->options->full)
        return known;
    PGresult *rows = audit_query(a, a->findings, KNOWN, AUDIT_ARGS(a->check->id));
    for (int i = 0; rows && i < PQntuples(rows); i++)
        json_object_set_new(known, PQgetvalue(rows, i, 0), json_string(PQgetvalue(rows, i, 1)));
    return rows ? known : NULL;
}

/* Work of one unit in an arena of its own, so that memory does not grow with their number. */
static bool do_unit(struct audit *a, const char *unit, bool (*work)(struct audit *a, const char *unit))
{
    struct ch_arena *whole = a->arena;
    a->arena = ch_arena_new();
    audit_look(a, unit);
    a->check->objects++;
    bool good = work(a, unit);
    ch_arena_free(a->arena);
    a->arena = whole;
    return good;
}

static void forget_units(struct audit *a, json_t *known)
{
    const char *source;
    json_t *digest;
    json_object_foreach(known, source, digest)
    {
        audit_look(a, source + strlen("unit:"));
        json_array_append_new(a->vanished, json_pack("{s:s, s:s}", "check_id", a->check->id, "source", source));
    }
}

bool audit_units(struct audit *a, const PGresult *units, bool (*work)(struct audit *a, const char *unit))
{
    json_t *known = known_units(a);
    bool good = known != NULL;
    for (int i = 0; good && i < PQntuples(units); i++) {
        const char *unit = PQgetvalue(units, i, 0), *digest = audit_text(units, i, 2);
        const char *source = ch_printf(a->arena, "unit:%s", unit);
        const char *before = json_string_value(json_object_get(known, source));
        bool same = before && *before && (!digest || strcmp(before, digest) == 0);
        if (!same)
            good = do_unit(a, unit, work);
        if (good && digest)
            audit_progress(a, source, PQgetvalue(units, i, 1), digest);
        json_object_del(known, source);
    }
    if (good)
        forget_units(a, known);
    return good;
}

bool audit_each_unit_given(struct audit *a, const char *sql, const char *given,
                           bool (*work)(struct audit *a, const char *unit))
{
    const char *const values[] = {a->months, given};
    PGresult *units = audit_query(a, a->source, sql, given ? 2 : 1, values);
    return units && audit_units(a, units, work);
}

bool audit_each_unit(struct audit *a, const char *sql, bool (*work)(struct audit *a, const char *unit))
{
    return audit_each_unit_given(a, sql, NULL, work);
}

const char *audit_documents(struct audit *a)
{
    if (!a->documents) {
        PGresult *rows =
            audit_query(a, a->source, "SELECT audit.hash_documents($1::date[])::text", AUDIT_ARGS(a->months));
        a->documents = rows ? PQgetvalue(rows, 0, 0) : NULL;
    }
    return a->documents;
}

bool audit_begin_part(struct audit *a, const char *id)
{
    struct audit_check *check = audit_checks;
    while (strcmp(check->id, id) != 0)
        check++;
    if (!check->chosen)
        return false;
    a->check = check;
    check->done = true;
    return true;
}
