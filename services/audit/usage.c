/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* M1: what was sealed, what metering counted by day, what the log was told, and what a run took in, for each pool and
 * month, row by row. Leaves are hashed and the root is made here, by recursion. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "commonhold/crypto.h"

/* A seal is a unit, and with it every run of its pool and month; so is a run of a month that was never sealed. */
static const char UNITS[] =
    "WITH unit AS (SELECT s.pool_id, s.month FROM metering.seal AS s UNION SELECT u.pool_id, u.month FROM "
    "metering.sealed_usage AS u "
    "UNION SELECT r.pool_id, r.service_month FROM payout.run AS r WHERE r.inputs_sha256 IS NOT NULL AND r.state <> "
    "'abandoned') "
    "SELECT u.pool_id || ' ' || u.month, u.month::text, CASE WHEN $1::date[] IS NULL OR u.month = ANY ($1::date[]) "
    "THEN "
    "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', "
    "(SELECT s::text FROM metering.seal AS s WHERE s.pool_id = u.pool_id AND s.month = u.month), "
    "(SELECT pg_catalog.string_agg(l::text, ',' ORDER BY l::text COLLATE \"C\") FROM metering.sealed_usage AS l WHERE "
    "l.pool_id = "
    "u.pool_id AND l.month = u.month), "
    "(SELECT pg_catalog.string_agg(d::text, ',' ORDER BY d::text COLLATE \"C\") FROM metering.usage_day AS d WHERE "
    "d.pool_id = "
    "u.pool_id AND d.day >= u.month AND d.day < (u.month + '1 month'::interval)::date), "
    "(SELECT pg_catalog.string_agg(r.id || r.state || r.inputs_sha256 || "
    "COALESCE(pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex'), "
    "''), ',' ORDER BY r.id) FROM payout.run AS r LEFT JOIN payout.evidence AS e ON e.sha256 = r.inputs_file_sha256 "
    "WHERE r.pool_id = "
    "u.pool_id AND r.service_month = u.month), "
    "(SELECT pg_catalog.string_agg(pg_catalog.encode(n.leaf_hash, 'hex') || "
    "pg_catalog.encode(pg_catalog.sha256(n.bytes), 'hex'), ',' ORDER BY "
    "n.index) FROM payout.run AS r JOIN log.entry AS n ON n.type = 'run_inputs' AND n.object_id = r.id::text WHERE "
    "r.pool_id = u.pool_id "
    "AND r.service_month = u.month)), 'UTF8')), 'hex') END FROM unit AS u ORDER BY 2, 1";

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

/* Inputs whose bytes are no longer what was frozen are A3's to tell; they are not read here. */
#define FROZEN                                                                                                         \
    "run AS (SELECT r.id, pg_catalog.convert_from(e.bytes, 'UTF8')::json AS doc FROM payout.run AS r JOIN "            \
    "payout.evidence AS e ON e.sha256 = "                                                                              \
    "r.inputs_file_sha256 WHERE r.pool_id = $1::uuid AND r.service_month = $2::date AND r.state <> 'abandoned' AND "   \
    "pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') = r.inputs_sha256) "

static const char COMPARE_CONTRIBUTIONS[] =
    "WITH used AS (SELECT u.contribution_id::text AS id, pg_catalog.sum(u.units) AS units FROM metering.sealed_usage "
    "AS u WHERE u.pool_id = "
    "$1::uuid AND u.month = $2::date AND u.contribution_id IS NOT NULL GROUP BY u.contribution_id), " FROZEN
    ", both_sides AS (SELECT r.id AS run, u.id, u.units AS sealed, NULL::numeric AS frozen FROM run AS r CROSS JOIN "
    "used AS u UNION ALL "
    "SELECT r.id, c.id, NULL, c.units FROM run AS r CROSS JOIN LATERAL "
    "pg_catalog.json_to_recordset(r.doc->'contributions') AS c (id text, "
    "units numeric)) "
    "SELECT 'run', b.run::text, 'units of contribution ' || b.id, COALESCE(pg_catalog.max(b.sealed), 0)::text, "
    "COALESCE(pg_catalog.max(b.frozen), 0)::text, NULL, NULL, 'the run counted other usage of this contribution than "
    "is sealed: compare its "
    "frozen inputs with sealed_usage' FROM both_sides AS b GROUP BY b.run, b.id HAVING "
    "COALESCE(pg_catalog.max(b.sealed), 0) <> "
    "COALESCE(pg_catalog.max(b.frozen), 0)";

/* A recipient's units are those of the contributions that are the recipient's alone. */
static const char COMPARE_RECIPIENTS[] =
    "WITH used AS (SELECT u.contribution_id::text AS id, pg_catalog.sum(u.units) AS units FROM metering.sealed_usage "
    "AS u WHERE u.pool_id = "
    "$1::uuid AND u.month = $2::date AND u.contribution_id IS NOT NULL GROUP BY u.contribution_id), " FROZEN
    ", piece AS (SELECT r.id AS run, c.id, p.recipient, pg_catalog.json_array_length(c.contributors) AS owners FROM "
    "run AS r CROSS JOIN LATERAL "
    "pg_catalog.json_to_recordset(r.doc->'contributions') AS c (id text, contributors json) CROSS JOIN LATERAL "
    "pg_catalog.json_to_recordset(c.contributors) AS p (recipient text)), "
    "own AS (SELECT p.run, p.recipient, pg_catalog.sum(u.units) AS units, pg_catalog.max(p.owners) AS owners FROM "
    "piece AS p LEFT JOIN used AS u "
    "ON u.id = p.id GROUP BY p.run, p.recipient) "
    "SELECT 'run', r.id::text, 'units of recipient ' || m.id, COALESCE(o.units, 0)::text, m.units::text, NULL, NULL, "
    "'the run counted other "
    "usage of this recipient than is sealed: compare its frozen inputs with sealed_usage' FROM run AS r CROSS JOIN "
    "LATERAL "
    "pg_catalog.json_to_recordset(r.doc->'recipients') AS m (id text, units numeric) LEFT JOIN own AS o ON o.run = "
    "r.id AND o.recipient = m.id "
    "WHERE COALESCE(o.owners, 1) = 1 AND m.units <> COALESCE(o.units, 0)";

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

/* What the rows of a pool and month come to. */
struct recount {
    const char *figure[3]; /* rows, units, root */
};

static bool recount(struct audit *a, const char *pool, const char *month, struct recount *found)
{
    PGresult *rows = audit_query(a, a->source, LEAVES, AUDIT_ARGS(pool, month));
    if (!rows)
        return false;
    size_t count = (size_t)PQntuples(rows);
    uint8_t *leaves = ch_alloc_array(a->arena, count + 1, 32), root[32];
    int64_t units = 0;
    for (size_t i = 0; i < count; i++) {
        audit_merkle_leaf(PQgetvalue(rows, (int)i, 0), (size_t)PQgetlength(rows, (int)i, 0), leaves + i * 32);
        units += audit_integer(rows, (int)i, 1);
    }
    audit_merkle_root(leaves, count, root);
    char *hex = ch_alloc(a->arena, 65);
    ch_hex(root, 32, hex);
    *found = (struct recount){{ch_printf(a->arena, "%zu", count), ch_printf(a->arena, "%" PRId64, units), hex}};
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

static bool judge_unit(struct audit *a, const char *unit)
{
    const char *month = strchr(unit, ' ') + 1;
    const char *pool = ch_memdup(a->arena, unit, (size_t)(month - 1 - unit));
    struct recount counted;
    return recount(a, pool, month, &counted) && compare_seal(a, pool, month, &counted) &&
           compare_runs(a, pool, month, &counted) &&
           audit_collect(a, a->source, COMPARE_CONTRIBUTIONS, AUDIT_ARGS(pool, month)) &&
           audit_collect(a, a->source, COMPARE_RECIPIENTS, AUDIT_ARGS(pool, month)) &&
           audit_collect(a, a->source, COMPARE_DAYS, AUDIT_ARGS(pool, month));
}

bool audit_usage(struct audit *a)
{
    return audit_each_unit(a, UNITS, judge_unit);
}
