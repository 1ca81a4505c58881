/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A4: where the money of a run came from. Each slice, fee and carried sum is compared by itself: a pot that happens to
 * add up proves nothing. */
#include "audit.h"

#define FINDING(id, aspect, expected, found, delta, text)                                                              \
    "SELECT 'run', " id "::text, " aspect ", (" expected ")::text, (" found ")::text, (" delta                         \
    ")::bigint, CASE WHEN (" delta ") IS NOT NULL THEN 'member' END, '" text "' "

/* What of a paid slice may be distributed: a credit note that came before the run took its part. */
#define LEFT                                                                                                           \
    "(s.minor - COALESCE((SELECT pg_catalog.sum(k.minor) FROM payout.credit_slice AS k WHERE k.receipt_slice_id = "    \
    "s.id "                                                                                                            \
    "AND k.source IN ('received', 'disputed')), 0))"

/* Runs that hold a pot: an abandoned one gave it back. */
#define LIVE "r.state <> 'abandoned' AND r.inputs_sha256 IS NOT NULL"

static const char *const QUERIES[] = {
    FINDING("r.id", "'pot'", "x.slices + x.carried", "r.pot", "r.pot - x.slices - x.carried",
            "the pot is not its paid slices and what was carried in: a slice was taken out, added or is in another "
            "run") "FROM payout.run AS r "
                   "CROSS JOIN LATERAL (SELECT COALESCE((SELECT pg_catalog.sum(" LEFT ") FROM payout.run_receipt AS u "
                   "JOIN payout.receipt_slice AS s ON s.id = "
                   "u.receipt_slice_id WHERE u.run = r.id), 0) AS slices, COALESCE((SELECT pg_catalog.sum(o.carried) "
                   "FROM payout.run AS o WHERE o.carried_to = "
                   "r.id), 0) AS carried) AS x WHERE " LIVE " AND r.pot IS DISTINCT FROM x.slices + x.carried",
    FINDING(
        "r.id", "'carried_in'", "x.carried", "r.carried_in", "r.carried_in - x.carried",
        "what was carried in is not what earlier runs of the scope carried") "FROM payout.run AS r CROSS JOIN LATERAL "
                                                                             "(SELECT "
                                                                             "COALESCE((SELECT "
                                                                             "pg_catalog.sum(o.carried) FROM "
                                                                             "payout.run AS o WHERE o.carried_to = "
                                                                             "r.id), 0) AS carried) AS x WHERE " LIVE
                                                                             " AND r.carried_in IS DISTINCT FROM "
                                                                             "x.carried",
    FINDING(
        "r.id", "'rail_fees'", "x.fees", "r.rail_fees", "r.rail_fees - x.fees",
        "the rail fees are not those of the receipts that count in this run first") "FROM payout.run AS r CROSS JOIN "
                                                                                    "LATERAL (SELECT "
                                                                                    "COALESCE(pg_catalog.sum(c.fee), "
                                                                                    "0) AS fees FROM payout.run_fee "
                                                                                    "AS f JOIN payout.receipt AS c ON "
                                                                                    "c.txn_id = f.txn_id WHERE f.run "
                                                                                    "= r.id) "
                                                                                    "AS x WHERE " LIVE
                                                                                    " AND r.rail_fees IS DISTINCT "
                                                                                    "FROM x.fees",
    FINDING("u.run", "'slice ' || u.receipt_slice_id", LEFT, "u.minor", "u.minor - " LEFT,
            "the run took another amount of the slice than was paid") "FROM payout.run_receipt AS u LEFT JOIN "
                                                                      "payout.receipt_slice AS s ON s.id = "
                                                                      "u.receipt_slice_id WHERE u.minor IS DISTINCT "
                                                                      "FROM " LEFT,
    FINDING(
        "u.run", "'scope of slice ' || u.receipt_slice_id",
        "pg_catalog.concat_ws(' ', r.pool, r.service_month, r.licensee)",
        "pg_catalog.concat_ws(' ', s.pool, s.service_month, CASE WHEN r.licensee IS NOT NULL THEN i.licensee END)",
        "s.minor",
        "the slice belongs to another pool, month or licensee than the run") "FROM payout.run_receipt AS u JOIN "
                                                                             "payout.run AS r ON r.id = "
                                                                             "u.run JOIN payout.receipt_slice AS s ON "
                                                                             "s.id = u.receipt_slice_id LEFT JOIN "
                                                                             "payout.invoice AS i ON i.id = "
                                                                             "s.invoice_id WHERE s.pool_id IS "
                                                                             "DISTINCT FROM r.pool_id OR s.pool IS "
                                                                             "DISTINCT FROM r.pool OR s.service_month "
                                                                             "IS DISTINCT FROM r.service_month OR "
                                                                             "(r.licensee IS NOT NULL AND "
                                                                             "i.licensee IS DISTINCT FROM r.licensee)",
    FINDING("u.run", "'state of slice ' || u.receipt_slice_id", "'unused'", "'in an abandoned run'", "u.minor",
            "an abandoned run keeps a paid slice from being distributed") "FROM payout.run_receipt AS u JOIN "
                                                                          "payout.run AS r ON r.id = u.run WHERE "
                                                                          "r.state = 'abandoned'",
    FINDING(
        "f.run", "'fee of receipt ' || f.txn_id", "c.fee", "f.minor", "f.minor - c.fee",
        "the run took another fee than the receipt has") "FROM payout.run_fee AS f LEFT JOIN payout.receipt AS c ON "
                                                         "c.txn_id = f.txn_id WHERE f.minor IS DISTINCT FROM c.fee",
    FINDING(
        "o.id", "'carried_to'", "pg_catalog.concat_ws(' ', o.pool, o.licensee)",
        "pg_catalog.concat_ws(' ', r.pool, r.licensee)", "o.carried",
        "money was carried to a run of another pool or licensee, or from a run that was never posted") "FROM "
                                                                                                       "payout.run AS "
                                                                                                       "o JOIN "
                                                                                                       "payout.run AS "
                                                                                                       "r ON r.id = "
                                                                                                       "o.carried_to "
                                                                                                       "WHERE "
                                                                                                       "o.pool_id <> "
                                                                                                       "r.pool_id OR "
                                                                                                       "o.licensee <> "
                                                                                                       "r.licensee OR "
                                                                                                       "o.state <> "
                                                                                                       "'posted' OR "
                                                                                                       "r.state = "
                                                                                                       "'abandoned'",
    FINDING(
        "r.id", "n.name", "n.inputs", "n.run", "NULL::bigint",
        "the frozen inputs say another figure than the run") "FROM payout.run AS r JOIN "
                                                             "payout.evidence AS e ON e.sha256 = r.inputs_file_sha256 "
                                                             "AND pg_catalog.encode(pg_catalog.sha256(e.bytes), "
                                                             "'hex') = r.inputs_sha256 CROSS JOIN "
                                                             "LATERAL (SELECT pg_catalog.convert_from(e.bytes, "
                                                             "'UTF8')::json AS doc) AS d CROSS JOIN LATERAL (VALUES "
                                                             "('frozen pot', d.doc->>'pot', "
                                                             "r.pot::text), ('frozen rail_fees', d.doc->>'rail_fees', "
                                                             "r.rail_fees::text)) AS n (name, inputs, run) WHERE " LIVE
                                                             " AND n.inputs IS DISTINCT FROM n.run",
    /* The slices of a receipt are what its transaction moved into Received, pool by pool: nothing is distributed that
     * was not paid. */
    "SELECT 'receipt', x.txn_id::text, 'received of pool ' || x.pool, x.posted::text, x.sliced::text, (x.sliced - "
    "x.posted)::bigint, 'member', "
    "'the slices of this receipt are not what its transaction moved into Received: compare receipt_slice with the "
    "postings' FROM (SELECT y.txn_id, "
    "y.pool, pg_catalog.sum(y.sliced) AS sliced, pg_catalog.sum(y.posted) AS posted FROM (SELECT s.txn_id, s.pool, "
    "s.minor::numeric AS sliced, 0 AS "
    "posted FROM payout.receipt_slice AS s WHERE s.line > 0 UNION ALL SELECT c.txn_id, pg_catalog.split_part(a.path, "
    "':', 3), 0, -p.minor::numeric "
    "FROM payout.receipt AS c JOIN payout.posting AS p ON p.txn_id = c.txn_id JOIN payout.account AS a ON a.owner_id "
    "= p.owner_id AND a.account_id = "
    "p.account_id WHERE a.path LIKE 'Liabilities:Pool:%:Received') AS y GROUP BY y.txn_id, y.pool) AS x WHERE "
    "x.sliced <> x.posted",
    NULL};

static const char OBJECTS[] =
    "SELECT pg_catalog.count(*) FROM payout.run AS r WHERE r.state <> 'abandoned' AND r.inputs_sha256 IS NOT NULL";

bool audit_pots(struct audit *a)
{
    audit_look(a, "*");
    PGresult *objects = audit_query(a, a->source, OBJECTS, AUDIT_NO_ARGS);
    if (!objects)
        return false;
    a->check->objects = (uint64_t)audit_integer(objects, 0, 0);
    for (size_t i = 0; QUERIES[i]; i++)
        if (!audit_collect(a, a->source, QUERIES[i], AUDIT_NO_ARGS))
            return false;
    return true;
}
