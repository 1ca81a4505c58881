-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of A3: runs that were computed and not given up, oldest first. A digest holds the run, its documents, lines and postings, what the log was
--          told of its inputs and result, and the checkpoint it is numbered by.
-- Outcomes: none; p_runs as audit.marked_runs takes it; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_runs(p_months date[], p_runs jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.id::text, r.service_month::text, CASE WHEN m.text IS NOT NULL THEN audit.digest(pg_catalog.concat_ws('|', m.text,
        (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(l, 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(l, 1), 1))) FROM payout.run_line AS l WHERE l.run = r.id),
        (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p, 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(p, 1), 1))) FROM payout.posting AS p WHERE p.txn_id = r.txn_id),
        (SELECT pg_catalog.string_agg(pg_catalog.encode(pg_catalog.sha256(n.bytes), 'hex'), ',' ORDER BY n.index) FROM log.entry AS n
            WHERE n.type = 'run_result' AND n.object_id = r.run_id OR n.type = 'run_inputs' AND n.object_id IN (SELECT o.id::text FROM payout.run AS o
                WHERE (o.pool_id, o.service_month, o.inputs_sha256) = (r.pool_id, r.service_month, r.inputs_sha256))),
        (SELECT c.root::text FROM log.checkpoint AS c WHERE c.size = r.numbered_size))) END
    FROM audit.marked_runs(p_runs) AS m JOIN payout.run AS r ON r.id = m.id WHERE r.result_hash IS NOT NULL AND r.state <> 'abandoned' ORDER BY r.opened_at, r.id;
$$;
