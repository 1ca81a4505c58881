/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* M1: what was sealed, what metering counted by day, what the log was told, and what a run took in, for each pool and
 * month, row by row. Leaves are hashed and the root is made here, by recursion. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "by_function.h"
#include "commonhold/crypto.h"
#include "inputs.h"

/* $1 pool, $2 month: the canonical text of each line, in byte order (docs/api/metering.yaml). */
static const char LEAVES[] = "SELECT pg_catalog.concat('{\"contribution\":', COALESCE('\"' || u.contribution_id || "
                             "'\"', 'null'), ',\"grant\":\"', u.grant_id, "
                             "'\",\"meter\":', pg_catalog.to_json(u.meter), ',\"month\":\"', "
                             "pg_catalog.to_char(u.month, 'YYYY-MM'), '\",\"pool\":', "
                             "pg_catalog.to_json(s.pool), ',\"units\":', u.units, '}') COLLATE \"C\" AS leaf, u.units "
                             "FROM metering.sealed_usage AS u LEFT JOIN "
                             "metering.seal AS s ON s.pool_id = u.pool_id AND s.month = u.month WHERE u.pool_id = "
                             "$1::uuid AND u.month = $2::date ORDER BY leaf";

static const char SEAL[] =
    "SELECT s.lines::text, s.units::text, s.root FROM metering.seal AS s WHERE s.pool_id = $1::uuid AND s.month = "
    "$2::date";

/* What the log was told when the inputs of a run were frozen: the entry, or the leaf that still waits. */
static const char TOLD[] = "SELECT r.id::text, b.body->>'rows', b.body->>'units', b.body->>'usage_root' FROM "
                           "payout.run AS r LEFT JOIN LATERAL (SELECT x.body "
                           "FROM (SELECT 0 AS o, e.index, pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb->'body' AS "
                           "body FROM log.entry AS e WHERE e.type = "
                           "'run_inputs' AND e.object_id = r.id::text UNION ALL SELECT 1, w.id, w.payload->'body' FROM "
                           "log.outbox AS w WHERE w.topic = 'leaf' AND "
                           "w.done_at IS NULL AND w.payload->>'type' = 'run_inputs' AND w.payload->>'id' = r.id::text) "
                           "AS x ORDER BY x.o, x.index LIMIT 1) AS b "
                           "ON true WHERE r.pool_id = $1::uuid AND r.service_month = $2::date AND r.inputs_sha256 IS "
                           "NOT NULL AND r.state <> 'abandoned'";

/* Day counts against sealed lines, for each contribution where every unit has one, else for the grant and meter. */
static const char COMPARE_DAYS[] = "WITH day AS (SELECT d.grant_id, d.meter, d.contribution_id, d.units, "
                                   "pg_catalog.bool_or(d.contribution_id IS NULL) OVER (PARTITION BY "
                                   "d.grant_id, d.meter) AS spread FROM metering.usage_day AS d WHERE d.pool_id = "
                                   "$1::uuid AND d.day >= $2::date AND d.day < ($2::date + "
                                   "'1 month'::interval)::date AND EXISTS (SELECT FROM metering.seal AS s WHERE "
                                   "s.pool_id = $1::uuid AND s.month = $2::date)), "
                                   "sealed AS (SELECT u.grant_id, u.meter, u.contribution_id, u.units, "
                                   "COALESCE((SELECT pg_catalog.bool_or(d.spread) FROM day AS d WHERE "
                                   "d.grant_id = u.grant_id AND d.meter = u.meter), false) AS spread FROM "
                                   "metering.sealed_usage AS u WHERE u.pool_id = $1::uuid AND u.month = "
                                   "$2::date), "
                                   "row AS (SELECT d.grant_id, d.meter, CASE WHEN NOT d.spread THEN d.contribution_id "
                                   "END AS contribution_id, d.units AS day, 0 AS sealed FROM "
                                   "day AS d UNION ALL SELECT s.grant_id, s.meter, CASE WHEN NOT s.spread THEN "
                                   "s.contribution_id END, 0, s.units FROM sealed AS s) "
                                   "SELECT 'usage', $1 || ' ' || pg_catalog.to_char($2::date, 'YYYY-MM') || ' ' || "
                                   "r.grant_id || ' ' || r.meter || COALESCE(' ' || "
                                   "r.contribution_id, ''), 'units', pg_catalog.sum(r.day)::text, "
                                   "pg_catalog.sum(r.sealed)::text, NULL, NULL, 'what was sealed is not what was "
                                   "counted day by day: a line was added, dropped, changed or moved to another month' "
                                   "FROM row AS r GROUP BY r.grant_id, r.meter, "
                                   "r.contribution_id HAVING pg_catalog.sum(r.day) <> pg_catalog.sum(r.sealed)";

/* Runs of a pool and month, and what was sealed for each contribution that counts in one: of one licensee where the run
 * shares one licensee's money. */
static const char RUNS[] = "SELECT r.id::text FROM payout.run AS r WHERE r.pool_id = $1::uuid AND r.service_month = "
                           "$2::date AND r.state <> 'abandoned' AND r.inputs_sha256 IS NOT NULL ORDER BY r.id";
static const char CLEAR_USED[] = "TRUNCATE audit.work_used";
static const struct pipe USED[] = {
    {"COPY (SELECT u.contribution_id, pg_catalog.sum(u.units) FROM payout.run AS r JOIN metering.sealed_usage AS u ON "
     "u.pool_id = r.pool_id AND u.month = r.service_month WHERE r.id = " INPUTS_RUN
     " AND u.contribution_id IS NOT NULL AND (r.licensee IS NULL OR u.grant_id IN (SELECT g.id FROM "
     "licensing.data_grant AS g WHERE g.organisation_id = r.licensee)) GROUP BY u.contribution_id) TO STDOUT",
     "COPY audit.work_used (contribution, units) FROM STDIN"},
    {NULL, NULL}};

/* What the rows of a pool and month come to. */
struct recount {
    const char *figure[3]; /* rows, units, root */
};

static bool recount(struct audit *a, const char *pool, const char *month, struct recount *found)
{
    struct audit_tree *tree = ch_alloc(a->arena, sizeof *tree);
    if (!audit_tree_of(a, LEAVES, AUDIT_ARGS(pool, month), tree))
        return false;
    *found = (struct recount){
        {ch_printf(a->arena, "%zu", tree->count), ch_printf(a->arena, "%" PRId64, tree->units), tree->root}};
    return true;
}

static void compare(struct audit *a, const char *type, const char *id, const struct recount *counted,
                    const PGresult *rows, int row, int first, const char *text)
{
    static const char *const ASPECTS[] = {"rows", "units", "usage_root"};
    for (int i = 0; i < 3; i++) {
        const char *stored = audit_text(rows, row, first + i);
        if (!stored || strcmp(stored, counted->figure[i]) != 0)
            audit_add(a, &(struct audit_finding){.object_type = type,
                                                 .object_id = id,
                                                 .aspect = ASPECTS[i],
                                                 .expected = counted->figure[i],
                                                 .found = stored ? stored : "none",
                                                 .text = text});
    }
}

static bool compare_seal(struct audit *a, const char *pool, const char *month, const struct recount *counted)
{
    PGresult *rows = audit_query(a, a->source, SEAL, AUDIT_ARGS(pool, month));
    if (!rows)
        return false;
    if (PQntuples(rows) > 0)
        compare(a, "seal", a->unit, counted, rows, 0, 0,
                "the seal does not fit its lines: sealed_usage was changed after the month was sealed");
    else if (strcmp(counted->figure[0], "0") != 0)
        audit_add(a, &(struct audit_finding){.object_type = "seal",
                                             .object_id = a->unit,
                                             .aspect = "seal",
                                             .expected = "a seal",
                                             .found = "none",
                                             .text = "there are sealed lines of a month that was never sealed"});
    return true;
}

static bool compare_runs(struct audit *a, const char *pool, const char *month, const struct recount *counted)
{
    PGresult *rows = audit_query(a, a->source, TOLD, AUDIT_ARGS(pool, month));
    for (int i = 0; rows && i < PQntuples(rows); i++)
        compare(a, "run", PQgetvalue(rows, i, 0), counted, rows, i, 1,
                "what the log was told of the run's usage is not what is sealed: usage was changed after the inputs "
                "were frozen");
    return rows != NULL;
}

/* Contribution by contribution, recipient by recipient. */
static bool compare_inputs(struct audit *a, const char *pool, const char *month)
{
    PGresult *runs = audit_query(a, a->source, RUNS, AUDIT_ARGS(pool, month));
    bool good = runs != NULL;
    for (int i = 0; good && i < PQntuples(runs); i++) {
        const char *run = PQgetvalue(runs, i, 0);
        good = inputs_load(a, run) && audit_query(a, a->findings, CLEAR_USED, AUDIT_NO_ARGS) && inputs_pipe(a, USED) &&
               audit_collect(a, a->findings, AUDIT_FOUND_BY("check_run_usage"), AUDIT_ARGS(run));
    }
    return good;
}

static bool judge_unit(struct audit *a, const char *unit)
{
    const char *month = strchr(unit, ' ') + 1;
    const char *pool = ch_memdup(a->arena, unit, (size_t)(month - 1 - unit));
    struct recount counted;
    return recount(a, pool, month, &counted) && compare_seal(a, pool, month, &counted) &&
           compare_runs(a, pool, month, &counted) && compare_inputs(a, pool, month) &&
           audit_collect(a, a->source, COMPARE_DAYS, AUDIT_ARGS(pool, month));
}

bool audit_usage(struct audit *a)
{
    return inputs_units(a, AUDIT_UNITS_GIVEN("units_seals"), judge_unit);
}
